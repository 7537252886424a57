//! What becomes of tries: taken, tried again later, given up; and of an address that has been dead for too long.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::ctx::Ctx;
use patchbay_core::event::{Audience, EventName, NewEvent};
use patchbay_core::ids::{EventId, WebhookDeliveryId, WebhookId};
use patchbay_core::webhook::{DeliveryState, Meaning, is_dead, meaning, wait_after};
use patchbay_store::webhook_deliveries::{self, Ending};
use patchbay_store::{StoreError, Tx, events, webhooks};
use serde_json::json;

use crate::resource::record;

/// How a try ended.
#[derive(Clone, Debug)]
pub struct Tried {
    /// Whom it was for.
    pub webhook: WebhookId,
    /// What it was about.
    pub delivery: WebhookDeliveryId,
    /// Which try it was, from 1.
    pub attempt: i64,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// How long it took.
    pub took: TimeDelta,
    /// The status of the answer; without one, why there is none.
    pub answer: Result<u16, &'static str>,
    /// When the receiver wants to be asked again.
    pub retry_after: Option<TimeDelta>,
    /// Stretches the wait, between 0 and 1: what failed together does not come back together.
    pub jitter: f64,
}

/// Writes down how tries ended.
pub async fn settle(tx: &mut Tx, ctx: &Ctx, tried: &[Tried]) -> Result<(), StoreError> {
    let endings: Vec<Ending> = tried.iter().map(|tried| ending(ctx.now, tried)).collect();
    webhook_deliveries::settle(tx, &endings, ctx.now).await?;
    let mut of: BTreeMap<WebhookId, (bool, i64, bool)> = BTreeMap::new();
    for tried in tried {
        let (took, failures, gone) = of.entry(tried.webhook).or_default();
        match meaning_of(tried) {
            Meaning::Taken => *took = true,
            Meaning::Gone => *gone = true,
            Meaning::Later | Meaning::Never => *failures += 1,
        }
    }
    for (webhook, (took, failures, gone)) in of {
        if took {
            webhooks::note_success(tx, webhook, ctx.now).await?;
        } else if gone {
            disable(tx, ctx, webhook, "it answered 410: gone").await?;
        } else if let Some(since) = webhooks::note_failures(tx, webhook, failures, ctx.now).await?
            && is_dead(since, ctx.now)
        {
            disable(tx, ctx, webhook, "every call has failed for five days").await?;
        }
    }
    Ok(())
}

fn meaning_of(tried: &Tried) -> Meaning {
    tried.answer.map_or(Meaning::Later, meaning)
}

fn ending(now: DateTime<Utc>, tried: &Tried) -> Ending {
    let (state, error) = match (meaning_of(tried), tried.answer) {
        (Meaning::Taken, _) => (DeliveryState::Delivered, None),
        (Meaning::Later, Err(reason)) => (DeliveryState::Pending, Some(reason)),
        (Meaning::Later, Ok(_)) => (DeliveryState::Pending, Some("the receiver is not able to take it now")),
        (Meaning::Never, _) => (DeliveryState::Failed, Some("the receiver refused it")),
        (Meaning::Gone, _) => (DeliveryState::Failed, Some("the receiver is gone")),
    };
    let (state, next) = match (state, wait_after(tried.attempt)) {
        (DeliveryState::Pending, Some(wait)) => {
            let stretch = wait.to_std().unwrap_or_default().mul_f64(0.1 * tried.jitter.clamp(0.0, 1.0));
            let stretch = TimeDelta::from_std(stretch).unwrap_or_default();
            (state, now + (wait + stretch).max(tried.retry_after.unwrap_or_default()))
        }
        (DeliveryState::Pending, None) => (DeliveryState::Failed, now),
        (settled, _) => (settled, now),
    };
    Ending {
        delivery: tried.delivery,
        attempt: tried.attempt,
        state,
        next_attempt_at: next,
        started_at: tried.started_at,
        took_ms: tried.took.num_milliseconds(),
        response_status: tried.answer.ok().map(i64::from),
        error,
    }
}

/// Takes an address out of use and tells the admins. What is on its way to it stays in the log, to be replayed.
async fn disable(tx: &mut Tx, ctx: &Ctx, webhook: WebhookId, reason: &str) -> Result<(), StoreError> {
    if !webhooks::disable(tx, webhook, reason, ctx.now).await? {
        return Ok(());
    }
    webhook_deliveries::cancel(tx, webhook, ctx.now).await?;
    record(tx, ctx, None, "webhook.disable", json!({ "webhook_id": webhook, "reason": reason })).await?;
    let alert = json!({ "code": "WEBHOOK_DISABLED", "webhook_id": webhook, "reason": reason });
    let event = NewEvent {
        id: EventId::new(),
        name: EventName::AlertRaised,
        conversation_id: None,
        conversation_seq: None,
        ticket_id: None,
        audience: Audience::default(),
        payload: json!({ "alert": alert }).to_string(),
        created_at: ctx.now,
    };
    events::append(tx, &[event]).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(attempt: i64, answer: Result<u16, &'static str>) -> Tried {
        Tried {
            webhook: WebhookId::new(),
            delivery: WebhookDeliveryId::new(),
            attempt,
            started_at: DateTime::<Utc>::UNIX_EPOCH,
            took: TimeDelta::milliseconds(12),
            answer,
            retry_after: None,
            jitter: 0.0,
        }
    }

    #[test]
    fn a_try_that_failed_comes_back_until_there_is_no_other() {
        let now = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::hours(1);
        let first = ending(now, &tried(1, Err("timeout")));
        assert_eq!((first.state, first.next_attempt_at), (DeliveryState::Pending, now + TimeDelta::seconds(5)));
        assert_eq!(ending(now, &tried(7, Ok(503))).next_attempt_at, now + TimeDelta::hours(10));
        assert_eq!(ending(now, &tried(8, Ok(503))).state, DeliveryState::Failed);
    }

    #[test]
    fn what_the_receiver_refuses_is_not_asked_again() {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        for (status, expect) in [
            (200, DeliveryState::Delivered),
            (302, DeliveryState::Failed),
            (404, DeliveryState::Failed),
            (410, DeliveryState::Failed),
            (429, DeliveryState::Pending),
        ] {
            assert_eq!(ending(now, &tried(1, Ok(status))).state, expect, "{status}");
        }
    }

    #[test]
    fn a_receiver_may_ask_for_more_time() {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        let asked = Tried { retry_after: Some(TimeDelta::minutes(2)), ..tried(1, Ok(503)) };
        assert_eq!(ending(now, &asked).next_attempt_at, now + TimeDelta::minutes(2));
    }
}
