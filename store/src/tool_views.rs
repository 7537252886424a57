//! What the tools of assistants read beside what others read too.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{AccountId, ContactId, ConversationId, SiteId, TicketId};
use patchbay_core::ticket::TicketState;

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// A ticket in a list for its customer.
    #[derive(Clone, Debug)]
    pub struct TicketLine {
        /// Our id.
        pub id: TicketId,
        /// Its name for people.
        pub code: String,
        /// Where it stands.
        pub state: TicketState,
        /// One line, written by somebody.
        pub summary: String,
        /// Name of its site.
        pub site_name: String,
        /// When it was recorded.
        pub created_at: DateTime<Utc>,
        /// When it last changed.
        pub updated_at: DateTime<Utc>,
    }
}

/// Whose tickets a search finds.
#[derive(Clone, Debug)]
pub struct CustomerTickets<'a> {
    /// The customer.
    pub contact: ContactId,
    /// The customer's account.
    pub account: Option<AccountId>,
    /// The conversation.
    pub conversation: ConversationId,
    /// `open`, `closed`, or both when `None`.
    pub status: Option<&'a str>,
    /// Only recorded after this time.
    pub created_after: Option<DateTime<Utc>>,
}

/// Tickets of a customer, newest first: asked for by it, linked to its conversation, or of its account.
pub async fn tickets(tx: &mut Tx, of: &CustomerTickets<'_>, limit: i64) -> Result<Vec<TicketLine>, StoreError> {
    tx.query(
        "select t.id, t.code, t.state, t.summary, s.name as site_name, t.created_at, t.updated_at
         from tickets t join sites s on s.id = t.site_id
         where (t.contact_id = $1 or t.account_id = $2
                or exists (select 1 from ticket_links l where l.ticket_id = t.id and l.conversation_id = $3))
           and ($4 = 'all' or ($4 = 'closed') = (t.state in ('CLOSED', 'CANCELLED')))
           and t.created_at > $5
         order by t.id desc limit $6",
    )
    .bind(of.contact)
    .bind(of.account)
    .bind(of.conversation)
    .bind(of.status.unwrap_or("all"))
    .bind(of.created_after.unwrap_or(DateTime::UNIX_EPOCH))
    .bind(limit)
    .all()
    .await
}

/// Whether a ticket is linked to a conversation.
pub async fn is_linked(tx: &mut Tx, conversation: ConversationId, ticket: TicketId) -> Result<bool, StoreError> {
    let found: i64 = tx
        .query("select count(*) from ticket_links where conversation_id = $1 and ticket_id = $2")
        .bind(conversation)
        .bind(ticket)
        .scalar()
        .await?;
    Ok(found > 0)
}

/// The only site of an account, when it has exactly one that takes work.
pub async fn only_site(tx: &mut Tx, account: AccountId) -> Result<Option<SiteId>, StoreError> {
    let sites: Vec<SiteId> =
        tx.query("select id from sites where account_id = $1 order by id limit 2").bind(account).column().await?;
    Ok(match sites.as_slice() {
        [site] => Some(*site),
        _ => None,
    })
}
