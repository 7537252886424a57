//! The policy of tools for people: what is in force, and what would come out under it or under another one.

use axum::Json;
use axum::extract::State;
use patchbay_core::role::Role;
use patchbay_core::tool::Policy;
use patchbay_core::tool::policy::Case;
use patchbay_core::{Code, Ctx};
use patchbay_http::{ApiError, Body, Caller};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::gateway::Gateway;

pub(crate) fn router() -> OpenApiRouter<Gateway> {
    OpenApiRouter::new().routes(routes!(in_force)).routes(routes!(dry_run))
}

/// The policy that is in force, with its version and its hash.
#[utoipa::path(get, path = "/api/v1/tool-policy", tag = "drafts",
    responses((status = 200, description = "The policy.", body = Value), (status = 403, description = "FORBIDDEN")))]
async fn in_force(State(gateway): State<Gateway>, Caller(ctx): Caller) -> Result<Json<Value>, ApiError> {
    require_overseer(&ctx)?;
    Ok(Json(gateway.policy.body()))
}

/// Calls to try, and perhaps another policy to try them under.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TrialBody {
    /// `{tool, team?, amount_minor?, currency?, sum_minor?}`, at most 100.
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
}

/// Most calls of one trial.
const MOST: usize = 100;

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
        Some(given) => {
            let policy: Policy =
                serde_json::from_value(given).map_err(|error| ApiError::invalid("policy", error.to_string()))?;
            policy.check(&gateway.catalog).map_err(|error| ApiError::invalid("policy", error.to_string()))?;
            Some(policy)
        }
    };
    let policy = other.as_ref().unwrap_or(&gateway.policy);
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
