//! Ladders as they are sent, checked, stored and shown.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use patchbay_core::alert::{MOST_STEPS, Step};
use patchbay_core::ids::LadderId;
use patchbay_core::{Code, Ctx};
use patchbay_http::ApiError;
use patchbay_store::escalation_ladders::{self, LadderRow};
use patchbay_store::{Tx, alert_rules};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::alerts::ladder_steps::{self, LadderStep};
use crate::error::HubError;
use crate::resource::text::{line, within};
use crate::resource::{Edit, Mark, Resource, Window, require_catalog_keeper};
use crate::state::Hub;

/// Most times that a ladder begins anew.
const MOST_REPEATS: i64 = 10;

/// Who is told of an alert, and who next.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = EscalationLadder)]
pub(in crate::alerts) struct LadderBody {
    /// Our id.
    id: Uuid,
    /// What it is called.
    name: String,
    /// Its steps, in order.
    steps: Vec<LadderStep>,
    /// How often it begins anew after its last step.
    repeat: i64,
    /// The ladder whose steps follow.
    next: Option<Uuid>,
    /// Whether it counts.
    is_active: bool,
    /// Grows with every change.
    version: i64,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

/// Which ladders to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::alerts) struct LadderQuery {
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, 1 to 100; 20 when missing.
    limit: Option<i64>,
}

/// A new ladder.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::alerts) struct NewLadder {
    /// What it is called.
    name: String,
    /// Its steps, in order: 1 to 20.
    steps: Vec<LadderStep>,
    /// How often it begins anew after its last step, 0 to 10; 0 when missing.
    repeat: Option<i64>,
    /// The ladder whose steps follow.
    next: Option<Uuid>,
}

/// A change of a ladder: what is missing stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::alerts) struct LadderChange {
    /// The version the caller read; `If-Match` says the same.
    #[serde(alias = "expected_version")]
    version: Option<i64>,
    /// What it is called.
    name: Option<String>,
    /// Its steps; replaces all of them.
    steps: Option<Vec<LadderStep>>,
    /// How often it begins anew.
    repeat: Option<i64>,
    /// The ladder whose steps follow; null: none.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    next: Edit<Uuid>,
    /// Whether it counts.
    is_active: Option<bool>,
}

/// What was sent, and the internal hosts that the operator opened.
pub(in crate::alerts) struct Checked<T> {
    pub(in crate::alerts) hosts: Arc<[String]>,
    pub(in crate::alerts) body: T,
}

/// The ladders.
pub(in crate::alerts) struct Ladders;

impl Resource for Ladders {
    const NAME: &'static str = "escalation_ladder";
    type Key = LadderId;
    type Row = LadderRow;
    type Query = LadderQuery;
    type New = Checked<NewLadder>;
    type Change = Checked<LadderChange>;
    type Body = LadderBody;

    fn may_write(ctx: &Ctx) -> Result<(), ApiError> {
        require_catalog_keeper(ctx)
    }

    fn window(query: &LadderQuery) -> Window<'_> {
        Window { cursor: query.cursor.as_deref(), limit: query.limit }
    }

    fn mark(row: &LadderRow) -> Mark {
        Mark { id: row.id.into(), version: row.version, account: None }
    }

    fn made_from(change: &Checked<LadderChange>) -> Option<i64> {
        change.body.version
    }

    fn body(_: &Hub, row: &LadderRow) -> LadderBody {
        LadderBody {
            id: row.id.into(),
            name: row.name.clone(),
            steps: ladder_steps::shown(&steps_of(row)),
            repeat: row.repeat,
            next: row.next_id.map(Into::into),
            is_active: row.is_active,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }

    async fn page(
        tx: &mut Tx,
        _: &Hub,
        _: &Ctx,
        _: LadderQuery,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<LadderRow>, HubError> {
        Ok(escalation_ladders::page(tx, after.map(LadderId), limit).await?)
    }

    async fn find(tx: &mut Tx, _: &Ctx, key: &LadderId) -> Result<Option<LadderRow>, HubError> {
        Ok(escalation_ladders::by_id(tx, *key).await?)
    }

    async fn make(tx: &mut Tx, ctx: &Ctx, new: Checked<NewLadder>) -> Result<LadderRow, HubError> {
        let Checked { hosts, body: new } = new;
        let row = LadderRow {
            id: LadderId::new(),
            name: line("name", &new.name)?,
            steps: json!(ladder_steps::read(tx, &hosts, new.steps, &[]).await?),
            repeat: within("repeat", new.repeat.unwrap_or(0), 0..=MOST_REPEATS)?,
            next_id: new.next.map(LadderId),
            is_active: true,
            version: 1,
            created_at: ctx.now,
            updated_at: ctx.now,
        };
        check_chain(tx, &row).await?;
        escalation_ladders::insert(tx, &row).await?;
        Ok(row)
    }

    async fn apply(tx: &mut Tx, _: &Ctx, row: &mut LadderRow, change: Checked<LadderChange>) -> Result<(), HubError> {
        let Checked { hosts, body: change } = change;
        if let Some(name) = &change.name {
            row.name = line("name", name)?;
        }
        if let Some(steps) = change.steps {
            row.steps = json!(ladder_steps::read(tx, &hosts, steps, &steps_of(row)).await?);
        }
        if let Some(repeat) = change.repeat {
            row.repeat = within("repeat", repeat, 0..=MOST_REPEATS)?;
        }
        match change.next {
            Edit::Keep => {}
            Edit::Clear => row.next_id = None,
            Edit::Set(id) => row.next_id = Some(LadderId(id)),
        }
        row.is_active = change.is_active.unwrap_or(row.is_active);
        check_chain(tx, row).await
    }

    async fn save(tx: &mut Tx, ctx: &Ctx, row: &mut LadderRow) -> Result<(), HubError> {
        let used = alert_rules::count_with_ladder(tx, row.id).await?
            + escalation_ladders::count_leading_to(tx, row.id).await?;
        if !row.is_active && used > 0 {
            let message = "rules or ladders lead to it; let them lead elsewhere first";
            return Err(ApiError::new(Code::InvalidStateTransition, message).because("used_by", used).into());
        }
        row.updated_at = ctx.now;
        escalation_ladders::update(tx, row).await?;
        row.version += 1;
        Ok(())
    }

    fn retire(row: &mut LadderRow) -> bool {
        std::mem::replace(&mut row.is_active, false)
    }
}

fn steps_of(row: &LadderRow) -> Vec<Step> {
    serde_json::from_value(row.steps.clone()).unwrap_or_default()
}

/// Follows the ladders after this one: they must be there, must not lead back, and must come to an end.
async fn check_chain(tx: &mut Tx, row: &LadderRow) -> Result<(), HubError> {
    let mut seen = vec![row.id];
    let mut count = steps_of(row).len();
    let mut next = row.next_id;
    while let Some(id) = next {
        if seen.contains(&id) {
            return Err(ApiError::invalid("next", "leads in a circle").into());
        }
        let found = escalation_ladders::by_id(tx, id).await?.filter(|row| row.is_active);
        let found = found.ok_or_else(|| ApiError::invalid("next", "no active ladder has this id"))?;
        count += steps_of(&found).len();
        if count > MOST_STEPS {
            return Err(ApiError::invalid("next", format!("more than {MOST_STEPS} steps together")).into());
        }
        seen.push(id);
        next = found.next_id;
    }
    Ok(())
}
