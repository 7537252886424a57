//! What a provider's answer tells beside its id: by which addresses it knows the recipient, and whether it holds the
//! message back. Source: channels reference, "Sending" (WhatsApp).

use patchbay_core::ctx::Ctx;
use patchbay_core::ids::MessageId;
use patchbay_store::contacts::{self, NewIdentity};
use patchbay_store::{StoreError, Tx, conversations, messages};

use super::change::lock;

/// States in which a provider has a message and does not send it yet.
const HELD: &[&str] = &["held_for_quality_assessment", "paused"];

/// Writes down what an answer tells. Call before [`super::accept`], which tells the feed.
pub async fn learn(
    tx: &mut Tx,
    ctx: &Ctx,
    id: MessageId,
    provider_status: Option<&str>,
    addresses: &[String],
) -> Result<(), StoreError> {
    let held = provider_status.filter(|word| HELD.contains(word));
    if held.is_none() && addresses.is_empty() {
        return Ok(());
    }
    let Some(message) = messages::by_id(tx, id).await? else { return Ok(()) };
    let Some(conversation) = conversations::by_id(tx, message.conversation_id).await? else { return Ok(()) };
    for address in addresses.iter().filter(|address| **address != conversation.contact_address) {
        let identity = NewIdentity {
            contact_id: conversation.contact_id,
            channel: conversation.channel,
            address: address.clone(),
            linked_by: "provider",
        };
        contacts::add_identity(tx, &identity, ctx.now).await?;
    }
    if let Some(word) = held
        && let Some(mut message) = lock(tx, id).await?
        && let Some(facts) = message.metadata.as_object_mut()
    {
        facts.insert("provider_status".into(), word.into());
        messages::set_metadata(tx, &message).await?;
    }
    Ok(())
}
