//! What reports are made of: the rows behind each figure, over a stretch of time. Everything is grouped as far as a report
//! can still cut it into the hours, days, weeks and months of any time zone: all zones are whole quarters of an hour apart.

use chrono::{DateTime, Utc};
use patchbay_core::channel::{Channel, Direction};
use patchbay_core::conversation::ConversationStatus;
use patchbay_core::delivery::DeliveryStatus;
use patchbay_core::ids::{AccountId, SiteId, TeamId, UserId};
use patchbay_core::ticket::{TicketPriority, TicketState};

use crate::batch::Batch;
use crate::conversations::active_minute;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

/// Seconds of a quarter of an hour.
const QUARTER: i64 = 900;

/// What a report looks at.
#[derive(Clone, Debug)]
pub struct Reach {
    /// From then on.
    pub from: DateTime<Utc>,
    /// Until before then.
    pub to: DateTime<Utc>,
    /// Conversations of these teams only; `None`: of all, and of no team.
    pub teams: Option<Vec<TeamId>>,
}

impl Reach {
    pub(crate) fn is_everything(&self) -> bool {
        self.teams.is_none()
    }

    pub(crate) fn batch(&self) -> Batch {
        Batch::new().ids(self.teams.iter().flatten().copied())
    }
}

record! {
    /// From one moment to another, in a conversation.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct TeamSpan {
        /// Team of the conversation.
        pub team_id: Option<TeamId>,
        /// Its channel.
        pub channel: Channel,
        /// The beginning.
        pub began: DateTime<Utc>,
        /// The end.
        pub ended: DateTime<Utc>,
    }
}

/// First answers by people that were given in the reach: from the customer's first message to the answer.
pub async fn first_responses(tx: &mut Tx, reach: &Reach) -> Result<Vec<TeamSpan>, StoreError> {
    tx.query_for(
        "select team_id, channel, created_at as began, first_response_at as ended from conversations
         where first_response_at is not null and first_response_at >= $1 and first_response_at < $2
           and ($3 or team_id in (select unhex(value ->> 0) from json_each($4)))",
        "select team_id, channel, created_at as began, first_response_at as ended from conversations
         where first_response_at is not null and first_response_at >= $1 and first_response_at < $2
           and ($3 or team_id = any($4::uuid[]))",
    )
    .bind(reach.from)
    .bind(reach.to)
    .bind(reach.is_everything())
    .bind_batch(reach.batch())
    .all()
    .await
}

/// Conversations that were closed in the reach and still are, those about nothing (spam, duplicates) left out: from their
/// beginning to their end.
pub async fn resolutions(tx: &mut Tx, reach: &Reach) -> Result<Vec<TeamSpan>, StoreError> {
    tx.query_for(
        "select team_id, channel, created_at as began, closed_at as ended from conversations
         where closed_at is not null and closed_at >= $1 and closed_at < $2
           and coalesce(close_reason, '') not in ('spam', 'duplicate')
           and ($3 or team_id in (select unhex(value ->> 0) from json_each($4)))",
        "select team_id, channel, created_at as began, closed_at as ended from conversations
         where closed_at is not null and closed_at >= $1 and closed_at < $2
           and coalesce(close_reason, '') not in ('spam', 'duplicate')
           and ($3 or team_id = any($4::uuid[]))",
    )
    .bind(reach.from)
    .bind(reach.to)
    .bind(reach.is_everything())
    .bind_batch(reach.batch())
    .all()
    .await
}

record! {
    struct QuarterRow {
        team_id: Option<TeamId>,
        channel: Channel,
        quarter: i64,
        count: i64,
    }
}

/// How many, in a quarter of an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quarter {
    /// Team of the conversations.
    pub team_id: Option<TeamId>,
    /// Their channel.
    pub channel: Channel,
    /// A moment within the quarter and within the reach.
    pub at: DateTime<Utc>,
    /// How many.
    pub count: i64,
}

fn quarters(rows: Vec<QuarterRow>, reach: &Reach) -> Vec<Quarter> {
    rows.into_iter()
        .map(|row| Quarter {
            team_id: row.team_id,
            channel: row.channel,
            at: beginning(row.quarter, reach),
            count: row.count,
        })
        .collect()
}

