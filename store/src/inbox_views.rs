//! Lists of conversations, newest activity first, and search over them.

mod shapes;

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::conversation::ConversationStatus;
use patchbay_core::ids::{ContactId, ConversationId, InboxId, TeamId, UserId};

use crate::conversations::{self, ConversationRow};
use crate::error::StoreError;
use crate::search;
use crate::tx::Tx;
use shapes::{Shape, Stray, read};

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
    let ids = match search {
        Some(text) => found(tx, filter, text, position, limit).await?,
        None => listed(tx, filter, None, position, limit).await?,
    };
    let mut rows: HashMap<ConversationId, ConversationRow> =
        conversations::by_ids(tx, &ids).await?.into_iter().map(|row| (row.id, row)).collect();
    let mut rows: Vec<ConversationRow> = ids.into_iter().filter_map(|id| rows.remove(&id)).collect();
    newest_first(&mut rows, limit);
    Ok(rows)
}

/// What comes from several places in the order of the list, cut at `limit`.
fn newest_first(rows: &mut Vec<ConversationRow>, limit: i64) {
    rows.sort_by_key(|row| std::cmp::Reverse((row.last_message_at, row.id)));
    rows.truncate(usize::try_from(limit).unwrap_or(0));
}

/// The conversations of a page, without order: those the caller may see by each of the reasons they may see any.
async fn listed(
    tx: &mut Tx,
    filter: &Filter,
    among: Option<&Shape>,
    position: Option<Position>,
    limit: i64,
) -> Result<Vec<ConversationId>, StoreError> {
    match &filter.visible {
        Visible::Nothing => Ok(Vec::new()),
        Visible::All => read(tx, among.unwrap_or(&shape_of(filter)), filter, None, position, limit).await,
        Visible::Teams(teams) => {
            let seen = Some((teams.as_slice(), Stray::Hidden));
            read(tx, among.unwrap_or(&shape_of(filter)), filter, seen, position, limit).await
        }
        Visible::TeamsAndStray(teams) => {
            let seen = Some((teams.as_slice(), Stray::Seen));
            read(tx, among.unwrap_or(&shape_of(filter)), filter, seen, position, limit).await
        }
        Visible::OwnAndQueued(user, teams) => {
            let mut ids = Vec::new();
            if !filter.is_unassigned && filter.assigned_to.is_none_or(|assignee| assignee == *user) {
                let own = Filter { assigned_to: Some(*user), ..filter.clone() };
                ids = read(tx, among.unwrap_or(&shape_of(&own)), &own, None, position, limit).await?;
            }
            let asked = |status: &ConversationStatus| filter.statuses.is_empty() || filter.statuses.contains(status);
            let statuses: Vec<ConversationStatus> = QUEUED.iter().copied().filter(asked).collect();
            if !statuses.is_empty() {
                let queued = Filter { statuses, ..filter.clone() };
                let seen = Some((teams.as_slice(), Stray::Hidden));
                for id in read(tx, among.unwrap_or(&shape_of(&queued)), &queued, seen, position, limit).await? {
                    if !ids.contains(&id) {
                        ids.push(id);
                    }
                }
            }
            Ok(ids)
        }
    }
}

/// What waits in a queue.
const QUEUED: [ConversationStatus; 3] =
    [ConversationStatus::New, ConversationStatus::Triage, ConversationStatus::Queued];

/// Where to look for what a filter asks.
fn shape_of(filter: &Filter) -> Shape {
    let is_open = !filter.statuses.is_empty() && !filter.statuses.contains(&ConversationStatus::Closed);
    if filter.contact_id.is_some() {
        Shape::OfContact
    } else if filter.assigned_to.is_some() {
        if is_open { Shape::OpenOfAssignee } else { Shape::OfAssignee }
    } else if is_open {
        Shape::Open
    } else if filter.team_id.is_some() {
        Shape::OfTeam
    } else {
        Shape::Newest
    }
}

/// Newest documents that a search looks at at once, and how often it goes on when they fill no page.
const WINDOW: i64 = 2_000;
const WINDOWS: u32 = 4;
/// The newest documents of PostgreSQL's index that are looked through for a word, and how many hits among them make it a
/// frequent one.
const SPAN: i64 = 20_000;
const FREQUENT: usize = 200;

/// How hits are looked for, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// In the order of the index.
    Backward,
    /// Through one span of documents after the other.
    Spans,
    /// All at once.
    AtOnce,
}

