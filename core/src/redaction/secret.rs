//! Secrets: blocks of private keys, the prefixes of vendors, tokens by their shape, values of keys with a telling name,
//! credentials in links.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::claim::Claims;
use super::fold::Folded;
use super::kind::PiiKind;

static BLOCK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?s-u)-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]{0,40}-----|\z)")
        .expect("a fixed expression compiles")
});

static PREFIXED: LazyLock<Regex> = LazyLock::new(|| {
    const SHAPES: &[&str] = &[
        r"(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{8,}",
        r"sk-(?:ant-|proj-|svcacct-|or-)?[A-Za-z0-9_-]{16,}",
        r"whsec_[A-Za-z0-9+/=_-]{12,}",
        r"gh[opusr]_[A-Za-z0-9]{16,}",
        r"github_pat_[A-Za-z0-9_]{16,}",
        r"gl(?:pat|rt|ptt)-[A-Za-z0-9_-]{16,}",
        r"xox[abeoprs]-[A-Za-z0-9-]{8,}",
        r"xapp-[A-Za-z0-9-]{8,}",
        r"(?:AKIA|ASIA|ABIA|ACCA|AGPA|AROA|AIDA)[A-Z0-9]{12,}",
        r"AIza[A-Za-z0-9_-]{30,}",
        r"ya29\.[A-Za-z0-9_-]{16,}",
        r"GOCSPX-[A-Za-z0-9_-]{16,}",
        r"SG\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
        r"key-[0-9a-f]{32}",
        r"SK[0-9a-f]{32}",
        r"npm_[A-Za-z0-9]{20,}",
        r"pypi-[A-Za-z0-9_-]{16,}",
        r"do[orp]_v1_[0-9a-f]{20,}",
        r"EAA[A-Za-z0-9]{24,}",
        r"hf_[A-Za-z0-9]{20,}",
        r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{16,}",
        r"hv[bsr]\.[A-Za-z0-9_-]{16,}",
        r"sq0(?:atp|csp|idp)-[A-Za-z0-9_-]{16,}",
        r"AGE-SECRET-KEY-1[A-Z0-9]{20,}",
        r"PMAK-[0-9a-f]{20,}-[0-9a-f]{20,}",
        r"dckr_pat_[A-Za-z0-9_-]{16,}",
        r"lin_api_[A-Za-z0-9]{16,}",
        r"ntn_[A-Za-z0-9]{20,}",
        r"eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]{4,})?",
    ];
    Regex::new(&format!(r"(?-u)\b(?:{})", SHAPES.join("|"))).expect("a fixed expression compiles")
});

static BEARER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i-u)\b(?:bearer|basic|apikey|token|digest) +([A-Za-z0-9._~+/-]{12,}={0,2})")
        .expect("a fixed expression compiles")
});

/// A key with a telling name. The value is read behind it by hand.
static KEY: LazyLock<Regex> = LazyLock::new(|| {
    const NAMES: &[&str] = &[
        r"api[ _.-]?(?:key|token|secret)s?",
        r"cles? (?:d[' ]?)?api",
        r"cles? (?:secrete|privee|d'acces|de signature|wifi|wi-fi)",
        r"(?:client|app|shared|webhook|signing|consumer|account|user|hmac|jwt|session|private|secret|master|encryption|access|auth|auth[eo]ntication|refresh|bot|bearer|service|admin|deploy|personal|security)[ _.-]?(?:access[ _.-]?)?(?:key|token|secret|password|passphrase|pin)s?",
        r"jeton(?: d'(?:acces|api|authentification)| secret)?",
        r"token|secret|passwd|passwords?|passphrase|pwd|passcode|pass",
        r"(?:pg|db|my|smtp|ftp|ssh|redis|mongo|rabbitmq|sudo)(?:pass(?:word|wd)?|pwd|secret)|mysql_pwd",
        r"mots? de passe|mdp|phrase secrete|code secret|identifiants",
        r"(?:codes?|cle) (?:du |de |d'acces )?(?:wifi|wi-fi|reseau)|wi-?fi (?:code|pin)",
        r"credentials?|authorization|x-api-key|sig|signature|wifi key|wpa[ -]?key|psk|pw",
    ];
    Regex::new(&format!(r"(?-u)(?:{})", NAMES.join("|"))).expect("a fixed expression compiles")
});

/// `scheme://user:password@host`.
static LINK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u)[a-z][a-z0-9+.-]{1,20}://([^\s/@:]{0,80}:[^\s/@]{1,160})@").expect("a fixed expression compiles")
});

