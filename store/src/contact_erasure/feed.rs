//! What the feed says of an erased person.

use patchbay_core::ids::{ConversationId, TicketId};

use super::conversations_batch;
use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// An event of the feed whose words may have to go.
    #[derive(Clone, Debug)]
    pub struct ToldEvent {
        /// Its place: the transaction.
        pub tx: i64,
        /// Its place within.
        pub seq: i64,
        /// What it says.
        pub payload: String,
    }
}

/// Events after a place in the feed that tell of these conversations or tickets, at most `limit`.
pub async fn told_of(
    tx: &mut Tx,
    conversations: &[ConversationId],
    tickets: &[TicketId],
    after: (i64, i64),
    limit: i64,
) -> Result<Vec<ToldEvent>, StoreError> {
    tx.query_for(
        "select tx, seq, payload from events
         where seq > $2 and $1 >= 0 and (conversation_id in (select unhex(value ->> 0) from json_each($4))
                                         or ticket_id in (select unhex(value ->> 0) from json_each($5)))
         order by seq limit $3",
        "select tx, seq, payload from events
         where (tx, seq) > ($1, $2) and (conversation_id = any($4::uuid[]) or ticket_id = any($5::uuid[]))
         order by tx, seq limit $3",
    )
    .bind(after.0)
    .bind(after.1)
    .bind(limit)
    .bind_batch(conversations_batch(conversations))
    .bind_batch(Batch::new().ids(tickets.iter().copied()))
    .all()
    .await
}

/// Writes what events say now.
pub async fn rewrite_events(tx: &mut Tx, events: &[ToldEvent]) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    tx.query_for(
        "update events set payload = batch.value ->> 2 from json_each($1) as batch
         where events.seq = batch.value ->> 1",
        "update events set payload = batch.payload
         from unnest($1::bigint[], $2::bigint[], $3::text[]) as batch (tx, seq, payload)
         where events.tx = batch.tx and events.seq = batch.seq",
    )
    .bind_batch(
        Batch::new()
            .integers(events.iter().map(|event| event.tx))
            .integers(events.iter().map(|event| event.seq))
            .texts(events.iter().map(|event| event.payload.as_str())),
    )
    .execute()
    .await
    .map(drop)
}
