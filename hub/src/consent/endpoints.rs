//! `GET /api/v1/suppressions` and `POST /api/v1/contacts/{id}/consent`.

use axum::Json;
use axum::extract::State;
use patchbay_core::channel::Channel;
use patchbay_core::consent::{ConsentReason, ConsentScope, Decision};
use patchbay_core::ids::{ContactId, IdentityId};
use patchbay_http::{
    ApiError, Body, Caller, Id, OpenApiRouter, Page, Params, decode_cursor, encode_cursor, limit, routes,
};
use patchbay_store::{consents, contacts};
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::{ConsentBody, SuppressionBody, Word, keep, of_address};
use crate::conversations::{require_hub, require_worker};
use crate::error::HubError;
use crate::resource::{record, require_admin};
use crate::state::Hub;

/// The endpoints of consent.
pub(crate) fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(decide))
}

/// Which suppressions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SuppressionParams {
    /// Only of this channel.
    #[param(value_type = Option<String>)]
    channel: Option<Channel>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page, up to 100.
    limit: Option<i64>,
}

/// What may not be written, and to whom.
#[utoipa::path(get, path = "/api/v1/suppressions", tag = "contacts", params(SuppressionParams),
    responses((status = 200, body = Page<SuppressionBody>), (status = 403, description = "FORBIDDEN")))]
pub(crate) async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(params): Params<SuppressionParams>,
) -> Result<Json<Page<SuppressionBody>>, HubError> {
    require_hub(&ctx.actor)?;
    let limit = limit(params.limit)?;
    let after = params.cursor.as_deref().map(decode_cursor).transpose()?;
    let rows = consents::page(&mut hub.db.read().await?, params.channel, after, limit + 1).await?;
    let page = Page::of(rows, limit, |row| encode_cursor(&(row.channel, row.address.clone(), row.scope)));
    Ok(Json(Page { data: page.data.into_iter().map(Into::into).collect(), next_cursor: page.next_cursor }))
}

/// A decision that a person records.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecisionBody {
    /// Which of the contact's addresses.
    #[schema(value_type = Uuid)]
    identity_id: IdentityId,
    /// `withdrawn`, or `given`: lifts a suppression.
    #[schema(value_type = String)]
    decision: Decision,
    /// `everything` (the default) or `marketing`.
    #[schema(value_type = Option<String>)]
    scope: Option<ConsentScope>,
    /// How the person knows: 3 to 500 characters. Kept.
    reason: String,
}

/// Records what a customer decided about messages to an address. Who works with customers may record that they want no
/// more; only an admin may lift a suppression.
#[utoipa::path(post, path = "/api/v1/contacts/{id}/consent", tag = "contacts", params(("id" = Uuid, Path)),
    request_body = DecisionBody,
    responses((status = 200, body = ConsentBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND")))]
pub(crate) async fn decide(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ContactId>,
    Body(body): Body<DecisionBody>,
) -> Result<Json<ConsentBody>, HubError> {
    require_worker(&ctx.actor)?;
    if body.decision == Decision::Given {
        require_admin(&ctx)?;
    }
    let reason = body.reason.trim();
    if !(3..=500).contains(&reason.chars().count()) {
        return Err(ApiError::invalid("reason", "must have 3 to 500 characters").into());
    }
    let mut tx = hub.db.begin().await?;
    let contact = contacts::by_id(&mut tx, id).await?.ok_or_else(|| ApiError::not_found("contact"))?;
    let identities = contacts::identities_of(&mut tx, id).await?;
    let identity = identities
        .into_iter()
        .find(|identity| identity.id == body.identity_id)
        .ok_or_else(|| ApiError::not_found("identity"))?;
    let scope = body.scope.unwrap_or(ConsentScope::Everything);
    let word = Word {
        channel: identity.channel,
        address: &identity.address,
        decision: body.decision,
        scope,
        reason: ConsentReason::Person,
        evidence: json!({ "note": reason }),
        actor_id: Some(ctx.actor.id.into()),
        occurred_at: ctx.now,
        said_in: None,
    };
    keep(&mut tx, &ctx, &word).await?;
    let subject = json!({ "contact_id": id, "identity_id": identity.id, "decision": body.decision, "scope": scope });
    record(&mut tx, &ctx, contact.account_id, "contact.consent", subject).await?;
    let opted_out = contacts::identities_of(&mut tx, id)
        .await?
        .into_iter()
        .find(|one| one.id == identity.id)
        .and_then(|one| one.opted_out_at);
    let answer = of_address(&mut tx, identity.channel, &identity.address, opted_out).await?;
    tx.commit().await?;
    Ok(Json(answer))
}
