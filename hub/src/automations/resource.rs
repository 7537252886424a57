//! `/api/v1/automations`: automations and macros. Every version is kept: runs name one.

use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::automation::{Action, AutomationKind, Matches, Misfit, check_actions, check_events};
use patchbay_core::event::EventName;
use patchbay_core::ids::{AutomationId, InboxId, TeamId, UserId};
use patchbay_http::ApiError;
use patchbay_store::automations::{self, AutomationRow};
use patchbay_store::{Tx, inboxes, users};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::administration::fields;
use crate::error::HubError;
use crate::resource::text::{fields_of, line, within};
use crate::resource::{Mark, Resource, Window, endpoints, require_catalog_keeper};
use crate::state::Hub;

/// Places that an automation can have.
const ORDERS: std::ops::RangeInclusive<i64> = -1_000_000..=1_000_000;

/// Something that the hub does by itself (`automation`), or that an agent asks for (`macro`).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Automation)]
pub(super) struct AutomationBody {
    /// Our id.
    id: Uuid,
    /// `automation` or `macro`.
    kind: String,
    /// What it is called.
    name: String,
    /// Its place: lower ones run first.
    order: i64,
    /// Whether it counts.
    enabled: bool,
    /// The events it waits for; empty for a macro.
    on: Value,
    /// When it runs: everything given must hold, of a list any.
    when: Value,
    /// What it does, in order.
    then: Value,
    /// Grows with every change; runs name it.
    version: i64,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

/// Which to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AutomationQuery {
    /// `automation` or `macro`.
    kind: Option<String>,
    /// `true`: those that count; `false`: those that do not.
    enabled: Option<bool>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, 1 to 100; 20 when missing.
    limit: Option<i64>,
}

/// A new automation or macro.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAutomation {
    /// `automation` (when missing) or `macro`.
    kind: Option<String>,
    /// What it is called.
    name: String,
    /// Its place: lower ones run first; 100 when missing.
    order: Option<i64>,
    /// Whether it counts; true when missing.
    enabled: Option<bool>,
    /// The events it waits for: `conversation.new`, `conversation.assigned`, `conversation.updated`, `message.received`,
    /// `message.sent`, `triage.completed`. None for a macro.
    #[serde(default)]
    on: Vec<String>,
    /// When it runs: `channels`, `inboxes`, `teams`, `statuses`, `priorities`, `tags_any`, `tags_none`, `keywords_any`,
    /// `regex`, `senders`, `assigned`, `in_business_hours`; always when missing.
    #[schema(value_type = Option<Object>)]
    when: Option<Value>,
    /// What it does, in order: `{"type":"tag","tags":[…]}`, `untag`, `priority`, `assign` (`team` or `user`), `reply`
    /// (`text`), `note` (`text`), `snooze` (`minutes`), `close` (`reason`), `ticket` (`priority`, `incident_type`).
    #[schema(value_type = Vec<Object>)]
    then: Vec<Value>,
}

/// A change of an automation: what is missing stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AutomationChange {
    /// The version the caller read; `If-Match` says the same.
    #[serde(alias = "expected_version")]
    version: Option<i64>,
    /// What it is called.
    name: Option<String>,
    /// Its place.
    order: Option<i64>,
    /// Whether it counts.
    enabled: Option<bool>,
    /// The events it waits for; replaces all.
    on: Option<Vec<String>>,
    /// When it runs; replaces all conditions.
    #[schema(value_type = Option<Object>)]
    when: Option<Value>,
    /// What it does; replaces all actions.
    #[schema(value_type = Option<Vec<Object>>)]
    then: Option<Vec<Value>>,
}

/// Automations and macros.
pub(super) struct Automations;

impl Resource for Automations {
    const NAME: &'static str = "automation";
    type Key = AutomationId;
    type Row = AutomationRow;
    type Query = AutomationQuery;
    type New = NewAutomation;
    type Change = AutomationChange;
    type Body = AutomationBody;

    fn may_write(ctx: &Ctx) -> Result<(), ApiError> {
        require_catalog_keeper(ctx)
    }

