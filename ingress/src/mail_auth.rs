//! What is proven about the sender of a mail: DKIM, SPF and DMARC, with the policy of ours on top. Asks the DNS, for a
//! short time; forged mail is kept with its result and trusted with nothing. Source: channel reference, e-mail, "Sender
//! authentication".

mod recorded;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use mail_auth::common::cache::NoCache;
use mail_auth::common::crypto::Algorithm;
use mail_auth::dmarc::verify::DmarcParameters;
use mail_auth::hickory_resolver::config::{ResolverConfig, ResolverOpts};
use mail_auth::hickory_resolver::system_conf::read_system_conf;
use mail_auth::spf::verify::SpfParameters;
use mail_auth::{
    AuthenticatedMessage, DkimOutput, DkimResult, DmarcResult, MX, MessageAuthenticator, Parameters, RecordSet,
    ResolverCache, SpfOutput, SpfResult, Txt,
};
use metrics::counter;
use patchbay_normalizer::email::auth::{AuthResults, DkimWord, DmarcWord, SpfWord};
use patchbay_normalizer::email::{Envelope, Mail, canonical, domain};

pub(crate) use recorded::RecordedDns;

/// Most signatures of one mail that are verified.
const MAX_SIGNATURES: usize = 10;
/// Shortest RSA key that is accepted, in bits.
const MIN_RSA_BITS: usize = 1024;
/// Longest wait for one answer of the DNS.
const DNS_TIMEOUT: Duration = Duration::from_secs(1);
/// Longest wait for all answers that a mail needs: the provider waits for ours.
const PATIENCE: Duration = Duration::from_secs(3);
/// A name that is always there. When nothing is known of it either, the DNS is away, and not just somebody's domain.
const CANARY: &str = "iana.org.";
/// How long a DNS that is away is left alone.
const PAUSE_SECONDS: i64 = 30;
/// Answers that are remembered, each as long as its domain says.
const CACHED_ANSWERS: u64 = 8_192;

/// Asks the DNS who may send mail. Cheap to clone.
#[derive(Clone)]
pub struct MailAuth(Arc<Inner>);

struct Inner {
    resolver: Option<MessageAuthenticator>,
    recorded: Option<RecordedDns>,
    /// Until when the DNS is left alone, Unix seconds.
    paused_until: AtomicI64,
}

impl std::fmt::Debug for MailAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailAuth").field("asks", &self.0.resolver.is_some()).finish_non_exhaustive()
    }
}

impl MailAuth {
    /// Asks the name servers of this machine. Without any, nothing is ever proven.
    pub fn of_system() -> Self {
        let resolver = read_system_conf().ok().and_then(|(config, mut options)| {
            options.timeout = DNS_TIMEOUT;
            options.attempts = 1;
            options.cache_size = CACHED_ANSWERS;
            MessageAuthenticator::new(config, options).ok()
        });
        if resolver.is_none() {
            tracing::warn!("no name servers are configured: the senders of mail cannot be verified");
        }
        Self(Arc::new(Inner { resolver, recorded: None, paused_until: AtomicI64::new(0) }))
    }

    /// Knows these answers and no others; asks nobody.
    pub(crate) fn of_records(recorded: RecordedDns) -> Self {
        /// Never asked, as every name is answered before; making one takes a while.
        static NOBODY: LazyLock<Option<MessageAuthenticator>> = LazyLock::new(|| {
            let nobody = ResolverConfig::from_parts(None, Vec::new(), Vec::new());
            MessageAuthenticator::new(nobody, ResolverOpts::default()).ok()
        });
        let resolver = NOBODY.clone();
        Self(Arc::new(Inner { resolver, recorded: Some(recorded), paused_until: AtomicI64::new(0) }))
    }

    /// What is proven about a mail.
    pub(crate) async fn verify(&self, mail: &Mail, envelope: &Envelope, now: DateTime<Utc>) -> AuthResults {
        let Some(resolver) = &self.0.resolver else { return unanswered(mail) };
        if let Some(records) = &self.0.recorded {
            let question = Question { resolver, mail, envelope, now };
            return question.answer(Some(records), Some(records), Some(records), Some(records), Some(records)).await;
        }
        if self.0.paused_until.load(Ordering::Relaxed) > now.timestamp() {
            counter!("ingress_mail_auth_total", "outcome" => "paused").increment(1);
            return unanswered(mail);
        }
        let question = Question { resolver, mail, envelope, now };
        // The resolver remembers answers itself, each as long as its domain says.
        let asked = question.answer(NO_TXT, NO_MX, NO_IPV4, NO_IPV6, NO_PTR);
        let results = tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| unanswered(mail));
        let is_answered = results.dmarc != DmarcWord::TempError && results.spf != SpfWord::TempError;
        if !is_answered && !answers(resolver).await {
            self.0.paused_until.store(now.timestamp() + PAUSE_SECONDS, Ordering::Relaxed);
        }
        let outcome = if is_answered { "answered" } else { "unanswered" };
        counter!("ingress_mail_auth_total", "outcome" => outcome).increment(1);
        results
    }
}

