//! Which conversations a search finds. One with very many hits sees the newest of them, and reads no more of the index
//! when the index grows; see docs/decisions/search-looks-at-the-newest.md.

use std::collections::BTreeSet;

use patchbay_core::ids::ConversationId;

use super::shapes::Shape;
use super::{Filter, Position, listed, typed};
use crate::db::Engine;
use crate::error::StoreError;
use crate::search::{self, Hit};
use crate::tx::Tx;

/// Newest documents that a search looks at at once, and how often it goes on when they fill no page.
const WINDOW: i64 = 2_000;
const WINDOWS: u32 = 4;
/// The newest documents of PostgreSQL's index that are looked through for a word, and how many hits among them make it a
/// frequent one.
const SPAN: i64 = 20_000;
const FREQUENT: i64 = 60;
/// An index of SQLite with so many documents is small: to read all that begins with a few letters is quick.
const SMALL: i64 = 200_000;
/// The newest documents of a larger one that tell which words are frequent.
const RECENT: i64 = 5_000;

/// How hits are looked for, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// In the order of the index.
    Backward,
    /// Through one span of documents after the other.
    Spans,
    /// The same, and when that fills no page, all at once.
    SpansFirst,
    /// All at once.
    AtOnce,
}

/// A search that has begun.
struct Begun {
    expression: String,
    look: Look,
    /// What lies before it is looked at.
    before: i64,
    hits: Vec<Hit>,
}

/// What is found, without order. A search with very many hits sees the newest of them: enough for a page, and for those
/// who look further there are more words.
pub(super) async fn found(
    tx: &mut Tx,
    filter: &Filter,
    text: &str,
    position: Option<Position>,
    limit: i64,
) -> Result<Vec<ConversationId>, StoreError> {
    let Some(Begun { expression, look, mut before, mut hits }) = begin(tx, text).await? else { return Ok(Vec::new()) };
    let mut ids: Vec<ConversationId> = Vec::new();
    for turn in 0..=WINDOWS {
        let span = SPAN << turn;
        if turn > 0 {
            hits = match look {
                Look::SpansFirst if turn == WINDOWS => search::all(tx, &expression, &expression, WINDOW).await?,
                _ if turn == WINDOWS => break,
                Look::Backward => search::newest(tx, &expression, before, WINDOW).await?,
                Look::Spans | Look::SpansFirst => {
                    search::newest_between(tx, &expression, (before - span, before), WINDOW).await?
                }
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
            (Look::Spans | Look::SpansFirst, None) if before > span => before - span,
            _ => break,
        };
    }
    Ok(ids)
}

/// What to look for and how, and the first hits. `None`: there is no word in the text.
async fn begin(tx: &mut Tx, text: &str) -> Result<Option<Begun>, StoreError> {
    let words = typed::words(text);
    if words.is_empty() {
        return Ok(None);
    }
    match tx.engine() {
        Engine::Sqlite => begin_backward(tx, &words).await.map(Some),
        Engine::Postgres => begin_unordered(tx, &words).await.map(Some),
    }
}

/// SQLite gives the hits of words newest first, but reads all that begins with a few letters before it gives the first.
async fn begin_backward(tx: &mut Tx, words: &[String]) -> Result<Begun, StoreError> {
    let (before, look) = (i64::MAX, Look::Backward);
    let whole = typed::whole_on_sqlite(words);
    let hits = search::newest(tx, &whole, before, WINDOW).await?;
    if is_window(&hits) {
        return Ok(Begun { expression: whole, look, before, hits });
    }
    let expression = if search::last_place(tx).await? < SMALL {
        typed::beginnings_on_sqlite(words)
    } else {
        typed::beginnings_as_in(words, &search::newest_bodies(tx, RECENT).await?)
    };
    let hits = search::newest(tx, &expression, before, WINDOW).await?;
    Ok(Begun { expression, look, before, hits })
}

/// PostgreSQL's index gives the hits of a word in no order, and the planner does not know which words are frequent.
async fn begin_unordered(tx: &mut Tx, words: &[String]) -> Result<Begun, StoreError> {
    let expression = typed::beginnings_on_postgres(words);
    let before = search::last_place(tx).await? + 1;
    let hits = search::newest_between(tx, &expression, (before - SPAN, before), WINDOW).await?;
    if i64::try_from(hits.len()).is_ok_and(|count| count >= FREQUENT) {
        return Ok(Begun { expression, look: Look::Spans, before, hits });
    }
    // The index is asked for what is rare alone: it reads all that it is asked for.
    let mut rare = words.to_vec();
    if words.len() > 1 {
        let each: Vec<String> =
            words.iter().map(|word| typed::beginnings_on_postgres(std::slice::from_ref(word))).collect();
        let frequencies = search::frequencies(tx, &each, before - SPAN, FREQUENT).await?;
        let mut frequencies = frequencies.into_iter();
        rare.retain(|_| frequencies.next().is_some_and(|count| count < FREQUENT));
    }
    if rare.is_empty() {
        return Ok(Begun { expression, look: Look::SpansFirst, before, hits });
    }
    let hits = search::all(tx, &typed::beginnings_on_postgres(&rare), &expression, WINDOW).await?;
    Ok(Begun { expression, look: Look::AtOnce, before, hits })
}

/// Whether there may be more hits than these.
fn is_window(hits: &[Hit]) -> bool {
    i64::try_from(hits.len()).is_ok_and(|count| count >= WINDOW)
}
