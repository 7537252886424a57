//! Words about accounts, their sites, and the people at them.

use crate::vocabulary;

vocabulary! {
    /// Whether an account or a site takes new work. Nothing is ever deleted.
    pub enum PlaceStatus {
        /// It does.
        Active => "active",
        /// Not any more.
        Inactive => "inactive",
    }
}

vocabulary! {
    /// How fast an account is served.
    pub enum SlaTier {
        /// As usual.
        Standard => "standard",
        /// Before the others.
        Priority => "priority",
        /// First.
        Critical => "critical",
    }
}

vocabulary! {
    /// What a contact is at a site.
    pub enum SiteRelation {
        /// Lives or works there.
        Tenant => "tenant",
        /// Owns it.
        Landlord => "landlord",
        /// Runs it.
        Manager => "manager",
        /// Can open it.
        Keyholder => "keyholder",
        /// Pays for it.
        Billing => "billing",
        /// Asks for work.
        Requester => "requester",
    }
}

vocabulary! {
    /// What a conversation is to a ticket.
    pub enum TicketRelation {
        /// The ticket was made from it.
        Origin => "origin",
        /// It is about the ticket.
        Update => "update",
        /// It books the ticket's work.
        Booking => "booking",
    }
}
