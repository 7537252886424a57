//! From the raw message to a [`Mail`]. Bounded before the parser sees it: what was made to hurt is kept whole, not taken
//! apart.

use aho_corasick::AhoCorasick;
use bytes::Bytes;
use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{Encoding, Message, MessageParser, MessagePart, MimeHeaders, PartType};
use memchr::memmem;
use sha2::{Digest, Sha256};

use super::headers::{Headers, bare_id};
use super::html_text;
use super::mail::{Damage, Mail, MailFile};
use super::report::{self, Report};
use crate::text::without_nul;

/// Most parts that are taken apart.
const MAX_PARTS: usize = 1_000;
/// Most lines that may begin a part; beyond, the parser is not asked.
const MAX_PART_MARKS: usize = 20_000;
/// Most messages within messages, at any depth.
const MAX_INNER_MESSAGES: usize = 100;
/// Deepest nesting of parts.
const MAX_DEPTH: usize = 50;
/// Longest header section of a part.
const MAX_PART_HEADER_BYTES: usize = 64 << 10;
/// Longest text that is kept; the raw message has the rest.
const MAX_TEXT_BYTES: usize = 512 << 10;
/// Longest page that is kept.
const MAX_HTML_BYTES: usize = 2 << 20;

/// Takes a raw message apart.
pub fn parse(raw: &Bytes) -> Mail {
    let headers = Headers::of_message(raw);
    let digest = hex::encode(Sha256::digest(raw));
    let mut mail = Mail { headers, digest, raw: Some(raw.clone()), ..Mail::default() };
    mail.damage = damage(raw, &mail.headers);
    if mail.damage.is_some() {
        return mail;
    }
    let Some(message) = MessageParser::default().parse(raw.as_ref()) else {
        mail.damage = Some(Damage::Unreadable);
        return mail;
    };
    mail.damage = if depth(&message) > MAX_DEPTH {
        Some(Damage::NestingBomb)
    } else if message.parts.len() > MAX_PARTS {
        Some(Damage::PartBomb)
    } else {
        None
    };
    if mail.damage.is_none() {
        take_apart(&message, raw, &mut mail);
    }
    mail
}

/// What the parser must not see.
fn damage(raw: &[u8], headers: &Headers) -> Option<Damage> {
    if headers.is_cut() {
        return Some(Damage::HeaderBomb);
    }
    let mut marks = 0;
    let mut blanks = BlankLines::of(raw);
    for place in memmem::find_iter(raw, b"\n--") {
        marks += 1;
        if marks > MAX_PART_MARKS {
            return Some(Damage::PartBomb);
        }
        if !blanks.end_soon(place + 1) {
            return Some(Damage::HeaderBomb);
        }
    }
    let inner = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(["message/rfc822", "message/global", "multipart/digest"])
        .expect("three short patterns");
    for (number, found) in inner.find_iter(raw).enumerate() {
        if number == MAX_INNER_MESSAGES {
            return Some(Damage::NestingBomb);
        }
        let begin =
            memmem::find(raw.get(found.end()..).unwrap_or_default(), b"\n\r\n").map(|end| found.end() + end + 3);
        let section = |begin: usize| {
            raw.get(begin..raw.len().min(begin.saturating_add(MAX_PART_HEADER_BYTES + 4))).unwrap_or_default()
        };
        if begin.is_some_and(|begin| !BlankLines::of(section(begin)).end_soon(0)) {
            return Some(Damage::HeaderBomb);
        }
    }
    None
}

/// The empty lines of a mail, walked through once, however many places ask for the next.
struct BlankLines<'r> {
    raw: &'r [u8],
    crlf: memmem::FindIter<'r, 'static>,
    lf: memmem::FindIter<'r, 'static>,
    next_crlf: Option<usize>,
    next_lf: Option<usize>,
}

impl<'r> BlankLines<'r> {
    fn of(raw: &'r [u8]) -> Self {
        let (mut crlf, mut lf) = (memmem::find_iter(raw, b"\n\r\n"), memmem::find_iter(raw, b"\n\n"));
        let (next_crlf, next_lf) = (crlf.next(), lf.next());
        Self { raw, crlf, lf, next_crlf, next_lf }
    }

