//! Contacts: reading, renaming, and what there is to know about one.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use patchbay_core::ids::{AccountId, ContactId};
use patchbay_http::{ApiError, Body, Caller, Id, Page, Params, decode_cursor, encode_cursor, limit};
use patchbay_store::Tx;
use patchbay_store::contacts::{self, ContactRow, IdentityRow};
use patchbay_store::inbox_views;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::body::ConversationBody;
use crate::consent::{self, ConsentBody};
use crate::conversations::{require_hub, require_worker};
use crate::error::HubError;
use crate::state::Hub;

/// The endpoints under `/api/v1/contacts`.
pub fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get, patch)).routes(routes!(context))
}

/// A contact.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ContactBody {
    /// Our id.
    pub id: Uuid,
    /// Account it belongs to.
    pub account_id: Option<Uuid>,
    /// Name to show.
    pub display_name: String,
    /// Preferred language.
    pub locale: Option<String>,
    /// Time zone.
    pub timezone: Option<String>,
    /// May ask for work.
    pub is_authorized_requester: bool,
    /// May approve costs.
    pub is_authorized_approver: bool,
    /// Further facts.
    pub metadata: Value,
    /// Addresses it writes from.
    pub identities: Vec<IdentityBody>,
    /// The contact it was merged into.
    pub merged_into: Option<Uuid>,
    /// Grows with every change.
    pub version: i64,
    /// When it was first seen.
    pub created_at: DateTime<Utc>,
}

/// One address of a contact.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct IdentityBody {
    /// Our id.
    pub id: Uuid,
    /// Channel.
    pub channel: String,
    /// Canonical address.
    pub address: String,
    /// How it came to be this contact's.
    pub linked_by: String,
    /// When the customer proved it.
    pub verified_at: Option<DateTime<Utc>>,
    /// Since when the customer does not want messages there.
    pub opted_out_at: Option<DateTime<Utc>>,
    /// What may be written there, and how we know.
    pub consent: ConsentBody,
}

impl IdentityBody {
    fn of(row: &IdentityRow, consent: ConsentBody) -> Self {
        Self {
            id: row.id.into(),
            channel: row.channel.to_string(),
            address: row.address.clone(),
            linked_by: row.linked_by.clone(),
            verified_at: row.verified_at,
            opted_out_at: row.opted_out_at,
            consent,
        }
    }
}

async fn body(tx: &mut Tx, row: &ContactRow) -> Result<ContactBody, HubError> {
    let mut identities = Vec::new();
    for identity in contacts::identities_of(tx, row.id).await? {
        let consent = consent::of_address(tx, identity.channel, &identity.address, identity.opted_out_at).await?;
        identities.push(IdentityBody::of(&identity, consent));
    }
    Ok(ContactBody {
        id: row.id.into(),
        account_id: row.account_id.map(Into::into),
        display_name: row.display_name.clone(),
        locale: row.locale.clone(),
        timezone: row.timezone.clone(),
        is_authorized_requester: row.is_authorized_requester,
        is_authorized_approver: row.is_authorized_approver,
        metadata: row.metadata.clone(),
        identities,
        merged_into: row.merged_into.map(Into::into),
        version: row.version,
        created_at: row.created_at,
    })
}

/// Which contacts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ContactParams {
    /// Part of a name or an address.
    q: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page, up to 100.
    limit: Option<i64>,
}

/// Contacts, newest first.
#[utoipa::path(get, path = "/api/v1/contacts", tag = "contacts", params(ContactParams),
    responses((status = 200, body = Page<ContactBody>)))]
pub(crate) async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(params): Params<ContactParams>,
) -> Result<Json<Page<ContactBody>>, HubError> {
    require_hub(&ctx.actor)?;
    let limit = limit(params.limit)?;
    let before: Option<ContactId> = params.cursor.as_deref().map(decode_cursor).transpose()?;
    let text = params.q.map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty());
    let mut tx = hub.db.read().await?;
    let rows = contacts::page(&mut tx, text.as_deref(), before, limit + 1).await?;
    let page = Page::of(rows, limit, |row: &ContactRow| encode_cursor(&row.id));
    let mut data = Vec::with_capacity(page.data.len());
    for row in &page.data {
        data.push(body(&mut tx, row).await?);
    }
    Ok(Json(Page { data, next_cursor: page.next_cursor }))
}

