//! How text travels in a mail: encoded words, quoted-printable, base64, names of files.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use patchbay_core::letter::one_line;

/// Longest line we write in a header or in quoted-printable.
const LINE: usize = 76;
/// Bytes that fit into one encoded word of at most 75 characters.
const WORD_BYTES: usize = 45;

/// Text of a header: as it is when that is allowed, else in encoded words; folded. `used` characters of its first line
/// are taken.
pub(super) fn encoded_text(text: &str, used: usize) -> String {
    let text = one_line(text);
    let longest = text.split(' ').map(str::len).max().unwrap_or(0);
    if text.is_ascii() && !text.contains("=?") && longest <= 200 {
        return folded(&text, used);
    }
    encoded_words(&text).join("\r\n ")
}

fn encoded_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut chunk = String::new();
    for one in text.chars() {
        if chunk.len() + one.len_utf8() > WORD_BYTES {
            words.push(std::mem::take(&mut chunk));
        }
        chunk.push(one);
    }
    words.push(chunk);
    words.into_iter().map(|chunk| format!("=?utf-8?B?{}?=", STANDARD.encode(chunk))).collect()
}

fn folded(text: &str, used: usize) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut line = used;
    for (index, word) in text.split(' ').enumerate() {
        if index > 0 {
            // A line of nothing but white space would end the headers for some readers.
            if line + 1 + word.len() > LINE && !word.is_empty() {
                out.push_str("\r\n");
                line = 0;
            }
            out.push(' ');
            line += 1;
        }
        out.push_str(word);
        line += word.len();
    }
    out
}

/// Addresses with their names, one to a line.
pub(super) fn address_list<'a>(people: impl IntoIterator<Item = (Option<&'a str>, &'a str)>) -> String {
    let people = people.into_iter().map(|(name, address)| {
        let name = name.map(one_line).filter(|name| !name.is_empty());
        match name {
            None => address.to_owned(),
            Some(name) if !name.is_ascii() || name.contains("=?") || name.len() > 60 => {
                format!("{}\r\n <{address}>", encoded_words(&name).join("\r\n "))
            }
            Some(name) if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" -_'".contains(&byte)) => {
                format!("{name} <{address}>")
            }
            Some(name) => format!("\"{}\" <{address}>", name.replace('\\', "\\\\").replace('"', "\\\"")),
        }
    });
    people.collect::<Vec<_>>().join(",\r\n ")
}

/// Quoted-printable of text whose lines end with a line feed; they end with CRLF then.
pub(super) fn quoted_printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push_str("\r\n");
        }
        let bytes = line.as_bytes();
        let mut width = 0;
        for (at, byte) in bytes.iter().enumerate() {
            let is_last = at + 1 == bytes.len();
            let plain = match byte {
                b' ' | b'\t' => !is_last,
                b'=' => false,
                // A dot at the start of a line is doubled on the way; some relays forget to halve it.
                b'.' => width > 0,
                33..=126 => true,
                _ => false,
            };
            let needs = if plain { 1 } else { 3 };
            if width + needs > if is_last { LINE } else { LINE - 1 } {
                out.push_str("=\r\n");
                width = 0;
            }
            // The start of a line may have moved here.
            if plain && !(*byte == b'.' && width == 0) {
                out.push(char::from(*byte));
                width += 1;
            } else {
                let _ = write!(out, "={byte:02X}");
                width += 3;
            }
        }
    }
    out
}

/// Base64 in lines of 76 characters.
pub(super) fn base64_lines(out: &mut String, bytes: &[u8]) {
    out.reserve(bytes.len() / 3 * 4 + bytes.len() / 57 * 2 + 8);
    for (index, line) in bytes.chunks(57).enumerate() {
        if index > 0 {
            out.push_str("\r\n");
        }
        STANDARD.encode_string(line, out);
    }
}

/// The `filename` parameter: quoted, or by RFC 2231 where that cannot hold it.
pub(super) fn disposition_name(name: &str) -> String {
    let name: String = name.chars().map(|one| if matches!(one, '/' | '\\') { '_' } else { one }).take(120).collect();
    if name.is_ascii() {
        return format!("filename=\"{}\"", name.replace('"', "'"));
    }
    let mut encoded = String::from("filename*=utf-8''");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