/// When a quarter begins; when it began before the reach does, the reach's own beginning.
fn beginning(quarter: i64, reach: &Reach) -> DateTime<Utc> {
    DateTime::from_timestamp(quarter.saturating_mul(QUARTER), 0).map_or(reach.from, |at| at.max(reach.from))
}

/// Conversations that began in the reach.
pub async fn opened(tx: &mut Tx, reach: &Reach) -> Result<Vec<Quarter>, StoreError> {
    let rows = tx
        .query_for(
            "select team_id, channel, created_at / 900000000 as quarter, count(*) as count from conversations
             where created_at >= $1 and created_at < $2
               and ($3 or team_id in (select unhex(value ->> 0) from json_each($4)))
             group by team_id, channel, created_at / 900000000",
            "select team_id, channel, cast(floor(extract(epoch from created_at) / 900) as bigint) as quarter,
                    count(*) as count
             from conversations
             where created_at >= $1 and created_at < $2 and ($3 or team_id = any($4::uuid[]))
             group by team_id, channel, cast(floor(extract(epoch from created_at) / 900) as bigint)",
        )
        .bind(reach.from)
        .bind(reach.to)
        .bind(reach.is_everything())
        .bind_batch(reach.batch())
        .all()
        .await?;
    Ok(quarters(rows, reach))
}

/// Conversations that were closed in the reach and still are.
pub async fn closed(tx: &mut Tx, reach: &Reach) -> Result<Vec<Quarter>, StoreError> {
    let rows = tx
        .query_for(
            "select team_id, channel, closed_at / 900000000 as quarter, count(*) as count from conversations
             where closed_at is not null and closed_at >= $1 and closed_at < $2
               and ($3 or team_id in (select unhex(value ->> 0) from json_each($4)))
             group by team_id, channel, closed_at / 900000000",
            "select team_id, channel, cast(floor(extract(epoch from closed_at) / 900) as bigint) as quarter,
                    count(*) as count
             from conversations
             where closed_at is not null and closed_at >= $1 and closed_at < $2 and ($3 or team_id = any($4::uuid[]))
             group by team_id, channel, cast(floor(extract(epoch from closed_at) / 900) as bigint)",
        )
        .bind(reach.from)
        .bind(reach.to)
        .bind(reach.is_everything())
        .bind_batch(reach.batch())
        .all()
        .await?;
    Ok(quarters(rows, reach))
}

record! {
    /// How many conversations a team had open.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct OpenThen {
        /// The team.
        pub team_id: Option<TeamId>,
        /// How many.
        pub count: i64,
    }
}

/// Conversations that had begun before the reach and were not closed before it, by what is known of them now.
pub async fn open_before(tx: &mut Tx, reach: &Reach) -> Result<Vec<OpenThen>, StoreError> {
    tx.query_for(
        "select team_id, count(*) as count from conversations
         where created_at < $1 and (closed_at is null or closed_at >= $1)
           and ($2 or team_id in (select unhex(value ->> 0) from json_each($3)))
         group by team_id",
        "select team_id, count(*) as count from conversations
         where created_at < $1 and (closed_at is null or closed_at >= $1) and ($2 or team_id = any($3::uuid[]))
         group by team_id",
    )
    .bind(reach.from)
    .bind(reach.is_everything())
    .bind_batch(reach.batch())
    .all()
    .await
}

record! {
    /// Open conversations of one team in one state.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Standing {
        /// The team.
        pub team_id: Option<TeamId>,
        /// The state.
        pub status: ConversationStatus,
        /// How many.
        pub count: i64,
        /// How many of them nobody has.
        pub unassigned: i64,
        /// Since when the customer who has waited longest waits.
        pub waiting_since: Option<DateTime<Utc>>,
    }
}

