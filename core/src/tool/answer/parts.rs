//! The parts of each tool's answer.

use super::Holds::{Flag, Id, Integer, List, Number, Object, Scalar, Settings, Text, Time, Word};
use super::{Part, always, or_null, sometimes};
use crate::channel::Channel;
use crate::conversation::ConversationStatus;
use crate::ticket::Command;
use crate::ticket::state::{BookingStatus, JobStage, JobStatus, Phase, TicketState};
use crate::ticket::words::{InvoiceState, Profile, TicketPriority, Urgency};
use crate::tool::catalog::Tool;
use crate::tool::draft::{DraftState, Plan};

/// What the answer of a tool holds.
pub(crate) fn of(tool: Tool) -> &'static [Part] {
    match tool {
        Tool::Context => CONTEXT,
        Tool::SearchTickets => FOUND,
        Tool::Ticket(Command::TicketTimeline) => TIMELINE,
        Tool::Ticket(Command::TicketEvidence) => EVIDENCE_LIST,
        Tool::Ticket(Command::TicketRead) => TICKET_LINE,
        Tool::Ticket(_) => TICKET,
        Tool::FindJob => JOBS,
        Tool::ListServices => SERVICES,
        Tool::Site => SITE,
        Tool::Asset => ASSET,
        Tool::ListTemplates => TEMPLATES,
        Tool::TransactionStatus => TRANSACTION_READ,
        Tool::TransactionHistory => TRANSACTIONS,
        Tool::GetDraft
        | Tool::CreateTransaction
        | Tool::CreateJob
        | Tool::ConfirmSchedule
        | Tool::CommitTransaction
        | Tool::CancelTransaction => DRAFT,
        Tool::RequestHuman => HANDED_OVER,
        Tool::OutsideTicket => OUTSIDE_READ,
        Tool::OutsideCreate | Tool::OutsideComment => OUTSIDE,
    }
}

/// A draft, as an assistant sees it.
pub const DRAFT: &[Part] = &[
    always("draft_id", Id),
    always("tool", Text),
    always("state", Word(DraftState::WORDS)),
    always("status", Word(DraftState::WORDS)),
    always("plan", Word(Plan::WORDS)),
    or_null("awaits", Text),
    always("expires_at", Time),
    always("created_at", Time),
    always("preview", Object(PREVIEW)),
    sometimes("confirmation_token", Text),
    sometimes("reference", Text),
    sometimes("transaction_id", Text),
    sometimes("ticket_id", Id),
    sometimes("needs_manual_review", Flag),
    sometimes("applied_rules", List(&Text)),
    sometimes("review_reasons", List(&Text)),
    sometimes("urgency", Word(Urgency::WORDS)),
    sometimes("ranking_score", Integer),
    sometimes("failure", Text),
];

/// What the limits say after a call; empty where none counted.
pub const LIMITS: &[Part] = &[
    sometimes("policy", Text),
    sometimes("limit", Integer),
    sometimes("window_s", Integer),
    sometimes("remaining", Integer),
    sometimes("reset_s", Integer),
    sometimes("all", List(&Object(LIMIT))),
];

const LIMIT: &[Part] = &[
    always("policy", Text),
    always("limit", Integer),
    always("window_s", Integer),
    always("remaining", Integer),
    always("reset_s", Integer),
];

const UNTRUSTED: Part = sometimes("untrusted", List(&Text));

const PREVIEW: &[Part] = &[
    or_null("amount", Text),
    or_null("amount_minor", Integer),
    or_null("currency", Text),
    or_null("description", Text),
    always("customer_id", Id),
    always("payload_hash", Text),
];

const CONTEXT: &[Part] = &[
    always("conversation_id", Id),
    always("channel", Word(Channel::WORDS)),
    always("status", Word(ConversationStatus::WORDS)),
    or_null("window_expires_at", Time),
    always("language", Word(&["en", "fr"])),
    always("party", Word(&["customer", "dealer"])),
    or_null("team", Text),
    always("customer_id", Id),
    or_null("account_id", Id),
    always(
        "open_drafts",
        List(&Object(&[always("draft_id", Id), always("state", Word(DraftState::WORDS)), or_null("awaits", Text)])),
    ),
];

const FOUND: &[Part] = &[
    always("count", Integer),
    always(
        "tickets",
        List(&Object(&[
            sometimes("id", Id),
            or_null("ticket_id", Scalar),
            sometimes("code", Scalar),
            sometimes("state", Scalar),
            sometimes("status", Scalar),
            sometimes("summary", Scalar),
            sometimes("description", Scalar),
            sometimes("priority", Scalar),
            sometimes("site", Text),
            sometimes("created_at", Scalar),
            sometimes("updated_at", Scalar),
        ])),
    ),
    sometimes("as_of", Time),
    sometimes("stale", Flag),
    UNTRUSTED,
];

