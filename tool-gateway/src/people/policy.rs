//! The policy of tools for people: what is in force and was, what would come out under it or under another one, and the
//! change by two admins.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use patchbay_core::role::{ActorType, Role};
use patchbay_core::tool::policy::Case;
use patchbay_core::{Code, Ctx};
use patchbay_http::{
    ApiError, Body, Caller, OpenApiRouter, OptionalBody, Page, Params, decode_cursor, encode_cursor, limit, routes,
};
use patchbay_hub::HubError;
use patchbay_store::tool_policies::{self, PolicyRow};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use crate::gateway::Gateway;
use crate::policy::Decided;

pub(crate) fn router() -> OpenApiRouter<Gateway> {
    OpenApiRouter::new()
        .routes(routes!(in_force))
        .routes(routes!(dry_run))
        .routes(routes!(policy_versions, propose_policy))
        .routes(routes!(policy_version))
        .routes(routes!(approve_policy))
        .routes(routes!(reject_policy))
}

/// The policy that is in force, with its version and its hash.
#[utoipa::path(get, path = "/api/v1/tool-policy", tag = "drafts",
    responses((status = 200, description = "The policy.", body = Value), (status = 403, description = "FORBIDDEN")))]
async fn in_force(State(gateway): State<Gateway>, Caller(ctx): Caller) -> Result<Json<Value>, ApiError> {
    require_overseer(&ctx)?;
    let policy = gateway.policy();
    let mut body = policy.body();
    body["origin"] = policy.origin.as_str().into();
    Ok(Json(body))
}

/// Which versions to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct VersionParams {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page, up to 100.
    limit: Option<i64>,
}

/// Every version there was, newest first: who proposed and who agreed, and when it was in force.
#[utoipa::path(get, path = "/api/v1/tool-policy/versions", tag = "drafts", params(VersionParams),
    responses((status = 200, description = "`{\"data\",\"next_cursor\"}`", body = Value), (status = 403, description = "FORBIDDEN")))]
async fn policy_versions(
    State(gateway): State<Gateway>,
    Caller(ctx): Caller,
    Params(params): Params<VersionParams>,
) -> Result<Json<Value>, HubError> {
    require_overseer(&ctx)?;
    let limit = limit(params.limit)?;
    let before: i64 = params.cursor.as_deref().map(decode_cursor).transpose()?.unwrap_or(i64::MAX);
    let rows = tool_policies::page(&mut gateway.hub.db.read().await?, before, limit + 1).await?;
    let page = Page::of(rows, limit, |row: &PolicyRow| encode_cursor(&row.version));
    let data: Vec<Value> = page.data.iter().map(version_body).collect();
    Ok(Json(json!({"data": data, "next_cursor": page.next_cursor})))
}

/// One version, with what it says.
#[utoipa::path(get, path = "/api/v1/tool-policy/versions/{version}", tag = "drafts", params(("version" = i64, Path)),
    responses((status = 200, description = "The version.", body = Value), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND")))]
async fn policy_version(
    State(gateway): State<Gateway>,
    Caller(ctx): Caller,
    Path(version): Path<String>,
) -> Result<Json<Value>, HubError> {
    require_overseer(&ctx)?;
    let absent = || ApiError::not_found("policy");
    let version: i64 = version.parse().map_err(|_| absent())?;
    let row = tool_policies::by_version(&mut gateway.hub.db.read().await?, version).await?.ok_or_else(absent)?;
    Ok(Json(version_body(&row)))
}

/// A policy to be agreed to by a second admin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PolicyProposalBody)]
struct ProposalBody {
    /// The whole policy; its version is higher than every other one's.
    #[schema(value_type = Value)]
    policy: Value,
    /// Why.
    #[serde(default)]
    note: String,
}

/// Proposes another policy. It is checked as a whole, with its cases; it comes into force when another admin agrees.
#[utoipa::path(post, path = "/api/v1/tool-policy/versions", tag = "drafts", request_body = ProposalBody,
    responses((status = 201, description = "The version.", body = Value), (status = 400, description = "INVALID_REQUEST"),
              (status = 403, description = "FORBIDDEN"), (status = 409, description = "VERSION_CONFLICT")))]
async fn propose_policy(
    State(gateway): State<Gateway>,
    Caller(ctx): Caller,
    body: Result<Body<ProposalBody>, ApiError>,
) -> Result<(StatusCode, Json<Value>), HubError> {
    require_author(&ctx)?;
    let Body(body) = body?;
    let note = body.note.chars().take(MOST_SAID).collect();
    let row = gateway.propose_policy(&ctx, body.policy, note).await?;
    Ok((StatusCode::CREATED, Json(version_body(&row))))
}

/// What a second admin decides.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PolicyDecisionBody)]
struct DecisionBody {
    /// Hash of what the decider saw; another one is refused.
    hash: Option<String>,
    /// Why.
    reason: Option<String>,
}

/// Brings a proposed policy into force: by another admin than the one who proposed it. Drafts that wait under the old one
/// are voided.
#[utoipa::path(post, path = "/api/v1/tool-policy/versions/{version}/approve", tag = "drafts",
    params(("version" = i64, Path)), request_body = DecisionBody,
    responses((status = 200, description = "The version.", body = Value), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "INVALID_STATE_TRANSITION, CONFIRMATION_INVALID")))]