/// Credentials on a command line: `curl -u admin:pw`, `--user me:pw`, `--password pw`, `sshpass -p pw`. Groups: 1 user and
/// password, 2 the value of a telling flag, 3 that of a short one.
static COMMAND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?-u)(?:^|[ \n])(?:(?:-u|--user|--proxy-user|-U)[ =]{1,2}["']?([^ \n:"'@/]{1,64}:[^ \n"']{1,128})|--(?:password|passwd|pass|passphrase|pw|secret|token|api-key|apikey|auth-token|access-token|client-secret)[ =]{1,2}["']?([^ \n"']{3,160})|(?:sshpass|mysql[a-z]*|mariadb[a-z]*|redis-cli|smbclient)[^\n|;]{0,80}? (?:-p ?|-a )["']?([^ \n"'-][^ \n"']{2,128}))"#,
    )
    .expect("a fixed expression compiles")
});

pub(super) fn prepare() {
    for expression in [&BLOCK, &PREFIXED, &BEARER, &KEY, &LINK, &COMMAND] {
        LazyLock::force(expression);
    }
}

pub(super) fn find(text: &Folded, claims: &mut Claims) {
    if text.cased.windows(5).any(|five| five == b"-----") {
        for found in BLOCK.find_iter(&text.cased) {
            claims.claim(PiiKind::Secret, found.start(), found.end());
        }
    }
    for found in PREFIXED.find_iter(&text.cased) {
        let end = found.end() - found.as_bytes().iter().rev().take_while(|byte| matches!(byte, b'-' | b'.')).count();
        claims.claim(PiiKind::Secret, found.start(), end);
    }
    if text.lower.windows(3).any(|three| three == b"://") {
        for found in LINK.captures_iter(&text.lower) {
            if let Some(credentials) = found.get(1) {
                claims.claim(PiiKind::Secret, credentials.start(), credentials.end());
            }
        }
    }
    if text.lower.windows(2).any(|two| matches!(two, b"-u" | b"--" | b"-p" | b"-a")) {
        for found in COMMAND.captures_iter(&text.cased) {
            let value = found.get(1).or_else(|| found.get(2)).or_else(|| found.get(3));
            if let Some(value) =
                value.filter(|value| !is_ordinary(&text.lower[value.start()..value.end()]) && !is_ids(value.as_bytes()))
            {
                claims.claim(PiiKind::Secret, value.start(), value.end());
            }
        }
    }
    for found in BEARER.captures_iter(&text.cased) {
        if let Some(token) = found.get(1).filter(|token| is_random(token.as_bytes())) {
            let end =
                token.end() - token.as_bytes().iter().rev().take_while(|byte| matches!(byte, b'.' | b',')).count();
            claims.claim(PiiKind::Secret, token.start(), end);
        }
    }
    for found in KEY.find_iter(&text.lower) {
        let whole = (found.start() == 0 || !text.lower[found.start() - 1].is_ascii_alphanumeric())
            && !text.lower.get(found.end()).is_some_and(u8::is_ascii_alphanumeric);
        if whole && let Some((start, end)) = value(text, found.end()) {
            claims.claim(PiiKind::Secret, start, end);
        }
    }
}

/// `1000:1000`: a user and a group by number.
fn is_ids(value: &[u8]) -> bool {
    value.iter().all(|byte| byte.is_ascii_digit() || *byte == b':')
}

/// Between a key and the word that gives its value there may be so many words.
const WORDS_BETWEEN: usize = 7;

