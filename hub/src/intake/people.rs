//! Who writes: from an address to a contact. Source: domain, contacts and identity.
//!
//! Order: the address itself; the same number on another channel, if it is one person's; a place's telephone number;
//! else a new contact.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use patchbay_core::channel::Channel;
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::ContactId;
use patchbay_store::contacts::{self, NewContact, NewIdentity};
use patchbay_store::{StoreError, Tx};

/// A contact as the intake needs it.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) contact_id: ContactId,
    pub(super) name: String,
    pub(super) is_opted_out: bool,
    /// This batch met them first: they have no conversations yet.
    pub(super) is_new: bool,
}

/// An address with the name its messages carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Address<'a> {
    pub(super) channel: Channel,
    pub(super) address: &'a str,
}

/// Finds or makes the contact of every address. `names` are what the channel calls them.
pub(super) async fn resolve<'a>(
    tx: &mut Tx,
    ctx: &Ctx,
    names: &BTreeMap<Address<'a>, Option<&'a str>>,
) -> Result<HashMap<Address<'a>, Person>, StoreError> {
    let keys: Vec<(Channel, &str)> = names.keys().map(|key| (key.channel, key.address)).collect();
    let mut people = HashMap::with_capacity(names.len());
    let known = contacts::known_addresses(tx, &keys).await?;
    let known: HashMap<(Channel, &str), _> =
        known.iter().map(|row| ((row.channel, row.address.as_str()), row)).collect();
    let mut missing = Vec::new();
    for key in names.keys() {
        match known.get(&(key.channel, key.address)) {
            Some(row) => {
                let person = Person {
                    contact_id: row.contact_id,
                    name: row.contact_name.clone(),
                    is_opted_out: row.opted_out_at.is_some(),
                    is_new: false,
                };
                people.insert(*key, person);
            }
            None => missing.push(*key),
        }
    }
    if !missing.is_empty() {
        people.extend(introduce(tx, ctx, names, &missing).await?);
    }
    Ok(people)
}

async fn introduce<'a>(
    tx: &mut Tx,
    ctx: &Ctx,
    names: &BTreeMap<Address<'a>, Option<&'a str>>,
    missing: &[Address<'a>],
) -> Result<HashMap<Address<'a>, Person>, StoreError> {
    let numbers: Vec<&str> = missing.iter().map(|key| key.address).filter(|address| address.starts_with('+')).collect();
    let mut same_number: HashMap<String, BTreeSet<(ContactId, String)>> = HashMap::new();
    for row in contacts::by_phone_numbers(tx, &numbers).await? {
        same_number.entry(row.address).or_default().insert((row.contact_id, row.contact_name));
    }
    let mut sites: HashMap<String, Vec<contacts::SiteByPhone>> = HashMap::new();
    for site in contacts::sites_by_phone(tx, &numbers).await? {
        sites.entry(site.phone.clone()).or_default().push(site);
    }
    let (mut new_contacts, mut identities, mut links) = (Vec::new(), Vec::new(), Vec::new());
    let mut people: HashMap<Address<'a>, Person> = HashMap::new();
    let mut fresh: HashMap<&str, (ContactId, String)> = HashMap::new();
    for key in missing {
        let twin = same_number.get(key.address).filter(|owners| owners.len() == 1).and_then(|owners| owners.first());
        let (contact_id, name, linked_by) = if let Some((contact_id, name)) = twin {
            (*contact_id, name.clone(), "same_number")
        } else if let Some((contact_id, name)) = fresh.get(key.address).filter(|_| key.address.starts_with('+')) {
            (*contact_id, name.clone(), "same_number")
        } else {
            let contact_id = ContactId::new();
            let site = sites.get(key.address).filter(|sites| sites.len() == 1).and_then(|sites| sites.first());
            let given = names.get(key).copied().flatten().filter(|name| !name.trim().is_empty());
            let name = given.or(site.map(|site| site.name.as_str())).unwrap_or(key.address).to_owned();
            new_contacts.push(NewContact {
                id: contact_id,
                account_id: site.map(|site| site.account_id),
                display_name: name.clone(),
            });
            if let Some(site) = site {
                links.push((contact_id, site.site_id));
            }
            fresh.insert(key.address, (contact_id, name.clone()));
            (contact_id, name, if site.is_some() { "site_phone" } else { "inbound" })
        };
        identities.push(NewIdentity { contact_id, channel: key.channel, address: key.address.to_owned(), linked_by });
        let is_new = linked_by != "same_number" || !same_number.contains_key(key.address);
        people.insert(*key, Person { contact_id, name, is_opted_out: false, is_new });
    }
    contacts::insert(tx, &new_contacts, ctx.now).await?;
    contacts::insert_identities(tx, &identities, ctx.now).await?;
    for (contact, site) in links {
        contacts::link_site(tx, contact, site, "requester", ctx.now).await?;
    }
    Ok(people)
}
