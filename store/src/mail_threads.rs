//! Which conversation a mail belongs to: by the ids it refers to.

use patchbay_core::ids::{ConversationId, InboxId};

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// A message id that we know, and its conversation.
    #[derive(Clone, Debug)]
    pub struct KnownMail {
        /// Inbox it came by or went out by.
        pub inbox_id: InboxId,
        /// The message id.
        pub channel_message_id: String,
        /// Where it is.
        pub conversation_id: ConversationId,
    }
}

/// The conversations of these message ids, where they are known in the inbox.
pub async fn known(tx: &mut Tx, ids: &[(InboxId, &str)]) -> Result<Vec<KnownMail>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    tx.query_for(
        "select k.inbox_id, k.channel_message_id, m.conversation_id
         from json_each($1) as batch
         join message_keys k on k.inbox_id = unhex(batch.value ->> 0) and k.channel_message_id = batch.value ->> 1
         join messages m on m.id = k.message_id",
        "select k.inbox_id, k.channel_message_id, m.conversation_id
         from unnest($1::uuid[], $2::text[]) as batch (inbox_id, channel_message_id)
         join message_keys k on k.inbox_id = batch.inbox_id and k.channel_message_id = batch.channel_message_id
         join messages m on m.id = k.message_id",
    )
    .bind_batch(Batch::new().ids(ids.iter().map(|(inbox, _)| *inbox)).texts(ids.iter().map(|(_, id)| *id)))
    .all()
    .await
}

/// The newest conversation that continues one which was closed long ago.
pub async fn continued_by(tx: &mut Tx, id: ConversationId) -> Result<Option<ConversationId>, StoreError> {
    let ids = tx
        .query(
            "select id from conversations where previous_conversation_id = $1 and channel = 'email'
             order by id desc limit 1",
        )
        .bind(id)
        .column()
        .await?;
    Ok(ids.into_iter().next())
}
