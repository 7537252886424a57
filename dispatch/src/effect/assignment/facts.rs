//! What the rules of assignment are told.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use patchbay_core::ids::TechnicianId;
use patchbay_core::place::PlaceStatus;
use patchbay_core::technician::TechnicianStatus;
use patchbay_core::ticket::Ticket;
use patchbay_core::ticket::assignment::candidate::Span;
use patchbay_core::ticket::assignment::dispatch::Performer;
use patchbay_core::ticket::assignment::{Candidate, Job};
use patchbay_store::technicians::{self, Technician, TechnicianFilter};
use patchbay_store::vendors::Vendor;
use patchbay_store::{StoreError, Tx, assignments, performer_rejections, ticket_services, time_off};

/// Most technicians that one ranking looks at.
const MOST: i64 = 10_000;

/// What a ticket asks for, given the skills it needs.
pub(super) async fn job(tx: &mut Tx, ticket: &Ticket, skills: Vec<String>) -> Result<Job, StoreError> {
    let at = assignments::work_place(tx, ticket.site_id).await?;
    Ok(Job { skills, place: at.place, timezone: at.timezone, exclusive: at.exclusive })
}

/// The skills of the ticket's services; without any, its category is the one that counts.
pub(super) async fn needed_skills(tx: &mut Tx, ticket: &Ticket) -> Result<Vec<String>, StoreError> {
    let skills = ticket_services::skills(tx, ticket.id).await?;
    Ok(if skills.is_empty() { ticket.category.iter().cloned().collect() } else { skills })
}

/// Every technician who works here.
pub(super) async fn candidates(
    tx: &mut Tx,
    ticket: &Ticket,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<Candidate>, StoreError> {
    let filter = TechnicianFilter { status: Some(TechnicianStatus::Active), ..TechnicianFilter::default() };
    let all = technicians::page(tx, &filter, None, MOST).await?;
    complete(tx, ticket, all, from, until).await
}

/// Technicians with what they have to do, and with their time off between the two times.
pub(super) async fn complete(
    tx: &mut Tx,
    ticket: &Ticket,
    found: Vec<Technician>,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<Candidate>, StoreError> {
    let ids: Vec<TechnicianId> = found.iter().map(|technician| technician.row.id).collect();
    let mut jobs = assignments::active_jobs(tx, &ids, ticket.id).await?;
    let mut away: BTreeMap<TechnicianId, Vec<Span>> = BTreeMap::new();
    for row in time_off::between(tx, &ids, from, until).await? {
        away.entry(row.technician_id).or_default().push(Span { start: row.starts_at, end: row.ends_at });
    }
    let rejections = performer_rejections::of_ticket(tx, ticket.id).await?;
    let candidate = |technician: Technician| {
        let row = technician.row;
        Candidate {
            id: row.id,
            name: row.name,
            is_active: row.status == TechnicianStatus::Active,
            availability: row.availability,
            priority_rank: row.priority_rank,
            max_active_jobs: row.max_active_jobs,
            skills: technician.skills,
            zones: technician.zones.into_iter().chain(row.home_zone_id).collect(),
            hours: technician.hours,
            time_off: away.remove(&row.id).unwrap_or_default(),
            jobs: jobs.remove(&row.id).unwrap_or_default(),
            declined: rejections.iter().any(|rejection| rejection.technician_id == Some(row.id)),
        }
    };
    Ok(found.into_iter().map(candidate).collect())
}

/// A vendor does every kind of work of which nobody says what it is.
pub(super) fn vendor(ticket: &Ticket, vendor: &Vendor) -> Performer {
    let does = |category: &String| vendor.specialties.iter().any(|own| own.eq_ignore_ascii_case(category));
    Performer::Vendor {
        is_active: vendor.row.status == PlaceStatus::Active,
        is_skilled: ticket.category.as_ref().is_none_or(does),
    }
}
