//! The closeout gate: what a ticket lacks to count as done.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::{BILLING_AUTHORIZATION, ClosingTemplate, EvidenceItem, SIGNATURE_KEY, SIGNATURE_KIND, Statement, Waiver};
use crate::code::Code;
use crate::ticket::refusal::Refusal;
use crate::vocabulary;

/// Fewest characters of a reason why nobody signed.
const LEAST_REASON: usize = 10;
/// Parts of an evidence key that speak of danger.
const RISKY_WORDS: &[&str] = &["security", "safety"];

vocabulary! {
    /// What the gate says.
    pub enum Requirement {
        /// Nothing is missing.
        Ready => "READY",
        /// Evidence is missing.
        MissingEvidence => "MISSING_EVIDENCE",
        /// Points of the checklist are missing.
        MissingChecklist => "MISSING_CHECKLIST",
        /// Both are.
        MissingRequirements => "MISSING_REQUIREMENTS",
        /// Nobody knows what is asked of this incident type.
        TemplateNotFound => "TEMPLATE_NOT_FOUND",
        /// Nobody signed, and nobody said why.
        MissingSignatureConfirmation => "MISSING_SIGNATURE_CONFIRMATION",
        /// Evidence is named that is not there, or whose object cannot be accepted.
        InvalidEvidenceReference => "INVALID_EVIDENCE_REFERENCE",
        /// Nobody said that the work is done.
        MissingCompletionContext => "MISSING_COMPLETION_CONTEXT",
        /// A person has to look.
        AutomationRiskBlock => "AUTOMATION_RISK_BLOCK",
    }
}

/// What the gate looks at.
#[derive(Clone, Copy, Debug)]
pub struct Closing<'a> {
    /// Kind of work, in upper case.
    pub incident_type: Option<&'a str>,
    /// What it asks for.
    pub template: Option<&'a ClosingTemplate>,
    /// All evidence of the ticket.
    pub items: &'a [EvidenceItem],
    /// All waivers of the ticket.
    pub waivers: &'a [Waiver],
    /// What whoever did the work said; `None`: nothing yet.
    pub statement: Option<&'a Statement>,
    /// When waivers must hold.
    pub at: DateTime<Utc>,
}

/// What the gate found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gate {
    /// What it says.
    pub code: Requirement,
    /// Kind of work.
    pub incident_type: Option<String>,
    /// Version of the template that was asked.
    pub template_version: Option<i64>,
    /// Required evidence that is not there.
    pub missing_evidence_keys: Vec<String>,
    /// Required evidence that is not there and need not be, for now.
    pub waived_evidence_keys: Vec<String>,
    /// Required points of the checklist that are not there.
    pub missing_checklist_keys: Vec<String>,
    /// Evidence that cannot be accepted.
    pub invalid_evidence_refs: Vec<InvalidReference>,
    /// Whether somebody signed, or there is a reason why not.
    pub signature_satisfied: bool,
    /// That reason.
    pub no_signature_reason: Option<String>,
    /// Each required piece of evidence.
    #[serde(serialize_with = "presences")]
    pub required_evidence: Vec<(String, Presence)>,
}

/// Whether a required piece of evidence is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is.
    Present,
    /// It is not.
    Missing,
}

/// Evidence that cannot be accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InvalidReference {
    /// Its id or uri, as it was named.
    pub reference: String,
    /// Why.
    pub reason: &'static str,
}

/// Why a person has to look before the work counts as done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RiskProfile {
    /// `HIGH` or `STANDARD`.
    pub level: &'static str,
    /// Why it is high.
    pub reasons: Vec<String>,
    /// Keys of the evidence that is there.
    pub evidence_keys: Vec<String>,
    /// How many pieces of evidence are there.
    pub evidence_items: usize,
}

