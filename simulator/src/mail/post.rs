//! What comes back to us: reports on our mails, and mails of customers, posted as Mailgun does, or over SMTP to our own
//! receiver. Source: channel reference, e-mail.

use std::net::SocketAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use patchbay_core::channel::{Channel, Direction};
use patchbay_core::secret::Secret;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::letter::{Letter, MailRecord, Reading};
use crate::carrier::{self, Fate};
use crate::config::{MailboxSeed, Strangers};
use crate::courier::{About, Answer, Callback, Key, Post, Trouble};
use crate::faults::{Provider, take};
use crate::message::{Author, DeliveryState, Sent, ThreadMedia};
use crate::payload::encode_form;
use crate::world::{Entry, Shared};

/// How a mailbox of ours gets its mail.
#[derive(Clone, Debug)]
pub enum Way {
    /// By Mailgun's webhooks at this URL (`…/webhooks/email/mailgun`), signed with this key.
    Mailgun {
        /// Where events go; mails go to the same with `/mime`.
        url: String,
        /// The webhook signing key.
        signing_key: Secret,
    },
    /// Over SMTP, to our own receiver. Reports come as mails.
    Smtp(SocketAddr),
}

/// Something that is brought to us.
#[derive(Clone, Debug)]
pub(crate) struct MailPost {
    pub(crate) way: Way,
    pub(crate) key: Key,
    /// When it was made, and a word that is used once: a repetition carries the same.
    pub(crate) stamp: (DateTime<Utc>, String),
    pub(crate) content: Content,
}

/// What is brought.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// A customer's mail.
    Mail { sender: String, recipient: String, from: String, subject: String, mime: String },
    /// A report.
    Event(Value),
}

/// SMTP code and enhanced code behind a fault's `fail_code`.
pub(super) fn smtp_code(code: u32) -> (u16, &'static str) {
    match code {
        535 => (535, "5.7.8"),
        452 => (452, "4.3.1"),
        552 => (552, "5.2.2"),
        554 => (554, "5.7.1"),
        _ => (550, "5.1.1"),
    }
}

/// Notes a mail that was taken and plans what is reported of it.
pub(super) fn take_in(shared: &Shared, letter: Letter, reading: Reading) {
    let Some(mailbox) = shared.config.mail.as_ref().and_then(|server| server.mailbox(&reading.from)).cloned() else {
        return;
    };
    let to = letter.recipients.first().cloned().unwrap_or_default();
    let at = letter.at;
    let media: Vec<ThreadMedia> = {
        let mut world = shared.world();
        let files = reading.files.into_iter().map(|file| {
            let id = format!("mail-{}", world.hex(8));
            let (mime_type, filename) = (file.mime_type.clone(), file.filename.clone());
            let file =
                crate::media::Attachment { mime_type: file.mime_type, filename: file.filename, bytes: file.bytes };
            world.media.put(id.clone(), mailbox.address.clone(), file);
            ThreadMedia { url: format!("/sim/api/media/{id}"), mime_type: Some(mime_type), filename }
        });
        files.collect()
    };
    let sent = Sent {
        provider: Provider::Mail,
        channel: Channel::Email,
        id: reading.message_id.clone(),
        our_id: Some(reading.message_id.clone()),
        from: mailbox.address.clone(),
        to: to.clone(),
        kind: "email".to_owned(),
        text: Some(reading.text.clone()),
        media: media.clone(),
        body: json!({ "subject": reading.subject, "reply_to": reading.answer_to, "in_reply_to": reading.reply_to,
                      "references": reading.references, "recipients": letter.recipients, "sender": letter.sender }),
        at,
        state: DeliveryState::Queued,
        error_code: None,
    };
    let record = MailRecord {
        id: reading.message_id,
        from: Author::Business,
        business: mailbox.address.clone(),
        writer: reading.writer,
        answer_to: reading.answer_to,
        subject: reading.subject,
        text: reading.text,
        media,
        reply_to: reading.reply_to,
        references: reading.references,
        at,
        status: DeliveryState::Queued,
        error_code: None,
    };
    let entry = carrier::outbound(sent.clone(), Channel::Email, &mailbox.address, None);
    let fate = {
        let mut world = shared.world();
        *world.accepted.entry(Provider::Mail).or_default() += 1;
        world.messages.insert(sent.id.clone(), entry);
        let known = world.mailboxes.contains_key(&to);
        world.note_letter(letter);
        world.put_mail(&to, record);
        let strangers = shared.config.strangers == Strangers::Reachable;
        let faults = &mut world.faults.mail;
        if take(&mut faults.fail_messages) {
            Fate::Fails(faults.fail_code)
        } else if known || strangers {
            Fate::Arrives
        } else {
            Fate::Fails(0)
        }
    };
    shared.touch();
    report(shared, &mailbox, &sent, fate);
}

