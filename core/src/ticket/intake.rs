//! `ticket.blind_intake`: an intake that nobody watched (an assistant, a form, a call) records a request it classified
//! itself. How sure it was decides whether the ticket can be scheduled at once. Source: domain, intake rules.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::actor::Actor;
use crate::canonical::canonical_hash;
use crate::code::Code;
use crate::ids::TicketId;
use crate::ticket::command::field::{MAX_NAME, MAX_TEXT};
use crate::ticket::create::{Request, optional_text, text};
use crate::ticket::decision::{Birth, Decision, SiteFacts, Topic};
use crate::ticket::refusal::{FieldError, Refusal};
use crate::ticket::state::TicketState;
use crate::ticket::words::TicketPriority;

/// What a person is told to do when the intake gave no prompt of its own.
pub const DEFAULT_PROMPT: &str =
    "Call the requester back: confirm who they are, what is wrong, and that the site can be entered.";

/// How sure an intake must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntakeRules {
    /// Least confidence about who asks, 0 to 100.
    pub identity_threshold: i64,
    /// Least confidence about what is asked, 0 to 100.
    pub classification_threshold: i64,
    /// How long the same request counts as a repetition.
    pub duplicate_window: TimeDelta,
}

impl Default for IntakeRules {
    fn default() -> Self {
        Self { identity_threshold: 85, classification_threshold: 85, duplicate_window: TimeDelta::minutes(120) }
    }
}

/// The fields of a blind intake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlindIntake {
    /// What every request has.
    pub request: Request,
    /// Kind of work, for policy.
    pub incident_type: String,
    /// Name the requester gave.
    pub customer_name: String,
    /// How soon policy wants it.
    pub priority: TicketPriority,
    /// How sure the intake was who asks, 0 to 100.
    pub identity_confidence: i64,
    /// How sure the intake was what is asked, 0 to 100.
    pub classification_confidence: i64,
    /// Telephone the requester gave.
    pub contact_phone: Option<String>,
    /// E-mail address the requester gave.
    pub contact_email: Option<String>,
    /// Whether the hand-off was made; missing counts as no.
    pub sop_handoff_acknowledged: Option<bool>,
    /// What a person should ask.
    pub sop_handoff_prompt: Option<String>,
}

/// Why an intake's body cannot be used.
#[derive(Clone, Debug, PartialEq)]
pub enum IntakeMisfit {
    /// Fields that do not fit.
    Fields(Vec<FieldError>),
    /// The fields fit, but nobody could be reached with them.
    Refused(Refusal),
}

/// An open ticket that is the same request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// Its id.
    pub ticket_id: TicketId,
    /// Where it stands.
    pub state: TicketState,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

impl BlindIntake {
    /// The intake with its texts trimmed and its incident type in upper case.
    pub fn checked(mut self) -> Result<Self, IntakeMisfit> {
        let mut errors = Vec::new();
        match self.request.clone().checked() {
            Ok(request) => self.request = request,
            Err(found) => errors.extend(found),
        }
        self.incident_type = text("incident_type", self.incident_type, MAX_NAME, &mut errors).to_uppercase();
        self.customer_name = text("customer_name", self.customer_name, MAX_NAME, &mut errors);
        self.contact_phone = optional_text("contact_phone", self.contact_phone, MAX_NAME, &mut errors);
        self.contact_email = optional_text("contact_email", self.contact_email, 254, &mut errors);
        self.sop_handoff_prompt = optional_text("sop_handoff_prompt", self.sop_handoff_prompt, MAX_TEXT, &mut errors);
        for (path, confidence) in [
            ("identity_confidence", self.identity_confidence),
            ("classification_confidence", self.classification_confidence),
        ] {
            if !(0..=100).contains(&confidence) {
                errors.push(FieldError::new(path, "must be between 0 and 100"));
            }
        }
        if errors.is_empty() {
            self.check_reachable().map_err(IntakeMisfit::Refused)?;
            Ok(self)
        } else {
            Err(IntakeMisfit::Fields(errors))
        }
    }

    fn check_reachable(&self) -> Result<(), Refusal> {
        let refuse = |reason: &str, message: &str| {
            Err(Refusal::new(Code::BlindIntakeValidationFailed, message).because("reason", reason))
        };
        if self.contact_phone.is_none() && self.contact_email.is_none() {
            return refuse("missing_contact_channel", "a telephone number or an e-mail address is needed");
        }
        if self.contact_phone.as_deref().is_some_and(|phone| !is_phone(phone)) {
            return refuse("invalid_contact_phone", "a telephone number has 7 to 16 digits");
        }
        if self.contact_email.as_deref().is_some_and(|email| !is_email(email)) {
            return refuse("invalid_contact_email", "the e-mail address cannot be one");
        }
        Ok(())
    }

