//! `/api/v1/routing-rules`: where a conversation belongs. Every version is kept: decisions name one.

use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::ids::{RoutingRuleId, TeamId, UserId};
use patchbay_core::routing::{Conditions, Consequences, check};
use patchbay_http::ApiError;
use patchbay_store::routing_rules::{self, RoutingRuleRow};
use patchbay_store::{Tx, incident_templates, users};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::administration::fields;
use crate::error::HubError;
use crate::resource::text::{fields_of, line, within};
use crate::resource::{Mark, Resource, Window, endpoints, require_catalog_keeper};
use crate::state::Hub;

/// Places that a rule can have.
const ORDERS: std::ops::RangeInclusive<i64> = -1_000_000..=1_000_000;

/// A routing rule.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RoutingRule)]
pub(super) struct RuleBody {
    /// Our id.
    id: Uuid,
    /// What it is called.
    name: String,
    /// Its place: lower ones are asked first.
    order: i64,
    /// Whether it counts.
    enabled: bool,
    /// Whether those after it are not asked any more.
    stop: bool,
    /// When it applies: everything given must hold, of a list any.
    when: Value,
    /// What it does; the team by its slug.
    then: Value,
    /// Grows with every change; decisions name it.
    version: i64,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

/// Which rules to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RuleQuery {
    /// `true`: those that count; `false`: those that do not.
    enabled: Option<bool>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, 1 to 100; 20 when missing.
    limit: Option<i64>,
}

/// A new rule.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRoutingRule {
    /// What it is called.
    name: String,
    /// Its place: lower ones are asked first; 100 when missing.
    order: Option<i64>,
    /// Whether it counts; true when missing.
    enabled: Option<bool>,
    /// Whether those after it are not asked any more; true when missing.
    stop: Option<bool>,
    /// When it applies: everything given must hold, of a list any; always when missing.
    #[schema(value_type = Option<Object>)]
    when: Option<Value>,
    /// What it does: `team` (slug or id), `priority`, `required_skills`, `tags`, `ask`, `open_ticket`, `assign_to`,
    /// `notify`.
    #[schema(value_type = Object)]
    then: Value,
}

/// A change of a rule: what is missing stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RoutingRuleChange {
    /// The version the caller read; `If-Match` says the same.
    #[serde(alias = "expected_version")]
    version: Option<i64>,
    /// What it is called.
    name: Option<String>,
    /// Its place.
    order: Option<i64>,
    /// Whether it counts.
    enabled: Option<bool>,
    /// Whether those after it are not asked any more.
    stop: Option<bool>,
    /// When it applies; replaces all conditions.
    #[schema(value_type = Option<Object>)]
    when: Option<Value>,
    /// What it does; replaces all of it.
    #[schema(value_type = Option<Object>)]
    then: Option<Value>,
}

/// The routing rules.
pub(super) struct RoutingRules;

impl Resource for RoutingRules {
    const NAME: &'static str = "routing_rule";
    type Key = RoutingRuleId;
    type Row = RoutingRuleRow;
    type Query = RuleQuery;
    type New = NewRoutingRule;
    type Change = RoutingRuleChange;
    type Body = RuleBody;

    fn may_write(ctx: &Ctx) -> Result<(), ApiError> {
        require_catalog_keeper(ctx)
    }

