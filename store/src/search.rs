//! The full-text index of messages and contacts. Written behind the feed, never in the way of a message.

use patchbay_core::ids::{ContactId, ConversationId};

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

/// What a column with `text` (lower case) in it is like. The signs of patterns mean nothing in what people look for.
pub(crate) fn pattern(text: Option<&str>) -> Option<String> {
    text.map(|text| format!("%{}%", text.replace(['%', '_', '\\'], "")))
}

/// Something that can be found.
#[derive(Clone, Debug)]
pub struct NewDocument {
    /// Conversation it leads to.
    pub conversation_id: Option<ConversationId>,
    /// Contact it leads to.
    pub contact_id: Option<ContactId>,
    /// Words it is found by.
    pub body: String,
}

/// Adds documents to the index.
pub async fn add(tx: &mut Tx, documents: &[NewDocument]) -> Result<(), StoreError> {
    if documents.is_empty() {
        return Ok(());
    }
    let batch = Batch::new()
        .texts(documents.iter().map(|document| words(&document.body)))
        .optional_ids(documents.iter().map(|document| document.conversation_id))
        .optional_ids(documents.iter().map(|document| document.contact_id));
    tx.query_for(
        "insert into search_documents (body, conversation_id, contact_id)
         select value ->> 0, unhex(value ->> 1), unhex(value ->> 2) from json_each($1)",
        "insert into search_documents (body, conversation_id, contact_id)
         select to_tsvector('simple', batch.body), batch.conversation_id, batch.contact_id
         from unnest($1::text[], $2::uuid[], $3::uuid[]) as batch (body, conversation_id, contact_id)",
    )
    .bind_batch(batch)
    .execute()
    .await?;
    Ok(())
}

record! {
    /// A document that matches.
    #[derive(Clone, Copy, Debug)]
    pub struct Hit {
        /// Its place: later documents come after earlier ones.
        pub place: i64,
        /// Conversation it leads to.
        pub conversation_id: Option<ConversationId>,
        /// Contact it leads to.
        pub contact_id: Option<ContactId>,
    }
}

/// The place of the newest document; 0: there is none.
pub(crate) async fn last_place(tx: &mut Tx) -> Result<i64, StoreError> {
    let places: Vec<i64> = tx
        .query_for(
            "select rowid as place from search_documents order by rowid desc limit 1",
            "select id as place from search_documents order by id desc limit 1",
        )
        .column()
        .await?;
    Ok(places.first().copied().unwrap_or(0))
}

/// What the newest documents say, cut short. On SQLite.
pub(crate) async fn newest_bodies(tx: &mut Tx, limit: i64) -> Result<Vec<String>, StoreError> {
    tx.query_sqlite("select substr(body, 1, 300) as body from search_documents order by rowid desc limit $1")
        .bind(limit)
        .column()
        .await
}

/// How many documents from `from` on match each of these expressions, counted up to `most`; each of them is looked at. On
/// PostgreSQL.
pub(crate) async fn frequencies(
    tx: &mut Tx,
    expressions: &[String],
    from: i64,
    most: i64,
) -> Result<Vec<i64>, StoreError> {
    // The function instead of the operator keeps it from asking the index.
    tx.query_postgres(
        "with asked as materialized (
             select to_tsquery('simple', typed.expression) as query, typed.place
             from unnest($1::text[]) with ordinality as typed (expression, place))
         select (select count(*) from (select 1 from search_documents d
                                       where d.id >= $2 and ts_match_vq(d.body, asked.query) limit $3) as seen)
         from asked order by asked.place",
    )
    .bind_batch(Batch::new().texts(expressions.iter().map(String::as_str)))
    .bind(from)
    .bind(most)
    .column()
    .await
}

/// The newest documents before `before` that match `expression`, newest first. On SQLite.
pub(crate) async fn newest(tx: &mut Tx, expression: &str, before: i64, limit: i64) -> Result<Vec<Hit>, StoreError> {
    tx.query_sqlite(
        "select rowid as place, conversation_id, contact_id from search_documents
         where search_documents match $1 and rowid < $2 order by rowid desc limit $3",
    )
    .bind(expression)
    .bind(before)
    .bind(limit)
    .all()
    .await
}

/// The newest documents of a span that match `expression`, newest first: each of the span is looked at. On PostgreSQL.
pub(crate) async fn newest_between(
    tx: &mut Tx,
    expression: &str,
    (from, before): (i64, i64),
    limit: i64,
) -> Result<Vec<Hit>, StoreError> {
    // The operator would let the index read all hits there are, to keep those of the span.
    tx.query_postgres(
        "select id as place, conversation_id, contact_id from search_documents
         where ts_match_vq(body, to_tsquery('simple', $1)) and id >= $2 and id < $3 order by id desc limit $4",
    )
    .bind(expression)
    .bind(from)
    .bind(before)
    .bind(limit)
    .planned_for_values()
    .all()
    .await
}

/// The newest of all documents that match `expression`, newest first: those that match `indexed`, a part of it, are looked
/// up in the index. On PostgreSQL.
pub(crate) async fn all(tx: &mut Tx, indexed: &str, expression: &str, limit: i64) -> Result<Vec<Hit>, StoreError> {
    // The sum keeps it from going through the documents instead, the function from asking the index for the rest.
    tx.query_postgres(
        "select id as place, conversation_id, contact_id from search_documents
         where body @@ to_tsquery('simple', $1) and ts_match_vq(body, to_tsquery('simple', $2))
         order by id + 0 desc limit $3",
    )
    .bind(indexed)
    .bind(expression)
    .bind(limit)
    .planned_for_values()
    .all()
    .await
}

/// The documents that lead to these contacts or conversations. Reads the whole index on SQLite: ask on a reading
/// connection.
pub async fn documents_of(
    tx: &mut Tx,
    contacts: &[ContactId],
    conversations: &[ConversationId],
) -> Result<Vec<i64>, StoreError> {
    tx.query_for(
        "select rowid from search_documents
         where contact_id in (select unhex(value ->> 0) from json_each($1))
            or conversation_id in (select unhex(value ->> 0) from json_each($2))",
        "select id from search_documents where contact_id = any($1::uuid[]) or conversation_id = any($2::uuid[])",
    )
    .bind_batch(Batch::new().ids(contacts.iter().copied()))
    .bind_batch(Batch::new().ids(conversations.iter().copied()))
    .column()
    .await
}

/// Takes documents out of the index.
pub async fn remove(tx: &mut Tx, documents: &[i64]) -> Result<(), StoreError> {
    if documents.is_empty() {
        return Ok(());
    }
    tx.query_for(
        "delete from search_documents where rowid in (select value ->> 0 from json_each($1))",
        "delete from search_documents where id = any($1::bigint[])",
    )
    .bind_batch(Batch::new().integers(documents.iter().copied()))
    .execute()
    .await
    .map(drop)
}

/// Bytes of a text that are indexed. PostgreSQL refuses a document of 1 MB, and one refused document would stop the index.
const INDEXED_BYTES: usize = 128 << 10;

/// The words of a text and nothing else. PostgreSQL reads `+15550107788` as a number with a sign and `example.com` as a
/// host; nobody searches for them like that.
fn words(text: &str) -> String {
    let end = text.floor_char_boundary(INDEXED_BYTES);
    text.get(..end)
        .unwrap_or_default()
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_end_is_indexed_up_to_a_bound() {
        assert_eq!(words("+1 (555) 010-7788"), "1 555 010 7788");
        let endless = "né ".repeat(1 << 20);
        assert!(words(&endless).len() <= INDEXED_BYTES);
    }
}
