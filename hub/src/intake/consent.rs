//! Who does not want messages any more, and who wants them again: the last word of a batch counts.

use std::collections::{BTreeMap, HashMap};

use patchbay_core::channel::Channel;
use patchbay_core::ctx::Ctx;
use patchbay_core::item::{EventItem, MessageItem};
use patchbay_store::{StoreError, Tx, contacts};

use super::Work;
use super::apply::Fresh;
use super::people::{Address, Person};

/// What was decided last about each address.
#[derive(Debug, Default)]
pub(super) struct Consents<'a> {
    last: BTreeMap<Address<'a>, Consent>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Consent {
    Given,
    Withdrawn,
}

impl<'a> Consents<'a> {
    /// `YES` by SMS lifts an opt-out, but only where there is one: otherwise it is an answer to a question.
    pub(super) fn hear(
        &mut self,
        work: &'a Work,
        message: &'a MessageItem,
        fresh: &[Fresh<'a>],
        people: &HashMap<Address<'a>, Person>,
    ) {
        let says_yes = message.content.text.as_deref().is_some_and(|text| text.trim().eq_ignore_ascii_case("yes"));
        if !says_yes || work.inbox.channel != Channel::Sms {
            return;
        }
        let Some(fresh) = fresh.iter().find(|fresh| std::ptr::eq(fresh.message, message)) else { return };
        let address = fresh.customer();
        let is_withdrawn = match self.last.get(&address) {
            Some(consent) => *consent == Consent::Withdrawn,
            None => people.get(&address).is_some_and(|person| person.is_opted_out),
        };
        if is_withdrawn {
            self.last.insert(address, Consent::Given);
        }
    }

    /// A keyword, or what the provider reports.
    pub(super) fn note(&mut self, work: &'a Work, event: &'a EventItem) {
        let consent = match event.kind.as_str() {
            // Whoever calls our mail spam does not want any.
            "opt_out" | "email.complaint" => Consent::Withdrawn,
            "opt_in" => Consent::Given,
            _ => return,
        };
        if let Some(address) = event.address.as_deref() {
            self.last.insert(Address { channel: work.inbox.channel, address }, consent);
        }
    }

    /// Writes what was decided.
    pub(super) async fn write(self, tx: &mut Tx, ctx: &Ctx) -> Result<(), StoreError> {
        for (Address { channel, address }, consent) in self.last {
            match consent {
                Consent::Withdrawn => contacts::opt_out(tx, channel, address, "keyword", ctx.now).await?,
                Consent::Given => contacts::opt_in(tx, channel, address).await?,
            };
        }
        Ok(())
    }
}
