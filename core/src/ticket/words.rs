//! The closed sets of words on a ticket.

use crate::vocabulary;

vocabulary! {
    /// What line of business an account is in; selects defaults, never a different machine.
    pub enum Profile {
        /// Buildings and their equipment.
        Facility => "facility",
        /// Rented homes.
        Property => "property",
        /// Car dealerships.
        Dealership => "dealership",
    }
}

vocabulary! {
    /// How soon policy wants the work done. Set by triage.
    pub enum TicketPriority {
        /// Danger, or premises that cannot be secured.
        Emergency => "EMERGENCY",
        /// Risk mitigated, function partly lost.
        Urgent => "URGENT",
        /// Everything else.
        Routine => "ROUTINE",
    }
}

vocabulary! {
    /// How urgent the requester finds it. A sorting rule changes this, never the priority.
    pub enum Urgency {
        /// Can wait.
        Low => "LOW",
        /// As usual.
        Medium => "MEDIUM",
        /// Before the others.
        High => "HIGH",
        /// Now.
        Critical => "CRITICAL",
    }
}

impl TicketPriority {
    /// The urgency that a priority implies when nobody gave one.
    pub fn urgency(self) -> Urgency {
        match self {
            Self::Emergency => Urgency::Critical,
            Self::Urgent => Urgency::High,
            Self::Routine => Urgency::Medium,
        }
    }
}

impl Urgency {
    /// The priority at creation. An emergency is declared by a person or by an intake, never by urgency alone.
    pub fn priority(self) -> TicketPriority {
        match self {
            Self::Critical | Self::High => TicketPriority::Urgent,
            Self::Medium | Self::Low => TicketPriority::Routine,
        }
    }

    /// The score that lists are sorted by, and the rules that made it. Source: domain, ranking, steps 1 and 2.
    pub fn rank(self) -> (i64, Vec<String>) {
        let score = match self {
            Self::Low => 1,
            Self::Medium => 5,
            Self::High => 10,
            Self::Critical => 20,
        };
        if self >= Self::High { (score + 10, vec!["Urgency Ranking".into()]) } else { (score, Vec::new()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urgency_alone_never_makes_an_emergency() {
        for urgency in Urgency::ALL {
            assert_ne!(urgency.priority(), TicketPriority::Emergency);
        }
    }

    #[test]
    fn high_urgency_ranks_above_the_rest() {
        assert_eq!(Urgency::Low.rank().0, 1);
        assert_eq!(Urgency::Medium.rank(), (5, vec![]));
        assert_eq!(Urgency::High.rank(), (20, vec!["Urgency Ranking".to_owned()]));
        assert_eq!(Urgency::Critical.rank().0, 30);
    }
}
