//! Forms of mail providers, urlencoded or multipart: names and values as bytes, files without a copy.

use std::collections::BTreeMap;

use bytes::Bytes;
use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;
use memchr::memmem;
use sha2::{Digest, Sha256};

use super::headers::{Headers, bare_id};
use crate::text::without_nul;

/// Most fields that are read.
const MAX_FIELDS: usize = 2_000;

/// One field of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Name of the file, for files.
    pub filename: Option<String>,
    /// Type of the file, for files.
    pub content_type: Option<String>,
    /// Content-ID, without angle brackets.
    pub content_id: Option<String>,
    /// The value, decoded.
    pub value: Bytes,
}

/// The fields of a form, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailForm {
    fields: Vec<Field>,
}

/// Not a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body is not a form")]
pub struct NotAForm;

impl MailForm {
    /// Reads a body by its declared type.
    pub fn parse(content_type: &str, body: &Bytes) -> Result<Self, NotAForm> {
        let declared = declared(content_type.as_bytes()).ok_or(NotAForm)?;
        if declared.essence.starts_with("multipart/") {
            let boundary = declared.attribute("boundary").filter(|boundary| !boundary.is_empty());
            multipart(boundary.ok_or(NotAForm)?, body)
        } else if declared.essence == "application/x-www-form-urlencoded" {
            Ok(urlencoded(body))
        } else {
            Err(NotAForm)
        }
    }

    /// The first value of a field.
    pub fn value(&self, name: &str) -> Option<&Bytes> {
        self.fields.iter().find(|field| field.name == name).map(|field| &field.value)
    }

    /// The first value of a field as text, without U+0000.
    pub fn text(&self, name: &str) -> Option<String> {
        self.value(name).map(|value| without_nul(&String::from_utf8_lossy(value)).into_owned())
    }

