//! `ticket.update`: plain facts of a ticket change. Source: domain, command 39.

use serde::Deserialize;
use serde_json::json;

use crate::actor::Actor;
use crate::code::Code;
use crate::ids::{AssetId, ContactId, ServiceId};
use crate::role::Role;
use crate::ticket::command::Command;
use crate::ticket::decision::{Change, Topic};
use crate::ticket::ranking::Ranking;
use crate::ticket::record::Ticket;
use crate::ticket::refusal::Refusal;
use crate::ticket::words::Urgency;

/// The fields of `ticket.update`; what is missing stays as it is.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Update {
    /// On what.
    pub asset_id: Option<AssetId>,
    /// Who asked.
    pub contact_id: Option<ContactId>,
    /// All of it.
    pub description: Option<String>,
    /// Lines of work, in the place of those the ticket has.
    pub services: Option<Vec<AskedLine>>,
    /// How urgent the requester finds it.
    pub urgency: Option<Urgency>,
}

/// A line of work as it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct AskedLine {
    /// Which service.
    pub service_id: ServiceId,
    /// How many; two decimals count.
    pub qty: f64,
    /// Price of one, when it is not the catalog's.
    pub unit_price_cents: Option<i64>,
}

/// A line of work on a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which service.
    pub service_id: ServiceId,
    /// How many, in hundredths.
    pub qty_hundredths: i64,
    /// Price of one, in minor units.
    pub unit_price_cents: i64,
}

impl AskedLine {
    /// The quantity in hundredths.
    pub fn qty_hundredths(&self) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "a quantity is at most 100 000")]
        let hundredths = (self.qty * 100.0).round() as i64;
        hundredths
    }
}

/// Whether `actor` may change what `update` changes: whoever does the work sets the lines of work at catalog prices, and
/// nothing else. Error: 403 `FORBIDDEN`.
pub fn may(actor: &Actor, update: &Update) -> Result<(), Refusal> {
    if actor.role != Role::Technician {
        return Ok(());
    }
    let other: Vec<&str> = [
        ("asset_id", update.asset_id.is_some()),
        ("contact_id", update.contact_id.is_some()),
        ("description", update.description.is_some()),
        ("urgency", update.urgency.is_some()),
        ("services.unit_price_cents", update.services.iter().flatten().any(|line| line.unit_price_cents.is_some())),
    ]
    .into_iter()
    .filter_map(|(field, is_given)| is_given.then_some(field))
    .collect();
    if other.is_empty() {
        return Ok(());
    }
    Err(Refusal::new(Code::Forbidden, "a technician may set the lines of work only")
        .because("actor_role", actor.role.as_str())
        .because("fields", other))
}

