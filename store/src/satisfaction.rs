//! What customers are asked of how they were helped and what they said: one question and one answer for a conversation.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{ConversationId, TeamId, UserId};
use patchbay_core::satisfaction::Rating;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::reports::Reach;
use crate::row::{Cell, Column};
use crate::tx::Tx;

/// Length of a quarter of an hour, in seconds.
const QUARTER: i64 = 900;

impl Column for Rating {
    fn read(cell: Cell<'_>) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let value = i64::read(cell)?;
        Self::new(value).ok_or_else(|| format!("{value} is no rating").into())
    }
}

record! {
    /// An answer.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct AnswerRow {
        /// What it is about.
        pub conversation_id: ConversationId,
        /// Team of the conversation then.
        pub team_id: Option<TeamId>,
        /// Who had it last.
        pub agent_id: Option<UserId>,
        /// How content.
        pub rating: Rating,
        /// In their own words.
        pub comment: Option<String>,
        /// When they said it.
        pub answered_at: DateTime<Utc>,
    }
}

/// Notes that a customer is asked by a message. `false`: they were before.
pub async fn ask(tx: &mut Tx, conversation: ConversationId, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let asked = tx
        .query(
            "insert into satisfaction_questions (conversation_id, asked_at) values ($1, $2)
             on conflict (conversation_id) do nothing",
        )
        .bind(conversation)
        .bind(now)
        .execute()
        .await?;
    Ok(asked == 1)
}

/// Whether a customer was asked by a message after `since`.
pub async fn was_asked(tx: &mut Tx, conversation: ConversationId, since: DateTime<Utc>) -> Result<bool, StoreError> {
    tx.query(
        "select exists (select 1 from satisfaction_questions where conversation_id = $1 and asked_at > $2) as asked",
    )
    .bind(conversation)
    .bind(since)
    .scalar()
    .await
}

/// Keeps an answer. `false`: there is one already, and it stays.
pub async fn insert(tx: &mut Tx, answer: &AnswerRow) -> Result<bool, StoreError> {
    let kept = tx
        .query(
            "insert into satisfaction_answers (conversation_id, team_id, agent_id, rating, comment, answered_at)
             values ($1, $2, $3, $4, $5, $6) on conflict (conversation_id) do nothing",
        )
        .bind(answer.conversation_id)
        .bind(answer.team_id)
        .bind(answer.agent_id)
        .bind(i64::from(answer.rating.get()))
        .bind(answer.comment.as_deref())
        .bind(answer.answered_at)
        .execute()
        .await?;
    Ok(kept == 1)
}

/// The answers to these conversations, as far as there are any.
pub async fn answers(tx: &mut Tx, conversations: &[ConversationId]) -> Result<Vec<AnswerRow>, StoreError> {
    if conversations.is_empty() {
        return Ok(Vec::new());
    }
    tx.query_for(
        "select conversation_id, team_id, agent_id, rating, comment, answered_at from satisfaction_answers
         where conversation_id in (select unhex(value ->> 0) from json_each($1))",
        "select conversation_id, team_id, agent_id, rating, comment, answered_at from satisfaction_answers
         where conversation_id = any($1::uuid[])",
    )
    .bind_batch(Batch::new().ids(conversations.iter().copied()))
    .all()
    .await
}

record! {
    struct RatedRow {
        team_id: Option<TeamId>,
        rating: Rating,
        quarter: i64,
        count: i64,
    }
}

/// Answers with one rating, in a quarter of an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratings {
    /// Team of the conversations then.
    pub team_id: Option<TeamId>,
    /// How content.
    pub rating: Rating,
    /// A moment within the quarter and within the reach.
    pub at: DateTime<Utc>,
    /// How many.
    pub count: i64,
}

/// Answers that were given in the reach.
pub async fn ratings(tx: &mut Tx, reach: &Reach) -> Result<Vec<Ratings>, StoreError> {
    let rows: Vec<RatedRow> = tx
        .query_for(
            "select team_id, rating, answered_at / 900000000 as quarter, count(*) as count from satisfaction_answers
             where answered_at >= $1 and answered_at < $2
               and ($3 or team_id in (select unhex(value ->> 0) from json_each($4)))
             group by team_id, rating, answered_at / 900000000",
            "select team_id, rating, cast(floor(extract(epoch from answered_at) / 900) as bigint) as quarter,
                    count(*) as count
             from satisfaction_answers
             where answered_at >= $1 and answered_at < $2 and ($3 or team_id = any($4::uuid[]))
             group by team_id, rating, cast(floor(extract(epoch from answered_at) / 900) as bigint)",
        )
        .bind(reach.from)
        .bind(reach.to)
        .bind(reach.is_everything())
        .bind_batch(reach.batch())
        .all()
        .await?;
    let at = |quarter: i64| {
        let begins = DateTime::from_timestamp(quarter.saturating_mul(QUARTER), 0);
        begins.map_or(reach.from, |at| at.max(reach.from))
    };
    let ratings = rows.into_iter().map(|row| Ratings {
        team_id: row.team_id,
        rating: row.rating,
        at: at(row.quarter),
        count: row.count,
    });
    Ok(ratings.collect())
}
