//! Files that visitors of a chat uploaded before the message that they belong to.

use std::collections::HashMap;

use patchbay_core::channel::Channel;
use patchbay_core::ids::{ConversationId, InboxId, MediaId, MessageId};
use patchbay_core::item::Media;
use patchbay_store::chat::{self, UploadRow};
use patchbay_store::media::{MediaStatus, NewMedia};
use patchbay_store::{StoreError, Tx};

use super::apply::Fresh;

/// The uploads that the messages of a batch name.
#[derive(Debug, Default)]
pub(super) struct Uploads(HashMap<MediaId, UploadRow>);

/// Reads the uploads that new messages name.
pub(super) async fn of(tx: &mut Tx, fresh: &[Fresh<'_>]) -> Result<Uploads, StoreError> {
    let ids: Vec<MediaId> = fresh
        .iter()
        .filter(|fresh| fresh.message.channel == Channel::Chat)
        .flat_map(|fresh| &fresh.message.content.media)
        .filter_map(id_of)
        .collect();
    let rows = chat::uploads(tx, &ids).await?;
    Ok(Uploads(rows.into_iter().map(|row| (row.media_id, row)).collect()))
}

fn id_of(file: &Media) -> Option<MediaId> {
    file.id.as_deref()?.parse().ok()
}

impl Uploads {
    /// The upload that a file names, if it is the sender's own.
    pub(super) fn of(&self, inbox: InboxId, address: &str, file: &Media) -> Option<&UploadRow> {
        self.0.get(&id_of(file)?).filter(|row| row.inbox_id == inbox && row.address == address)
    }
}

/// A file of a message, with the content of an upload.
#[derive(Debug)]
pub(super) struct Attached {
    pub(super) id: MediaId,
    pub(super) message: MessageId,
    pub(super) conversation: ConversationId,
    pub(super) upload: UploadRow,
}

impl Attached {
    pub(super) fn row(&self) -> NewMedia<'_> {
        NewMedia {
            id: self.id,
            message_id: Some(self.message),
            conversation_id: Some(self.conversation),
            provider_media_id: None,
            mime_type: &self.upload.mime_type,
            filename: self.upload.filename.as_deref(),
            size_bytes: self.upload.size_bytes,
            sha256: self.upload.sha256.as_deref(),
            storage_key: self.upload.storage_key.as_deref(),
            status: MediaStatus::Ready,
            created_by: None,
        }
    }
}
