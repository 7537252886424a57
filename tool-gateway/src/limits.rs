//! The limits of a call: all windows are read, decided and written as one, in the database that all nodes share. When
//! it is away nothing is admitted. Why not in Redis: see docs/decisions/tool-limits-in-the-database.md.

use chrono::{DateTime, Utc};
use patchbay_core::Code;
use patchbay_core::ids::ActorId;
use patchbay_core::tool::catalog::ToolSpec;
use patchbay_core::tool::window::{self, Decision, Limit, Pace, Standing, Window};
use patchbay_store::tool_windows::{self, WindowKey};
use patchbay_store::{Db, StoreError, Tx};

use crate::config::GatewayConfig;
use crate::outcome::Refusal;
use crate::scene::Scene;

/// An hour.
const HOUR: i64 = 3_600;
/// The time in which refusals are counted.
const DENIALS_WITHIN: i64 = 600;

/// What kind of call is to be admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Any call.
    Ordinary,
    /// Carrying out a draft whose proofs are all there: it may draw on the reserve.
    ConfirmedCommit,
}

/// Decides about a call. Error: 429 with the time to wait; 503 when nothing can be decided.
pub(crate) async fn admit(
    db: &Db,
    config: &GatewayConfig,
    (spec, per_hour): (&ToolSpec, Option<usize>),
    scene: &Scene,
    purpose: Purpose,
) -> Result<Vec<Standing>, Refusal> {
    if config.calls_per_hour == 0 {
        return Ok(Vec::new());
    }
    let (conversation, actor, now) = (scene.conversation.id, scene.ctx.actor.id, scene.ctx.now);
    let exact = |name, most| Limit { name, most, seconds: HOUR, pace: Pace::Exact };
    let smooth = |name, most| Limit { name, most, seconds: HOUR, pace: Pace::Smooth };
    let mut wanted = vec![(format!("conv:{conversation}"), exact("conv", config.calls_per_hour))];
    if let Some(most) = per_hour {
        wanted.push((format!("conv:{conversation}:{}", spec.name), exact("tool", most)));
    }
    if config.actor_calls_per_hour > 0 {
        wanted.push((format!("actor:{actor}"), smooth("actor", config.actor_calls_per_hour)));
    }
    if let Some(account) = scene.account.filter(|_| config.tenant_calls_per_hour > 0) {
        wanted.push((format!("tenant:{account}"), smooth("tenant", config.tenant_calls_per_hour)));
    }
    let decision = decide(db, &wanted, now).await?;
    let (by, retry_after_s, standings) = match decision {
        Decision::Admitted(standings) => return Ok(standings),
        Decision::Refused { by, retry_after_s, standings } => (by, retry_after_s, standings),
    };
    if purpose == Purpose::ConfirmedCommit && config.commit_reserve > 0 {
        let wanted = [(format!("conv:{conversation}:reserve"), exact("reserve", config.commit_reserve))];
        if let Decision::Admitted(standings) = decide(db, &wanted, now).await? {
            return Ok(standings);
        }
    }
    let message = format!("too many calls; wait {retry_after_s} seconds");
    let mut refusal = Refusal::new(Code::RateLimited, "rate.exceeded", message).retry(retry_after_s);
    refusal.error = refusal.error.with("violated_policies", vec![by.name]).because("limit", by.name);
    refusal.standings = standings;
    Err(refusal)
}

/// Notes a refusal of an assistant. `true`: there were too many.
pub(crate) async fn denied(
    tx: &mut Tx,
    config: &GatewayConfig,
    actor: ActorId,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    if config.denials_per_ten_minutes == 0 {
        return Ok(false);
    }
    let limit =
        Limit { name: "denial", most: config.denials_per_ten_minutes, seconds: DENIALS_WITHIN, pace: Pace::Exact };
    Ok(matches!(take(tx, &[(format!("denied:{actor}"), limit)], now).await?, Decision::Refused { .. }))
}

/// `true` once in `seconds`: what is told again and again is told together.
pub(crate) async fn is_time_to_tell(
    tx: &mut Tx,
    what: &str,
    seconds: i64,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let limit = Limit { name: "notice", most: 1, seconds, pace: Pace::Exact };
    Ok(matches!(take(tx, &[(format!("notice:{what}"), limit)], now).await?, Decision::Admitted(_)))
}

/// Takes from all windows or from none, in a transaction of its own.
async fn decide(db: &Db, wanted: &[(String, Limit)], now: DateTime<Utc>) -> Result<Decision, StoreError> {
    let mut tx = db.begin().await?;
    let decision = take(&mut tx, wanted, now).await?;
    match decision {
        Decision::Admitted(_) => tx.commit().await?,
        Decision::Refused { .. } => tx.rollback().await?,
    }
    Ok(decision)
}

/// Takes from all windows or from none.
async fn take(tx: &mut Tx, wanted: &[(String, Limit)], now: DateTime<Utc>) -> Result<Decision, StoreError> {
    let key =
        |(name, limit): &(String, Limit)| WindowKey { name: name.clone(), expires_at: now + window::kept_for(*limit) };
    let keys: Vec<WindowKey> = wanted.iter().map(key).collect();
    let logs = tool_windows::lock(tx, &keys).await?;
    let mut windows: Vec<Window> =
        wanted.iter().zip(logs).map(|((_, limit), log)| Window { limit: *limit, log }).collect();
    let decision = window::decide(&mut windows, now);
    if let Decision::Admitted(_) = decision {
        let kept: Vec<(WindowKey, Vec<i64>)> =
            keys.into_iter().zip(windows.into_iter().map(|window| window.log)).collect();
        tool_windows::keep(tx, &kept).await?;
    }
    Ok(decision)
}
