//! assignment.dispatch: the guards, in their order. Source: domain, dispatch guards; S1.

use serde::Deserialize;
use serde_json::json;

use super::candidate::{ActiveJob, Candidate, Job};
use super::distance;
use crate::actor::Actor;
use crate::code::Code;
use crate::ids::{RecommendationId, TechnicianId, VendorId};
use crate::role::{ActorType, Role};
use crate::ticket::command::Command;
use crate::ticket::decision::{Change, Topic};
use crate::ticket::record::Ticket;
use crate::ticket::refusal::Refusal;
use crate::ticket::state::TicketState;
use crate::ticket::words::{DispatchMode, MismatchCode, TicketPriority};

/// Who is to be sent, and how.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Order {
    /// The technician; or:
    pub tech_id: Option<TechnicianId>,
    /// The vendor.
    pub provider_id: Option<VendorId>,
    /// The ranking this follows.
    pub recommendation_snapshot_id: Option<RecommendationId>,
    /// After scheduling, or at once.
    pub dispatch_mode: Option<DispatchMode>,
    /// Why the schedule is skipped.
    pub dispatch_rationale: Option<String>,
    /// That it shall be skipped.
    #[serde(default)]
    pub dispatch_confirmation: bool,
    /// Why not who was recommended.
    pub override_reason: Option<String>,
    /// The same as a word.
    pub override_code: Option<MismatchCode>,
}

/// Who is named in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// A technician.
    Technician(TechnicianId),
    /// A vendor.
    Vendor(VendorId),
}

/// Who would be sent, as far as known.
#[derive(Clone, Debug)]
pub enum Performer {
    /// A technician.
    Technician(Box<Candidate>),
    /// A vendor: whether it takes work, and whether it does this kind of it.
    Vendor {
        /// Whether it takes work.
        is_active: bool,
        /// Whether it does this kind of work.
        is_skilled: bool,
    },
    /// Nobody has this id.
    Unknown,
}

/// What the ranking says that the order names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recommended {
    /// The order names none.
    NotAsked,
    /// This one.
    Technician(TechnicianId),
    /// The ticket has no such ranking.
    NoSuchRanking,
}

/// What the guards must know.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// Whoever gives the order.
    pub actor: &'a Actor,
    /// Who would be sent.
    pub performer: Performer,
    /// Who was recommended.
    pub recommended: Recommended,
    /// What the ticket asks for.
    pub job: Job,
    /// Whether an approval waits.
    pub approval_pending: bool,
    /// The vendor that the customer agreed to.
    pub booked_vendor: Option<VendorId>,
}

impl Order {
    /// The one performer that is named. Error: 400 `INVALID_REQUEST` when it is none or two.
    pub fn named(&self) -> Result<Named, Refusal> {
        match (self.tech_id, self.provider_id) {
            (Some(technician), None) => Ok(Named::Technician(technician)),
            (None, Some(vendor)) => Ok(Named::Vendor(vendor)),
            _ => Err(Refusal::misfit("tech_id", "name exactly one of tech_id and provider_id")),
        }
    }

    fn skips_schedule(&self) -> bool {
        self.dispatch_mode == Some(DispatchMode::EmergencyBypass)
    }
}

/// Whether the order can be carried out at all from where the ticket stands: only an emergency skips the schedule. Error:
/// 409 `INVALID_STATE_TRANSITION`.
pub fn check_start(ticket: &Ticket, order: &Order) -> Result<(), Refusal> {
    if ticket.state == TicketState::Scheduled || order.skips_schedule() {
        return Ok(());
    }
    Err(Refusal::wrong_state(Command::AssignmentDispatch.row(), ticket.state)
        .because("allowed_from_states", json!([TicketState::Scheduled.as_str()])))
}

/// Checks the guards in their order and sends the work out.
pub fn decide(ticket: &Ticket, order: &Order, facts: &Facts<'_>) -> Result<Change, Refusal> {
    let named = order.named()?;
    check_start(ticket, order)?;
    system_sends_booked_vendors_only(facts, named)?;
    available(&facts.performer)?;
    follows_recommendation(order, named, facts.recommended)?;
    fits(&facts.performer, &facts.job)?;
    reviewed(ticket)?;
    if let Performer::Technician(technician) = &facts.performer {
        distance::check(&facts.job.place, &ActiveJob::in_work(&technician.jobs))?;
    }
    if order.skips_schedule() {
        bypass(ticket, order, facts)?;
    }
    Ok(sent(ticket, order, named))
}

fn system_sends_booked_vendors_only(facts: &Facts<'_>, named: Named) -> Result<(), Refusal> {
    if facts.actor.role != Role::System || facts.booked_vendor.map(Named::Vendor) == Some(named) {
        return Ok(());
    }
    let message = "the system sends out only what a vendor's own booking led to";
    Err(Refusal::new(Code::Forbidden, message).because("actor_role", facts.actor.role.as_str()))
}

