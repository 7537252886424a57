//! What may be written to an address, and how we know. Source: domain, channel rules; channel reference, consent and
//! error table.

use crate::channel::Channel;
use crate::vocabulary;

vocabulary! {
    /// What was decided.
    pub enum Decision {
        /// No more of it.
        Withdrawn => "withdrawn",
        /// It is welcome, again.
        Given => "given",
    }
}

vocabulary! {
    /// What is decided about.
    pub enum ConsentScope {
        /// Every message.
        Everything => "everything",
        /// Advertising; answers go on.
        Marketing => "marketing",
    }
}

vocabulary! {
    /// How we know.
    pub enum ConsentReason {
        /// The customer wrote a word such as STOP.
        Keyword => "keyword",
        /// The customer asked to be taken off a list.
        Unsubscribe => "unsubscribe",
        /// The customer complained to the mail provider.
        Complaint => "complaint",
        /// There is nobody at the address; or, when it is given again, somebody wrote from it.
        Bounce => "bounce",
        /// The provider refuses because of it.
        Provider => "provider",
        /// A person of ours recorded it.
        Person => "person",
    }
}

/// Whether a permanent failure with this code says that there is nobody at the address, and nothing more is to be sent
/// there. Source: channel reference, error table.
pub fn is_no_such_address(channel: Channel, code: &str) -> bool {
    match channel {
        // `1` is Postmark's word for it.
        Channel::Email => matches!(code, "5.1.1" | "5.1.2" | "5.1.10" | "1"),
        // No usable number, or unknown to its carrier, or a landline.
        Channel::Sms => matches!(code, "21211" | "21217" | "21612" | "21614" | "30005" | "30006"),
        // What WhatsApp says of it (131026) it says also of customers with an old version, or who have not agreed to new
        // terms: an agent may try again.
        _ => false,
    }
}
