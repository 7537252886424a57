//! What is said to be a contact's e-mail or telephone number, and who else has it. A claim proves nothing: it leads to a
//! suggestion that a person decides on.

use chrono::{DateTime, Utc};
use patchbay_core::ids::ContactId;
use patchbay_core::vocabulary;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::tx::Tx;
use crate::{record, stored_words};

vocabulary! {
    /// What is claimed.
    pub enum ClaimKind {
        /// An e-mail address, in lower case.
        Email => "email",
        /// A telephone number, E.164.
        Phone => "phone",
    }
}
stored_words!(ClaimKind);

record! {
    /// A claim.
    #[derive(Clone, Debug)]
    pub struct ClaimRow {
        /// What is claimed.
        pub kind: ClaimKind,
        /// The canonical address.
        pub value: String,
        /// Where it was said: `chat`, `import`, `user`, `ticket`.
        pub source: String,
        /// When it was first said.
        pub created_at: DateTime<Utc>,
    }
}

record! {
    /// Another contact that may be the same person.
    #[derive(Clone, Debug)]
    pub struct SuggestionRow {
        /// The other contact.
        pub contact_id: ContactId,
        /// Its name.
        pub display_name: String,
        /// The address both have or claim.
        pub value: String,
        /// Whether the other contact writes from it; else it only claims it, too.
        pub is_identity: bool,
    }
}

/// Remembers what somebody says of a contact. Said again, it stays as it is.
pub async fn add(
    tx: &mut Tx,
    contact: ContactId,
    kind: ClaimKind,
    value: &str,
    source: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.query(
        "insert into contact_claims (contact_id, kind, value, source, created_at) values ($1, $2, $3, $4, $5)
         on conflict (contact_id, kind, value) do nothing",
    )
    .bind(contact)
    .bind(kind)
    .bind(value)
    .bind(source)
    .bind(now)
    .execute()
    .await
    .map(drop)
}

/// What is said of these contacts.
pub async fn of_all(tx: &mut Tx, contacts: &[ContactId]) -> Result<Vec<ClaimRow>, StoreError> {
    if contacts.is_empty() {
        return Ok(Vec::new());
    }
    tx.query_for(
        "select kind, value, source, created_at from contact_claims
         where contact_id in (select unhex(value ->> 0) from json_each($1)) order by created_at, kind, value",
        "select kind, value, source, created_at from contact_claims
         where contact_id = any($1::uuid[]) order by created_at, kind, value",
    )
    .bind_batch(Batch::new().ids(contacts.iter().copied()))
    .all()
    .await
}

/// Contacts beside `contact` that write from one of these addresses or claim one of them.
pub async fn others_with(tx: &mut Tx, contact: ContactId, values: &[String]) -> Result<Vec<SuggestionRow>, StoreError> {
    if values.is_empty() {
        return Ok(Vec::new());
    }
    tx.query_for(
        "select c.id as contact_id, c.display_name, found.value, max(found.is_identity) as is_identity
         from (select i.contact_id, i.address as value, 1 as is_identity from channel_identities i
               where i.address in (select value ->> 0 from json_each($2))
               union all
               select k.contact_id, k.value, 0 as is_identity from contact_claims k
               where k.value in (select value ->> 0 from json_each($2))) as found
         join contacts c on c.id = found.contact_id
         where c.id <> $1 and c.merged_into is null and c.erased_at is null
         group by c.id, c.display_name, found.value
         order by 4 desc, 1, 3 limit 20",
        "select c.id as contact_id, c.display_name, found.value, bool_or(found.is_identity) as is_identity
         from (select i.contact_id, i.address as value, true as is_identity from channel_identities i
               where i.address = any($2::text[])
               union all
               select k.contact_id, k.value, false as is_identity from contact_claims k
               where k.value = any($2::text[])) as found
         join contacts c on c.id = found.contact_id
         where c.id <> $1 and c.merged_into is null and c.erased_at is null
         group by c.id, c.display_name, found.value
         order by 4 desc, 1, 3 limit 20",
    )
    .bind(contact)
    .bind_batch(Batch::new().texts(values.iter().map(String::as_str)))
    .all()
    .await
}
