//! SMS by which people of ours answer alerts: they are no messages of customers, and open no conversation.

use std::collections::{BTreeSet, HashSet};

use patchbay_core::alert::possible_answer;
use patchbay_core::channel::{Channel, Direction};
use patchbay_core::ctx::Ctx;
use patchbay_core::directory::Directory;
use patchbay_core::item::{Item, MessageItem};
use patchbay_store::{StoreError, Tx, alert_notifications};

use super::Work;
use crate::alerts::{ANSWERS_FOR, take_sms};

/// A short text that may be an answer, and where it comes from.
fn candidate(work: &Work) -> Option<(&MessageItem, &str)> {
    let Item::Message(message) = &work.item else { return None };
    let is_sms = work.inbox.channel == Channel::Sms && message.direction == Direction::Inbound;
    let text = message.content.text.as_deref().filter(|text| is_sms && text.len() <= 320)?;
    possible_answer(text).map(|_| (message, text))
}

/// Takes the answers of a batch. `None`: there is none, as nearly always; else what is left of the batch.
pub(super) async fn take(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    work: &[Work],
) -> Result<Option<Vec<Work>>, StoreError> {
    let telephones: BTreeSet<&str> =
        work.iter().filter_map(candidate).map(|(message, _)| message.sender.address.as_str()).collect();
    if telephones.is_empty() {
        return Ok(None);
    }
    let told: HashSet<String> =
        alert_notifications::told_of(tx, telephones, ctx.now - ANSWERS_FOR).await?.into_iter().collect();
    if told.is_empty() {
        return Ok(None);
    }
    let mut left = Vec::with_capacity(work.len());
    for work in work {
        let answer = candidate(work).filter(|(message, _)| told.contains(&message.sender.address));
        let is_answer = match answer {
            Some((message, text)) => take_sms(tx, ctx, directory, (&message.sender.address, text)).await?,
            None => false,
        };
        if !is_answer {
            left.push(work.clone());
        }
    }
    Ok(Some(left))
}
