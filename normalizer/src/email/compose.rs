//! From a message of ours to the bytes of a mail. Pure: the same message gives the same bytes.
//! Source: channel reference, e-mail, outbound mail.

mod encode;

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use patchbay_core::letter::{MOST_COPIES, is_address, is_message_id, one_line};

use crate::request::RenderError;
use encode::{address_list, base64_lines, disposition_name, encoded_text, quoted_printable};

/// A mail to send.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// Who writes.
    pub from: Correspondent<'a>,
    /// To whom.
    pub to: Correspondent<'a>,
    /// Who gets a copy.
    pub cc: &'a [String],
    /// Where answers go, when not to `from`.
    pub reply_to: Option<&'a str>,
    /// The subject, as it is to be read.
    pub subject: &'a str,
    /// Our id of the mail, without angle brackets.
    pub message_id: &'a str,
    /// Id of the mail that this answers.
    pub in_reply_to: Option<&'a str>,
    /// Ids of the mails before it, oldest first, that one included.
    pub references: &'a [String],
    /// The text.
    pub text: &'a str,
    /// Files that go with it.
    pub attachments: &'a [Attachment<'a>],
    /// Who or what wrote it.
    pub origin: Origin,
    /// Where one click ends what many get, if there is such a place.
    pub unsubscribe: Option<&'a str>,
    /// Which relay it goes through.
    pub relay: Relay,
    /// When it was written.
    pub date: DateTime<Utc>,
}

/// Somebody with an address.
#[derive(Clone, Copy, Debug)]
pub struct Correspondent<'a> {
    /// Name to show.
    pub name: Option<&'a str>,
    /// The address.
    pub address: &'a str,
}

/// A file that goes with a mail.
#[derive(Clone, Copy, Debug)]
pub struct Attachment<'a> {
    /// Its name.
    pub filename: &'a str,
    /// Its type.
    pub mime_type: &'a str,
    /// The file.
    pub bytes: &'a [u8],
}

/// Who or what wrote a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A person.
    Person,
    /// A machine, as the answer to a mail: nobody is to answer it automatically.
    Automatic,
    /// Many get the same: it says how to get no more of it.
    Bulk,
}

/// What is known of the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relay {
    /// Nothing.
    Plain,
    /// Postmark, which gives a mail another id unless it is told not to.
    Postmark,
}

/// The bytes of a mail. Errors: [`RenderError::Unreachable`] for what is no address, [`RenderError::Empty`] when there is
/// nothing to say.
pub fn compose(letter: &Letter<'_>) -> Result<Vec<u8>, RenderError> {
    let mut everyone = vec![letter.from.address, letter.to.address];
    everyone.extend(letter.cc.iter().map(String::as_str));
    everyone.extend(letter.reply_to);
    if everyone.iter().any(|address| !is_address(address)) || !is_message_id(letter.message_id) {
        return Err(RenderError::Unreachable);
    }
    if letter.cc.len() > MOST_COPIES {
        return Err(RenderError::TooMany { field: "copies", limit: MOST_COPIES });
    }
    if letter.text.trim().is_empty() && letter.attachments.is_empty() {
        return Err(RenderError::Empty);
    }
    let mut mail = headers(letter);
    let boundary = boundary(letter.message_id);
    let body = alternative(letter.text, &boundary);
    if letter.attachments.is_empty() {
        mail.push_str(&body);
        return Ok(mail.into_bytes());
    }
    let _ = write!(mail, "Content-Type: multipart/mixed; boundary=\"m-{boundary}\"\r\n\r\n--m-{boundary}\r\n{body}");
    for file in letter.attachments {
        let _ = write!(mail, "\r\n--m-{boundary}\r\n");
        attach(&mut mail, file);
    }
    let _ = write!(mail, "\r\n--m-{boundary}--\r\n");
    Ok(mail.into_bytes())
}

