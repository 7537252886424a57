//! Lists of conversations, newest activity first, and search over them.

use chrono::{DateTime, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::conversation::ConversationStatus;
use patchbay_core::ids::{ContactId, ConversationId, InboxId, TeamId, UserId};

use crate::batch::Batch;
use crate::conversations::{ConversationRow, active_minute};
use crate::error::StoreError;
use crate::tx::Tx;

/// Which conversations. Everything given must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// In one of these states; any when empty.
    pub statuses: Vec<ConversationStatus>,
    /// Of this team.
    pub team_id: Option<TeamId>,
    /// Of this user.
    pub assigned_to: Option<UserId>,
    /// Of nobody.
    pub is_unassigned: bool,
    /// Of this channel.
    pub channel: Option<Channel>,
    /// Of this inbox.
    pub inbox_id: Option<InboxId>,
    /// Of this contact.
    pub contact_id: Option<ContactId>,
    /// With this tag.
    pub tag: Option<String>,
    /// What the caller may see.
    pub visible: Visible,
}

/// What the caller may see.
#[derive(Clone, Debug, Default)]
pub enum Visible {
    /// Everything.
    All,
    /// What belongs to these teams.
    Teams(Vec<TeamId>),
    /// The same and what belongs to no team.
    TeamsAndStray(Vec<TeamId>),
    /// What this user has, and what waits in the queues of these teams.
    OwnAndQueued(UserId, Vec<TeamId>),
    /// Nothing.
    #[default]
    Nothing,
}

/// The place in the list after which a page begins.
pub type Position = (DateTime<Utc>, ConversationId);

