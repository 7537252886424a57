//! A rule applies: a new alert, or one more of the open alert of the same group.

use patchbay_core::Ctx;
use patchbay_core::alert::{AlertLife, Ladder, Signal, Step, Trigger, group_key, reply_code, severity_of};
use patchbay_core::directory::Directory;
use patchbay_core::event::EventName;
use patchbay_core::ids::{AlertId, LadderId};
use patchbay_store::alerts::{self, AlertRow};
use patchbay_store::{StoreError, Tx, escalation_ladders};
use rand::RngExt as _;
use serde_json::json;

use super::change::{emit, set_timer};
use super::climb::climb;
use super::take::Rule;

/// How often a group is looked up again when somebody else opened its alert in between.
const TRIES: usize = 3;
/// Most ladders that follow one another; more cannot be, for circles are refused.
const MOST_LADDERS: usize = 20;

/// Raises an alert.
pub(super) async fn raise(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    rule: &Rule,
    signal: &Signal,
) -> Result<(), StoreError> {
    let key = group_key(rule.row.id, &rule.group_by, signal);
    for _ in 0..TRIES {
        if let Some(id) = alerts::open_of(tx, &key).await? {
            if let Some(row) = alerts::lock(tx, id).await?.filter(|row| row.resolved_at.is_none()) {
                return again(tx, ctx, directory, (rule, signal), row).await;
            }
        } else if begin(tx, ctx, directory, (rule, signal), &key).await? {
            return Ok(());
        }
    }
    Err(StoreError::Conflict)
}

async fn again(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    (rule, signal): (&Rule, &Signal),
    mut row: AlertRow,
) -> Result<(), StoreError> {
    row.count += 1;
    row.last_at = row.last_at.max(signal.at);
    let severity = severity(rule, signal);
    if severity > row.severity {
        row.severity = severity;
        let ladder: Ladder = serde_json::from_value(row.ladder.clone()).unwrap_or_default();
        let mut life = row.life();
        // What is resolved was left out above; all else may get worse.
        if life.on(Trigger::Worsen, &ladder, ctx.now).is_ok() {
            row.live(&life);
        }
    }
    row.updated_at = ctx.now;
    let next = climb(tx, ctx, directory, &mut row).await?;
    alerts::update(tx, &mut row).await?;
    set_timer(tx, ctx, row.id, next).await?;
    emit(tx, ctx, directory, EventName::AlertUpdated, &row).await
}

fn severity(rule: &Rule, signal: &Signal) -> patchbay_core::alert::Severity {
    rule.row.severity.or(signal.severity).unwrap_or_else(|| severity_of(&signal.code))
}

/// `false`: somebody else opened an alert of the group.
async fn begin(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    (rule, signal): (&Rule, &Signal),
    key: &str,
) -> Result<bool, StoreError> {
    let ladder = match rule.row.ladder_id {
        Some(id) => whole_ladder(tx, id).await?,
        None => Ladder::default(),
    };
    let id = AlertId::new();
    let life = AlertLife::begin(&ladder, ctx.now);
    let mut row = AlertRow {
        id,
        rule_id: rule.row.id,
        rule_version: rule.row.version,
        rule_name: rule.row.name.clone(),
        code: signal.code.clone(),
        severity: severity(rule, signal),
        group_key: key.to_owned(),
        state: life.state,
        count: 1,
        first_at: signal.at,
        last_at: signal.at,
        conversation_id: signal.conversation_id,
        ticket_id: signal.ticket_id,
        team_id: signal.team_id,
        inbox_id: signal.inbox_id,
        owner_id: None,
        acknowledged_at: None,
        acknowledged_by: None,
        acknowledged_via: None,
        snoozed_until: None,
        resolved_at: None,
        resolved_by: None,
        resolved_reason: None,
        reply_code: reply_code(rand::rng().random()),
        ladder: json!(ladder),
        run: life.run,
        step: life.step,
        next_step_at: life.next_step_at,
        version: 1,
        created_at: ctx.now,
        updated_at: ctx.now,
    };
    if !alerts::insert(tx, &row).await? {
        return Ok(false);
    }
    metrics::counter!("alerts_raised_total", "severity" => row.severity.as_str()).increment(1);
    let next = climb(tx, ctx, directory, &mut row).await?;
    alerts::update(tx, &mut row).await?;
    set_timer(tx, ctx, id, next).await?;
    // Whoever raised it in the feed has told the screens already.
    let is_told = signal.event == Some(EventName::AlertRaised);
    let name = if is_told { EventName::AlertUpdated } else { EventName::AlertRaised };
    emit(tx, ctx, directory, name, &row).await?;
    Ok(true)
}

/// The steps of a ladder and of those that follow it.
async fn whole_ladder(tx: &mut Tx, first: LadderId) -> Result<Ladder, StoreError> {
    let mut whole = Ladder::default();
    let mut next = Some(first);
    for place in 0..MOST_LADDERS {
        let Some(id) = next else { break };
        let Some(row) = escalation_ladders::by_id(tx, id).await?.filter(|row| row.is_active) else { break };
        if place == 0 {
            whole.repeat = u32::try_from(row.repeat).unwrap_or(0);
        }
        let steps: Vec<Step> = serde_json::from_value(row.steps).unwrap_or_default();
        whole.steps.extend(steps);
        next = row.next_id;
    }
    whole.steps.truncate(patchbay_core::alert::MOST_STEPS);
    Ok(whole)
}
