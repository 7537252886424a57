//! Changing a contact: its name and rights, and the addresses people say it has.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use patchbay_core::Code;
use patchbay_core::conversation::ConversationStatus;
use patchbay_core::ctx::Ctx;
use patchbay_core::event::EventName;
use patchbay_core::ids::{AccountId, ContactId, ConversationId, IdentityId};
use patchbay_http::{ApiError, Caller, Id};
use patchbay_store::Tx;
use patchbay_store::contacts::{self, ContactRow};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{ContactBody, body, find};
use super::create::{NewIdentityBody, canonical, check_account, give};
use super::tell::{newest, tell_contact, touch_conversations};
use super::tidy::promise_tidy;
use crate::conversations::require_worker;
use crate::error::HubError;
use crate::resource::text;
use crate::resource::{Begun, Edit, Stamp, Stamped, Write, changed_fields, record};
use crate::state::Hub;

/// Most bytes of further facts.
const METADATA_BYTES: usize = 16 << 10;

/// Who may order and approve is for those to say who lead. Error: 403 `FORBIDDEN`.
pub(super) fn require_lead_for_rights(ctx: &Ctx) -> Result<(), ApiError> {
    if ctx.actor.role.leads() {
        Ok(())
    } else {
        Err(ApiError::forbidden("only those who lead say who may order, approve and let people in"))
    }
}

/// Further facts are bounded. Error: 400 `INVALID_REQUEST`.
pub(super) fn check_metadata(metadata: &Map<String, Value>) -> Result<(), ApiError> {
    let bytes = serde_json::to_string(metadata).map_or(usize::MAX, |text| text.len());
    if bytes <= METADATA_BYTES {
        Ok(())
    } else {
        Err(ApiError::invalid("metadata", format!("must not be longer than {METADATA_BYTES} bytes")))
    }
}

/// What to change. What is missing stays, null clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactPatch {
    /// Name to show; 1 to 200 characters. `name` is another name for it.
    #[serde(alias = "name")]
    display_name: Option<String>,
    /// Preferred language.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    locale: Edit<String>,
    /// Time zone.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    timezone: Edit<String>,
    /// Account it belongs to.
    #[schema(value_type = Option<Uuid>)]
    #[serde(default)]
    account_id: Edit<Uuid>,
    /// May ask for work.
    is_authorized_requester: Option<bool>,
    /// May approve costs.
    is_authorized_approver: Option<bool>,
    /// May let somebody in.
    can_grant_access: Option<bool>,
    /// Whom to ask first when something escalates.
    #[schema(value_type = Option<i64>)]
    #[serde(default)]
    escalation_level: Edit<i64>,
    /// Further facts, all of them.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
    /// The version that was read.
    version: Option<i64>,
}

/// The contact, locked, which must neither be merged into another nor erased. Errors: 404 `NOT_FOUND`, 409
/// `INVALID_STATE_TRANSITION`.
pub(super) async fn lock_live(tx: &mut Tx, id: ContactId) -> Result<ContactRow, HubError> {
    let survivor = find(tx, id).await?.id;
    let row = contacts::lock(tx, survivor).await?.ok_or_else(|| ApiError::not_found("contact"))?;
    if row.merged_into.is_some() {
        return Err(patchbay_store::StoreError::Conflict.into());
    }
    if row.erased_at.is_some() {
        return Err(erased().into());
    }
    Ok(row)
}

pub(super) fn erased() -> ApiError {
    ApiError::new(Code::InvalidStateTransition, "the contact was erased").because("from_state", "erased")
}

/// Changes a contact.
#[utoipa::path(patch, path = "/api/v1/contacts/{id}", tag = "contacts",
    params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    request_body = ContactPatch,
    responses((status = 200, body = ContactBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "VERSION_CONFLICT, INVALID_STATE_TRANSITION")))]
