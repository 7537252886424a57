//! The cast of the demo, and the providers' side of inboxes that were configured elsewhere.

use std::net::SocketAddr;

use patchbay_core::channel::Channel;
use patchbay_core::inbox::{InboundMail, Inbox, Provider};
use patchbay_core::secret::Secret;
use rand::RngExt;

use super::{
    CorrespondentSeed, MailServer, MailboxSeed, PhoneSeed, SimulatorConfig, Timing, TwilioNumber, WhatsappNumber,
};
use crate::mail::Way;

const PHONE_NUMBER_ID: &str = "106550100000001";
/// The SMS number of the sales team.
const SALES: &str = "+15550100004";
/// The number that is called.
const CALLS: &str = "+15550100005";
const ACCOUNT_SID: &str = "AC5d3a0c1f7e9b4826a0f1c2d3e4b5a697";

impl SimulatorConfig {
    /// Numbers whose webhooks go to `public_url`, and the phones of invented customers: six, a dealership's yard, and one
    /// who writes to the number of sales, where the demo's assistant answers. Whoever calls calls a number of its own. The
    /// secrets are made up anew each time, so that a demo server can be reached by nobody who guesses them: read them from
    /// the result when making the inboxes.
    pub fn demo(public_url: &str) -> Self {
        let whatsapp =
            WhatsappNumber::new(PHONE_NUMBER_ID, "+15550100001", secret(), secret(), meta_webhook(public_url));
        let twilio = TwilioNumber::new(ACCOUNT_SID, secret(), "+15550100003", twilio_webhook(public_url));
        let sales = TwilioNumber { address: SALES.to_owned(), ..twilio.clone() };
        let calls = TwilioNumber { address: CALLS.to_owned(), ..twilio.clone() };
        let buyer = PhoneSeed {
            writes_to: Some(SALES.to_owned()),
            ..PhoneSeed::new("+15550101007", "Nora Belanger", &[Channel::Sms])
        };
        let mailbox = MailboxSeed {
            address: "support@patchbay.test".to_owned(),
            reply_domain: "reply.patchbay.test".to_owned(),
            way: Way::Mailgun { url: mail_webhook(public_url), signing_key: secret() },
        };
        let mail = Some(MailServer::new(vec![mailbox], correspondents()));
        let mut config =
            Self { whatsapp: vec![whatsapp], twilio: vec![twilio, sales, calls], mail, ..Self::with_cast() };
        for phone in config.phones.iter_mut().filter(|phone| phone.channels.contains(&Channel::Voice)) {
            phone.calls = Some(CALLS.to_owned());
        }
        // The number that the demo knows the yard by; see the hub's seeds.
        config.phones.push(PhoneSeed::new("+15550101008", "Coastline Motors", &[Channel::Sms]));
        config.phones.push(buyer);
        config
    }

    /// The providers' side of configured inboxes, for a simulator that runs beside a server with settings of its own:
    /// the newest secret of each inbox, webhooks to `public_url`, and the phones of the demo. Inboxes of other
    /// channels are left out.
    pub fn for_inboxes(public_url: &str, inboxes: &[Inbox]) -> Self {
        let mut config = Self::with_cast();
        let mut mailboxes = Vec::new();
        let mut relay = None;
        for inbox in inboxes {
            match &inbox.provider {
                Provider::WhatsAppCloud(settings) => config.whatsapp.push(WhatsappNumber::new(
                    &settings.phone_number_id,
                    &inbox.address,
                    newest(&settings.app_secrets),
                    settings.access_token.clone(),
                    meta_webhook(public_url),
                )),
                Provider::Twilio(settings) => config.twilio.push(TwilioNumber {
                    channel: inbox.channel,
                    ..TwilioNumber::new(
                        &settings.account_sid,
                        newest(&settings.auth_tokens),
                        &inbox.address,
                        twilio_webhook(public_url),
                    )
                }),
                Provider::Email(settings) => {
                    let way = match settings.inbound {
                        Some(InboundMail::Mailgun) => {
                            Way::Mailgun { url: mail_webhook(public_url), signing_key: newest(&settings.signing_keys) }
                        }
                        // Other providers' webhooks are not imitated; what would come by them is left out.
                        _ => continue,
                    };
                    relay = relay.or_else(|| local_relay(settings.smtp_url.expose()));
                    mailboxes.push(MailboxSeed {
                        address: inbox.address.clone(),
                        reply_domain: settings.reply_domain.clone(),
                        way,
                    });
                }
                Provider::Chat(_) | Provider::Unserved => {}
            }
        }
        if !mailboxes.is_empty() {
            let server = MailServer::new(mailboxes, correspondents());
            let listen = relay.unwrap_or(server.listen);
            config.mail = Some(MailServer { listen, ..server });
        }
        config
    }

