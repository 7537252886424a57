//! The table of commands and reads: tool, method, route, who, from which state to which, which fields, what is told to
//! others. Authorization, the routes' schemas and the action maps derive from it. Source: domain, commands and the
//! matrix of roles; S1.

use crate::role::Role;
use crate::ticket::decision::Topic;
use crate::ticket::state::TicketState;
use crate::ticket::state::TicketState as S;

/// What can be asked of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Record a request.
    TicketCreate,
    /// Record a request that an intake already classified.
    TicketBlindIntake,
    /// Read one ticket.
    TicketRead,
    /// List tickets.
    TicketList,
    /// Read what happened to a ticket.
    TicketTimeline,
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

/// What carrying out a row does to the ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Makes a ticket. Needs an idempotency key.
    Creates,
    /// Changes a ticket. Needs an idempotency key.
    Changes,
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
    /// Who may, and how far. A role that is not listed may not.
    pub roles: &'static [(Role, Reach)],
    /// States it starts from; empty when there is no ticket yet, or when the state does not matter.
    pub from: &'static [TicketState],
    /// States it may end in; empty when it does not move the ticket.
    pub to: &'static [TicketState],
    /// Fields its body must have.
    pub required: &'static [&'static str],
    /// Fields its body may have.
    pub optional: &'static [&'static str],
    /// What it does to the ticket.
    pub kind: Kind,
    /// Status of its success.
    pub status: u16,
    /// What it may tell others, beside that the state changed.
    pub topics: &'static [Topic],
}

/// Who may record requests.
const RECORDERS: &[(Role, Reach)] = &[
    (Role::Admin, Reach::All),
    (Role::Supervisor, Reach::All),
    (Role::TeamLead, Reach::Own),
    (Role::SupportAgent, Reach::Own),
    (Role::Dispatcher, Reach::All),
    (Role::AiAgent, Reach::All),
    (Role::System, Reach::All),
];

/// Who may read tickets and what happened to them.
const READERS: &[(Role, Reach)] = &[
    (Role::Admin, Reach::All),
    (Role::Supervisor, Reach::All),
    (Role::TeamLead, Reach::Own),
    (Role::SupportAgent, Reach::Own),
    (Role::Dispatcher, Reach::All),
    (Role::Technician, Reach::Own),
    (Role::Vendor, Reach::Own),
    (Role::Qa, Reach::All),
    (Role::Approver, Reach::All),
    (Role::Finance, Reach::All),
    (Role::Customer, Reach::Own),
    (Role::AiAgent, Reach::All),
    (Role::System, Reach::All),
    (Role::Auditor, Reach::All),
];

/// Every command and read.
pub const COMMANDS: &[CommandRow] = &[
    CommandRow {
        command: Command::TicketCreate,
        tool: "ticket.create",
        method: Method::Post,
        route: "/tickets",
        roles: RECORDERS,
        from: &[],
        to: &[S::New],
        required: &["account_id", "site_id", "summary"],
        optional: &[
            "asset_id",
            "contact_id",
            "description",
            "nte_cents",
            "category",
            "urgency",
            "requested_window",
            "source",
            "source_message_id",
            "request_id",
        ],
        kind: Kind::Creates,
        status: 201,
        topics: &[Topic::TicketCreated],
    },
    CommandRow {
        command: Command::TicketBlindIntake,
        tool: "ticket.blind_intake",
        method: Method::Post,
        route: "/tickets/intake",
        roles: RECORDERS,
        from: &[],
        to: &[S::ReadyToSchedule, S::Triaged],
        required: &[
            "account_id",
            "site_id",
            "summary",
            "incident_type",
            "customer_name",
            "priority",
            "identity_confidence",
            "classification_confidence",
        ],
        optional: &[
            "contact_phone",
            "contact_email",
            "sop_handoff_acknowledged",
            "sop_handoff_prompt",
            "nte_cents",
            "contact_id",
            "description",
            "category",
            "urgency",
            "requested_window",
            "source",
            "source_message_id",
            "request_id",
        ],
        kind: Kind::Creates,
        status: 201,
        topics: &[Topic::TicketCreated, Topic::IntakeCompleted],
    },
    CommandRow {
        command: Command::TicketRead,
        tool: "ticket.read",
        method: Method::Get,
        route: "/tickets/{ticket_id}",
        roles: READERS,
        from: &[],
        to: &[],
        required: &[],
        optional: &[],
        kind: Kind::Reads,
        status: 200,
        topics: &[],
    },
    CommandRow {
        command: Command::TicketList,
        tool: "ticket.list",
        method: Method::Get,
        route: "/tickets",
        roles: READERS,
        from: &[],
        to: &[],
        required: &[],
        optional: &["state", "account_id", "q", "cursor", "limit"],
        kind: Kind::Reads,
        status: 200,
        topics: &[],
    },
    CommandRow {
        command: Command::TicketTimeline,
        tool: "ticket.timeline",
        method: Method::Get,
        route: "/tickets/{ticket_id}/timeline",
        roles: READERS,
        from: &[],
        to: &[],
        required: &[],
        optional: &[],
        kind: Kind::Reads,
        status: 200,
        topics: &[],
    },
];

impl Command {
    /// The row of this command.
    pub fn row(self) -> &'static CommandRow {
        COMMANDS.iter().find(|row| row.command == self).expect("a test sees a row for every command")
    }

    /// The command behind a tool's name.
    pub fn by_tool(tool: &str) -> Option<Self> {
        COMMANDS.iter().find(|row| row.tool == tool).map(|row| row.command)
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
}

#[cfg(test)]
mod tests;
