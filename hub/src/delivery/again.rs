//! Failures that a provider reports later and that another try may mend, by the table of errors: a handset that is off, a
//! carrier that does not know why, a file that a phone or the provider cannot take, a mailbox that is full.
//! Source: channels reference, error table.

use chrono::TimeDelta;
use patchbay_core::channel::Channel;
use patchbay_core::ctx::Ctx;
use patchbay_core::delivery::DeliveryStatus;
use patchbay_core::directory::Directory;
use patchbay_core::ids::{JobId, MessageId};
use patchbay_core::job::{JobKind, NewJob};
use patchbay_store::messages::MessageRow;
use patchbay_store::{StoreError, Tx, attempts, jobs, media, messages};
use serde_json::{Value, json};

use super::change::lock;
use super::{Lane, lane, replay};

/// What is done about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Remedy {
    /// The same once more, after so long, as long as fewer tries were made.
    Again(TimeDelta, usize),
    /// The same, with its files uploaded anew.
    WithNewFiles(TimeDelta, usize),
    /// The text with a link in place of the file.
    AsLink,
}

fn remedy(channel: Channel, code: &str) -> Option<Remedy> {
    match (channel, code) {
        // "Media upload error".
        (Channel::Whatsapp, "131053") => Some(Remedy::WithNewFiles(TimeDelta::seconds(30), 3)),
        // The handset cannot be reached: three tries over a day.
        (Channel::Sms, "30003") => Some(Remedy::Again(TimeDelta::hours(12), 3)),
        // The carrier gives no reason.
        (Channel::Sms, "30008") => Some(Remedy::Again(TimeDelta::minutes(5), 2)),
        // No MMS there, or too large.
        (Channel::Sms, "30011" | "30019") => Some(Remedy::AsLink),
        // The mailbox is full: three tries over three days.
        (Channel::Email, "5.2.2") => Some(Remedy::Again(TimeDelta::hours(36), 3)),
        _ => None,
    }
}

/// Puts messages back that failed and may yet arrive.
pub(super) async fn offer(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    rows: &[MessageRow],
) -> Result<(), StoreError> {
    for row in rows.iter().filter(|row| row.status == DeliveryStatus::Failed) {
        let code = row.error.as_ref().and_then(|error| error.get("code")).and_then(Value::as_str);
        let Some(remedy) = code.and_then(|code| remedy(row.channel, code)) else { continue };
        let tries = attempts::of_message(tx, row.id).await?.len();
        // What waits for hours must not keep the conversation's next message waiting.
        let (wait, lane) = match remedy {
            Remedy::Again(wait, most) if tries < most => (wait, None),
            Remedy::WithNewFiles(wait, most) if tries < most => {
                forget_copies(tx, row).await?;
                (wait, Some(lane(row.conversation_id)))
            }
            Remedy::AsLink if as_link(tx, row.id).await? => (TimeDelta::zero(), Some(lane(row.conversation_id))),
            Remedy::Again(..) | Remedy::WithNewFiles(..) | Remedy::AsLink => continue,
        };
        if replay(tx, ctx, directory, row.id).await? {
            let job = NewJob {
                id: JobId::new(),
                queue: Lane::of(row).queue(),
                kind: JobKind::SendMessage,
                lane,
                dedupe_key: Some(format!("send_message:{}", row.id)),
                payload: json!({ "message_id": row.id }),
                run_at: ctx.now + wait,
                max_attempts: 6,
            };
            jobs::enqueue(tx, ctx, &job).await?;
        }
    }
    Ok(())
}

async fn forget_copies(tx: &mut Tx, row: &MessageRow) -> Result<(), StoreError> {
    let files = row.content.get("media").and_then(Value::as_array).into_iter().flatten();
    for sum in files.filter_map(|file| file.get("sha256_hex").and_then(Value::as_str)) {
        media::forget_provider_copy(tx, row.inbox_id, sum).await?;
    }
    Ok(())
}

/// Whether a message goes out as its text with a link in place of its file.
pub fn is_link(message: &MessageRow) -> bool {
    message.metadata.get("as_link").and_then(Value::as_bool) == Some(true)
}

/// From now on a message goes out as its text with a link in place of its file. `false`: it has no file, or does so
/// already.
pub async fn as_link(tx: &mut Tx, id: MessageId) -> Result<bool, StoreError> {
    let Some(mut message) = lock(tx, id).await? else { return Ok(false) };
    let files = message.content.get("media").and_then(Value::as_array).map_or(0, Vec::len);
    if files == 0 || is_link(&message) {
        return Ok(false);
    }
    message.metadata["as_link"] = Value::Bool(true);
    messages::set_metadata(tx, &message).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_is_tried_again() {
        assert_eq!(remedy(Channel::Sms, "30011"), Some(Remedy::AsLink));
        assert!(matches!(remedy(Channel::Sms, "30003"), Some(Remedy::Again(_, 3))));
        for (channel, code) in [(Channel::Sms, "30005"), (Channel::Whatsapp, "131026"), (Channel::Email, "5.1.1")] {
            assert_eq!(remedy(channel, code), None, "{code}");
        }
    }
}
