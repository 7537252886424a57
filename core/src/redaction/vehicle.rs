//! Vehicle identification numbers: seventeen signs without I, O and Q, the check sign for North American ones. Found so
//! that no other rule mistakes them; they are not personal by themselves.

use super::claim::Claims;
use super::cue::{self, Cues};
use super::fold::Folded;
use super::kind::PiiKind;

const LENGTH: usize = 17;
const WEIGHTS: [u32; LENGTH] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];

pub(super) fn find(text: &Folded, cues: &Cues, claims: &mut Claims) {
    let mut start = 0;
    while start + LENGTH <= text.len() {
        if !text.is_word(start) {
            start += 1;
            continue;
        }
        let end = (start..text.len()).find(|index| !text.is_word(*index)).unwrap_or(text.len());
        let named = cues.right_before(text, start, cue::VEHICLE).is_some();
        if end - start == LENGTH && is_vin(&text.lower[start..end], named) {
            claims.claim(PiiKind::Vin, start, end);
        } else if named && let Some(spaced) = spaced(text, start) {
            claims.claim(PiiKind::Vin, start, spaced);
        }
        start = end;
    }
}

/// The end of a number that is written in groups after the word for it.
fn spaced(text: &Folded, start: usize) -> Option<usize> {
    let mut signs = Vec::with_capacity(LENGTH);
    let mut index = start;
    while signs.len() < LENGTH {
        match *text.lower.get(index)? {
            sign if sign.is_ascii_alphanumeric() => signs.push(sign),
            b' ' | b'-' if !signs.is_empty() => {}
            _ => return None,
        }
        index += 1;
    }
    (!text.is_word(index) && is_vin(&signs, true) && signs[13..].iter().all(u8::is_ascii_digit)).then_some(index)
}

fn is_vin(signs: &[u8], named: bool) -> bool {
    let allowed = signs.iter().all(|sign| sign.is_ascii_alphanumeric() && !matches!(sign, b'i' | b'o' | b'q'));
    let letters = signs.iter().filter(|sign| sign.is_ascii_lowercase()).count();
    if !allowed || !(2..=14).contains(&letters) {
        return false;
    }
    if named || check_sign(signs) == Some(signs[8]) {
        return true;
    }
    // Elsewhere the check sign is not mandatory: a maker's code begins with a letter and a serial ends in digits.
    signs[0].is_ascii_lowercase() && signs[13..].iter().all(u8::is_ascii_digit)
}

fn check_sign(signs: &[u8]) -> Option<u8> {
    let mut sum = 0;
    for (sign, weight) in signs.iter().zip(WEIGHTS) {
        let value = match sign {
            digit @ b'0'..=b'9' => digit - b'0',
            letter @ b'a'..=b'h' => letter - b'a' + 1,
            letter @ b'j'..=b'n' => letter - b'j' + 1,
            b'p' => 7,
            b'r' => 9,
            letter @ b's'..=b'z' => letter - b's' + 2,
            _ => return None,
        };
        sum += u32::from(value) * weight;
    }
    match sum % 11 {
        10 => Some(b'x'),
        rest => u8::try_from(rest).ok().map(|rest| b'0' + rest),
    }
}
