//! The table of commands and reads: tool, method, route, who, from which state to which, which fields, what is told to
//! others. Authorization, routes, schemas, the API document, action maps and the command reference derive from it.
//! Source: domain, commands and the matrix of roles; S1.

pub mod field;

mod assignment;
mod closeout;
mod field_work;
mod intake;
mod operations;
mod planning;
mod reads;
mod roles;
mod scheduling;

pub use field::{Field, FieldKind, Presence};

use serde_json::Value;

use crate::role::Role;
use crate::ticket::decision::Topic;
use crate::ticket::refusal::FieldError;
use crate::ticket::state::TicketState;
use crate::ticket::state::TicketState as S;

macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// What can be asked of a ticket, or of the desk.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Command { $($(#[$doc])* $name),+ }

        impl Command {
            /// Every command and read.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
        }
    };
}

commands! {
    /// Record a request.
    TicketCreate,
    /// Record a request that an intake already classified.
    TicketBlindIntake,
    /// Ask the requester for facts.
    RequestInfo,
    /// Classify.
    Triage,
    /// Say yes or no.
    ApprovalDecide,
    /// Change plain facts.
    TicketUpdate,
    /// Say that a person has looked.
    ReviewRelease,
    /// Call somebody in.
    Escalate,
    /// Call the work off.
    Cancel,
    /// Offer windows.
    SchedulePropose,
    /// Commit a window.
    ScheduleConfirm,
    /// Turn the offered windows down.
    ScheduleReject,
    /// Freeze the schedule.
    ScheduleHold,
    /// Thaw it.
    ScheduleRelease,
    /// Give it up.
    ScheduleRollback,
    /// Commit another window.
    ScheduleReschedule,
    /// Plan another visit.
    ReturnVisit,
    /// Rank who could do it.
    Recommend,
    /// Assign and send out.
    AssignmentDispatch,
    /// Stop the work from the desk.
    ForceHold,
    /// Take the work away from its performer.
    ForceUnassign,
    /// The performer will come.
    TechAccept,
    /// The performer will not come.
    TechDecline,
    /// The performer is there.
    CheckIn,
    /// The work is blocked.
    TechHold,
    /// The work goes on.
    TechResume,
    /// The performer asks for more.
    RequestChange,
    /// Add a piece of evidence.
    AddEvidence,
    /// The work is done.
    Complete,
    /// The work looks done.
    Candidate,
    /// Waive evidence.
    EvidenceException,
    /// Accept the work, or send it back.
    QaVerify,
    /// Approve the invoice.
    GenerateInvoice,
    /// End the ticket.
    Close,
    /// End the ticket past verification.
    ForceClose,
    /// Take verified work up again.
    Reopen,
    /// Stop automation.
    AutonomyPause,
    /// Let automation go on.
    AutonomyRollback,
    /// Tell others again.
    OutboxReplay,
    /// Read one ticket.
    TicketRead,
    /// List tickets.
    TicketList,
    /// Read what happened to a ticket.
    TicketTimeline,
    /// Read the evidence of a ticket.
    TicketEvidence,
    /// Read the invoice of a ticket.
    TicketInvoice,
    /// Read the dispatcher's queue.
    Cockpit,
    /// Read what whoever does the work needs.
    JobPacket,
    /// Read where automation is paused.
    AutonomyState,
    /// Read when that changed.
    AutonomyHistory,
    /// Read what others are told.
    OutboxList,
}

/// HTTP method of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Commands.
    Post,
    /// Commands that change plain fields.
    Patch,
}

/// How far a role's right goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Every ticket within the actor's scope.
    All,
    /// Own assignment, own site or own team only.
    Own,
}

/// Which kinds of actors may, whatever their role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actors {
    /// Every kind.
    Any,
    /// Only people.
    Humans,
}

