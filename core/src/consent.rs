//! What may be written to an address, and how we know. Source: domain, channel rules; channel reference, consent and
//! error table.

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
        /// There is nobody at the address.
        Bounce => "bounce",
        /// The provider refuses because of it.
        Provider => "provider",
        /// A person of ours recorded it.
        Person => "person",
    }
}

/// Whether a mail server's code says that there is nobody at the address, and nothing more is to be sent there. `1` is
/// Postmark's word for it. Source: channel reference, error table, e-mail.
pub fn is_no_such_address(code: &str) -> bool {
    matches!(code, "5.1.1" | "5.1.2" | "5.1.10" | "1")
}
