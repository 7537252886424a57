//! Addresses of the network: version 4 with its ranges and not a version of software, version 6 as the parser reads it.

use std::net::Ipv6Addr;
use std::str::FromStr as _;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::claim::Claims;
use super::cue::{self, Cues};
use super::fold::Folded;
use super::kind::PiiKind;

static V4: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u)[0-9]{1,3}(?:(?:\.|\[\.\]|\(\.\))[0-9]{1,3}){3}").expect("a fixed expression compiles")
});

pub(super) fn prepare() {
    LazyLock::force(&V4);
}

pub(super) fn find(text: &Folded, cues: &Cues, claims: &mut Claims) {
    if text.lower.split(|byte| *byte == b'.').count() > 3 {
        version_4(text, cues, claims);
    }
    if text.lower.split(|byte| *byte == b':').count() > 2 {
        version_6(text, claims);
    }
}

fn version_4(text: &Folded, cues: &Cues, claims: &mut Claims) {
    for found in V4.find_iter(&text.lower) {
        let (start, end) = (found.start(), found.end());
        let alone = !(start > 0 && (text.is_word(start - 1) || text.lower[start - 1] == b'.'))
            && !text.is_word(end)
            && !(text.lower.get(end) == Some(&b'.') && text.is_digit(end + 1));
        let in_range =
            found.as_bytes().split(|byte| !byte.is_ascii_digit()).filter(|part| !part.is_empty()).all(|part| {
                part.iter().fold(0_u32, |sum, digit| sum * 10 + u32::from(digit - b'0')) <= 255
                    && !(part.len() > 1 && part[0] == b'0')
            });
        if !alone || !in_range {
            continue;
        }
        let version = cues.before(start, 32, cue::VERSION);
        let network = cues.before(start, 32, cue::NETWORK);
        let is_version = match (version, network) {
            (Some(version), Some(network)) => version.end > network.end,
            (version, _) => version.is_some(),
        };
        if !is_version {
            claims.claim(PiiKind::Ip, start, end);
        }
    }
}

fn version_6(text: &Folded, claims: &mut Claims) {
    let part = |byte: u8| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.';
    let mut start = 0;
    while start < text.len() {
        if !part(text.lower[start]) || (start > 0 && text.is_word(start - 1)) {
            start += 1;
            continue;
        }
        let stretch = (start..text.len()).find(|index| !part(text.lower[*index])).unwrap_or(text.len());
        // The dot of a sentence and the colon of a list belong to the sentence.
        let mut end = stretch;
        while end > start
            && (text.lower[end - 1] == b'.'
                || text.lower[start..end].ends_with(b":") && !text.lower[start..end].ends_with(b"::"))
        {
            end -= 1;
        }
        let address = &text.lower[start..end];
        let parts = address.split(|byte| *byte == b':').count();
        if (3..=8).contains(&parts)
            && (6..=45).contains(&address.len())
            && !text.is_word(end)
            && std::str::from_utf8(address).is_ok_and(|address| Ipv6Addr::from_str(address).is_ok())
        {
            claims.claim(PiiKind::Ip, start, end);
        }
        start = stretch.max(start + 1);
    }
}
