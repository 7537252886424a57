//! What the closeout gate looks at, loaded.

use chrono::{DateTime, Utc};
use patchbay_core::ticket::Ticket;
use patchbay_core::ticket::closeout::{Closing, ClosingTemplate, Completion, EvidenceItem, Statement, Waiver};
use patchbay_store::closeouts::{self, CompletionRow};
use patchbay_store::evidence::{self, EvidenceRow};
use patchbay_store::{StoreError, Tx, incident_templates};
use serde_json::Value;

use crate::error::CommandError;
use crate::evidence::{EvidenceRules, Seen};
use crate::work::Work;
use patchbay_core::evidence::Proof;

/// What the closeout gate looks at.
#[derive(Debug)]
pub(crate) struct ClosingFacts {
    /// Kind of work, in upper case.
    incident_type: Option<String>,
    /// What it asks for.
    pub(crate) template: Option<ClosingTemplate>,
    /// All evidence.
    pub(crate) items: Vec<EvidenceItem>,
    /// All waivers.
    waivers: Vec<Waiver>,
    /// The last time the work was said to be done.
    pub(crate) completion: Option<Completion>,
}

impl ClosingFacts {
    /// For a command: objects must have been looked at, when the rules ask for it.
    pub(crate) async fn of(work: &mut Work<'_>) -> Result<Self, CommandError> {
        let (rules, seen) = (work.asked.evidence, work.asked.seen);
        let facts = Self::load(work.tx, work.ticket, rules).await?;
        if rules.head == Proof::Waived {
            return Ok(facts);
        }
        let items = facts.items.into_iter().map(|item| look_up(item, seen)).collect::<Result<_, _>>()?;
        Ok(Self { items, ..facts })
    }

    /// For a reader: nobody looks at the objects.
    pub(crate) async fn load(tx: &mut Tx, ticket: &Ticket, rules: &EvidenceRules) -> Result<Self, StoreError> {
        let incident_type = ticket.incident_type.as_deref().map(str::to_uppercase);
        let template = match (&incident_type, ticket.template_version) {
            (None, _) => None,
            (Some(kind), Some(version)) => incident_templates::pinned(tx, kind, version).await?,
            (Some(kind), None) => incident_templates::latest(tx, kind).await?,
        };
        let rows = evidence::of_ticket(tx, ticket.id).await?;
        let exceptions = evidence::exceptions(tx, ticket.id).await?;
        let completion = closeouts::latest_completion(tx, ticket.id).await?;
        Ok(Self {
            incident_type,
            template: template.map(|row| ClosingTemplate {
                version: row.version,
                required_evidence_keys: row.required_evidence_keys,
                required_checklist_keys: row.required_checklist_keys,
                high_risk: row.high_risk,
            }),
            items: rows.into_iter().map(|row| item(row, rules)).collect(),
            waivers: exceptions
                .into_iter()
                .map(|row| Waiver { evidence_keys: row.evidence_keys, expires_at: row.expires_at })
                .collect(),
            completion: completion.map(completed),
        })
    }

    /// What was said the last time the work was said to be done.
    pub(crate) fn statement(&self) -> Option<&Statement> {
        self.completion.as_ref().map(|completion| &completion.statement)
    }

    /// What the gate looks at, with `statement` as what was said, and waivers as they hold at `at`.
    pub(crate) fn closing<'a>(&'a self, statement: Option<&'a Statement>, at: DateTime<Utc>) -> Closing<'a> {
        Closing {
            incident_type: self.incident_type.as_deref(),
            template: self.template.as_ref(),
            items: &self.items,
            waivers: &self.waivers,
            statement,
            at,
        }
    }
}

fn item(row: EvidenceRow, rules: &EvidenceRules) -> EvidenceItem {
    EvidenceItem {
        problem: rules.problem(&row),
        id: row.id,
        kind: row.kind,
        evidence_key: row.evidence_key,
        uri: row.uri,
        is_immutable: row.immutable_at.is_some(),
    }
}

/// Error: `Conflict` for evidence that came in after the objects were looked at.
fn look_up(item: EvidenceItem, seen: &Seen) -> Result<EvidenceItem, StoreError> {
    let found = seen.looked_at(item.id).ok_or(StoreError::Conflict)?;
    Ok(EvidenceItem { problem: item.problem.or(found.err()), ..item })
}

fn completed(row: CompletionRow) -> Completion {
    let checklist = match row.checklist {
        Value::Object(points) => points,
        _ => serde_json::Map::new(),
    };
    Completion {
        command: row.command,
        statement: Statement {
            checklist,
            no_signature_reason: row.no_signature_reason,
            evidence_refs: row.evidence_refs.unwrap_or_default(),
            notes: row.notes,
        },
        actor_id: row.actor_id,
        created_at: row.created_at,
    }
}
