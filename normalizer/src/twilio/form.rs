//! Form and query parameters, as bytes first: signatures cover the decoded bytes, texts come after verification.

use std::borrow::Cow;

use percent_encoding::percent_decode;

/// Decoded parameters in the order of the request. Repeated names are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    pairs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Form {
    /// Decodes `application/x-www-form-urlencoded` once: `+` is a space, `%XX` a byte. Never fails: what is no escape
    /// stands for itself.
    pub fn parse(encoded: &[u8]) -> Self {
        let pairs = encoded
            .split(|byte| *byte == b'&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let mut halves = pair.splitn(2, |byte| *byte == b'=');
                let name = decode(halves.next().unwrap_or_default());
                (name, decode(halves.next().unwrap_or_default()))
            })
            .collect();
        Self { pairs }
    }

    /// Names and values as decoded bytes.
    pub fn pairs(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.pairs.iter().map(|(name, value)| (name.as_slice(), value.as_slice()))
    }

    /// The first value of `name`, exactly as sent.
    pub fn raw(&self, name: &str) -> Option<Cow<'_, str>> {
        self.pairs.iter().find(|(key, _)| key == name.as_bytes()).map(|(_, value)| String::from_utf8_lossy(value))
    }

    /// The first value of `name` as storable text: no U+0000. May be empty.
    pub fn text(&self, name: &str) -> Option<String> {
        self.raw(name).map(|value| crate::without_nul(&value).into_owned())
    }

    /// The first value of `name` that says something.
    pub fn word(&self, name: &str) -> Option<String> {
        self.text(name).filter(|value| !value.is_empty())
    }
}

fn decode(encoded: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = encoded.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).collect()
}