fn headers(letter: &Letter<'_>) -> String {
    let mut mail = String::with_capacity(2048 + letter.text.len() * 3);
    let mut header = |name: &str, value: &str| {
        let _ = write!(mail, "{name}: {value}\r\n");
    };
    header("Date", &letter.date.to_rfc2822());
    header("From", &address_list([(letter.from.name, letter.from.address)]));
    header("To", &address_list([(letter.to.name, letter.to.address)]));
    if !letter.cc.is_empty() {
        header("Cc", &address_list(letter.cc.iter().map(|address| (None, address.as_str()))));
    }
    if let Some(address) = letter.reply_to {
        header("Reply-To", &address_list([(letter.from.name, address)]));
    }
    header("Subject", &encoded_text(letter.subject, "Subject: ".len()));
    header("Message-ID", &format!("<{}>", letter.message_id));
    if let Some(id) = letter.in_reply_to.filter(|id| is_message_id(id)) {
        header("In-Reply-To", &format!("<{id}>"));
    }
    let references: Vec<String> =
        letter.references.iter().filter(|id| is_message_id(id)).map(|id| format!("<{id}>")).collect();
    if !references.is_empty() {
        header("References", &references.join("\r\n "));
    }
    match letter.origin {
        Origin::Person => {}
        Origin::Automatic => {
            header("Auto-Submitted", "auto-replied");
            header("X-Auto-Response-Suppress", "All");
        }
        Origin::Bulk => {
            let address = letter.reply_to.unwrap_or(letter.from.address);
            let by_mail = format!("<mailto:{address}?subject=unsubscribe>");
            // Only https can be clicked for somebody else. Source: RFC 8058.
            match letter.unsubscribe.filter(|url| url.starts_with("https://") && url.bytes().all(is_url_byte)) {
                Some(url) => {
                    header("List-Unsubscribe", &format!("<{url}>,\r\n {by_mail}"));
                    header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
                }
                None => header("List-Unsubscribe", &by_mail),
            }
            header("Precedence", "bulk");
            header("Auto-Submitted", "auto-generated");
        }
    }
    if letter.relay == Relay::Postmark {
        header("X-PM-KeepID", "true");
        // Postmark takes 80 characters; without it its reports name only its own id.
        if letter.message_id.len() <= 80 {
            header("X-PM-Metadata-mid", letter.message_id);
        }
    }
    header("MIME-Version", "1.0");
    mail
}

fn is_url_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b'"')
}

/// The text twice, for those who show HTML and those who do not: headers of the part, empty line, parts.
fn alternative(text: &str, boundary: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "");
    let part = |kind: &str, body: &str| {
        format!(
            "--a-{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\
             \r\n{}\r\n",
            quoted_printable(body)
        )
    };
    format!(
        "Content-Type: multipart/alternative; boundary=\"a-{boundary}\"\r\n\r\n{}{}--a-{boundary}--\r\n",
        part("plain", &text),
        part("html", &html(&text))
    )
}

/// The text as a page that says the same and nothing else.
fn html(text: &str) -> String {
    let mut page = String::with_capacity(text.len() + 128);
    page.push_str("<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"></head><body>\n<div>");
    for one in text.trim_end().chars() {
        match one {
            '&' => page.push_str("&amp;"),
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            '"' => page.push_str("&quot;"),
            '\'' => page.push_str("&#39;"),
            '\n' => page.push_str("<br>\n"),
            other => page.push(other),
        }
    }
    page.push_str("</div>\n</body></html>\n");
    page
}

fn attach(mail: &mut String, file: &Attachment<'_>) {
    let is_type = |text: &str| {
        text.split('/').count() == 2
            && text.split('/').all(|half| {
                !half.is_empty()
                    && half.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
            })
    };
    let bare = file.mime_type.split(';').next().unwrap_or_default().trim();
    // A message inside a message must not be encoded; as a plain file it may.
    let usable = is_type(bare) && !bare.starts_with("message/") && !bare.starts_with("multipart/");
    let kind = if usable { bare } else { "application/octet-stream" };
    let name = one_line(file.filename);
    let _ = write!(
        mail,
        "Content-Type: {kind}\r\nContent-Disposition: attachment;\r\n {}\r\nContent-Transfer-Encoding: base64\r\n\r\n",
        disposition_name(if name.is_empty() { "file" } else { &name })
    );
    base64_lines(mail, file.bytes);
}

/// A boundary that our own parts cannot contain: quoted-printable and base64 never hold `=_`.
fn boundary(message_id: &str) -> String {
    format!("=_{}", crate::digest::of(&[message_id]).trim_start_matches("sha256:"))
}

#[cfg(test)]
mod tests;