pub(crate) async fn patch(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ContactId>,
    asked: Stamped<ContactPatch>,
) -> Result<Response, HubError> {
    require_worker(&ctx.actor)?;
    let patch = asked.body;
    let mut write = match Write::begin(&hub, &ctx, &asked.stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    let mut row = lock_live(&mut write.tx, id).await?;
    asked.stamp.check_version(patch.version, row.version)?;
    let before = body(&mut write.tx, &row).await?;
    if patch.is_authorized_requester.is_some()
        || patch.is_authorized_approver.is_some()
        || patch.can_grant_access.is_some()
    {
        require_lead_for_rights(&ctx)?;
    }
    if let Some(name) = patch.display_name {
        row.display_name = text::line("display_name", &name)?;
    }
    patch.locale.apply(&mut row.locale, |locale| text::optional_line("locale", locale))?;
    patch.timezone.apply(&mut row.timezone, |zone| zone.map(|zone| text::timezone("timezone", &zone)).transpose())?;
    match patch.account_id {
        Edit::Keep => {}
        Edit::Clear => row.account_id = None,
        Edit::Set(account) => {
            check_account(&mut write.tx, AccountId(account)).await?;
            row.account_id = Some(AccountId(account));
        }
    }
    patch.escalation_level.apply(&mut row.escalation_level, |level| {
        level.map(|level| text::within("escalation_level", level, 0..=100)).transpose()
    })?;
    row.is_authorized_requester = patch.is_authorized_requester.unwrap_or(row.is_authorized_requester);
    row.is_authorized_approver = patch.is_authorized_approver.unwrap_or(row.is_authorized_approver);
    row.can_grant_access = patch.can_grant_access.unwrap_or(row.can_grant_access);
    if let Some(metadata) = patch.metadata {
        check_metadata(&metadata)?;
        row.metadata = Value::Object(metadata);
    }
    row.updated_at = ctx.now;
    contacts::update(&mut write.tx, &row).await?;
    row.version += 1;
    let is_renamed = row.display_name != before.display_name;
    let after = changed(&mut write.tx, &hub, &ctx, &row, Told { is_renamed }).await?;
    let subject = json!({ "contact_id": row.id, "version": row.version, "fields": changed_fields(&before, &after) });
    record(&mut write.tx, &ctx, row.account_id, "contact.update", subject).await?;
    write.finish(StatusCode::OK, &after).await
}

/// What else a change of a contact changes.
struct Told {
    /// Conversations and the index show another name now.
    is_renamed: bool,
}

async fn changed(tx: &mut Tx, hub: &Hub, ctx: &Ctx, row: &ContactRow, told: Told) -> Result<ContactBody, HubError> {
    let after = body(tx, row).await?;
    let conversations = newest(tx, row.id).await?;
    if told.is_renamed {
        let open: Vec<ConversationId> = conversations
            .iter()
            .filter(|conversation| conversation.status != ConversationStatus::Closed)
            .map(|conversation| conversation.id)
            .collect();
        touch_conversations(tx, hub, ctx, &open).await?;
        promise_tidy(tx, ctx, row.id).await?;
    }
    tell_contact(tx, ctx, EventName::ContactUpdated, &conversations, &json!({ "contact": after })).await?;
    Ok(after)
}

/// Says that a contact has an address. What writes from it from then on is the contact's.
#[utoipa::path(post, path = "/api/v1/contacts/{id}/identities", tag = "contacts",
    params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    request_body = NewIdentityBody,
    responses((status = 201, body = ContactBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"), (status = 409, description = "ALREADY_EXISTS")))]
pub(crate) async fn add_identity(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ContactId>,
    asked: Stamped<NewIdentityBody>,
) -> Result<Response, HubError> {
    require_worker(&ctx.actor)?;
    let new = asked.body;
    let address = canonical("address", new.channel, &new.address)?;
    let mut write = match Write::begin(&hub, &ctx, &asked.stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    let row = lock_live(&mut write.tx, id).await?;
    give(&mut write.tx, &ctx, row.id, new.channel, &address, "user").await?;
    promise_tidy(&mut write.tx, &ctx, row.id).await?;
    let after = changed(&mut write.tx, &hub, &ctx, &row, Told { is_renamed: false }).await?;
    let subject = json!({ "contact_id": row.id, "channel": new.channel });
    record(&mut write.tx, &ctx, row.account_id, "contact.add_identity", subject).await?;
    write.finish(StatusCode::CREATED, &after).await
}

/// Takes an address from a contact. What was said there stays where it is; the next message from it begins a new contact.
#[utoipa::path(delete, path = "/api/v1/contacts/{id}/identities/{identity_id}", tag = "contacts",
    params(("id" = Uuid, Path), ("identity_id" = Uuid, Path)),
    responses((status = 200, body = ContactBody), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "INVALID_STATE_TRANSITION")))]
pub(crate) async fn remove_identity(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id((id, identity)): Id<(ContactId, IdentityId)>,
    stamp: Stamp,
) -> Result<Response, HubError> {
    require_worker(&ctx.actor)?;
    let mut write = match Write::begin(&hub, &ctx, &stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    let row = lock_live(&mut write.tx, id).await?;
    let known = contacts::identities_of(&mut write.tx, row.id).await?;
    let gone = known.iter().find(|known| known.id == identity).ok_or_else(|| ApiError::not_found("address"))?;
    let is_used = newest(&mut write.tx, row.id).await?.iter().any(|conversation| {
        conversation.status != ConversationStatus::Closed
            && conversation.channel == gone.channel
            && conversation.contact_address == gone.address
    });
    if is_used {
        return Err(ApiError::new(Code::InvalidStateTransition, "close the conversation with this address first")
            .because("from_state", "open")
            .into());
    }
    contacts::remove_identity(&mut write.tx, row.id, identity).await?;
    promise_tidy(&mut write.tx, &ctx, row.id).await?;
    let after = changed(&mut write.tx, &hub, &ctx, &row, Told { is_renamed: false }).await?;
    let subject = json!({ "contact_id": row.id, "identity_id": identity, "channel": gone.channel });
    record(&mut write.tx, &ctx, row.account_id, "contact.remove_identity", subject).await?;
    write.finish(StatusCode::OK, &after).await
}
