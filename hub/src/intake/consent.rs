//! Who does not want messages any more, and who wants them again: the last word of a batch counts, and each is kept with
//! what proves it.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use patchbay_core::channel::{Channel, Direction};
use patchbay_core::consent::{ConsentReason, ConsentScope, Decision};
use patchbay_core::ctx::Ctx;
use patchbay_core::item::{EventItem, MessageItem};
use patchbay_store::consents::{self, ConsentRow};
use patchbay_store::{StoreError, Tx};
use serde_json::{Value, json};

use super::Work;
use super::apply::Fresh;
use super::people::{Address, Person};
use crate::consent::{Word, keep};

/// Entries of a ledger that are looked at for the last word about everything.
const LOOKED_AT: i64 = 20;

/// What was decided about addresses, in the order of the batch.
#[derive(Debug, Default)]
pub(super) struct Consents<'a> {
    /// Who wrote although nothing may be written to them.
    heard_from: Vec<(Address<'a>, &'a MessageItem)>,
    said: Vec<(Address<'a>, Said<'a>)>,
    last: BTreeMap<Address<'a>, Decision>,
}

#[derive(Debug)]
struct Said<'a> {
    decision: Decision,
    scope: ConsentScope,
    reason: ConsentReason,
    evidence: Value,
    occurred_at: DateTime<Utc>,
    heard_in: Option<&'a str>,
}

impl<'a> Consents<'a> {
    /// What the customer means by a message that is a word about messages.
    pub(super) fn hear(
        &mut self,
        message: &'a MessageItem,
        fresh: &[Fresh<'a>],
        people: &HashMap<Address<'a>, Person>,
    ) {
        self.hear_from(message, fresh, people);
        match message.channel {
            Channel::Sms => self.hear_yes(message, fresh, people),
            Channel::Email => self.hear_unsubscribe(message, fresh),
            _ => {}
        }
    }

    /// A number that nothing may be written to wrote itself.
    fn hear_from(&mut self, message: &'a MessageItem, fresh: &[Fresh<'a>], people: &HashMap<Address<'a>, Person>) {
        let is_number = matches!(message.channel, Channel::Sms | Channel::Whatsapp);
        if !is_number || message.direction != Direction::Inbound {
            return;
        }
        let Some(fresh) = fresh.iter().find(|fresh| std::ptr::eq(fresh.message, message)) else { return };
        let address = fresh.customer();
        if people.get(&address).is_some_and(|person| person.is_opted_out) {
            self.heard_from.push((address, message));
        }
    }

