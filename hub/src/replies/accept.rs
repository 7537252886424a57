//! Accepting a message to be sent: checks, row, job and event in one transaction. Refusals change nothing.

use patchbay_core::Code;
use patchbay_core::channel::{Channel, Direction, SenderType};
use patchbay_core::conversation::{ConversationStatus, Trigger, window_is_open};
use patchbay_core::ctx::Ctx;
use patchbay_core::delivery::DeliveryStatus;
use patchbay_core::directory::Directory;
use patchbay_core::event::EventName;
use patchbay_core::ids::{ConversationId, InboxId, JobId, MediaId, MessageId};
use patchbay_core::inbox::Provider;
use patchbay_core::item::ContentType;
use patchbay_core::job::{JobKind, NewJob};
use patchbay_core::letter::conversation_name;
use patchbay_core::media::{Misfit, Outgoing, check as fits};
use patchbay_core::role::Role;
use patchbay_http::ApiError;
use patchbay_store::conversations::ConversationRow;
use patchbay_store::media::{MediaRow, MediaStatus};
use patchbay_store::messages::MessageRow;
use patchbay_store::{Tx, annotations, contacts, conversations, events, jobs, media, messages, reply_tokens};
use serde_json::{Value, json};
use uuid::Uuid;

use super::heading::heading;
use crate::conversations::{Seen, audit_override, lock_visible, require_hand_in_it};
use crate::error::HubError;
use crate::feed::{is_assignee, message_event};
use crate::state::Hub;

/// How often a send is tried before the message has failed. Source: channels reference, error table.
const SEND_ATTEMPTS: i64 = 6;

/// A message that passed the checks of its kind.
pub(super) struct Draft {
    pub(super) kind: ContentType,
    pub(super) text: Option<String>,
    /// Uploaded files, in order, and the kind that all of them are.
    pub(super) files: Vec<Uuid>,
    pub(super) file_kind: ContentType,
    pub(super) metadata: Value,
    pub(super) reply_to: Option<String>,
    pub(super) client_message_id: Uuid,
    pub(super) seen_seq: Option<i64>,
}

impl Draft {
    /// A message of a type with nothing in it.
    pub(super) fn new(kind: ContentType, client_message_id: Uuid) -> Self {
        Self {
            kind,
            text: None,
            files: Vec::new(),
            file_kind: kind,
            metadata: json!({}),
            reply_to: None,
            client_message_id,
            seen_seq: None,
        }
    }
}

/// What is needed to send from an inbox.
pub(super) fn provider_of(directory: &Directory, inbox: InboxId) -> &Provider {
    directory.inboxes.get(&inbox).map_or(&Provider::Unserved, |inbox| &inbox.provider)
}

/// What became of a request to send.
pub(super) enum Accepted {
    /// It is written and promised.
    New(MessageRow),
    /// It was, under the same client id.
    Known(MessageRow),
}

/// Locks the conversation for a reply. `Err(message)` is the message already written under the same client id.
pub(super) async fn open(
    tx: &mut Tx,
    ctx: &Ctx,
    id: ConversationId,
    client_message_id: Uuid,
) -> Result<Result<ConversationRow, Box<MessageRow>>, HubError> {
    let Seen(row) = lock_visible(tx, ctx, id).await?;
    if let Some(known) = messages::by_client_id(tx, id, client_message_id).await? {
        return Ok(Err(Box::new(known)));
    }
    Ok(Ok(row))
}

/// Checks the conversation and the customer, writes the message and promises to send it.
pub(super) async fn accept(
    mut tx: Tx,
    hub: &Hub,
    ctx: &Ctx,
    row: ConversationRow,
    draft: Draft,
) -> Result<Accepted, HubError> {
    let message = write(&mut tx, &hub.gate.directory.load_full(), ctx, row, draft).await?;
    tx.commit().await?;
    Ok(Accepted::New(message))
}

