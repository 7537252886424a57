//! Rows of the commands that classify a ticket, decide about it and look after it.

use super::field::{CENTS, FieldKind, LINE, NAME, NAMES, PERCENT, SOME_NAMES, TEXT, optional, required};
use super::{Actors, Command, CommandRow, DEFAULTS, Method, OPEN, roles};
use crate::ticket::decision::Topic;
use crate::ticket::state::TicketState as S;
use crate::ticket::words::{ApprovalDecision, EscalationTarget, TicketPriority, Urgency, WorkflowOutcome};

/// One line of work on a ticket.
const SERVICE_LINE: FieldKind = FieldKind::Object(&[
    required("service_id", FieldKind::Id, "Of the catalogue."),
    required("qty", FieldKind::Number { least: 0.01, most: 100_000.0 }, "How many; two decimals count."),
    optional("unit_price_cents", CENTS, "Price of one, when it is not the catalogue's."),
]);

pub(super) const ROWS: &[CommandRow] = &[
    CommandRow {
        command: Command::RequestInfo,
        tool: "ticket.request_info",
        route: "/tickets/{ticket_id}/info/request",
        about: "Asks the requester for missing facts.",
        guards: "The question goes to the linked conversation; without one that can be written to, the answer says so.",
        roles: roles::TRIAGE,
        from: &[S::New, S::Triaged],
        to: &[S::NeedsInfo],
        fields: &[
            required("missing_fields", SOME_NAMES, "What is missing."),
            optional("message", TEXT, "What the requester is asked."),
        ],
        topics: &[Topic::InfoRequested],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::Triage,
        tool: "ticket.triage",
        route: "/tickets/{ticket_id}/triage",
        about: "Classifies the ticket: priority, kind of work, spending limit, and what comes next.",
        guards: "Outcome: workflow_outcome, else requires_approval, else ready_to_schedule, else TRIAGED. An estimate \
                 above the limit or a service that needs approval forces APPROVAL_REQUIRED. Blind intakes pass the \
                 confidence and hand-off gate before READY_TO_SCHEDULE. Triaging again must change something.",
        roles: roles::TRIAGE,
        from: &[S::New, S::NeedsInfo, S::Triaged],
        to: &[S::Triaged, S::ReadyToSchedule, S::ApprovalRequired],
        fields: &[
            required("priority", FieldKind::Word(TicketPriority::WORDS), "How soon policy wants it."),
            required("incident_type", NAME, "Kind of work, for policy; kept in upper case."),
            optional("nte_cents", CENTS, "Not to exceed, in minor units."),
            optional("workflow_outcome", FieldKind::Word(WorkflowOutcome::WORDS), "Where the ticket goes."),
            optional("ready_to_schedule", FieldKind::Flag, "Whether it can be scheduled at once."),
            optional("requires_approval", FieldKind::Flag, "Whether somebody has to decide first."),
            optional("approval_reason", TEXT, "What is to be decided."),
            optional("approval_amount_delta_cents", CENTS, "By how much the limit rises when approved."),
            optional("risk_flags", NAMES, "Dangers on site."),
            optional("estimate_cents", CENTS, "What the work will cost, as far as one can tell."),
            optional("category", NAME, "Kind of work, for matching vendors."),
            optional("identity_confidence", PERCENT, "How sure one is by now who asks."),
            optional("classification_confidence", PERCENT, "How sure one is by now what is asked."),
            optional("sop_handoff_acknowledged", FieldKind::Flag, "Whether the hand-off was made by now."),
        ],
        topics: &[Topic::TicketTriaged, Topic::ApprovalRequested, Topic::IntakeCompleted],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::ApprovalDecide,
        tool: "approval.decide",
        route: "/tickets/{ticket_id}/approval/decide",
        about: "Approves or denies what waits for a decision.",
        guards: "The approval is pending and of this ticket. Who asked during the work, and who decides, are two. \
                 Approved raises the limit; denied goes back to where it came from.",
        roles: roles::DECIDE,
        from: &[S::ApprovalRequired],
        to: &[S::ReadyToSchedule, S::InProgress, S::Triaged],
        fields: &[
            required("approval_id", FieldKind::Id, "Which approval."),
            required("decision", FieldKind::Word(ApprovalDecision::WORDS), "Yes or no."),
            optional("notes", TEXT, "Why."),
        ],
        topics: &[Topic::ApprovalDecided],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::TicketUpdate,
        tool: "ticket.update",
        method: Method::Patch,
        route: "/tickets/{ticket_id}",
        about: "Changes plain facts of the ticket.",
        guards: "Never state, assignment, priority, limit or schedule. Technicians may set the lines of work only. \
                 Something must change.",
        roles: roles::UPDATE,
        from: BEFORE_CLOSEOUT,
        fields: &[
            optional("asset_id", FieldKind::Id, "On what."),
            optional("contact_id", FieldKind::Id, "Who asked."),
            optional("description", TEXT, "All of it."),
            optional("services", FieldKind::List { of: &SERVICE_LINE, least: 0, most: 100 }, "Lines of work."),
            optional("urgency", FieldKind::Word(Urgency::WORDS), "How urgent the requester finds it."),
        ],
        topics: &[Topic::TicketUpdated],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::ReviewRelease,
        tool: "ticket.review_release",
        route: "/tickets/{ticket_id}/review/release",
        about: "Says that a person has looked, so that the ticket may be dispatched.",
        guards: "Only people. The ticket waits for review.",
        roles: roles::REVIEW,
        actors: Actors::Humans,
        from: OPEN,
        fields: &[optional("note", TEXT, "What was found.")],
        topics: &[Topic::ReviewReleased],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::Escalate,
        tool: "ticket.escalate",
        route: "/tickets/{ticket_id}/escalate",
        about: "Calls somebody in.",
        guards: "Raises the level by one.",
        roles: roles::ESCALATE,
        from: OPEN,
        fields: &[
            required("reason", LINE, "Why."),
            required("target", FieldKind::Word(EscalationTarget::WORDS), "Who is called."),
        ],
        topics: &[Topic::TicketEscalated],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::Cancel,
        tool: "ticket.cancel",
        route: "/tickets/{ticket_id}/cancel",
        about: "Calls the work off.",
        guards: "Not once the work is reported done. Holds, appointments and pending approvals end; nobody stays assigned.",
        roles: roles::CANCEL,
        from: &[
            S::New,
            S::NeedsInfo,
            S::Triaged,
            S::ApprovalRequired,
            S::ReadyToSchedule,
            S::ScheduleProposed,
            S::PendingCustomerConfirmation,
            S::Scheduled,
            S::Dispatched,
            S::InProgress,
            S::OnHold,
        ],
        to: &[S::Cancelled],
        fields: &[
            required("reason", LINE, "Why."),
            optional("cancellation_code", NAME, "The same as a word of the desk's own list."),
        ],
        topics: &[Topic::TicketCancelled],
        ..DEFAULTS
    },
];

/// Where the facts of a ticket may still change.
const BEFORE_CLOSEOUT: &[S] = &[
    S::New,
    S::NeedsInfo,
    S::Triaged,
    S::ApprovalRequired,
    S::ReadyToSchedule,
    S::ScheduleProposed,
    S::PendingCustomerConfirmation,
    S::Scheduled,
    S::Dispatched,
    S::OnSite,
    S::InProgress,
    S::OnHold,
];
