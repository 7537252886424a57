//! `POST /api/v1/routing-rules/dry-run`: what the rules would make of a message, without sending or storing anything.

use axum::Json;
use axum::extract::State;
use patchbay_core::channel::Channel;
use patchbay_core::ids::{RoutingRuleId, TeamId};
use patchbay_core::routing::{Plan, RoutingFacts, RoutingRule, RuleRef, RuleSet, check};
use patchbay_core::triage::{Language, MenuChoice, asks_for_a_person, is_emergency, language_of};
use patchbay_core::words::{normalized, spaced};
use patchbay_http::{ApiError, Body, Caller};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::rules::{read_then, read_when};
use crate::error::HubError;
use crate::resource::require_catalog_keeper;
use crate::state::Hub;

/// Longest message that is tried.
const MOST_CHARS: usize = 10_000;

/// A message, and what else is known; what is missing is as for a stranger within business hours.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DryRun {
    /// What the customer writes.
    text: String,
    /// The channel; `sms` when missing.
    channel: Option<String>,
    /// What was chosen from the menu: a number from 1.
    menu_choice: Option<String>,
    /// The language; found in the text when missing.
    language: Option<String>,
    /// What a classifier takes it for.
    intent: Option<String>,
    /// How sure it is.
    intent_confidence: Option<f64>,
    /// Tags of the conversation.
    #[serde(default)]
    customer_tags: Vec<String>,
    /// Zones of the customer's sites, by id or name.
    #[serde(default)]
    site_zones: Vec<String>,
    /// Profile of the account.
    account_profile: Option<String>,
    /// Whether it is within business hours; yes when missing.
    in_business_hours: Option<bool>,
    /// Whether the customer is new; yes when missing.
    is_new_contact: Option<bool>,
    /// A rule that is not saved, tried alone instead of those in force: `{when, then}`.
    #[schema(value_type = Option<Object>)]
    rule: Option<DraftRule>,
}

/// A rule that is not saved.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DraftRule {
    #[serde(default)]
    when: Option<Value>,
    then: Value,
}

/// What would happen.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DryRunBody {
    /// Whether a rule applies.
    matched: bool,
    /// The rule that decides.
    rule_id: Option<uuid::Uuid>,
    /// Its version.
    rule_version: Option<i64>,
    /// All that apply, in order: `{id, version}`.
    rules: Value,
    /// Whose queue it would go to, by slug.
    team: Option<String>,
    /// How urgent it would be.
    priority: Option<String>,
    /// All that the rules say.
    then: Value,
    /// The text as rules see it.
    normalized: String,
    /// Its language.
    language: String,
    /// Whether it would be taken as an emergency.
    is_emergency: bool,
    /// Whether it asks for a person.
    asks_for_a_person: bool,
}

/// Says what the rules would make of a message. Nothing is sent or stored. Admins and supervisors only.
#[utoipa::path(post, path = "/api/v1/routing-rules/dry-run", tag = "triage", request_body = DryRun,
    responses((status = 200, body = DryRunBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN")))]
pub(super) async fn dry_run(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Body(body): Body<DryRun>,
) -> Result<Json<DryRunBody>, HubError> {
    require_catalog_keeper(&ctx)?;
    if body.text.chars().count() > MOST_CHARS {
        return Err(ApiError::invalid("text", format!("at most {MOST_CHARS} characters")).into());
    }
    let word = |path: &'static str| move |_| ApiError::invalid(path, "no such word");
    let channel = body.channel.as_deref().map_or(Ok(Channel::Sms), str::parse).map_err(word("channel"))?;
    let text = normalized(&body.text);
    let words = spaced(&text);
    let language: Language = match &body.language {
        Some(named) => named.parse().map_err(word("language"))?,
        None => language_of(&words).unwrap_or_default(),
    };
    let menu_choice = match &body.menu_choice {
        Some(number) => {
            Some(MenuChoice::of_number(number).ok_or_else(|| ApiError::invalid("menu_choice", "no such number"))?)
        }
        None => None,
    };
    let facts = RoutingFacts {
        channel,
        menu_choice,
        text: &text,
        intent: body.intent.as_deref().map(|intent| (intent, body.intent_confidence.unwrap_or(1.0))),
        language,
        tags: &body.customer_tags,
        site_zones: &body.site_zones,
        account_profile: body.account_profile.as_deref(),
        in_business_hours: body.in_business_hours.unwrap_or(true),
        is_new_contact: body.is_new_contact.unwrap_or(true),
    };
    let directory = hub.gate.directory.load_full();
    let plan = match body.rule {
        None => directory.routing.plan(&facts),
        Some(draft) => plan_of_draft(&hub, draft, &facts).await?,
    };
    let team = plan.team.and_then(|team: TeamId| directory.teams.get(&team)).map(|team| team.slug.clone());
    Ok(Json(DryRunBody {
        matched: !plan.applied.is_empty(),
        rule_id: plan.rule.map(|rule| rule.id.into()),
        rule_version: plan.rule.map(|rule| rule.version),
        rules: json!(plan.applied),
        team,
        priority: plan.priority.map(|priority| priority.to_string()),
        then: json!({
            "required_skills": plan.required_skills, "tags": plan.tags, "ask": plan.ask,
            "open_ticket": plan.open_ticket, "assign_to": plan.assign_to, "notify": plan.notify,
        }),
        is_emergency: is_emergency(&words),
        asks_for_a_person: asks_for_a_person(&words),
        normalized: text,
        language: language.to_string(),
    }))
}

/// What a rule that is not saved would make of it.
async fn plan_of_draft(hub: &Hub, draft: DraftRule, facts: &RoutingFacts<'_>) -> Result<Plan, HubError> {
    let when = read_when(&draft.when.unwrap_or_else(|| json!({})))?;
    let then = read_then(&mut hub.db.read().await?, draft.then).await?;
    check(&when, &then).map_err(|misfit| ApiError::invalid(&misfit.path, misfit.message))?;
    let rule = RuleRef { id: RoutingRuleId::new(), version: 0 };
    let alone = RuleSet::compile(vec![RoutingRule { rule, order: 0, stop: true, when, then }]);
    Ok(alone.plan(facts))
}
