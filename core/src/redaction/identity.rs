//! Numbers that a state gives a person. Each needs its shape and a word near it; what the check digit can decide, it
//! decides.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::claim::Claims;
use super::cue::{self, Cues, Meaning};
use super::digits;
use super::fold::Folded;
use super::kind::PiiKind;

/// How far before its number a word may stand, and how far after.
const BEFORE: usize = 44;
const AFTER: usize = 26;

struct Rule {
    kind: PiiKind,
    word: Meaning,
    shape: Regex,
    /// Whether the word must stand right before: the shape alone says little.
    bare: bool,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let rule = |kind, word, bare, shape: &str| Rule {
        kind,
        word,
        shape: Regex::new(&format!("(?-u){shape}")).expect("a fixed expression compiles"),
        bare,
    };
    vec![
        // Quebec: four letters and eight digits.
        rule(PiiKind::HealthCard, cue::HEALTH, false, r"[a-z]{4}[ .\-]{0,2}[0-9]{4}[ .\-]{0,2}[0-9]{4}"),
        // Ontario: ten digits and a version code.
        rule(PiiKind::HealthCard, cue::HEALTH, true, r"[0-9]{4}[ .\-]?[0-9]{3}[ .\-]?[0-9]{3}(?:[ .\-]?[a-z]{1,2})?\b"),
        rule(PiiKind::HealthCard, cue::HEALTH, true, r"[0-9]{5}[ .\-]?[0-9]{4}|[0-9]{3}[ .\-][0-9]{3}[ .\-][0-9]{3}"),
        // Ontario, then Quebec.
        rule(PiiKind::DriverLicence, cue::LICENCE, false, r"[a-z][0-9]{4}[ .\-]{0,2}[0-9]{5}[ .\-]{0,2}[0-9]{5}"),
        rule(PiiKind::DriverLicence, cue::LICENCE, false, r"[a-z][0-9]{4}[ .\-]{0,2}[0-9]{6}[ .\-]{0,2}[0-9]{2}"),
        rule(
            PiiKind::DriverLicence,
            cue::LICENCE,
            true,
            r"[a-z]{1,2}[0-9]{6,13}|[a-z]{5}[ \-]?[0-9]{9}|[0-9]{6}-[0-9]{3}",
        ),
        rule(PiiKind::DriverLicence, cue::LICENCE, true, r"[0-9]{3} [0-9]{3} [0-9]{3}|[0-9]{7,9}"),
        // Canada (old and new), the United States, France.
        rule(PiiKind::Passport, cue::PASSPORT, false, r"[a-z]{2}[ \-]?[0-9]{6,7}\b|[a-z][0-9]{6}[a-z]{2}"),
        rule(PiiKind::Passport, cue::PASSPORT, false, r"[a-z][ \-]?[0-9]{7,8}|[0-9]{2}[a-z]{2}[0-9]{5}"),
        rule(PiiKind::Passport, cue::PASSPORT, true, r"[0-9]{8,9}"),
    ]
});

/// Three groups of digits, or nine digits.
static NINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?-u)[0-9]{3}[ .\-/]{0,3}[0-9]{3}[ .\-/]{0,3}[0-9]{3}|[0-9]{3}[ .\-/]{1,3}[0-9]{2}[ .\-/]{1,3}[0-9]{4}|[0-9](?:[ .\-][0-9]){8}",
    )
    .expect("a fixed expression compiles")
});

pub(super) fn prepare() {
    LazyLock::force(&RULES);
    LazyLock::force(&NINE);
}

pub(super) fn find(text: &Folded, cues: &Cues, claims: &mut Claims) {
    for rule in RULES.iter().filter(|rule| cues.any(rule.word)) {
        for found in rule.shape.find_iter(&text.lower) {
            let (start, end) = (found.start(), found.end());
            if text.stands_alone(start, end) && text.is_whole_number(start, end) && named(text, cues, rule, start, end)
            {
                claims.claim(rule.kind, start, end);
            }
        }
    }
    if cues.any(cue::SIN | cue::SSN) {
        nine_digits(text, cues, claims);
    }
}

fn named(text: &Folded, cues: &Cues, rule: &Rule, start: usize, end: usize) -> bool {
    if rule.bare {
        return cues.right_before(text, start, rule.word).is_some();
    }
    near(cues, start, end, rule.word).is_some()
}

/// How far the nearest word is, before or after.
fn near(cues: &Cues, start: usize, end: usize, word: Meaning) -> Option<usize> {
    let before = cues.before(start, BEFORE, word).map(|cue| start - cue.end);
    let after = cues.after(end, AFTER, word).map(|cue| cue.start - end);
    match (before, after) {
        (Some(before), Some(after)) => Some(before.min(after)),
        (before, after) => before.or(after),
    }
}

fn nine_digits(text: &Folded, cues: &Cues, claims: &mut Claims) {
    for found in NINE.find_iter(&text.lower) {
        let (start, end) = (found.start(), found.end());
        if !text.is_whole_number(start, end) {
            continue;
        }
        let signs = digits::of(found.as_bytes());
        let insurance = near(cues, start, end, cue::SIN);
        let security = near(cues, start, end, cue::SSN);
        let shape = found.as_bytes().split(|byte| !byte.is_ascii_digit()).filter(|part| !part.is_empty());
        let lengths: Vec<usize> = shape.map(<[u8]>::len).collect();
        let is_security = match lengths[..] {
            [3, 2, 4] => security.is_some() || insurance.is_some(),
            // Nine digits without a shape need their word close by, and no nearer word of the other country.
            [9] => security.is_some_and(|distance| distance <= 24 && insurance.is_none_or(|other| other > distance)),
            _ => false,
        };
        let ranges = !signs.starts_with(b"000") && !signs.starts_with(b"666");
        if is_security && ranges {
            claims.claim(PiiKind::UsSsn, start, end);
        } else if insurance.is_some() && digits::luhn(&signs) {
            claims.claim(PiiKind::CaSin, start, end);
        }
    }
}