    /// Six customers, and callbacks slow enough to watch.
    fn with_cast() -> Self {
        let both = [Channel::Whatsapp, Channel::Sms];
        let texts_and_calls = [Channel::Sms, Channel::Voice];
        let phone = |address: &str, name: &str, channels: &[Channel]| PhoneSeed {
            window_open: true,
            ..PhoneSeed::new(address, name, channels)
        };
        Self {
            phones: vec![
                phone("+15550101001", "Maya Lindqvist", &both),
                phone("+15550101002", "Tomás Herrera", &[Channel::Whatsapp]),
                phone("+15550101003", "Ruth Okafor", &texts_and_calls),
                phone("+15550101004", "Ben Castellano", &both),
                phone("+15550101005", "Aiko Marsh", &[Channel::Whatsapp]),
                phone("+15550101006", "Priya Raman", &texts_and_calls),
            ],
            timing: Timing::watchable(),
            ..Self::new()
        }
    }
}

/// Where the mail server is expected, when that is on this machine: `smtp://127.0.0.1:2525`.
fn local_relay(smtp_url: &str) -> Option<SocketAddr> {
    let authority = smtp_url.strip_prefix("smtp://")?.split(['/', '?']).next()?;
    let addr: SocketAddr = authority.rsplit('@').next()?.replace("localhost", "127.0.0.1").parse().ok()?;
    addr.ip().is_loopback().then_some(addr)
}

/// Who writes mails in a demo.
fn correspondents() -> Vec<CorrespondentSeed> {
    vec![
        CorrespondentSeed::new("ines.duarte@orchard-lofts.test", "Ines Duarte").having_written(
            "Front door will not close",
            "Hello,\n\nthe automatic front door at Orchard Lofts stays open since this morning. The motor hums, but the \
             door does not move.\n\nCould somebody come today?\n\nInes Duarte\nHouse management",
        ),
        CorrespondentSeed::new("oleg.hansen@harbor-clinic.test", "Oleg Hansen").having_written(
            "Offer for the yearly check",
            "Good morning,\n\nwe need an offer for the yearly check of our four doors. When could you come?\n\n\
             Regards\nOleg Hansen",
        ),
        CorrespondentSeed::new("grace.lindt@northgate.test", "Grace Lindt"),
    ]
}

fn mail_webhook(public_url: &str) -> String {
    format!("{}/webhooks/email/mailgun", public_url.trim_end_matches('/'))
}

fn meta_webhook(public_url: &str) -> String {
    format!("{}/webhooks/whatsapp", public_url.trim_end_matches('/'))
}

fn twilio_webhook(public_url: &str) -> String {
    format!("{}/webhooks/twilio/sms", public_url.trim_end_matches('/'))
}

/// Secrets are listed newest first; without any, nothing the fake signs will be accepted.
fn newest(secrets: &[Secret]) -> Secret {
    secrets.first().cloned().unwrap_or_else(secret)
}

pub(super) fn secret() -> Secret {
    Secret::new(hex::encode(rand::rng().random::<[u8; 16]>()))
}
