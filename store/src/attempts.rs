//! Attempts to hand a message to its provider. The row stands before the call is made, so that a crash in between leaves
//! a trace: an attempt without an end means that nobody knows.

use chrono::{DateTime, Utc};
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{AttemptId, ContactId, InboxId, MessageId};
use patchbay_core::item::ErrorClass;
use patchbay_core::vocabulary;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

vocabulary! {
    /// How an attempt ended.
    pub enum AttemptOutcome {
        /// The provider has the message.
        Accepted => "accepted",
        /// The provider certainly did not take it.
        Refused => "refused",
        /// No usable answer: it may or may not have been taken.
        Unknown => "unknown",
        /// Found out later: the provider never had it.
        NotSent => "not_sent",
    }
}
crate::stored_words!(AttemptOutcome);

record! {
    /// An attempt.
    #[derive(Clone, Debug)]
    pub struct AttemptRow {
        /// Our id.
        pub id: AttemptId,
        /// Which try of its message, from 1.
        pub attempt: i64,
        /// When the call was about to be made.
        pub started_at: DateTime<Utc>,
        /// When the answer was known.
        pub finished_at: Option<DateTime<Utc>>,
        /// How it ended.
        pub outcome: Option<AttemptOutcome>,
        /// The provider's id of the message.
        pub channel_message_id: Option<String>,
        /// The provider's error code.
        pub error_code: Option<String>,
        /// Its class.
        pub error_class: Option<ErrorClass>,
    }
}

/// An attempt about to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewAttempt {
    /// Our id.
    pub id: AttemptId,
    /// Of which message.
    pub message_id: MessageId,
    /// From which inbox.
    pub inbox_id: InboxId,
    /// To whom.
    pub contact_id: ContactId,
    /// Which try, from 1.
    pub attempt: i64,
}

/// The end of an attempt.
#[derive(Clone, Debug)]
pub struct AttemptEnd<'a> {
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// The provider's id of the message.
    pub channel_message_id: Option<&'a str>,
    /// The provider's error code.
    pub error_code: Option<&'a str>,
    /// Its class.
    pub error_class: Option<ErrorClass>,
}

/// Opens an attempt. `false`: another message to this contact is being handed over right now.
pub async fn begin(tx: &mut Tx, ctx: &Ctx, attempt: &NewAttempt) -> Result<bool, StoreError> {
    let opened = tx
        .query(
            "insert into send_attempts (id, message_id, inbox_id, contact_id, attempt, started_at)
             values ($1, $2, $3, $4, $5, $6)
             on conflict (contact_id) where finished_at is null do nothing",
        )
        .bind(attempt.id)
        .bind(attempt.message_id)
        .bind(attempt.inbox_id)
        .bind(attempt.contact_id)
        .bind(attempt.attempt)
        .bind(ctx.now)
        .execute()
        .await?;
    Ok(opened == 1)
}

/// Closes an attempt. `false`: somebody closed it before.
pub async fn finish(tx: &mut Tx, ctx: &Ctx, id: AttemptId, end: &AttemptEnd<'_>) -> Result<bool, StoreError> {
    let closed = tx
        .query(
            "update send_attempts
             set finished_at = $2, outcome = $3, channel_message_id = $4, error_code = $5, error_class = $6
             where id = $1 and finished_at is null",
        )
        .bind(id)
        .bind(ctx.now)
        .bind(end.outcome)
        .bind(end.channel_message_id)
        .bind(end.error_code)
        .bind(end.error_class)
        .execute()
        .await?;
    Ok(closed == 1)
}

/// Writes down what became of an attempt that ended `unknown`.
pub async fn resolve(
    tx: &mut Tx,
    id: AttemptId,
    outcome: AttemptOutcome,
    channel_message_id: Option<&str>,
) -> Result<(), StoreError> {
    tx.query(
        "update send_attempts set outcome = $2, channel_message_id = coalesce($3, channel_message_id)
         where id = $1 and outcome = 'unknown'",
    )
    .bind(id)
    .bind(outcome)
    .bind(channel_message_id)
    .execute()
    .await?;
    Ok(())
}

/// Writes down that the provider had taken the last try of a message and reported this error of it later.
pub async fn failed_later(
    tx: &mut Tx,
    message: MessageId,
    error_code: &str,
    error_class: ErrorClass,
) -> Result<(), StoreError> {
    tx.query(
        "update send_attempts set outcome = 'accepted', error_code = $2, error_class = $3
         where message_id = $1 and outcome in ('accepted', 'unknown')
           and attempt = (select max(attempt) from send_attempts where message_id = $1)",
    )
    .bind(message)
    .bind(error_code)
    .bind(error_class)
    .execute()
    .await
    .map(drop)
}

/// Whether another message to this contact is being handed over right now.
pub async fn is_busy(tx: &mut Tx, contact: ContactId, message: MessageId) -> Result<bool, StoreError> {
    tx.query(
        "select exists (select 1 from send_attempts
                        where contact_id = $1 and finished_at is null and message_id <> $2) as found",
    )
    .bind(contact)
    .bind(message)
    .scalar()
    .await
}

/// All attempts of a message, first to last.
pub async fn of_message(tx: &mut Tx, message: MessageId) -> Result<Vec<AttemptRow>, StoreError> {
    tx.query(
        "select id, attempt, started_at, finished_at, outcome, channel_message_id, error_code, error_class
         from send_attempts where message_id = $1 order by attempt, id",
    )
    .bind(message)
    .all()
    .await
}

/// Writes down that the provider had these messages after all, wherever an attempt ended `unknown`.
pub async fn confirm(tx: &mut Tx, messages: &[MessageId]) -> Result<(), StoreError> {
    if messages.is_empty() {
        return Ok(());
    }
    tx.query_for(
        "update send_attempts set outcome = 'accepted'
         where outcome = 'unknown' and message_id in (select unhex(value ->> 0) from json_each($1))",
        "update send_attempts set outcome = 'accepted' where outcome = 'unknown' and message_id = any($1::uuid[])",
    )
    .bind_batch(Batch::new().ids(messages.iter().copied()))
    .execute()
    .await?;
    Ok(())
}
