//! `/api/v1/alert-rules`: what becomes an alert. Every version is kept: alerts name one.

use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::alert::{AlertConditions, GroupField, Severity};
use patchbay_core::ids::{AlertRuleId, InboxId, LadderId, TeamId};
use patchbay_http::ApiError;
use patchbay_store::alert_rules::{self, AlertRuleRow};
use patchbay_store::{Tx, escalation_ladders, inboxes};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::figures;
use crate::administration::fields;
use crate::error::HubError;
use crate::resource::text::{fields_of, line, within};
use crate::resource::{Edit, Mark, Resource, Window, endpoints, require_catalog_keeper};
use crate::state::Hub;

/// Places that a rule can have.
const ORDERS: std::ops::RangeInclusive<i64> = -1_000_000..=1_000_000;

/// A rule that says what becomes an alert.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AlertRule)]
pub(super) struct RuleBody {
    /// Our id.
    id: Uuid,
    /// What it is called.
    name: String,
    /// Its place: lower ones are asked first, and the first that applies decides.
    order: i64,
    /// Whether it counts.
    enabled: bool,
    /// When it applies: everything given must hold, of a list any.
    when: Value,
    /// How bad its alerts are; what happened says so when null.
    severity: Option<String>,
    /// What tells its alerts apart: `code`, `conversation`, `ticket`, `team`, `inbox`.
    group_by: Vec<String>,
    /// Who is told: a ladder; null: only the screens show it.
    ladder_id: Option<Uuid>,
    /// Grows with every change; alerts name it.
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
pub(super) struct AlertRuleQuery {
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
pub(super) struct NewAlertRule {
    /// What it is called.
    name: String,
    /// Its place: lower ones are asked first; 100 when missing.
    order: Option<i64>,
    /// Whether it counts; true when missing.
    enabled: Option<bool>,
    /// When it applies. To events: `events` (`alert.raised` when missing), `codes`, `teams`, `inboxes`, `priorities`. To
    /// a figure of `/ops/alerts`: `metric` with `at_least`, `clear_at` and `for_s`.
    #[schema(value_type = Object)]
    when: Value,
    /// `info`, `warning` or `critical`; what happened says so when missing.
    severity: Option<String>,
    /// What tells its alerts apart; everything when missing.
    group_by: Option<Vec<String>>,
    /// Who is told: a ladder.
    ladder_id: Option<Uuid>,
}

/// A change of a rule: what is missing stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AlertRuleChange {
    /// The version the caller read; `If-Match` says the same.
    #[serde(alias = "expected_version")]
    version: Option<i64>,
    /// What it is called.
    name: Option<String>,
    /// Its place.
    order: Option<i64>,
    /// Whether it counts.
    enabled: Option<bool>,
    /// When it applies; replaces all conditions.
    #[schema(value_type = Option<Object>)]
    when: Option<Value>,
    /// `info`, `warning` or `critical`; null: what happened says so.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    severity: Edit<String>,
    /// What tells its alerts apart.
    group_by: Option<Vec<String>>,
    /// Who is told: a ladder; null: only the screens show it.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    ladder_id: Edit<Uuid>,
}

/// The rules.
pub(super) struct AlertRules;

impl Resource for AlertRules {
    const NAME: &'static str = "alert_rule";
    type Key = AlertRuleId;
    type Row = AlertRuleRow;
    type Query = AlertRuleQuery;
    type New = NewAlertRule;
    type Change = AlertRuleChange;
    type Body = RuleBody;

    fn may_write(ctx: &Ctx) -> Result<(), ApiError> {
        require_catalog_keeper(ctx)
    }

    fn window(query: &AlertRuleQuery) -> Window<'_> {
        Window { cursor: query.cursor.as_deref(), limit: query.limit }
    }

    fn mark(row: &AlertRuleRow) -> Mark {
        Mark { id: row.id.into(), version: row.version, account: None }
    }

    fn made_from(change: &AlertRuleChange) -> Option<i64> {
        change.version
    }