/// Open conversations as they stand now.
pub async fn standing(tx: &mut Tx, reach: &Reach) -> Result<Vec<Standing>, StoreError> {
    tx.query_for(
        "select team_id, status, count(*) as count,
                cast(coalesce(sum(case when assigned_to is null then 1 else 0 end), 0) as bigint) as unassigned,
                min(waiting_since) as waiting_since
         from conversations
         where status <> 'closed' and ($1 or team_id in (select unhex(value ->> 0) from json_each($2)))
         group by team_id, status",
        "select team_id, status, count(*) as count,
                cast(coalesce(sum(case when assigned_to is null then 1 else 0 end), 0) as bigint) as unassigned,
                min(waiting_since) as waiting_since
         from conversations
         where status <> 'closed' and ($1 or team_id = any($2::uuid[]))
         group by team_id, status",
    )
    .bind(reach.is_everything())
    .bind_batch(reach.batch())
    .all()
    .await
}

record! {
    /// Conversations that an agent has.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct AgentActive {
        /// The agent.
        pub user_id: UserId,
        /// How many are open.
        pub active: i64,
        /// In how many of them the customer waits for the agent.
        pub waiting: i64,
    }
}

/// Open conversations by the agent who has them.
pub async fn active_by_agent(tx: &mut Tx, reach: &Reach) -> Result<Vec<AgentActive>, StoreError> {
    tx.query_for(
        "select assigned_to as user_id, count(*) as active,
                cast(coalesce(sum(case when status = 'pending_agent' then 1 else 0 end), 0) as bigint) as waiting
         from conversations
         where status <> 'closed' and assigned_to is not null
           and ($1 or team_id in (select unhex(value ->> 0) from json_each($2)))
         group by assigned_to",
        "select assigned_to as user_id, count(*) as active,
                cast(coalesce(sum(case when status = 'pending_agent' then 1 else 0 end), 0) as bigint) as waiting
         from conversations
         where status <> 'closed' and assigned_to is not null and ($1 or team_id = any($2::uuid[]))
         group by assigned_to",
    )
    .bind(reach.is_everything())
    .bind_batch(reach.batch())
    .all()
    .await
}

record! {
    struct AgentQuarterRow {
        user_id: UserId,
        quarter: i64,
        count: i64,
    }
}

/// Conversations that an agent closed, in a quarter of an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentQuarter {
    /// The agent.
    pub user_id: UserId,
    /// A moment within the quarter and within the reach.
    pub at: DateTime<Utc>,
    /// How many.
    pub count: i64,
}

/// Conversations that were closed in the reach and still are, by whoever closed them.
pub async fn closed_by_agent(tx: &mut Tx, reach: &Reach) -> Result<Vec<AgentQuarter>, StoreError> {
    let rows: Vec<AgentQuarterRow> = tx
        .query_for(
            "select closed_by as user_id, closed_at / 900000000 as quarter, count(*) as count from conversations
             where closed_at is not null and closed_at >= $1 and closed_at < $2 and closed_by is not null
               and ($3 or team_id in (select unhex(value ->> 0) from json_each($4)))
             group by closed_by, closed_at / 900000000",
            "select closed_by as user_id, cast(floor(extract(epoch from closed_at) / 900) as bigint) as quarter,
                    count(*) as count
             from conversations
             where closed_at is not null and closed_at >= $1 and closed_at < $2 and closed_by is not null
               and ($3 or team_id = any($4::uuid[]))
             group by closed_by, cast(floor(extract(epoch from closed_at) / 900) as bigint)",
        )
        .bind(reach.from)
        .bind(reach.to)
        .bind(reach.is_everything())
        .bind_batch(reach.batch())
        .all()
        .await?;
    let quarter = |row: AgentQuarterRow| AgentQuarter {
        user_id: row.user_id,
        at: beginning(row.quarter, reach),
        count: row.count,
    };
    Ok(rows.into_iter().map(quarter).collect())
}

record! {
    struct MessageQuarterRow {
        channel: Channel,
        direction: Direction,
        status: DeliveryStatus,
        quarter: i64,
        count: i64,
    }
}

