//! Finds out what became of a message whose send had no usable answer, before anybody repeats it. WhatsApp tells by a
//! status that carries our id, or by silence; Twilio by its callback, and else by its list of messages.
//! Source: channels reference, "Sending" (WhatsApp and Twilio).

use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::ctx::Ctx;
use patchbay_core::delivery::DeliveryStatus;
use patchbay_core::ids::MessageId;
use patchbay_core::inbox::{Inbox, Provider, Twilio};
use patchbay_core::item::ErrorClass;
use patchbay_core::job::JobKind;
use patchbay_hub::delivery::{self, Burial, Outgoing, SendError};
use patchbay_store::attempts::{AttemptOutcome, AttemptRow};
use patchbay_store::jobs::{self, ClaimedJob};
use patchbay_store::messages;
use serde::Deserialize;
use serde_json::Value;

use crate::deps::Deps;
use crate::hearing::Hearing;
use crate::provider::{CallEnd, ProviderClient};
use crate::send_message::SendPayload;
use crate::send_message::render::twilio_body;
use crate::work::{Verdict, WorkError};

/// Sends that ended without an answer, after which a message is given up.
const MOST_UNKNOWN: i64 = 3;
/// How far the provider's clock may be behind ours.
const CLOCK_SKEW: TimeDelta = TimeDelta::seconds(5);
/// How often silence is not believed because we came late or had just come: ten minutes in all with the usual settings.
/// A system that is away or overloaded each time would else never decide, and waiting longer would tell it no more.
const MOST_LATE: u8 = 10;
/// Most messages of one list that are looked through.
const PAGE_SIZE: &str = "100";

pub(crate) async fn run(
    deps: &Deps,
    client: &ProviderClient,
    hearing: &Hearing,
    ctx: &Ctx,
    job: &ClaimedJob,
) -> Result<Verdict, WorkError> {
    let payload: SendPayload = serde_json::from_value(job.payload.clone()).map_err(WorkError::Payload)?;
    let found = delivery::outgoing(&mut deps.db.read().await?, payload.message_id).await?;
    let Some(outgoing) = found else { return Ok(Verdict::Done) };
    match outgoing.message.status {
        DeliveryStatus::Unknown => {}
        // Put back before this job could turn around.
        DeliveryStatus::Pending | DeliveryStatus::Sending => {
            return turn_back(deps, ctx, job, payload.message_id).await;
        }
        // A report told.
        _ => return Ok(Verdict::Done),
    }
    let Some(inbox) = deps.directory.load().inboxes.get(&outgoing.message.inbox_id).cloned() else {
        return Ok(Verdict::Later(ctx.now + deps.config.reconcile_after()));
    };
    let Some(lost) = outgoing.attempts.iter().rev().find(|one| one.outcome == Some(AttemptOutcome::Unknown)) else {
        return turn_back(deps, ctx, job, payload.message_id).await;
    };
    let patience = deps.config.reconcile_after();
    let patient_until = lost.finished_at.unwrap_or(lost.started_at) + patience;
    if ctx.now < patient_until {
        return Ok(Verdict::Later(patient_until));
    }
    if let Provider::Email(_) = &inbox.provider {
        return leave_unknown(deps, ctx, job, &outgoing).await;
    }
    // Silence counts only while we could hear. Whoever comes this late, or has come this lately, was away, or the database
    // was, and the report may still wait outside or in the spool.
    let is_late = (ctx.now - job.run_at).to_std().is_ok_and(|late| late > patience / 2);
    let is_new = (ctx.now - hearing.began_at()).to_std().is_ok_and(|heard| heard < patience / 2);
    if (is_late || is_new) && payload.late < MOST_LATE {
        return listen_on(deps, ctx, job, SendPayload { late: payload.late + 1, ..payload }).await;
    }
    if let Provider::Twilio(number) = &inbox.provider
        && let Some(sid) = look_up(deps, client, &inbox, number, &outgoing, lost).await?
    {
        let directory = deps.directory.load_full();
        let mut tx = deps.db.begin().await?;
        let named = (outgoing.message.id, inbox.id);
        delivery::accept(&mut tx, ctx, &directory, named, Some(lost.id), &sid).await?;
        jobs::complete(&mut tx, job).await?;
        tx.commit().await?;
        count("found");
        return Ok(Verdict::Settled);
    }
    send_again(deps, ctx, job, &outgoing).await
}

/// The provider never had the message: it goes out again, in its place of the lane, unless this happened too often.
async fn send_again(deps: &Deps, ctx: &Ctx, job: &ClaimedJob, outgoing: &Outgoing) -> Result<Verdict, WorkError> {
    let directory = deps.directory.load_full();
    let mut tx = deps.db.begin().await?;
    if outgoing.lost_tries() >= MOST_UNKNOWN {
        let error = SendError::ours(
            "UNCONFIRMED",
            ErrorClass::Retryable,
            "the provider did not answer, several times; the message may have arrived",
        );
        delivery::fail(&mut tx, ctx, &directory, outgoing.message.id, None, (&error, Burial::DeadLetter)).await?;
        jobs::complete(&mut tx, job).await?;
        count("given_up");
    } else if delivery::never_sent(&mut tx, ctx, &directory, outgoing).await? {
        jobs::become_kind(&mut tx, job, JobKind::SendMessage, anew(outgoing.message.id), ctx.now).await?;
        count("sent_again");
    } else {
        jobs::complete(&mut tx, job).await?;
        count("reported");
    }
    tx.commit().await?;
    Ok(Verdict::Settled)
}