    fn window(query: &RuleQuery) -> Window<'_> {
        Window { cursor: query.cursor.as_deref(), limit: query.limit }
    }

    fn mark(row: &RoutingRuleRow) -> Mark {
        Mark { id: row.id.into(), version: row.version, account: None }
    }

    fn made_from(change: &RoutingRuleChange) -> Option<i64> {
        change.version
    }

    fn body(hub: &Hub, row: &RoutingRuleRow) -> RuleBody {
        let row = row.clone();
        RuleBody {
            id: row.id.into(),
            name: row.name,
            order: row.rule_order,
            enabled: row.enabled,
            stop: row.stop,
            when: row.conditions,
            then: shown(hub, row.consequences),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }

    async fn page(
        tx: &mut Tx,
        _: &Hub,
        _: &Ctx,
        query: RuleQuery,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<RoutingRuleRow>, HubError> {
        Ok(routing_rules::page(tx, query.enabled, after.map(RoutingRuleId), limit).await?)
    }

    async fn find(tx: &mut Tx, _: &Ctx, key: &RoutingRuleId) -> Result<Option<RoutingRuleRow>, HubError> {
        Ok(routing_rules::by_id(tx, *key).await?)
    }

    async fn make(tx: &mut Tx, ctx: &Ctx, new: NewRoutingRule) -> Result<RoutingRuleRow, HubError> {
        let when = read_when(&new.when.unwrap_or_else(|| json!({})))?;
        let then = read_then(tx, new.then).await?;
        accept(&when, &then)?;
        let row = RoutingRuleRow {
            id: RoutingRuleId::new(),
            name: line("name", &new.name)?,
            rule_order: within("order", new.order.unwrap_or(100), ORDERS)?,
            enabled: new.enabled.unwrap_or(true),
            stop: new.stop.unwrap_or(true),
            conditions: json!(when),
            consequences: json!(then),
            version: 1,
            created_at: ctx.now,
            updated_at: ctx.now,
        };
        routing_rules::insert(tx, ctx, &row).await?;
        Ok(row)
    }

    async fn apply(tx: &mut Tx, _: &Ctx, row: &mut RoutingRuleRow, change: RoutingRuleChange) -> Result<(), HubError> {
        if let Some(name) = &change.name {
            row.name = line("name", name)?;
        }
        if let Some(order) = change.order {
            row.rule_order = within("order", order, ORDERS)?;
        }
        row.enabled = change.enabled.unwrap_or(row.enabled);
        row.stop = change.stop.unwrap_or(row.stop);
        if let Some(when) = change.when {
            row.conditions = json!(read_when(&when)?);
        }
        if let Some(then) = change.then {
            row.consequences = json!(read_then(tx, then).await?);
        }
        let when = read_when(&row.conditions)?;
        let then: Consequences = serde_json::from_value(row.consequences.clone()).unwrap_or_default();
        Ok(accept(&when, &then)?)
    }

    async fn save(tx: &mut Tx, ctx: &Ctx, row: &mut RoutingRuleRow) -> Result<(), HubError> {
        row.updated_at = ctx.now;
        Ok(routing_rules::update(tx, ctx, row).await?)
    }

    fn retire(row: &mut RoutingRuleRow) -> bool {
        std::mem::replace(&mut row.enabled, false)
    }

    async fn written(hub: &Hub) {
        hub.directory_changed().await;
    }
}

/// What a rule does, with the team by its slug.
fn shown(hub: &Hub, mut then: Value) -> Value {
    let id = then.get("team").and_then(Value::as_str).and_then(|id| id.parse::<TeamId>().ok());
    if let Some(team) = id.and_then(|id| hub.directory().teams.get(&id).cloned()) {
        then["team"] = team.slug.into();
    }
    then
}

fn accept(when: &Conditions, then: &Consequences) -> Result<(), ApiError> {
    check(when, then).map_err(|misfit| ApiError::invalid(&misfit.path, misfit.message))
}

pub(super) fn read_when(value: &Value) -> Result<Conditions, ApiError> {
    fields_of("when", value)
}

/// What a rule does, with the team found and everybody it names known.
pub(super) async fn read_then(tx: &mut Tx, mut value: Value) -> Result<Consequences, HubError> {
    let Some(fields) = value.as_object_mut() else {
        return Err(ApiError::invalid("then", "must be an object").into());
    };
    // Null is as good as missing.
    fields.retain(|_, value| !value.is_null());
    if let Some(named) = fields.get("team") {
        let named = named.as_str().ok_or_else(|| ApiError::invalid("then.team", "must be a slug or an id"))?;
        let team = fields::team(tx, "then.team", named).await?;
        if !team.is_active {
            return Err(ApiError::invalid("then.team", "the team is deactivated").into());
        }
        fields.insert("team".into(), json!(team.id));
    }
    let then: Consequences = fields_of("then", &value)?;
    if let Some(user) = then.assign_to {
        let known: Option<UserId> = users::by_id(tx, user).await?.filter(|user| user.is_active).map(|user| user.id);
        known.ok_or_else(|| ApiError::invalid("then.assign_to", "no active user has this id"))?;
    }
    if let Some(ticket) = &then.open_ticket {
        let known = incident_templates::latest(tx, &ticket.incident_type).await?;
        known.ok_or_else(|| ApiError::invalid("then.open_ticket.incident_type", "no such incident type"))?;
    }
    Ok(then)
}

endpoints! {
    RoutingRules at "/api/v1/routing-rules" and "/api/v1/routing-rules/{id}" tagged "triage", named by Uuid;
    /// Routing rules, in the order they were made.
    list RuleQuery;
    /// Makes a rule. Admins and supervisors only.
    create NewRoutingRule;
    /// One rule.
    read RuleBody;
    /// Changes a rule; the version before is kept. Admins and supervisors only.
    change by patch RoutingRuleChange;
    /// Switches a rule off. Admins and supervisors only.
    deactivate;
}
