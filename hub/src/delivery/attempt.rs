//! The life of one attempt: the row before the call, and what its answer does to the message.

use patchbay_core::Code;
use patchbay_core::channel::{Channel, Direction};
use patchbay_core::consent::ConsentScope;
use patchbay_core::conversation::window_is_open;
use patchbay_core::ctx::Ctx;
use patchbay_core::delivery::DeliveryStatus;
use patchbay_core::directory::Directory;
use patchbay_core::event::{EventName, NewEvent};
use patchbay_core::ids::{AttemptId, DeadLetterId, EventId, InboxId, MessageId};
use patchbay_core::item::{ContentType, ErrorClass, StatusItem};
use patchbay_core::template::TemplateCategory;
use patchbay_store::attempts::{AttemptEnd, AttemptOutcome, AttemptRow, NewAttempt};
use patchbay_store::conversations::ConversationRow;
use patchbay_store::messages::MessageRow;
use patchbay_store::{
    StoreError, Tx, attempts, consents, contacts, conversations, dead_letters, events, messages, statuses,
};
use serde_json::{Value, json};

use super::change::{lock, recipient, write};
use super::lane::Lane;
use super::report::{Report, apply_statuses};
use super::{SendError, change};
use crate::feed::audience;

/// A message on its way out, with all that decides whether it may go.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The message.
    pub message: MessageRow,
    /// Its conversation.
    pub conversation: ConversationRow,
    /// Attempts made so far, first to last.
    pub attempts: Vec<AttemptRow>,
    /// The recipient does not want messages.
    pub is_opted_out: bool,
}

/// What came of wanting to begin an attempt.
#[derive(Debug)]
pub enum Begun {
    /// The attempt row stands and the message is `sending`: commit, then call the provider.
    Attempt(Box<Outgoing>, AttemptId),
    /// Another message to this contact is being handed over right now.
    ContactBusy,
    /// The message may not go out.
    Refused(SendError),
    /// An earlier attempt has no end: whoever made it is gone, and nobody knows.
    Interrupted(AttemptId),
    /// There is nothing to send any more.
    Over,
}

/// Whether a failure leaves a dead letter for an admin to replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Burial {
    /// A replay may help.
    DeadLetter,
    /// The agent sees the reason; a replay would change nothing.
    None,
}

impl Outgoing {
    /// How often the message was handed over or tried to be.
    pub fn tries(&self) -> i64 {
        i64::try_from(self.attempts.len()).unwrap_or(i64::MAX)
    }

    /// How often the message did not go out although it might have: what counts against the tries of a plan. Refusals
    /// that an operator has to clear do not, nor does what the provider took.
    pub fn failed_tries(&self) -> i64 {
        self.count(|attempt| {
            attempt.error_class == Some(ErrorClass::Retryable) && attempt.outcome != Some(AttemptOutcome::Accepted)
        })
    }

    /// How often the call ended without a usable answer and no report told that the provider had the message.
    pub fn lost_tries(&self) -> i64 {
        self.count(|attempt| matches!(attempt.outcome, Some(AttemptOutcome::Unknown | AttemptOutcome::NotSent)))
    }

    /// How often the provider took the message and reported a failure of `class` later, before the last try.
    pub fn reported_before(&self, class: ErrorClass) -> i64 {
        let last = self.attempts.last().map(|attempt| attempt.id);
        self.count(|attempt| {
            Some(attempt.id) != last
                && attempt.error_class == Some(class)
                && attempt.outcome == Some(AttemptOutcome::Accepted)
        })
    }

    fn count(&self, counts: impl Fn(&AttemptRow) -> bool) -> i64 {
        i64::try_from(self.attempts.iter().filter(|attempt| counts(attempt)).count()).unwrap_or(i64::MAX)
    }

    /// Why the message may not go out at the time of `ctx`: the checks of the reply, made again.
    pub fn refusal(&self, ctx: &Ctx) -> Option<SendError> {
        let free_form = self.message.content_type != ContentType::Template;
        let window_open = window_is_open(self.conversation.window_expires_at, ctx.now);
        if self.is_opted_out {
            return Some(SendError::ours(
                Code::ContactOptedOut.as_str(),
                ErrorClass::OptedOut,
                "the customer does not want messages at this address, or there is nobody",
            ));
        }
        if self.message.channel == Channel::Whatsapp && free_form && !window_open {
            return Some(SendError::ours(
                Code::OutsideCustomerServiceWindow.as_str(),
                ErrorClass::WindowClosed,
                "24 hours have passed since the customer last wrote: send a template",
            ));
        }
        None
    }

    fn open_attempt(&self) -> Option<AttemptId> {
        self.attempts.iter().rev().find(|attempt| attempt.finished_at.is_none()).map(|attempt| attempt.id)
    }
}

/// Reads a message on its way out. `None`: there is no such outbound message.
pub async fn outgoing(tx: &mut Tx, id: MessageId) -> Result<Option<Outgoing>, StoreError> {
    match messages::by_id(tx, id).await? {
        Some(message) if message.direction == Direction::Outbound => complete(tx, message).await.map(Some),
        _ => Ok(None),
    }
}

