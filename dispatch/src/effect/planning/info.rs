//! `ticket.request_info`: the question is promised in the transaction of the command and sent by a worker.

use patchbay_core::channel::Channel;
use patchbay_core::conversation::{ConversationStatus, window_is_open};
use patchbay_core::ids::{ConversationId, JobId};
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_core::ticket::info::{self, InfoRequest};
use patchbay_store::{contacts, conversations, jobs, tickets};
use serde_json::{Value, json};

use crate::error::CommandError;
use crate::work::{Done, Effect, Work};

/// How often writing the question into the conversation is tried; sending it is another job's.
const ATTEMPTS: i64 = 6;

/// The answer's `question` says what becomes of it: `{"status": "queued", "conversation_id"}` or `{"status":
/// "not_sent", "reason"}`.
pub(super) async fn request(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let asked: InfoRequest = work.input()?;
    let change = info::decide(work.ticket, &asked);
    let linked = tickets::audience(work.tx, work.ticket.id).await?.map(|(conversation, _)| conversation);
    let question = match (linked, obstacle(work, linked).await?) {
        (Some(conversation), None) => {
            promise(work, conversation, asked.question(work.ticket)).await?;
            json!({ "status": "queued", "conversation_id": conversation })
        }
        (conversation, reason) => {
            json!({ "status": "not_sent", "conversation_id": conversation, "reason": reason })
        }
    };
    Ok(Done::with(change, "question", question).into())
}

/// Why nothing can be written to the requester now.
async fn obstacle(work: &mut Work<'_>, linked: Option<ConversationId>) -> Result<Option<&'static str>, CommandError> {
    let Some(id) = linked else { return Ok(Some("no_conversation")) };
    let Some(row) = conversations::by_id(work.tx, id).await? else { return Ok(Some("no_conversation")) };
    if row.status == ConversationStatus::Closed {
        return Ok(Some("conversation_closed"));
    }
    if row.channel == Channel::Whatsapp && !window_is_open(row.window_expires_at, work.ctx().now) {
        return Ok(Some("outside_customer_service_window"));
    }
    let opted_out = contacts::opted_out(work.tx, row.channel, &row.contact_address).await?;
    Ok(opted_out.then_some("contact_opted_out"))
}

async fn promise(work: &mut Work<'_>, conversation: ConversationId, text: String) -> Result<(), CommandError> {
    let ctx = work.ctx();
    let (ticket, version) = (work.ticket.id, work.ticket.version);
    let payload: Value = json!({ "conversation_id": conversation, "ticket_id": ticket, "text": text });
    let job = NewJob {
        id: JobId::new(),
        queue: JobQueue::High,
        kind: JobKind::AskRequester,
        lane: None,
        dedupe_key: Some(format!("ask_requester:{ticket}:{version}")),
        payload,
        run_at: ctx.now,
        max_attempts: ATTEMPTS,
    };
    jobs::enqueue(work.tx, work.asked.ctx, &job).await?;
    Ok(())
}