/// The value of the key that ends at `from`: after `=` or `:` anything that is no ordinary word, after "is" something
/// that looks made up.
fn value(text: &Folded, from: usize) -> Option<(usize, usize)> {
    let bytes = &text.lower;
    let mut index = from;
    let mut words = 0;
    // The rest of a longer name: AWS_ACCESS_KEY_ID, token_v2.
    while bytes.get(index).is_some_and(|byte| {
        matches!(byte, b'_' | b'-')
            || (byte.is_ascii_alphanumeric()
                && index > from
                && matches!(bytes[index - 1], b'_' | b'-' | b'a'..=b'z' | b'0'..=b'9'))
    }) {
        index += 1;
    }
    loop {
        index +=
            bytes[index..].iter().take_while(|byte| matches!(byte, b' ' | b'"' | b'\'' | b'`' | b')' | b']')).count();
        let rest = &bytes[index..];
        let sign = match rest {
            [b'=' | b':', b'=' | b'>', ..] | [b'-', b'>', ..] => 2,
            [b'=' | b':', ..] => 1,
            _ => 0,
        };
        if sign > 0 && (words <= 1 || rest[0] == b':') {
            let spaced = bytes.get(index + sign) == Some(&b' ');
            let (start, end) = token(text, index + sign);
            let shown = &text.cased[start..end];
            // "Authorization: Bearer x": the scheme is no value.
            if [&b"bearer"[..], b"basic", b"token"].contains(&&bytes[start..end]) {
                let (start, end) = token(text, end);
                return (end - start >= 6).then_some((start, end));
            }
            let fits = if spaced {
                looks_made_up(shown) && shown.len() >= 4
            } else {
                shown.len() >= 4 && !is_ordinary(&bytes[start..end])
            };
            return fits.then_some((start, end));
        }
        let word =
            rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'\'')).count();
        if word == 0 {
            return None;
        }
        if matches!(&rest[..word], b"is" | b"est" | b"was" | b"are" | b"sera" | b"becomes" | b"c'est") {
            let (start, end) = token(text, index + word);
            return (end - start >= 6 && looks_made_up(&text.cased[start..end])).then_some((start, end));
        }
        // "password hunter2!x" without a verb: right behind the name only.
        if words == 0 && bytes.get(index + word).is_none_or(|byte| !byte.is_ascii_alphanumeric()) {
            let (start, end) = token(text, index);
            let shown = &text.cased[start..end];
            if shown.len() >= 8 && is_random(shown) && looks_made_up(shown) {
                return Some((start, end));
            }
        }
        words += 1;
        index += word;
        if words > WORDS_BETWEEN || !matches!(bytes.get(index), Some(b' ' | b':' | b'=' | b'"' | b'\'' | b'-' | b')')) {
            return None;
        }
    }
}

/// The next stretch without spaces, without the quotes around and the punctuation behind it.
fn token(text: &Folded, from: usize) -> (usize, usize) {
    let bytes = &text.lower;
    let start =
        from + bytes[from..].iter().take_while(|byte| matches!(byte, b' ' | b'"' | b'\'' | b'`' | b'(' | b'[')).count();
    let stop = |byte: &u8| matches!(byte, b' ' | b'\n' | b'"' | b'`') || *byte < b' ';
    let mut end = bytes[start..].iter().position(stop).map_or(bytes.len(), |length| start + length);
    // In a query string the next parameter begins behind an ampersand.
    if let Some(place) = bytes[start..end].iter().position(|byte| *byte == b'&')
        && bytes[start + place..end].contains(&b'=')
    {
        end = start + place;
    }
    while end > start && matches!(bytes[end - 1], b'.' | b',' | b';' | b'\'' | b')' | b']' | b'}' | b'?' | b':') {
        end -= 1;
    }
    (start, end)
}

fn is_ordinary(word: &[u8]) -> bool {
    const ORDINARY: &[&[u8]] = &[
        b"true", b"false", b"null", b"none", b"required", b"missing", b"invalid", b"expired", b"changed", b"string",
        b"redacted", b"[redacted]", b"hidden", b"unknown", b"valid", b"rotated", b"refused", b"rejected", b"undefined",
        b"empty", b"optional",
    ];
    ORDINARY.contains(&word)
        || word.iter().all(|byte| matches!(byte, b'*' | b'.' | b'x' | b'-' | b'<' | b'>'))
        || word.starts_with(b"<")
        || word.starts_with(b"${")
        || word.starts_with(b"env:")
        || word.starts_with(b"file:")
}

/// Letters with digits or signs among them, or capitals in the middle: no word of a language.
fn looks_made_up(word: &[u8]) -> bool {
    let letters = word.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let digits = word.iter().filter(|byte| byte.is_ascii_digit()).count();
    let signs = word
        .iter()
        .filter(|byte| {
            matches!(byte, b'!' | b'@' | b'#' | b'$' | b'%' | b'^' | b'&' | b'*' | b'+' | b'=' | b'?' | b'~' | b'_')
        })
        .count();
    let inner_capital = word.iter().skip(1).any(u8::is_ascii_uppercase) && word.iter().any(u8::is_ascii_lowercase);
    let lower: Vec<u8> = word.to_ascii_lowercase();
    letters >= 2 && (digits > 0 || signs > 0 || inner_capital) && !is_ordinary(&lower) && !lower.starts_with(b"http")
        || letters == 0 && digits >= 6 && digits + signs == word.len() && signs > 0
}

/// Long and mixed enough to be a token.
fn is_random(word: &[u8]) -> bool {
    let digits = word.iter().filter(|byte| byte.is_ascii_digit()).count();
    let upper = word.iter().filter(|byte| byte.is_ascii_uppercase()).count();
    let lower = word.iter().filter(|byte| byte.is_ascii_lowercase()).count();
    let signs = word.iter().filter(|byte| byte.is_ascii_punctuation() && !matches!(byte, b'-' | b'\'' | b'.')).count();
    digits > 0 && (upper + lower) > 1 || upper > 1 && lower > 1 || signs > 0 && digits > 0
}
