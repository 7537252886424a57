//! Postal codes: the Canadian pattern in any case and spacing; five digits only after a state.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::claim::Claims;
use super::fold::Folded;
use super::kind::PiiKind;

static CANADIAN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u)[abceghj-nprstvxy][0-9][abceghj-nprstv-z][ -]{0,2}[0-9][abceghj-nprstv-z][0-9]")
        .expect("a fixed expression compiles")
});

/// Capital abbreviations anywhere, small ones after a comma, whole names, and the word itself.
static STATES: LazyLock<Regex> = LazyLock::new(|| {
    const CAPITALS: &str = "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]";
    let small = CAPITALS.to_lowercase();
    Regex::new(&format!(
        r"(?-u)\b(?:{CAPITALS}),?\.? {{1,2}}([0-9]{{5}}(?:-[0-9]{{4}})?)\b|, ?(?:{small}),? {{1,2}}([0-9]{{5}}(?:-[0-9]{{4}})?)\b|(?i:new york|vermont|maine|new hampshire|massachusetts|connecticut|rhode island|new jersey|pennsylvania|ohio|michigan|illinois|florida|california|texas|washington|oregon|georgia|virginia|minnesota|wisconsin|arizona|colorado|nevada|zip|zip code|zipcode),?:? {{1,2}}([0-9]{{5}}(?:-[0-9]{{4}})?)\b"
    ))
    .expect("a fixed expression compiles")
});

pub(super) fn prepare() {
    LazyLock::force(&CANADIAN);
    LazyLock::force(&STATES);
}

pub(super) fn find(text: &Folded, claims: &mut Claims) {
    for found in CANADIAN.find_iter(&text.lower) {
        let (start, end) = (found.start(), found.end());
        let part_of_code = (start > 1 && text.lower[start - 1] == b'-' && text.is_word(start - 2))
            || (text.lower.get(end) == Some(&b'-') && text.is_word(end + 1));
        if text.stands_alone(start, end) && !part_of_code {
            claims.claim(PiiKind::PostalCode, start, end);
        }
    }
    for found in STATES.captures_iter(&text.cased) {
        if let Some(code) = (1..=3).find_map(|group| found.get(group)) {
            claims.claim(PiiKind::PostalCode, code.start(), code.end());
        }
    }
}
