//! Steps of ladders, taken when they are due.

use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::alert::{AlertState, Ladder};
use patchbay_core::directory::Directory;
use patchbay_core::event::EventName;
use patchbay_core::ids::AlertId;
use patchbay_store::alerts::{self, AlertRow};
use patchbay_store::{StoreError, Tx};

use super::change::emit;
use super::tell::tell;

/// Takes what is due of an alert, and notes it on the row alone. Answers when to look again.
pub(super) async fn climb(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    row: &mut AlertRow,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let ladder: Ladder = serde_json::from_value(row.ladder.clone()).unwrap_or_default();
    let mut life = row.life();
    let ring = life.ring(&ladder, ctx.now);
    row.live(&life);
    if let Some((place, step)) = ring.step.and_then(|place| Some((place, ladder.steps.get(place)?))) {
        tell(tx, ctx, directory, row, (ring.run, place, step)).await?;
        metrics::counter!("alert_steps_total").increment(1);
    }
    Ok(ring.next)
}

/// The timer of an alert rings. Answers when to ring again; `None`: never, unless something changes. The alert stays
/// locked until the transaction ends.
pub async fn ring(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    id: AlertId,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let Some(mut row) = alerts::lock(tx, id).await? else { return Ok(None) };
    if row.life().next_at().is_none_or(|at| at > ctx.now) {
        return Ok(row.life().next_at());
    }
    let was: AlertState = row.state;
    let next = climb(tx, ctx, directory, &mut row).await?;
    row.updated_at = ctx.now;
    alerts::update(tx, &mut row).await?;
    if row.state != was {
        emit(tx, ctx, directory, EventName::AlertUpdated, &row).await?;
    }
    Ok(next)
}
