//! Two contacts become one: addresses, conversations and places move to the one that stays; the other one's id goes on
//! leading there. Where both have an open conversation in an inbox, the one that moves is closed as a duplicate: there
//! is never more than one. Nobody gets rights by a merge. Source: domain, contacts and identity.

use std::collections::HashMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use patchbay_core::conversation::{CloseReason, ConversationStatus, Trigger};
use patchbay_core::ctx::Ctx;
use patchbay_core::event::EventName;
use patchbay_core::ids::{ContactId, ConversationId, IdentityId, InboxId, MergeId, NoteId};
use patchbay_http::{ApiError, Caller, Id};
use patchbay_store::annotations::NoteRow;
use patchbay_store::contact_merges::{self, NewMerge};
use patchbay_store::contact_sites::SiteOfContact;
use patchbay_store::contacts::{self, ContactRow};
use patchbay_store::conversations::{self, ConversationRow};
use patchbay_store::{StoreError, Tx, annotations, contact_sites};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{ContactBody, body, find};
use super::moved::{Closed, Moved};
use super::tell::{newest, tell_contact, tell_conversations};
use super::tidy::promise_tidy;
use super::write::erased;
use crate::conversations::{end, require_worker, write_note};
use crate::error::HubError;
use crate::resource::{Begun, Stamped, Write, record};
use crate::service_levels;
use crate::state::Hub;

/// Longest reason, in characters.
const REASON_CHARS: usize = 500;

/// Which contact to merge into the one of the path, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergeRequest {
    /// The contact that goes into this one. `source_id`, `other_id`, `merge_id` and `duplicate_id` are other names.
    #[serde(alias = "source_id", alias = "other_id", alias = "merge_id", alias = "duplicate_id")]
    contact_id: Uuid,
    /// Why they are one person; 1 to 500 characters.
    reason: String,
}

/// Merges another contact into this one. Can be undone for 30 days. Merging again what was merged changes nothing.
#[utoipa::path(post, path = "/api/v1/contacts/{id}/merge", tag = "contacts",
    params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    request_body = MergeRequest,
    responses((status = 200, body = ContactBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "INVALID_STATE_TRANSITION, VERSION_CONFLICT")))]