const TICKET_LINE: &[Part] = &[
    always("id", Id),
    always("ticket_id", Id),
    always("code", Text),
    always("state", Word(TicketState::WORDS)),
    always("version", Integer),
    always("priority", Word(TicketPriority::WORDS)),
    always("urgency", Word(Urgency::WORDS)),
    or_null("category", Text),
    or_null("incident_type", Text),
    always("summary", Text),
    or_null("description", Text),
    or_null("scheduled_start", Time),
    or_null("scheduled_end", Time),
    always("next_steps", List(&Text)),
    sometimes("windows", List(&Object(&[always("window_id", Id), always("start", Time), always("end", Time)]))),
    always("created_at", Time),
    always("updated_at", Time),
    UNTRUSTED,
];

const TIMELINE: &[Part] = &[
    always("ticket_id", Id),
    always(
        "events",
        List(&Object(&[
            always("seq", Integer),
            always("command", Text),
            or_null("from_state", Word(TicketState::WORDS)),
            always("state", Word(TicketState::WORDS)),
            always("at", Time),
        ])),
    ),
];

const EVIDENCE_LIST: &[Part] = &[
    always("ticket_id", Id),
    always(
        "evidence",
        List(&Object(&[always("id", Id), always("kind", Text), or_null("checksum", Text), always("created_at", Time)])),
    ),
];

/// A ticket after a command, without what is not for assistants, and what the command made beside it.
const TICKET: &[Part] = &[
    always("id", Id),
    always("code", Text),
    always("account_id", Id),
    always("site_id", Id),
    or_null("asset_id", Id),
    or_null("contact_id", Id),
    always("profile", Word(Profile::WORDS)),
    always("state", Word(TicketState::WORDS)),
    always("phase", Word(Phase::WORDS)),
    always("booking_status", Word(BookingStatus::WORDS)),
    always("job_status", Word(JobStatus::WORDS)),
    always("job_stage", Word(JobStage::WORDS)),
    always("escalated", Flag),
    always("priority", Word(TicketPriority::WORDS)),
    always("urgency", Word(Urgency::WORDS)),
    or_null("incident_type", Text),
    or_null("category", Text),
    or_null("template_version", Integer),
    always("risk_flags", List(&Text)),
    always("summary", Text),
    or_null("description", Text),
    or_null("requested_window", Text),
    or_null("requested_start", Time),
    or_null("requested_end", Time),
    always("nte_cents", Integer),
    or_null("estimate_cents", Integer),
    always("currency", Text),
    or_null("scheduled_start", Time),
    or_null("scheduled_end", Time),
    or_null("accepted_at", Time),
    or_null("hold_reason", Text),
    or_null("held_from_state", Word(TicketState::WORDS)),
    or_null("delayed_until", Time),
    or_null("identity_confidence", Integer),
    or_null("classification_confidence", Integer),
    always("sop_handoff_required", Flag),
    always("sop_handoff_acknowledged", Flag),
    or_null("sop_handoff_prompt", Text),
    always("review_required", Flag),
    always("review_reasons", List(&Text)),
    always("ranking_score", Integer),
    always("applied_rules", List(&Text)),
    always("escalation_level", Integer),
    or_null("escalated_at", Time),
    always("billable", Flag),
    always("invoice_state", Word(InvoiceState::WORDS)),
    always("source", Text),
    or_null("source_message_id", Text),
    always("version", Integer),
    always("created_at", Time),
    always("updated_at", Time),
    sometimes("question", Object(QUESTION)),
    sometimes("approval", Object(APPROVAL)),
    sometimes("recommendation_snapshot_id", Id),
    sometimes("recommendation", Object(RECOMMENDATION)),
    sometimes("evidence", Object(EVIDENCE)),
    sometimes("closeout_gate", Object(GATE)),
    UNTRUSTED,
];

const QUESTION: &[Part] = &[always("status", Text), or_null("conversation_id", Id), sometimes("reason", Text)];

const APPROVAL: &[Part] = &[
    always("id", Id),
    sometimes("approval_type", Text),
    sometimes("status", Text),
    sometimes("reason", Text),
    sometimes("amount_delta_cents", Integer),
    sometimes("requested_at", Time),
];

const RECOMMENDATION: &[Part] = &[
    always("id", Id),
    always("service_type", Text),
    always("window", Object(&[always("start", Time), always("end", Time)])),
    or_null("recommended_tech_id", Id),
    always(
        "candidates",
        List(&Object(&[
            always("technician_id", Id),
            always("rank", Integer),
            always("score", Number),
            always("zone_match", Flag),
            always("active_jobs", Integer),
            or_null("earliest_slot", Time),
        ])),
    ),
    always("created_at", Time),
];

