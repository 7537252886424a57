//! What goes wrong on purpose.

use serde::{Deserialize, Serialize};

patchbay_core::vocabulary! {
    /// Which of the fakes.
    pub enum Provider {
        /// The Meta Graph API: WhatsApp.
        Meta => "meta",
        /// The Twilio REST API: SMS and MMS.
        Twilio => "twilio",
        /// The mail server.
        Mail => "mail",
    }
}

/// The faults of one provider. A number counts down: it holds for so many of the next requests, messages or callbacks.
/// The default is no fault at all. The mail server says the same in its own words: an outage is 421 at the greeting, too
/// many requests 451 at `MAIL FROM`, a server error 5yz at `RCPT TO` (550 5.1.1, or the SMTP code in `fail_code`), an error
/// after accepting a connection that is closed in place of the last answer, a failed message a bounce.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Every API call is answered 503 until this is lifted.
    pub outage: bool,
    /// Every send waits so long before it is looked at, in milliseconds.
    pub delay_ms: u64,
    /// The next sends answered 429 with Retry-After; not accepted.
    pub too_many_requests: u32,
    /// The Retry-After of those, in seconds.
    pub retry_after_s: u32,
    /// The next sends answered 503; not accepted.
    pub server_errors: u32,
    /// The next sends accepted and then answered 500: the caller cannot know.
    pub server_errors_after_accept: u32,
    /// The next sends accepted and then not answered: the connection is held for `hold_ms` and closed.
    pub timeout_after_accept: u32,
    /// How long those connections are held, in milliseconds; 0 closes at once.
    pub hold_ms: u64,
    /// The next messages accepted, then reported failed with `fail_code`.
    pub fail_messages: u32,
    /// Provider code of that failure; 0 is the provider's "unknown error".
    pub fail_code: u32,
    /// The next files that are asked for answered 500.
    pub media_errors: u32,
    /// The next addresses of files that are dead when they are used.
    pub dead_links: u32,
    /// The next uploads of files refused.
    pub upload_errors: u32,
    /// The next callbacks delivered twice.
    pub duplicate_callbacks: u32,
    /// The next messages whose callbacks come in reverse order.
    pub reorder_callbacks: u32,
    /// The next callbacks never delivered.
    pub drop_callbacks: u32,
    /// The next callbacks and webhooks signed with a wrong key.
    pub bad_signatures: u32,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            outage: false,
            delay_ms: 0,
            too_many_requests: 0,
            retry_after_s: 1,
            server_errors: 0,
            server_errors_after_accept: 0,
            timeout_after_accept: 0,
            hold_ms: 30_000,
            fail_messages: 0,
            fail_code: 0,
            media_errors: 0,
            dead_links: 0,
            upload_errors: 0,
            duplicate_callbacks: 0,
            reorder_callbacks: 0,
            drop_callbacks: 0,
            bad_signatures: 0,
        }
    }
}

/// Uses up one of a counted fault; false when none is left.
pub(crate) fn take(counter: &mut u32) -> bool {
    let due = *counter > 0;
    *counter = counter.saturating_sub(1);
    due
}

/// All providers' faults, as the API shows and takes them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct FaultBoard {
    pub(crate) meta: Faults,
    pub(crate) twilio: Faults,
    pub(crate) mail: Faults,
}

impl FaultBoard {
    pub(crate) fn of(&self, provider: Provider) -> &Faults {
        match provider {
            Provider::Meta => &self.meta,
            Provider::Twilio => &self.twilio,
            Provider::Mail => &self.mail,
        }
    }

    pub(crate) fn of_mut(&mut self, provider: Provider) -> &mut Faults {
        match provider {
            Provider::Meta => &mut self.meta,
            Provider::Twilio => &mut self.twilio,
            Provider::Mail => &mut self.mail,
        }
    }
}
