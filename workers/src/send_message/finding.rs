//! What a call to a provider brought, and what it says of the inbox.

use std::time::Duration;

use patchbay_core::inbox_health::Signal;
use patchbay_core::item::ErrorClass;
use patchbay_hub::delivery::{Burial, Outgoing, SendError, was_refused};
use patchbay_normalizer::answer::Accepted;

use super::INTERRUPTED;

/// Whose trouble a delay is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// Everything from the inbox has it.
    Inbox,
    /// Only this message, or this customer.
    Message,
}

/// A provider has a message.
#[derive(Debug)]
pub(super) struct Acceptance {
    /// Under this id.
    pub(super) key: String,
    /// Its first word on where it stands.
    pub(super) provider_status: Option<String>,
    /// By these addresses it knows the recipient.
    pub(super) addresses: Vec<String>,
    /// What this says of the inbox.
    pub(super) proves: Proof,
}

/// What it says of an inbox that a provider took a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// It works.
    Works,
    /// Nothing: an earlier try of the same message was taken, too, and refused later.
    Nothing,
}

impl Proof {
    pub(super) fn of(outgoing: &Outgoing) -> Self {
        if was_refused(&outgoing.message) { Self::Nothing } else { Self::Works }
    }
}

impl Acceptance {
    pub(super) fn of(key: String) -> Self {
        Self { key, provider_status: None, addresses: Vec::new(), proves: Proof::Works }
    }
}

impl From<Accepted> for Acceptance {
    fn from(accepted: Accepted) -> Self {
        let Accepted { channel_message_id: key, provider_status, recipient_addresses: addresses, .. } = accepted;
        Self { key, provider_status, addresses, proves: Proof::Works }
    }
}

/// What a call brought.
#[derive(Debug)]
pub(super) enum Finding {
    /// The provider has the message.
    Accepted(Acceptance),
    /// Not taken; again after so long.
    Postponed(SendError, Duration, Whose),
    /// Not taken as it is; at once again as a text with a link.
    AsLink(SendError),
    /// Will not go out.
    Failed(SendError, Burial),
    /// Nobody knows.
    Lost(String),
}

impl Finding {
    /// What it says of the inbox.
    pub(super) fn signal(&self) -> Option<Signal<'_>> {
        match self {
            Self::Accepted(acceptance) if acceptance.proves == Proof::Nothing => None,
            Self::Accepted(_) => Some(Signal::Worked),
            // One that fails for good says that its template is withheld: everything else may go on.
            Self::Postponed(error, ..) if error.class == ErrorClass::Config => {
                Some(Signal::Refused { code: &error.code })
            }
            Self::Postponed(error, _, Whose::Inbox) => Some(Signal::Failed { code: &error.code }),
            // Somebody else's crash says nothing of the provider.
            Self::Lost(how) if how != INTERRUPTED => Some(Signal::Failed { code: how }),
            Self::Postponed(..) | Self::AsLink(_) | Self::Failed(..) | Self::Lost(_) => None,
        }
    }

    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Accepted(_) => "accepted",
            Self::Postponed(..) | Self::AsLink(_) => "postponed",
            Self::Failed(..) => "failed",
            Self::Lost(_) => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_withheld_template_says_nothing_of_the_inbox_and_refused_credentials_do() {
        let error = |code: &str| SendError::ours(code, ErrorClass::Config, "refused");
        let template = Finding::Failed(error("132015"), Burial::DeadLetter);
        assert_eq!(template.signal(), None);
        let token = Finding::Postponed(error("190"), Duration::from_mins(1), Whose::Inbox);
        assert_eq!(token.signal(), Some(Signal::Refused { code: "190" }));
        let busy = SendError::ours("130429", ErrorClass::Retryable, "slow down");
        assert_eq!(Finding::Postponed(busy, Duration::from_secs(1), Whose::Message).signal(), None);
    }
}
