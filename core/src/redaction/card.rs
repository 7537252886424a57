//! Payment cards: length and prefix of an issuer, Luhn's check digit, any separators; masked cards by their shape.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::claim::Claims;
use super::cue::{self, Cues};
use super::digits::{self, Group};
use super::fold::Folded;
use super::kind::PiiKind;

static MASKED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u)(?:[0-9x*#]{4}[ .\-/]{0,2}){3}[0-9]{3,4}").expect("a fixed expression compiles")
});

pub(super) fn prepare() {
    LazyLock::force(&MASKED);
}

pub(super) fn find(text: &Folded, cues: &Cues, groups: &[Group], claims: &mut Claims) {
    let mut first = 0;
    while first < groups.len() {
        match longest_card(text, cues, groups, first, claims) {
            Some(last) => {
                claims.claim(PiiKind::CreditCard, groups[first].0, groups[last].1);
                first = last + 1;
            }
            None => first += 1,
        }
    }
    masked(text, claims);
}

/// The last group of a card that begins with the group `first`. The usual lengths come before the rare ones, because
/// any number passes the check digit once in ten.
fn longest_card(text: &Folded, cues: &Cues, groups: &[Group], first: usize, claims: &Claims) -> Option<usize> {
    let start = groups[first].0;
    if start > 0 && text.is_word(start - 1) {
        return None;
    }
    let mut found: Option<(usize, usize)> = None;
    let mut total = 0;
    for last in first..groups.len() {
        let (from, to) = groups[last];
        if last > first && !separates(&text.lower[groups[last - 1].1..from]) {
            break;
        }
        total += to - from;
        if total > 19 {
            break;
        }
        if total >= 13 && !text.is_word(to) && claims.is_free(start, to) {
            let card = digits::of(&text.lower[start..to]);
            if issued(&card) && digits::luhn(&card) {
                let rank = usize::from(matches!(total, 14..=16));
                if found.is_none_or(|(best, _)| rank >= best) {
                    found = Some((rank, last));
                }
            }
        }
    }
    let (_, last) = found?;
    let parcel = cues.right_before(text, start, cue::PARCEL).is_some_and(|parcel| {
        // A word of payment nearer to the number overrules.
        cues.before(start, 24, cue::CARD).is_none_or(|card| card.end <= parcel.end)
    });
    (!parcel).then_some(last)
}

fn separates(gap: &[u8]) -> bool {
    (1..=3).contains(&gap.len())
        && gap.iter().all(|byte| matches!(byte, b' ' | b'-' | b'.' | b'/' | b'_' | b'\n' | b'*'))
}

/// Whether an issuer hands out numbers of this length with this beginning.
fn issued(card: &[u8]) -> bool {
    let prefix = |length: usize| card[..length].iter().fold(0_u32, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    match card.len() {
        13 | 19 if card[0] == b'4' => true,
        14 => matches!(prefix(3), 300..=305 | 309 | 360..=369 | 380..=399),
        15 => matches!(prefix(2), 34 | 37),
        16 => {
            card[0] == b'4'
                || matches!(prefix(2), 51..=55 | 65)
                || matches!(prefix(4), 2221..=2720 | 3528..=3589 | 6011)
                || matches!(prefix(3), 644..=649)
                || matches!(prefix(2), 62 | 50 | 63 | 67)
                || matches!(prefix(4), 2200..=2204 | 6304 | 6759 | 6761..=6763)
        }
        17..=19 => matches!(prefix(2), 62),
        _ => false,
    }
}

fn masked(text: &Folded, claims: &mut Claims) {
    if !text.lower.windows(3).any(|three| three.iter().all(|byte| matches!(byte, b'x' | b'*' | b'#'))) {
        return;
    }
    for found in MASKED.find_iter(&text.lower) {
        let shown = found.as_bytes();
        let hidden = shown.iter().filter(|byte| matches!(byte, b'x' | b'*' | b'#')).count();
        if hidden >= 4 && text.stands_alone(found.start(), found.end()) {
            claims.claim(PiiKind::CreditCard, found.start(), found.end());
        }
    }
}