    /// The first value of a field that says something.
    pub fn word(&self, name: &str) -> Option<String> {
        self.text(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// All fields.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Digest of names and values: the same form has the same, however it is sent.
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        for field in &self.fields {
            for part in [field.name.as_bytes(), field.filename.as_deref().unwrap_or_default().as_bytes(), &field.value]
            {
                hasher.update(part.len().to_be_bytes());
                hasher.update(part);
            }
        }
        hasher.finalize().into()
    }
}

/// A header value of words and attributes.
struct Declared {
    essence: String,
    attributes: Vec<(String, String)>,
}

impl Declared {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

fn declared(value: &[u8]) -> Option<Declared> {
    let ended = [value, b"\r\n"].concat();
    let HeaderValue::ContentType(own) = MessageStream::new(&ended).parse_content_type() else { return None };
    let essence = match own.subtype() {
        Some(subtype) => format!("{}/{subtype}", own.ctype()),
        None => own.ctype().to_owned(),
    };
    let attributes = own.attributes().unwrap_or_default();
    let attributes = attributes.iter().map(|own| (own.name.to_string(), own.value.to_string())).collect();
    Some(Declared { essence: essence.to_ascii_lowercase(), attributes })
}

fn urlencoded(body: &[u8]) -> MailForm {
    let fields = body
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .take(MAX_FIELDS)
        .map(|pair| {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = String::from_utf8_lossy(&unescaped(halves.next().unwrap_or_default())).into_owned();
            Field { name, value: unescaped(halves.next().unwrap_or_default()).into(), ..Field::default() }
        })
        .collect();
    MailForm { fields }
}

/// `+` is a space, `%XX` a byte; what is no escape stands for itself. One pass, one copy: a value may be a whole mail.
fn unescaped(encoded: &[u8]) -> Vec<u8> {
    let digit = |place: usize| encoded.get(place).and_then(|byte| char::from(*byte).to_digit(16));
    let mut plain = Vec::with_capacity(encoded.len());
    let mut place = 0;
    while let Some(byte) = encoded.get(place) {
        match (byte, digit(place + 1), digit(place + 2)) {
            (b'%', Some(high), Some(low)) => {
                plain.push(u8::try_from(high * 16 + low).unwrap_or_default());
                place += 3;
                continue;
            }
            (b'+', _, _) => plain.push(b' '),
            (byte, _, _) => plain.push(*byte),
        }
        place += 1;
    }
    plain
}

fn multipart(boundary: &str, body: &Bytes) -> Result<MailForm, NotAForm> {
    let mark = [b"--", boundary.as_bytes()].concat();
    let finder = memmem::Finder::new(&mark);
    // Only at the beginning of a line, and with the end of the line or of the form behind it.
    let is_mark = |place: usize| {
        let begins = place == 0 || body.get(place - 1) == Some(&b'\n');
        begins && matches!(body.get(place + mark.len()), None | Some(b'\r' | b'\n' | b'-' | b' ' | b'\t'))
    };
    let mut fields = Vec::new();
    let mut begin: Option<usize> = None;
    for place in finder.find_iter(body).filter(|place| is_mark(*place)) {
        if let Some(begin) = begin {
            let end = if place > begin && body.get(place - 1) == Some(&b'\n') { place - 1 } else { place };
            let end = if end > begin && body.get(end - 1) == Some(&b'\r') { end - 1 } else { end };
            fields.extend(part(&body.slice(begin..end.max(begin))));
        }
        let after = place + mark.len();
        if body.get(after..after + 2) == Some(b"--") || fields.len() >= MAX_FIELDS {
            return Ok(MailForm { fields });
        }
        let line = body.get(after..).unwrap_or_default();
        begin = Some(after + memchr::memchr(b'\n', line).map_or(line.len(), |end| end + 1));
    }
    // A form that does not end was cut off on its way.
    Err(NotAForm)
}

fn part(part: &Bytes) -> Option<Field> {
    let headers = Headers::of_message(part);
    let disposition = declared(headers.first("Content-Disposition")?)?;
    let name = disposition.attribute("name")?.to_owned();
    let value = part.slice(header_end(part)..);
    Some(Field {
        name,
        filename: disposition.attribute("filename").map(|name| without_nul(name).into_owned()),
        content_type: headers.plain("Content-Type"),
        content_id: headers.plain("Content-ID").map(|id| bare_id(&id)),
        value,
    })
}

/// Where the content of a part begins.
fn header_end(part: &[u8]) -> usize {
    if part.starts_with(b"\r\n") {
        return 2;
    }
    let ends = [memmem::find(part, b"\r\n\r\n").map(|end| end + 4), memmem::find(part, b"\n\n").map(|end| end + 2)];
    ends.into_iter().flatten().min().unwrap_or(part.len())
}

/// A JSON object in a field, as texts.
pub(crate) fn texts_of(json: Option<String>) -> BTreeMap<String, String> {
    json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=b1";

    #[test]
    fn fields_and_files_are_read() {
        let body = Bytes::from_static(b"--b1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--b1x\r\n\r\n--b1\r\nContent-Disposition: form-data; name=\"f\"; filename=\"p.png\"\r\nContent-Type: image/png\r\n\r\n\x00\xff\r\n\r\n--b1\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n--b1--\r\n");
        let form = MailForm::parse(TYPE, &body).unwrap();
        assert_eq!(form.text("a").unwrap(), "one\r\n--b1x\r\n");
        assert_eq!(form.value("f").unwrap().as_ref(), b"\x00\xff\r\n");
        assert_eq!(form.fields()[1].filename.as_deref(), Some("p.png"));
        assert_eq!(form.text("empty").as_deref(), Some(""));
        assert_eq!(MailForm::parse(TYPE, &body.slice(..body.len() - 8)), Err(NotAForm), "cut off");
    }

    #[test]
    fn the_digest_does_not_depend_on_how_a_form_is_sent() {
        let multipart = Bytes::from_static(b"--b1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx y&\r\n--b1--");
        let one = MailForm::parse(TYPE, &multipart).unwrap();
        let other = MailForm::parse("application/x-www-form-urlencoded", &Bytes::from_static(b"a=x+y%26")).unwrap();
        assert_eq!(one.digest(), other.digest());
        assert_eq!(other.text("a").as_deref(), Some("x y&"));
    }

    #[test]
    fn other_types_are_no_forms() {
        for content_type in ["", "application/json", "multipart/form-data", "text/plain"] {
            assert_eq!(MailForm::parse(content_type, &Bytes::from_static(b"a=1")), Err(NotAForm), "{content_type}");
        }
    }

    proptest! {
        #[test]
        fn any_form_will_do(body in "(--b1|\r\n|\n|--|Content-Disposition: form-data; name=\"?|[a-z=&%0-9]{0,5}){0,30}") {
            let body = Bytes::from(body);
            let _ = MailForm::parse(TYPE, &body);
            let _ = MailForm::parse("application/x-www-form-urlencoded", &body);
        }
    }
}
