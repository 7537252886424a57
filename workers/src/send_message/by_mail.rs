//! The way of a mail: its turn, its files, the attempt, the relay, and what the relay said.

use bytes::Bytes;
use object_store::path::Path;
use object_store::{Error as ObjectError, ObjectStoreExt as _};
use patchbay_core::ids::MediaId;
use patchbay_core::inbox::Mailbox;
use patchbay_core::item::ErrorClass;
use patchbay_hub::delivery::{Burial, Outgoing, SendError};
use patchbay_normalizer::email::smtp::{self, Reply};
use patchbay_store::media;
use serde_json::Value;

use super::{Acceptance, Finding, NO_INBOX, NOT_CONNECTED, Sender, Started, pace};
use crate::mail::{Enclosed, MailEnd, MailRoom, NotComposed, Posted, RelayAddress, compose};
use crate::work::{Verdict, WorkError};

/// Largest sum of the files of a mail. Larger mails are refused by most servers.
const MOST_BYTES: u64 = 25 << 20;

impl Sender<'_> {
    /// Sends a message by mail.
    pub(super) async fn mail(
        &self,
        room: &MailRoom,
        mailbox: &Mailbox,
        outgoing: &Outgoing,
    ) -> Result<Verdict, WorkError> {
        let id = outgoing.message.id;
        let Ok(relay) = RelayAddress::parse(mailbox.smtp_url.expose()) else {
            if !mailbox.smtp_url.is_empty() {
                tracing::error!(inbox.id = %self.inbox.id, "inbox {} has an smtp_url that cannot be used", self.inbox.name);
            }
            return Ok(Verdict::Later(self.ctx.now + NO_INBOX));
        };
        let wait = pace::turn(&*self.deps.limits, &self.deps.config, &self.inbox, outgoing).await;
        if !wait.is_zero() {
            return Ok(Verdict::Later(self.ctx.now + wait));
        }
        let not_sendable = |problem: &str| {
            Finding::Failed(SendError::ours("NOT_SENDABLE", ErrorClass::Permanent, problem), Burial::None)
        };
        let Some(enclosed) = self.enclosed(outgoing).await? else {
            return self
                .note(id, None, &not_sendable("a file is missing, or all together are larger than 25 MB"))
                .await;
        };
        let unsubscribe = (self.deps.unsubscribe_link)(outgoing.conversation.id);
        let mail = match compose(&self.inbox, mailbox, &relay, outgoing, (&enclosed, unsubscribe.as_deref())) {
            Ok(mail) => mail,
            Err(NotComposed::Message(problem)) => {
                return self.note(id, None, &not_sendable(&problem.to_string())).await;
            }
            Err(NotComposed::Key(problem)) => {
                tracing::error!(inbox.id = %self.inbox.id, "inbox {} cannot sign: {problem}", self.inbox.name);
                return Ok(Verdict::Later(self.ctx.now + NO_INBOX));
            }
        };
        drop(enclosed);
        let (outgoing, attempt) = match self.begin(id).await? {
            Started::Attempt(outgoing, attempt) => (outgoing, attempt),
            Started::Ended(verdict) => return Ok(verdict),
        };
        let our_domain = self.inbox.address.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
        let posted = Posted {
            inbox: self.inbox.id,
            our_domain,
            sender: &mail.sender,
            recipients: &mail.recipients,
            bytes: &mail.bytes,
        };
        let finding = match room.post(&relay, &posted).await {
            MailEnd::Accepted => {
                self.count_latency(&outgoing);
                Finding::Accepted(Acceptance::of(mail.message_id))
            }
            MailEnd::NotSent => {
                let error =
                    SendError::ours(NOT_CONNECTED, ErrorClass::Retryable, "the mail server could not be reached");
                self.again(&outgoing, error, &smtp::UNAVAILABLE, None).await
            }
            MailEnd::Lost(how) => Finding::Lost(how.into()),
            MailEnd::Refused { code, text, stage } => {
                self.refused(&outgoing, smtp::classify(&Reply { code, text: &text, stage })).await
            }
        };
        self.count_and_note(id, attempt, &finding).await
    }

    /// The files of a message. `None`: one is missing for good, or they are too large together.
    async fn enclosed(&self, outgoing: &Outgoing) -> Result<Option<Vec<Enclosed>>, WorkError> {
        let listed = outgoing.message.content.get("media").and_then(Value::as_array);
        let mut enclosed = Vec::new();
        let mut sum = 0;
        for file in listed.into_iter().flatten() {
            let id: Option<MediaId> = file.get("media_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
            let row = match id {
                Some(id) => media::by_id(&mut self.deps.db.read().await?, id).await?,
                None => None,
            };
            let Some(row) = row else { return Ok(None) };
            let Some(key) = row.storage_key else { return Ok(None) };
            let Some(bytes) = self.file(&key, MOST_BYTES.saturating_sub(sum)).await? else { return Ok(None) };
            sum += bytes.len() as u64;
            let filename = row.filename.unwrap_or_else(|| "file".to_owned());
            enclosed.push(Enclosed { filename, mime_type: row.mime_type, bytes });
        }
        Ok(Some(enclosed))
    }

    async fn file(&self, key: &str, most: u64) -> Result<Option<Bytes>, WorkError> {
        let path = Path::from(key);
        let found = match self.deps.files.get(&path).await {
            Ok(found) => found,
            Err(ObjectError::NotFound { .. }) => return Ok(None),
            Err(_) => return Err(WorkError::Elsewhere("the object store does not answer")),
        };
        if found.meta.size > most {
            return Ok(None);
        }
        found.bytes().await.map(Some).map_err(|_| WorkError::Elsewhere("the object store does not answer"))
    }
}
