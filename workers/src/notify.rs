//! Tells one person, or a channel of Slack, of an alert. Each on its own: one way that fails is tried again and ends as a
//! dead letter, and delays nobody else. What was handed over and not answered is never tried again: its outcome is not
//! known, and the next step of the ladder comes at its time. Source: S3 (notification dispatcher).

mod mail;
mod slack;
mod sms;

use patchbay_core::alert::NotifyChannel;
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{NotificationId, UserId};
use patchbay_hub::alerts::{self, DigestEnd};
use patchbay_store::jobs::{self, ClaimedJob};
use patchbay_store::{StoreError, Tx};
use serde::Deserialize;

use crate::deps::Deps;
use crate::provider::ProviderClient;
use crate::work::{Verdict, WorkError};

/// How long a mail about several alerts waits when more came while it was sent.
const MORE: chrono::TimeDelta = chrono::TimeDelta::minutes(1);

#[derive(Debug, Deserialize)]
struct Payload {
    notification_id: NotificationId,
}

#[derive(Debug, Deserialize)]
struct DigestPayload {
    user_id: UserId,
}

/// How telling somebody ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// They will hear of it.
    Taken,
    /// Certainly not now.
    Later(&'static str),
    /// Nobody knows: it is not tried again.
    Unknown(&'static str),
    /// Never.
    Never(&'static str),
}

impl Told {
    fn word(self) -> &'static str {
        match self {
            Self::Taken => "sent",
            Self::Later(_) => "failed",
            Self::Unknown(_) => "unknown",
            Self::Never(_) => "refused",
        }
    }
}

pub(crate) async fn run(
    deps: &Deps,
    client: &ProviderClient,
    ctx: &Ctx,
    job: &ClaimedJob,
) -> Result<Verdict, WorkError> {
    let payload: Payload = serde_json::from_value(job.payload.clone()).map_err(WorkError::Payload)?;
    let id = payload.notification_id;
    // Whoever finds it begun later knows that its outcome is not known.
    let mut tx = deps.db.begin().await?;
    let Some(outgoing) = alerts::begin(&mut tx, ctx, id, &deps.public_url).await? else {
        return end(tx, job).await;
    };
    tx.commit().await?;
    let row = &outgoing.row;
    let told = match row.channel {
        NotifyChannel::Email => {
            let letter = mail::Letter { id, to: &row.target, subject: &outgoing.subject, text: &outgoing.text };
            mail::post(deps, client, ctx, &letter).await
        }
        NotifyChannel::Sms => sms::send(deps, client, row.inbox_id, &row.target, &outgoing.text).await,
        NotifyChannel::Slack => slack::post(deps, client, &row.target, &outgoing.text).await,
        NotifyChannel::Console => Told::Taken,
    };
    metrics::counter!("notifications_total", "channel" => row.channel.as_str(), "outcome" => told.word()).increment(1);
    let now = Ctx { now: deps.clock.now(), ..ctx.clone() };
    let mut tx = deps.db.begin().await?;
    match told {
        Told::Taken => {
            alerts::sent(&mut tx, &now, id).await?;
            end(tx, job).await
        }
        Told::Unknown(problem) => {
            alerts::unknown(&mut tx, &now, id, problem).await?;
            end(tx, job).await
        }
        Told::Later(reason) => {
            alerts::not_sent(&mut tx, &now, id).await?;
            tx.commit().await?;
            Err(WorkError::Elsewhere(reason))
        }
        Told::Never(reason) => {
            alerts::not_sent(&mut tx, &now, id).await?;
            tx.commit().await?;
            Ok(Verdict::Hopeless(reason))
        }
    }
}

/// Tells somebody of several alerts in one mail.
pub(crate) async fn run_digest(
    deps: &Deps,
    client: &ProviderClient,
    ctx: &Ctx,
    job: &ClaimedJob,
) -> Result<Verdict, WorkError> {
    let payload: DigestPayload = serde_json::from_value(job.payload.clone()).map_err(WorkError::Payload)?;
    let mut tx = deps.db.begin().await?;
    let found = alerts::begin_digest(&mut tx, ctx, payload.user_id, &deps.public_url).await?;
    tx.commit().await?;
    let Some(gathered) = found else { return Ok(Verdict::Done) };
    let mut told = Told::Taken;
    if let (false, Some(id)) = (gathered.text.is_empty(), gathered.ids.last()) {
        let letter = mail::Letter { id: *id, to: &gathered.address, subject: &gathered.subject, text: &gathered.text };
        told = mail::post(deps, client, ctx, &letter).await;
        metrics::counter!("notifications_total", "channel" => "digest", "outcome" => told.word()).increment(1);
    }
    let now = deps.clock.now();
    let mut tx = deps.db.begin().await?;
    let digest_end = match told {
        Told::Taken => DigestEnd::Taken,
        Told::Later(_) | Told::Never(_) => DigestEnd::NotSent,
        Told::Unknown(problem) => DigestEnd::Unknown(problem),
    };
    alerts::end_digest(&mut tx, &Ctx { now, ..ctx.clone() }, &gathered, digest_end).await?;
    match told {
        Told::Later(reason) => {
            tx.commit().await?;
            return Err(WorkError::Elsewhere(reason));
        }
        Told::Never(reason) => {
            tx.commit().await?;
            return Ok(Verdict::Hopeless(reason));
        }
        Told::Taken | Told::Unknown(_) => {}
    }
    // What came while this was sent.
    if alerts::gathered(&mut tx, payload.user_id, &deps.public_url).await?.is_some() {
        if jobs::defer(&mut tx, job, now + MORE).await? {
            tx.commit().await?;
        }
        return Ok(Verdict::Settled);
    }
    end(tx, job).await
}

/// What was noted stands even when the lease was lost: whoever was told is told.
async fn end(mut tx: Tx, job: &ClaimedJob) -> Result<Verdict, WorkError> {
    jobs::complete(&mut tx, job).await?;
    tx.commit().await?;
    Ok(Verdict::Settled)
}

/// The alert shows that somebody was not told; the job's own dead letter can be replayed.
pub(crate) async fn give_up(tx: &mut Tx, ctx: &Ctx, job: &ClaimedJob) -> Result<(), StoreError> {
    match serde_json::from_value::<Payload>(job.payload.clone()) {
        Ok(payload) => alerts::give_up(tx, ctx, payload.notification_id).await,
        Err(_) => Ok(()),
    }
}