async fn approve_policy(
    State(gateway): State<Gateway>,
    Caller(ctx): Caller,
    Path(version): Path<String>,
    body: Result<OptionalBody<DecisionBody>, ApiError>,
) -> Result<Json<Value>, HubError> {
    decide(&gateway, &ctx, &version, body, Decided::Agreed).await
}

/// Turns a proposed policy down.
#[utoipa::path(post, path = "/api/v1/tool-policy/versions/{version}/reject", tag = "drafts",
    params(("version" = i64, Path)), request_body = DecisionBody,
    responses((status = 200, description = "The version.", body = Value), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"), (status = 409, description = "INVALID_STATE_TRANSITION")))]
async fn reject_policy(
    State(gateway): State<Gateway>,
    Caller(ctx): Caller,
    Path(version): Path<String>,
    body: Result<OptionalBody<DecisionBody>, ApiError>,
) -> Result<Json<Value>, HubError> {
    decide(&gateway, &ctx, &version, body, Decided::Refused).await
}

async fn decide(
    gateway: &Gateway,
    ctx: &Ctx,
    version: &str,
    body: Result<OptionalBody<DecisionBody>, ApiError>,
    decided: Decided,
) -> Result<Json<Value>, HubError> {
    require_author(ctx)?;
    let OptionalBody(body) = body?;
    let version: i64 = version.parse().map_err(|_| ApiError::not_found("policy"))?;
    let reason = body.reason.map(|reason| reason.chars().take(MOST_SAID).collect());
    let row = gateway.decide_policy(ctx, version, decided, (body.hash.as_deref(), reason)).await?;
    Ok(Json(version_body(&row)))
}

fn version_body(row: &PolicyRow) -> Value {
    json!({
        "version": row.version, "hash": row.hash, "policy": row.body, "origin": row.origin, "state": row.state,
        "note": row.note, "proposed_by": row.proposed_by, "proposed_at": row.proposed_at, "decided_by": row.decided_by,
        "decided_at": row.decided_at, "decision_reason": row.decision_reason, "in_force_from": row.in_force_from,
        "in_force_until": row.in_force_until,
    })
}

/// Calls to try, and perhaps another policy to try them under.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TrialBody {
    /// `{tool, team?, amount_minor?, currency?, sum_minor?, party?, vehicle_make?, dealer_flagged?, parsing_confidence?}`,
    /// at most 100.
    #[schema(value_type = Vec<Value>)]
    calls: Vec<TrialCall>,
    /// A whole policy; left out: the one in force.
    policy: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TrialCall {
    tool: String,
    team: Option<String>,
    amount_minor: Option<i64>,
    currency: Option<String>,
    sum_minor: Option<i64>,
    party: Option<String>,
    vehicle_make: Option<String>,
    dealer_flagged: Option<bool>,
    parsing_confidence: Option<f64>,
}

/// Most calls of one trial.
const MOST: usize = 100;
/// Longest note or reason, in characters.
const MOST_SAID: usize = 500;

/// Says what would come out of calls, under the policy in force or under another. Nothing is called or stored.
#[utoipa::path(post, path = "/api/v1/tool-policy/dry-run", tag = "drafts", request_body = TrialBody,
    responses((status = 200, description = "`{\"policy\",\"results\"}`", body = Value), (status = 400, description = "INVALID_REQUEST"),
              (status = 403, description = "FORBIDDEN")))]
async fn dry_run(
    State(gateway): State<Gateway>,
    Caller(ctx): Caller,
    body: Result<Body<TrialBody>, ApiError>,
) -> Result<Json<Value>, ApiError> {
    require_overseer(&ctx)?;
    let Body(body) = body?;
    if body.calls.len() > MOST {
        return Err(ApiError::invalid("calls", format!("must not be more than {MOST}")));
    }
    let other = match body.policy {
        None => None,
        Some(given) => Some(gateway.readable_policy(given)?),
    };
    let in_force = gateway.policy();
    let policy = other.as_ref().unwrap_or(&in_force.policy);
    let results: Vec<Value> = body
        .calls
        .into_iter()
        .map(|call| {
            let case = Case {
                tool: call.tool,
                team: call.team,
                amount_minor: call.amount_minor,
                currency: call.currency,
                sum_minor: call.sum_minor,
                expect: String::new(),
                party: call.party,
                vehicle_make: call.vehicle_make,
                dealer_flagged: call.dealer_flagged,
                parsing_confidence: call.parsing_confidence,
            };
            json!({"tool": case.tool, "result": policy.judge(&gateway.catalog, &case).word()})
        })
        .collect();
    Ok(Json(json!({"policy": {"version": policy.version, "hash": policy.hash()}, "results": results})))
}

/// Those who answer for assistants. Error: 403 `FORBIDDEN`.
fn require_overseer(ctx: &Ctx) -> Result<(), ApiError> {
    if matches!(ctx.actor.role, Role::Admin | Role::Supervisor | Role::Auditor) {
        Ok(())
    } else {
        Err(ApiError::new(Code::Forbidden, "supervisors, admins and auditors see the policy of tools"))
    }
}

/// Admins who are people change the policy. Error: 403 `FORBIDDEN`.
fn require_author(ctx: &Ctx) -> Result<(), ApiError> {
    if ctx.actor.role == Role::Admin && ctx.actor.actor_type == ActorType::Human {
        Ok(())
    } else {
        Err(ApiError::forbidden("admins change the policy of tools"))
    }
}
