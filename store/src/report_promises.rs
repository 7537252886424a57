//! What reports read of promises that were broken and of tools that were called.

use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::ids::TeamId;
use uuid::Uuid;

use crate::error::StoreError;
use crate::record;
use crate::reports::Reach;
use crate::tx::Tx;

/// Length of a quarter of an hour, in seconds.
const QUARTER: i64 = 900;

record! {
    struct BreachRow {
        team_id: Option<TeamId>,
        target: String,
        quarter: i64,
        count: i64,
    }
}

/// Promised times that passed, in a quarter of an hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breaches {
    /// Team of the conversations then.
    pub team_id: Option<TeamId>,
    /// `first_response` or `resolution`.
    pub target: String,
    /// A moment within the quarter and within the reach.
    pub at: DateTime<Utc>,
    /// How many.
    pub count: i64,
}

/// Promised times that passed in the reach.
pub async fn breaches(tx: &mut Tx, reach: &Reach) -> Result<Vec<Breaches>, StoreError> {
    let rows: Vec<BreachRow> = tx
        .query_for(
            "select team_id, type as target, due_at / 900000000 as quarter, count(*) as count from sla_violations
             where due_at >= $1 and due_at < $2
               and ($3 or team_id in (select unhex(value ->> 0) from json_each($4)))
             group by team_id, type, due_at / 900000000",
            "select team_id, type as target, cast(floor(extract(epoch from due_at) / 900) as bigint) as quarter,
                    count(*) as count
             from sla_violations
             where due_at >= $1 and due_at < $2 and ($3 or team_id = any($4::uuid[]))
             group by team_id, type, cast(floor(extract(epoch from due_at) / 900) as bigint)",
        )
        .bind(reach.from)
        .bind(reach.to)
        .bind(reach.is_everything())
        .bind_batch(reach.batch())
        .all()
        .await?;
    let breaches = rows.into_iter().map(|row| Breaches {
        team_id: row.team_id,
        target: row.target,
        at: beginning(row.quarter, reach),
        count: row.count,
    });
    Ok(breaches.collect())
}

fn beginning(quarter: i64, reach: &Reach) -> DateTime<Utc> {
    DateTime::from_timestamp(quarter.saturating_mul(QUARTER), 0).map_or(reach.from, |at| at.max(reach.from))
}

record! {
    struct CallRow {
        tool: String,
        decision: String,
        code: Option<String>,
        quarter: i64,
        count: i64,
    }
}

/// Calls of a tool that ended in the same way, in a quarter of an hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCalls {
    /// Which tool.
    pub tool: String,
    /// Whether the gateway refused them.
    pub is_refused: bool,
    /// What they ended with, when not well.
    pub code: Option<String>,
    /// A moment within the quarter and within the reach.
    pub at: DateTime<Utc>,
    /// How many.
    pub count: i64,
}

/// Calls of tools in the reach, of the conversations of its teams.
pub async fn tool_calls(tx: &mut Tx, reach: &Reach) -> Result<Vec<ToolCalls>, StoreError> {
    let rows: Vec<CallRow> = tx
        .query_for(
            "select i.tool, i.decision, i.code, i.created_at / 900000000 as quarter, count(*) as count
             from tool_invocations i
             where i.id >= $5 and i.phase = 'done' and i.created_at >= $1 and i.created_at < $2
               and ($3 or i.conversation_id in
                    (select v.id from conversations v
                     where v.id = i.conversation_id
                       and v.team_id in (select unhex(value ->> 0) from json_each($4))))
             group by i.tool, i.decision, i.code, i.created_at / 900000000",
            "select i.tool, i.decision, i.code,
                    cast(floor(extract(epoch from i.created_at) / 900) as bigint) as quarter, count(*) as count
             from tool_invocations i
             where i.id >= $5 and i.phase = 'done' and i.created_at >= $1 and i.created_at < $2
               and ($3 or exists (select 1 from conversations v
                                  where v.id = i.conversation_id and v.team_id = any($4::uuid[])))
             group by i.tool, i.decision, i.code, cast(floor(extract(epoch from i.created_at) / 900) as bigint)",
        )
        .bind(reach.from)
        .bind(reach.to)
        .bind(reach.is_everything())
        .bind_batch(reach.batch())
        .bind(oldest_id(reach.from))
        .all()
        .await?;
    let calls = rows.into_iter().map(|row| ToolCalls {
        tool: row.tool,
        is_refused: row.decision == "refused",
        code: row.code,
        at: beginning(row.quarter, reach),
        count: row.count,
    });
    Ok(calls.collect())
}

/// An id that is lower than any that was made at a time: ids begin with their time.
fn oldest_id(at: DateTime<Utc>) -> Uuid {
    let millis = (at - TimeDelta::days(1)).timestamp_millis().max(0);
    Uuid::from_u128(u128::from(millis.unsigned_abs()) << 80)
}
