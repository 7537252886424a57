//! Telephones: international, North American in all separators and pairs, French pairs, seven digits after a calling
//! word, digits as words. The extension belongs to the number.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::claim::Claims;
use super::cue::{self, Cues};
use super::digits;
use super::fold::Folded;
use super::kind::PiiKind;

static NORTH_AMERICAN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?-u)(?:(?:\+|00|011[ .\-]?)?1[ .\-/]{0,3})?(?:\( ?[2-9][0-9]{2} ?\)|[2-9][0-9]{2})[ .\-/_]{0,3}[2-9][0-9]{2}[ .\-/_]{0,3}[0-9]{2}[ .\-]?[0-9]{2}",
    )
    .expect("a fixed expression compiles")
});

static ABROAD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u)(?:\+ ?|\b00 ?|\b011[ .\-])[1-9][0-9]{0,2}(?:[ .\-/]{0,2}\(?[0-9]{1,6}\)?){2,7}")
        .expect("a fixed expression compiles")
});

/// Five pairs: France, or a North American number in twos. Ten digits one by one.
static PAIRS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u)[0-9]{2}(?:[ .\-/][0-9]{2}){4}|[0-9](?:[ .\-][0-9]){9}").expect("a fixed expression compiles")
});

static LOCAL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u)[2-9][0-9]{2}[ .\-]{0,3}[0-9]{2}[ .\-]?[0-9]{2}").expect("a fixed expression compiles")
});

/// National numbers of countries that dial a zero first: Britain's in their groups, and any groups after a calling word.
static TRUNK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?-u)\(?0[0-9]{4}\)?[ -][0-9]{6}|\(?0[0-9]{2}\)?[ -][0-9]{4}[ -][0-9]{4}|\(?0[0-9]{3,4}\)?[ -][0-9]{3}[ -][0-9]{3,4}|\(?0[1-9][0-9]{0,3}\)?(?:[ \-/][0-9]{2,8}){1,3}|0[1-9][0-9]{8,9}",
    )
    .expect("a fixed expression compiles")
});

static EXTENSION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?-u)[ ,;(]{0,3}(?:extension|extn|ext|poste|local|loc|p|x|#)[ .:#]{0,3}(?:no\.? ?)?[0-9]{1,6}\b")
        .expect("a fixed expression compiles")
});

pub(super) fn prepare() {
    for expression in [&NORTH_AMERICAN, &ABROAD, &PAIRS, &LOCAL, &TRUNK, &EXTENSION] {
        LazyLock::force(expression);
    }
}

/// How a number is written decides how much else must speak for it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    /// With a plus.
    Internationally,
    /// With separators.
    InGroups,
    /// Ten digits and nothing else.
    Bare,
}

pub(super) fn find(text: &Folded, cues: &Cues, claims: &mut Claims) {
    for found in NORTH_AMERICAN.find_iter(&text.lower) {
        let (start, end) = (found.start(), found.end());
        let shown = found.as_bytes();
        let written = if shown[0] == b'+' {
            Written::Internationally
        } else if shown.iter().all(u8::is_ascii_digit) {
            Written::Bare
        } else {
            Written::InGroups
        };
        if bounded(text, start, end) && is_called(text, cues, start, end, written) {
            claim(text, claims, start, end);
        }
    }
    for found in ABROAD.find_iter(&text.lower) {
        let start = found.start();
        let end = start + abroad_length(found.as_bytes());
        let digits = digits::of(&text.lower[start..end]).len();
        if digits >= 8 && !(start > 0 && text.is_word(start - 1)) && !text.is_word(end) {
            claim(text, claims, start, end);
        }
    }
    for found in PAIRS.find_iter(&text.lower) {
        let (start, end) = (found.start(), found.end());
        let signs = digits::of(found.as_bytes());
        let french = signs[0] == b'0' && signs[1] != b'0';
        let north_american = (b'2'..=b'9').contains(&signs[0]) && (b'2'..=b'9').contains(&signs[3]);
        if (french || north_american)
            && bounded(text, start, end)
            && is_called(text, cues, start, end, Written::InGroups)
        {
            claim(text, claims, start, end);
        }
    }
    trunk(text, cues, claims);
    if cues.any(cue::CALL) {
        local(text, cues, claims);
    }
    spelled(text, cues, claims);
}

