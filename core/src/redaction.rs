//! Removes personal data and secrets from text: what goes to logs, audit copies, dead letters, alerts and to assistants.
//! Rules, in English and French, with check digits where there are any and with the names that the conversation knows.
//! Linear in the length of the text. Source: tool gateway reference, PII redaction.

mod address;
mod bank;
mod card;
mod claim;
mod cue;
mod digits;
mod fold;
mod identity;
mod json;
mod kind;
mod mail;
mod network;
mod person;
mod phone;
mod placeholder;
mod postal;
mod secret;
mod shape;
pub mod sink;
#[cfg(test)]
mod tests;
mod vehicle;
mod warm;

pub use json::is_ours;
pub use kind::PiiKind;
pub use person::Known;

use claim::{Claim, Claims};
use cue::Cues;
use fold::Folded;
use sha2::{Digest as _, Sha256};

/// A stretch of personal data. Offsets count code points and, beside that, bytes of UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First code point.
    pub start: u32,
    /// Code point after the last.
    pub end: u32,
    /// First byte.
    pub byte_start: u32,
    /// Byte after the last.
    pub byte_end: u32,
    /// What it is.
    pub kind: PiiKind,
}

/// A text without its personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redacted {
    /// The text with placeholders.
    pub text: String,
    /// What was found, in order, in offsets of the original.
    pub spans: Vec<Span>,
    /// The placeholder of each span; `None` for a vehicle's number that stays.
    pub placeholders: Vec<Option<String>>,
}

/// For whom a text is redacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Logs, alerts, audit copies, exports: vehicle numbers are shortened to their last six signs.
    Sink,
    /// An assistant at work: vehicle numbers stay, they are the key of the business.
    Assistant,
}

/// Finds and replaces personal data. One for each key; cheap to copy.
#[derive(Clone)]
pub struct Redactor {
    key: [u8; 32],
    reader: Reader,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redactor").field("reader", &self.reader).finish_non_exhaustive()
    }
}

impl Redactor {
    /// A redactor whose placeholders depend on `secret`: without it nobody can try out numbers against them.
    pub fn new(secret: &[u8], reader: Reader) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"patchbay redaction");
        hash.update(secret);
        Self { key: hash.finalize().into(), reader }
    }

    /// The redactor of one conversation: equal values have equal placeholders within it and others outside.
    #[must_use]
    pub fn within(&self, conversation: crate::ids::ConversationId) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.key);
        hash.update(conversation.0.as_bytes());
        Self { key: hash.finalize().into(), reader: self.reader }
    }

    /// Compiles all rules now and runs them over a few texts, so that no message has to wait for it: an automaton builds
    /// itself as it is used.
    ///
    /// Whoever calls while it is done by another waits for the end.
    pub fn prepare() {
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| {
            Self::compile();
            warm::run();
            sink::prepared();
        });
    }

    fn compile() {
        cue::prepare();
        placeholder::prepare();
        shape::prepare();
        secret::prepare();
        mail::prepare();
        card::prepare();
        network::prepare();
        identity::prepare();
        address::prepare();
        phone::prepare();
        postal::prepare();
        person::pattern::prepare();
    }

    /// Finds the personal data of a text, in order, without overlaps.
    pub fn find(&self, text: &str, known: &Known) -> Vec<Span> {
        let folded = Folded::new(text);
        claims(&folded, known).into_iter().map(|claim| span(&folded, claim)).collect()
    }

    /// Replaces the personal data of a text.
    pub fn redact(&self, text: &str, known: &Known) -> Redacted {
        let folded = Folded::new(text);
        let mut redacted = String::with_capacity(text.len());
        let mut spans = Vec::new();
        let mut placeholders = Vec::new();
        let mut from = 0;
        for claim in claims(&folded, known) {
            let span = span(&folded, claim);
            let stays = claim.kind == PiiKind::Vin && self.reader == Reader::Assistant;
            if stays {
                placeholders.push(None);
            } else {
                let (start, end) = (span.byte_start as usize, span.byte_end as usize);
                let lower = &folded.lower[claim.start..claim.end];
                let cased = &folded.cased[claim.start..claim.end];
                let placeholder = placeholder::write(claim.kind, lower, cased, &self.key);
                redacted.push_str(text.get(from..start).unwrap_or_default());
                redacted.push_str(&placeholder);
                from = end;
                placeholders.push(Some(placeholder));
            }
            spans.push(span);
        }
        redacted.push_str(text.get(from..).unwrap_or_default());
        Redacted { text: redacted, spans, placeholders }
    }
}

fn span(text: &Folded, claim: Claim) -> Span {
    let (start, byte_start) = text.original(claim.start);
    let (end, byte_end) = text.original(claim.end);
    Span { start, end, byte_start, byte_end, kind: claim.kind }
}

/// All claims on a text. The order is the order of certainty: what a check digit proves comes before what a word near
/// it suggests.
fn claims(text: &Folded, known: &Known) -> Vec<Claim> {
    let mut claims = Claims::new(text);
    placeholder::keep(text, &mut claims);
    let digits = text.lower.iter().any(u8::is_ascii_digit);
    secret::find(text, &mut claims);
    mail::find(text, &mut claims);
    let cues = Cues::find(text);
    if digits {
        vehicle::find(text, &cues, &mut claims);
        bank::find(text, &mut claims);
        shape::keep(text, &mut claims);
        let groups = digits::groups(&text.lower);
        card::find(text, &cues, &groups, &mut claims);
        identity::find(text, &cues, &mut claims);
        address::find(text, &cues, &mut claims);
    }
    network::find(text, &cues, &mut claims);
    phone::find(text, &cues, &mut claims);
    if digits {
        postal::find(text, &mut claims);
    }
    person::find(text, known, &mut claims);
    claims.finish()
}
