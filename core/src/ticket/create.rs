//! `ticket.create`: a request is recorded, unclassified.

use chrono::{DateTime, Utc};

use crate::actor::Actor;
use crate::ids::{AccountId, AssetId, ContactId, SiteId};
use crate::ticket::command::field::{MAX_CENTS, MAX_NAME, MAX_SUMMARY, MAX_TEXT};
use crate::ticket::decision::{Birth, Decision, SiteFacts, Topic};
use crate::ticket::record::Ticket;
use crate::ticket::refusal::FieldError;
use crate::ticket::sla::SlaClock;
use crate::ticket::state::TicketState;
use crate::ticket::words::{InvoiceState, Urgency};

/// Why a person has to look at tickets of a flagged site.
pub const AUDIT_FLAG: &str = "AUDIT_FLAG";

/// The fields every recorded request shares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Whose site.
    pub account_id: AccountId,
    /// Where.
    pub site_id: SiteId,
    /// On what.
    pub asset_id: Option<AssetId>,
    /// Who asked.
    pub contact_id: Option<ContactId>,
    /// One line.
    pub summary: String,
    /// All of it.
    pub description: Option<String>,
    /// Not to exceed, in minor units.
    pub nte_cents: Option<i64>,
    /// Kind of work, for matching vendors.
    pub category: Option<String>,
    /// How urgent the requester finds it.
    pub urgency: Option<Urgency>,
    /// When the requester would like it.
    pub requested_window: Option<RequestedWindow>,
    /// Which system it came from.
    pub source: Option<String>,
    /// The message it came from, in that system.
    pub source_message_id: Option<String>,
}

/// When a requester would like the work done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestedWindow {
    /// In words.
    Words(String),
    /// From when until when.
    Range(DateTime<Utc>, DateTime<Utc>),
}

impl Request {
    /// The request with its texts trimmed. Errors: every field that does not fit.
    pub fn checked(mut self) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        self.summary = text("summary", self.summary, MAX_SUMMARY, &mut errors);
        self.description = optional_text("description", self.description, MAX_TEXT, &mut errors);
        self.category = optional_text("category", self.category, MAX_NAME, &mut errors);
        self.source = optional_text("source", self.source, MAX_NAME, &mut errors);
        self.source_message_id = optional_text("source_message_id", self.source_message_id, MAX_NAME, &mut errors);
        if self.nte_cents.is_some_and(|cents| !(0..=MAX_CENTS).contains(&cents)) {
            errors.push(FieldError::new("nte_cents", format!("must be between 0 and {MAX_CENTS}")));
        }
        self.requested_window = match self.requested_window.take() {
            Some(RequestedWindow::Words(words)) => {
                optional_text("requested_window", Some(words), MAX_SUMMARY, &mut errors).map(RequestedWindow::Words)
            }
            Some(RequestedWindow::Range(start, end)) if end <= start => {
                errors.push(FieldError::new("requested_window", "must end after it starts"));
                None
            }
            other => other,
        };
        if errors.is_empty() { Ok(self) } else { Err(errors) }
    }

    /// The ticket that follows, before anything is known that only an intake knows.
    pub(crate) fn into_ticket(self, actor: &Actor, birth: Birth, site: &SiteFacts) -> Ticket {
        let urgency = self.urgency.unwrap_or(Urgency::Medium);
        let (ranking_score, applied_rules) = urgency.rank();
        let (words, range) = match self.requested_window {
            None => (None, None),
            Some(RequestedWindow::Words(words)) => (Some(words), None),
            Some(RequestedWindow::Range(start, end)) => (None, Some((start, end))),
        };
        Ticket {
            id: birth.id,
            code: String::new(),
            account_id: site.account_id,
            site_id: site.site_id,
            asset_id: self.asset_id,
            contact_id: self.contact_id,
            profile: site.profile,
            state: TicketState::New,
            priority: urgency.priority(),
            urgency,
            category: self.category,
            incident_type: None,
            template_version: None,
            risk_flags: Vec::new(),
            summary: self.summary,
            description: self.description,
            customer_name: None,
            contact_phone: None,
            contact_email: None,
            requested_window: words,
            requested_start: range.map(|range| range.0),
            requested_end: range.map(|range| range.1),
            nte_cents: self.nte_cents.or(site.default_nte_cents).unwrap_or(0),
            estimate_cents: None,
            currency: site.currency.clone(),
            identity_signature: None,
            identity_confidence: None,
            classification_confidence: None,
            sop_handoff_required: false,
            sop_handoff_acknowledged: false,
            sop_handoff_prompt: None,
            review_required: site.is_audit_flagged,
            review_reasons: site.is_audit_flagged.then(|| AUDIT_FLAG.to_owned()).into_iter().collect(),
            reviewed_by: None,
            ranking_score,
            applied_rules,
            scheduled_start: None,
            scheduled_end: None,
            assigned_tech_id: None,
            assigned_provider_id: None,
            accepted_at: None,
            hold_reason: None,
            held_from_state: None,
            delayed_until: None,
            escalation_level: 0,
            escalated_at: None,
            intake_completed_at: None,
            billable: true,
            invoice_state: InvoiceState::NotStarted,
            sla: SlaClock::unset(birth.now),
            region_weight: site.region_weight,
            source_system: self.source.unwrap_or_else(|| actor.actor_type.as_str().to_ascii_lowercase()),
            source_message_id: self.source_message_id,
            version: 1,
            created_at: birth.now,
            updated_at: birth.now,
        }
    }
}