/// Plans the reports of a mail.
fn report(shared: &Shared, mailbox: &MailboxSeed, sent: &Sent, fate: Fate) {
    let timing = shared.config.timing;
    let mut steps = match fate {
        Fate::Fails(code) => vec![(timing.sent + timing.delivered, DeliveryState::Failed, Some(code))],
        Fate::Arrives => vec![
            (timing.sent, DeliveryState::Sent, None),
            (timing.sent + timing.delivered, DeliveryState::Delivered, None),
        ],
    };
    if steps.len() > 1 && take(&mut shared.world().faults.mail.reorder_callbacks) {
        let times: Vec<Duration> = steps.iter().map(|step| step.0).collect();
        steps.reverse();
        steps.iter_mut().zip(times).for_each(|(step, after)| step.0 = after);
    }
    for (after, state, code) in steps {
        let (copies, key) = carrier::callback_faults(&mut shared.world().faults.mail);
        let post = match &mailbox.way {
            Way::Mailgun { .. } => Some(MailPost {
                way: mailbox.way.clone(),
                key,
                stamp: stamp(shared),
                content: Content::Event(event(shared, sent, state, code)),
            }),
            Way::Smtp(_) if state == DeliveryState::Failed => Some(MailPost {
                way: mailbox.way.clone(),
                key,
                stamp: stamp(shared),
                content: Content::Mail {
                    sender: String::new(),
                    recipient: mailbox.address.clone(),
                    from: "MAILER-DAEMON@mail.simulator.test".to_owned(),
                    subject: "Undelivered Mail Returned to Sender".to_owned(),
                    mime: bounce(shared, sent, code.unwrap_or(0)),
                },
            }),
            // A relay reports nothing but what did not arrive.
            Way::Smtp(_) => None,
        };
        let callback = Callback {
            lane: format!("{}|{}|{}", Provider::Mail, sent.from, sent.to),
            message_id: sent.id.clone(),
            about: About::Status(state, code.map(|code| u32::from(smtp_code(code).0))),
            post: post.map(Post::Mail),
            copies,
            attempts: 0,
        };
        shared.courier.plan(after, callback);
    }
}

pub(super) fn stamp(shared: &Shared) -> (DateTime<Utc>, String) {
    (shared.now(), shared.world().hex(25))
}

/// A report as Mailgun makes it.
fn event(shared: &Shared, sent: &Sent, state: DeliveryState, code: Option<u32>) -> Value {
    let (word, severity) = match state {
        DeliveryState::Queued | DeliveryState::Sent => ("accepted", None),
        DeliveryState::Delivered => ("delivered", None),
        DeliveryState::Read => ("opened", None),
        DeliveryState::Failed => ("failed", Some("permanent")),
    };
    let (smtp, enhanced) = code.map_or((250, "2.0.0"), smtp_code);
    let now = shared.now();
    let seconds: f64 = format!("{}.{:06}", now.timestamp(), now.timestamp_subsec_micros()).parse().unwrap_or_default();
    let mut event = json!({
        "id": shared.world().hex(11), "timestamp": seconds, "event": word,
        "log-level": "info", "recipient": sent.to,
        "message": { "headers": { "to": sent.to, "from": sent.from, "message-id": sent.id,
                                  "subject": sent.body["subject"] }, "attachments": [], "size": 1024 },
        "tags": [], "user-variables": {}, "campaigns": [],
        "delivery-status": { "code": smtp, "enhanced-code": enhanced, "message": "as the simulator was told",
                             "tls": true, "attempt-no": 1 },
    });
    if let Some(severity) = severity {
        event["severity"] = json!(severity);
        event["reason"] = json!("bounce");
    }
    event
}

/// A report as a mail. Source: RFC 3464.
fn bounce(shared: &Shared, sent: &Sent, code: u32) -> String {
    let (smtp, enhanced) = smtp_code(code);
    let id = shared.world().hex(12);
    let date = shared.now().to_rfc2822();
    [
        "From: Mail Delivery System <MAILER-DAEMON@mail.simulator.test>",
        &format!("To: {}", sent.from),
        "Subject: Undelivered Mail Returned to Sender",
        &format!("Date: {date}"),
        &format!("Message-ID: <dsn-{id}@mail.simulator.test>"),
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=\"dsn\"",
        "",
        "--dsn",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        "Your mail could not be delivered.",
        "--dsn",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mail.simulator.test",
        "",
        &format!("Final-Recipient: rfc822; {}", sent.to),
        "Action: failed",
        &format!("Status: {enhanced}"),
        &format!("Diagnostic-Code: smtp; {smtp} {enhanced} as the simulator was told"),
        "",
        "--dsn",
        "Content-Type: text/rfc822-headers",
        "",
        &format!("Message-ID: <{}>", sent.id),
        &format!("From: {}", sent.from),
        &format!("To: {}", sent.to),
        "",
        "--dsn--",
        "",
    ]
    .join("\r\n")
}