    /// Recognises the same request when it comes again, however it is written.
    pub fn signature(&self) -> String {
        let digits = |phone: &String| phone.chars().filter(char::is_ascii_digit).collect::<String>();
        canonical_hash(&json!({
            "account_id": self.request.account_id,
            "site_id": self.request.site_id,
            "incident_type": self.incident_type.to_uppercase(),
            "summary": self.request.summary.trim().to_lowercase(),
            "customer_name": self.customer_name.to_lowercase(),
            "contact_phone": self.contact_phone.as_ref().map(digits),
            "contact_email": self.contact_email.as_ref().map(|email| email.to_lowercase()),
        }))
    }
}

fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let is_punctuation = |c: char| matches!(c, ' ' | '-' | '(' | ')' | '.' | '/');
    (7..=16).contains(&digits)
        && text.strip_prefix('+').unwrap_or(text).chars().all(|c| c.is_ascii_digit() || is_punctuation(c))
}

fn is_email(text: &str) -> bool {
    text.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
        && !text.chars().any(char::is_whitespace)
}

/// Whether a ticket from a blind intake may be scheduled. Later commands ask again.
pub fn ready(identity: i64, classification: i64, handed_off: SopHandoff, rules: &IntakeRules) -> Result<(), Refusal> {
    let low = |code, what: &str, measured: i64, threshold: i64| {
        Refusal::new(code, format!("the {what} confidence is {measured}; scheduling needs {threshold}"))
            .because("measured", measured)
            .because("threshold", threshold)
    };
    if identity < rules.identity_threshold {
        return Err(low(Code::LowIdentityConfidence, "identity", identity, rules.identity_threshold));
    }
    if classification < rules.classification_threshold {
        let threshold = rules.classification_threshold;
        return Err(low(Code::LowClassificationConfidence, "classification", classification, threshold));
    }
    match handed_off {
        SopHandoff::Acknowledged => Ok(()),
        SopHandoff::Missing => Err(Refusal::new(Code::SopHandoffRequired, "the hand-off has to be acknowledged first")),
    }
}

/// Whether the hand-off of the operating procedure was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SopHandoff {
    /// Somebody said so.
    Acknowledged,
    /// Nobody did.
    Missing,
}

/// What follows from `ticket.blind_intake`: a ticket READY_TO_SCHEDULE when the intake was sure and handed off, else a
/// TRIAGED one for a person. Error: `DUPLICATE_INTAKE`.
pub fn decide(
    actor: &Actor,
    birth: Birth,
    intake: BlindIntake,
    site: &SiteFacts,
    rules: &IntakeRules,
    duplicate: Option<&Duplicate>,
) -> Result<Decision, Refusal> {
    if let Some(duplicate) = duplicate {
        return Err(already_recorded(duplicate));
    }
    let handed_off = match intake.sop_handoff_acknowledged {
        Some(true) => SopHandoff::Acknowledged,
        _ => SopHandoff::Missing,
    };
    let is_ready = ready(intake.identity_confidence, intake.classification_confidence, handed_off, rules).is_ok();
    let signature = intake.signature();
    let urgency = intake.request.urgency.unwrap_or_else(|| intake.priority.urgency());
    let mut ticket = Request { urgency: Some(urgency), ..intake.request }.into_ticket(actor, birth, site);
    ticket.state = if is_ready { TicketState::ReadyToSchedule } else { TicketState::Triaged };
    ticket.priority = intake.priority;
    ticket.incident_type = Some(intake.incident_type);
    ticket.customer_name = Some(intake.customer_name);
    ticket.contact_phone = intake.contact_phone;
    ticket.contact_email = intake.contact_email;
    ticket.identity_signature = Some(signature);
    ticket.intake_completed_at = Some(birth.now);
    ticket.identity_confidence = Some(intake.identity_confidence);
    ticket.classification_confidence = Some(intake.classification_confidence);
    ticket.sop_handoff_acknowledged = handed_off == SopHandoff::Acknowledged;
    ticket.sop_handoff_required = !is_ready;
    ticket.sop_handoff_prompt = intake.sop_handoff_prompt.or_else(|| (!is_ready).then(|| DEFAULT_PROMPT.to_owned()));
    Ok(Decision::creates(ticket, &[Topic::TicketCreated, Topic::IntakeCompleted]))
}

/// The refusal of a request that is a ticket already.
pub fn already_recorded(duplicate: &Duplicate) -> Refusal {
    Refusal::new(Code::DuplicateIntake, "the same request is an open ticket already")
        .because("duplicate_ticket_id", duplicate.ticket_id.to_string())
        .because("state", duplicate.state.as_str())
        .because("created_at", duplicate.created_at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
}

#[cfg(test)]
mod tests;
