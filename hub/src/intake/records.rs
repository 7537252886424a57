//! The rows of a batch's messages, and of the files that came with them.

use patchbay_core::channel::{Channel, Direction, SenderType};
use patchbay_core::ctx::Ctx;
use patchbay_core::delivery::DeliveryStatus;
use patchbay_core::ids::{JobId, MediaId, MessageId};
use patchbay_core::item::Media;
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_store::conversations::ConversationRow;
use patchbay_store::media::{self, MediaStatus, NewMedia};
use patchbay_store::messages::MessageRow;
use patchbay_store::{StoreError, Tx, jobs};
use serde_json::{Value, json};

use super::apply::Fresh;
use super::people::Person;
use super::uploads::{Attached, Uploads};

/// How often a file is asked for before it is given up: about twenty minutes.
const FETCH_TRIES: i64 = 10;

/// What is to be inserted.
#[derive(Debug)]
pub(super) struct Records<'a> {
    pub(super) messages: Vec<MessageRow>,
    files: Vec<NewMedia<'a>>,
    jobs: Vec<NewJob>,
    uploads: Uploads,
    attached: Vec<Attached>,
}

impl<'a> Records<'a> {
    /// `uploads`: the files that visitors of the batch's chats attach.
    pub(super) fn with_capacity(messages: usize, uploads: Uploads) -> Self {
        Self {
            messages: Vec::with_capacity(messages),
            files: Vec::new(),
            jobs: Vec::new(),
            uploads,
            attached: Vec::new(),
        }
    }

    /// Adds a message with its files. `conversation`: as the message leaves it.
    pub(super) fn add(&mut self, ctx: &Ctx, fresh: &Fresh<'a>, person: &Person, conversation: &ConversationRow) {
        let message = fresh.message;
        let files: Vec<Value> = message
            .content
            .media
            .iter()
            .map(|file| match message.channel {
                Channel::Chat => self.add_upload(fresh, file, conversation),
                _ => self.add_file(ctx, fresh.id, file, conversation),
            })
            .collect();
        let mut content = json!({ "media": files, "metadata": message.content.metadata });
        if let Some(full_text) = &message.content.full_text {
            content["full_text"] = Value::from(full_text.as_str());
        }
        let sender_id = match message.sender.kind {
            SenderType::Customer => Some(person.contact_id.into()),
            _ => None,
        };
        self.messages.push(MessageRow {
            id: fresh.id,
            conversation_id: conversation.id,
            seq: conversation.last_seq,
            inbox_id: conversation.inbox_id,
            channel: message.channel,
            channel_message_id: Some(message.channel_message_id.clone()),
            client_message_id: None,
            direction: message.direction,
            sender_type: message.sender.kind,
            sender_id,
            sender_name: message.sender.name.clone().or_else(|| Some(person.name.clone())),
            content_type: message.content.kind,
            text: message.content.text.clone(),
            content,
            reply_to: message.reply_to.clone(),
            status: match message.direction {
                Direction::Inbound => DeliveryStatus::Received,
                Direction::Outbound => DeliveryStatus::Sent,
            },
            error: None,
            metadata: Value::Object(message.metadata.clone()),
            occurred_at: message.timestamp,
            sent_at: None,
            delivered_at: None,
            read_at: None,
            failed_at: None,
            version: 1,
            created_at: ctx.now,
        });
    }

    /// Marks the message that was added last.
    pub(super) fn mark_last(&mut self, mark: &str) {
        if let Some(message) = self.messages.last_mut() {
            message.metadata[mark] = Value::Bool(true);
        }
    }

    /// Adds a file, to be fetched, and tells what its message says of it.
    fn add_file(&mut self, ctx: &Ctx, message: MessageId, file: &'a Media, conversation: &ConversationRow) -> Value {
        let id = MediaId::new();
        self.files.push(NewMedia {
            id,
            message_id: Some(message),
            conversation_id: Some(conversation.id),
            provider_media_id: file.id.as_deref(),
            mime_type: file.mime_type.as_deref().unwrap_or("application/octet-stream"),
            filename: file.filename.as_deref(),
            size_bytes: file.size.and_then(|size| i64::try_from(size).ok()),
            sha256: None,
            storage_key: None,
            status: MediaStatus::Pending,
            created_by: None,
        });
        self.jobs.push(NewJob {
            id: JobId::new(),
            queue: JobQueue::Default,
            kind: JobKind::FetchMedia,
            lane: None,
            dedupe_key: Some(format!("fetch_media:{id}")),
            payload: json!({ "media_id": id, "inbox_id": conversation.inbox_id, "url": file.url,
                             "provider_media_id": file.id, "sha256": file.sha256 }),
            run_at: ctx.now,
            max_attempts: FETCH_TRIES,
        });
        json!({ "media_id": id, "mime_type": file.mime_type, "filename": file.filename, "size": file.size,
                "voice": file.voice, "animated": file.animated, "status": "pending" })
    }

    /// Adds a file that the visitor uploaded before. What somebody else uploaded, or what lies elsewhere, is not there:
    /// a visitor's word makes us fetch nothing.
    fn add_upload(&mut self, fresh: &Fresh<'_>, file: &Media, conversation: &ConversationRow) -> Value {
        let Some(upload) = self.uploads.of(conversation.inbox_id, &fresh.message.sender.address, file) else {
            return json!({ "media_id": null, "mime_type": file.mime_type, "filename": file.filename,
                           "size": file.size, "status": MediaStatus::Failed.as_str() });
        };
        let id = MediaId::new();
        let value = json!({ "media_id": id, "mime_type": upload.mime_type, "filename": upload.filename,
                            "size": upload.size_bytes, "sha256_hex": upload.sha256,
                            "status": MediaStatus::Ready.as_str() });
        self.attached.push(Attached { id, message: fresh.id, conversation: conversation.id, upload: upload.clone() });
        value
    }

    /// Inserts the files and promises to fetch them.
    pub(super) async fn write_files(&self, tx: &mut Tx, ctx: &Ctx) -> Result<(), StoreError> {
        let attached = self.attached.iter().map(Attached::row);
        let files: Vec<NewMedia<'_>> = self.files.iter().copied().chain(attached).collect();
        media::insert_all(tx, &files, ctx.now).await?;
        jobs::enqueue_all(tx, ctx, &self.jobs).await
    }
}
