//! Rows of the invoice's approval and of the commands that run the desk.

use super::field::{CENTS, FieldKind, LINE, NAME, TEXT, optional, required};
use super::{Actors, Command, CommandRow, DEFAULTS, Kind, roles};
use crate::ticket::decision::Topic;
use crate::ticket::state::TicketState as S;
use crate::ticket::words::{AutonomyScope, TaxCode};

/// One line of an invoice.
const INVOICE_LINE: FieldKind = FieldKind::Object(&[
    required("description", LINE, "What."),
    required("qty", FieldKind::Number { least: 0.0, most: 100_000.0 }, "How many; two decimals count."),
    required("unit_price_cents", CENTS, "Price of one."),
    optional("service_id", FieldKind::Id, "Of the catalogue."),
    optional("tax_code", FieldKind::Word(TaxCode::WORDS), "The site's when missing."),
    optional(
        "tax_rate_millipercent",
        FieldKind::Integer { least: 0, most: 100_000 },
        "Rate of CUSTOM, in thousandths of a percent.",
    ),
]);

const SCOPE: super::field::Field =
    required("scope_type", FieldKind::Word(AutonomyScope::WORDS), "TICKET counts before INCIDENT before GLOBAL.");
const KEY: super::field::Field = optional("key", NAME, "Which: a ticket's id, an incident type; nothing for GLOBAL.");
const REASON: super::field::Field = required("reason", LINE, "Why.");

pub(super) const ROWS: &[CommandRow] = &[
    CommandRow {
        command: Command::GenerateInvoice,
        tool: "billing.generate_invoice",
        route: "/tickets/{ticket_id}/billing/generate-invoice",
        about: "Approves the invoice.",
        guards: "Only people. The ticket is billable. Nothing stands against the draft: a payer with name and address, lines \
                 with quantity, price and tax, no open approval, not more than the limit.",
        roles: roles::INVOICE,
        actors: Actors::Humans,
        from: &[S::Verified],
        to: &[S::Invoiced],
        fields: &[
            optional(
                "lines_override",
                FieldKind::List { of: &INVOICE_LINE, least: 1, most: 100 },
                "Lines instead of the draft's.",
            ),
            optional("memo", TEXT, "What the customer reads on it."),
        ],
        topics: &[Topic::InvoiceApproved],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::AutonomyPause,
        tool: "ops.autonomy.pause",
        route: "/ops/autonomy/pause",
        about: "Stops automation.",
        guards: "",
        roles: roles::AUTONOMY,
        fields: &[SCOPE, KEY, REASON],
        kind: Kind::Operates,
        topics: &[Topic::AutonomyChanged],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::AutonomyRollback,
        tool: "ops.autonomy.rollback",
        route: "/ops/autonomy/rollback",
        about: "Lets automation go on.",
        guards: "",
        roles: roles::AUTONOMY,
        fields: &[SCOPE, KEY, REASON],
        kind: Kind::Operates,
        topics: &[Topic::AutonomyChanged],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::OutboxReplay,
        tool: "outbox.replay",
        route: "/outbox/replay",
        about: "Tries again to tell others what they could not be told.",
        guards: "Only dead letters.",
        roles: roles::REPLAY,
        fields: &[required("outbox_id", FieldKind::Id, "Which event.")],
        kind: Kind::Operates,
        topics: &[Topic::OutboxReplayed],
        ..DEFAULTS
    },
];
