//! The customers' side: new mails and answers.

use chrono::{DateTime, Utc};
use patchbay_core::letter::{references, reply_subject};
use patchbay_normalizer::email::compose::{Attachment as Enclosed, Correspondent, Letter, Origin, Relay, compose};

use super::letter::MailRecord;
use super::post::{Content, bring};
use crate::config::{MailServer, MailboxSeed};
use crate::media::Attachment;
use crate::message::{Author, DeliveryState, ThreadMedia};
use crate::phones::SayError;
use crate::world::Shared;

/// A mail that a customer writes.
#[derive(Clone, Debug, Default)]
pub struct MailSaying {
    /// The customer's address.
    pub from: String,
    /// Our mailbox; `None`: the first one, or where an answer goes.
    pub to: Option<String>,
    /// Subject; an answer has one of its own.
    pub subject: Option<String>,
    /// The text.
    pub text: String,
    /// Id of the mail it answers.
    pub reply_to: Option<String>,
    /// A file.
    pub attachment: Option<Attachment>,
}

/// Sends a mail as a customer. Answers its Message-ID.
pub(crate) fn write(shared: &Shared, saying: &MailSaying) -> Result<String, SayError> {
    let from = saying.from.to_lowercase();
    let domain = from.rsplit_once('@').map_or("simulator.test", |(_, domain)| domain).to_owned();
    let id = format!("{}@{domain}", shared.world().hex(12));
    send(shared, saying, id, shared.now())
}

fn send(shared: &Shared, saying: &MailSaying, id: String, at: DateTime<Utc>) -> Result<String, SayError> {
    let server = shared.config.mail.as_ref().ok_or(SayError::NotOnChannel)?;
    let from = saying.from.to_lowercase();
    let known = server.correspondents.iter().find(|one| one.address == from);
    let name = known.map(|one| one.name.clone()).ok_or(SayError::NoSuchPhone)?;
    let (answered, has_room) = {
        let world = shared.world();
        let mails = world.mailboxes.get(&from);
        let answered =
            saying.reply_to.as_ref().and_then(|id| mails.into_iter().flatten().find(|mail| mail.id == *id).cloned());
        (answered, shared.courier.has_room())
    };
    if !has_room {
        return Err(SayError::Busy);
    }
    if saying.text.trim().is_empty() && saying.attachment.is_none() {
        return Err(SayError::Empty);
    }
    let recipient = saying.to.clone().or_else(|| answered.as_ref().map(|mail| mail.answer_to.clone()));
    let (mailbox, recipient) = route(server, recipient.as_deref()).ok_or(SayError::NoSuchNumber)?;
    let subject = match (&saying.subject, &answered) {
        (Some(subject), _) => subject.clone(),
        (None, Some(mail)) => reply_subject(&mail.subject),
        (None, None) => String::new(),
    };
    let text = match &answered {
        Some(mail) => quoting(&saying.text, mail),
        None => saying.text.clone(),
    };
    let before = answered.as_ref().map(|mail| references(&mail.references, &mail.id)).unwrap_or_default();
    let file = saying.attachment.as_ref();
    let enclosed: Vec<Enclosed<'_>> = file
        .iter()
        .map(|file| Enclosed {
            filename: file.filename.as_deref().unwrap_or("file"),
            mime_type: &file.mime_type,
            bytes: &file.bytes,
        })
        .collect();
    let mime = compose(&Letter {
        from: Correspondent { name: Some(&name), address: &from },
        to: Correspondent { name: None, address: &recipient },
        cc: &[],
        reply_to: None,
        subject: &subject,
        message_id: &id,
        in_reply_to: answered.as_ref().map(|mail| mail.id.as_str()),
        references: &before,
        text: &text,
        attachments: &enclosed,
        origin: Origin::Person,
        unsubscribe: None,
        relay: Relay::Plain,
        date: at,
    })
    .map_err(|_| SayError::NoSuchNumber)?;
    let media = file.map(|file| {
        let media_id = format!("mail-{}", shared.world().hex(8));
        shared.world().media.put(media_id.clone(), from.clone(), file.clone());
        let (mime_type, filename) = (Some(file.mime_type.clone()), file.filename.clone());
        ThreadMedia { url: format!("/sim/api/media/{media_id}"), mime_type, filename }
    });
    let record = MailRecord {
        id: id.clone(),
        from: Author::Phone,
        business: mailbox.address.clone(),
        writer: Some(name.clone()),
        answer_to: from.clone(),
        subject: subject.clone(),
        text: saying.text.clone(),
        media: media.into_iter().collect(),
        reply_to: answered.map(|mail| mail.id),
        references: before,
        at,
        status: DeliveryState::Sent,
        error_code: None,
    };
    let content = Content::Mail {
        sender: from.clone(),
        recipient,
        from: format!("{name} <{from}>"),
        subject,
        mime: String::from_utf8(mime).expect("a composed mail is ASCII"),
    };
    bring(shared, mailbox, &from, record, content);
    Ok(id)
}

/// The mailbox that an address belongs to: its own, or that of its reply domain.
fn route<'a>(server: &'a MailServer, recipient: Option<&str>) -> Option<(&'a MailboxSeed, String)> {
    let Some(recipient) = recipient.map(str::to_lowercase) else {
        return server.mailboxes.first().map(|mailbox| (mailbox, mailbox.address.clone()));
    };
    let domain = recipient.rsplit_once('@')?.1;
    let fits = |mailbox: &&MailboxSeed| {
        mailbox.address.eq_ignore_ascii_case(&recipient) || mailbox.reply_domain.eq_ignore_ascii_case(domain)
    };
    server.mailboxes.iter().find(fits).map(|mailbox| (mailbox, recipient.clone()))
}

/// An answer as mail programs write it: the text, and below it what it answers.
fn quoting(text: &str, mail: &MailRecord) -> String {
    let quoted: Vec<String> = mail.text.lines().map(|line| format!("> {line}")).collect();
    let writer = mail.writer.as_deref().unwrap_or(&mail.business);
    format!("{text}\n\nOn {}, {writer} wrote:\n{}", mail.at.format("%a, %d %b %Y at %H:%M"), quoted.join("\n"))
}

/// Sends the mails that the customers wrote before anybody looked. Their ids are always the same, so that a demo that
/// starts again over the same database does not get them twice.
pub(crate) fn seed(shared: &Shared) {
    let Some(server) = &shared.config.mail else { return };
    for (index, one) in server.correspondents.iter().enumerate() {
        let Some((subject, text)) = &one.first_mail else { continue };
        let saying = MailSaying {
            from: one.address.clone(),
            subject: Some(subject.clone()),
            text: text.clone(),
            ..MailSaying::default()
        };
        let domain = one.address.rsplit_once('@').map_or("simulator.test", |(_, domain)| domain);
        if let Err(error) = send(shared, &saying, format!("first-{index}@{domain}"), shared.now()) {
            tracing::warn!(%error, "a first mail could not be written");
        }
    }
}
