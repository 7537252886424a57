//! Shows a customer on WhatsApp that a message was read, or that somebody is typing. A courtesy: what cannot be shown
//! soon is not shown at all. Source: channels reference, "Sending" (WhatsApp and Twilio).

use patchbay_core::channel::Channel;
use patchbay_core::conversation::window_is_open;
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{ConversationId, MessageId};
use patchbay_core::inbox::Provider;
use patchbay_normalizer::{twilio, whatsapp};
use patchbay_store::jobs::ClaimedJob;
use patchbay_store::{conversations, messages};
use serde::Deserialize;

use crate::deps::Deps;
use crate::provider::{self, CallEnd, ProviderClient};
use crate::work::{Verdict, WorkError};

/// What there is to show.
#[derive(Debug, Deserialize)]
#[serde(tag = "show", rename_all = "snake_case")]
enum Payload {
    /// This message was read, and all before it.
    Read { message_id: MessageId },
    /// Somebody is typing here.
    Typing { conversation_id: ConversationId },
}

pub(crate) async fn run(
    deps: &Deps,
    client: &ProviderClient,
    ctx: &Ctx,
    job: &ClaimedJob,
) -> Result<Verdict, WorkError> {
    let payload: Payload = serde_json::from_value(job.payload.clone()).map_err(WorkError::Payload)?;
    if !deps.config.whatsapp_read_receipts {
        return Ok(Verdict::Done);
    }
    let mut tx = deps.db.read().await?;
    let message = match &payload {
        Payload::Read { message_id } => messages::by_id(&mut tx, *message_id).await?,
        Payload::Typing { conversation_id } => {
            let row = conversations::by_id(&mut tx, *conversation_id).await?;
            let will_answer = row.is_some_and(|row| window_is_open(row.window_expires_at, ctx.now));
            if will_answer { messages::last_inbound(&mut tx, *conversation_id).await? } else { None }
        }
    };
    drop(tx);
    let Some(message) = message.filter(|message| message.channel == Channel::Whatsapp) else {
        return Ok(Verdict::Done);
    };
    let Some(key) = message.channel_message_id else { return Ok(Verdict::Done) };
    let Some(inbox) = deps.directory.load().inboxes.get(&message.inbox_id).cloned() else { return Ok(Verdict::Done) };
    let end = match (&inbox.provider, &payload) {
        (Provider::WhatsAppCloud(number), Payload::Read { .. }) => {
            client.send(&inbox, whatsapp::mark_read(&number.phone_number_id, &key)).await
        }
        (Provider::WhatsAppCloud(number), Payload::Typing { .. }) => {
            client.send(&inbox, whatsapp::show_typing(&number.phone_number_id, &key)).await
        }
        (Provider::Twilio(number), Payload::Typing { .. }) => {
            let base = provider::twilio_host(&number.api_base, "messaging");
            client.send_at(&inbox, &base, twilio::show_typing(&key)).await
        }
        // Twilio has no way to mark a message as read alone.
        _ => return Ok(Verdict::Done),
    };
    let outcome = match end {
        CallEnd::Answer(answer) if answer.status < 300 => "shown",
        CallEnd::Answer(_) => "refused",
        CallEnd::NotSent | CallEnd::Lost(_) => "lost",
    };
    metrics::counter!("read_receipts_total", "outcome" => outcome).increment(1);
    Ok(Verdict::Done)
}
