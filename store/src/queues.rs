//! What live views ask beside the feed: how long the queues are, where one conversation or ticket stands.

use patchbay_core::conversation::ConversationStatus;
use patchbay_core::event::Audience;
use patchbay_core::ids::{AccountId, ConversationId, InboxId, SiteId, TeamId, TicketId, UserId};

use crate::error::StoreError;
use crate::tx::Tx;

crate::record! {
    /// How many conversations wait in a team's queue.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct QueueLength {
        /// The team.
        pub team_id: TeamId,
        /// Conversations in its queue.
        pub queued: i64,
    }
}

/// The queues that are not empty.
pub async fn lengths(tx: &mut Tx) -> Result<Vec<QueueLength>, StoreError> {
    tx.query(
        "select team_id, count(*) as queued from conversations
         where status <> 'closed' and status = 'queued' and team_id is not null
         group by team_id order by team_id",
    )
    .all()
    .await
}

crate::record! {
    struct Stand {
        inbox_id: InboxId,
        team_id: Option<TeamId>,
        assigned_to: Option<UserId>,
        status: ConversationStatus,
    }
}

/// Who may know what happens in a conversation now. `None`: there is no such conversation.
pub async fn audience_of_conversation(tx: &mut Tx, id: ConversationId) -> Result<Option<Audience>, StoreError> {
    let stand = tx
        .query("select inbox_id, team_id, assigned_to, status from conversations where id = $1")
        .bind(id)
        .optional::<Stand>()
        .await?;
    Ok(stand.map(|stand| Audience {
        inbox_id: Some(stand.inbox_id),
        team_id: stand.team_id,
        assigned_to: stand.assigned_to,
        is_queued: stand.status.is_queued(),
        ..Audience::default()
    }))
}

crate::record! {
    struct Place {
        account_id: AccountId,
        site_id: SiteId,
    }
}

/// Who may know what happens to a ticket: by its account and site, and by every conversation it is linked to. Empty:
/// there is no such ticket.
pub async fn audiences_of_ticket(tx: &mut Tx, id: TicketId) -> Result<Vec<Audience>, StoreError> {
    let place = tx.query("select account_id, site_id from tickets where id = $1").bind(id).optional::<Place>().await?;
    let Some(place) = place else { return Ok(Vec::new()) };
    let linked = tx
        .query("select conversation_id from ticket_links where ticket_id = $1 order by conversation_id limit 20")
        .bind(id)
        .column::<ConversationId>()
        .await?;
    let mut audiences =
        vec![Audience { account_id: Some(place.account_id), site_id: Some(place.site_id), ..Audience::default() }];
    for conversation in linked {
        audiences.extend(audience_of_conversation(tx, conversation).await?);
    }
    Ok(audiences)
}