/// Digits of a whole number with its country code, where a country has one length.
const COUNTRIES: &[(&[u8], usize)] = &[
    (b"33", 11),
    (b"44", 12),
    (b"32", 11),
    (b"41", 11),
    (b"34", 11),
    // Mobiles in Mexico are also written with a 1 before the area.
    (b"521", 13),
    (b"52", 12),
    (b"61", 11),
    (b"91", 12),
    (b"86", 13),
    (b"212", 12),
    (b"213", 12),
    (b"216", 11),
    (b"225", 13),
    (b"509", 11),
    (b"351", 12),
    (b"353", 12),
    (b"1", 11),
];

/// How much of a match is the number: a number that follows does not belong to it.
fn abroad_length(found: &[u8]) -> usize {
    let signs = digits::of(found);
    let dialled = usize::from(found[0] == b'0') * if signs.starts_with(b"011") { 3 } else { 2 };
    let code = &signs[dialled.min(signs.len())..];
    let trunk = usize::from(found.windows(3).any(|three| three == b"(0)"));
    let longest =
        COUNTRIES.iter().find(|(prefix, _)| code.starts_with(prefix)).map_or(15, |(_, length)| length + trunk)
            + dialled;
    let mut seen = 0;
    let mut end = 0;
    for (index, byte) in found.iter().enumerate() {
        if byte.is_ascii_digit() {
            seen += 1;
            if seen > longest {
                break;
            }
            end = index + 1;
        } else if *byte == b')' && end == index {
            end = index + 1;
        }
    }
    end
}

fn bounded(text: &Folded, start: usize, end: usize) -> bool {
    text.is_whole_number(start, end)
        && !(start > 0 && matches!(text.lower[start - 1], b'$' | b'#' | b'+'))
        && !(start > 1
            && text.lower[start - 1] == b'-'
            && text.is_word(start - 2)
            && !text.is_digit(start - 2)
            && !ends_word(text, start - 1))
        && !followed_by_unit(text, end)
}

/// Whether what ends before the hyphen is a word and no code: `tel-514…` is a telephone, `B2-514…` is not.
fn ends_word(text: &Folded, end: usize) -> bool {
    let start = (0..end).rev().find(|index| !text.is_word(*index)).map_or(0, |index| index + 1);
    end - start >= 3 && text.lower[start..end].iter().all(u8::is_ascii_lowercase)
}

fn followed_by_unit(text: &Folded, end: usize) -> bool {
    let rest = &text.lower[end..text.len().min(end + 5)];
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    [&b"$"[..], b"%", b"km", b"cad", b"usd", b"kg"]
        .iter()
        .any(|unit| rest.starts_with(unit) && !rest.get(unit.len()).is_some_and(u8::is_ascii_alphanumeric))
}

fn is_called(text: &Folded, cues: &Cues, start: usize, end: usize, written: Written) -> bool {
    match written {
        Written::Internationally => true,
        Written::InGroups => {
            let record = cues.right_before(text, start, cue::FIRM);
            record.is_none_or(|record| text.lower[record.end..start].iter().any(u8::is_ascii_digit))
        }
        Written::Bare => {
            let record = cues.right_before(text, start, cue::RECORD);
            let call = cues.right_before(text, start, cue::CALL);
            let after = cues.right_after(text, end, cue::RECORD).is_some() && call.is_none();
            match (record, call) {
                (Some(record), Some(call)) => call.end > record.end,
                (Some(_), None) => false,
                (None, _) => !after,
            }
        }
    }
}

/// A number that begins with the zero of its country: in the groups of Britain, or behind a calling word.
fn trunk(text: &Folded, cues: &Cues, claims: &mut Claims) {
    for found in TRUNK.find_iter(&text.lower) {
        let (start, end) = (found.start(), found.end());
        let signs = digits::of(found.as_bytes());
        if !(9..=11).contains(&signs.len()) || !bounded(text, start, end) || !claims.is_free(start, end) {
            continue;
        }
        let groups = found.as_bytes().split(|byte| !byte.is_ascii_digit()).filter(|group| !group.is_empty());
        let groups: Vec<usize> = groups.map(<[u8]>::len).collect();
        let is_british = signs.len() == 11
            && matches!(signs[1], b'1' | b'2' | b'3' | b'7' | b'8')
            && matches!(groups.as_slice(), [5, 6] | [3, 4, 4] | [4, 3, 4] | [5, 3, 3]);
        let call = cues.before(start, 28, cue::CALL);
        let record = cues.right_before(text, start, cue::RECORD);
        let is_called = call.is_some_and(|call| record.is_none_or(|record| call.end > record.end));
        if is_called || is_british && record.is_none() && cues.right_after(text, end, cue::RECORD).is_none() {
            claim(text, claims, start, end);
        }
    }
}

