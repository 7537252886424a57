//! Addresses of electronic mail: as they are, percent-encoded in links, and with "at" and "dot" as words.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::claim::Claims;
use super::fold::Folded;
use super::kind::PiiKind;

/// Plain and percent-encoded.
static PLAIN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u)[a-z0-9_.+'!#$&*/=?^`{|}~-]{1,64}(?:@|%40)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.){1,6}[a-z_]{2,24}")
        .expect("a fixed expression compiles")
});

/// `name [at] example (dot) org`, `nom arobase exemple point org`, `name @ example . org`.
static WORDS: LazyLock<Regex> = LazyLock::new(|| {
    const AT: &str = r"(?: ?[\[({<] ?(?:at|a|@|arobase|arobas|chez) ?[\])}>] ?| (?:at|arobase|arobas|a commercial|arrobas|@) | @ ?|@ )";
    const DOT: &str = r"(?: ?[\[({<] ?(?:dot|point|\.) ?[\])}>] ?| (?:dot|point|pt|\.) |\.| \.)";
    const NAME: &str = r"[a-z0-9_+-]{1,40}";
    const END: &str = r"(?:com|org|net|ca|fr|qc|io|co|info|biz|edu|gov|test|example|uk|us|be|ch|de|eu|me|dev|app)";
    Regex::new(&format!(r"(?-u){NAME}(?:{DOT}{NAME}){{0,3}}{AT}{NAME}(?:{DOT}{NAME}){{0,3}}{DOT}{END}\b"))
        .expect("a fixed expression compiles")
});

pub(super) fn prepare() {
    LazyLock::force(&PLAIN);
    LazyLock::force(&WORDS);
}

pub(super) fn find(text: &Folded, claims: &mut Claims) {
    let has = |wanted: &[u8]| text.lower.windows(wanted.len()).any(|window| window == wanted);
    if text.lower.contains(&b'@') || has(b"%40") {
        for found in PLAIN.find_iter(&text.lower) {
            let found = trimmed(text, found.start(), found.end());
            claims.claim(PiiKind::Email, found.0, found.1);
        }
    }
    let at = has(b"at ")
        || has(b"at]")
        || has(b"at)")
        || has(b"aroba")
        || has(b"@ ")
        || has(b" @")
        || has(b"(a)")
        || has(b"[a]")
        || has(b"at}")
        || has(b"commercial")
        || has(b"[@]")
        || has(b"(@)")
        || has(b"at>");
    let dot = has(b"dot")
        || has(b"point")
        || has(b". ")
        || has(b" .")
        || has(b"[.]")
        || has(b"(.)")
        || has(b"] ")
        || has(b"@");
    if at && dot {
        for found in WORDS.find_iter(&text.lower) {
            // "meet at example.com" is a place to go to: the words are an address only when a dot was a word too, or
            // the at was no plain word.
            let shown = found.as_bytes();
            let plain_at = shown.windows(4).any(|four| four == b" at ");
            let dotted = shown.windows(3).any(|three| three == b"dot") || shown.windows(5).any(|five| five == b"point");
            if (!plain_at || dotted) && text.stands_alone(found.start(), found.end()) {
                claims.claim(PiiKind::Email, found.start(), found.end());
            }
        }
    }
}

/// Without what a sentence or a query string puts before the address.
fn trimmed(text: &Folded, start: usize, end: usize) -> (usize, usize) {
    let local = &text.lower[start..end];
    let at = local.iter().position(|byte| matches!(byte, b'@' | b'%')).unwrap_or(0);
    let from = local[..at]
        .iter()
        .rposition(|byte| matches!(byte, b'=' | b'/' | b'?' | b'&' | b'\'' | b'`' | b'{' | b'|' | b'!' | b'*' | b'#'))
        .filter(|place| {
            // An apostrophe within a name stays: o'connor@.
            !(local[*place] == b'\'' && *place > 0 && local[place - 1].is_ascii_alphanumeric() && *place + 1 < at)
        })
        .map_or(0, |place| place + 1);
    let from = from + local[from..at].iter().take_while(|byte| matches!(byte, b'.' | b'-' | b'\'')).count();
    if from >= at { (start, end) } else { (start + from, end) }
}
