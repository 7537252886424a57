//! What the rules of assignment ask: where a ticket's work is, and what technicians have to do already.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use patchbay_core::ids::{SiteId, TechnicianId, TicketId, ZoneId};
use patchbay_core::ticket::TicketState;
use patchbay_core::ticket::assignment::ActiveJob;
use patchbay_core::ticket::assignment::candidate::Span;
use patchbay_core::ticket::assignment::distance::{Place, Point};

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

/// Where the work of a ticket is.
#[derive(Clone, Debug)]
pub struct WorkPlace {
    /// The site, its zone and the middle of that.
    pub place: Place,
    /// Time zone of the site.
    pub timezone: String,
    /// The one technician that the site accepts.
    pub exclusive: Option<TechnicianId>,
}

record! {
    struct PlaceRow {
        zone_id: Option<ZoneId>,
        centroid_lat: Option<f64>,
        centroid_lon: Option<f64>,
        timezone: String,
        exclusive_technician_id: Option<TechnicianId>,
    }
}

/// Where the work at a site is. Error: [`StoreError::NoRow`].
pub async fn work_place(tx: &mut Tx, site: SiteId) -> Result<WorkPlace, StoreError> {
    let row: PlaceRow = tx
        .query(
            "select s.zone_id, z.centroid_lat, z.centroid_lon, s.timezone, s.exclusive_technician_id
             from sites s left join zones z on z.id = s.zone_id
             where s.id = $1",
        )
        .bind(site)
        .one()
        .await?;
    let place = Place { site, zone: row.zone_id, middle: middle(row.centroid_lat, row.centroid_lon) };
    Ok(WorkPlace { place, timezone: row.timezone, exclusive: row.exclusive_technician_id })
}

fn middle(lat: Option<f64>, lon: Option<f64>) -> Option<Point> {
    Some(Point { lat: lat?, lon: lon? })
}

record! {
    struct JobRow {
        technician_id: TechnicianId,
        ticket_id: TicketId,
        state: TicketState,
        held_from_state: Option<TicketState>,
        site_id: SiteId,
        zone_id: Option<ZoneId>,
        centroid_lat: Option<f64>,
        centroid_lon: Option<f64>,
        scheduled_start: Option<DateTime<Utc>>,
        scheduled_end: Option<DateTime<Utc>>,
    }
}

impl From<JobRow> for ActiveJob {
    fn from(row: JobRow) -> Self {
        Self {
            ticket: row.ticket_id,
            state: row.state,
            held_from: row.held_from_state,
            place: Place { site: row.site_id, zone: row.zone_id, middle: middle(row.centroid_lat, row.centroid_lon) },
            window: row.scheduled_start.zip(row.scheduled_end).map(|(start, end)| Span { start, end }),
        }
    }
}

/// What these technicians have to do already, the ticket `except` left out. To see what begins at the same moment, lock
/// the technician first ([`crate::technicians::lock`]).
pub async fn active_jobs(
    tx: &mut Tx,
    technicians: &[TechnicianId],
    except: TicketId,
) -> Result<BTreeMap<TechnicianId, Vec<ActiveJob>>, StoreError> {
    let rows: Vec<JobRow> = tx
        .query_for(
            "select t.assigned_tech_id as technician_id, t.id as ticket_id, t.state, t.held_from_state, t.site_id,
                    s.zone_id, z.centroid_lat, z.centroid_lon, t.scheduled_start, t.scheduled_end
             from tickets t join sites s on s.id = t.site_id left join zones z on z.id = s.zone_id
             where t.assigned_tech_id in (select unhex(value ->> 0) from json_each($1)) and t.id <> $2
               and t.state in ('DISPATCHED', 'ON_SITE', 'IN_PROGRESS', 'ON_HOLD', 'APPROVAL_REQUIRED')
             order by t.id",
            "select t.assigned_tech_id as technician_id, t.id as ticket_id, t.state, t.held_from_state, t.site_id,
                    s.zone_id, z.centroid_lat, z.centroid_lon, t.scheduled_start, t.scheduled_end
             from tickets t join sites s on s.id = t.site_id left join zones z on z.id = s.zone_id
             where t.assigned_tech_id = any($1::uuid[]) and t.id <> $2
               and t.state in ('DISPATCHED', 'ON_SITE', 'IN_PROGRESS', 'ON_HOLD', 'APPROVAL_REQUIRED')
             order by t.id",
        )
        .bind_batch(Batch::new().ids(technicians.iter().copied()))
        .bind(except)
        .all()
        .await?;
    let mut jobs: BTreeMap<TechnicianId, Vec<ActiveJob>> = BTreeMap::new();
    for row in rows {
        jobs.entry(row.technician_id).or_default().push(row.into());
    }
    Ok(jobs)
}