/// Notes a customer's mail and plans its delivery to us.
pub(super) fn bring(shared: &Shared, mailbox: &MailboxSeed, from: &str, record: MailRecord, content: Content) {
    let id = record.id.clone();
    let sent = Sent {
        provider: Provider::Mail,
        channel: Channel::Email,
        id: id.clone(),
        our_id: None,
        from: from.to_owned(),
        to: mailbox.address.clone(),
        kind: "email".to_owned(),
        text: Some(record.text.clone()),
        media: record.media.clone(),
        body: Value::Null,
        at: record.at,
        state: DeliveryState::Sent,
        error_code: None,
    };
    let (copies, key) = {
        let mut world = shared.world();
        let faults = carrier::callback_faults(&mut world.faults.mail);
        let entry = Entry {
            direction: Direction::Inbound,
            channel: Channel::Email,
            message: sent,
            reply_to: record.reply_to.clone(),
            owner: mailbox.address.clone(),
        };
        world.messages.insert(id.clone(), entry);
        world.put_mail(from, record.clone());
        faults
    };
    shared.tell([crate::world::FeedEvent::Mail { address: from.to_owned(), mail: record }]);
    let post = MailPost { way: mailbox.way.clone(), key, stamp: stamp(shared), content };
    let callback = Callback {
        lane: format!("{}|{}|{from}", Provider::Mail, mailbox.address),
        message_id: id,
        about: About::Message,
        post: Some(Post::Mail(post)),
        copies,
        attempts: 0,
    };
    shared.courier.plan(Duration::ZERO, callback);
}

/// Brings it to us; answers the HTTP status, or what comes closest to the answer of our receiver.
pub(crate) async fn deliver(client: &reqwest::Client, post: &MailPost, within: Duration) -> Answer {
    match &post.way {
        Way::Mailgun { url, signing_key } => {
            match mailgun(client, url, signing_key, post).timeout(within).send().await {
                Ok(response) => Answer::of(response.status().as_u16()),
                Err(error) if error.is_connect() => Answer::none(Trouble::Connect),
                Err(_) => Answer::none(Trouble::Silence),
            }
        }
        Way::Smtp(addr) => match tokio::time::timeout(within, over_smtp(*addr, &post.content)).await {
            Ok(Ok(200..=299)) => Answer::of(200),
            Ok(Ok(400..=499)) => Answer::of(503),
            Ok(Ok(_)) => Answer::of(406),
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => Answer::none(Trouble::Connect),
            Ok(Err(_)) | Err(_) => Answer::none(Trouble::Silence),
        },
    }
}

fn mailgun(client: &reqwest::Client, url: &str, signing_key: &Secret, post: &MailPost) -> reqwest::RequestBuilder {
    let (at, token) = (post.stamp.0.timestamp().to_string(), post.stamp.1.as_str());
    let key = match post.key {
        Key::Ours => signing_key.expose(),
        Key::Foreign => "not-the-key-we-share",
    };
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(at.as_bytes());
    mac.update(token.as_bytes());
    let signature = hex::encode(mac.finalize().into_bytes());
    match &post.content {
        Content::Event(event) => {
            let signature = json!({ "timestamp": at, "token": token, "signature": signature });
            client.post(url).json(&json!({ "signature": signature, "event-data": event }))
        }
        Content::Mail { sender, recipient, from, subject, mime } => {
            let pairs = [
                ("recipient", recipient.as_str()),
                ("sender", sender),
                ("from", from),
                ("subject", subject),
                ("timestamp", &at),
                ("token", token),
                ("signature", &signature),
                ("body-mime", mime),
            ];
            client
                .post(format!("{}/mime", url.trim_end_matches('/')))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .body(encode_form(&pairs))
        }
    }
}

/// A plain SMTP client; answers the code of the last answer.
async fn over_smtp(addr: SocketAddr, content: &Content) -> std::io::Result<u16> {
    let Content::Mail { sender, recipient, mime, .. } = content else { return Ok(250) };
    let mut socket = BufReader::new(TcpStream::connect(addr).await?);
    let mut code = answer(&mut socket).await?;
    let stuffed = mime.replace("\r\n.", "\r\n..");
    let commands = [
        "EHLO mail.simulator.test\r\n".to_owned(),
        format!("MAIL FROM:<{sender}>\r\n"),
        format!("RCPT TO:<{recipient}>\r\n"),
        "DATA\r\n".to_owned(),
        format!("{stuffed}\r\n.\r\n"),
    ];
    for command in commands {
        if !(200..400).contains(&code) {
            break;
        }
        socket.get_mut().write_all(command.as_bytes()).await?;
        code = answer(&mut socket).await?;
    }
    let _ = socket.get_mut().write_all(b"QUIT\r\n").await;
    Ok(code)
}

async fn answer(socket: &mut BufReader<TcpStream>) -> std::io::Result<u16> {
    loop {
        let mut line = String::new();
        if socket.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let code = line.get(..3).and_then(|code| code.parse().ok()).unwrap_or(500);
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(code);
        }
    }
}