/// Up to `limit` conversations after `position`, newest activity first; those that match `search` when given.
pub async fn page(
    tx: &mut Tx,
    filter: &Filter,
    search: Option<&str>,
    position: Option<Position>,
    limit: i64,
) -> Result<Vec<ConversationRow>, StoreError> {
    let (sees_all, sees_own, teams, user) = match &filter.visible {
        Visible::All => (true, false, Vec::new(), None),
        Visible::Teams(teams) | Visible::TeamsAndStray(teams) => (false, false, teams.clone(), None),
        Visible::OwnAndQueued(user, teams) => (false, true, teams.clone(), Some(*user)),
        Visible::Nothing => return Ok(Vec::new()),
    };
    let statuses = (!filter.statuses.is_empty())
        .then(|| filter.statuses.iter().fold(String::from(","), |list, status| list + status.as_str() + ","));
    let search = match search.map(|text| match_expression(tx, text)) {
        Some(None) => return Ok(Vec::new()),
        Some(Some(expression)) => Some(expression),
        None => None,
    };
    tx.query_for(
        "select v.id, v.inbox_id, v.channel, v.contact_id, c.display_name as contact_name, v.contact_address, v.status,
                v.priority, v.subject, v.team_id, v.assigned_to, v.previous_assignee, v.previous_conversation_id,
                v.last_seq, v.inbound_count, v.read_inbound_count, v.tags, v.last_message_id, v.last_message_at,
                v.last_inbound_at, v.last_outbound_at, v.first_response_at, v.waiting_since, v.window_expires_at,
                v.snoozed_until, v.closed_at, v.closed_by, v.close_reason, v.version, v.created_at, v.updated_at, v.sla
         from conversations v join contacts c on c.id = v.contact_id
         where ($1 is null or (v.active_minute, v.last_message_at, v.id) < ($18, $1, $2))
           and ($3 is null or instr($3, ',' || v.status || ',') > 0)
           and ($4 is null or v.team_id = $4)
           and ($5 is null or v.assigned_to = $5)
           and (not $6 or v.assigned_to is null)
           and ($7 is null or v.channel = $7)
           and ($8 is null or v.inbox_id = $8)
           and ($15 is null or v.contact_id = $15)
           and ($9 is null or exists (select 1 from conversation_tags ct join tags t on t.id = ct.tag_id
                                      where ct.conversation_id = v.id and t.name = $9))
           and ($10
                or ($11 and v.assigned_to = $12)
                or ((not $11 or v.status in ('new', 'triage', 'queued'))
                    and v.team_id in (select unhex(value ->> 0) from json_each($16)))
                or ($17 and v.team_id is null))
           and ($13 is null
                or v.id in (select conversation_id from search_documents where search_documents match $13)
                or v.contact_id in (select contact_id from search_documents
                                    where search_documents match $13 and contact_id is not null))
         order by v.active_minute desc, v.last_message_at desc, v.id desc
         limit $14",
        "select v.id, v.inbox_id, v.channel, v.contact_id, c.display_name as contact_name, v.contact_address, v.status,
                v.priority, v.subject, v.team_id, v.assigned_to, v.previous_assignee, v.previous_conversation_id,
                v.last_seq, v.inbound_count, v.read_inbound_count, v.tags, v.last_message_id, v.last_message_at,
                v.last_inbound_at, v.last_outbound_at, v.first_response_at, v.waiting_since, v.window_expires_at,
                v.snoozed_until, v.closed_at, v.closed_by, v.close_reason, v.version, v.created_at, v.updated_at, v.sla
         from conversations v join contacts c on c.id = v.contact_id
         where ($1::timestamptz is null or (v.active_minute, v.last_message_at, v.id) < ($18::bigint, $1, $2::uuid))
           and ($3::text is null or strpos($3, ',' || v.status || ',') > 0)
           and ($4::uuid is null or v.team_id = $4)
           and ($5::uuid is null or v.assigned_to = $5)
           and (not $6::boolean or v.assigned_to is null)
           and ($7::text is null or v.channel = $7)
           and ($8::uuid is null or v.inbox_id = $8)
           and ($15::uuid is null or v.contact_id = $15)
           and ($9::text is null or exists (select 1 from conversation_tags ct join tags t on t.id = ct.tag_id
                                            where ct.conversation_id = v.id and t.name = $9))
           and ($10::boolean
                or ($11::boolean and v.assigned_to = $12::uuid)
                or ((not $11::boolean or v.status in ('new', 'triage', 'queued')) and v.team_id = any($16::uuid[]))
                or ($17::boolean and v.team_id is null))
           and ($13::text is null
                or v.id in (select conversation_id from search_documents where body @@ to_tsquery('simple', $13))
                or v.contact_id in (select contact_id from search_documents
                                    where body @@ to_tsquery('simple', $13) and contact_id is not null))
         order by v.active_minute desc, v.last_message_at desc, v.id desc
         limit $14",
    )
    .bind(position.map(|(at, _)| at))
    .bind(position.map(|(_, id)| id))
    .bind(statuses)
    .bind(filter.team_id)
    .bind(filter.assigned_to)
    .bind(filter.is_unassigned)
    .bind(filter.channel)
    .bind(filter.inbox_id)
    .bind(filter.tag.as_deref())
    .bind(sees_all)
    .bind(sees_own)
    .bind(user)
    .bind(search)
    .bind(limit)
    .bind(filter.contact_id)
    .bind_batch(Batch::new().ids(teams))
    .bind(matches!(filter.visible, Visible::TeamsAndStray(_)))
    .bind(position.map(|(at, _)| active_minute(at)))
    .all()
    .await
}

/// Words of a search that count.
const WORDS: usize = 8;
/// Letters of a word that count. PostgreSQL refuses words of more than 2,046 bytes.
const WORD_CHARS: usize = 100;

/// What a person typed as an expression of the engine's full-text search: every word, as a prefix. `None` when there is
/// no word in it.
fn match_expression(tx: &Tx, text: &str) -> Option<String> {
    let words: Vec<String> = text
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(WORDS)
        .map(|word| word.chars().take(WORD_CHARS).collect::<String>().to_lowercase())
        .collect();
    if words.is_empty() {
        return None;
    }
    let (wrapped, joint): (Vec<String>, &str) = match tx.engine() {
        crate::Engine::Sqlite => (words.iter().map(|word| format!("\"{word}\"*")).collect(), " "),
        crate::Engine::Postgres => (words.iter().map(|word| format!("{word}:*")).collect(), " & "),
    };
    Some(wrapped.join(joint))
}
