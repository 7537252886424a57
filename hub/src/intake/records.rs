//! The rows of a batch's messages, and of the files that came with them.

use std::collections::HashMap;

use patchbay_core::channel::{Channel, Direction, SenderType};
use patchbay_core::ctx::Ctx;
use patchbay_core::delivery::DeliveryStatus;
use patchbay_core::event::NewEvent;
use patchbay_core::ids::{ConversationId, JobId, MediaId, MessageId};
use patchbay_core::item::Media;
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_core::trace::SpanContext;
use patchbay_store::conversations::ConversationRow;
use patchbay_store::media::{self, MediaStatus, NewMedia};
use patchbay_store::messages::MessageRow;
use patchbay_store::{StoreError, Tx, jobs};
use serde_json::{Value, json};
use uuid::Uuid;

use super::apply::Fresh;
use super::people::Person;
use super::uploads::{Attached, Uploads};
use patchbay_store::objects::media_key;

/// How often a file is asked for before it is given up: about twenty minutes.
const FETCH_TRIES: i64 = 10;

/// What is to be inserted.
#[derive(Debug)]
pub(super) struct Records<'a> {
    pub(super) messages: Vec<MessageRow>,
    files: Vec<NewMedia<'a>>,
    kept: Vec<KeptMedia<'a>>,
    jobs: Vec<NewJob>,
    uploads: Uploads,
    attached: Vec<Attached>,
}

/// A file that lies in the object store already.
#[derive(Debug)]
struct KeptMedia<'a> {
    id: MediaId,
    message: MessageId,
    conversation: ConversationId,
    file: &'a Media,
    key: String,
}

impl<'a> Records<'a> {
    /// `uploads`: the files that visitors of the batch's chats attach.
    pub(super) fn with_capacity(messages: usize, uploads: Uploads) -> Self {
        Self {
            messages: Vec::with_capacity(messages),
            files: Vec::new(),
            kept: Vec::new(),
            jobs: Vec::new(),
            uploads,
            attached: Vec::new(),
        }
    }

    /// Adds a message with its files. `conversation`: as the message leaves it.
    /// `via`: what led a mail there.
    pub(super) fn add(
        &mut self,
        ctx: &Ctx,
        fresh: &Fresh<'a>,
        person: &Person,
        conversation: &ConversationRow,
        via: Option<&str>,
    ) {
        let message = fresh.message;
        let mut metadata = message.metadata.clone();
        if let Some(via) = via {
            metadata.insert("thread".to_owned(), json!({ "conversation": conversation.id, "via": via }));
        }
        // A right token and a known id prove the thread, not the person.
        if person.contact_id != conversation.contact_id && message.direction == Direction::Inbound {
            metadata.insert("review".to_owned(), "sender_not_participant".into());
        }
        let content = self.content(ctx, fresh, conversation);
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
            metadata: Value::Object(metadata),
            occurred_at: message.timestamp,
            sent_at: None,
            delivered_at: None,
            read_at: None,
            failed_at: None,
            version: 1,
            created_at: ctx.now,
        });
    }

    /// What is stored of a message's content. Adds its files.
    pub(super) fn content(&mut self, ctx: &Ctx, fresh: &Fresh<'a>, conversation: &ConversationRow) -> Value {
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
        content
    }

    /// Promises a job beside the files.
    pub(super) fn promise(&mut self, job: NewJob) {
        self.jobs.push(job);
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
        // Who handed it over kept it already, under the hash of its content.
        if let (None, None, Some(sha256)) = (&file.id, &file.url, &file.sha256_hex) {
            let key = media_key(sha256);
            let shown = json!({ "media_id": id, "mime_type": file.mime_type, "filename": file.filename,
                "size": file.size, "sha256_hex": sha256, "inline": file.inline, "content_id": file.content_id,
                "status": "ready" });
            self.kept.push(KeptMedia { id, message, conversation: conversation.id, file, key });
            return shown;
        }
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

    /// What recorded requests leave behind: the events of their messages and the jobs promised for them, each with the
    /// span that took the message in.
    pub(super) fn left_by_spans(&self, fresh: &[Fresh<'_>], events: &[NewEvent]) -> Vec<(Uuid, SpanContext)> {
        let spans: HashMap<MessageId, SpanContext> =
            fresh.iter().filter_map(|fresh| Some((fresh.id, fresh.work.span?))).collect();
        if spans.is_empty() {
            return Vec::new();
        }
        let by_place: HashMap<(ConversationId, i64), SpanContext> = self
            .messages
            .iter()
            .filter_map(|row| Some(((row.conversation_id, row.seq), *spans.get(&row.id)?)))
            .collect();
        let of_events = events.iter().filter_map(|event| {
            let place = (event.conversation_id?, event.conversation_seq.unwrap_or(1));
            Some((event.id.into(), *by_place.get(&place)?))
        });
        // A job is about a message, or about a file of one.
        let by_file: HashMap<MediaId, MessageId> =
            self.files.iter().filter_map(|file| Some((file.id, file.message_id?))).collect();
        let named = |job: &NewJob, key: &str| job.payload.get(key)?.as_str()?.parse::<Uuid>().ok();
        let of_jobs = self.jobs.iter().filter_map(|job| {
            let of_file = || by_file.get(&MediaId(named(job, "media_id")?)).copied();
            let message = named(job, "message_id").map(MessageId).or_else(of_file)?;
            Some((job.id.into(), *spans.get(&message)?))
        });
        of_events.chain(of_jobs).collect()
    }

    /// Inserts the files and promises to fetch them.
    pub(super) async fn write_files(&self, tx: &mut Tx, ctx: &Ctx) -> Result<(), StoreError> {
        let attached = self.attached.iter().map(Attached::row);
        let kept = self.kept.iter().map(KeptMedia::row);
        let files: Vec<NewMedia<'_>> = self.files.iter().copied().chain(attached).chain(kept).collect();
        media::insert_all(tx, &files, ctx.now).await?;
        jobs::enqueue_all(tx, ctx, &self.jobs).await
    }
}

impl KeptMedia<'_> {
    fn row(&self) -> NewMedia<'_> {
        NewMedia {
            id: self.id,
            message_id: Some(self.message),
            conversation_id: Some(self.conversation),
            provider_media_id: None,
            mime_type: self.file.mime_type.as_deref().unwrap_or("application/octet-stream"),
            filename: self.file.filename.as_deref(),
            size_bytes: self.file.size.and_then(|size| i64::try_from(size).ok()),
            sha256: self.file.sha256_hex.as_deref(),
            storage_key: Some(&self.key),
            status: MediaStatus::Ready,
            created_by: None,
        }
    }
}