/// Seven digits need a calling word; without a separator right before them.
fn local(text: &Folded, cues: &Cues, claims: &mut Claims) {
    for found in LOCAL.find_iter(&text.lower) {
        let (start, end) = (found.start(), found.end());
        if !bounded(text, start, end) || !claims.is_free(start, end) {
            continue;
        }
        let bare = found.as_bytes().iter().all(u8::is_ascii_digit);
        let call = if bare { cues.right_before(text, start, cue::CALL) } else { cues.before(start, 28, cue::CALL) };
        let record = cues.right_before(text, start, cue::RECORD);
        if call.is_some_and(|call| record.is_none_or(|record| call.end > record.end)) {
            claim(text, claims, start, end);
        }
    }
}

fn claim(text: &Folded, claims: &mut Claims, start: usize, end: usize) {
    let extension = EXTENSION.find(&text.lower[end..]).map_or(0, |found| found.end());
    if !claims.claim(PiiKind::Phone, start, end + extension) {
        claims.claim(PiiKind::Phone, start, end);
    }
}

const WORDS: &[(&[u8], u8)] = &[
    (b"zero", b'0'),
    (b"oh", b'0'),
    (b"o", b'0'),
    (b"one", b'1'),
    (b"two", b'2'),
    (b"three", b'3'),
    (b"four", b'4'),
    (b"five", b'5'),
    (b"six", b'6'),
    (b"seven", b'7'),
    (b"eight", b'8'),
    (b"nine", b'9'),
    (b"un", b'1'),
    (b"deux", b'2'),
    (b"trois", b'3'),
    (b"quatre", b'4'),
    (b"cinq", b'5'),
    (b"sept", b'7'),
    (b"huit", b'8'),
    (b"neuf", b'9'),
    (b"une", b'1'),
];

/// Digits as words, perhaps with some as digits: "five one four, 555, oh one nine nine".
fn spelled(text: &Folded, cues: &Cues, claims: &mut Claims) {
    let mut index = 0;
    while index < text.len() {
        if !text.is_word(index) {
            index += 1;
            continue;
        }
        let start = index;
        let mut signs = Vec::new();
        let mut words = 0;
        let mut end = start;
        while let Some((next, is_word)) = spoken(text, index, &mut signs) {
            words += usize::from(is_word);
            end = next;
            index = next;
            while index < text.len() && matches!(text.lower[index], b' ' | b',' | b'-' | b'.') && index < next + 3 {
                index += 1;
            }
            if index == next {
                break;
            }
        }
        if words >= 3 {
            let signs = signs.strip_prefix(b"1").filter(|rest| rest.len() == 10).unwrap_or(&signs);
            let area = |at: usize| signs.get(at).is_some_and(|sign| (b'2'..=b'9').contains(sign));
            let whole = signs.len() == 10 && area(0) && area(3);
            let local = signs.len() == 7 && area(0) && cues.before(start, 28, cue::CALL).is_some();
            if whole || local {
                claim(text, claims, start, end);
            }
        }
        if end == start {
            index = (start..text.len()).find(|at| !text.is_word(*at)).unwrap_or(text.len());
        }
    }
}

/// Reads one word or group of digits at `start`; its end and whether it was a word.
fn spoken(text: &Folded, start: usize, signs: &mut Vec<u8>) -> Option<(usize, bool)> {
    let end = (start..text.len()).find(|index| !text.is_word(*index)).unwrap_or(text.len());
    let word = &text.lower[start..end];
    if !word.is_empty() && word.len() <= 4 && word.iter().all(u8::is_ascii_digit) {
        signs.extend_from_slice(word);
        return Some((end, false));
    }
    let (_, sign) = WORDS.iter().find(|(spelled, _)| *spelled == word)?;
    signs.push(*sign);
    Some((end, true))
}