/// What carrying out a row does to the ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Makes a ticket. Needs an idempotency key.
    Creates,
    /// Changes a ticket. Needs an idempotency key.
    Changes,
    /// Changes how the desk runs, no ticket. Needs an idempotency key.
    Operates,
    /// Changes nothing.
    Reads,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct CommandRow {
    /// Which command.
    pub command: Command,
    /// Its name as a tool.
    pub tool: &'static str,
    /// Method of its route.
    pub method: Method,
    /// Path of its route.
    pub route: &'static str,
    /// What it does, in one sentence.
    pub about: &'static str,
    /// What must be true beside role, scope, state and fields.
    pub guards: &'static str,
    /// Who may, and how far. A role that is not listed may not.
    pub roles: &'static [(Role, Reach)],
    /// Which kinds of actors may.
    pub actors: Actors,
    /// States it starts from; empty when there is no ticket yet, or when the state does not matter.
    pub from: &'static [TicketState],
    /// States it may end in; empty when it does not move the ticket.
    pub to: &'static [TicketState],
    /// Fields of its body, beside [`COMMON`].
    pub fields: &'static [Field],
    /// What it does to the ticket.
    pub kind: Kind,
    /// Status of its success.
    pub status: u16,
    /// What it may tell others, beside that the state changed.
    pub topics: &'static [Topic],
}

/// What most rows have in common: a command on a ticket that leaves it where it is.
const DEFAULTS: CommandRow = CommandRow {
    command: Command::TicketRead,
    tool: "",
    method: Method::Post,
    route: "",
    about: "",
    guards: "",
    roles: &[],
    actors: Actors::Any,
    from: &[],
    to: &[],
    fields: &[],
    kind: Kind::Changes,
    status: 200,
    topics: &[],
};

/// Every state in which a ticket is not over.
const OPEN: &[TicketState] = &[
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
    S::CompletedPendingVerification,
    S::Verified,
    S::Invoiced,
];

/// Fields that the body of every command may have.
pub const COMMON: &[Field] =
    &[field::optional("request_id", FieldKind::Id, "The idempotency key once more, if at all.")];

/// Fields that the body of every command on a ticket may have.
pub const ON_A_TICKET: &[Field] = &[field::optional(
    "expected_version",
    FieldKind::Integer { least: 1, most: i64::MAX },
    "The version the caller has seen; another one is refused. If-Match says the same.",
)];

/// Every row, family by family.
const FAMILIES: &[&[CommandRow]] = &[
    intake::ROWS,
    planning::ROWS,
    scheduling::ROWS,
    assignment::ROWS,
    field_work::ROWS,
    closeout::ROWS,
    operations::ROWS,
    reads::ROWS,
];

/// Every command and read.
pub fn commands() -> impl Iterator<Item = &'static CommandRow> + Clone {
    FAMILIES.iter().copied().flatten()
}

impl Command {
    /// The row of this command.
    pub fn row(self) -> &'static CommandRow {
        commands().find(|row| row.command == self).expect("a test sees a row for every command")
    }

    /// The command behind a tool's name.
    pub fn by_tool(tool: &str) -> Option<Self> {
        commands().find(|row| row.tool == tool).map(|row| row.command)
    }
}

impl Method {
    /// As it stands in a request.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
        }
    }
}

impl CommandRow {
    /// Names the route among all: `POST /tickets`. Idempotency keys live under it.
    pub fn endpoint(&self) -> String {
        format!("{} {}", self.method.as_str(), self.route)
    }

    /// Whether carrying it out writes.
    pub fn is_mutating(&self) -> bool {
        self.kind != Kind::Reads
    }

    /// How far `role` may go with it. `None`: not at all.
    pub fn reach(&self, role: Role) -> Option<Reach> {
        self.roles.iter().find(|(listed, _)| *listed == role).map(|(_, reach)| *reach)
    }

    /// All fields its body may have.
    pub fn body(&self) -> impl Iterator<Item = &'static Field> + Clone {
        let common: &[Field] = if self.is_mutating() { COMMON } else { &[] };
        let on_a_ticket: &[Field] = if self.kind == Kind::Changes { ON_A_TICKET } else { &[] };
        self.fields.iter().chain(on_a_ticket).chain(common)
    }

    /// The JSON schema of its body.
    pub fn schema(&self) -> Value {
        field::schema(self.body())
    }

    /// A body, checked against the fields: texts trimmed, nulls left out. Errors: everything that does not fit.
    pub fn read(&self, body: &Value) -> Result<Value, Vec<FieldError>> {
        field::read(&self.body(), body)
    }
}

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;
