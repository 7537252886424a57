//! A merge that was wrong: what moved goes back, with what its addresses brought since. Source: domain, contacts and
//! identity.

use std::collections::{HashMap, HashSet};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::TimeDelta;
use patchbay_core::Code;
use patchbay_core::conversation::{CloseReason, ConversationStatus};
use patchbay_core::ctx::Ctx;
use patchbay_core::event::EventName;
use patchbay_core::ids::{ContactId, ConversationId, MergeId};
use patchbay_http::{ApiError, Caller, Id};
use patchbay_store::contact_merges::{self, MergeRow};
use patchbay_store::contacts;
use patchbay_store::conversations;
use patchbay_store::{StoreError, Tx, annotations, contact_sites};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{ContactBody, body};
use super::moved::Moved;
use super::tell::{newest, tell_contact, tell_conversations};
use super::tidy::promise_tidy;
use super::write::erased;
use crate::conversations::require_worker;
use crate::error::HubError;
use crate::resource::{Begun, Stamped, Write, record};
use crate::service_levels;
use crate::state::Hub;

/// How long a merge can be undone.
pub(super) const UNDO_WITHIN: TimeDelta = TimeDelta::days(30);

/// Which merge.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UndoRequest {
    /// The merge; the newest one of the contact when absent.
    #[serde(default)]
    merge_id: Option<Uuid>,
}

