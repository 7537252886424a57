//! How threads and what is said in them are shown.

use chrono::{DateTime, Utc};
use patchbay_core::directory::Directory;
use patchbay_core::ids::UserId;
use patchbay_store::internal_chat::{InternalMessageRow, MemberRow, ThreadRow};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::body::TeamRef;

/// A thread of talk among agents.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = InternalThread)]
pub(super) struct ThreadBody {
    /// Our id.
    id: Uuid,
    /// `direct` (two people, one thread for each pair) or `group`.
    kind: String,
    /// What it is about.
    title: Option<String>,
    /// The team whose members it began with.
    team: Option<TeamRef>,
    /// Who is in it.
    members: Vec<ThreadMember>,
    /// What was said last.
    last_message: Option<InternalMessageBody>,
    /// Sequence of the newest message.
    last_seq: i64,
    /// Messages that the caller has not read.
    unread_count: i64,
    /// When something was last said.
    last_message_at: DateTime<Utc>,
    /// When it began.
    created_at: DateTime<Utc>,
}

/// Somebody in a thread.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ThreadMember {
    /// Who.
    id: Uuid,
    /// What they are called.
    name: String,
    /// How far they have read.
    last_read_seq: i64,
}

/// What an agent said to others.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = InternalMessage)]
pub(super) struct InternalMessageBody {
    /// Our id.
    id: Uuid,
    /// The thread.
    thread_id: Uuid,
    /// Its place in the thread, from 1, without gaps.
    seq: i64,
    /// Who said it.
    author: InternalAuthor,
    /// What.
    text: String,
    /// Whom it names.
    mentions: Vec<Uuid>,
    /// The conversation it is about.
    conversation_id: Option<Uuid>,
    /// What its writer calls it.
    client_message_id: Option<Uuid>,
    /// When.
    created_at: DateTime<Utc>,
}

/// Who said something.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct InternalAuthor {
    /// A user.
    id: Uuid,
    /// The name then.
    name: String,
}

impl From<&InternalMessageRow> for InternalMessageBody {
    fn from(row: &InternalMessageRow) -> Self {
        Self {
            id: row.id.into(),
            thread_id: row.thread_id.into(),
            seq: row.seq,
            author: InternalAuthor { id: row.author_id.into(), name: row.author_name.clone() },
            text: row.text.clone(),
            mentions: serde_json::from_value(row.mentions.clone()).unwrap_or_default(),
            conversation_id: row.conversation_id.map(Into::into),
            client_message_id: row.client_message_id,
            created_at: row.created_at,
        }
    }
}

impl ThreadBody {
    /// A thread as one of its people sees it.
    pub(super) fn of(
        row: &ThreadRow,
        members: &[MemberRow],
        last: Option<&InternalMessageRow>,
        directory: &Directory,
        viewer: UserId,
    ) -> Self {
        let own = || members.iter().filter(|member| member.thread_id == row.id);
        let read = own().find(|member| member.user_id == viewer).map_or(row.last_seq, |member| member.last_read_seq);
        let team = row.team_id.and_then(|id| directory.teams.get(&id));
        let name =
            |id: UserId| directory.users.get(&id).map_or_else(|| "Unknown".into(), |user| user.full_name.clone());
        let member = |member: &MemberRow| ThreadMember {
            id: member.user_id.into(),
            name: name(member.user_id),
            last_read_seq: member.last_read_seq,
        };
        Self {
            id: row.id.into(),
            kind: row.kind.clone(),
            title: row.title.clone(),
            team: team.map(|team| TeamRef { id: team.id.into(), slug: team.slug.clone() }),
            members: own().map(member).collect(),
            last_message: last.map(Into::into),
            last_seq: row.last_seq,
            unread_count: (row.last_seq - read).max(0),
            last_message_at: row.last_message_at,
            created_at: row.created_at,
        }
    }
}