const EVIDENCE: &[Part] = &[
    always("id", Id),
    always("kind", Text),
    sometimes("evidence_key", Text),
    sometimes("checksum", Text),
    always("created_at", Time),
];

const GATE: &[Part] = &[
    always("code", Text),
    or_null("incident_type", Text),
    or_null("template_version", Integer),
    always("missing_evidence_keys", List(&Text)),
    always("waived_evidence_keys", List(&Text)),
    always("missing_checklist_keys", List(&Text)),
    always("signature_satisfied", Flag),
];

const JOBS: &[Part] = &[
    always("count", Integer),
    always(
        "jobs",
        List(&Object(&[
            always("job_id", Id),
            always("code", Text),
            always("state", Word(TicketState::WORDS)),
            always("status", Word(JobStatus::WORDS)),
            always("urgency", Word(Urgency::WORDS)),
            or_null("service", Text),
            always("vehicle", Object(VEHICLE)),
        ])),
    ),
    UNTRUSTED,
];

const VEHICLE: &[Part] =
    &[or_null("year", Integer), or_null("make", Text), or_null("model", Text), or_null("stock_no", Text)];

const SERVICES: &[Part] = &[always(
    "services",
    List(&Object(&[
        always("code", Text),
        always("name", Text),
        always("base_price_cents", Integer),
        always("currency", Text),
        always("requires_approval", Flag),
    ])),
)];

const SITE: &[Part] = &[
    always("site_id", Id),
    always("account_id", Id),
    always("code", Text),
    always("name", Text),
    always("city", Text),
    or_null("region", Text),
    always("country", Text),
    always("timezone", Text),
    or_null("hours", Settings),
    UNTRUSTED,
];

const ASSET: &[Part] = &[
    always("asset_id", Id),
    always("account_id", Id),
    or_null("site_id", Id),
    always("kind", Text),
    or_null("tag", Text),
    or_null("make", Text),
    or_null("model", Text),
    or_null("year", Integer),
    or_null("vin", Text),
    or_null("stock_no", Text),
    or_null("serial", Text),
    or_null("warranty_end", Text),
    UNTRUSTED,
];

const TEMPLATES: &[Part] = &[always(
    "templates",
    List(&Object(&[
        always("incident_type", Text),
        always("version", Integer),
        always("default_priority", Word(TicketPriority::WORDS)),
        always("required_intake_fields", List(&Text)),
        always("required_evidence_keys", List(&Text)),
        always("required_checklist_keys", List(&Text)),
        always("high_risk", Flag),
    ])),
)];

const TRANSACTION: &[Part] = &[
    or_null("transaction_id", Text),
    or_null("state", Scalar),
    or_null("status", Scalar),
    sometimes("amount", Scalar),
    sometimes("amount_minor", Scalar),
    sometimes("currency", Scalar),
    sometimes("description", Scalar),
    sometimes("created_at", Scalar),
    sometimes("updated_at", Scalar),
    sometimes("completed_at", Scalar),
    sometimes("date", Scalar),
];

/// One transaction, and how old what is known of it is.
const TRANSACTION_READ: &[Part] = &[
    or_null("transaction_id", Text),
    or_null("state", Scalar),
    or_null("status", Scalar),
    sometimes("amount", Scalar),
    sometimes("amount_minor", Scalar),
    sometimes("currency", Scalar),
    sometimes("description", Scalar),
    sometimes("created_at", Scalar),
    sometimes("updated_at", Scalar),
    sometimes("completed_at", Scalar),
    sometimes("date", Scalar),
    always("as_of", Time),
    always("stale", Flag),
    UNTRUSTED,
];

const TRANSACTIONS: &[Part] = &[
    always("count", Integer),
    always("transactions", List(&Object(TRANSACTION))),
    always("as_of", Time),
    always("stale", Flag),
    UNTRUSTED,
];

const HANDED_OVER: &[Part] = &[always("handoff_id", Id), always("state", Text), always("conversation_id", Id)];

const OUTSIDE: &[Part] = &[
    or_null("ticket_id", Scalar),
    sometimes("code", Scalar),
    sometimes("state", Scalar),
    sometimes("status", Scalar),
    sometimes("summary", Scalar),
    sometimes("description", Scalar),
    sometimes("priority", Scalar),
    sometimes("created_at", Scalar),
    sometimes("updated_at", Scalar),
    UNTRUSTED,
];

const OUTSIDE_READ: &[Part] = &[
    or_null("ticket_id", Scalar),
    sometimes("code", Scalar),
    sometimes("state", Scalar),
    sometimes("status", Scalar),
    sometimes("summary", Scalar),
    sometimes("description", Scalar),
    sometimes("priority", Scalar),
    sometimes("created_at", Scalar),
    sometimes("updated_at", Scalar),
    always("as_of", Time),
    always("stale", Flag),
    UNTRUSTED,
];
