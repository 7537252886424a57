//! The addresses that contacts write from.

use chrono::{DateTime, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::consent::ConsentScope;
use patchbay_core::ids::{ContactId, IdentityId};

use crate::batch::Batch;
use crate::consents;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// An address, and whose it is.
    #[derive(Clone, Debug)]
    pub struct KnownAddress {
        /// Channel.
        pub channel: Channel,
        /// Canonical address.
        pub address: String,
        /// Whose it is.
        pub contact_id: ContactId,
        /// The contact's name.
        pub contact_name: String,
        /// Since when the customer does not want messages there.
        pub opted_out_at: Option<DateTime<Utc>>,
    }
}

record! {
    /// One address of a contact.
    #[derive(Clone, Debug)]
    pub struct IdentityRow {
        /// Our id.
        pub id: IdentityId,
        /// Whose it is.
        pub contact_id: ContactId,
        /// Channel.
        pub channel: Channel,
        /// Canonical address.
        pub address: String,
        /// How it came to be this contact's.
        pub linked_by: String,
        /// When the customer proved it.
        pub verified_at: Option<DateTime<Utc>>,
        /// Since when the customer does not want messages there.
        pub opted_out_at: Option<DateTime<Utc>>,
        /// How we know.
        pub opt_out_source: Option<String>,
        /// When it was first seen.
        pub created_at: DateTime<Utc>,
    }
}

/// Those of the addresses that are known.
pub async fn known_addresses(tx: &mut Tx, addresses: &[(Channel, &str)]) -> Result<Vec<KnownAddress>, StoreError> {
    if addresses.is_empty() {
        return Ok(Vec::new());
    }
    tx.query_for(
        "select i.channel, i.address, i.contact_id, c.display_name as contact_name, i.opted_out_at
         from json_each($1) as batch
         join channel_identities i on i.channel = batch.value ->> 0 and i.address = batch.value ->> 1
         join contacts c on c.id = i.contact_id",
        "select i.channel, i.address, i.contact_id, c.display_name as contact_name, i.opted_out_at
         from unnest($1::text[], $2::text[]) as batch (channel, address)
         join channel_identities i on i.channel = batch.channel and i.address = batch.address
         join contacts c on c.id = i.contact_id",
    )
    .bind_batch(
        Batch::new()
            .texts(addresses.iter().map(|(channel, _)| channel.as_str()))
            .texts(addresses.iter().map(|(_, address)| *address)),
    )
    .all()
    .await
}

/// Whose these telephone numbers are on any channel that is keyed by numbers.
pub async fn by_phone_numbers(tx: &mut Tx, numbers: &[&str]) -> Result<Vec<KnownAddress>, StoreError> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    tx.query_for(
        "select i.channel, i.address, i.contact_id, c.display_name as contact_name, i.opted_out_at
         from json_each($1) as batch
         cross join channel_identities i on i.address = batch.value ->> 0 and i.channel in ('sms', 'whatsapp', 'voice')
         join contacts c on c.id = i.contact_id",
        "select i.channel, i.address, i.contact_id, c.display_name as contact_name, i.opted_out_at
         from unnest($1::text[]) as batch (address)
         join channel_identities i on i.address = batch.address and i.channel in ('sms', 'whatsapp', 'voice')
         join contacts c on c.id = i.contact_id",
    )
    .bind_batch(Batch::new().texts(numbers.iter().copied()))
    .all()
    .await
}

/// An address about to be stored.
#[derive(Clone, Debug)]
pub struct NewIdentity {
    /// Whose it is.
    pub contact_id: ContactId,
    /// Channel.
    pub channel: Channel,
    /// Canonical address.
    pub address: String,
    /// How it came to be this contact's: `inbound`, `same_number`, `site_phone`, `user`.
    pub linked_by: &'static str,
}