/// A mail server cannot be asked, and the same mail twice is worse than one that is in doubt: the message stays
/// `unknown` until a report comes or a person sends it again.
async fn leave_unknown(deps: &Deps, ctx: &Ctx, job: &ClaimedJob, outgoing: &Outgoing) -> Result<Verdict, WorkError> {
    let error = SendError::ours("UNCONFIRMED", ErrorClass::Retryable, "the mail may have arrived; nobody said so");
    let mut tx = deps.db.begin().await?;
    delivery::unconfirmed(&mut tx, ctx, outgoing.message.id, &error).await?;
    jobs::complete(&mut tx, job).await?;
    tx.commit().await?;
    count("unconfirmed");
    Ok(Verdict::Settled)
}

async fn turn_back(deps: &Deps, ctx: &Ctx, job: &ClaimedJob, id: MessageId) -> Result<Verdict, WorkError> {
    let mut tx = deps.db.begin().await?;
    jobs::become_kind(&mut tx, job, JobKind::SendMessage, anew(id), ctx.now).await?;
    tx.commit().await?;
    Ok(Verdict::Settled)
}

/// Gives a report that may wait outside another while to come in.
async fn listen_on(deps: &Deps, ctx: &Ctx, job: &ClaimedJob, payload: SendPayload) -> Result<Verdict, WorkError> {
    let payload = serde_json::to_value(payload).expect("a payload is plain data");
    let run_at = ctx.now + deps.config.reconcile_after();
    let mut tx = deps.db.begin().await?;
    jobs::become_kind(&mut tx, job, JobKind::ReconcileMessage, payload, run_at).await?;
    tx.commit().await?;
    Ok(Verdict::Settled)
}

/// The payload of a send that begins anew.
fn anew(id: MessageId) -> Value {
    serde_json::to_value(SendPayload::of(id)).expect("a payload is plain data")
}

#[derive(Deserialize)]
struct Listing {
    messages: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    sid: String,
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    direction: Option<String>,
    #[serde(default)]
    date_created: Option<String>,
}

impl Listed {
    fn created_at(&self) -> Option<DateTime<Utc>> {
        let text = self.date_created.as_deref()?;
        DateTime::parse_from_rfc2822(text).or_else(|_| DateTime::parse_from_rfc3339(text)).ok().map(|at| at.to_utc())
    }
}

/// Twilio's id of the message, if its list has one with this text to this number since the attempt that no other
/// message of ours has.
async fn look_up(
    deps: &Deps,
    client: &ProviderClient,
    inbox: &Inbox,
    number: &Twilio,
    outgoing: &Outgoing,
    lost: &AttemptRow,
) -> Result<Option<String>, WorkError> {
    let prefixed = |address: &str| match inbox.channel {
        Channel::Whatsapp => format!("whatsapp:{address}"),
        _ => address.to_owned(),
    };
    let since = lost.started_at - CLOCK_SKEW;
    let to = prefixed(&outgoing.conversation.contact_address);
    let day = since.format("%Y-%m-%d").to_string();
    // The account may have more numbers of ours, and somebody there may have written the same.
    let from = prefixed(&inbox.address);
    let query = [("To", to.as_str()), ("From", from.as_str()), ("DateSent>", day.as_str()), ("PageSize", PAGE_SIZE)];
    let path = format!("/2010-04-01/Accounts/{}/Messages.json", number.account_sid);
    let listing: Listing = match client.get(inbox, &path, &query).await {
        CallEnd::Answer(answer) if answer.status == 200 => serde_json::from_slice(&answer.body)
            .map_err(|_| WorkError::Elsewhere("the provider's list cannot be read"))?,
        CallEnd::Answer(_) => return Err(WorkError::Elsewhere("the provider refused its list")),
        CallEnd::NotSent | CallEnd::Lost(_) => return Err(WorkError::Elsewhere("the provider does not answer")),
    };
    let text = twilio_body(&outgoing.message, &deps.media_link);
    let mut tx = deps.db.read().await?;
    // Oldest first: the list is newest first, and an earlier twin of the text belongs to an earlier message.
    for listed in listing.messages.iter().rev() {
        let ours = listed.direction.as_deref().is_none_or(|direction| direction.starts_with("outbound"));
        let recent = listed.created_at().is_none_or(|at| at >= since);
        if ours
            && recent
            && listed.from.as_deref().is_none_or(|sender| sender == from)
            && listed.body.as_deref().unwrap_or_default() == text
            && messages::id_by_key(&mut tx, inbox.id, &listed.sid).await?.is_none()
        {
            return Ok(Some(listed.sid.clone()));
        }
    }
    Ok(None)
}

fn count(outcome: &'static str) {
    metrics::counter!("reconciliations_total", "outcome" => outcome).increment(1);
}
