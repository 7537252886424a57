//! Rows of the reads that are authorized like commands.

use super::{Command, CommandRow, DEFAULTS, Kind, Method, roles};

const READ: CommandRow = CommandRow { method: Method::Get, kind: Kind::Reads, roles: roles::READ, ..DEFAULTS };

pub(super) const ROWS: &[CommandRow] = &[
    CommandRow {
        command: Command::TicketRead,
        tool: "ticket.read",
        route: "/tickets/{ticket_id}",
        about: "One ticket.",
        ..READ
    },
    CommandRow { command: Command::TicketList, tool: "ticket.list", route: "/tickets", about: "Tickets.", ..READ },
    CommandRow {
        command: Command::TicketTimeline,
        tool: "ticket.timeline",
        route: "/tickets/{ticket_id}/timeline",
        about: "What happened to a ticket.",
        ..READ
    },
    CommandRow {
        command: Command::TicketEvidence,
        tool: "ticket.evidence",
        route: "/tickets/{ticket_id}/evidence",
        about: "The evidence of a ticket.",
        roles: roles::READ_EVIDENCE,
        ..READ
    },
    CommandRow {
        command: Command::TicketInvoice,
        tool: "ticket.invoice",
        route: "/tickets/{ticket_id}/invoice",
        about: "The invoice of a ticket, and what stands against its approval.",
        roles: roles::READ_INVOICE,
        ..READ
    },
    CommandRow {
        command: Command::Cockpit,
        tool: "dispatcher.cockpit",
        route: "/ux/dispatcher/cockpit",
        about: "The dispatcher's queue, with what may be done to each ticket.",
        roles: roles::COCKPIT,
        ..READ
    },
    CommandRow {
        command: Command::JobPacket,
        tool: "tech.job_packet",
        route: "/ux/technician/job-packet/{ticket_id}",
        about: "All that whoever does the work needs.",
        roles: roles::PACKET,
        ..READ
    },
    CommandRow {
        command: Command::AutonomyState,
        tool: "ops.autonomy.state",
        route: "/ops/autonomy/state",
        about: "Where automation is paused.",
        roles: roles::READ_OPERATIONS,
        ..READ
    },
    CommandRow {
        command: Command::AutonomyHistory,
        tool: "ops.autonomy.replay",
        route: "/ops/autonomy/replay/{ticket_id}",
        about: "What automation was allowed to do with a ticket, and when that changed.",
        roles: roles::READ_OPERATIONS,
        ..READ
    },
    CommandRow {
        command: Command::OutboxList,
        tool: "outbox.list",
        route: "/outbox",
        about: "What others are told.",
        roles: roles::READ_OPERATIONS,
        ..READ
    },
];
