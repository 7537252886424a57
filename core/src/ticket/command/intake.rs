//! Rows of the commands that make tickets.

use super::field::{CENTS, Field, FieldKind, LINE, NAME, PERCENT, TEXT, optional, required};
use super::{Actors, Command, CommandRow, Kind, Method, roles};
use crate::ticket::decision::Topic;
use crate::ticket::state::TicketState as S;
use crate::ticket::words::{TicketPriority, Urgency};

const ACCOUNT: Field = required("account_id", FieldKind::Id, "Whose site.");
const SITE: Field = required("site_id", FieldKind::Id, "Where.");
const SUMMARY: Field = required("summary", LINE, "One line.");
const CONTACT: Field = optional("contact_id", FieldKind::Id, "Who asked.");
const DESCRIPTION: Field = optional("description", TEXT, "All of it.");
const NTE: Field = optional("nte_cents", CENTS, "Not to exceed, in minor units of the account's currency.");
const CATEGORY: Field = optional("category", NAME, "Kind of work, for matching vendors.");
const URGENCY: Field = optional("urgency", FieldKind::Word(Urgency::WORDS), "How urgent the requester finds it.");
const WINDOW: Field = optional("requested_window", FieldKind::WindowOrWords, "When the requester would like it.");
const SOURCE: Field = optional("source", NAME, "Which system it came from.");
const SOURCE_MESSAGE: Field =
    optional("source_message_id", NAME, "The message it came from, in that system; one ticket for each.");

pub(super) const ROWS: &[CommandRow] = &[
    CommandRow {
        command: Command::TicketCreate,
        tool: "ticket.create",
        method: Method::Post,
        route: "/tickets",
        about: "Records a request as a ticket, unclassified.",
        guards: "The site belongs to the account and takes work; one ticket for each source message.",
        roles: roles::CREATE,
        actors: Actors::Any,
        from: &[],
        to: &[S::New],
        fields: &[
            ACCOUNT,
            SITE,
            SUMMARY,
            optional("asset_id", FieldKind::Id, "On what."),
            CONTACT,
            DESCRIPTION,
            NTE,
            CATEGORY,
            URGENCY,
            WINDOW,
            SOURCE,
            SOURCE_MESSAGE,
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
        about: "Records a request that an intake classified by itself: ready to schedule when it was sure and handed off.",
        guards: "A way to reach the requester; no open ticket with the same request within the duplicate window.",
        roles: roles::CREATE,
        actors: Actors::Any,
        from: &[],
        to: &[S::ReadyToSchedule, S::Triaged],
        fields: &[
            ACCOUNT,
            SITE,
            SUMMARY,
            required("incident_type", NAME, "Kind of work, for policy; kept in upper case."),
            required("customer_name", NAME, "Name the requester gave."),
            required("priority", FieldKind::Word(TicketPriority::WORDS), "How soon policy wants it."),
            required("identity_confidence", PERCENT, "How sure the intake is who asks."),
            required("classification_confidence", PERCENT, "How sure the intake is what is asked."),
            optional("contact_phone", NAME, "Telephone the requester gave, 7 to 16 digits."),
            optional("contact_email", FieldKind::Text { least: 1, most: 254 }, "E-mail address the requester gave."),
            optional(
                "sop_handoff_acknowledged",
                FieldKind::Flag,
                "Whether the operating procedure's hand-off was made.",
            ),
            optional("sop_handoff_prompt", TEXT, "What a person should ask."),
            NTE,
            CONTACT,
            DESCRIPTION,
            CATEGORY,
            URGENCY,
            WINDOW,
            SOURCE,
            SOURCE_MESSAGE,
        ],
        kind: Kind::Creates,
        status: 201,
        topics: &[Topic::TicketCreated, Topic::IntakeCompleted],
    },
];
