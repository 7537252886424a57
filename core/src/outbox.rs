//! Words about what others are told.

use crate::vocabulary;

vocabulary! {
    /// Where an event on its way to others stands. Source: domain, outbox.
    pub enum OutboxStatus {
        /// Waits for its turn, or for another try.
        Pending => "PENDING",
        /// Was leased by an older release; handed on when the lease has run out.
        Processing => "PROCESSING",
        /// Was handed to all who want it.
        Sent => "SENT",
        /// Could not be delivered; a person has to look.
        DeadLetter => "DEAD_LETTER",
        /// Was given up by a person.
        Discarded => "DISCARDED",
    }
}