    /// Whether what begins here is no longer than a header section may be, or no header section at all. Later calls ask for
    /// later places.
    fn end_soon(&mut self, begin: usize) -> bool {
        while self.next_crlf.is_some_and(|place| place + 1 < begin) {
            self.next_crlf = self.crlf.next();
        }
        while self.next_lf.is_some_and(|place| place + 1 < begin) {
            self.next_lf = self.lf.next();
        }
        let end = begin.saturating_add(MAX_PART_HEADER_BYTES);
        let Some(section) = self.raw.get(begin..end) else { return true };
        if [self.next_crlf, self.next_lf].into_iter().flatten().any(|place| place < end) {
            return true;
        }
        // The body of a part may be one long paragraph; fields have colons at the beginning of their lines.
        let lines = section.split(|byte| *byte == b'\n').skip(1);
        lines.take(3).any(|line| memchr::memchr(b':', line.get(..line.len().min(80)).unwrap_or_default()).is_none())
    }
}

fn depth(message: &Message<'_>) -> usize {
    let mut depths = vec![0_usize; message.parts.len()];
    let mut deepest = 0;
    // A part stands before its children.
    for (place, part) in message.parts.iter().enumerate() {
        let PartType::Multipart(children) = &part.body else { continue };
        let below = depths.get(place).copied().unwrap_or_default() + 1;
        for child in children {
            if let Some(depth) = usize::try_from(*child).ok().and_then(|child| depths.get_mut(child)) {
                *depth = below;
                deepest = deepest.max(below);
            }
        }
    }
    deepest
}

/// A part, and the multipart it stands in.
struct Leaf<'m, 'x> {
    part: &'m MessagePart<'x>,
    parent: Option<String>,
    mime_type: String,
}

fn leaves<'m, 'x>(message: &'m Message<'x>) -> Vec<Leaf<'m, 'x>> {
    let mut parents: Vec<Option<String>> = vec![None; message.parts.len()];
    for part in &message.parts {
        let PartType::Multipart(children) = &part.body else { continue };
        let subtype = part.content_type().and_then(|own| own.subtype()).unwrap_or("mixed").to_ascii_lowercase();
        for child in children {
            if let Some(parent) = usize::try_from(*child).ok().and_then(|child| parents.get_mut(child)) {
                *parent = Some(subtype.clone());
            }
        }
    }
    message
        .parts
        .iter()
        .zip(parents)
        .filter(|(part, _)| !matches!(part.body, PartType::Multipart(_)))
        .map(|(part, parent)| Leaf { part, mime_type: mime_type(part, parent.as_deref()), parent })
        .collect()
}

fn mime_type(part: &MessagePart<'_>, parent: Option<&str>) -> String {
    match part.content_type() {
        Some(own) => match own.subtype() {
            Some(subtype) => format!("{}/{}", own.ctype(), subtype).to_ascii_lowercase(),
            None => own.ctype().to_ascii_lowercase(),
        },
        None if parent == Some("digest") => "message/rfc822".to_owned(),
        None => "text/plain".to_owned(),
    }
}

fn take_apart(message: &Message<'_>, raw: &Bytes, mail: &mut Mail) {
    let leaves = leaves(message);
    mail.report = report_of(message, &leaves, raw);
    if mail.report.is_some() {
        return;
    }
    let mut texts: Vec<String> = Vec::new();
    for leaf in &leaves {
        let name = leaf.part.attachment_name();
        let disposition = leaf.part.content_disposition();
        let is_file = name.is_some_and(|name| !name.is_empty())
            || disposition.is_some_and(mail_parser::ContentType::is_attachment);
        match (&leaf.part.body, leaf.mime_type.as_str()) {
            (PartType::Text(text), "text/plain" | "text") if !is_file => texts.push(lines(text)),
            (PartType::Html(html), _) if !is_file => {
                mail.html.get_or_insert_with(|| without_nul(within(html, MAX_HTML_BYTES)).into_owned());
            }
            // Other spellings of the same text.
            (PartType::Text(_), _)
                if !is_file && leaf.parent.as_deref() == Some("alternative") && !is_calendar(leaf) => {}
            _ => mail.files.push(file(leaf, raw)),
        }
    }
    let bounded = |text: String| Some(within(&text, MAX_TEXT_BYTES).to_owned()).filter(|text| !text.is_empty());
    let mut texts = texts.into_iter().filter(|text| !text.is_empty());
    let text = texts.next().or_else(|| mail.html.as_deref().map(html_text::text_of));
    mail.text = text.and_then(bounded);
    // Programs that show pictures between words send several texts: none is lost.
    mail.more_text = bounded(texts.collect::<Vec<_>>().join("\n\n"));
}