/// What is found, without order. A search with very many hits sees the newest of them: enough for a page, and for those
/// who look further there are more words.
async fn found(
    tx: &mut Tx,
    filter: &Filter,
    text: &str,
    position: Option<Position>,
    limit: i64,
) -> Result<Vec<ConversationId>, StoreError> {
    let Some(Begun { expression, look, mut before, mut hits }) = begin(tx, text).await? else { return Ok(Vec::new()) };
    let mut ids: Vec<ConversationId> = Vec::new();
    for turn in 0..WINDOWS {
        let span = SPAN << turn;
        if turn > 0 {
            hits = match look {
                Look::Backward => search::newest(tx, &expression, before, WINDOW).await?,
                Look::Spans => search::newest_between(tx, &expression, (before - span, before), WINDOW).await?,
                Look::AtOnce => break,
            };
        }
        let conversations = hits.iter().filter_map(|hit| hit.conversation_id).collect::<BTreeSet<_>>();
        let contacts = hits.iter().filter_map(|hit| hit.contact_id).collect::<BTreeSet<_>>();
        let among = Shape::Among(conversations.into_iter().collect(), contacts.into_iter().collect());
        for id in listed(tx, filter, Some(&among), position, limit).await? {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        let is_full = i64::try_from(ids.len()).is_ok_and(|count| count >= limit);
        before = match (look, hits.last().filter(|_| is_window(&hits))) {
            _ if is_full => break,
            (_, Some(last)) => last.place,
            (Look::Spans, None) if before > span => before - span,
            _ => break,
        };
    }
    Ok(ids)
}

/// A search that has begun.
struct Begun {
    expression: String,
    look: Look,
    /// What lies before it is looked at.
    before: i64,
    hits: Vec<search::Hit>,
}

/// What to look for and how, and the first hits. `None`: there is no word in the text.
async fn begin(tx: &mut Tx, text: &str) -> Result<Option<Begun>, StoreError> {
    let Some(begins) = match_expression(tx, text, Ending::Any) else { return Ok(None) };
    Ok(Some(match tx.engine() {
        crate::Engine::Sqlite => {
            // It reads all that begins with a word before it gives the first, but not all that is the word.
            let (before, look) = (i64::MAX, Look::Backward);
            let words = match_expression(tx, text, Ending::None).unwrap_or_default();
            let hits = search::newest(tx, &words, before, WINDOW).await?;
            if is_window(&hits) {
                Begun { expression: words, look, before, hits }
            } else {
                let hits = search::newest(tx, &begins, before, WINDOW).await?;
                Begun { expression: begins, look, before, hits }
            }
        }
        crate::Engine::Postgres => {
            // Its index gives the hits of a word in no order, and the planner does not know which words are frequent.
            let before = search::end(tx).await?;
            let hits = search::newest_between(tx, &begins, (before - SPAN, before), WINDOW).await?;
            if hits.len() >= FREQUENT {
                Begun { expression: begins, look: Look::Spans, before, hits }
            } else {
                let hits = search::all(tx, &begins, WINDOW).await?;
                Begun { expression: begins, look: Look::AtOnce, before, hits }
            }
        }
    }))
}

/// Whether there may be more hits than these.
fn is_window(hits: &[search::Hit]) -> bool {
    i64::try_from(hits.len()).is_ok_and(|count| count >= WINDOW)
}

/// Words of a search that count.
const WORDS: usize = 8;
/// Letters of a word that count. PostgreSQL refuses words of more than 2,046 bytes.
const WORD_CHARS: usize = 100;

/// How a word may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// As it likes: what was typed is how it begins.
    Any,
    /// Not at all.
    None,
}

/// What a person typed as an expression of the engine's full-text search: every word must be there. `None` when there is
/// no word in it.
fn match_expression(tx: &Tx, text: &str, ending: Ending) -> Option<String> {
    let words: Vec<String> = text
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(WORDS)
        .map(|word| word.chars().take(WORD_CHARS).collect::<String>().to_lowercase())
        .collect();
    if words.is_empty() {
        return None;
    }
    let (wrapped, joint): (Vec<String>, &str) = match (tx.engine(), ending) {
        (crate::Engine::Sqlite, Ending::Any) => (words.iter().map(|word| format!("\"{word}\"*")).collect(), " "),
        (crate::Engine::Sqlite, Ending::None) => (words.iter().map(|word| format!("\"{word}\"")).collect(), " "),
        (crate::Engine::Postgres, Ending::Any) => (words.iter().map(|word| format!("{word}:*")).collect(), " & "),
        (crate::Engine::Postgres, Ending::None) => (words, " & "),
    };
    Some(wrapped.join(joint))
}
