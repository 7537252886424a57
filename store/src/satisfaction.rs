//! Questions at the end of conversations, and their answers.

use chrono::{DateTime, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::ids::{ConversationId, TeamId, UserId};

use crate::error::StoreError;
use crate::record;
use crate::reports::Reach;
use crate::tx::Tx;

/// Length of a quarter of an hour, in seconds.
const QUARTER: i64 = 900;

/// A question.
#[derive(Clone, Copy, Debug)]
pub struct NewQuestion {
    /// At the end of which conversation.
    pub conversation_id: ConversationId,
    /// Its team then.
    pub team_id: Option<TeamId>,
    /// Who had it then.
    pub agent_id: Option<UserId>,
    /// Its channel.
    pub channel: Channel,
}

/// Notes that a customer is asked. `false`: they were before.
pub async fn ask(tx: &mut Tx, question: NewQuestion, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let asked = tx
        .query(
            "insert into satisfaction (conversation_id, team_id, agent_id, channel, asked_at)
             values ($1, $2, $3, $4, $5)
             on conflict (conversation_id) do nothing",
        )
        .bind(question.conversation_id)
        .bind(question.team_id)
        .bind(question.agent_id)
        .bind(question.channel)
        .bind(now)
        .execute()
        .await?;
    Ok(asked == 1)
}

/// Keeps the answer to a question of after `since` that has none. `false`: there is no such question.
pub async fn answer(
    tx: &mut Tx,
    conversation: ConversationId,
    score: i64,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let answered = tx
        .query(
            "update satisfaction set score = $2, answered_at = $4
             where conversation_id = $1 and score is null and asked_at > $3",
        )
        .bind(conversation)
        .bind(score)
        .bind(since)
        .bind(now)
        .execute()
        .await?;
    Ok(answered == 1)
}

record! {
    struct ScoreRow {
        team_id: Option<TeamId>,
        quarter: i64,
        score: Option<i64>,
        count: i64,
    }
}

/// Questions of a quarter of an hour that were answered alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scores {
    /// Team of the conversations then.
    pub team_id: Option<TeamId>,
    /// A moment within the quarter and within the reach.
    pub at: DateTime<Utc>,
    /// What was answered; `None`: nothing.
    pub score: Option<i64>,
    /// How many.
    pub count: i64,
}

/// Questions in the reach and their answers.
pub async fn scores(tx: &mut Tx, reach: &Reach) -> Result<Vec<Scores>, StoreError> {
    let rows: Vec<ScoreRow> = tx
        .query_for(
            "select team_id, asked_at / 900000000 as quarter, score, count(*) as count from satisfaction
             where asked_at >= $1 and asked_at < $2
               and ($3 or team_id in (select unhex(value ->> 0) from json_each($4)))
             group by team_id, asked_at / 900000000, score",
            "select team_id, cast(floor(extract(epoch from asked_at) / 900) as bigint) as quarter, score,
                    count(*) as count
             from satisfaction
             where asked_at >= $1 and asked_at < $2 and ($3 or team_id = any($4::uuid[]))
             group by team_id, cast(floor(extract(epoch from asked_at) / 900) as bigint), score",
        )
        .bind(reach.from)
        .bind(reach.to)
        .bind(reach.is_everything())
        .bind_batch(reach.batch())
        .all()
        .await?;
    let begin = |quarter: i64| {
        DateTime::from_timestamp(quarter.saturating_mul(QUARTER), 0).map_or(reach.from, |at| at.max(reach.from))
    };
    let scores = rows.into_iter().map(|ScoreRow { team_id, quarter, score, count }| Scores {
        team_id,
        at: begin(quarter),
        score,
        count,
    });
    Ok(scores.collect())
}