    /// The mail that a program writes when somebody unsubscribes: to the signed address of our mail, with that subject.
    fn hear_unsubscribe(&mut self, message: &'a MessageItem, fresh: &[Fresh<'a>]) {
        let text = |value: Option<&'a Value>| value.and_then(Value::as_str).unwrap_or_default();
        let via = message.metadata.get("thread").and_then(|thread| thread.get("via"));
        let is_signed = text(via) == "reply_token";
        let subject = text(message.metadata.get("subject")).trim();
        if !is_signed || !subject.eq_ignore_ascii_case("unsubscribe") {
            return;
        }
        let Some(fresh) = fresh.iter().find(|fresh| std::ptr::eq(fresh.message, message)) else { return };
        let said = Said {
            decision: Decision::Withdrawn,
            scope: ConsentScope::Marketing,
            reason: ConsentReason::Unsubscribe,
            evidence: json!({ "message_id": fresh.id, "channel_message_id": message.channel_message_id }),
            occurred_at: message.timestamp,
            heard_in: Some(&message.channel_message_id),
        };
        self.said.push((fresh.customer(), said));
    }

    /// `YES` by SMS lifts an opt-out, but only where there is one: otherwise it is an answer to a question.
    fn hear_yes(&mut self, message: &'a MessageItem, fresh: &[Fresh<'a>], people: &HashMap<Address<'a>, Person>) {
        let says_yes = message.content.text.as_deref().is_some_and(|text| text.trim().eq_ignore_ascii_case("yes"));
        if !says_yes {
            return;
        }
        let Some(fresh) = fresh.iter().find(|fresh| std::ptr::eq(fresh.message, message)) else { return };
        let address = fresh.customer();
        let is_withdrawn = match self.last.get(&address) {
            Some(decision) => *decision == Decision::Withdrawn,
            None => people.get(&address).is_some_and(|person| person.is_opted_out),
        };
        if is_withdrawn {
            let said = Said {
                decision: Decision::Given,
                scope: ConsentScope::Everything,
                reason: ConsentReason::Keyword,
                evidence: json!({ "keyword": "YES", "message_id": fresh.id,
                                  "channel_message_id": message.channel_message_id }),
                occurred_at: message.timestamp,
                heard_in: Some(&message.channel_message_id),
            };
            self.add(address, said);
        }
    }

    /// A keyword, or what the provider reports. `message`: ours behind the one that the event came with.
    pub(super) fn note(&mut self, work: &'a Work, event: &'a EventItem, fresh: &[Fresh<'a>]) {
        let decision = match event.kind.as_str() {
            "opt_out" | "email.complaint" => Decision::Withdrawn,
            "opt_in" => Decision::Given,
            _ => return,
        };
        let Some(address) = event.address.as_deref() else { return };
        let keyword = event.data.get("keyword").and_then(Value::as_str);
        let reason = match (event.kind.as_str(), keyword, work.inbox.channel) {
            ("email.complaint", ..) => ConsentReason::Complaint,
            (_, Some(_), _) => ConsentReason::Keyword,
            ("opt_out", None, Channel::Email) => ConsentReason::Unsubscribe,
            _ => ConsentReason::Provider,
        };
        let mut evidence = serde_json::Map::from_iter([("event".to_owned(), Value::from(event.kind.as_str()))]);
        for key in ["keyword", "id", "channel_message_id", "reason", "error_code"] {
            if let Some(value) = event.data.get(key) {
                evidence.insert(key.to_owned(), value.clone());
            }
        }
        let id = event.data.get("id").and_then(Value::as_str);
        let ours = fresh.iter().find(|fresh| Some(fresh.message.channel_message_id.as_str()) == id);
        if let Some(fresh) = ours {
            evidence.insert("message_id".to_owned(), json!(fresh.id));
        }
        let said = Said {
            decision,
            scope: ConsentScope::Everything,
            reason,
            evidence: evidence.into(),
            occurred_at: event.timestamp,
            heard_in: id,
        };
        self.add(Address { channel: work.inbox.channel, address }, said);
    }

    fn add(&mut self, address: Address<'a>, said: Said<'a>) {
        self.last.insert(address, said.decision);
        self.said.push((address, said));
    }

    /// Keeps what was decided, in its order: the last word stands.
    pub(super) async fn write(self, tx: &mut Tx, ctx: &Ctx) -> Result<(), StoreError> {
        for (address, message) in &self.heard_from {
            believe_again(tx, ctx, *address, message).await?;
        }
        for (Address { channel, address }, said) in self.said {
            let word = Word {
                channel,
                address,
                decision: said.decision,
                scope: said.scope,
                reason: said.reason,
                evidence: said.evidence,
                actor_id: None,
                occurred_at: said.occurred_at,
                said_in: said.heard_in,
            };
            keep(tx, ctx, &word).await?;
        }
        Ok(())
    }
}

/// Whoever writes is there: a number of which a provider said that it cannot be reached may be written to again. Unlike
/// the sender of a mail, the number was told by the provider itself. What the customer or a person of ours said stands.
async fn believe_again(
    tx: &mut Tx,
    ctx: &Ctx,
    Address { channel, address }: Address<'_>,
    message: &MessageItem,
) -> Result<(), StoreError> {
    let ledger = consents::history(tx, channel, address, LOOKED_AT).await?;
    let last = ledger.iter().find(|entry| entry.scope == ConsentScope::Everything);
    // A message that is late was written before, and proves nothing.
    let is_proof = |last: &&ConsentRow| last.occurred_at <= message.timestamp;
    let is_flag = |last: &ConsentRow| last.decision == Decision::Withdrawn && last.reason == ConsentReason::Bounce;
    if !last.filter(is_proof).is_some_and(is_flag) {
        return Ok(());
    }
    let word = Word {
        channel,
        address,
        decision: Decision::Given,
        scope: ConsentScope::Everything,
        reason: ConsentReason::Bounce,
        evidence: json!({ "channel_message_id": message.channel_message_id }),
        actor_id: None,
        occurred_at: message.timestamp,
        said_in: Some(&message.channel_message_id),
    };
    keep(tx, ctx, &word).await.map(drop)
}