    fn window(query: &AutomationQuery) -> Window<'_> {
        Window { cursor: query.cursor.as_deref(), limit: query.limit }
    }

    fn mark(row: &AutomationRow) -> Mark {
        Mark { id: row.id.into(), version: row.version, account: None }
    }

    fn made_from(change: &AutomationChange) -> Option<i64> {
        change.version
    }

    fn body(hub: &Hub, row: &AutomationRow) -> AutomationBody {
        let row = row.clone();
        AutomationBody {
            id: row.id.into(),
            kind: row.kind.as_str().to_owned(),
            name: row.name,
            order: row.rule_order,
            enabled: row.enabled,
            on: row.events,
            when: shown(hub, row.conditions),
            then: row.actions,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }

    async fn page(
        tx: &mut Tx,
        _: &Hub,
        _: &Ctx,
        query: AutomationQuery,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<AutomationRow>, HubError> {
        let kind = query.kind.as_deref().map(kind).transpose()?;
        Ok(automations::page(tx, kind, query.enabled, after.map(AutomationId), limit).await?)
    }

    async fn find(tx: &mut Tx, _: &Ctx, key: &AutomationId) -> Result<Option<AutomationRow>, HubError> {
        Ok(automations::by_id(tx, *key).await?)
    }

    async fn make(tx: &mut Tx, ctx: &Ctx, new: NewAutomation) -> Result<AutomationRow, HubError> {
        let kind = new.kind.as_deref().map_or(Ok(AutomationKind::Automation), kind)?;
        let row = AutomationRow {
            id: AutomationId::new(),
            kind,
            name: line("name", &new.name)?,
            rule_order: within("order", new.order.unwrap_or(100), ORDERS)?,
            enabled: new.enabled.unwrap_or(true),
            events: events(kind, &new.on)?,
            conditions: conditions(tx, new.when.unwrap_or_else(|| json!({}))).await?,
            actions: actions(tx, new.then).await?,
            version: 1,
            created_at: ctx.now,
            updated_at: ctx.now,
        };
        automations::insert(tx, ctx, &row).await?;
        Ok(row)
    }

    async fn apply(tx: &mut Tx, _: &Ctx, row: &mut AutomationRow, change: AutomationChange) -> Result<(), HubError> {
        if let Some(name) = &change.name {
            row.name = line("name", name)?;
        }
        if let Some(order) = change.order {
            row.rule_order = within("order", order, ORDERS)?;
        }
        row.enabled = change.enabled.unwrap_or(row.enabled);
        if let Some(on) = &change.on {
            row.events = events(row.kind, on)?;
        }
        if let Some(when) = change.when {
            row.conditions = conditions(tx, when).await?;
        }
        if let Some(then) = change.then {
            row.actions = actions(tx, then).await?;
        }
        Ok(())
    }

    async fn save(tx: &mut Tx, ctx: &Ctx, row: &mut AutomationRow) -> Result<(), HubError> {
        row.updated_at = ctx.now;
        Ok(automations::update(tx, ctx, row).await?)
    }

    fn retire(row: &mut AutomationRow) -> bool {
        std::mem::replace(&mut row.enabled, false)
    }
}

/// Conditions with teams by their slugs and inboxes by their names.
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

fn kind(word: &str) -> Result<AutomationKind, ApiError> {
    word.parse().map_err(|_| ApiError::invalid("kind", "must be automation or macro"))
}

fn refused(misfit: &Misfit) -> ApiError {
    ApiError::invalid(&misfit.path, misfit.message)
}

fn events(kind: AutomationKind, words: &[String]) -> Result<Value, ApiError> {
    let mut events: Vec<EventName> = Vec::with_capacity(words.len());
    for (place, word) in words.iter().enumerate() {
        let event = word.parse().map_err(|_| ApiError::invalid(&format!("on[{place}]"), "there is no such event"))?;
        if !events.contains(&event) {
            events.push(event);
        }
    }
    check_events(kind, &events).map_err(|misfit| refused(&misfit))?;
    Ok(json!(events))
}

/// Conditions with everybody they name known. Teams are given by slug or id, inboxes by name or id.
pub(super) async fn conditions(tx: &mut Tx, mut value: Value) -> Result<Value, HubError> {
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
    let when: Matches = fields_of("when", &value)?;
    when.check().map_err(|misfit| refused(&misfit))?;
    Ok(json!(when))
}

/// Actions with everybody they name known.
pub(super) async fn actions(tx: &mut Tx, values: Vec<Value>) -> Result<Value, HubError> {
    let mut actions: Vec<Action> = Vec::with_capacity(values.len().min(100));
    for (place, mut value) in values.into_iter().take(100).enumerate() {
        let path = format!("then[{place}]");
        let word = value.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(team) = value.get_mut("team").filter(|team| team.is_string()) {
            let text = team.as_str().unwrap_or_default().to_owned();
            *team = json!(fields::team(tx, &format!("{path}.team"), &text).await?.id);
        }
        let action: Action = serde_json::from_value(value).map_err(|_| {
            let known = Action::WORDS;
            if known.contains(&word.as_str()) {
                ApiError::invalid(&path, format!("has a field that {word} does not take, or lacks one that it needs"))
            } else {
                ApiError::invalid(&format!("{path}.type"), format!("must be one of {}", known.join(", ")))
            }
        })?;
        if let Action::Assign { user: Some(user), .. } = &action {
            known_user(tx, &path, *user).await?;
        }
        actions.push(action);
    }
    check_actions(&actions).map_err(|misfit| refused(&misfit))?;
    Ok(json!(actions))
}

async fn known_user(tx: &mut Tx, path: &str, user: UserId) -> Result<(), HubError> {
    let known = users::by_id(tx, user).await?.filter(|user| user.is_active && user.role.works_conversations());
    known
        .map(drop)
        .ok_or_else(|| ApiError::invalid(&format!("{path}.user"), "no active user of the hub has this id").into())
}

endpoints! {
    Automations at "/api/v1/automations" and "/api/v1/automations/{id}" tagged "automations", named by Uuid;
    /// Automations and macros, in the order they were made.
    list AutomationQuery;
    /// Makes one. Admins and supervisors only.
    create NewAutomation;
    /// One.
    read AutomationBody;
    /// Changes one; the version before is kept. Admins and supervisors only.
    change by patch AutomationChange;
    /// Switches one off. Admins and supervisors only.
    deactivate;
}