/// Undoes a merge, within 30 days. `id` is the contact that stayed or the one that was merged. Answers with the contact
/// that is on its own again. Errors: 409 `INVALID_STATE_TRANSITION` when it is too late or was undone already.
#[utoipa::path(post, path = "/api/v1/contacts/{id}/merge/undo", tag = "contacts",
    params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    request_body = UndoRequest,
    responses((status = 200, body = ContactBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"), (status = 409, description = "INVALID_STATE_TRANSITION")))]
pub(crate) async fn undo(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ContactId>,
    asked: Stamped<UndoRequest>,
) -> Result<Response, HubError> {
    require_worker(&ctx.actor)?;
    let mut write = match Write::begin(&hub, &ctx, &asked.stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    let tx = &mut write.tx;
    let merge = which(tx, id, asked.body.merge_id.map(MergeId)).await?;
    if merge.undone_at.is_some() {
        return Err(too_late("the merge was undone already"));
    }
    if merge.merged_at + UNDO_WITHIN < ctx.now {
        return Err(too_late("a merge can be undone for 30 days"));
    }
    let (first, second) = (merge.primary_id.min(merge.merged_id), merge.primary_id.max(merge.merged_id));
    contacts::lock(tx, first).await?;
    contacts::lock(tx, second).await?;
    let mut primary = contacts::by_id(tx, merge.primary_id).await?.ok_or(StoreError::NoRow)?;
    let merged = contacts::by_id(tx, merge.merged_id).await?.ok_or(StoreError::NoRow)?;
    if primary.erased_at.is_some() || merged.erased_at.is_some() {
        return Err(erased().into());
    }
    if primary.merged_into.is_some() {
        return Err(too_late("undo the later merge first"));
    }
    if !contact_merges::undo(tx, &ctx, merge.id).await? {
        return Err(too_late("the merge was undone already"));
    }
    let moved: Moved = serde_json::from_value(merge.moved.clone()).unwrap_or_default();
    contact_merges::set_merged_into(tx, &merged, None, ctx.now).await?;
    move_back(tx, &hub, &ctx, &merge, &moved).await?;
    primary.updated_at = ctx.now;
    contacts::update(tx, &primary).await?;
    promise_tidy(tx, &ctx, primary.id).await?;
    promise_tidy(tx, &ctx, merged.id).await?;
    let row = contacts::by_id(tx, merged.id).await?.ok_or(StoreError::NoRow)?;
    let answer = body(tx, &row).await?;
    let stays = contacts::by_id(tx, primary.id).await?.ok_or(StoreError::NoRow)?;
    let stays = body(tx, &stays).await?;
    let mut conversations = newest(tx, merged.id).await?;
    conversations.extend(newest(tx, primary.id).await?);
    let data = json!({ "contact": stays, "split_id": merged.id, "split": answer, "merge_id": merge.id });
    tell_contact(tx, &ctx, EventName::ContactMerged, &conversations, &data).await?;
    let subject = json!({ "contact_id": primary.id, "merged_id": merged.id, "merge_id": merge.id });
    record(tx, &ctx, row.account_id, "contact.merge_undo", subject).await?;
    write.finish(StatusCode::OK, &answer).await
}

fn too_late(message: &str) -> HubError {
    ApiError::new(Code::InvalidStateTransition, message).because("from_state", "merged").into()
}

async fn which(tx: &mut Tx, contact: ContactId, merge: Option<MergeId>) -> Result<MergeRow, HubError> {
    let missing = || ApiError::not_found("merge of this contact");
    let found = match merge {
        Some(id) => contact_merges::by_id(tx, id).await?,
        None => match contact_merges::of_merged(tx, contact).await? {
            Some(merge) => Some(merge),
            None => contact_merges::into_contact(tx, contact).await?.into_iter().next(),
        },
    };
    let found = found.filter(|merge| merge.primary_id == contact || merge.merged_id == contact);
    Ok(found.ok_or_else(missing)?)
}

async fn move_back(tx: &mut Tx, hub: &Hub, ctx: &Ctx, merge: &MergeRow, moved: &Moved) -> Result<(), HubError> {
    let identities: Vec<_> = contacts::identities_of(tx, merge.primary_id)
        .await?
        .into_iter()
        .filter(|identity| moved.identities.contains(&identity.id))
        .collect();
    let addresses: HashSet<_> =
        identities.iter().map(|identity| (identity.channel, identity.address.as_str())).collect();
    let then: HashSet<ConversationId> = moved.conversations.iter().copied().collect();
    // What began since with one of the addresses is theirs, too.
    let ours: Vec<ConversationId> = contact_merges::conversations_of(tx, merge.primary_id)
        .await?
        .into_iter()
        .filter(|conversation| {
            then.contains(&conversation.id)
                || (conversation.created_at >= merge.merged_at
                    && addresses.contains(&(conversation.channel, conversation.contact_address.as_str())))
        })
        .map(|conversation| conversation.id)
        .collect();
    contact_merges::move_conversations(tx, &ours, merge.merged_id, ctx.now).await?;
    let ids: Vec<_> = identities.iter().map(|identity| identity.id).collect();
    contact_merges::move_identities(tx, &ids, merge.merged_id).await?;
    for site in &moved.sites {
        contact_sites::unlink_site(tx, merge.primary_id, site.site_id, &site.relation).await?;
    }
    let shown: Vec<ConversationId> = ours.iter().rev().take(200).copied().collect();
    let mut rows: HashMap<ConversationId, _> =
        conversations::by_ids(tx, &shown).await?.into_iter().map(|row| (row.id, row)).collect();
    let mut has_open: HashSet<_> =
        rows.values().filter(|row| row.status != ConversationStatus::Closed).map(|row| row.inbox_id).collect();
    for closed in &moved.closed {
        let Some(row) = rows.get_mut(&closed.id) else { continue };
        let is_as_we_left_it = row.close_reason == Some(CloseReason::Duplicate)
            && row.closed_at.map(|at| at.timestamp_micros()) == Some(merge.merged_at.timestamp_micros());
        if !is_as_we_left_it || !has_open.insert(row.inbox_id) {
            continue;
        }
        let agent = closed.assigned_to.filter(|id| hub.directory().users.get(id).is_some_and(|user| user.is_active));
        row.status =
            if closed.status.is_held() && agent.is_none() { ConversationStatus::Queued } else { closed.status };
        row.assigned_to = agent;
        row.closed_at = None;
        row.closed_by = None;
        row.close_reason = None;
        row.updated_at = ctx.now;
        service_levels::follow(tx, ctx, &hub.gate.directory.load_full(), row).await?;
        conversations::update(tx, std::slice::from_ref(row)).await?;
        row.version += 1;
        annotations::record_event(tx, ctx, row.id, "reopened", json!({ "merge_id": merge.id })).await?;
    }
    let rows: Vec<_> = rows.into_values().collect();
    tell_conversations(tx, hub, ctx, &rows, None).await
}