/// Inserts addresses; whoever withdrew before is known to have done so. Error: [`StoreError::Duplicate`] when somebody stored one of them in between.
pub async fn insert_identities(tx: &mut Tx, identities: &[NewIdentity], now: DateTime<Utc>) -> Result<(), StoreError> {
    if identities.is_empty() {
        return Ok(());
    }
    tx.query_for(
        "insert into channel_identities (id, contact_id, channel, address, linked_by, created_at, opted_out_at,
                opt_out_source)
         select unhex(batch.value ->> 0), unhex(batch.value ->> 1), batch.value ->> 2, batch.value ->> 3,
                batch.value ->> 4, batch.value ->> 5, s.created_at, s.reason
         from json_each($1) as batch
         left join suppressions s
                on s.channel = batch.value ->> 2 and s.address = batch.value ->> 3 and s.scope = 'everything'",
        "insert into channel_identities (id, contact_id, channel, address, linked_by, created_at, opted_out_at,
                opt_out_source)
         select batch.id, batch.contact_id, batch.channel, batch.address, batch.linked_by, batch.at, s.created_at,
                s.reason
         from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
              as batch (id, contact_id, channel, address, linked_by, at)
         left join suppressions s
                on s.channel = batch.channel and s.address = batch.address and s.scope = 'everything'",
    )
    .bind_batch(
        Batch::new()
            .ids(identities.iter().map(|_| IdentityId::new()))
            .ids(identities.iter().map(|identity| identity.contact_id))
            .texts(identities.iter().map(|identity| identity.channel.as_str()))
            .texts(identities.iter().map(|identity| identity.address.as_str()))
            .texts(identities.iter().map(|identity| identity.linked_by))
            .times(identities.iter().map(|_| now)),
    )
    .execute()
    .await?;
    Ok(())
}

/// Adds an address to a contact, unless it is somebody's already; `false` then. Whoever withdrew before is known to have
/// done so.
pub async fn add_identity(tx: &mut Tx, identity: &NewIdentity, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let added = tx
        .query(
            "insert into channel_identities (id, contact_id, channel, address, linked_by, created_at, opted_out_at,
                    opt_out_source)
             values ($1, $2, $3, $4, $5, $6,
                     (select created_at from suppressions where channel = $3 and address = $4 and scope = 'everything'),
                     (select reason from suppressions where channel = $3 and address = $4 and scope = 'everything'))
             on conflict (channel, address) do nothing",
        )
        .bind(IdentityId::new())
        .bind(identity.contact_id)
        .bind(identity.channel)
        .bind(identity.address.as_str())
        .bind(identity.linked_by)
        .bind(now)
        .execute()
        .await?;
    Ok(added == 1)
}

/// Remembers that a customer does not want messages at an address any more. `false` when that was known.
pub async fn opt_out(
    tx: &mut Tx,
    channel: Channel,
    address: &str,
    source: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let changed = tx
        .query(
            "update channel_identities set opted_out_at = $3, opt_out_source = $4
             where channel = $1 and address = $2 and opted_out_at is null",
        )
        .bind(channel)
        .bind(address)
        .bind(now)
        .bind(source)
        .execute()
        .await?;
    Ok(changed == 1)
}

/// Remembers that a customer wants messages at an address again. `false` when that was known.
pub async fn opt_in(tx: &mut Tx, channel: Channel, address: &str) -> Result<bool, StoreError> {
    let changed = tx
        .query(
            "update channel_identities set opted_out_at = null, opt_out_source = null
             where channel = $1 and address = $2 and opted_out_at is not null",
        )
        .bind(channel)
        .bind(address)
        .execute()
        .await?;
    let lifted = consents::lift(tx, channel, address, ConsentScope::Everything).await?;
    Ok(changed == 1 || lifted)
}

/// Whether nothing may be written to an address: its owner does not want it, or there is nobody.
pub async fn opted_out(tx: &mut Tx, channel: Channel, address: &str) -> Result<bool, StoreError> {
    tx.query(
        "select exists (select 1 from channel_identities
                        where channel = $1 and address = $2 and opted_out_at is not null)
             or exists (select 1 from suppressions where channel = $1 and address = $2 and scope = 'everything')
             as found",
    )
    .bind(channel)
    .bind(address)
    .scalar()
    .await
}

/// The addresses of a contact.
pub async fn identities_of(tx: &mut Tx, contact: ContactId) -> Result<Vec<IdentityRow>, StoreError> {
    tx.query(
        "select id, contact_id, channel, address, linked_by, verified_at, opted_out_at, opt_out_source, created_at
         from channel_identities where contact_id = $1 order by created_at, id",
    )
    .bind(contact)
    .all()
    .await
}

/// Takes an address from a contact. `false`: it is not theirs.
pub async fn remove_identity(tx: &mut Tx, contact: ContactId, identity: IdentityId) -> Result<bool, StoreError> {
    let gone = tx
        .query("delete from channel_identities where id = $1 and contact_id = $2")
        .bind(identity)
        .bind(contact)
        .execute()
        .await?;
    Ok(gone == 1)
}

/// Remembers that a contact proved an address to be theirs.
pub async fn verify_identity(
    tx: &mut Tx,
    channel: Channel,
    address: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let changed = tx
        .query(
            "update channel_identities set verified_at = $3
             where channel = $1 and address = $2 and verified_at is null",
        )
        .bind(channel)
        .bind(address)
        .bind(now)
        .execute()
        .await?;
    Ok(changed == 1)
}
