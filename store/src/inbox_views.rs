//! Lists of conversations, newest activity first, and search over them.

mod found;
mod shapes;
mod typed;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::conversation::ConversationStatus;
use patchbay_core::ids::{ContactId, ConversationId, InboxId, TeamId, UserId};

use crate::conversations::{self, ConversationRow};
use crate::error::StoreError;
use crate::tx::Tx;
use found::found;
use shapes::{Shape, Stray, read};

/// Which conversations. Everything given must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// In one of these states; any when empty.
    pub statuses: Vec<ConversationStatus>,
    /// Of this team.
    pub team_id: Option<TeamId>,
    /// Of this user.
    pub assigned_to: Option<UserId>,
    /// Of nobody.
    pub is_unassigned: bool,
    /// Of this channel.
    pub channel: Option<Channel>,
    /// Of this inbox.
    pub inbox_id: Option<InboxId>,
    /// Of this contact.
    pub contact_id: Option<ContactId>,
    /// With this tag.
    pub tag: Option<String>,
    /// What the caller may see.
    pub visible: Visible,
}

/// What the caller may see.
#[derive(Clone, Debug, Default)]
pub enum Visible {
    /// Everything.
    All,
    /// What belongs to these teams.
    Teams(Vec<TeamId>),
    /// The same and what belongs to no team.
    TeamsAndStray(Vec<TeamId>),
    /// What this user has, and what waits in the queues of these teams.
    OwnAndQueued(UserId, Vec<TeamId>),
    /// Nothing.
    #[default]
    Nothing,
}

/// The place in the list after which a page begins.
pub type Position = (DateTime<Utc>, ConversationId);

/// Up to `limit` conversations after `position`, newest activity first; those that match `search` when given.
pub async fn page(
    tx: &mut Tx,
    filter: &Filter,
    search: Option<&str>,
    position: Option<Position>,
    limit: i64,
) -> Result<Vec<ConversationRow>, StoreError> {
    let ids = match search {
        Some(text) => found(tx, filter, text, position, limit).await?,
        None => listed(tx, filter, None, position, limit).await?,
    };
    let mut rows: HashMap<ConversationId, ConversationRow> =
        conversations::by_ids(tx, &ids).await?.into_iter().map(|row| (row.id, row)).collect();
    let mut rows: Vec<ConversationRow> = ids.into_iter().filter_map(|id| rows.remove(&id)).collect();
    newest_first(&mut rows, limit);
    Ok(rows)
}

/// What comes from several places in the order of the list, cut at `limit`.
fn newest_first(rows: &mut Vec<ConversationRow>, limit: i64) {
    rows.sort_by_key(|row| std::cmp::Reverse((row.last_message_at, row.id)));
    rows.truncate(usize::try_from(limit).unwrap_or(0));
}

/// The conversations of a page, without order: those the caller may see by each of the reasons they may see any.
async fn listed(
    tx: &mut Tx,
    filter: &Filter,
    among: Option<&Shape>,
    position: Option<Position>,
    limit: i64,
) -> Result<Vec<ConversationId>, StoreError> {
    match &filter.visible {
        Visible::Nothing => Ok(Vec::new()),
        Visible::All => read(tx, among.unwrap_or(&shape_of(filter)), filter, None, position, limit).await,
        Visible::Teams(teams) => {
            let seen = Some((teams.as_slice(), Stray::Hidden));
            read(tx, among.unwrap_or(&shape_of(filter)), filter, seen, position, limit).await
        }
        Visible::TeamsAndStray(teams) => {
            let seen = Some((teams.as_slice(), Stray::Seen));
            read(tx, among.unwrap_or(&shape_of(filter)), filter, seen, position, limit).await
        }
        Visible::OwnAndQueued(user, teams) => {
            let mut ids = Vec::new();
            if !filter.is_unassigned && filter.assigned_to.is_none_or(|assignee| assignee == *user) {
                let own = Filter { assigned_to: Some(*user), ..filter.clone() };
                ids = read(tx, among.unwrap_or(&shape_of(&own)), &own, None, position, limit).await?;
            }
            let asked = |status: &ConversationStatus| filter.statuses.is_empty() || filter.statuses.contains(status);
            let statuses: Vec<ConversationStatus> = QUEUED.iter().copied().filter(asked).collect();
            if !statuses.is_empty() {
                let queued = Filter { statuses, ..filter.clone() };
                let seen = Some((teams.as_slice(), Stray::Hidden));
                for id in read(tx, among.unwrap_or(&shape_of(&queued)), &queued, seen, position, limit).await? {
                    if !ids.contains(&id) {
                        ids.push(id);
                    }
                }
            }
            Ok(ids)
        }
    }
}

/// What waits in a queue.
const QUEUED: [ConversationStatus; 3] =
    [ConversationStatus::New, ConversationStatus::Triage, ConversationStatus::Queued];

/// Where to look for what a filter asks.
fn shape_of(filter: &Filter) -> Shape {
    let is_open = !filter.statuses.is_empty() && !filter.statuses.contains(&ConversationStatus::Closed);
    if filter.contact_id.is_some() {
        Shape::OfContact
    } else if filter.assigned_to.is_some() {
        if is_open { Shape::OpenOfAssignee } else { Shape::OfAssignee }
    } else if is_open {
        Shape::Open
    } else if filter.team_id.is_some() {
        Shape::OfTeam
    } else {
        Shape::Newest
    }
}