async fn complete(tx: &mut Tx, message: MessageRow) -> Result<Outgoing, StoreError> {
    let conversation = conversations::by_id(tx, message.conversation_id).await?.ok_or(StoreError::NoRow)?;
    let attempts = attempts::of_message(tx, message.id).await?;
    let address = recipient(&message, &conversation);
    let is_opted_out = contacts::opted_out(tx, conversation.channel, address).await?
        || (is_advertising(&message)
            && consents::is_suppressed(tx, conversation.channel, address, ConsentScope::Marketing).await?);
    Ok(Outgoing { message, conversation, attempts, is_opted_out })
}

/// Whether a message is advertising: a template of that category, or the same for many.
fn is_advertising(message: &MessageRow) -> bool {
    let category = message.content.pointer("/metadata/category").and_then(Value::as_str);
    category == Some(TemplateCategory::Marketing.as_str()) || Lane::of(message) == Lane::Bulk
}

/// Begins an attempt, if the message may and can go out now. Only [`Begun::Attempt`] changes anything.
pub async fn begin(tx: &mut Tx, ctx: &Ctx, directory: &Directory, id: MessageId) -> Result<Begun, StoreError> {
    let Some(message) = lock(tx, id).await? else { return Ok(Begun::Over) };
    let mut outgoing = complete(tx, message).await?;
    if let Some(attempt) = outgoing.open_attempt() {
        return Ok(Begun::Interrupted(attempt));
    }
    if outgoing.message.status != DeliveryStatus::Pending || outgoing.message.direction != Direction::Outbound {
        return Ok(Begun::Over);
    }
    if let Some(refusal) = outgoing.refusal(ctx) {
        return Ok(Begun::Refused(refusal));
    }
    let attempt = NewAttempt {
        id: AttemptId::new(),
        message_id: id,
        inbox_id: outgoing.message.inbox_id,
        contact_id: outgoing.conversation.contact_id,
        attempt: outgoing.tries() + 1,
    };
    if !attempts::begin(tx, ctx, &attempt).await? {
        return Ok(Begun::ContactBusy);
    }
    outgoing.message.status = DeliveryStatus::Sending;
    outgoing.message.error = None;
    write(tx, ctx, directory, std::slice::from_mut(&mut outgoing.message)).await?;
    Ok(Begun::Attempt(Box::new(outgoing), attempt.id))
}

/// The provider has the message under `channel_message_id`. Also right when the attempt was given up as unknown in the
/// meantime. Reports that waited for this id are applied.
pub async fn accept(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    (id, inbox): (MessageId, InboxId),
    attempt: Option<AttemptId>,
    channel_message_id: &str,
) -> Result<(), StoreError> {
    let key = [(inbox, channel_message_id)];
    statuses::lock_keys(tx, &key).await?;
    let Some(mut message) = lock(tx, id).await? else { return Ok(()) };
    if let Some(attempt) = attempt {
        let end = AttemptEnd {
            outcome: AttemptOutcome::Accepted,
            channel_message_id: Some(channel_message_id),
            error_code: None,
            error_class: None,
        };
        if !attempts::finish(tx, ctx, attempt, &end).await? {
            attempts::resolve(tx, attempt, AttemptOutcome::Accepted, Some(channel_message_id)).await?;
        }
    }
    let claimed = messages::claim_keys(tx, &[(inbox, channel_message_id, id)], ctx.now).await?;
    // A report on this very try overtook its answer, and the message waits to be sent anew: the answer is old news.
    let put_back = claimed.is_empty() && message.status == DeliveryStatus::Pending;
    if put_back {
        return Ok(());
    }
    let in_flight =
        matches!(message.status, DeliveryStatus::Pending | DeliveryStatus::Sending | DeliveryStatus::Unknown);
    if in_flight || message.channel_message_id.is_none() {
        message.channel_message_id.get_or_insert_with(|| channel_message_id.to_owned());
        if in_flight {
            message.status = DeliveryStatus::Sent;
            message.error = None;
        }
        message.sent_at.get_or_insert(ctx.now);
        write(tx, ctx, directory, std::slice::from_mut(&mut message)).await?;
    }
    let waiting = statuses::unpark(tx, inbox, channel_message_id).await?;
    let items: Vec<StatusItem> = waiting.into_iter().filter_map(|item| serde_json::from_value(item).ok()).collect();
    let reports: Vec<Report<'_>> = items.iter().map(|item| Report { inbox_id: inbox, item }).collect();
    apply_statuses(tx, ctx, directory, &reports).await?;
    Ok(())
}

/// The provider certainly did not take the message; it will be tried again. The agent sees why it takes so long.
pub async fn postpone(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    id: MessageId,
    attempt: AttemptId,
    error: &SendError,
) -> Result<(), StoreError> {
    let Some(mut message) = lock(tx, id).await? else { return Ok(()) };
    end_refused(tx, ctx, attempt, error).await?;
    if message.status == DeliveryStatus::Sending {
        message.status = DeliveryStatus::Pending;
        message.error = Some(error.to_json());
        write(tx, ctx, directory, std::slice::from_mut(&mut message)).await?;
    }
    Ok(())
}