impl Closing<'_> {
    /// Asks the gate.
    pub fn gate(&self) -> Gate {
        let counted: Vec<&EvidenceItem> = self.items.iter().filter(|item| item.problem.is_none()).collect();
        let reason = self.statement.and_then(|statement| statement.no_signature_reason.as_deref()).map(str::trim);
        let reason = reason.filter(|reason| reason.chars().count() >= LEAST_REASON);
        let is_signed = counted.iter().any(|item| {
            item.kind.eq_ignore_ascii_case(SIGNATURE_KIND) || item.evidence_key.as_deref() == Some(SIGNATURE_KEY)
        });
        let signature_satisfied = is_signed || reason.is_some();
        let is_there = |key: &str| match key {
            SIGNATURE_KEY => signature_satisfied,
            key => counted.iter().any(|item| item.evidence_key.as_deref() == Some(key)),
        };
        let is_waived = |key: &str| {
            key != SIGNATURE_KEY
                && self.waivers.iter().any(|waiver| {
                    waiver.expires_at > self.at && waiver.evidence_keys.iter().any(|waived| waived == key)
                })
        };
        let required: &[String] = self.template.map_or(&[], |template| &template.required_evidence_keys);
        let absent: Vec<&String> = required.iter().filter(|key| !is_there(key)).collect();
        let (waived, missing): (Vec<&String>, Vec<&String>) = absent.into_iter().partition(|key| is_waived(key));
        let mut gate = Gate {
            code: Requirement::Ready,
            incident_type: self.incident_type.map(str::to_owned),
            template_version: self.template.map(|template| template.version),
            missing_evidence_keys: missing.into_iter().cloned().collect(),
            waived_evidence_keys: waived.into_iter().cloned().collect(),
            missing_checklist_keys: self.missing_points(),
            invalid_evidence_refs: self.invalid_references(),
            signature_satisfied,
            no_signature_reason: reason.map(str::to_owned),
            required_evidence: required
                .iter()
                .map(|key| (key.clone(), if is_there(key) { Presence::Present } else { Presence::Missing }))
                .collect(),
        };
        gate.code = self.judge(&gate);
        gate
    }

    fn judge(&self, gate: &Gate) -> Requirement {
        let lacks_evidence = gate.missing_evidence_keys.iter().any(|key| key != SIGNATURE_KEY);
        let lacks_points = !gate.missing_checklist_keys.is_empty();
        match (self.template, self.statement) {
            (None, _) => Requirement::TemplateNotFound,
            (_, None) => Requirement::MissingCompletionContext,
            _ if !gate.invalid_evidence_refs.is_empty() => Requirement::InvalidEvidenceReference,
            _ if lacks_evidence && lacks_points => Requirement::MissingRequirements,
            _ if lacks_evidence => Requirement::MissingEvidence,
            _ if lacks_points => Requirement::MissingChecklist,
            _ if !gate.signature_satisfied => Requirement::MissingSignatureConfirmation,
            _ => Requirement::Ready,
        }
    }

    fn missing_points(&self) -> Vec<String> {
        let required: &[String] = self.template.map_or(&[], |template| &template.required_checklist_keys);
        let said = |key: &str| self.statement.and_then(|statement| statement.checklist.get(key));
        required.iter().filter(|key| !said(key).is_some_and(|value| is_answered(key, value))).cloned().collect()
    }

    /// Named evidence is looked at; all of it, when none in particular is named.
    fn invalid_references(&self) -> Vec<InvalidReference> {
        let Some(statement) = self.statement else { return Vec::new() };
        if statement.evidence_refs.is_empty() {
            return self.items.iter().filter_map(|item| item.invalid(&item.uri)).collect();
        }
        let named = |reference: &str| {
            let known = self.items.iter().find(|item| item.uri == reference || item.is_named(reference));
            match known {
                Some(item) => item.invalid(reference),
                None => Some(InvalidReference { reference: reference.to_owned(), reason: "UNKNOWN_EVIDENCE" }),
            }
        };
        statement.evidence_refs.iter().filter_map(|reference| named(reference)).collect()
    }

    /// How risky it is to take the work as done without a person's look.
    pub fn risk(&self) -> RiskProfile {
        let mut reasons = Vec::new();
        if self.template.is_some_and(|template| template.high_risk) {
            reasons.push(format!("incident_type:{}", self.incident_type.unwrap_or_default()));
        }
        let present: BTreeSet<&str> = self.items.iter().filter_map(|item| item.evidence_key.as_deref()).collect();
        let required = self.template.into_iter().flat_map(|template| &template.required_evidence_keys);
        let keys: BTreeSet<&str> = present.iter().copied().chain(required.map(String::as_str)).collect();
        reasons.extend(keys.iter().filter(|key| is_risky(key)).map(|key| format!("evidence_key:{key}")));
        RiskProfile {
            level: if reasons.is_empty() { "STANDARD" } else { "HIGH" },
            reasons,
            evidence_keys: present.into_iter().map(str::to_owned).collect(),
            evidence_items: self.items.len(),
        }
    }
}

impl EvidenceItem {
    /// Whether a reference is this item's id.
    fn is_named(&self, reference: &str) -> bool {
        reference.parse().is_ok_and(|id: crate::ids::EvidenceId| id == self.id)
    }

    fn invalid(&self, reference: &str) -> Option<InvalidReference> {
        self.problem.map(|problem| InvalidReference { reference: reference.to_owned(), reason: problem.as_str() })
    }
}

impl Gate {
    /// Whether nothing is missing.
    pub fn is_ready(&self) -> bool {
        self.code == Requirement::Ready
    }

    /// Why the gate stays shut. `Ok`: it does not.
    pub fn passed(&self) -> Result<(), Refusal> {
        if self.is_ready() {
            return Ok(());
        }
        Err(self.refusal(Code::CloseoutRequirementsIncomplete, &format!("the closeout gate says {}", self.code)))
    }

    fn refusal(&self, code: Code, message: &str) -> Refusal {
        Refusal::new(code, message)
            .because("requirement_code", self.code.as_str())
            .because("incident_type", self.incident_type.clone())
            .because("template_version", self.template_version)
            .because("missing_evidence_keys", self.missing_evidence_keys.clone())
            .because("missing_checklist_keys", self.missing_checklist_keys.clone())
            .because("invalid_evidence_refs", json!(self.invalid_evidence_refs))
    }
}

impl RiskProfile {
    /// Why a person has to look. `Ok`: nobody has to.
    pub fn passed(&self, gate: &Gate) -> Result<(), Refusal> {
        if self.reasons.is_empty() {
            return Ok(());
        }
        let gate = Gate { code: Requirement::AutomationRiskBlock, ..gate.clone() };
        let refusal = gate.refusal(Code::ManualReviewRequired, "a person has to complete work of high risk");
        Err(refusal.because("risk_profile", json!(self)))
    }
}

/// A point counts when it says something: true, a number, words. Only the leave to bill must be literally true.
fn is_answered(key: &str, value: &Value) -> bool {
    match value {
        Value::Bool(said) => *said,
        _ if key == BILLING_AUTHORIZATION => false,
        Value::String(words) => !words.trim().is_empty(),
        Value::Number(_) => true,
        _ => false,
    }
}

fn is_risky(key: &str) -> bool {
    RISKY_WORDS.iter().any(|word| key.contains(word))
}

fn presences<S: Serializer>(required: &[(String, Presence)], serializer: S) -> Result<S::Ok, S::Error> {
    let list = required.iter().map(|(key, presence)| {
        Map::from_iter([("key".into(), json!(key)), ("present".into(), json!(*presence == Presence::Present))])
    });
    serializer.collect_seq(list)
}
