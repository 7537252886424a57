//! The limits of a call: all windows are read, decided and written as one, in the database that all nodes share. When
//! it is away nothing is admitted.

use chrono::{DateTime, Utc};
use patchbay_core::Code;
use patchbay_core::ids::{ActorId, ConversationId};
use patchbay_core::tool::catalog::ToolSpec;
use patchbay_core::tool::window::{self, Decision, Limit, Standing, Window};
use patchbay_store::{Db, StoreError, tool_windows};

use crate::config::GatewayConfig;
use crate::outcome::Refusal;

/// An hour.
const HOUR: i64 = 3_600;

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
    spec: &ToolSpec,
    conversation: ConversationId,
    actor: ActorId,
    purpose: Purpose,
    now: DateTime<Utc>,
) -> Result<Vec<Standing>, Refusal> {
    if config.calls_per_hour == 0 {
        return Ok(Vec::new());
    }
    let conv = Limit { name: "conv", most: config.calls_per_hour, seconds: HOUR };
    let mut wanted = vec![(format!("conv:{conversation}"), conv)];
    if let Some(most) = spec.ceiling {
        wanted.push((format!("conv:{conversation}:{}", spec.name), Limit { name: "tool", most, seconds: HOUR }));
    }
    if config.actor_calls_per_hour > 0 {
        let limit = Limit { name: "actor", most: config.actor_calls_per_hour, seconds: HOUR };
        wanted.push((format!("actor:{actor}"), limit));
    }
    let decision = decide(db, &wanted, now).await?;
    let (by, retry_after_s, standings) = match decision {
        Decision::Admitted(standings) => return Ok(standings),
        Decision::Refused { by, retry_after_s, standings } => (by, retry_after_s, standings),
    };
    if purpose == Purpose::ConfirmedCommit && config.commit_reserve > 0 {
        let reserve = Limit { name: "reserve", most: config.commit_reserve, seconds: HOUR };
        let wanted = [(format!("conv:{conversation}:reserve"), reserve)];
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

/// Takes from all windows or from none.
async fn decide(db: &Db, wanted: &[(String, Limit)], now: DateTime<Utc>) -> Result<Decision, StoreError> {
    let mut tx = db.begin().await?;
    // In the order of their names, so that two calls never wait for each other.
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|one, other| wanted[*one].0.cmp(&wanted[*other].0));
    let mut logs = vec![Vec::new(); wanted.len()];
    for index in &order {
        let (name, limit) = &wanted[*index];
        logs[*index] = tool_windows::lock(&mut tx, name, now + window::kept_for(*limit)).await?;
    }
    let mut windows: Vec<Window> =
        wanted.iter().zip(logs).map(|((_, limit), log)| Window { limit: *limit, log }).collect();
    let decision = window::decide(&mut windows, now);
    match decision {
        Decision::Admitted(_) => {
            for index in order {
                let (name, limit) = &wanted[index];
                tool_windows::keep(&mut tx, name, &windows[index].log, now + window::kept_for(*limit)).await?;
            }
            tx.commit().await?;
        }
        Decision::Refused { .. } => tx.rollback().await?,
    }
    Ok(decision)
}
