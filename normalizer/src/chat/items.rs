//! From what was said, and who proved to have said it, to items.

use chrono::{DateTime, Utc};
use patchbay_core::channel::{Channel, Direction, SenderType};
use patchbay_core::item::{Content, ContentType, EventItem, Item, Media, MessageItem, Sender};
use serde_json::Map;

use super::body::{Attachment, Kind, Said};
use crate::json::put;
use crate::text::without_nul;

/// Longest id of a visitor or a user, in characters.
pub const MAX_ID_CHARS: usize = 200;

/// Who wrote, as far as that is proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Author {
    /// A browser.
    Visitor {
        /// Its id.
        id: String,
        /// How the writer wants to be called.
        name: Option<String>,
    },
    /// A person whom the site vouches for.
    User {
        /// The site's id of the person.
        id: String,
        /// Name to show.
        name: Option<String>,
    },
}

impl Author {
    /// The canonical address.
    pub fn address(&self) -> String {
        match self {
            Self::Visitor { id, .. } => format!("visitor:{id}"),
            Self::User { id, .. } => format!("user:{id}"),
        }
    }

    /// Whether the identity is proven.
    pub fn is_verified(&self) -> bool {
        matches!(self, Self::User { .. })
    }

    fn name(&self) -> Option<String> {
        match self {
            Self::Visitor { name, .. } | Self::User { name, .. } => {
                name.as_deref().map(|name| without_nul(name).into_owned()).filter(|name| !name.trim().is_empty())
            }
        }
    }
}

/// Whether an id can be part of an address. Control characters could make two ids look like one.
pub fn is_usable_id(id: &str) -> bool {
    !id.trim().is_empty() && id.chars().count() <= MAX_ID_CHARS && !id.chars().any(char::is_control)
}

/// The items of what `author` said in `inbox`.
pub fn items(said: &Said, author: &Author, inbox: &str, received_at: DateTime<Utc>) -> Vec<Item> {
    match said.kind {
        Kind::Typing => vec![Item::Event(typing(said, author, inbox, received_at))],
        Kind::Message(kind) => vec![Item::Message(message(said, kind, author, inbox, received_at))],
    }
}

fn typing(said: &Said, author: &Author, inbox: &str, received_at: DateTime<Utc>) -> EventItem {
    let mut data = Map::new();
    put(&mut data, "id", said.client_message_id.clone());
    EventItem {
        kind: "chat.typing".to_owned(),
        channel: Channel::Chat,
        account: Some(inbox.to_owned()),
        address: Some(author.address()),
        timestamp: received_at,
        data,
    }
}

fn message(said: &Said, kind: ContentType, author: &Author, inbox: &str, received_at: DateTime<Utc>) -> MessageItem {
    let mut metadata = Map::new();
    metadata.insert("identity_verified".to_owned(), author.is_verified().into());
    put(&mut metadata, "claimed_user_id", said.user.id.as_deref().map(|id| without_nul(id).into_owned()));
    put(&mut metadata, "sent_at", said.sent_at.clone());
    MessageItem {
        channel: Channel::Chat,
        channel_message_id: said.client_message_id.clone().unwrap_or_default(),
        account: inbox.to_owned(),
        direction: Direction::Inbound,
        sender: Sender { kind: SenderType::Customer, address: author.address(), name: author.name() },
        content: Content {
            kind,
            text: said.text.clone(),
            full_text: None,
            media: said.attachments.iter().map(media).collect(),
            metadata: said.facts.clone(),
        },
        reply_to: said.reply_to.clone(),
        timestamp: received_at,
        status: "received".to_owned(),
        metadata,
    }
}

fn media(file: &Attachment) -> Media {
    Media {
        id: file.id.clone(),
        url: file.url.clone(),
        mime_type: file.mime_type.clone(),
        filename: file.filename.clone(),
        size: file.size,
        ..Media::default()
    }
}