const NO_TXT: Option<&NoCache<Box<str>, Txt>> = None;
const NO_MX: Option<&NoCache<Box<str>, RecordSet<MX>>> = None;
const NO_IPV4: Option<&NoCache<Box<str>, RecordSet<Ipv4Addr>>> = None;
const NO_IPV6: Option<&NoCache<Box<str>, RecordSet<Ipv6Addr>>> = None;
const NO_PTR: Option<&NoCache<IpAddr, RecordSet<Box<str>>>> = None;

/// Whether the DNS answers at all: one slow domain must not switch verification off for everybody.
async fn answers(resolver: &MessageAuthenticator) -> bool {
    let asked = tokio::time::timeout(DNS_TIMEOUT, resolver.txt_raw_lookup(CANARY)).await;
    matches!(asked, Ok(Ok(_) | Err(mail_auth::Error::Dns(mail_auth::DnsError::RecordNotFound(_)))))
}

/// Nothing is proven as nobody answers.
fn unanswered(mail: &Mail) -> AuthResults {
    let dkim = if has_signatures(mail) { DkimWord::Fail } else { DkimWord::None };
    let dmarc = if mail.has_one_author() { DmarcWord::TempError } else { DmarcWord::Fail };
    AuthResults { dkim, dmarc, ..AuthResults::default() }
}

/// Whether there are signatures that could be checked: a provider that took the mail apart left nothing to check them
/// against.
fn has_signatures(mail: &Mail) -> bool {
    mail.raw.is_some() && mail.headers.first("DKIM-Signature").is_some()
}

struct Question<'q> {
    resolver: &'q MessageAuthenticator,
    mail: &'q Mail,
    envelope: &'q Envelope,
    now: DateTime<Utc>,
}

