//! `ticket.triage`.

use patchbay_core::ticket::triage::{self, Classification, Grounds, TemplateFacts, Triaged};
use patchbay_store::incident_templates::{self, IncidentTemplateRow};
use patchbay_store::{approvals, sites, ticket_services};
use serde_json::json;

use crate::error::CommandError;
use crate::work::{Done, Effect, Work};

/// The answer has the `approval` that somebody has to decide, when the ticket waits for one.
pub(super) async fn triage(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let given: Classification = work.input()?;
    let grounds = grounds(work, &given).await?;
    let ctx = work.ctx();
    let Triaged { change, approval } = triage::decide(work.ticket, &grounds, &given, &ctx.actor, ctx.now)?;
    let Some(approval) = approval else { return Ok(change.into()) };
    approvals::insert(work.tx, &approval).await?;
    Ok(Done::with(change, "approval", json!(approval)).into())
}

async fn grounds(work: &mut Work<'_>, given: &Classification) -> Result<Grounds, CommandError> {
    let template = incident_templates::latest(work.tx, &given.incident_type.to_uppercase()).await?.map(facts);
    let account_nte_cents = match &template {
        Some(TemplateFacts { default_nte_cents: Some(_), .. }) => {
            let place = sites::for_ticket(work.tx, work.ticket.site_id).await?;
            place.and_then(|place| place.facts.default_nte_cents)
        }
        _ => None,
    };
    let service_needs_approval = ticket_services::any_requires_approval(work.tx, work.ticket.id).await?;
    Ok(Grounds { template, account_nte_cents, service_needs_approval, rules: work.asked.config.intake_rules() })
}

fn facts(row: IncidentTemplateRow) -> TemplateFacts {
    TemplateFacts {
        version: row.version,
        default_nte_cents: row.default_nte_cents,
        sla_minutes: row.sla_minutes,
        high_risk: row.high_risk,
        required_intake_fields: row.required_intake_fields,
    }
}