/// What follows from `ticket.create`: a NEW ticket.
pub fn decide(actor: &Actor, birth: Birth, request: Request, site: &SiteFacts) -> Decision {
    Decision::creates(request.into_ticket(actor, birth, site), &[Topic::TicketCreated])
}

/// A trimmed text of 1 to `max` characters. U+0000 is refused: PostgreSQL cannot hold it.
pub(crate) fn text(path: &'static str, value: String, max: usize, errors: &mut Vec<FieldError>) -> String {
    let trimmed = value.trim();
    if trimmed.is_empty() {
        errors.push(FieldError::new(path, "must not be empty"));
    } else if trimmed.chars().count() > max {
        errors.push(FieldError::new(path, format!("must not be longer than {max} characters")));
    } else if trimmed.contains('\0') {
        errors.push(FieldError::new(path, "must not contain U+0000"));
    }
    if trimmed.len() == value.len() { value } else { trimmed.to_owned() }
}

/// The same for a text that may be missing; blank counts as missing.
pub(crate) fn optional_text(
    path: &'static str,
    value: Option<String>,
    max: usize,
    errors: &mut Vec<FieldError>,
) -> Option<String> {
    value.filter(|value| !value.trim().is_empty()).map(|value| text(path, value, max, errors))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::ids::TicketId;
    use crate::ticket::words::{Profile, TicketPriority};

    pub(crate) fn site() -> SiteFacts {
        SiteFacts {
            account_id: AccountId::new(),
            site_id: SiteId::new(),
            profile: Profile::Facility,
            currency: "USD".into(),
            default_nte_cents: Some(25_000),
            is_audit_flagged: false,
            region_weight: 500,
        }
    }

    pub(crate) fn request(site: &SiteFacts) -> Request {
        Request {
            account_id: site.account_id,
            site_id: site.site_id,
            asset_id: None,
            contact_id: None,
            summary: "  The front door does not latch ".into(),
            description: None,
            nte_cents: None,
            category: None,
            urgency: None,
            requested_window: None,
            source: None,
            source_message_id: None,
        }
    }

    /// A recorded ticket, put into a state.
    pub(crate) fn ticket_in(state: TicketState) -> Ticket {
        let site = site();
        let decision = decide(&Actor::system(), birth(), request(&site), &site);
        Ticket { state, ..decision.draft.with_code("T-2026-001".into()) }
    }

    pub(crate) fn birth() -> Birth {
        Birth { id: TicketId::new(), now: DateTime::from_timestamp(1_767_600_000, 0).expect("a time") }
    }

    #[test]
    fn a_recorded_request_is_a_new_ticket_with_the_defaults_of_its_account() {
        let site = site();
        let request = request(&site).checked().expect("fits");
        let decision = decide(&Actor::system(), birth(), request, &site);
        assert_eq!(decision.steps, [Transition { from: None, to: TicketState::New }]);
        assert_eq!(decision.topics, [Topic::TicketCreated, Topic::TicketStateChanged]);
        let ticket = decision.draft.with_code("T-2026-001".into());
        assert_eq!(ticket.summary, "The front door does not latch");
        assert_eq!((ticket.nte_cents, ticket.currency.as_str()), (25_000, "USD"));
        assert_eq!((ticket.priority, ticket.urgency, ticket.version), (TicketPriority::Routine, Urgency::Medium, 1));
    }

    #[test]
    fn every_ticket_of_a_flagged_site_needs_a_look() {
        let site = SiteFacts { is_audit_flagged: true, ..site() };
        let decision = decide(&Actor::system(), birth(), request(&site), &site);
        assert!(decision.draft.preview().review_required);
        assert_eq!(decision.draft.preview().review_reasons, [AUDIT_FLAG]);
    }

    #[test]
    fn all_fields_that_do_not_fit_are_named_at_once() {
        let site = site();
        let wrong = Request {
            summary: "   ".into(),
            nte_cents: Some(-1),
            description: Some("x".repeat(MAX_TEXT + 1)),
            category: Some("a\0b".into()),
            requested_window: Some(RequestedWindow::Range(birth().now, birth().now)),
            ..request(&site)
        };
        let errors = wrong.checked().expect_err("does not fit");
        let paths: Vec<&str> = errors.iter().map(|error| error.path.as_str()).collect();
        assert_eq!(paths, ["summary", "description", "category", "nte_cents", "requested_window"]);
    }

    use crate::ticket::transition::Transition;
}