pub(crate) async fn merge(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ContactId>,
    asked: Stamped<MergeRequest>,
) -> Result<Response, HubError> {
    require_worker(&ctx.actor)?;
    let reason = asked.body.reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS {
        return Err(ApiError::invalid("reason", format!("say why in up to {REASON_CHARS} characters")).into());
    }
    let other = ContactId(asked.body.contact_id);
    if other == id {
        return Err(ApiError::invalid("contact_id", "must be another contact").into());
    }
    let mut write = match Write::begin(&hub, &ctx, &asked.stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    let tx = &mut write.tx;
    let primary = find(tx, id).await?.id;
    let other = match find(tx, other).await {
        Ok(row) => row.id,
        Err(HubError::Refused(_)) => {
            return Err(ApiError::invalid("contact_id", "there is no such contact").into());
        }
        Err(error) => return Err(error),
    };
    if primary == other {
        let row = find(tx, primary).await?;
        let answer = body(tx, &row).await?;
        return write.finish(StatusCode::OK, &answer).await;
    }
    let (primary, merged) = lock_both(tx, primary, other).await?;
    if primary.erased_at.is_some() || merged.erased_at.is_some() {
        return Err(erased().into());
    }
    let merge_id = MergeId::new();
    let moved = move_all(tx, &hub, &ctx, &primary, &merged).await?;
    let subject = json!({ "contact_id": primary.id, "merged_id": merged.id, "merge_id": merge_id,
                          "identities": moved.identities.len(), "conversations": moved.conversations.len() });
    let moved = serde_json::to_value(moved).unwrap_or_default();
    let new = NewMerge { id: merge_id, primary_id: primary.id, merged_id: merged.id, reason, moved };
    contact_merges::insert(tx, &ctx, &new).await?;
    contact_merges::set_merged_into(tx, &merged, Some(primary.id), ctx.now).await?;
    let mut row = primary;
    row.updated_at = ctx.now;
    contacts::update(tx, &row).await?;
    row.version += 1;
    promise_tidy(tx, &ctx, row.id).await?;
    let answer = body(tx, &row).await?;
    let data = json!({ "contact": answer, "merged_id": merged.id, "merge_id": merge_id });
    let conversations = newest(tx, row.id).await?;
    tell_contact(tx, &ctx, EventName::ContactMerged, &conversations, &data).await?;
    record(tx, &ctx, row.account_id, "contact.merge", subject).await?;
    write.finish(StatusCode::OK, &answer).await
}

/// Both contacts, locked in the order of their ids, so that two merges never wait for each other.
pub(super) async fn lock_both(
    tx: &mut Tx,
    primary: ContactId,
    other: ContactId,
) -> Result<(ContactRow, ContactRow), HubError> {
    let (first, second) = (primary.min(other), primary.max(other));
    let first = contacts::lock(tx, first).await?.ok_or(StoreError::NoRow)?;
    let second = contacts::lock(tx, second).await?.ok_or(StoreError::NoRow)?;
    if first.merged_into.is_some() || second.merged_into.is_some() {
        // Somebody merged one of them between our looking and our locking.
        return Err(StoreError::Conflict.into());
    }
    Ok(if first.id == primary { (first, second) } else { (second, first) })
}

async fn move_all(
    tx: &mut Tx,
    hub: &Hub,
    ctx: &Ctx,
    primary: &ContactRow,
    merged: &ContactRow,
) -> Result<Moved, HubError> {
    let identities: Vec<IdentityId> =
        contacts::identities_of(tx, merged.id).await?.into_iter().map(|identity| identity.id).collect();
    let conversations: Vec<ConversationId> =
        contact_merges::conversations_of(tx, merged.id).await?.into_iter().map(|belonging| belonging.id).collect();
    let known = contact_sites::sites_of(tx, primary.id).await?;
    let is_known = |site: &SiteOfContact| {
        known.iter().any(|known| known.site_id == site.site_id && known.relation == site.relation)
    };
    let mut sites = contact_sites::sites_of(tx, merged.id).await?;
    sites.retain(|site| !is_known(site));
    let closed = close_doubles(tx, hub, ctx, primary, merged).await?;
    contact_merges::move_conversations(tx, &conversations, primary.id, ctx.now).await?;
    contact_merges::move_identities(tx, &identities, primary.id).await?;
    contact_sites::move_sites(tx, merged.id, primary.id, ctx.now).await?;
    let shown: Vec<ConversationId> = conversations.iter().rev().take(200).copied().collect();
    let rows = conversations::by_ids(tx, &shown).await?;
    tell_conversations(tx, hub, ctx, &rows, None).await?;
    Ok(Moved { identities, conversations, closed, sites })
}

/// Closes what `merged` has open where `primary` has something open, too. Written, not yet told.
async fn close_doubles(
    tx: &mut Tx,
    hub: &Hub,
    ctx: &Ctx,
    primary: &ContactRow,
    merged: &ContactRow,
) -> Result<Vec<Closed>, HubError> {
    let mut kept: HashMap<InboxId, ConversationRow> =
        open_of(tx, primary.id).await?.into_iter().map(|row| (row.inbox_id, row)).collect();
    let mut closed = Vec::new();
    for mut row in open_of(tx, merged.id).await? {
        let Some(goes_on) = kept.get_mut(&row.inbox_id) else { continue };
        closed.push(Closed { id: row.id, into: goes_on.id, status: row.status, assigned_to: row.assigned_to });
        let waits = row.waiting_since.is_some();
        if waits && let Some(next) = goes_on.status.after(Trigger::CustomerWrote) {
            goes_on.status = next;
        }
        goes_on.waiting_since = earlier(goes_on.waiting_since, row.waiting_since);
        goes_on.priority = goes_on.priority.max(row.priority);
        goes_on.updated_at = ctx.now;
        service_levels::follow(tx, ctx, &hub.gate.directory.load_full(), goes_on).await?;
        conversations::update(tx, std::slice::from_ref(goes_on)).await?;
        goes_on.version += 1;
        let text = format!(
            "{} was merged into this contact. What was said there until now stands in the closed conversation.",
            merged.display_name
        );
        let note = NoteRow {
            id: NoteId::new(),
            conversation_id: goes_on.id,
            author_id: None,
            author_name: ctx.actor.name.clone().unwrap_or_else(|| "Patchbay".into()),
            text,
            created_at: ctx.now,
        };
        write_note(tx, ctx, goes_on, &note).await?;
        let closed_by = hub.directory().users.contains_key(&ctx.actor.user_id()).then(|| ctx.actor.user_id());
        end(&mut row, ctx, CloseReason::Duplicate, closed_by);
        row.updated_at = ctx.now;
        service_levels::follow(tx, ctx, &hub.gate.directory.load_full(), &mut row).await?;
        conversations::update(tx, std::slice::from_ref(&row)).await?;
        let details = json!({ "close_reason": "duplicate", "duplicate_of": goes_on.id });
        annotations::record_event(tx, ctx, row.id, "merged", details).await?;
        tell_conversations(tx, hub, ctx, std::slice::from_ref(goes_on), None).await?;
    }
    Ok(closed)
}

/// The open conversations of a contact, locked.
pub(super) async fn open_of(tx: &mut Tx, contact: ContactId) -> Result<Vec<ConversationRow>, HubError> {
    let ids: Vec<ConversationId> =
        contact_merges::conversations_of(tx, contact).await?.into_iter().map(|belonging| belonging.id).collect();
    let mut open = Vec::new();
    for row in conversations::by_ids(tx, &ids).await? {
        if row.status != ConversationStatus::Closed
            && let Some(row) = conversations::lock(tx, row.id).await?
            && row.status != ConversationStatus::Closed
        {
            open.push(row);
        }
    }
    open.sort_by_key(|row| row.id);
    Ok(open)
}

fn earlier<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
