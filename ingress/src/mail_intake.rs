//! From a mail that arrived, by webhook or by SMTP, to deliveries: one for each of our mailboxes it is for.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use patchbay_core::evidence::recognized;
use patchbay_core::inbox::{DkimCheck, InboundMail, Inbox};
use patchbay_core::item::Item;
use patchbay_core::secret::Secret;
use patchbay_normalizer::Source;
use patchbay_normalizer::email::auth::AuthResults;
use patchbay_normalizer::email::{self, Arrived, Envelope, Mail, Place};

use crate::delivery::{Delivery, KeptFile, Quarantine, QuarantineReason, Sink};
use crate::inboxes::{Routes, belongs_to_mailbox, mailbox};
use crate::mail_auth::MailAuth;
use crate::refusal::Refusal;

/// How a mail came.
pub(crate) struct MailDelivery<'d> {
    pub(crate) routes: &'d Routes,
    pub(crate) by: InboundMail,
    /// The key that proved the request, if one did.
    pub(crate) key: Option<&'d Secret>,
    pub(crate) received_at: DateTime<Utc>,
    /// What is kept of it when it is for nobody.
    pub(crate) raw: Bytes,
}

/// The deliveries of a mail, and the files that must be kept before they are handed over. `Err` when whoever proved the
/// request may not speak for any of the mailboxes.
pub(crate) async fn deliveries(
    sink: &dyn Sink,
    mail_auth: &MailAuth,
    arrived: &Arrived,
    delivery: MailDelivery<'_>,
) -> Result<(Vec<Delivery>, Vec<KeptFile>), Refusal> {
    let MailDelivery { routes, by, key, received_at, raw } = delivery;
    let placed: Vec<(&Envelope, Option<&Inbox>)> = arrived
        .envelopes
        .iter()
        .map(|envelope| (envelope, routes.mailbox_of(by, &envelope.recipient).map(AsRef::as_ref)))
        .collect();
    let may_speak = |inbox: &Inbox| key.is_none_or(|key| belongs_to_mailbox(inbox, key));
    let ours: Vec<_> = placed.iter().filter(|(_, inbox)| inbox.is_some_and(may_speak)).copied().collect();
    if ours.is_empty() && placed.iter().any(|(_, inbox)| inbox.is_some()) {
        return Err(Refusal::SignatureMismatch);
    }
    // Copies for others, on the same envelope, are none of our business.
    let chosen: Vec<_> = if ours.is_empty() { placed.into_iter().take(1).collect() } else { ours };
    let known = sink.conversations().await;
    let mut results: Option<AuthResults> = None;
    let mut made: Vec<Delivery> = Vec::with_capacity(chosen.len());
    for (envelope, inbox) in chosen {
        let settings = inbox.and_then(mailbox);
        let checks = settings.is_none_or(|settings| settings.dkim == DkimCheck::Verify);
        let auth = match &results {
            _ if !checks => AuthResults::default(),
            Some(results) => results.clone(),
            None => results.insert(mail_auth.verify(&arrived.mail, envelope, received_at).await).clone(),
        };
        let nobody = Secret::new("");
        let find = known.as_ref().map(|known| move |id: &str| known.get(id).cloned());
        let place = Place {
            is_own: &|address| routes.is_own_mailbox(address),
            reply_domain: settings.map_or("", |settings| settings.reply_domain.as_str()),
            reply_token_secret: settings.map_or(&nobody, |settings| &settings.reply_token_secret),
            conversation_of: find.as_ref().map(|find| find as &dyn Fn(&str) -> Option<String>),
        };
        let mut items = email::items(&arrived.mail, envelope, &auth, &place);
        // What is only read, in a replay of records, is shown as it was claimed.
        if known.is_none() {
            for item in &mut items {
                tell_types(item, &arrived.mail);
            }
        }
        made.push(Delivery {
            source: Source::Email,
            inbox: inbox.map(|inbox| inbox.id),
            account: Some(email::mailbox(&envelope.recipient)),
            received_at,
            items,
            quarantine: inbox
                .is_none()
                .then(|| Quarantine { reason: QuarantineReason::UnknownAccount, raw: raw.clone() }),
        });
    }
    let is_message = |delivery: &Delivery| {
        delivery.quarantine.is_none() && delivery.items.iter().any(|item| matches!(item, Item::Message(_)))
    };
    let files = if made.iter().any(is_message) { files(&arrived.mail) } else { Vec::new() };
    Ok((made, files))
}

/// Says of files what their content tells for sure: many programs send every photo as mere bytes.
fn tell_types(item: &mut Item, mail: &Mail) {
    let Item::Message(message) = item else { return };
    for file in &mut message.content.media {
        let content = mail.files.iter().find(|kept| Some(&kept.sha256) == file.sha256_hex.as_ref());
        let claimed = file.mime_type.as_deref().unwrap_or_default();
        if let Some(told) = content.and_then(|kept| recognized(&kept.content, claimed)) {
            file.mime_type = Some(told.to_owned());
        }
    }
}

/// What is kept of a mail beside its items: the raw message, its page, its files.
fn files(mail: &Mail) -> Vec<KeptFile> {
    let raw = mail.raw.iter().map(|raw| KeptFile { sha256: mail.digest.clone(), content: raw.clone() });
    mail.files
        .iter()
        .cloned()
        .chain(mail.html_file())
        .map(|file| KeptFile { sha256: file.sha256, content: file.content })
        .chain(raw)
        .collect()
}