/// Messages of one kind, in a quarter of an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageQuarter {
    /// Their channel.
    pub channel: Channel,
    /// From or to the customer.
    pub direction: Direction,
    /// How far they have come.
    pub status: DeliveryStatus,
    /// A moment within the quarter and within the reach.
    pub at: DateTime<Utc>,
    /// How many.
    pub count: i64,
}

/// Messages of the reach. They are found by way of the conversations in which something was said since its beginning.
pub async fn messages(tx: &mut Tx, reach: &Reach) -> Result<Vec<MessageQuarter>, StoreError> {
    let rows: Vec<MessageQuarterRow> = tx
        .query_for(
            "select m.channel, m.direction, m.status, m.created_at / 900000000 as quarter, count(*) as count
             from conversations v cross join messages m
             where v.active_minute >= $5 and m.conversation_id = v.id and m.created_at >= $1 and m.created_at < $2
               and ($3 or v.team_id in (select unhex(value ->> 0) from json_each($4)))
             group by m.channel, m.direction, m.status, m.created_at / 900000000",
            "select m.channel, m.direction, m.status,
                    cast(floor(extract(epoch from m.created_at) / 900) as bigint) as quarter, count(*) as count
             from conversations v join messages m on m.conversation_id = v.id
             where v.active_minute >= $5 and m.created_at >= $1 and m.created_at < $2
               and ($3 or v.team_id = any($4::uuid[]))
             group by m.channel, m.direction, m.status,
                      cast(floor(extract(epoch from m.created_at) / 900) as bigint)",
        )
        .bind(reach.from)
        .bind(reach.to)
        .bind(reach.is_everything())
        .bind_batch(reach.batch())
        .bind(active_minute(reach.from))
        .all()
        .await?;
    let quarter = |row: MessageQuarterRow| MessageQuarter {
        channel: row.channel,
        direction: row.direction,
        status: row.status,
        at: beginning(row.quarter, reach),
        count: row.count,
    };
    Ok(rows.into_iter().map(quarter).collect())
}

record! {
    /// A ticket on its way to a date.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Booking {
        /// Account of the ticket.
        pub account_id: AccountId,
        /// Site of the ticket.
        pub site_id: SiteId,
        /// How urgent it is.
        pub priority: TicketPriority,
        /// Where it stands.
        pub state: TicketState,
        /// How often it was escalated.
        pub escalation_level: i64,
        /// When it was recorded.
        pub began: DateTime<Utc>,
        /// When it first got a date, or somebody was sent without one.
        pub booked_at: Option<DateTime<Utc>>,
        /// When it was last escalated.
        pub escalated_at: Option<DateTime<Utc>>,
    }
}

/// Tickets that were recorded in the reach; of teams: those that belong to a conversation of one of them.
pub async fn bookings(tx: &mut Tx, reach: &Reach) -> Result<Vec<Booking>, StoreError> {
    tx.query_for(
        "select t.account_id, t.site_id, t.priority, t.state, t.escalation_level, t.created_at as began,
                (select min(s.created_at) from ticket_state_transitions s
                 where s.ticket_id = t.id and s.to_state in ('SCHEDULED', 'DISPATCHED')) as booked_at, t.escalated_at
         from tickets t
         where t.created_at >= $1 and t.created_at < $2
           and ($3 or exists (
               select 1 from ticket_links l join conversations v on v.id = l.conversation_id
               where l.ticket_id = t.id and v.team_id in (select unhex(value ->> 0) from json_each($4))))",
        "select t.account_id, t.site_id, t.priority, t.state, t.escalation_level, t.created_at as began,
                (select min(s.created_at) from ticket_state_transitions s
                 where s.ticket_id = t.id and s.to_state in ('SCHEDULED', 'DISPATCHED')) as booked_at, t.escalated_at
         from tickets t
         where t.created_at >= $1 and t.created_at < $2
           and ($3 or exists (
               select 1 from ticket_links l join conversations v on v.id = l.conversation_id
               where l.ticket_id = t.id and v.team_id = any($4::uuid[])))",
    )
    .bind(reach.from)
    .bind(reach.to)
    .bind(reach.is_everything())
    .bind_batch(reach.batch())
    .all()
    .await
}