impl Question<'_> {
    async fn answer<T, M, A, Q, P>(
        &self,
        txt: Option<&T>,
        mx: Option<&M>,
        ipv4: Option<&A>,
        ipv6: Option<&Q>,
        ptr: Option<&P>,
    ) -> AuthResults
    where
        T: ResolverCache<Box<str>, Txt>,
        M: ResolverCache<Box<str>, RecordSet<MX>>,
        A: ResolverCache<Box<str>, RecordSet<Ipv4Addr>>,
        Q: ResolverCache<Box<str>, RecordSet<Ipv6Addr>>,
        P: ResolverCache<IpAddr, RecordSet<Box<str>>>,
    {
        let author = self.mail.authors().into_iter().next().map(|author| author.address).unwrap_or_default();
        // Without the raw message only the author's domain can be checked.
        let stand_in = format!("From: <{author}>\r\n\r\n");
        let raw = match &self.mail.raw {
            Some(raw) if self.mail.damage.is_none() => raw.as_ref(),
            _ => stand_in.as_bytes(),
        };
        let Some(mut message) = AuthenticatedMessage::parse(raw) else { return unanswered(self.mail) };
        self.keep_acceptable(&mut message);
        // Found by us below, as the lower of two authors would do for the library.
        message.from = vec![author.clone()];
        let parameters = |params| Parameters {
            params,
            cache_txt: txt,
            cache_mx: mx,
            cache_ptr: ptr,
            cache_ipv4: ipv4,
            cache_ipv6: ipv6,
        };
        let dkim = self.resolver.verify_dkim(parameters(&message)).await;
        let sender = self.envelope.sender.as_deref().map(canonical).unwrap_or_default();
        let sender_domain = domain(&sender).unwrap_or_default();
        let helo = self.envelope.helo.as_deref().unwrap_or(sender_domain);
        let spf = match self.envelope.client_ip {
            Some(ip) if !sender_domain.is_empty() => {
                let asked = SpfParameters::verify_mail_from(ip, helo, "localhost", &sender);
                let parameters = Parameters {
                    params: asked,
                    cache_txt: txt,
                    cache_mx: mx,
                    cache_ptr: ptr,
                    cache_ipv4: ipv4,
                    cache_ipv6: ipv6,
                };
                Some(self.resolver.verify_spf(parameters).await)
            }
            _ => None,
        };
        let no_spf = SpfOutput::default();
        let asked = DmarcParameters {
            message: &message,
            dkim_output: &dkim,
            dkim2_output: None,
            rfc5321_mail_from_domain: sender_domain,
            spf_output: spf.as_ref().unwrap_or(&no_spf),
        };
        let parameters = Parameters {
            params: asked,
            cache_txt: txt,
            cache_mx: mx,
            cache_ptr: ptr,
            cache_ipv4: ipv4,
            cache_ipv6: ipv6,
        };
        let dmarc = self.resolver.verify_dmarc(parameters).await;
        let author_domain = domain(&author).unwrap_or_default();
        let passed: Vec<&str> = dkim.iter().filter_map(passing_domain).collect();
        let is_pass = |result: &DmarcResult| *result == DmarcResult::Pass;
        let has_record = dmarc.dmarc_record().is_some();
        // A domain that demands nothing may be proven all the same, only not through its relatives.
        let exactly = !has_record
            && (passed.contains(&author_domain)
                || spf.as_ref().is_some_and(|spf| spf.result() == SpfResult::Pass) && sender_domain == author_domain);
        let is_aligned = is_pass(dmarc.dkim_result()) || is_pass(dmarc.spf_result());
        let has_one_author = self.mail.has_one_author();
        let is_verified = has_one_author && !author_domain.is_empty() && (is_aligned || exactly);
        AuthResults {
            dkim: match (passed.is_empty(), has_signatures(self.mail)) {
                (false, _) => DkimWord::Pass,
                (true, true) => DkimWord::Fail,
                (true, false) => DkimWord::None,
            },
            dkim_domain: nearest(&passed, author_domain),
            spf: spf.as_ref().map_or(SpfWord::None, |spf| spf_word(spf.result())),
            dmarc: match (has_one_author, is_aligned, has_record) {
                (true, true, _) => DmarcWord::Pass,
                (false, ..) | (true, false, true) => DmarcWord::Fail,
                (true, false, false) if is_temporary(dmarc.dkim_result()) || is_temporary(dmarc.spf_result()) => {
                    DmarcWord::TempError
                }
                (true, false, false) => DmarcWord::None,
            },
            is_verified,
        }
    }

    /// Leaves the signatures that may count at all: a whole body, a recent algorithm, a long key, not expired by our
    /// clock, and the author signed.
    fn keep_acceptable(&self, message: &mut AuthenticatedMessage<'_>) {
        message.errors.clear();
        message.dkim_headers.truncate(MAX_SIGNATURES);
        let now = u64::try_from(self.now.timestamp()).unwrap_or_default();
        message.dkim_headers.retain_mut(|header| {
            let signature = &mut header.header;
            let is_current = signature.x == 0 || signature.x > signature.t && signature.x > now;
            let is_strong = match signature.a {
                Algorithm::RsaSha256 => signature.b.len() * 8 >= MIN_RSA_BITS,
                Algorithm::Ed25519Sha256 => true,
                Algorithm::RsaSha1 => false,
            };
            let signs_author = signature.h.iter().any(|name| name.eq_ignore_ascii_case("from"));
            // Judged just now, by our clock; the library has its own.
            signature.x = 0;
            signature.r = false;
            signature.atps = None;
            is_current && is_strong && signs_author && signature.l == 0
        });
    }
}

fn passing_domain<'d>(output: &'d DkimOutput<'_>) -> Option<&'d str> {
    (*output.result() == DkimResult::Pass).then(|| output.signature().map(|signature| signature.d.as_str())).flatten()
}

/// The domain that signed: the author's own, else a relative, else the first.
fn nearest(passed: &[&str], author: &str) -> Option<String> {
    let is_below = |one: &str, other: &str| one.strip_suffix(other).is_some_and(|rest| rest.ends_with('.'));
    let own = passed.iter().find(|domain| **domain == author);
    let related = || passed.iter().find(|domain| is_below(domain, author) || is_below(author, domain));
    own.or_else(related).or_else(|| passed.first()).map(|domain| (*domain).to_owned())
}

fn is_temporary(result: &DmarcResult) -> bool {
    matches!(result, DmarcResult::TempError(_))
}

fn spf_word(result: SpfResult) -> SpfWord {
    match result {
        SpfResult::Pass => SpfWord::Pass,
        SpfResult::Fail => SpfWord::Fail,
        SpfResult::SoftFail => SpfWord::SoftFail,
        SpfResult::Neutral => SpfWord::Neutral,
        SpfResult::TempError => SpfWord::TempError,
        SpfResult::PermError => SpfWord::PermError,
        SpfResult::None => SpfWord::None,
    }
}
