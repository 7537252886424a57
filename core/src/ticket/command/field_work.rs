//! Rows of the commands that whoever does the work gives.

use super::field::{CENTS, FieldKind, LINE, MAX_CENTS, NAMES, TEXT, optional, required};
use super::{Command, CommandRow, DEFAULTS, roles};
use crate::ticket::decision::Topic;
use crate::ticket::state::TicketState as S;
use crate::ticket::words::{ApprovalType, WorkHoldReason};

/// Where somebody stands.
const LOCATION: FieldKind = FieldKind::Object(&[
    required("lat", FieldKind::Number { least: -90.0, most: 90.0 }, "Degrees north."),
    required("lon", FieldKind::Number { least: -180.0, most: 180.0 }, "Degrees east."),
    optional("accuracy_m", FieldKind::Number { least: 0.0, most: 100_000.0 }, "How exact, in meters."),
]);

pub(super) const ROWS: &[CommandRow] = &[
    CommandRow {
        command: Command::TechAccept,
        tool: "tech.accept",
        route: "/tickets/{ticket_id}/tech/accept",
        about: "Says that the performer will come.",
        guards: "Own assignment. Accepting twice is the same as once.",
        roles: roles::ACCEPT,
        from: &[S::Dispatched],
        fields: &[optional("eta", FieldKind::Time, "When.")],
        topics: &[Topic::AssignmentAccepted],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::TechDecline,
        tool: "tech.decline",
        route: "/tickets/{ticket_id}/tech/decline",
        about: "Says that the performer will not come.",
        guards: "Own assignment. Unassigns, and is not recommended again for this ticket. Back to SCHEDULED; to \
                 READY_TO_SCHEDULE when it was dispatched without a window.",
        roles: roles::WORK,
        from: &[S::Dispatched],
        to: &[S::Scheduled, S::ReadyToSchedule],
        fields: &[required("reason", LINE, "Why.")],
        topics: &[Topic::AssignmentDeclined],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::CheckIn,
        tool: "tech.check_in",
        route: "/tickets/{ticket_id}/tech/check-in",
        about: "Says that the performer is there and starts.",
        guards: "Own assignment. Not in work more than 20 km away. The time is not more than 5 minutes ahead. Two steps: \
                 ON_SITE, then IN_PROGRESS.",
        roles: roles::WORK,
        from: &[S::Dispatched],
        to: &[S::OnSite, S::InProgress],
        fields: &[
            required("timestamp", FieldKind::Time, "When the performer arrived."),
            optional("location", LOCATION, "Where the performer stood."),
        ],
        topics: &[Topic::TicketOnSite],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::TechHold,
        tool: "tech.hold",
        route: "/tickets/{ticket_id}/tech/hold",
        about: "Says that the work is blocked.",
        guards: "ACCESS_FAILURE needs at least one attempt to reach the contact.",
        roles: roles::WORK,
        from: &[S::InProgress],
        to: &[S::OnHold],
        fields: &[
            required("reason", FieldKind::Word(WorkHoldReason::ON_SITE), "What blocks it."),
            required("note", TEXT, "The same in words."),
            optional(
                "contact_attempts",
                FieldKind::List {
                    of: &FieldKind::Object(&[
                        required("at", FieldKind::Time, "When."),
                        required("method", LINE, "How: phone, sms, knock."),
                        optional("outcome", LINE, "What came of it."),
                    ]),
                    least: 0,
                    most: 20,
                },
                "Attempts to reach the contact on site.",
            ),
        ],
        topics: &[Topic::TicketOnHold],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::TechResume,
        tool: "tech.resume",
        route: "/tickets/{ticket_id}/tech/resume",
        about: "Goes on where the work was stopped.",
        guards: "Own assignment. Back into work: not in work more than 20 km away.",
        roles: roles::RESUME,
        from: &[S::OnHold],
        to: &[S::InProgress, S::Dispatched],
        fields: &[optional("note", TEXT, "What changed.")],
        topics: &[Topic::TicketResumed],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::RequestChange,
        tool: "tech.request_change",
        route: "/tickets/{ticket_id}/tech/request-change",
        about: "Asks for more money or another scope while the work goes on.",
        guards: "Own assignment. NTE_INCREASE needs an amount. Answers the approval.",
        roles: roles::REQUEST_CHANGE,
        from: &[S::InProgress],
        to: &[S::ApprovalRequired],
        fields: &[
            required("approval_type", FieldKind::Word(ApprovalType::WORDS), "What is asked."),
            required("reason", TEXT, "Why."),
            optional(
                "amount_delta_cents",
                FieldKind::Integer { least: 1, most: MAX_CENTS },
                "By how much the limit shall rise; needed for NTE_INCREASE.",
            ),
            optional("evidence_refs", NAMES, "Evidence that shows it: ids or uris."),
            optional("estimate_cents", CENTS, "What the work will cost by now."),
        ],
        topics: &[Topic::ApprovalRequested],
        ..DEFAULTS
    },
];
