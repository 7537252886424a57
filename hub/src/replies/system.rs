//! Messages that Patchbay writes itself, as the sender `system`.

use patchbay_core::Ctx;
use patchbay_core::directory::Directory;
use patchbay_core::ids::{ConversationId, MessageId};
use patchbay_store::{Tx, conversations, messages};
use uuid::Uuid;

use super::accept::{Draft, provider_of, write};
use super::body::ReplyContent;
use crate::error::HubError;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is written and promised.
    Now(MessageId),
    /// It was, under the same client id.
    Before(MessageId),
    /// There is no such conversation.
    Nowhere,
}

/// Writes a text to the customer of a conversation as the system, under the rules that hold for everybody: not to a
/// closed conversation, not outside of the customer service window, not to who does not want it. The same
/// `client_message_id` again writes nothing.
pub async fn say(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    conversation: ConversationId,
    client_message_id: Uuid,
    text: &str,
) -> Result<Said, HubError> {
    let Some(row) = conversations::lock(tx, conversation).await? else { return Ok(Said::Nowhere) };
    if let Some(known) = messages::by_client_id(tx, conversation, client_message_id).await? {
        return Ok(Said::Before(known.id));
    }
    let content = ReplyContent::of_text(text);
    content.check(row.channel, provider_of(directory, row.inbox_id))?;
    let draft = Draft { text: content.text, ..Draft::new(content.kind, client_message_id) };
    Ok(Said::Now(write(tx, directory, ctx, row, draft).await?.id))
}
