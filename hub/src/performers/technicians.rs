//! `/api/v1/technicians`.

use patchbay_core::Ctx;
use patchbay_core::ids::{TechnicianId, UserId, ZoneId};
use patchbay_core::technician::{Availability, TechnicianStatus};
use patchbay_http::ApiError;
use patchbay_store::Tx;
use patchbay_store::technicians::{self, Technician, TechnicianFilter};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::technician_body::{NewTechnician, TechnicianBody, TechnicianChange};
use crate::error::HubError;
use crate::resource::text::searched;
use crate::resource::{Mark, Resource, Window, endpoints, require_dispatch_lead};
use crate::state::Hub;

/// Which technicians to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TechnicianQuery {
    /// `active` or `deactivated`.
    #[param(value_type = Option<String>)]
    status: Option<TechnicianStatus>,
    /// `AVAILABLE`, `BUSY`, `OFFLINE` or `ON_LEAVE`.
    #[param(value_type = Option<String>)]
    availability: Option<Availability>,
    /// Only those who work in this zone.
    zone_id: Option<Uuid>,
    /// Only those who have this skill.
    skill: Option<String>,
    /// Only the one with this login.
    user_id: Option<Uuid>,
    /// Text in the name.
    q: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, 1 to 100; 20 when missing.
    limit: Option<i64>,
}

/// Those who do the work on site.
pub(super) struct Technicians;

impl Resource for Technicians {
    const NAME: &'static str = "technician";
    type Key = TechnicianId;
    type Row = Technician;
    type Query = TechnicianQuery;
    type New = NewTechnician;
    type Change = TechnicianChange;
    type Body = TechnicianBody;

    fn may_write(ctx: &Ctx) -> Result<(), ApiError> {
        require_dispatch_lead(ctx)
    }

    fn window(query: &TechnicianQuery) -> Window<'_> {
        Window { cursor: query.cursor.as_deref(), limit: query.limit }
    }

    fn mark(technician: &Technician) -> Mark {
        Mark { id: technician.row.id.into(), version: technician.row.version, account: None }
    }

    fn made_from(change: &TechnicianChange) -> Option<i64> {
        change.version
    }

    fn body(_: &Hub, technician: &Technician) -> TechnicianBody {
        technician.into()
    }

    async fn page(
        tx: &mut Tx,
        _: &Hub,
        _: &Ctx,
        query: TechnicianQuery,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<Technician>, HubError> {
        let filter = TechnicianFilter {
            status: query.status,
            availability: query.availability,
            zone: query.zone_id.map(ZoneId),
            skill: query.skill,
            user: query.user_id.map(UserId),
            text: searched(query.q),
        };
        Ok(technicians::page(tx, &filter, after.map(TechnicianId), limit).await?)
    }

    async fn find(tx: &mut Tx, _: &Ctx, key: &TechnicianId) -> Result<Option<Technician>, HubError> {
        Ok(technicians::by_id(tx, *key).await?)
    }

    async fn make(tx: &mut Tx, ctx: &Ctx, new: NewTechnician) -> Result<Technician, HubError> {
        let technician = new.technician(ctx)?;
        technicians::insert(tx, &technician).await?;
        Ok(technician)
    }

    async fn apply(_: &mut Tx, _: &Ctx, row: &mut Technician, change: TechnicianChange) -> Result<(), HubError> {
        Ok(change.apply(row)?)
    }

    async fn save(tx: &mut Tx, ctx: &Ctx, technician: &mut Technician) -> Result<(), HubError> {
        technician.row.updated_at = ctx.now;
        technicians::update(tx, technician).await?;
        technician.row.version += 1;
        Ok(())
    }

    fn retire(technician: &mut Technician) -> bool {
        let was = std::mem::replace(&mut technician.row.status, TechnicianStatus::Deactivated);
        was != TechnicianStatus::Deactivated
    }
}

endpoints! {
    Technicians at "/api/v1/technicians" and "/api/v1/technicians/{id}" tagged "performers", named by Uuid;
    /// Technicians, in the order they were made.
    list TechnicianQuery;
    /// Makes a technician. Admins, supervisors and dispatchers only. Error: 409 `ALREADY_EXISTS` when telephone or login
    /// are taken.
    create NewTechnician;
    /// One technician.
    read TechnicianBody;
    /// Changes a technician. Admins, supervisors and dispatchers only.
    change by patch TechnicianChange;
    /// Deactivates a technician: gets no more work; past work stays. Admins, supervisors and dispatchers only.
    deactivate;
}