/// The same in a transaction of the caller's.
pub(super) async fn write(
    tx: &mut Tx,
    directory: &Directory,
    ctx: &Ctx,
    mut row: ConversationRow,
    draft: Draft,
) -> Result<MessageRow, HubError> {
    may_send(ctx, &row)?;
    if row.status == ConversationStatus::Closed {
        return Err(ApiError::new(Code::InvalidStateTransition, "the conversation is closed; open it again first")
            .because("from_state", "closed")
            .into());
    }
    if contacts::opted_out(tx, row.channel, &row.contact_address).await? {
        return Err(ApiError::new(
            Code::ContactOptedOut,
            "the customer does not want messages here, or there is nobody",
        )
        .into());
    }
    let window_closed = !window_is_open(row.window_expires_at, ctx.now);
    if row.channel == Channel::Whatsapp && draft.kind != ContentType::Template && window_closed {
        return Err(ApiError::new(
            Code::OutsideCustomerServiceWindow,
            "24 hours have passed since the customer last wrote; send a template",
        )
        .because("window_expires_at", json!(row.window_expires_at))
        .because("hint", "POST /api/v1/conversations/{id}/messages/template")
        .into());
    }
    let user = ctx.actor.user_id();
    if let Some(seen) = draft.seen_seq
        && annotations::moved_after(tx, row.id, seen, user).await?
    {
        return Err(ApiError::new(
            Code::ConversationMoved,
            "somebody else wrote in the meantime; look before you send",
        )
        .because("seen_seq", seen)
        .because("last_seq", row.last_seq)
        .into());
    }
    crate::directory::ensure_user(tx, ctx).await?;
    let id = MessageId::new();
    let files = attach(tx, ctx, provider_of(directory, row.inbox_id), (row.channel, &draft), id).await?;
    let heading = match row.channel {
        Channel::Email => Some(heading(tx, ctx, directory, &row, &draft, id).await?),
        _ => None,
    };
    let mut message = message_row(ctx, &mut row, id, draft, &files);
    let key = heading.map(|heading| heading.put_on(&mut message));
    crate::service_levels::follow(tx, ctx, directory, &mut row).await?;
    conversations::update(tx, std::slice::from_ref(&row)).await?;
    row.version += 1;
    messages::insert(tx, std::slice::from_ref(&message)).await?;
    audit_override(tx, ctx, &row, "answered").await?;
    if let Some(key) = key {
        // Known before the first try: a bounce may come before the server's answer.
        messages::claim_keys(tx, &[(row.inbox_id, &key, id)], ctx.now).await?;
        reply_tokens::remember(tx, &conversation_name(row.id), row.id, ctx.now).await?;
    }
    let job = NewJob {
        id: JobId::new(),
        queue: crate::delivery::Lane::of(&message).queue(),
        kind: JobKind::SendMessage,
        lane: Some(crate::delivery::lane(row.id)),
        dedupe_key: Some(format!("send_message:{id}")),
        payload: json!({ "message_id": id }),
        run_at: ctx.now,
        max_attempts: SEND_ATTEMPTS,
    };
    jobs::enqueue(tx, ctx, &job).await?;
    let event = message_event(ctx, directory, EventName::MessageSent, &row, &message);
    events::append(tx, &[event]).await?;
    Ok(message)
}

/// WhatsApp: only who has the conversation. Elsewhere also who leads its team. Source: domain, channel rules.
fn may_send(ctx: &Ctx, row: &ConversationRow) -> Result<(), ApiError> {
    let actor = &ctx.actor;
    // An assistant writes nowhere but in the conversation of its token, and only through the hub itself.
    let is_its_assistant = actor.role == Role::AiAgent && actor.conversation == Some(row.id);
    if actor.role == Role::System || is_its_assistant {
        return Ok(());
    }
    if row.channel == Channel::Whatsapp && !is_assignee(row, actor.user_id()) {
        return Err(ApiError::new(Code::NotAssigned, "take the conversation first: it is not assigned to you"));
    }
    require_hand_in_it(actor, row)
}

