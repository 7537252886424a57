//! Numbers whose shape says that they are nobody's: ids, hashes, times, parcels. Kept as they are, so that no rule finds
//! a telephone inside.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::claim::Claims;
use super::fold::Folded;

static SHAPES: LazyLock<Regex> = LazyLock::new(|| {
    const ALL: &[&str] = &[
        // UUIDs; ids of providers; UPS parcels.
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        r"[a-z]{2}[0-9a-f]{32}",
        r"1z[0-9a-z]{16}",
        // Dates and times.
        r"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[t ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:z|[+-][0-9]{2}:?[0-9]{2})?)?",
        // Our own codes of tickets.
        r"[a-z]{1,4}[0-9]?-20[0-9]{2}-[0-9]{2,6}",
        // Places on the map.
        r"-?[0-9]{1,3}\.[0-9]{4,8}, ?-?[0-9]{1,3}\.[0-9]{4,8}",
        // Business numbers.
        r"[0-9]{9} ?(?:rt|rc|rp|rr|rz|tq)[0-9]{4}",
    ];
    Regex::new(&format!(r"(?-u)\b(?:{})\b", ALL.join("|"))).expect("a fixed expression compiles")
});

pub(super) fn prepare() {
    LazyLock::force(&SHAPES);
}

pub(super) fn keep(text: &Folded, claims: &mut Claims) {
    for found in SHAPES.find_iter(&text.lower) {
        claims.keep(found.start(), found.end());
    }
    // Hashes: long runs of hexadecimal digits with letters among them.
    let mut index = 0;
    while index < text.len() {
        if !text.is_word(index) {
            index += 1;
            continue;
        }
        let end = (index..text.len()).find(|at| !text.is_word(*at)).unwrap_or(text.len());
        let word = &text.lower[index..end];
        if word.len() >= 16 && word.iter().all(u8::is_ascii_hexdigit) && word.iter().any(u8::is_ascii_lowercase) {
            claims.keep(index, end);
        }
        index = end;
    }
}