fn is_calendar(leaf: &Leaf<'_, '_>) -> bool {
    leaf.mime_type == "text/calendar"
}

/// Lines end with LF; nothing outside.
pub(super) fn lines(text: &str) -> String {
    let text = if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() };
    without_nul(text.trim()).into_owned()
}

/// At most `limit` bytes, whole characters.
pub(super) fn within(text: &str, limit: usize) -> &str {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

fn file(leaf: &Leaf<'_, '_>, raw: &Bytes) -> MailFile {
    let part = leaf.part;
    let content = content(part, raw);
    let content_id = part.content_id().map(bare_id).filter(|id| !id.is_empty());
    let is_inline = part.content_disposition().is_some_and(mail_parser::ContentType::is_inline)
        || leaf.parent.as_deref() == Some("related") && content_id.is_some();
    let sha256 = hex::encode(Sha256::digest(&content));
    let filename =
        part.attachment_name().map(|name| without_nul(name.trim()).into_owned()).filter(|name| !name.is_empty());
    MailFile { filename, mime_type: leaf.mime_type.clone(), is_inline, content_id, content, sha256 }
}

/// The decoded bytes of a part, in the sender's charset.
fn content(part: &MessagePart<'_>, raw: &Bytes) -> Bytes {
    if let PartType::Binary(content) | PartType::InlineBinary(content) = &part.body {
        return match content {
            std::borrow::Cow::Borrowed(slice) => raw.slice_ref(slice),
            std::borrow::Cow::Owned(decoded) => Bytes::from(decoded.clone()),
        };
    }
    let place = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX).min(raw.len());
    let (begin, end) = (place(part.offset_body), place(part.offset_end));
    let slice = raw.slice(begin.min(end)..end);
    match part.encoding {
        Encoding::None => slice,
        Encoding::Base64 => base64_decode(&slice).map_or(slice, Bytes::from),
        Encoding::QuotedPrintable => quoted_printable_decode(&slice).map_or(slice, Bytes::from),
    }
}

