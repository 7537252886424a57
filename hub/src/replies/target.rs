//! The message that a reply answers or a reaction is on.

use patchbay_core::channel::Channel;
use patchbay_core::ids::MessageId;
use patchbay_http::ApiError;
use patchbay_store::conversations::ConversationRow;
use patchbay_store::messages::MessageRow;
use patchbay_store::{Tx, messages};

use crate::error::HubError;

/// The message of this conversation that `named` names, by our id or the provider's, and the provider's id of it.
/// Error: 400 `INVALID_REQUEST` on `field`.
pub(super) async fn find(
    tx: &mut Tx,
    row: &ConversationRow,
    field: &str,
    named: &str,
) -> Result<(MessageRow, String), HubError> {
    let id = match named.parse::<MessageId>() {
        Ok(id) => Some(id),
        Err(_) => messages::id_by_key(tx, row.inbox_id, named).await?,
    };
    let message = match id {
        Some(id) => messages::by_id(tx, id).await?.filter(|message| message.conversation_id == row.id),
        None => None,
    };
    let message = message.ok_or_else(|| ApiError::invalid(field, "no such message in this conversation"))?;
    match message.channel_message_id.clone() {
        Some(key) => Ok((message, key)),
        None => Err(ApiError::invalid(field, "the provider does not have that message yet").into()),
    }
}

/// What a reply gives as the message it answers, as the provider knows it. Elsewhere than on WhatsApp nothing is quoted,
/// and what was given stands as it is.
pub(super) async fn reply_to(
    tx: &mut Tx,
    row: &ConversationRow,
    given: Option<String>,
) -> Result<Option<String>, HubError> {
    match given {
        Some(named) if row.channel == Channel::Whatsapp => Ok(Some(find(tx, row, "reply_to", &named).await?.1)),
        given => Ok(given),
    }
}
