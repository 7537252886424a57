//! Inbound events that were put aside: looked at without their words, sent again once whatever was wrong is mended, or let
//! be.

mod preview;
mod routes;

use patchbay_core::Code;
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{InboxId, QuarantineId};
use patchbay_core::item::Item;
use patchbay_store::quarantine::{self as store, QuarantineRow, QuarantinedContent};
use patchbay_store::{Db, StoreError};
use serde_json::json;

use super::reenact::{Reenacted, Reenactor};
use super::settling::{Settled, Waiting};
use crate::resource::record;

pub use routes::QuarantineBody;
pub(super) use routes::router;

impl Waiting for QuarantineRow {
    const NAME: &'static str = "quarantined event";
    const SETTLED: Code = Code::QuarantineSettled;

    fn status(&self) -> &str {
        &self.status
    }
}

/// How an event can be done anew.
enum Way {
    /// Its items are whole and their inbox is known.
    Items(InboxId, Vec<Item>),
    /// The request is kept, sealed.
    Request(Vec<u8>),
}

fn way(row: &QuarantineRow, content: &QuarantinedContent) -> Option<Way> {
    let items = serde_json::from_slice::<Item>(&content.raw)
        .map(|item| vec![item])
        .or_else(|_| serde_json::from_slice::<Vec<Item>>(&content.raw))
        .ok()
        .filter(|items| !items.is_empty());
    match (row.reason.as_str(), row.inbox_id, items, &content.request) {
        // What the adapters could not read is no better when it is read by the intake again.
        ("poisoned" | "unknown_inbox", Some(inbox), Some(items), _) => Some(Way::Items(inbox, items)),
        (_, _, _, Some(request)) => Some(Way::Request(request.clone())),
        _ => None,
    }
}

/// Does an event anew. `instead`: the item to take instead of the one that was kept. What is here already is not doubled.
pub async fn replay(
    db: &Db,
    ctx: &Ctx,
    reenactor: &Reenactor,
    id: QuarantineId,
    instead: Option<Item>,
) -> Result<Settled<QuarantineRow>, StoreError> {
    let mut reading = db.read().await?;
    let Some(row) = store::by_id(&mut reading, id).await? else { return Ok(Settled::Missing) };
    if row.status != "open" {
        return Ok(Settled::Already(Box::new(row)));
    }
    let Some(content) = store::content(&mut reading, id).await? else { return Ok(Settled::Missing) };
    drop(reading);
    let Some(reenact) = reenactor.get() else { return Ok(Settled::Refused("unavailable".into())) };
    let outcome = match (way(&row, &content), instead, row.inbox_id) {
        (_, Some(item), Some(inbox)) => reenact.retake(inbox, vec![item], row.received_at).await,
        (Some(Way::Items(inbox, items)), None, _) => reenact.retake(inbox, items, row.received_at).await,
        (Some(Way::Request(sealed)), None, _) => reenact.reenact(&sealed, row.received_at, row.inbox_id).await,
        _ => return Ok(Settled::Refused("not_kept".into())),
    };
    let mut tx = db.begin().await?;
    let why = match outcome {
        Reenacted::Accepted => {
            if !store::settle(&mut tx, ctx, id, "replayed", None).await? {
                drop(tx);
                return settled_before(db, id).await;
            }
            let what = json!({ "quarantine_id": id, "reason": row.reason });
            record(&mut tx, ctx, None, "quarantine.replay", what).await?;
            let row = store::by_id(&mut tx, id).await?.ok_or(StoreError::NoRow)?;
            tx.commit().await?;
            return Ok(Settled::Done(Box::new(row)));
        }
        Reenacted::SetAside(why) | Reenacted::Refused(why) => why,
        Reenacted::Unreadable => "key_missing".into(),
        Reenacted::Unavailable => "unavailable".into(),
    };
    store::tried(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Settled::Refused(why))
}

/// Lets an event be.
pub async fn discard(
    db: &Db,
    ctx: &Ctx,
    id: QuarantineId,
    note: Option<&str>,
) -> Result<Settled<QuarantineRow>, StoreError> {
    let mut tx = db.begin().await?;
    if !store::settle(&mut tx, ctx, id, "discarded", note).await? {
        drop(tx);
        return settled_before(db, id).await;
    }
    record(&mut tx, ctx, None, "quarantine.discard", json!({ "quarantine_id": id })).await?;
    let row = store::by_id(&mut tx, id).await?.ok_or(StoreError::NoRow)?;
    tx.commit().await?;
    Ok(Settled::Done(Box::new(row)))
}

async fn settled_before(db: &Db, id: QuarantineId) -> Result<Settled<QuarantineRow>, StoreError> {
    let row = store::by_id(&mut db.read().await?, id).await?;
    Ok(row.map_or(Settled::Missing, |row| Settled::Already(Box::new(row))))
}
