//! Sessions of visitors: signed, short-lived, kept by the visitor. A visitor's id carries a mark of ours, so nobody can
//! take up a conversation under an id that we did not give out.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use patchbay_core::ids::InboxId;
use patchbay_core::secret::Secret;
use rand::RngExt as _;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// How long a session is good; a page that is open asks for the next one before.
pub const SESSION_LIFE: TimeDelta = TimeDelta::hours(1);
/// How long a proof of identity lasts over renewals.
pub const PROVEN_FOR: TimeDelta = TimeDelta::hours(24);

/// First letters of every session, so that it is never taken for a token of a site.
const PREFIX: &str = "chat1.";
/// Random bytes of a visitor's id.
const RANDOM_BYTES: usize = 16;
/// Bytes of our mark on it.
const MARK_BYTES: usize = 8;
/// Longest session that is looked at.
const MAX_SESSION_BYTES: usize = 4 << 10;

/// Who holds it, and for how long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Inbox it is for.
    #[serde(rename = "i")]
    pub inbox: InboxId,
    /// The browser.
    #[serde(rename = "v")]
    pub visitor: String,
    /// The person whom the site vouched for.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Name to show.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Until when renewals keep the person; Unix seconds.
    #[serde(rename = "p", default)]
    pub proven_until: i64,
    /// Until when it is good; Unix seconds.
    #[serde(rename = "e")]
    pub expires: i64,
}

impl Session {
    /// The canonical address it speaks for.
    pub fn address(&self) -> String {
        match &self.user {
            Some(user) => format!("user:{user}"),
            None => self.visitor_address(),
        }
    }

    /// The address of the browser itself.
    pub fn visitor_address(&self) -> String {
        format!("visitor:{}", self.visitor)
    }

    /// Whether the site vouched for the person.
    pub fn is_verified(&self) -> bool {
        self.user.is_some()
    }

    /// When it ends.
    pub fn ends(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.expires, 0).unwrap_or_default()
    }
}

/// Why a session is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSession {
    /// It is not one of ours, or not for this inbox.
    #[error("this is not a session of this inbox")]
    Foreign,
    /// It is over.
    #[error("the session is over; ask for another one")]
    Expired,
}

/// Signs and reads sessions and visitors' ids.
#[derive(Clone)]
pub struct SessionKeys(Hmac<Sha256>);

impl std::fmt::Debug for SessionKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionKeys")
    }
}

impl SessionKeys {
    /// Keys derived from the installation's secret.
    pub fn new(secret: &Secret) -> Self {
        let mut derive =
            Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("any length of key is taken");
        derive.update(b"patchbay chat sessions");
        let key = derive.finalize().into_bytes();
        Self(Hmac::new_from_slice(&key).expect("any length of key is taken"))
    }

    /// Whether a text claims to be a session at all.
    pub fn is_session(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// A new visitor of an inbox: 128 random bits and our mark.
    pub fn new_visitor(&self, inbox: InboxId) -> String {
        let mut bytes = rand::rng().random::<[u8; RANDOM_BYTES]>().to_vec();
        let mark = self.mark(inbox, &bytes).finalize().into_bytes();
        bytes.extend_from_slice(&mark[..MARK_BYTES]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Whether we gave this id out for this inbox.
    pub fn is_visitor(&self, inbox: InboxId, id: &str) -> bool {
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(id) else { return false };
        if bytes.len() != RANDOM_BYTES + MARK_BYTES {
            return false;
        }
        let (random, mark) = bytes.split_at(RANDOM_BYTES);
        self.mark(inbox, random).verify_truncated_left(mark).is_ok()
    }

    fn mark(&self, inbox: InboxId, random: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(b"visitor\0");
        mac.update(inbox.0.as_bytes());
        mac.update(random);
        mac
    }

    /// Signs a session.
    pub fn sign(&self, session: &Session) -> String {
        let claims = URL_SAFE_NO_PAD.encode(serde_json::to_vec(session).expect("a session is plain data"));
        let signature = URL_SAFE_NO_PAD.encode(self.over(&claims).finalize().into_bytes());
        format!("{PREFIX}{claims}.{signature}")
    }

    /// Reads a session of `inbox`.
    pub fn read(&self, text: &str, inbox: InboxId, now: DateTime<Utc>) -> Result<Session, NoSession> {
        let signed = text.strip_prefix(PREFIX).filter(|_| text.len() <= MAX_SESSION_BYTES);
        let (claims, signature) = signed.and_then(|rest| rest.split_once('.')).ok_or(NoSession::Foreign)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| NoSession::Foreign)?;
        self.over(claims).verify_slice(&signature).map_err(|_| NoSession::Foreign)?;
        let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| NoSession::Foreign)?;
        let session: Session = serde_json::from_slice(&claims).map_err(|_| NoSession::Foreign)?;
        if session.inbox != inbox {
            return Err(NoSession::Foreign);
        }
        if session.expires <= now.timestamp() { Err(NoSession::Expired) } else { Ok(session) }
    }

    fn over(&self, claims: &str) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(b"session\0");
        mac.update(claims.as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> SessionKeys {
        SessionKeys::new(&Secret::new("0123456789abcdef0123456789abcdef"))
    }

    fn session(inbox: InboxId) -> Session {
        Session { inbox, visitor: "v".into(), user: None, name: None, proven_until: 0, expires: 100 }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn a_session_is_good_for_its_inbox_until_it_ends() {
        let (keys, inbox) = (keys(), InboxId::new());
        let signed = keys.sign(&session(inbox));
        assert_eq!(keys.read(&signed, inbox, at(99)), Ok(session(inbox)));
        assert_eq!(keys.read(&signed, inbox, at(100)), Err(NoSession::Expired));
        assert_eq!(keys.read(&signed, InboxId::new(), at(99)), Err(NoSession::Foreign));
        let other = SessionKeys::new(&Secret::new("another"));
        assert_eq!(other.read(&signed, inbox, at(99)), Err(NoSession::Foreign));
    }

    #[test]
    fn a_changed_session_is_nobodys() {
        let (keys, inbox) = (keys(), InboxId::new());
        let signed = keys.sign(&session(inbox));
        let stolen = Session { user: Some("cust-42".into()), ..session(inbox) };
        let claims = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&stolen).unwrap());
        let forged = format!("{PREFIX}{claims}.{}", signed.rsplit_once('.').unwrap().1);
        for text in [forged.as_str(), "", "chat1.", "chat1..", "chat1.e30.", signed.split_at(signed.len() - 1).0] {
            assert_eq!(keys.read(text, inbox, at(0)), Err(NoSession::Foreign), "{text}");
        }
    }

    #[test]
    fn only_ids_that_we_gave_out_are_visitors() {
        let (keys, inbox) = (keys(), InboxId::new());
        let visitor = keys.new_visitor(inbox);
        assert!(keys.is_visitor(inbox, &visitor));
        assert!(!keys.is_visitor(InboxId::new(), &visitor));
        assert_ne!(visitor, keys.new_visitor(inbox));
        for other in ["", "v-8c1f", "visitor", visitor.split_at(visitor.len() - 1).0, &"A".repeat(32)] {
            assert!(!keys.is_visitor(inbox, other), "{other}");
        }
    }
}
