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

vocabulary! {
    /// Where triage sends a ticket.
    pub enum WorkflowOutcome {
        /// Classified, nothing more.
        Triaged => "TRIAGED",
        /// It can be scheduled.
        ReadyToSchedule => "READY_TO_SCHEDULE",
        /// Somebody has to decide first.
        ApprovalRequired => "APPROVAL_REQUIRED",
    }
}

vocabulary! {
    /// What somebody is asked to decide.
    pub enum ApprovalType {
        /// More money.
        NteIncrease => "NTE_INCREASE",
        /// Another scope of work.
        Proposal => "PROPOSAL",
    }
}

vocabulary! {
    /// Where an approval was asked for; decides where a denied ticket goes.
    pub enum ApprovalOrigin {
        /// Before scheduling.
        Triage => "triage",
        /// During the work.
        TechChange => "tech_change",
    }
}

vocabulary! {
    /// Where an approval stands.
    pub enum ApprovalStatus {
        /// Waits for a decision.
        Pending => "PENDING",
        /// Yes.
        Approved => "APPROVED",
        /// No.
        Denied => "DENIED",
        /// Its ticket was called off.
        Cancelled => "CANCELLED",
    }
}

vocabulary! {
    /// Yes or no.
    pub enum ApprovalDecision {
        /// Yes.
        Approved => "APPROVED",
        /// No.
        Denied => "DENIED",
    }
}

vocabulary! {
    /// Who is called in.
    pub enum EscalationTarget {
        /// Whoever owns the account: the landlord, the customer's manager.
        AccountOwner => "account_owner",
        /// The dispatch desk.
        Dispatcher => "dispatcher",
        /// A supervisor.
        Supervisor => "supervisor",
    }
}

vocabulary! {
    /// Why a schedule is frozen.
    pub enum HoldReason {
        /// The customer has to confirm.
        CustomerPending => "CUSTOMER_PENDING",
        /// The customer cannot be reached.
        CustomerUnreachable => "CUSTOMER_UNREACHABLE",
        /// The confirmation is too old.
        CustomerConfirmationStale => "CUSTOMER_CONFIRMATION_STALE",
    }
}

vocabulary! {
    /// Where the hold of a schedule stands.
    pub enum HoldStatus {
        /// The schedule is frozen.
        Active => "ACTIVE",
        /// The customer confirmed.
        Released => "RELEASED",
        /// Given up.
        RolledBack => "ROLLED_BACK",
    }
}

vocabulary! {
    /// Whose wish a change of the schedule was.
    pub enum Attribution {
        /// The customer's.
        Customer => "customer",
        /// Ours.
        Provider => "provider",
    }
}

vocabulary! {
    /// Who offered a window.
    pub enum OptionSource {
        /// The desk.
        Operator => "operator",
        /// A vendor.
        Vendor => "vendor",
        /// An assistant.
        Ai => "ai",
    }
}

vocabulary! {
    /// Where an appointment stands.
    pub enum AppointmentStatus {
        /// Waits for the customer.
        Tentative => "TENTATIVE",
        /// Agreed.
        Confirmed => "CONFIRMED",
        /// Kept.
        Done => "DONE",
        /// Called off.
        Cancelled => "CANCELLED",
    }
}

vocabulary! {
    /// How an appointment was agreed.
    pub enum ConfirmationMethod {
        /// By SMS.
        Sms => "sms",
        /// On the telephone.
        Voice => "voice",
        /// By WhatsApp.
        Whatsapp => "whatsapp",
        /// In the customer's portal.
        Portal => "portal",
        /// By the desk.
        Operator => "operator",
    }
}

vocabulary! {
    /// How work is sent out.
    pub enum DispatchMode {
        /// After scheduling.
        Standard => "STANDARD",
        /// At once: an emergency does not wait for a schedule.
        EmergencyBypass => "EMERGENCY_BYPASS",
    }
}

vocabulary! {
    /// Why somebody else than recommended is sent.
    pub enum MismatchCode {
        /// No time.
        Capacity => "capacity",
        /// Better skilled.
        SkillMismatch => "skill_mismatch",
        /// The customer's wish.
        CustomerRequest => "customer_request",
        /// Safety.
        Safety => "safety",
        /// Anything else.
        Other => "other",
    }
}

vocabulary! {
    /// Who gets work that was taken away.
    pub enum ReassignKind {
        /// Another technician.
        Tech => "reassign_tech",
        /// Another vendor.
        Provider => "reassign_provider",
    }
}

vocabulary! {
    /// What blocks the work.
    pub enum WorkHoldReason {
        /// Nobody opens.
        AccessFailure => "ACCESS_FAILURE",
        /// Parts are on their way.
        PartsOrdered => "PARTS_ORDERED",
        /// It is not safe.
        Safety => "SAFETY",
        /// The customer wants it so.
        CustomerRequest => "CUSTOMER_REQUEST",
        /// The desk stopped it.
        Dispatch => "DISPATCH",
        /// Anything else.
        Other => "OTHER",
    }
}

vocabulary! {
    /// What quality says.
    pub enum QaResult {
        /// Accepted.
        Pass => "PASS",
        /// Sent back.
        Fail => "FAIL",
    }
}

vocabulary! {
    /// Where the invoice of a ticket stands.
    pub enum InvoiceState {
        /// There is none.
        NotStarted => "NOT_STARTED",
        /// A draft waits for approval.
        PendingApproval => "PENDING_APPROVAL",
        /// A person approved it.
        Approved => "APPROVED",
        /// On its way into accounting.
        Syncing => "SYNCING",
        /// In accounting.
        Synced => "SYNCED",
        /// Accounting refused it.
        Failed => "FAILED",
        /// A person has to look into accounting.
        NeedsManualVerification => "NEEDS_MANUAL_VERIFICATION",
        /// Taken back.
        Voided => "VOIDED",
    }
}

vocabulary! {
    /// How a line is taxed. Source: domain, invoices (Quebec).
    pub enum TaxCode {
        /// Not at all.
        Exempt => "EXEMPT",
        /// At nothing.
        Zero => "ZERO",
        /// Federal, 5 %.
        Gst => "GST",
        /// Quebec, 9.975 %.
        Qst => "QST",
        /// Both, 14.975 %.
        GstQst => "GST_QST",
        /// At a rate of its own.
        Custom => "CUSTOM",
    }
}

vocabulary! {
    /// What a pause of automation covers.
    pub enum AutonomyScope {
        /// Everything.
        Global => "GLOBAL",
        /// One kind of work.
        Incident => "INCIDENT",
        /// One ticket.
        Ticket => "TICKET",
    }
}

impl WorkHoldReason {
    /// What whoever does the work may name; the desk has a command of its own.
    pub const ON_SITE: &'static [&'static str] = &[
        Self::AccessFailure.as_str(),
        Self::PartsOrdered.as_str(),
        Self::Safety.as_str(),
        Self::CustomerRequest.as_str(),
        Self::Other.as_str(),
    ];
}

impl ApprovalDecision {
    /// Where the approval stands then.
    pub fn status(self) -> ApprovalStatus {
        match self {
            Self::Approved => ApprovalStatus::Approved,
            Self::Denied => ApprovalStatus::Denied,
        }
    }
}

impl TicketPriority {
    /// Its place in a queue: emergencies first.
    pub const fn rank(self) -> i64 {
        match self {
            Self::Emergency => 0,
            Self::Urgent => 1,
            Self::Routine => 2,
        }
    }

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

    /// The score that urgency alone makes, and the rules that made it. Source: domain, ranking, steps 1 and 2.
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
