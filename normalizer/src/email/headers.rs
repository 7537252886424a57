//! Header fields of a mail, as they stand and as they read.

use std::borrow::Cow;

use mail_parser::parsers::MessageStream;
use mail_parser::{Addr, Address, HeaderValue};

use crate::text::without_nul;

/// Most fields that are read; more is a bomb.
const MAX_FIELDS: usize = 1_000;
/// Longest header section that is read.
const MAX_HEADER_BYTES: usize = 512 << 10;
/// Longest message id that is kept. Source: RFC 5322, line length.
const MAX_ID_CHARS: usize = 998;
/// Most ids of one field.
const MAX_IDS: usize = 200;

/// The header fields, in order, folds included.
#[derive(Clone, Debug, Default)]
pub struct Headers {
    fields: Vec<(String, Vec<u8>)>,
    is_cut: bool,
}

/// An author or recipient of a mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// Display name, decoded.
    pub name: Option<String>,
    /// The address, lower-cased.
    pub address: String,
}

impl Headers {
    /// The header section at the start of a message.
    pub fn of_message(raw: &[u8]) -> Self {
        let mut headers = Self::default();
        let mut rest = raw;
        let mut read = 0;
        while !rest.is_empty() {
            let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |place| place + 1);
            let (line, after) = rest.split_at(end);
            let bare = line.strip_suffix(b"\n").map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line));
            if bare.is_empty() {
                break;
            }
            read += line.len();
            if read > MAX_HEADER_BYTES {
                headers.is_cut = true;
                break;
            }
            if matches!(bare.first(), Some(b' ' | b'\t')) {
                if let Some((_, value)) = headers.fields.last_mut() {
                    value.extend_from_slice(b"\r\n");
                    value.extend_from_slice(bare);
                }
            } else if let Some(colon) = bare.iter().position(|byte| *byte == b':') {
                if headers.fields.len() == MAX_FIELDS {
                    headers.is_cut = true;
                    break;
                }
                let (name, value) = bare.split_at(colon);
                let name = String::from_utf8_lossy(name).trim().to_owned();
                headers.fields.push((name, value.get(1..).unwrap_or_default().to_vec()));
            } else if !headers.fields.is_empty() {
                // Not a field: the body began without an empty line.
                break;
            }
            rest = after;
        }
        headers
    }

    /// Fields that a provider took apart already.
    pub fn of_pairs<'p>(pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> Self {
        let mut headers = Self::default();
        for (name, value) in pairs {
            if headers.fields.len() == MAX_FIELDS {
                headers.is_cut = true;
                break;
            }
            headers.fields.push((name.trim().to_owned(), value.as_bytes().to_vec()));
        }
        headers
    }

    /// Adds a field that is not there yet.
    pub fn add_missing(&mut self, name: &str, value: &str) {
        if !value.is_empty() && self.first(name).is_none() {
            self.fields.push((name.to_owned(), value.as_bytes().to_vec()));
        }
    }

    /// Whether there were more fields than are read.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Every value of a field, in order.
    pub fn all<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h [u8]> {
        self.fields.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_slice())
    }

    /// The first value of a field.
    pub fn first(&self, name: &str) -> Option<&[u8]> {
        self.fields.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_slice())
    }

    /// The first value, unfolded and trimmed, not decoded.
    pub fn plain(&self, name: &str) -> Option<String> {
        self.first(name).map(unfolded)
    }

    /// The first value as people read it: unfolded, encoded words decoded.
    pub fn text(&self, name: &str) -> Option<String> {
        self.first(name).map(decoded)
    }

    /// Everybody named in all fields of this name.
    pub fn parties(&self, name: &str) -> Vec<Party> {
        self.all(name).flat_map(parties).collect()
    }

    /// The ids in all fields of this name, without angle brackets, each once.
    pub fn ids(&self, name: &str) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        for value in self.all(name) {
            for id in message_ids(value) {
                if ids.len() < MAX_IDS && !ids.contains(&id) {
                    ids.push(id);
                }
            }
        }
        ids
    }

    /// The id of the message itself, without angle brackets.
    pub fn message_id(&self) -> Option<String> {
        let value = self.first("Message-ID")?;
        message_ids(value).into_iter().next().or_else(|| {
            let bare = unfolded(value).trim_matches(['<', '>']).to_owned();
            let is_id = !bare.is_empty() && bare.len() <= MAX_ID_CHARS && !bare.contains(char::is_whitespace);
            is_id.then_some(bare)
        })
    }
}

