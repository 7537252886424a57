//! A ticket as it is stored.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::ids::{AccountId, ActorId, AssetId, ContactId, SiteId, TechnicianId, TicketId, VendorId};
use crate::ticket::sla::SlaClock;
use crate::ticket::state::{Projections, Situation, TicketState};
use crate::ticket::words::{InvoiceState, Profile, TicketPriority, Urgency, WorkHoldReason};

/// A ticket: every column of its row.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "a row has as many independent facts as it has")]
pub struct Ticket {
    /// Our id.
    pub id: TicketId,
    /// Its name for people: prefix, year, number.
    pub code: String,
    /// Whose site.
    pub account_id: AccountId,
    /// Where.
    pub site_id: SiteId,
    /// On what.
    pub asset_id: Option<AssetId>,
    /// Who asked.
    pub contact_id: Option<ContactId>,
    /// Line of business.
    pub profile: Profile,
    /// Where it stands.
    pub state: TicketState,
    /// How soon policy wants it.
    pub priority: TicketPriority,
    /// How urgent the requester finds it.
    pub urgency: Urgency,
    /// Kind of work, for matching vendors.
    pub category: Option<String>,
    /// Kind of work, for policy; upper case.
    pub incident_type: Option<String>,
    /// Version of the incident type's template that counts for this ticket; set by triage.
    pub template_version: Option<i64>,
    /// Dangers on site.
    pub risk_flags: Vec<String>,
    /// One line.
    pub summary: String,
    /// All of it.
    pub description: Option<String>,
    /// Name the requester gave.
    pub customer_name: Option<String>,
    /// Telephone the requester gave.
    pub contact_phone: Option<String>,
    /// E-mail address the requester gave.
    pub contact_email: Option<String>,
    /// When the requester would like it, in words.
    pub requested_window: Option<String>,
    /// When the requester would like it, from.
    pub requested_start: Option<DateTime<Utc>>,
    /// When the requester would like it, until.
    pub requested_end: Option<DateTime<Utc>>,
    /// Not to exceed, in minor units; 0: no limit agreed.
    pub nte_cents: i64,
    /// What the work will cost, as far as one can tell, in minor units.
    pub estimate_cents: Option<i64>,
    /// Currency of all money on the ticket.
    pub currency: String,
    /// Recognises the same request when it comes again.
    pub identity_signature: Option<String>,
    /// How sure the intake was who asks, 0 to 100.
    pub identity_confidence: Option<i64>,
    /// How sure the intake was what is asked, 0 to 100.
    pub classification_confidence: Option<i64>,
    /// A person has to take over from the intake before scheduling.
    pub sop_handoff_required: bool,
    /// The intake said that the hand-off was made.
    pub sop_handoff_acknowledged: bool,
    /// What the person should ask.
    pub sop_handoff_prompt: Option<String>,
    /// A person has to look before dispatch.
    pub review_required: bool,
    /// Why.
    pub review_reasons: Vec<String>,
    /// Who looked.
    pub reviewed_by: Option<ActorId>,
    /// What lists are sorted by.
    pub ranking_score: i64,
    /// Which rules made the score.
    pub applied_rules: Vec<String>,
    /// Committed window, from.
    pub scheduled_start: Option<DateTime<Utc>>,
    /// Committed window, until.
    pub scheduled_end: Option<DateTime<Utc>>,
    /// Technician who does it.
    pub assigned_tech_id: Option<TechnicianId>,
    /// Vendor who does it.
    pub assigned_provider_id: Option<VendorId>,
    /// When the performer said to come.
    pub accepted_at: Option<DateTime<Utc>>,
    /// Why the work is blocked.
    pub hold_reason: Option<WorkHoldReason>,
    /// Where the work goes on when it is not blocked any more.
    pub held_from_state: Option<TicketState>,
    /// Until when the performer is late.
    pub delayed_until: Option<DateTime<Utc>>,
    /// How often somebody was called in.
    pub escalation_level: i64,
    /// When, the last time.
    pub escalated_at: Option<DateTime<Utc>>,
    /// When all that an intake must find out was known, and told.
    pub intake_completed_at: Option<DateTime<Utc>>,
    /// Whether it ends in an invoice.
    pub billable: bool,
    /// Where its invoice stands.
    pub invoice_state: InvoiceState,
    /// How much time it has.
    pub sla: SlaClock,
    /// Place of its site's zone in the dispatcher's queue, 10 to 990; lower comes first.
    pub region_weight: i64,
    /// Which system it came from.
    pub source_system: String,
    /// The message it came from, in that system.
    pub source_message_id: Option<String>,
    /// Grows by one with each command.
    pub version: i64,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
    /// When it changed last.
    pub updated_at: DateTime<Utc>,
}

impl Ticket {
    /// Whether somebody does the work.
    pub fn is_assigned(&self) -> bool {
        self.assigned_tech_id.is_some() || self.assigned_provider_id.is_some()
    }

    /// How the older vocabularies name where it stands.
    pub fn projections(&self) -> Projections {
        self.state.project(Situation {
            review_required: self.review_required,
            // An approval asked for before scheduling has no performer yet.
            is_mid_work: self.is_assigned(),
            is_booking: false,
            is_delayed: self.delayed_until.is_some(),
            escalation_level: self.escalation_level,
        })
    }

    /// The fields that differ, each as `[before, after]`; nobody's name or address, and no free text.
    pub fn difference(&self, after: &Self) -> Value {
        let mut changes = Map::new();
        let mut compare = |field: &str, one: Value, other: Value| {
            if one != other {
                changes.insert(field.to_owned(), json!([one, other]));
            }
        };
        macro_rules! compare_all {
            ($($field:ident),+ $(,)?) => {
                $(compare(stringify!($field), json!(self.$field), json!(after.$field));)+
            };
        }
        compare_all!(
            state, priority, urgency, category, incident_type, template_version, risk_flags, asset_id, contact_id,
            nte_cents, estimate_cents, identity_confidence, classification_confidence, sop_handoff_required,
            sop_handoff_acknowledged, review_required, review_reasons, reviewed_by, ranking_score, applied_rules,
            scheduled_start, scheduled_end, assigned_tech_id, assigned_provider_id, accepted_at, hold_reason,
            held_from_state, delayed_until, escalation_level, escalated_at, intake_completed_at, billable,
            invoice_state,
        );
        if self.description != after.description {
            changes.insert("description".into(), Value::from("changed"));
        }
        Value::Object(changes)
    }
}