/// What follows from `ticket.update`. `lines` are the ticket's lines of work before and after, `ranking` how it ranks
/// when what ranks it was named. Error: 409 `INVALID_STATE_TRANSITION` when nothing would change.
pub fn decide(
    ticket: &Ticket,
    update: &Update,
    lines: (&[Line], &[Line]),
    ranking: Option<&Ranking>,
) -> Result<Change, Refusal> {
    let mut change = Change::of(ticket);
    let after = &mut change.ticket;
    after.asset_id = update.asset_id.or(ticket.asset_id);
    after.contact_id = update.contact_id.or(ticket.contact_id);
    after.description = update.description.clone().or_else(|| ticket.description.clone());
    if let Some(ranking) = ranking {
        ranking.apply(after);
        // Another vehicle that a person has to look at, whoever looked at the last one.
        after.review_required |= after.asset_id != ticket.asset_id && !ranking.reasons.is_empty();
    }
    let ranks = |ticket: &Ticket| (ticket.ranking_score, ticket.applied_rules.clone());
    let mut fields: Vec<&str> = [
        ("asset_id", after.asset_id != ticket.asset_id),
        ("contact_id", after.contact_id != ticket.contact_id),
        ("description", after.description != ticket.description),
        ("services", lines.0 != lines.1),
        ("urgency", after.urgency != ticket.urgency),
    ]
    .into_iter()
    .filter_map(|(field, is_changed)| is_changed.then_some(field))
    .collect();
    if fields.is_empty() && ranks(after) != ranks(ticket) {
        fields.push("ranking");
    }
    if fields.is_empty() {
        return Err(Refusal::nothing_changes(Command::TicketUpdate.row(), ticket.state));
    }
    change.tell_with(Topic::TicketUpdated, json!({ "fields": fields }));
    Ok(change)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::SiteId;
    use crate::ticket::create::tests::ticket_in;
    use crate::ticket::ranking::{Subject, rank};
    use crate::ticket::state::TicketState;

    const NOTHING: Update =
        Update { asset_id: None, contact_id: None, description: None, services: None, urgency: None };

    fn ranked(urgency: Urgency) -> Ranking {
        rank(&Subject { urgency, make: None, site: SiteId::new(), services: &[] }, &[])
    }

    #[test]
    fn rules_that_changed_rank_a_ticket_anew() {
        let ticket = ticket_in(TicketState::New);
        let ranking = Ranking { score: 40, ..ranked(Urgency::Medium) };
        let asked = Update { urgency: Some(Urgency::Medium), ..NOTHING };
        let change = decide(&ticket, &asked, (&[], &[]), Some(&ranking)).expect("ok");
        assert_eq!((change.ticket.ranking_score, &change.told[0].facts["fields"]), (40, &json!(["ranking"])));
    }

    #[test]
    fn another_flagged_vehicle_is_looked_at_again() {
        let mut ticket = ticket_in(TicketState::New);
        let audi =
            rank(&Subject { urgency: Urgency::Medium, make: Some("Audi"), site: ticket.site_id, services: &[] }, &[]);
        audi.apply(&mut ticket);
        ticket.review_required = false;
        let asked = Update { asset_id: Some(AssetId::new()), ..NOTHING };
        assert!(decide(&ticket, &asked, (&[], &[]), Some(&audi)).expect("ok").ticket.review_required);
    }

    fn line(qty: f64) -> AskedLine {
        AskedLine { service_id: ServiceId::new(), qty, unit_price_cents: None }
    }

    #[test]
    fn something_must_change() {
        let ticket = ticket_in(TicketState::New);
        let same = Update { urgency: Some(ticket.urgency), ..NOTHING };
        for (update, ranking) in [(NOTHING, None), (same, Some(ranked(Urgency::Medium)))] {
            let refusal = decide(&ticket, &update, (&[], &[]), ranking.as_ref()).expect_err("nothing changes");
            assert_eq!(refusal.code, Code::InvalidStateTransition);
        }
        let line = Line { service_id: ServiceId::new(), qty_hundredths: 100, unit_price_cents: 5 };
        assert!(decide(&ticket, &NOTHING, (&[], &[line]), None).is_ok());
    }

    #[test]
    fn a_new_urgency_ranks_anew_and_leaves_the_priority() {
        let ticket = ticket_in(TicketState::New);
        let (asked, ranking) = (Update { urgency: Some(Urgency::Critical), ..NOTHING }, ranked(Urgency::Critical));
        let change = decide(&ticket, &asked, (&[], &[]), Some(&ranking)).expect("ok");
        assert_eq!((change.ticket.ranking_score, change.ticket.priority), (30, ticket.priority));
        assert_eq!(change.told[0].facts["fields"], json!(["urgency"]));
    }

    #[test]
    fn a_technician_sets_the_lines_of_work_at_catalog_prices_only() {
        let technician = Actor { role: Role::Technician, ..Actor::system() };
        let lines = Update { services: Some(vec![line(1.0)]), ..NOTHING };
        assert_eq!(may(&technician, &lines), Ok(()));
        let priced = AskedLine { unit_price_cents: Some(1), ..line(1.0) };
        for update in [
            Update { description: Some("x".into()), ..lines.clone() },
            Update { services: Some(vec![priced]), ..NOTHING },
        ] {
            assert_eq!(may(&technician, &update).map_err(|refusal| refusal.code), Err(Code::Forbidden));
            assert_eq!(may(&Actor { role: Role::Dispatcher, ..Actor::system() }, &update), Ok(()));
        }
    }

    #[test]
    fn quantities_count_in_hundredths() {
        for (qty, hundredths) in [(0.01, 1), (1.0, 100), (2.345, 235), (0.1 + 0.2, 30), (100_000.0, 10_000_000)] {
            assert_eq!(line(qty).qty_hundredths(), hundredths, "{qty}");
        }
    }
}
