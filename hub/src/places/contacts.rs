//! `/api/v1/sites/{id}/contacts`: who is what at a site.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use patchbay_core::ids::{ContactId, SiteId};
use patchbay_core::place::SiteRelation;
use patchbay_http::{ApiError, Body, Caller, Id, Page};
use patchbay_store::sites::{self, Rank, SiteContact};
use patchbay_store::{Tx, contacts};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::sites::load;
use crate::error::HubError;
use crate::resource::{record, require_admin, require_reader};
use crate::state::Hub;

/// A contact at a site.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SiteContact)]
pub struct SiteContactBody {
    /// The contact.
    pub contact_id: Uuid,
    /// The contact's name.
    pub name: String,
    /// The site.
    pub site_id: Uuid,
    /// What the contact is there.
    pub relation: &'static str,
    /// Whether to ask this contact first.
    pub is_primary: bool,
    /// When it was said.
    pub created_at: DateTime<Utc>,
}

impl From<SiteContact> for SiteContactBody {
    fn from(row: SiteContact) -> Self {
        Self {
            contact_id: row.contact_id.into(),
            name: row.display_name,
            site_id: row.site_id.into(),
            relation: row.relation.as_str(),
            is_primary: row.is_primary,
            created_at: row.created_at,
        }
    }
}

/// What a contact is at a site.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutContact {
    /// The contact.
    contact_id: Uuid,
    /// `tenant`, `landlord`, `manager`, `keyholder`, `billing` or `requester`.
    #[schema(value_type = String)]
    relation: SiteRelation,
    /// Whether to ask this contact first.
    #[serde(default)]
    is_primary: bool,
}

/// The contacts at a site, primary ones first.
#[utoipa::path(get, path = "/api/v1/sites/{id}/contacts", tag = "places", params(("id" = Uuid, Path)),
    responses((status = 200, body = Page<SiteContactBody>), (status = 404, description = "NOT_FOUND")))]
pub(crate) async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<SiteId>,
) -> Result<Json<Page<SiteContactBody>>, HubError> {
    require_reader(&ctx)?;
    let mut tx = hub.db.read().await?;
    load(&mut tx, &ctx, id).await?;
    Ok(Json(Page::whole(all(&mut tx, id).await?)))
}

/// Says what a contact is at a site; saying it again changes only who is asked first. Admins only.
#[utoipa::path(post, path = "/api/v1/sites/{id}/contacts", tag = "places", params(("id" = Uuid, Path)),
    request_body = PutContact,
    responses((status = 201, body = SiteContactBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND")))]
pub(crate) async fn put(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<SiteId>,
    Body(body): Body<PutContact>,
) -> Result<(StatusCode, Json<SiteContactBody>), HubError> {
    require_admin(&ctx)?;
    let contact = ContactId(body.contact_id);
    let mut tx = hub.db.begin().await?;
    let site = load(&mut tx, &ctx, id).await?;
    let is_ours = |of| of == site.account_id;
    contacts::by_id(&mut tx, contact)
        .await?
        .filter(|row| row.account_id.is_none_or(is_ours))
        .ok_or_else(|| ApiError::invalid("contact_id", "there is no such contact"))?;
    let rank = if body.is_primary { Rank::Primary } else { Rank::Secondary };
    sites::put_contact(&mut tx, id, contact, body.relation, rank, ctx.now).await?;
    let subject = json!({ "site_id": id, "contact_id": contact, "relation": body.relation });
    record(&mut tx, &ctx, Some(site.account_id), "site.put_contact", subject).await?;
    let written = all(&mut tx, id)
        .await?
        .into_iter()
        .find(|row| row.contact_id == contact.0 && row.relation == body.relation.as_str())
        .ok_or_else(|| ApiError::not_found("contact"))?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(written)))
}

/// Forgets what a contact is at a site. Admins only.
#[utoipa::path(delete, path = "/api/v1/sites/{id}/contacts/{contact_id}/{relation}", tag = "places",
    params(("id" = Uuid, Path), ("contact_id" = Uuid, Path), ("relation" = String, Path)),
    responses((status = 204), (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND")))]
pub(crate) async fn remove(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id((id, contact, relation)): Id<(SiteId, ContactId, SiteRelation)>,
) -> Result<StatusCode, HubError> {
    require_admin(&ctx)?;
    let mut tx = hub.db.begin().await?;
    let site = load(&mut tx, &ctx, id).await?;
    if !sites::remove_contact(&mut tx, id, contact, relation).await? {
        return Err(ApiError::not_found("contact at this site").into());
    }
    let subject = json!({ "site_id": id, "contact_id": contact, "relation": relation });
    record(&mut tx, &ctx, Some(site.account_id), "site.remove_contact", subject).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn all(tx: &mut Tx, site: SiteId) -> Result<Vec<SiteContactBody>, HubError> {
    Ok(sites::contacts(tx, site).await?.into_iter().map(Into::into).collect())
}
