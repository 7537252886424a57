//! Rules of outgoing webhooks: what an address wants to hear, how a call is signed, what its answer means, when it is
//! tried again and when an address has been dead for too long. Source: domain, integration hub; the schedule is the one
//! that Svix publishes.

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::event::EventName;
use crate::ticket::Topic;
use crate::vocabulary;

/// Waits after the first, second… failed try. After the last of them there is no other.
const WAITS: [TimeDelta; 7] = [
    TimeDelta::seconds(5),
    TimeDelta::minutes(5),
    TimeDelta::minutes(30),
    TimeDelta::hours(2),
    TimeDelta::hours(5),
    TimeDelta::hours(10),
    TimeDelta::hours(10),
];

/// How long an address may fail at every try before it is disabled.
pub const DEAD_AFTER: TimeDelta = TimeDelta::days(5);

/// How long the secret before the newest one goes on signing, when nobody says.
pub const USUAL_OVERLAP: TimeDelta = TimeDelta::days(1);

/// Name of the event that only tests an address.
pub const PING: &str = "webhook.ping";

vocabulary! {
    /// Where one event stands on its way to one address.
    pub enum DeliveryState {
        /// Waits for its first or next try, or is tried now.
        Pending => "pending",
        /// The address took it.
        Delivered => "delivered",
        /// The address did not take it and is not asked again.
        Failed => "failed",
        /// The address was taken out of use first.
        Canceled => "canceled",
    }
}

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Taken.
    Taken,
    /// Not now: try again.
    Later,
    /// Not this one: do not try again.
    Never,
    /// Nothing at all any more.
    Gone,
}

/// What the status of an answer means. A redirect is not followed: it would lead past the check of the address.
pub fn meaning(status: u16) -> Meaning {
    match status {
        200..=299 => Meaning::Taken,
        410 => Meaning::Gone,
        408 | 425 | 429 | 500.. => Meaning::Later,
        _ => Meaning::Never,
    }
}

/// How long to wait after so many failed tries. `None`: there is no other.
pub fn wait_after(failed: i64) -> Option<TimeDelta> {
    WAITS.get(usize::try_from(failed.checked_sub(1)?).ok()?).copied()
}

/// Whether an address that has failed since then is dead.
pub fn is_dead(failing_since: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - failing_since >= DEAD_AFTER
}

/// The value of the signature header: the time and, for each secret that holds, the HMAC-SHA256 over time, full stop and
/// body. While secrets are rotated there is more than one; the receiver accepts any that fits.
pub fn signature<'s>(secrets: impl IntoIterator<Item = &'s str>, at: DateTime<Utc>, body: &[u8]) -> String {
    let time = at.timestamp().to_string();
    let mut header = format!("t={time}");
    for secret in secrets {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
        mac.update(time.as_bytes());
        mac.update(b".");
        mac.update(body);
        header.push_str(",v1=");
        header.push_str(&hex::encode(mac.finalize().into_bytes()));
    }
    header
}

/// Which events an address wants: names, groups such as `message.*`, or `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter(Vec<String>);

/// A word is neither the name of an event nor a group of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be the name of an event, a group such as message.*, or *")]
pub struct NoSuchEvent {
    /// Which of the words.
    pub place: usize,
}

impl Filter {
    /// Checks the words.
    pub fn new(words: Vec<String>) -> Result<Self, NoSuchEvent> {
        let of_the_feed = || EventName::WORDS.iter().filter(|name| !EventName::is_private(name));
        let public = || of_the_feed().chain(Topic::WORDS);
        let fits = |word: &String| public().any(|name| matches(word, name));
        match words.iter().position(|word| !fits(word)) {
            Some(place) => Err(NoSuchEvent { place }),
            None => Ok(Self(words)),
        }
    }

    /// As they were checked when they were stored. What only an older release knew matches nothing.
    pub fn stored(words: Vec<String>) -> Self {
        Self(words)
    }

    /// Whether an event of this name is wanted.
    pub fn wants(&self, name: &str) -> bool {
        !EventName::is_private(name) && self.0.iter().any(|word| matches(word, name))
    }
}

fn matches(word: &str, name: &str) -> bool {
    match word.strip_suffix('*') {
        Some("") => true,
        Some(group) => group.ends_with('.') && group.len() > 1 && name.starts_with(group),
        None => word == name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_grow_and_end() {
        assert_eq!(wait_after(1), Some(TimeDelta::seconds(5)));
        assert_eq!(wait_after(7), Some(TimeDelta::hours(10)));
        assert_eq!(wait_after(8), None);
        assert_eq!(wait_after(0), None);
        assert!(WAITS.windows(2).all(|pair| pair[0] <= pair[1]));
    }

    #[test]
    fn an_answer_means_one_thing() {
        for (status, expect) in [
            (200, Meaning::Taken),
            (204, Meaning::Taken),
            (301, Meaning::Never),
            (400, Meaning::Never),
            (404, Meaning::Never),
            (408, Meaning::Later),
            (410, Meaning::Gone),
            (429, Meaning::Later),
            (500, Meaning::Later),
            (503, Meaning::Later),
        ] {
            assert_eq!(meaning(status), expect, "{status}");
        }
    }

    #[test]
    fn a_signature_covers_time_and_body_for_each_secret() {
        let at = DateTime::from_timestamp(1_767_614_400, 0).expect("a time");
        let one = signature(["whsec_one"], at, b"{}");
        assert!(one.starts_with("t=1767614400,v1="));
        let both = signature(["whsec_two", "whsec_one"], at, b"{}");
        assert!(both.ends_with(one.split_once(',').expect("two parts").1));
        assert_eq!(both.matches("v1=").count(), 2);
        assert_ne!(signature(["whsec_one"], at, b"{ }"), one);
        assert_ne!(signature(["whsec_one"], at + TimeDelta::seconds(1), b"{}"), one);
    }

    #[test]
    fn a_filter_knows_names_and_groups() {
        let filter = |words: &[&str]| Filter::new(words.iter().map(|word| (*word).to_owned()).collect());
        assert!(filter(&["*"]).expect("fits").wants("ticket.updated"));
        let messages = filter(&["message.*", "conversation.new"]).expect("fits");
        assert!(messages.wants("message.received") && messages.wants("conversation.new"));
        assert!(!messages.wants("conversation.updated"));
        assert!(filter(&["appointment.*", "ticket.triaged"]).expect("fits").wants("appointment.confirmed"));
        for wrong in ["", ".", ".*", "message", "message.", "mess*", "weather.changed", "weather.*"] {
            assert_eq!(filter(&["*", wrong]), Err(NoSuchEvent { place: 1 }), "{wrong}");
        }
    }

    #[test]
    fn an_address_is_dead_after_five_days_of_failures() {
        let now = DateTime::from_timestamp(1_767_614_400, 0).expect("a time");
        assert!(!is_dead(now - DEAD_AFTER + TimeDelta::seconds(1), now));
        assert!(is_dead(now - DEAD_AFTER, now));
    }
}