    fn body(hub: &Hub, row: &AlertRuleRow) -> RuleBody {
        let row = row.clone();
        RuleBody {
            id: row.id.into(),
            name: row.name,
            order: row.rule_order,
            enabled: row.enabled,
            when: shown(hub, row.conditions),
            severity: row.severity.map(|severity| severity.as_str().to_owned()),
            group_by: serde_json::from_value(row.group_by).unwrap_or_default(),
            ladder_id: row.ladder_id.map(Into::into),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }

    async fn page(
        tx: &mut Tx,
        _: &Hub,
        _: &Ctx,
        query: AlertRuleQuery,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<AlertRuleRow>, HubError> {
        Ok(alert_rules::page(tx, query.enabled, after.map(AlertRuleId), limit).await?)
    }

    async fn find(tx: &mut Tx, _: &Ctx, key: &AlertRuleId) -> Result<Option<AlertRuleRow>, HubError> {
        Ok(alert_rules::by_id(tx, *key).await?)
    }

    async fn make(tx: &mut Tx, ctx: &Ctx, new: NewAlertRule) -> Result<AlertRuleRow, HubError> {
        let every = || GroupField::WORDS.iter().map(|word| (*word).to_owned()).collect();
        let row = AlertRuleRow {
            id: AlertRuleId::new(),
            name: line("name", &new.name)?,
            rule_order: within("order", new.order.unwrap_or(100), ORDERS)?,
            enabled: new.enabled.unwrap_or(true),
            conditions: conditions(tx, new.when).await?,
            severity: new.severity.as_deref().map(severity).transpose()?,
            group_by: group(&new.group_by.unwrap_or_else(every))?,
            ladder_id: ladder(tx, new.ladder_id).await?,
            version: 1,
            created_at: ctx.now,
            updated_at: ctx.now,
        };
        alert_rules::insert(tx, ctx, &row).await?;
        Ok(row)
    }

    async fn apply(tx: &mut Tx, _: &Ctx, row: &mut AlertRuleRow, change: AlertRuleChange) -> Result<(), HubError> {
        if let Some(name) = &change.name {
            row.name = line("name", name)?;
        }
        if let Some(order) = change.order {
            row.rule_order = within("order", order, ORDERS)?;
        }
        row.enabled = change.enabled.unwrap_or(row.enabled);
        if let Some(when) = change.when {
            row.conditions = conditions(tx, when).await?;
        }
        match change.severity {
            Edit::Keep => {}
            Edit::Clear => row.severity = None,
            Edit::Set(word) => row.severity = Some(severity(&word)?),
        }
        if let Some(words) = &change.group_by {
            row.group_by = group(words)?;
        }
        match change.ladder_id {
            Edit::Keep => {}
            Edit::Clear => row.ladder_id = None,
            Edit::Set(id) => row.ladder_id = ladder(tx, Some(id)).await?,
        }
        Ok(())
    }

    async fn save(tx: &mut Tx, ctx: &Ctx, row: &mut AlertRuleRow) -> Result<(), HubError> {
        row.updated_at = ctx.now;
        Ok(alert_rules::update(tx, ctx, row).await?)
    }

    fn retire(row: &mut AlertRuleRow) -> bool {
        std::mem::replace(&mut row.enabled, false)
    }
}

/// When a rule applies, with teams by their slugs and inboxes by their names.
fn shown(hub: &Hub, mut when: Value) -> Value {
    let directory = hub.directory();
    let mut name = |key: &str, named: &dyn Fn(&str) -> Option<String>| {
        for id in when.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(name) = id.as_str().and_then(named) {
                *id = name.into();
            }
        }
    };
    name("teams", &|id| Some(directory.teams.get(&id.parse::<TeamId>().ok()?)?.slug.clone()));
    name("inboxes", &|id| Some(directory.inboxes.get(&id.parse::<InboxId>().ok()?)?.name.clone()));
    when
}

fn severity(word: &str) -> Result<Severity, ApiError> {
    word.parse().map_err(|_| ApiError::invalid("severity", "must be info, warning or critical"))
}

fn group(words: &[String]) -> Result<Value, ApiError> {
    let mut fields: Vec<GroupField> = Vec::new();
    for (place, word) in words.iter().enumerate() {
        let field = word.parse().map_err(|_| {
            ApiError::invalid(&format!("group_by[{place}]"), "must be code, conversation, ticket, team or inbox")
        })?;
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    Ok(json!(fields))
}

async fn ladder(tx: &mut Tx, id: Option<Uuid>) -> Result<Option<LadderId>, HubError> {
    let Some(id) = id.map(LadderId) else { return Ok(None) };
    let known = escalation_ladders::by_id(tx, id).await?.filter(|row| row.is_active);
    known.ok_or_else(|| ApiError::invalid("ladder_id", "no active ladder has this id"))?;
    Ok(Some(id))
}

/// When a rule applies, with everybody it names known. Teams are given by slug or id, inboxes by name or id.
async fn conditions(tx: &mut Tx, mut value: Value) -> Result<Value, HubError> {
    let Some(fields) = value.as_object_mut() else {
        return Err(ApiError::invalid("when", "must be an object").into());
    };
    // Null is as good as missing.
    fields.retain(|_, value| !value.is_null());
    for (place, named) in fields.get_mut("teams").and_then(Value::as_array_mut).into_iter().flatten().enumerate() {
        let path = format!("when.teams[{place}]");
        let text = named.as_str().ok_or_else(|| ApiError::invalid(&path, "must be a slug or an id"))?;
        *named = json!(fields::team(tx, &path, text).await?.id);
    }
    if fields.contains_key("inboxes") {
        let known = inboxes::all(tx).await?;
        for (place, named) in fields.get_mut("inboxes").and_then(Value::as_array_mut).into_iter().flatten().enumerate()
        {
            let path = format!("when.inboxes[{place}]");
            let text = named.as_str().ok_or_else(|| ApiError::invalid(&path, "must be a name or an id"))?;
            let found = known.iter().find(|inbox| inbox.name == text || inbox.id.to_string() == text);
            *named = json!(found.ok_or_else(|| ApiError::invalid(&path, "no such inbox"))?.id);
        }
    }
    let when: AlertConditions = fields_of("when", &value)?;
    when.check(&figures::known()).map_err(|misfit| ApiError::invalid(misfit.path, misfit.message))?;
    Ok(json!(when))
}

endpoints! {
    AlertRules at "/api/v1/alert-rules" and "/api/v1/alert-rules/{id}" tagged "alerts", named by Uuid;
    /// Alert rules, in the order they were made.
    list AlertRuleQuery;
    /// Makes a rule. Admins and supervisors only.
    create NewAlertRule;
    /// One rule.
    read RuleBody;
    /// Changes a rule; the version before is kept. Admins and supervisors only.
    change by patch AlertRuleChange;
    /// Switches a rule off. Admins and supervisors only.
    deactivate;
}