/// The `<…>` tokens of a field, without the brackets. Comments, commas and folds may stand between them.
pub fn message_ids(value: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(value);
    let mut ids = Vec::new();
    let mut rest = text.as_ref();
    while let Some((_, after)) = rest.split_once('<') {
        let Some(end) = after.find(['<', '>']) else { break };
        let (inside, tail) = after.split_at(end);
        if tail.starts_with('>') && inside.len() <= MAX_ID_CHARS {
            let id: String = inside.chars().filter(|letter| !letter.is_whitespace() && *letter != '\0').collect();
            if !id.is_empty() && ids.len() < MAX_IDS {
                ids.push(id);
            }
        }
        rest = tail;
    }
    ids
}

/// An id without its angle brackets.
pub(crate) fn bare_id(text: &str) -> String {
    without_nul(text.trim().trim_start_matches('<').trim_end_matches('>').trim()).into_owned()
}

fn unfolded(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value).replace(['\r', '\n'], "");
    without_nul(text.trim()).into_owned()
}

/// Encoded words decoded, folds undone.
pub(crate) fn decoded(value: &[u8]) -> String {
    let ended = [value, b"\r\n"].concat();
    let text = match MessageStream::new(&ended).parse_unstructured() {
        HeaderValue::Text(text) => text.into_owned(),
        HeaderValue::TextList(texts) => texts.join(" "),
        _ => String::new(),
    };
    without_nul(text.trim()).into_owned()
}

/// Everybody named in a field, lists and groups taken apart.
pub(super) fn parties(value: &[u8]) -> Vec<Party> {
    let ended = [value, b"\r\n"].concat();
    match MessageStream::new(&ended).parse_address() {
        HeaderValue::Address(Address::List(list)) => list.into_iter().filter_map(party).collect(),
        HeaderValue::Address(Address::Group(groups)) => {
            groups.into_iter().flat_map(|group| group.addresses).filter_map(party).collect()
        }
        _ => Vec::new(),
    }
}

fn party(addr: Addr<'_>) -> Option<Party> {
    let address = canonical(addr.address.as_deref()?);
    let name = addr.name.map(Cow::into_owned).map(|name| without_nul(name.trim()).into_owned());
    (!address.is_empty()).then_some(Party { name: name.filter(|name| !name.is_empty()), address })
}

/// An address as it is compared: without angle brackets, lower-cased, its domain in the form that the DNS knows
/// (`bücher.test` is `xn--bcher-kva.test`). Source: channel reference, addresses; RFC 5891.
pub fn canonical(address: &str) -> String {
    let bare = address.trim().trim_start_matches('<').trim_end_matches('>').trim();
    let address = without_nul(bare).to_lowercase();
    match address.rsplit_once('@') {
        Some((local, domain)) if !domain.is_ascii() => match idna::domain_to_ascii(domain) {
            Ok(ascii) => format!("{local}@{ascii}"),
            Err(_) => address,
        },
        _ => address,
    }
}

/// The address of the mailbox behind an address: lower-cased, without the `+tag`.
pub fn mailbox(address: &str) -> String {
    let address = canonical(address);
    match address.rsplit_once('@') {
        Some((local, domain)) => {
            let local = local.split_once('+').map_or(local, |(local, _)| local);
            format!("{local}@{domain}")
        }
        None => address,
    }
}

/// The domain of an address, as it stands.
pub fn domain(address: &str) -> Option<&str> {
    address.rsplit_once('@').map(|(_, domain)| domain).filter(|domain| !domain.is_empty())
}
