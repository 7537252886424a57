//! One row of a list of contacts.

use std::collections::BTreeSet;

use patchbay_core::channel::Channel;
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{AccountId, ContactId};
use patchbay_http::ApiError;
use patchbay_store::contact_claims::{self, ClaimKind};
use patchbay_store::contacts::{self, ContactRow, NewContact, NewIdentity};
use patchbay_store::{StoreError, Tx, accounts};
use uuid::Uuid;

use super::super::create::canonical;
use super::super::tidy::promise_tidy;
use crate::resource::text;

/// Where the columns we know stand.
#[derive(Debug, Default)]
pub(super) struct Columns {
    id: Option<usize>,
    name: Option<usize>,
    phone: Option<usize>,
    whatsapp: Option<usize>,
    email: Option<usize>,
    account_id: Option<usize>,
    locale: Option<usize>,
    timezone: Option<usize>,
}

impl Columns {
    /// Reads a heading. The error says what it lacks.
    pub(super) fn of(heading: &csv::StringRecord) -> Result<Self, String> {
        let mut columns = Self::default();
        for (at, name) in heading.iter().enumerate() {
            let place = match name.trim().to_lowercase().replace([' ', '-'], "_").as_str() {
                "id" | "contact_id" => &mut columns.id,
                "name" | "display_name" => &mut columns.name,
                "phone" | "sms" | "mobile" => &mut columns.phone,
                "whatsapp" => &mut columns.whatsapp,
                "email" | "e_mail" => &mut columns.email,
                "account_id" => &mut columns.account_id,
                "locale" | "language" => &mut columns.locale,
                "timezone" | "time_zone" => &mut columns.timezone,
                _ => continue,
            };
            if place.replace(at).is_some() {
                return Err(format!("the heading names {} twice", name.trim()));
            }
        }
        if columns.id.or(columns.phone).or(columns.whatsapp).or(columns.email).is_none() {
            return Err("the heading must name a column phone, whatsapp or email".into());
        }
        Ok(columns)
    }
}

/// What became of a row.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A contact was made.
    Created,
    /// A contact was changed.
    Updated,
    /// Everything was known.
    Same,
    /// It does not fit.
    Refused {
        /// Which column.
        field: String,
        /// Why; never with the value in it.
        problem: String,
    },
}

/// A row, checked.
struct Checked {
    id: Option<ContactId>,
    name: Option<String>,
    addresses: Vec<(Channel, String)>,
    account_id: Option<AccountId>,
    locale: Option<String>,
    timezone: Option<String>,
}

fn cell(record: &csv::StringRecord, at: Option<usize>) -> Option<String> {
    // An apostrophe is what our own file puts before what looks like a formula.
    let text = record.get(at?)?.trim().trim_start_matches('\'').replace('\0', "");
    (!text.is_empty()).then_some(text)
}

fn check(columns: &Columns, record: &csv::StringRecord) -> Result<Checked, ApiError> {
    let uuid = |path: &str, at| {
        let parse = |text: String| Uuid::parse_str(&text).map_err(|_| ApiError::invalid(path, "must be a UUID"));
        cell(record, at).map(parse).transpose()
    };
    let mut addresses = Vec::new();
    for (path, at, channel) in [
        ("phone", columns.phone, Channel::Sms),
        ("whatsapp", columns.whatsapp, Channel::Whatsapp),
        ("email", columns.email, Channel::Email),
    ] {
        if let Some(address) = cell(record, at) {
            addresses.push((channel, canonical(path, channel, &address)?));
        }
    }
    let id = uuid("id", columns.id)?.map(ContactId);
    if addresses.is_empty() && id.is_none() {
        return Err(ApiError::invalid("phone", "phone, whatsapp or email is needed"));
    }
    Ok(Checked {
        id,
        name: cell(record, columns.name).map(|name| text::line("name", &name)).transpose()?,
        addresses,
        account_id: uuid("account_id", columns.account_id)?.map(AccountId),
        locale: text::optional_line("locale", cell(record, columns.locale))?,
        timezone: cell(record, columns.timezone).map(|zone| text::timezone("timezone", &zone)).transpose()?,
    })
}

fn refused(field: &str, problem: impl Into<String>) -> Outcome {
    Outcome::Refused { field: field.to_owned(), problem: problem.into() }
}