/// The message will not go out. Answers the dead letter, if one was written.
pub async fn fail(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    id: MessageId,
    attempt: Option<AttemptId>,
    (error, burial): (&SendError, Burial),
) -> Result<Option<DeadLetterId>, StoreError> {
    let Some(mut message) = lock(tx, id).await? else { return Ok(None) };
    if let Some(attempt) = attempt {
        end_refused(tx, ctx, attempt, error).await?;
    }
    let Some(failed) = message.status.merged_with(DeliveryStatus::Failed) else { return Ok(None) };
    message.status = failed;
    message.error = Some(error.to_json());
    message.failed_at = Some(ctx.now);
    write(tx, ctx, directory, std::slice::from_mut(&mut message)).await?;
    match burial {
        Burial::None => Ok(None),
        Burial::DeadLetter => bury(tx, ctx, &message, error).await.map(Some),
    }
}

async fn end_refused(tx: &mut Tx, ctx: &Ctx, attempt: AttemptId, error: &SendError) -> Result<(), StoreError> {
    let end = AttemptEnd {
        outcome: AttemptOutcome::Refused,
        channel_message_id: None,
        error_code: Some(&error.code),
        error_class: Some(error.class),
    };
    attempts::finish(tx, ctx, attempt, &end).await.map(drop)
}

/// Writes the dead letter of a message and raises an alert for whoever leads the conversation's team.
pub(super) async fn bury(
    tx: &mut Tx,
    ctx: &Ctx,
    message: &MessageRow,
    error: &SendError,
) -> Result<DeadLetterId, StoreError> {
    let letter = DeadLetterId::new();
    let tries = attempts::of_message(tx, message.id).await?.len();
    let reason = format!("{} ({})", error.code, error.class);
    dead_letters::insert(
        tx,
        ctx,
        &dead_letters::NewDeadLetter {
            id: letter,
            source: "message",
            kind: "send_message",
            ref_id: message.id.into(),
            payload: json!({
                "message_id": message.id, "conversation_id": message.conversation_id, "inbox_id": message.inbox_id,
            }),
            error: &reason,
            attempts: i64::try_from(tries).unwrap_or(i64::MAX),
        },
    )
    .await?;
    let conversation = conversations::by_id(tx, message.conversation_id).await?.ok_or(StoreError::NoRow)?;
    let alert = NewEvent {
        id: EventId::new(),
        name: EventName::AlertRaised,
        conversation_id: Some(message.conversation_id),
        conversation_seq: None,
        ticket_id: None,
        audience: audience(&conversation, None),
        payload: json!({ "alert": {
            "code": "MESSAGE_NOT_SENT", "conversation_id": message.conversation_id, "message_id": message.id,
            "dead_letter_id": letter, "reason": reason,
        }})
        .to_string(),
        created_at: ctx.now,
    };
    events::append(tx, &[alert]).await?;
    Ok(letter)
}

/// Nobody knows whether the provider took the message: it is `unknown` until a report, the provider's list, or their
/// silence tells.
pub async fn interrupted(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    id: MessageId,
    attempt: AttemptId,
    code: &str,
) -> Result<DeliveryStatus, StoreError> {
    let Some(mut message) = lock(tx, id).await? else { return Ok(DeliveryStatus::Failed) };
    let end = AttemptEnd {
        outcome: AttemptOutcome::Unknown,
        channel_message_id: None,
        error_code: Some(code),
        error_class: Some(ErrorClass::Retryable),
    };
    attempts::finish(tx, ctx, attempt, &end).await?;
    if matches!(message.status, DeliveryStatus::Pending | DeliveryStatus::Sending) {
        message.status = DeliveryStatus::Unknown;
        write(tx, ctx, directory, std::slice::from_mut(&mut message)).await?;
    }
    Ok(message.status)
}

/// Nobody can be asked whether the provider took the message: it stays `unknown`, and a person is told. Answers the dead
/// letter; `None`: a report came.
pub async fn unconfirmed(
    tx: &mut Tx,
    ctx: &Ctx,
    id: MessageId,
    error: &SendError,
) -> Result<Option<DeadLetterId>, StoreError> {
    match lock(tx, id).await? {
        Some(message) if message.status == DeliveryStatus::Unknown => bury(tx, ctx, &message, error).await.map(Some),
        _ => Ok(None),
    }
}

/// Found out: the provider never had the message. It may be sent again. `false`: it did after all.
pub async fn never_sent(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    outgoing: &Outgoing,
) -> Result<bool, StoreError> {
    let Some(mut message) = lock(tx, outgoing.message.id).await? else { return Ok(false) };
    if message.status != DeliveryStatus::Unknown {
        return Ok(false);
    }
    for attempt in &outgoing.attempts {
        attempts::resolve(tx, attempt.id, AttemptOutcome::NotSent, None).await?;
    }
    message.status = DeliveryStatus::Pending;
    change::write(tx, ctx, directory, std::slice::from_mut(&mut message)).await?;
    Ok(true)
}
