//! Forgetting a person: names, addresses, words and files go; that something happened, and when, stays. Message keys
//! become hashes, so that a webhook which is sent again brings nothing back.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use patchbay_core::ctx::Ctx;
use patchbay_core::event::EventName;
use patchbay_core::ids::{ContactId, ConversationId, TicketId};
use patchbay_core::role::Role;
use patchbay_http::{ApiError, Caller, Id};
use patchbay_store::contact_erasure as store;
use patchbay_store::{Tx, contact_merges, contacts, conversations};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{body, find};
use super::redact::redact_feed;
use super::tell::{tell_contact, tell_conversations};
use super::tidy::{forget_words, promise_erasure};
use crate::error::HubError;
use crate::resource::{Begun, Stamped, Write, record};
use crate::state::Hub;

/// Why a person is forgotten.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EraseRequest {
    /// The number of the request or the like; up to 200 characters, nothing personal.
    #[serde(default)]
    reason: Option<String>,
}

/// What was erased.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErasedBody {
    /// The contact; its id goes on existing.
    contact_id: Uuid,
    /// When it was erased first.
    erased_at: DateTime<Utc>,
    /// Conversations that were emptied.
    conversations: usize,
    /// Messages that were emptied.
    messages: u64,
    /// Files that go, unless something else has the same content.
    files: usize,
    /// Tickets whose requester was taken out.
    tickets: usize,
}

/// Erases everything personal about a contact and all that were merged into it. Cannot be undone. Doing it again changes
/// nothing. Admins only.
#[utoipa::path(post, path = "/api/v1/contacts/{id}/erase", tag = "contacts",
    params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    request_body = EraseRequest,
    responses((status = 200, body = ErasedBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND")))]
pub(crate) async fn erase(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ContactId>,
    asked: Stamped<EraseRequest>,
) -> Result<Response, HubError> {
    if ctx.actor.role != Role::Admin {
        return Err(ApiError::forbidden("only admins erase contacts").into());
    }
    let reason = crate::resource::text::optional_line("reason", asked.body.reason)?;
    let mut write = match Write::begin(&hub, &ctx, &asked.stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    let tx = &mut write.tx;
    let survivor = find(tx, id).await?.id;
    let family = contact_merges::family_of(tx, survivor).await?;
    let mut ordered = family.clone();
    ordered.sort();
    for contact in &ordered {
        contacts::lock(tx, *contact).await?;
    }
    let erased = erase_rows(tx, &hub, &ctx, &family).await?;
    let row = find(tx, survivor).await?;
    let shown = body(tx, &row).await?;
    let rows = conversations::by_ids(tx, &erased.conversations).await?;
    tell_conversations(tx, &hub, &ctx, &rows, None).await?;
    tell_contact(tx, &ctx, EventName::ContactUpdated, &rows, &json!({ "contact": shown })).await?;
    let answer = ErasedBody {
        contact_id: survivor.into(),
        erased_at: row.erased_at.unwrap_or(ctx.now),
        conversations: erased.conversations.len(),
        messages: erased.messages,
        files: erased.files.len(),
        tickets: erased.tickets.len(),
    };
    let subject = json!({ "contact_id": survivor, "reason": reason, "conversations": answer.conversations,
                          "messages": answer.messages, "tickets": answer.tickets });
    record(tx, &ctx, row.account_id, "contact.erase", subject).await?;
    promise_erasure(tx, &ctx, survivor, &erased.files).await?;
    for contact in &family {
        store::forget_answers(tx, *contact).await?;
    }
    let response = write.finish(StatusCode::OK, &answer).await?;
    // A job does both again in case we do not get there.
    redact_feed(&hub.db, &erased.conversations, &erased.tickets).await?;
    forget_words(&hub.db, &family, &erased.conversations).await?;
    Ok(response)
}

/// What was taken out of the tables.
pub(super) struct Erased {
    pub(super) conversations: Vec<ConversationId>,
    pub(super) tickets: Vec<TicketId>,
    pub(super) messages: u64,
    /// Where their files lie.
    pub(super) files: Vec<String>,
}

/// Takes these contacts out of all tables, in the caller's transaction.
pub(super) async fn erase_rows(tx: &mut Tx, hub: &Hub, ctx: &Ctx, family: &[ContactId]) -> Result<Erased, HubError> {
    let conversations = store::conversations_of(tx, family).await?;
    let tickets = store::tickets_of(tx, family).await?;
    for conversation in &conversations {
        conversations::lock(tx, *conversation).await?;
        store::hash_keys(tx, *conversation, ctx.now).await?;
    }
    let files = store::forget_files(tx, &conversations, ctx.now).await?;
    let messages = store::empty_messages(tx, &conversations, ctx.now).await?;
    store::empty_conversations(tx, &conversations, ctx.now).await?;
    store::empty_surroundings(tx, &conversations).await?;
    store::empty_contacts(tx, family, ctx.now).await?;
    hub.dispatch.forget_requester(tx, ctx, &tickets).await?;
    Ok(Erased { conversations, tickets, messages, files })
}