/// Makes the named files the message's own, when the channel can carry them.
async fn attach(
    tx: &mut Tx,
    ctx: &Ctx,
    provider: &Provider,
    (channel, draft): (Channel, &Draft),
    message: MessageId,
) -> Result<Vec<Value>, HubError> {
    let unusable = || ApiError::invalid("content.media_id", "no such file waits to be sent");
    let mut files = Vec::with_capacity(draft.files.len());
    for id in draft.files.iter().copied().map(MediaId) {
        let file = media::by_id(tx, id).await?.ok_or_else(unusable)?;
        let own = file.created_by == Some(ctx.actor.user_id()) && file.status == MediaStatus::Ready;
        if !own || !media::attach(tx, id, message, ctx.now).await? {
            return Err(unusable().into());
        }
        files.push(file);
    }
    let outgoing: Vec<Outgoing<'_>> = files.iter().map(outgoing).collect();
    fits(channel, provider, draft.file_kind, &outgoing).map_err(|misfit| refused(misfit, &files))?;
    let shown = files.iter().map(|file| {
        json!({ "media_id": file.id, "mime_type": file.mime_type, "filename": file.filename, "size": file.size_bytes,
                "sha256_hex": file.sha256, "status": "ready" })
    });
    Ok(shown.collect())
}

fn outgoing(file: &MediaRow) -> Outgoing<'_> {
    let size_bytes = file.size_bytes.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
    Outgoing { mime_type: &file.mime_type, size_bytes }
}

fn refused(misfit: Misfit, files: &[MediaRow]) -> ApiError {
    let types: Vec<&str> = files.iter().map(|file| file.mime_type.as_str()).collect();
    match misfit {
        Misfit::Kind => ApiError::invalid("content.type", format!("the file is {}", types.join(", "))),
        Misfit::Type(taken) => {
            let message = format!("the file is {}; the channel takes {taken}", types.join(", "));
            ApiError::invalid("content.media_id", message)
        }
        Misfit::TooMany(most) => {
            ApiError::invalid("content.media_ids", format!("the channel takes at most {most} files"))
        }
        Misfit::TooLarge(most) => {
            let message = match most >> 20 {
                0 => format!("the channel takes files up to {} kB", most >> 10),
                megabytes => format!("the channel takes files up to {megabytes} MB"),
            };
            ApiError::new(Code::PayloadTooLarge, message).with("limit_bytes", most)
        }
    }
}

fn message_row(ctx: &Ctx, row: &mut ConversationRow, id: MessageId, draft: Draft, files: &[Value]) -> MessageRow {
    let (sender_type, is_person) = match ctx.actor.role {
        Role::System => (SenderType::System, false),
        Role::AiAgent => (SenderType::Ai, false),
        _ => (SenderType::Agent, true),
    };
    row.last_seq += 1;
    row.last_message_id = Some(id);
    row.last_message_at = ctx.now;
    row.last_outbound_at = Some(ctx.now);
    row.updated_at = ctx.now;
    row.snoozed_until = None;
    // An emoji is no answer.
    if is_person && draft.kind != ContentType::Reaction {
        row.first_response_at = row.first_response_at.or(Some(ctx.now));
        row.waiting_since = None;
        row.read_inbound_count = row.inbound_count;
        if let Some(next) = row.status.after(Trigger::AgentReplied) {
            row.status = next;
        }
    }
    MessageRow {
        id,
        conversation_id: row.id,
        seq: row.last_seq,
        inbox_id: row.inbox_id,
        channel: row.channel,
        channel_message_id: None,
        client_message_id: Some(draft.client_message_id),
        direction: Direction::Outbound,
        sender_type,
        sender_id: Some(ctx.actor.id.into()),
        sender_name: ctx.actor.name.clone(),
        content_type: draft.kind,
        text: draft.text,
        content: json!({ "media": files, "metadata": draft.metadata }),
        reply_to: draft.reply_to,
        status: DeliveryStatus::Pending,
        error: None,
        metadata: json!({}),
        occurred_at: ctx.now,
        sent_at: None,
        delivered_at: None,
        read_at: None,
        failed_at: None,
        version: 1,
        created_at: ctx.now,
    }
}