/// Reads one row in the caller's transaction. Error only when the database does not play along.
pub(super) async fn take(
    tx: &mut Tx,
    ctx: &Ctx,
    columns: &Columns,
    record: &csv::StringRecord,
    is_dry_run: bool,
) -> Result<Outcome, StoreError> {
    let row = match check(columns, record) {
        Ok(row) => row,
        Err(refusal) => {
            let text = refusal.message();
            let (field, problem) = text.split_once(": ").unwrap_or(("row", text));
            return Ok(refused(field, problem));
        }
    };
    if let Some(account) = row.account_id
        && accounts::by_id(tx, account).await?.is_none()
    {
        return Ok(refused("account_id", "there is no such account"));
    }
    let pairs: Vec<(Channel, &str)> =
        row.addresses.iter().map(|(channel, address)| (*channel, address.as_str())).collect();
    let numbers: Vec<&str> =
        pairs.iter().filter(|(channel, _)| *channel != Channel::Email).map(|(_, address)| *address).collect();
    let known = contacts::known_addresses(tx, &pairs).await?;
    let mut owners: BTreeSet<ContactId> = known.iter().map(|known| known.contact_id).collect();
    if owners.is_empty() {
        owners.extend(contacts::by_phone_numbers(tx, &numbers).await?.iter().map(|known| known.contact_id));
    }
    owners.extend(row.id);
    if owners.len() > 1 {
        if !is_dry_run {
            claim(tx, ctx, &owners, &row.addresses).await?;
        }
        return Ok(refused("row", "its addresses belong to different contacts; merge them first"));
    }
    let missing: Vec<(Channel, String)> = row
        .addresses
        .iter()
        .filter(|(channel, address)| !known.iter().any(|known| known.channel == *channel && known.address == *address))
        .cloned()
        .collect();
    let Some(owner) = owners.first().copied() else {
        return make(tx, ctx, row, &missing, is_dry_run).await;
    };
    match contacts::lock(tx, owner).await? {
        Some(contact) if contact.merged_into.is_none() && contact.erased_at.is_none() => {
            change(tx, ctx, contact, row, &missing, is_dry_run).await
        }
        _ => Ok(refused("id", "there is no such contact")),
    }
}

/// Two contacts that a list takes for one claim each other's addresses: an agent is asked whether they are.
async fn claim(
    tx: &mut Tx,
    ctx: &Ctx,
    owners: &BTreeSet<ContactId>,
    addresses: &[(Channel, String)],
) -> Result<(), StoreError> {
    for owner in owners {
        if contacts::by_id(tx, *owner).await?.is_none() {
            continue;
        }
        for (channel, address) in addresses {
            let kind = if *channel == Channel::Email { ClaimKind::Email } else { ClaimKind::Phone };
            contact_claims::add(tx, *owner, kind, address, "import", ctx.now).await?;
        }
    }
    Ok(())
}

async fn give(tx: &mut Tx, ctx: &Ctx, contact: ContactId, addresses: &[(Channel, String)]) -> Result<(), StoreError> {
    let identities: Vec<NewIdentity> = addresses
        .iter()
        .map(|(channel, address)| NewIdentity {
            contact_id: contact,
            channel: *channel,
            address: address.clone(),
            linked_by: "import",
        })
        .collect();
    contacts::insert_identities(tx, &identities, ctx.now).await
}

async fn make(
    tx: &mut Tx,
    ctx: &Ctx,
    row: Checked,
    addresses: &[(Channel, String)],
    is_dry_run: bool,
) -> Result<Outcome, StoreError> {
    let Some(name) = row.name else { return Ok(refused("name", "must not be empty for a new contact")) };
    if is_dry_run {
        return Ok(Outcome::Created);
    }
    let id = ContactId::new();
    contacts::insert(tx, &[NewContact { id, account_id: row.account_id, display_name: name }], ctx.now).await?;
    give(tx, ctx, id, addresses).await?;
    if row.locale.is_some() || row.timezone.is_some() {
        let mut contact = contacts::by_id(tx, id).await?.ok_or(StoreError::NoRow)?;
        (contact.locale, contact.timezone) = (row.locale, row.timezone);
        contacts::update(tx, &contact).await?;
    }
    Ok(Outcome::Created)
}

async fn change(
    tx: &mut Tx,
    ctx: &Ctx,
    before: ContactRow,
    row: Checked,
    addresses: &[(Channel, String)],
    is_dry_run: bool,
) -> Result<Outcome, StoreError> {
    let mut contact = before.clone();
    contact.display_name = row.name.unwrap_or(contact.display_name);
    contact.account_id = row.account_id.or(contact.account_id);
    contact.locale = row.locale.or(contact.locale);
    contact.timezone = row.timezone.or(contact.timezone);
    let shown = |row: &ContactRow| (row.display_name.clone(), row.account_id, row.locale.clone(), row.timezone.clone());
    if shown(&contact) == shown(&before) && addresses.is_empty() {
        return Ok(Outcome::Same);
    }
    if !is_dry_run {
        contact.updated_at = ctx.now;
        contacts::update(tx, &contact).await?;
        give(tx, ctx, contact.id, addresses).await?;
        promise_tidy(tx, ctx, contact.id).await?;
    }
    Ok(Outcome::Updated)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(cells: &[&str]) -> csv::StringRecord {
        csv::StringRecord::from(cells.to_vec())
    }

    #[test]
    fn a_heading_names_an_address_and_nothing_twice() {
        assert!(Columns::of(&record(&["Name", "E-Mail"])).is_ok());
        assert!(Columns::of(&record(&["name"])).is_err());
        assert!(Columns::of(&record(&["phone", "mobile"])).is_err());
    }

    #[test]
    fn a_row_is_checked_cell_by_cell() {
        let columns = Columns::of(&record(&["name", "phone", "email"])).expect("fits");
        let row = check(&columns, &record(&["Maya", "'+1 (555) 010-7788", "Maya@Example.Test"])).expect("fits");
        assert_eq!(row.addresses[0], (Channel::Sms, "+15550107788".to_owned()));
        assert_eq!(row.addresses[1], (Channel::Email, "maya@example.test".to_owned()));
        for wrong in [["Maya", "5550107788", ""], ["Maya", "", "not an address"], ["Maya", "", ""]] {
            assert!(check(&columns, &record(&wrong)).is_err(), "{wrong:?}");
        }
    }
}