fn available(performer: &Performer) -> Result<(), Refusal> {
    let refused = |status: &str| {
        Err(Refusal::new(Code::TechUnavailable, "the performer takes no work").because("availability", status))
    };
    match performer {
        Performer::Unknown => Err(Refusal::new(Code::AssignmentNotFound, "there is no such technician or vendor")),
        Performer::Technician(technician) if !technician.is_active => refused("deactivated"),
        Performer::Technician(technician) if !technician.availability.takes_work() => {
            refused(technician.availability.as_str())
        }
        Performer::Vendor { is_active: false, .. } => refused("inactive"),
        Performer::Technician(_) | Performer::Vendor { .. } => Ok(()),
    }
}

/// Somebody else than recommended needs a reason, in words and as a word.
fn follows_recommendation(order: &Order, named: Named, recommended: Recommended) -> Result<(), Refusal> {
    let refusal = |message: &str| Refusal::new(Code::AssignmentRecommendationMismatch, message);
    match recommended {
        Recommended::NotAsked => Ok(()),
        Recommended::NoSuchRanking => Err(refusal("the ticket has no such recommendation")),
        Recommended::Technician(best) if Named::Technician(best) == named => Ok(()),
        Recommended::Technician(_) if order.override_reason.is_some() && order.override_code.is_some() => Ok(()),
        Recommended::Technician(best) => {
            Err(refusal("somebody else was recommended; give override_reason and override_code to differ")
                .because("recommended_tech_id", best.to_string()))
        }
    }
}

fn fits(performer: &Performer, job: &Job) -> Result<(), Refusal> {
    let (is_skilled, covers_zone) = match performer {
        Performer::Technician(technician) => (technician.has_skills(job), technician.covers_zone(job)),
        // Vendors are not bound to zones.
        Performer::Vendor { is_skilled, .. } => (*is_skilled, true),
        Performer::Unknown => (false, false),
    };
    if !is_skilled {
        return Err(Refusal::new(Code::AssignmentCapabilityMismatch, "the performer cannot do this kind of work")
            .because("required_skills", json!(job.skills)));
    }
    if !covers_zone {
        let zone = job.place.zone.map(|zone| zone.to_string());
        return Err(Refusal::new(Code::AssignmentZoneMismatch, "the performer does not work in the zone of the site")
            .because("zone_id", zone));
    }
    Ok(())
}

fn reviewed(ticket: &Ticket) -> Result<(), Refusal> {
    if ticket.review_required {
        return Err(Refusal::new(Code::ReviewRequired, "a person has to review the ticket first")
            .because("review_reasons", json!(ticket.review_reasons)));
    }
    Ok(())
}

/// An emergency skips the schedule, never skill, zone or review.
fn bypass(ticket: &Ticket, order: &Order, facts: &Facts<'_>) -> Result<(), Refusal> {
    let has_rationale = order.dispatch_rationale.as_ref().is_some_and(|text| text.trim().chars().count() >= 10);
    let [emergency, incident_type, human] = bypass_by_ticket(ticket, facts.actor);
    all_met(&[
        ("dispatch_rationale", has_rationale),
        ("dispatch_confirmation", order.dispatch_confirmation),
        emergency,
        incident_type,
        ("no_pending_approval", !facts.approval_pending),
        human,
    ])
}

/// The rules of a bypass that ticket and caller meet or not, whatever the order says.
fn bypass_by_ticket(ticket: &Ticket, actor: &Actor) -> [(&'static str, bool); 3] {
    [
        ("priority_emergency", ticket.priority == TicketPriority::Emergency),
        ("incident_type", ticket.incident_type.is_some()),
        ("human_actor", actor.actor_type == ActorType::Human),
    ]
}

fn all_met(rules: &[(&str, bool)]) -> Result<(), Refusal> {
    let unmet: Vec<&str> = rules.iter().filter(|(_, met)| !met).map(|(rule, _)| *rule).collect();
    if unmet.is_empty() {
        return Ok(());
    }
    Err(Refusal::new(Code::AssignmentBypassDenied, "the schedule may not be skipped").because("unmet", json!(unmet)))
}

/// What a ticket says to every order that `actor` could give: the guards that no order meets.
pub fn check_ticket(ticket: &Ticket, actor: &Actor) -> Result<(), Refusal> {
    reviewed(ticket)?;
    if ticket.state == TicketState::Scheduled {
        return Ok(());
    }
    all_met(&bypass_by_ticket(ticket, actor))
}

fn sent(ticket: &Ticket, order: &Order, named: Named) -> Change {
    let mut change = Change::of(ticket);
    change.unassign();
    match named {
        Named::Technician(id) => change.ticket.assigned_tech_id = Some(id),
        Named::Vendor(id) => change.ticket.assigned_provider_id = Some(id),
    }
    change.step(TicketState::Dispatched);
    let mode = order.dispatch_mode.unwrap_or(DispatchMode::Standard);
    let facts = json!({
        "tech_id": order.tech_id,
        "provider_id": order.provider_id,
        "dispatch_mode": mode,
        "recommendation_snapshot_id": order.recommendation_snapshot_id,
        "override_code": order.override_code,
    });
    change.tell_with(Topic::AssignmentDispatched, facts);
    let who = json!({ "tech_id": order.tech_id, "provider_id": order.provider_id });
    change.tell_with(Topic::NotifyPerformer, who);
    change.tell(Topic::NotifyCustomer);
    change
}

#[cfg(test)]
mod tests;
