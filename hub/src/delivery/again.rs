//! Messages that are sent anew. Whether a failure that a provider reports after it took a message is worth another try
//! stands in the tables of errors, the same as for an answer; a job looks there, because a hold of the sender may follow.

use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::ctx::Ctx;
use patchbay_core::delivery::DeliveryStatus;
use patchbay_core::directory::Directory;
use patchbay_core::ids::{DeadLetterId, JobId, MessageId};
use patchbay_core::item::ErrorClass;
use patchbay_core::job::{JobKind, NewJob};
use patchbay_store::messages::MessageRow;
use patchbay_store::{StoreError, Tx, attempts, jobs, messages};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::attempt::bury;
use super::change::{lock, write};
use super::{Lane, SendError, lane};

/// The longest wait during which a message keeps its place in its conversation: what waits longer must not keep the
/// next messages waiting.
const KEEPS_ITS_PLACE: TimeDelta = TimeDelta::minutes(1);
/// How often whoever looks at a failure is tried.
const LOOKS: i64 = 6;

/// A try that was reported failed: what the job that looks at it carries.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FailedTry {
    /// The message.
    pub message_id: MessageId,
    /// The provider's id of the try.
    pub channel_message_id: String,
}

/// What came of wanting to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriedAgain {
    /// The message waits for its next try.
    Promised,
    /// Whoever made the failed try has not put it down yet. Nothing was changed; come back in a moment.
    StillUnderWay,
    /// The failure does not stand any more.
    Over,
}

/// Promises that somebody looks at the messages of `rows` that failed.
pub(super) async fn promise_a_look(tx: &mut Tx, ctx: &Ctx, rows: &[MessageRow]) -> Result<(), StoreError> {
    let failed = rows.iter().filter(|row| row.status == DeliveryStatus::Failed);
    let looks: Vec<NewJob> = failed
        .filter_map(|row| {
            let of = FailedTry { message_id: row.id, channel_message_id: row.channel_message_id.clone()? };
            Some(NewJob {
                id: JobId::new(),
                queue: Lane::of(row).queue(),
                kind: JobKind::JudgeFailure,
                lane: None,
                dedupe_key: None,
                payload: serde_json::to_value(of).expect("a payload is plain data"),
                run_at: ctx.now,
                max_attempts: LOOKS,
            })
        })
        .collect();
    jobs::enqueue_all(tx, ctx, &looks).await
}

impl FailedTry {
    /// Why the try failed. `None`: it arrived after all, or was followed by another.
    pub fn error(&self, message: &MessageRow) -> Option<SendError> {
        let stands = message.status == DeliveryStatus::Failed
            && message.channel_message_id.as_deref() == Some(self.channel_message_id.as_str());
        message.error.clone().filter(|_| stands).and_then(|error| serde_json::from_value(error).ok())
    }

    /// Lets the message wait until `run_at` and go out anew. The agent sees why it takes so long.
    pub async fn try_again(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        directory: &Directory,
        run_at: DateTime<Utc>,
    ) -> Result<TriedAgain, StoreError> {
        let Some(mut message) = lock(tx, self.message_id).await? else { return Ok(TriedAgain::Over) };
        let Some(error) = self.error(&message) else { return Ok(TriedAgain::Over) };
        // A report may overtake the answer of the call that it is about: first whoever made the call puts it down.
        if attempts::of_message(tx, message.id).await?.iter().any(|attempt| attempt.finished_at.is_none()) {
            return Ok(TriedAgain::StillUnderWay);
        }
        let keeps_its_place = run_at - ctx.now <= KEEPS_ITS_PLACE;
        let job = NewJob {
            id: JobId::new(),
            queue: Lane::of(&message).queue(),
            kind: JobKind::SendMessage,
            lane: keeps_its_place.then(|| lane(message.conversation_id)),
            dedupe_key: Some(format!("send_message:{}", message.id)),
            payload: json!({ "message_id": message.id }),
            run_at,
            max_attempts: 6,
        };
        // The job of the failed try has the same key. It goes soon; a message that is put back before would be left
        // without a job.
        if !jobs::enqueue(tx, ctx, &job).await? {
            return Ok(TriedAgain::StillUnderWay);
        }
        attempts::failed_later(tx, message.id, &error.code, error.class).await?;
        if error.class == ErrorClass::Config && !was_refused(&message) {
            message.metadata[WAS_REFUSED] = Value::Bool(true);
            messages::set_metadata(tx, &message).await?;
            message.version += 1;
        }
        put_back(&mut message, Some(&error));
        write(tx, ctx, directory, std::slice::from_mut(&mut message)).await?;
        Ok(TriedAgain::Promised)
    }

    /// No further try: the message stays failed and a person is told. `None`: the failure does not stand any more.
    pub async fn give_up(&self, tx: &mut Tx, ctx: &Ctx) -> Result<Option<DeadLetterId>, StoreError> {
        let Some(message) = lock(tx, self.message_id).await? else { return Ok(None) };
        let Some(error) = self.error(&message) else { return Ok(None) };
        attempts::failed_later(tx, message.id, &error.code, error.class).await?;
        bury(tx, ctx, &message, &error).await.map(Some)
    }
}

/// Puts a message that failed, or of which nobody knows, back to be sent anew: a person's decision. `false`: it is on
/// its way, or arrived.
pub async fn replay(tx: &mut Tx, ctx: &Ctx, directory: &Directory, id: MessageId) -> Result<bool, StoreError> {
    let Some(mut message) = lock(tx, id).await? else { return Ok(false) };
    if !matches!(message.status, DeliveryStatus::Failed | DeliveryStatus::Unknown) {
        return Ok(false);
    }
    put_back(&mut message, None);
    write(tx, ctx, directory, std::slice::from_mut(&mut message)).await?;
    Ok(true)
}

/// Makes a message wait to be sent anew; `error`: what it waits for.
fn put_back(message: &mut MessageRow, error: Option<&SendError>) {
    message.status = DeliveryStatus::Pending;
    message.error = error.map(SendError::to_json);
    message.sent_at = None;
    message.failed_at = None;
    // The provider gives each try an id of its own; a mail keeps the one that it had from the beginning.
    if message.channel != Channel::Email {
        message.channel_message_id = None;
    }
}

/// Where a message says that a try of it was taken and then refused until an operator acts.
const WAS_REFUSED: &str = "was_refused";

/// Whether a try of the message was taken and then refused until an operator acts. That another is taken says nothing
/// of the inbox; that it arrives does.
pub fn was_refused(message: &MessageRow) -> bool {
    message.metadata.get(WAS_REFUSED).and_then(Value::as_bool) == Some(true)
}

/// Whether a message goes out as its text with a link in place of its file.
pub fn is_link(message: &MessageRow) -> bool {
    message.metadata.get("as_link").and_then(Value::as_bool) == Some(true)
}

/// From now on a message goes out as its text with a link in place of its file. `false`: it has no file, or does so
/// already.
pub async fn as_link(tx: &mut Tx, id: MessageId) -> Result<bool, StoreError> {
    let Some(mut message) = lock(tx, id).await? else { return Ok(false) };
    let files = message.content.get("media").and_then(Value::as_array).map_or(0, Vec::len);
    if files == 0 || is_link(&message) {
        return Ok(false);
    }
    message.metadata["as_link"] = Value::Bool(true);
    messages::set_metadata(tx, &message).await?;
    Ok(true)
}
