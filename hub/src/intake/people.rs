//! Who writes: from an address to a contact. Source: domain, contacts and identity.
//!
//! Order: the address itself; the same line on another channel, however it is spelled there, if it is one person's; a
//! place's telephone number; else a new contact.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use patchbay_core::channel::Channel;
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::ContactId;
use patchbay_core::phone_line::spellings;
use patchbay_store::arrivals::KnownPerson;
use patchbay_store::contacts::{self, NewContact, NewIdentity};
use patchbay_store::{StoreError, Tx};

/// What somebody is called of whom only the address is known.
pub(crate) fn name_of_stranger(address: &str) -> String {
    match address.strip_prefix("visitor:") {
        Some(id) => {
            let short: String = id.chars().filter(char::is_ascii_alphanumeric).take(6).collect();
            format!("Visitor {short}")
        }
        None => address.strip_prefix("user:").unwrap_or(address).to_owned(),
    }
}

/// A contact as the intake needs it.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) contact_id: ContactId,
    pub(super) name: String,
    pub(super) is_opted_out: bool,
    /// This batch met them first: they have no conversations yet.
    pub(super) is_new: bool,
}

impl From<KnownPerson> for Person {
    fn from(known: KnownPerson) -> Self {
        Self {
            contact_id: known.contact_id,
            name: known.name,
            is_opted_out: known.opted_out_at.is_some(),
            is_new: false,
        }
    }
}

/// An address on its channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Address<'a> {
    pub(super) channel: Channel,
    pub(super) address: &'a str,
}

/// Makes the contacts of those addresses that are not known. `names` are what the channel calls them.
pub(super) async fn introduce<'a>(
    tx: &mut Tx,
    ctx: &Ctx,
    names: &BTreeMap<Address<'a>, Option<&'a str>>,
) -> Result<HashMap<Address<'a>, Person>, StoreError> {
    if names.is_empty() {
        return Ok(HashMap::new());
    }
    let spellings: BTreeSet<String> =
        names.keys().filter(|key| key.address.starts_with('+')).flat_map(|key| spellings(key.address)).collect();
    let numbers: Vec<&str> = spellings.iter().map(String::as_str).collect();
    let mut same_line: HashMap<String, BTreeSet<(ContactId, String)>> = HashMap::new();
    for row in contacts::by_phone_numbers(tx, &numbers).await? {
        same_line.entry(line(&row.address)).or_default().insert((row.contact_id, row.contact_name));
    }
    let mut sites: HashMap<String, Vec<contacts::SiteByPhone>> = HashMap::new();
    for site in contacts::sites_by_phone(tx, &numbers).await? {
        sites.entry(line(&site.phone)).or_default().push(site);
    }
    let (mut new_contacts, mut identities, mut links) = (Vec::new(), Vec::new(), Vec::new());
    let mut people: HashMap<Address<'a>, Person> = HashMap::new();
    let mut fresh: HashMap<String, (ContactId, String)> = HashMap::new();
    for (key, given) in names {
        let line = line(key.address);
        let twin = same_line.get(&line).filter(|owners| owners.len() == 1).and_then(|owners| owners.first());
        let (contact_id, name, linked_by) = if let Some((contact_id, name)) = twin {
            (*contact_id, name.clone(), "same_number")
        } else if let Some((contact_id, name)) = fresh.get(&line).filter(|_| key.address.starts_with('+')) {
            (*contact_id, name.clone(), "same_number")
        } else {
            let contact_id = ContactId::new();
            let site = sites.get(&line).filter(|sites| sites.len() == 1).and_then(|sites| sites.first());
            let given = given.filter(|name| !name.trim().is_empty());
            let name = given
                .or(site.map(|site| site.name.as_str()))
                .map_or_else(|| name_of_stranger(key.address), str::to_owned);
            new_contacts.push(NewContact {
                id: contact_id,
                account_id: site.map(|site| site.account_id),
                display_name: name.clone(),
            });
            if let Some(site) = site {
                links.push((contact_id, site.site_id));
            }
            fresh.insert(line.clone(), (contact_id, name.clone()));
            (contact_id, name, if site.is_some() { "site_phone" } else { "inbound" })
        };
        identities.push(NewIdentity { contact_id, channel: key.channel, address: key.address.to_owned(), linked_by });
        let is_new = linked_by != "same_number" || !same_line.contains_key(&line);
        people.insert(*key, Person { contact_id, name, is_opted_out: false, is_new });
    }
    contacts::insert(tx, &new_contacts, ctx.now).await?;
    contacts::insert_identities(tx, &identities, ctx.now).await?;
    for (contact, site) in links {
        contacts::link_site(tx, contact, site, "requester", ctx.now).await?;
    }
    Ok(people)
}

/// What all spellings of a number have in common; any other address stands for itself.
fn line(address: &str) -> String {
    spellings(address).swap_remove(0)
}

/// Those of the strangers who are known by their business-scoped id; their address becomes that contact's.
pub(super) async fn known_by_user_id<'a>(
    tx: &mut Tx,
    ctx: &Ctx,
    user_ids: &BTreeMap<Address<'a>, &'a str>,
    strangers: &BTreeMap<Address<'a>, Option<&'a str>>,
) -> Result<Vec<(Address<'a>, Person)>, StoreError> {
    let wanted: Vec<(Address<'a>, &'a str)> =
        strangers.keys().filter_map(|address| Some((*address, *user_ids.get(address)?))).collect();
    let keys: Vec<(Channel, &str)> = wanted.iter().map(|(address, id)| (address.channel, *id)).collect();
    let known = contacts::known_addresses(tx, &keys).await?;
    let mut people = Vec::new();
    for (address, id) in wanted {
        let Some(row) = known.iter().find(|row| row.channel == address.channel && row.address == id) else { continue };
        let identity = NewIdentity {
            contact_id: row.contact_id,
            channel: address.channel,
            address: address.address.to_owned(),
            linked_by: "user_id",
        };
        contacts::add_identity(tx, &identity, ctx.now).await?;
        let person = Person {
            contact_id: row.contact_id,
            name: row.contact_name.clone(),
            is_opted_out: row.opted_out_at.is_some(),
            is_new: false,
        };
        people.push((address, person));
    }
    Ok(people)
}
