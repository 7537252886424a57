//! Accounts at banks: the length of the country and the remainder of 97.

use super::claim::Claims;
use super::fold::Folded;
use super::kind::PiiKind;

/// Length of an IBAN by country. Source: ISO 13616 registry.
const LENGTHS: &[(&[u8; 2], usize)] = &[
    (b"ad", 24),
    (b"ae", 23),
    (b"al", 28),
    (b"at", 20),
    (b"az", 28),
    (b"ba", 20),
    (b"be", 16),
    (b"bg", 22),
    (b"bh", 22),
    (b"br", 29),
    (b"by", 28),
    (b"ch", 21),
    (b"cr", 22),
    (b"cy", 28),
    (b"cz", 24),
    (b"de", 22),
    (b"dk", 18),
    (b"do", 28),
    (b"ee", 20),
    (b"eg", 29),
    (b"es", 24),
    (b"fi", 18),
    (b"fo", 18),
    (b"fr", 27),
    (b"gb", 22),
    (b"ge", 22),
    (b"gi", 23),
    (b"gl", 18),
    (b"gr", 27),
    (b"gt", 28),
    (b"hr", 21),
    (b"hu", 28),
    (b"ie", 22),
    (b"il", 23),
    (b"iq", 23),
    (b"is", 26),
    (b"it", 27),
    (b"jo", 30),
    (b"kw", 30),
    (b"kz", 20),
    (b"lb", 28),
    (b"li", 21),
    (b"lt", 20),
    (b"lu", 20),
    (b"lv", 21),
    (b"mc", 27),
    (b"md", 24),
    (b"me", 22),
    (b"mk", 19),
    (b"mr", 27),
    (b"mt", 31),
    (b"mu", 30),
    (b"nl", 18),
    (b"no", 15),
    (b"pk", 24),
    (b"pl", 28),
    (b"ps", 29),
    (b"pt", 25),
    (b"qa", 29),
    (b"ro", 24),
    (b"rs", 22),
    (b"sa", 24),
    (b"se", 24),
    (b"si", 19),
    (b"sk", 24),
    (b"sm", 27),
    (b"tn", 24),
    (b"tr", 26),
    (b"ua", 29),
    (b"va", 22),
    (b"xk", 20),
];

pub(super) fn find(text: &Folded, claims: &mut Claims) {
    let bytes = &text.lower;
    for start in 0..text.len().saturating_sub(14) {
        let begins = bytes[start].is_ascii_lowercase()
            && bytes[start + 1].is_ascii_lowercase()
            && !(start > 0 && text.is_word(start - 1));
        if !begins {
            continue;
        }
        let Some((_, length)) = LENGTHS.iter().find(|(country, _)| country[..] == bytes[start..start + 2]) else {
            continue;
        };
        if let Some(end) = account(text, start, *length) {
            claims.claim(PiiKind::Iban, start, end);
        }
    }
}

/// Where the account that begins at `start` ends, if it is one.
fn account(text: &Folded, start: usize, length: usize) -> Option<usize> {
    let mut signs = Vec::with_capacity(length);
    let mut index = start;
    let mut gap = 0;
    while signs.len() < length {
        match *text.lower.get(index)? {
            sign if sign.is_ascii_alphanumeric() => {
                signs.push(sign);
                gap = 0;
            }
            b' ' | b'-' | b'.' | b'\n' if gap < 2 => gap += 1,
            _ => return None,
        }
        index += 1;
    }
    let digits = signs[2].is_ascii_digit() && signs[3].is_ascii_digit();
    (digits && !text.is_word(index) && remainder(&signs) == 1).then_some(index)
}

fn remainder(signs: &[u8]) -> u32 {
    signs[4..].iter().chain(&signs[..4]).fold(0, |rest, sign| match sign {
        digit @ b'0'..=b'9' => (rest * 10 + u32::from(digit - b'0')) % 97,
        letter => (rest * 100 + u32::from(letter - b'a') + 10) % 97,
    })
}