fn report_of(message: &Message<'_>, leaves: &[Leaf<'_, '_>], raw: &Bytes) -> Option<Report> {
    let own = message.parts.first()?.content_type()?;
    if !own.ctype().eq_ignore_ascii_case("multipart") || !own.subtype()?.eq_ignore_ascii_case("report") {
        return None;
    }
    let parts: Vec<(String, Bytes)> =
        leaves.iter().map(|leaf| (leaf.mime_type.clone(), content(leaf.part, raw))).collect();
    report::of_parts(own.attribute("report-type"), &parts)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn mail(raw: &str) -> Mail {
        parse(&Bytes::from(raw.replace('\n', "\r\n")))
    }

    #[test]
    fn the_first_text_wins_and_files_are_no_text() {
        let mail = mail(
            "From: a@b.test\nContent-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: text/plain; name=note.txt\nContent-Disposition: attachment; filename=note.txt\n\nnot me\n--o\nContent-Type: multipart/alternative; boundary=i\n\n--i\nContent-Type: text/plain\n\nplain\n--i\nContent-Type: text/html\n\n<p>html</p>\n--i--\n--o\nContent-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\n--o--\n",
        );
        assert_eq!(mail.text.as_deref(), Some("plain"));
        assert_eq!(mail.html.as_deref().map(str::trim), Some("<p>html</p>"));
        let files: Vec<_> = mail
            .files
            .iter()
            .map(|file| (file.filename.as_deref(), file.mime_type.as_str(), file.content.as_ref()))
            .collect();
        assert_eq!(
            files,
            [(Some("note.txt"), "text/plain", b"not me".as_slice()), (None, "text/calendar", b"BEGIN:VCALENDAR")]
        );
    }

    #[test]
    fn an_attached_text_keeps_its_bytes() {
        let mail = mail(
            "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\nContent-Disposition: attachment; filename=x.txt\n\nGr=FC=DFe\n--o\nContent-Type: text/csv; charset=iso-8859-1\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=x.csv\n\n/Nw=\n--o--\n",
        );
        assert_eq!(mail.files[0].content.as_ref(), b"Gr\xfc\xdfe");
        assert_eq!(mail.files[1].content.as_ref(), b"\xfc\xdc");
        assert_eq!(mail.text, None);
    }

    #[test]
    fn an_attached_message_is_a_file() {
        let mail = mail(
            "Content-Type: multipart/mixed; boundary=o\n\n--o\n\nsee\n--o\nContent-Type: message/rfc822\n\nFrom: x@y.test\nSubject: inner\n\ninner text\n--o--\n",
        );
        assert_eq!(mail.text.as_deref(), Some("see"));
        assert_eq!(mail.files.len(), 1);
        assert_eq!(mail.files[0].content.as_ref(), b"From: x@y.test\r\nSubject: inner\r\n\r\ninner text");
    }

    #[test]
    fn charsets_are_honored_and_unknown_ones_are_no_error() {
        let text = |charset: &str, body: &[u8]| {
            let head = format!("Content-Type: text/plain; charset={charset}\r\n\r\n");
            parse(&Bytes::from([head.as_bytes(), body].concat())).text.unwrap_or_default()
        };
        assert_eq!(text("windows-1252", b"\x93hi\x94 \x80"), "“hi” €");
        assert_eq!(text("iso-8859-15", b"\xa4"), "€");
        assert_eq!(text("shift_jis", b"\x82\xb1"), "こ");
        assert_eq!(text("iso-2022-jp", b"\x1b$B$3\x1b(B"), "こ");
        assert_eq!(text("big5", b"\xa4\xa4"), "中");
        assert!(text("x-nobody-knows", b"a\xffb").starts_with('a'));
    }

    #[test]
    fn what_was_made_to_hurt_is_kept_whole_within_a_second() {
        let part = "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n";
        let nested = (0..10_000)
            .map(|level| format!("Content-Type: multipart/mixed; boundary=\"b{level}\"\r\n\r\n--b{level}\r\n"))
            .collect::<Vec<_>>()
            .concat();
        let letters: String = (0..10_000).map(|_| "Content-Type: message/rfc822\r\n\r\n").collect();
        let digests = (0..10_000)
            .map(|level| format!("Content-Type: multipart/digest; boundary=\"b{level}\"\r\n\r\n--b{level}\r\n\r\n"))
            .collect::<Vec<_>>()
            .concat();
        for (name, raw, damage) in [
            (
                "parts",
                format!("From: a@b.test\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{}", part.repeat(10_000)),
                Some(Damage::PartBomb),
            ),
            (
                "tiny parts",
                format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{}", "--b\r\n\r\n".repeat(1_000_000)),
                Some(Damage::PartBomb),
            ),
            ("nesting", nested, Some(Damage::NestingBomb)),
            ("letters", letters, Some(Damage::NestingBomb)),
            ("digests", digests, Some(Damage::NestingBomb)),
            ("fields", format!("{}\r\nbody", "X-A: b\r\n".repeat(100_000)), Some(Damage::HeaderBomb)),
            ("field", format!("X-A: {}\r\n\r\nbody", "a\r\n ".repeat(500_000)), Some(Damage::HeaderBomb)),
            (
                "part fields",
                format!(
                    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n{}\r\nbody",
                    "X-A: b\r\n".repeat(1_000_000)
                ),
                Some(Damage::HeaderBomb),
            ),
            (
                "marks among fields",
                format!(
                    "Content-Type: multipart/mixed; boundary=b\r\n\r\n{}",
                    "--b: x\r\nX-A: y\r\nX-B: z\r\nX-C: z\r\n".repeat(40_000)
                ),
                Some(Damage::HeaderBomb),
            ),
            ("page", format!("Content-Type: text/html\r\n\r\n{}", "<div><b>".repeat(1_000_000)), None),
            ("words", format!("Subject: {}\r\n\r\nbody", "=?utf-8?q?a?= ".repeat(20_000)), None),
            ("recipients", format!("To: {}\r\n\r\nbody", "<a@b.test>, ".repeat(30_000)), None),
            ("base64", format!("Content-Transfer-Encoding: base64\r\n\r\n{}", "QUJD\r\n".repeat(1_000_000)), None),
        ] {
            let raw = Bytes::from(raw);
            let started = Instant::now();
            let mail = parse(&raw);
            assert_eq!(mail.damage, damage, "{name}");
            assert_eq!(mail.raw.as_ref().map(Bytes::len), Some(raw.len()));
            // The bar is a second in a release build; nothing is optimized here and the machine is shared.
            assert!(started.elapsed() < Duration::from_secs(10), "{name}: {:?}", started.elapsed());
        }
    }
}
