//! What the tools of assistants read beside what others read too.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{AccountId, ContactId, ConversationId, SiteId, TicketId};
use patchbay_core::ticket::{Profile, TicketState};

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
         where t.id in (select id from tickets where contact_id = $1
                        union select id from tickets where account_id = $2
                        union select ticket_id from ticket_links where conversation_id = $3)
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

record! {
    /// The customer of a conversation, as far as tools look at it.
    #[derive(Clone, Debug)]
    pub struct CustomerRow {
        /// Our id.
        pub id: ContactId,
        /// The account the customer belongs to.
        pub account_id: Option<AccountId>,
        /// Name to show.
        pub display_name: String,
        /// Language.
        pub locale: Option<String>,
        /// Line of business of the account.
        pub profile: Option<Profile>,
    }
}

/// The customer of a conversation.
pub async fn customer(tx: &mut Tx, id: ContactId) -> Result<Option<CustomerRow>, StoreError> {
    tx.query(
        "select c.id, c.account_id, c.display_name, c.locale, a.profile
         from contacts c left join accounts a on a.id = c.account_id where c.id = $1",
    )
    .bind(id)
    .optional()
    .await
}

record! {
    /// A dealership's job with its vehicle.
    #[derive(Clone, Debug)]
    pub struct JobLine {
        /// The ticket.
        pub id: TicketId,
        /// The first service on it.
        pub service: Option<String>,
        /// The vehicle's year.
        pub year: Option<i64>,
        /// Its make.
        pub make: Option<String>,
        /// Its model.
        pub model: Option<String>,
        /// The dealership's number of it.
        pub stock_no: Option<String>,
    }
}

/// What a job is looked for by; all that is given has to fit. In upper case.
#[derive(Clone, Debug, Default)]
pub struct JobKeys {
    /// The vehicle's identification number.
    pub vin: Option<String>,
    /// The dealership's number of the vehicle.
    pub stock_no: Option<String>,
    /// The job's code.
    pub code: Option<String>,
}

/// Jobs of an account, newest first.
pub async fn jobs(tx: &mut Tx, account: AccountId, keys: &JobKeys, limit: i64) -> Result<Vec<JobLine>, StoreError> {
    tx.query(
        "select t.id, a.year, a.make, a.model, a.stock_no,
                (select s.name from ticket_services l join services s on s.id = l.service_id
                 where l.ticket_id = t.id order by l.position limit 1) as service
         from tickets t left join assets a on a.id = t.asset_id
         where t.account_id = $1 and ($2 is null or upper(a.vin) = $2) and ($3 is null or upper(a.stock_no) = $3)
           and ($4 is null or upper(t.code) = $4)
         order by t.id desc limit $5",
    )
    .bind(account)
    .bind(keys.vin.as_deref())
    .bind(keys.stock_no.as_deref())
    .bind(keys.code.as_deref())
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
