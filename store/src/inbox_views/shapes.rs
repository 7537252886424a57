//! One page of the list, read the way that is shortest for what is asked: each shape has an index that begins with what
//! it asks for and goes on in the order of the list, or finds few rows.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{ContactId, ConversationId, TeamId};

use super::{Filter, Position};
use crate::batch::Batch;
use crate::conversations::active_minute;
use crate::error::StoreError;
use crate::tx::Tx;

/// Where to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// All, newest activity first.
    Newest,
    /// The open ones, newest activity first.
    Open,
    /// What somebody has or had.
    OfAssignee,
    /// The open ones that somebody has.
    OpenOfAssignee,
    /// What belongs to a team.
    OfTeam,
    /// The conversations of one contact.
    OfContact,
    /// These, and those of these contacts.
    Among(Vec<ConversationId>, Vec<ContactId>),
}

/// The teams that may be seen, and whether what belongs to none may; `None`: everything.
pub(super) type Seen<'s> = Option<(&'s [TeamId], Stray)>;

/// What belongs to no team.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stray {
    /// Is seen.
    Seen,
    /// Is not.
    Hidden,
}

/// Up to `limit` conversations after `position` for which all of `filter` holds but what it says of visibility.
pub(super) async fn read(
    tx: &mut Tx,
    shape: &Shape,
    filter: &Filter,
    seen: Seen<'_>,
    position: Option<Position>,
    limit: i64,
) -> Result<Vec<ConversationId>, StoreError> {
    let statuses = (!filter.statuses.is_empty())
        .then(|| filter.statuses.iter().fold(String::from(","), |list, status| list + status.as_str() + ","));
    let (at, id) = position.unwrap_or((DateTime::<Utc>::from_timestamp(AFTER_ALL, 0).unwrap_or_default(), LAST));
    let (teams, stray) = seen.unwrap_or((&[], Stray::Seen));
    let statement = match shape {
        Shape::Newest => tx.query_for(
            "select v.id from conversations v
             where (v.active_minute, v.last_message_at, v.id) < ($1, $2, $3)
               and ($4 is null or instr($4, ',' || v.status || ',') > 0)
               and ($5 is null or v.team_id = $5)
               and ($6 is null or v.assigned_to = $6)
               and (not $7 or v.assigned_to is null)
               and ($8 is null or v.channel = $8)
               and ($9 is null or v.inbox_id = $9)
               and ($10 is null or v.contact_id = $10)
               and ($11 is null or exists (select 1 from conversation_tags ct join tags t on t.id = ct.tag_id
                                          where ct.conversation_id = v.id and t.name = $11))
               and ($12 or v.team_id in (select unhex(value ->> 0) from json_each($14)) or ($13 and v.team_id is null))
             order by v.active_minute desc, v.last_message_at desc, v.id desc
             limit $15",
            "select v.id from conversations v
             where (v.active_minute, v.last_message_at, v.id) < ($1::bigint, $2::timestamptz, $3::uuid)
               and ($4::text is null or strpos($4, ',' || v.status || ',') > 0)
               and ($5::uuid is null or v.team_id = $5)
               and ($6::uuid is null or v.assigned_to = $6)
               and (not $7::boolean or v.assigned_to is null)
               and ($8::text is null or v.channel = $8)
               and ($9::uuid is null or v.inbox_id = $9)
               and ($10::uuid is null or v.contact_id = $10)
               and ($11::text is null or exists (select 1 from conversation_tags ct join tags t on t.id = ct.tag_id
                                                where ct.conversation_id = v.id and t.name = $11))
               and ($12::boolean or v.team_id = any($14::uuid[]) or ($13::boolean and v.team_id is null))
             order by v.active_minute desc, v.last_message_at desc, v.id desc
             limit $15",
        ),
        Shape::Open => tx.query_for(
            "select v.id from conversations v
             where v.status <> 'closed'
               and (v.active_minute, v.last_message_at, v.id) < ($1, $2, $3)
               and ($4 is null or instr($4, ',' || v.status || ',') > 0)
               and ($5 is null or v.team_id = $5)
               and ($6 is null or v.assigned_to = $6)
               and (not $7 or v.assigned_to is null)
               and ($8 is null or v.channel = $8)
               and ($9 is null or v.inbox_id = $9)
               and ($10 is null or v.contact_id = $10)
               and ($11 is null or exists (select 1 from conversation_tags ct join tags t on t.id = ct.tag_id
                                          where ct.conversation_id = v.id and t.name = $11))
               and ($12 or v.team_id in (select unhex(value ->> 0) from json_each($14)) or ($13 and v.team_id is null))
             order by v.active_minute desc, v.last_message_at desc, v.id desc
             limit $15",
            "select v.id from conversations v
             where v.status <> 'closed'
               and (v.active_minute, v.last_message_at, v.id) < ($1::bigint, $2::timestamptz, $3::uuid)
               and ($4::text is null or strpos($4, ',' || v.status || ',') > 0)
               and ($5::uuid is null or v.team_id = $5)
               and ($6::uuid is null or v.assigned_to = $6)
               and (not $7::boolean or v.assigned_to is null)
               and ($8::text is null or v.channel = $8)
               and ($9::uuid is null or v.inbox_id = $9)
               and ($10::uuid is null or v.contact_id = $10)
               and ($11::text is null or exists (select 1 from conversation_tags ct join tags t on t.id = ct.tag_id
                                                where ct.conversation_id = v.id and t.name = $11))
               and ($12::boolean or v.team_id = any($14::uuid[]) or ($13::boolean and v.team_id is null))
             order by v.active_minute desc, v.last_message_at desc, v.id desc
             limit $15",
        ),
        Shape::OfAssignee => tx.query_for(
            "select v.id from conversations v
             where v.assigned_to = $6
               and (v.active_minute, v.last_message_at, v.id) < ($1, $2, $3)
               and ($4 is null or instr($4, ',' || v.status || ',') > 0)
               and ($5 is null or v.team_id = $5)
               and (not $7 or v.assigned_to is null)
               and ($8 is null or v.channel = $8)
               and ($9 is null or v.inbox_id = $9)
               and ($10 is null or v.contact_id = $10)
               and ($11 is null or exists (select 1 from conversation_tags ct join tags t on t.id = ct.tag_id
                                          where ct.conversation_id = v.id and t.name = $11))
               and ($12 or v.team_id in (select unhex(value ->> 0) from json_each($14)) or ($13 and v.team_id is null))
             order by v.active_minute desc, v.last_message_at desc, v.id desc
             limit $15",
            "select v.id from conversations v
             where v.assigned_to = $6::uuid
               and (v.active_minute, v.last_message_at, v.id) < ($1::bigint, $2::timestamptz, $3::uuid)
               and ($4::text is null or strpos($4, ',' || v.status || ',') > 0)
               and ($5::uuid is null or v.team_id = $5)
               and (not $7::boolean or v.assigned_to is null)
               and ($8::text is null or v.channel = $8)
               and ($9::uuid is null or v.inbox_id = $9)
               and ($10::uuid is null or v.contact_id = $10)
               and ($11::text is null or exists (select 1 from conversation_tags ct join tags t on t.id = ct.tag_id
                                                where ct.conversation_id = v.id and t.name = $11))
               and ($12::boolean or v.team_id = any($14::uuid[]) or ($13::boolean and v.team_id is null))
             order by v.active_minute desc, v.last_message_at desc, v.id desc
             limit $15",
        ),
        Shape::OpenOfAssignee => tx.query_for(
            "select v.id from conversations v
             where v.assigned_to = $6
               and v.status <> 'closed'
               and (v.active_minute, v.last_message_at, v.id) < ($1, $2, $3)
               and ($4 is null or instr($4, ',' || v.status || ',') > 0)
               and ($5 is null or v.team_id = $5)
               and (not $7 or v.assigned_to is null)
               and ($8 is null or v.channel = $8)
               and ($9 is null or v.inbox_id = $9)
               and ($10 is null or v.contact_id = $10)
               and ($11 is null or exists (select 1 from conversation_tags ct join tags t on t.id = ct.tag_id
                                          where ct.conversation_id = v.id and t.name = $11))
               and ($12 or v.team_id in (select unhex(value ->> 0) from json_each($14)) or ($13 and v.team_id is null))
             order by v.active_minute desc, v.last_message_at desc, v.id desc
             limit $15",
            "select v.id from conversations v
             where v.assigned_to = $6::uuid
               and v.status <> 'closed'
               and (v.active_minute, v.last_message_at, v.id) < ($1::bigint, $2::timestamptz, $3::uuid)
               and ($4::text is null or strpos($4, ',' || v.status || ',') > 0)
               and ($5::uuid is null or v.team_id = $5)
               and (not $7::boolean or v.assigned_to is null)
               and ($8::text is null or v.channel = $8)
               and ($9::uuid is null or v.inbox_id = $9)
               and ($10::uuid is null or v.contact_id = $10)
               and ($11::text is null or exists (select 1 from conversation_tags ct join tags t on t.id = ct.tag_id
                                                where ct.conversation_id = v.id and t.name = $11))
               and ($12::boolean or v.team_id = any($14::uuid[]) or ($13::boolean and v.team_id is null))
             order by v.active_minute desc, v.last_message_at desc, v.id desc
             limit $15",
        ),
        Shape::OfTeam => tx.query_for(
            "select v.id from conversations v
             where v.team_id = $5
               and (v.active_minute, v.last_message_at, v.id) < ($1, $2, $3)
               and ($4 is null or instr($4, ',' || v.status || ',') > 0)
               and ($6 is null or v.assigned_to = $6)
               and (not $7 or v.assigned_to is null)
               and ($8 is null or v.channel = $8)
               and ($9 is null or v.inbox_id = $9)
               and ($10 is null or v.contact_id = $10)
               and ($11 is null or exists (select 1 from conversation_tags ct join tags t on t.id = ct.tag_id
                                          where ct.conversation_id = v.id and t.name = $11))
               and ($12 or v.team_id in (select unhex(value ->> 0) from json_each($14)) or ($13 and v.team_id is null))
             order by v.active_minute desc, v.last_message_at desc, v.id desc
             limit $15",
            "select v.id from conversations v
             where v.team_id = $5::uuid
               and (v.active_minute, v.last_message_at, v.id) < ($1::bigint, $2::timestamptz, $3::uuid)
               and ($4::text is null or strpos($4, ',' || v.status || ',') > 0)
               and ($6::uuid is null or v.assigned_to = $6)
               and (not $7::boolean or v.assigned_to is null)
               and ($8::text is null or v.channel = $8)
               and ($9::uuid is null or v.inbox_id = $9)
               and ($10::uuid is null or v.contact_id = $10)
               and ($11::text is null or exists (select 1 from conversation_tags ct join tags t on t.id = ct.tag_id
                                                where ct.conversation_id = v.id and t.name = $11))
               and ($12::boolean or v.team_id = any($14::uuid[]) or ($13::boolean and v.team_id is null))
             order by v.active_minute desc, v.last_message_at desc, v.id desc
             limit $15",
        ),
        Shape::OfContact => tx.query_for(
            "select v.id from conversations v
             where v.contact_id = $10
               and (v.active_minute, v.last_message_at, v.id) < ($1, $2, $3)
               and ($4 is null or instr($4, ',' || v.status || ',') > 0)
               and ($5 is null or v.team_id = $5)
               and ($6 is null or v.assigned_to = $6)
               and (not $7 or v.assigned_to is null)
               and ($8 is null or v.channel = $8)
               and ($9 is null or v.inbox_id = $9)
               and ($11 is null or exists (select 1 from conversation_tags ct join tags t on t.id = ct.tag_id
                                          where ct.conversation_id = v.id and t.name = $11))
               and ($12 or v.team_id in (select unhex(value ->> 0) from json_each($14)) or ($13 and v.team_id is null))
             order by v.active_minute desc, v.last_message_at desc, v.id desc
             limit $15",
            "select v.id from conversations v
             where v.contact_id = $10::uuid
               and (v.active_minute, v.last_message_at, v.id) < ($1::bigint, $2::timestamptz, $3::uuid)
               and ($4::text is null or strpos($4, ',' || v.status || ',') > 0)
               and ($5::uuid is null or v.team_id = $5)
               and ($6::uuid is null or v.assigned_to = $6)
               and (not $7::boolean or v.assigned_to is null)
               and ($8::text is null or v.channel = $8)
               and ($9::uuid is null or v.inbox_id = $9)
               and ($11::text is null or exists (select 1 from conversation_tags ct join tags t on t.id = ct.tag_id
                                                where ct.conversation_id = v.id and t.name = $11))
               and ($12::boolean or v.team_id = any($14::uuid[]) or ($13::boolean and v.team_id is null))
             order by v.active_minute desc, v.last_message_at desc, v.id desc
             limit $15",
        ),
        Shape::Among(..) => tx.query_for(
            "select v.id from conversations v
             where (v.id in (select unhex(value ->> 0) from json_each($16)) or v.contact_id in (select unhex(value ->> 0) from json_each($17)))
               and (v.active_minute, v.last_message_at, v.id) < ($1, $2, $3)
               and ($4 is null or instr($4, ',' || v.status || ',') > 0)
               and ($5 is null or v.team_id = $5)
               and ($6 is null or v.assigned_to = $6)
               and (not $7 or v.assigned_to is null)
               and ($8 is null or v.channel = $8)
               and ($9 is null or v.inbox_id = $9)
               and ($10 is null or v.contact_id = $10)
               and ($11 is null or exists (select 1 from conversation_tags ct join tags t on t.id = ct.tag_id
                                          where ct.conversation_id = v.id and t.name = $11))
               and ($12 or v.team_id in (select unhex(value ->> 0) from json_each($14)) or ($13 and v.team_id is null))
             order by v.active_minute desc, v.last_message_at desc, v.id desc
             limit $15",
            "select v.id from conversations v
             where (v.id = any($16::uuid[]) or v.contact_id = any($17::uuid[]))
               and (v.active_minute, v.last_message_at, v.id) < ($1::bigint, $2::timestamptz, $3::uuid)
               and ($4::text is null or strpos($4, ',' || v.status || ',') > 0)
               and ($5::uuid is null or v.team_id = $5)
               and ($6::uuid is null or v.assigned_to = $6)
               and (not $7::boolean or v.assigned_to is null)
               and ($8::text is null or v.channel = $8)
               and ($9::uuid is null or v.inbox_id = $9)
               and ($10::uuid is null or v.contact_id = $10)
               and ($11::text is null or exists (select 1 from conversation_tags ct join tags t on t.id = ct.tag_id
                                                where ct.conversation_id = v.id and t.name = $11))
               and ($12::boolean or v.team_id = any($14::uuid[]) or ($13::boolean and v.team_id is null))
             order by v.active_minute desc, v.last_message_at desc, v.id desc
             limit $15",
        ),
    };
    let statement = statement
        .bind(active_minute(at))
        .bind(at)
        .bind(id)
        .bind(statuses)
        .bind(filter.team_id)
        .bind(filter.assigned_to)
        .bind(filter.is_unassigned)
        .bind(filter.channel)
        .bind(filter.inbox_id)
        .bind(filter.contact_id)
        .bind(filter.tag.as_deref())
        .bind(seen.is_none())
        .bind(stray == Stray::Seen)
        .bind_batch(Batch::new().ids(teams.iter().copied()))
        .bind(limit)
        .planned_for_values();
    match shape {
        Shape::Among(conversations, contacts) => {
            let statement = statement.bind_batch(Batch::new().ids(conversations.iter().copied()));
            statement.bind_batch(Batch::new().ids(contacts.iter().copied())).column().await
        }
        _ => statement.column().await,
    }
}

/// Later than any activity: the year 2200.
const AFTER_ALL: i64 = 7_258_118_400;
/// Behind every id.
const LAST: ConversationId = ConversationId(uuid::Uuid::max());
