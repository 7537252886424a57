//! What belongs to technicians: skills, zones and hours. Read for many at once, written whole.

use std::collections::BTreeMap;

use patchbay_core::hours::{DayMinute, Shift};
use patchbay_core::ids::{TechnicianId, ZoneId};

use super::{Technician, TechnicianRow};
use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    struct SkillRow {
        technician_id: TechnicianId,
        skill_key: String,
    }
}

record! {
    struct ZoneLink {
        technician_id: TechnicianId,
        zone_id: ZoneId,
    }
}

record! {
    struct HoursRow {
        technician_id: TechnicianId,
        weekday: i64,
        start_minute: i64,
        end_minute: i64,
        enabled: bool,
    }
}

impl HoursRow {
    fn shift(&self) -> Result<Shift, StoreError> {
        let minute = |value: i64| {
            DayMinute::try_from(value).map_err(|source| StoreError::Decode {
                column: "start_minute, end_minute".into(),
                source: source.into(),
            })
        };
        Ok(Shift {
            weekday: u8::try_from(self.weekday)
                .map_err(|source| StoreError::Decode { column: "weekday".into(), source: source.into() })?,
            start: minute(self.start_minute)?,
            end: minute(self.end_minute)?,
            enabled: self.enabled,
        })
    }
}

/// The technicians of these rows, in their order.
pub(super) async fn complete(tx: &mut Tx, rows: Vec<TechnicianRow>) -> Result<Vec<Technician>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut all: BTreeMap<TechnicianId, Technician> = BTreeMap::new();
    let order: Vec<TechnicianId> = rows.iter().map(|row| row.id).collect();
    for row in rows {
        let technician = Technician { skills: [].into(), zones: [].into(), hours: Vec::new(), row };
        all.insert(technician.row.id, technician);
    }
    for link in skills(tx, &order).await? {
        if let Some(technician) = all.get_mut(&link.technician_id) {
            technician.skills.insert(link.skill_key);
        }
    }
    for link in zones(tx, &order).await? {
        if let Some(technician) = all.get_mut(&link.technician_id) {
            technician.zones.insert(link.zone_id);
        }
    }
    for link in hours(tx, &order).await? {
        let shift = link.shift()?;
        if let Some(technician) = all.get_mut(&link.technician_id) {
            technician.hours.push(shift);
        }
    }
    Ok(order.iter().filter_map(|id| all.remove(id)).collect())
}

async fn skills(tx: &mut Tx, of: &[TechnicianId]) -> Result<Vec<SkillRow>, StoreError> {
    tx.query_for(
        "select technician_id, skill_key from technician_skills
         where technician_id in (select unhex(value ->> 0) from json_each($1))",
        "select technician_id, skill_key from technician_skills where technician_id = any($1::uuid[])",
    )
    .bind_batch(Batch::new().ids(of.iter().copied()))
    .all()
    .await
}

async fn zones(tx: &mut Tx, of: &[TechnicianId]) -> Result<Vec<ZoneLink>, StoreError> {
    tx.query_for(
        "select technician_id, zone_id from technician_zones
         where technician_id in (select unhex(value ->> 0) from json_each($1))",
        "select technician_id, zone_id from technician_zones where technician_id = any($1::uuid[])",
    )
    .bind_batch(Batch::new().ids(of.iter().copied()))
    .all()
    .await
}

async fn hours(tx: &mut Tx, of: &[TechnicianId]) -> Result<Vec<HoursRow>, StoreError> {
    tx.query_for(
        "select technician_id, weekday, start_minute, end_minute, enabled from working_hours
         where technician_id in (select unhex(value ->> 0) from json_each($1))
         order by technician_id, weekday, start_minute",
        "select technician_id, weekday, start_minute, end_minute, enabled from working_hours
         where technician_id = any($1::uuid[])
         order by technician_id, weekday, start_minute",
    )
    .bind_batch(Batch::new().ids(of.iter().copied()))
    .all()
    .await
}

/// Replaces what belongs to a technician. Error: [`StoreError::MissingReference`] when a zone does not exist.
pub(super) async fn write(tx: &mut Tx, technician: &Technician) -> Result<(), StoreError> {
    let id = technician.row.id;
    tx.query("delete from technician_skills where technician_id = $1").bind(id).execute().await?;
    tx.query("delete from technician_zones where technician_id = $1").bind(id).execute().await?;
    tx.query("delete from working_hours where technician_id = $1").bind(id).execute().await?;
    tx.query_for(
        "insert into technician_skills (technician_id, skill_key) select $1, value ->> 0 from json_each($2)",
        "insert into technician_skills (technician_id, skill_key) select $1, skill from unnest($2::text[]) as skill",
    )
    .bind(id)
    .bind_batch(Batch::new().texts(technician.skills.iter().map(String::as_str)))
    .execute()
    .await?;
    tx.query_for(
        "insert into technician_zones (technician_id, zone_id) select $1, unhex(value ->> 0) from json_each($2)",
        "insert into technician_zones (technician_id, zone_id) select $1, zone from unnest($2::uuid[]) as zone",
    )
    .bind(id)
    .bind_batch(Batch::new().ids(technician.zones.iter().copied()))
    .execute()
    .await?;
    let shifts = &technician.hours;
    tx.query_for(
        "insert into working_hours (technician_id, weekday, start_minute, end_minute, enabled)
         select $1, value ->> 0, value ->> 1, value ->> 2, value ->> 3 from json_each($2)",
        "insert into working_hours (technician_id, weekday, start_minute, end_minute, enabled)
         select $1, weekday, start_minute, end_minute, enabled
         from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::boolean[])
              as shift (weekday, start_minute, end_minute, enabled)",
    )
    .bind(id)
    .bind_batch(
        Batch::new()
            .integers(shifts.iter().map(|shift| i64::from(shift.weekday)))
            .integers(shifts.iter().map(|shift| shift.start.get()))
            .integers(shifts.iter().map(|shift| shift.end.get()))
            .booleans(shifts.iter().map(|shift| shift.enabled)),
    )
    .execute()
    .await
    .map(drop)
}