/// One contact; the one it was merged into when it was.
#[utoipa::path(get, path = "/api/v1/contacts/{id}", tag = "contacts", params(("id" = Uuid, Path)),
    responses((status = 200, body = ContactBody), (status = 404, description = "NOT_FOUND")))]
pub(crate) async fn get(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ContactId>,
) -> Result<Json<ContactBody>, HubError> {
    require_hub(&ctx.actor)?;
    let mut tx = hub.db.read().await?;
    let row = find(&mut tx, id).await?;
    Ok(Json(body(&mut tx, &row).await?))
}

async fn find(tx: &mut Tx, id: ContactId) -> Result<ContactRow, HubError> {
    contacts::by_id(tx, id).await?.ok_or_else(|| ApiError::not_found("contact").into())
}

/// What to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactPatch {
    /// Name to show; 1 to 200 characters.
    display_name: Option<String>,
    /// Preferred language.
    locale: Option<String>,
    /// Time zone.
    timezone: Option<String>,
    /// Account it belongs to.
    account_id: Option<Uuid>,
    /// May ask for work.
    is_authorized_requester: Option<bool>,
    /// May approve costs.
    is_authorized_approver: Option<bool>,
    /// The version that was read.
    version: Option<i64>,
}

/// Changes a contact.
#[utoipa::path(patch, path = "/api/v1/contacts/{id}", tag = "contacts", params(("id" = Uuid, Path)),
    request_body = ContactPatch,
    responses((status = 200, body = ContactBody), (status = 409, description = "VERSION_CONFLICT")))]
pub(crate) async fn patch(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ContactId>,
    Body(patch): Body<ContactPatch>,
) -> Result<Json<ContactBody>, HubError> {
    require_worker(&ctx.actor)?;
    let mut tx = hub.db.begin().await?;
    let mut row = find(&mut tx, id).await?;
    if let Some(version) = patch.version {
        row.version = version;
    }
    if let Some(name) = patch.display_name {
        let name = name.trim().to_owned();
        if !(1..=200).contains(&name.chars().count()) {
            return Err(ApiError::invalid("display_name", "must have 1 to 200 characters").into());
        }
        row.display_name = name;
    }
    row.locale = patch.locale.or(row.locale);
    row.timezone = patch.timezone.or(row.timezone);
    row.account_id = patch.account_id.map(AccountId).or(row.account_id);
    if patch.is_authorized_requester.is_some() || patch.is_authorized_approver.is_some() {
        if !ctx.actor.role.leads() {
            return Err(ApiError::forbidden("only those who lead say who may order and approve").into());
        }
        row.is_authorized_requester = patch.is_authorized_requester.unwrap_or(row.is_authorized_requester);
        row.is_authorized_approver = patch.is_authorized_approver.unwrap_or(row.is_authorized_approver);
    }
    row.updated_at = ctx.now;
    contacts::update(&mut tx, &row).await?;
    row.version += 1;
    let answer = body(&mut tx, &row).await?;
    tx.commit().await?;
    Ok(Json(answer))
}

/// What there is to know about a contact while answering it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContactContext {
    /// The contact with its addresses.
    contact: ContactBody,
    /// Its newest conversations that the caller may see.
    conversations: Vec<ConversationBody>,
}

/// A contact with its conversations.
#[utoipa::path(get, path = "/api/v1/contacts/{id}/context", tag = "contacts", params(("id" = Uuid, Path)),
    responses((status = 200, body = ContactContext), (status = 404, description = "NOT_FOUND")))]
pub(crate) async fn context(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ContactId>,
) -> Result<Json<ContactContext>, HubError> {
    require_hub(&ctx.actor)?;
    let mut tx = hub.db.read().await?;
    let row = find(&mut tx, id).await?;
    let filter = inbox_views::Filter {
        contact_id: Some(id),
        visible: crate::conversations::visible_to(&ctx.actor),
        ..inbox_views::Filter::default()
    };
    let rows = inbox_views::page(&mut tx, &filter, None, None, 20).await?;
    let directory = hub.directory();
    let conversations = rows.iter().map(|row| ConversationBody::of(row, &directory)).collect();
    Ok(Json(ContactContext { contact: body(&mut tx, &row).await?, conversations }))
}
