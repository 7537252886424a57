//! Names that nobody told us: behind a title, a salutation, an introduction or a key of a log, and under a letter.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::super::claim::Claims;
use super::super::fold::Folded;
use super::super::kind::PiiKind;
use super::Word;
use super::words::{NO_NAMES, THING_AFTER, TITLES};

/// How many words of a name a pattern needs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// One is enough: the words before leave no doubt.
    One,
    /// Given name and surname.
    Two,
}

const INTRODUCTIONS: &[(Needs, &str)] = &[
    (
        Needs::One,
        r"my name is|my name's|je m'appelle|mon nom est|mon nom c'est|ask for|asking for|demandez|demander|attn|attention|c/o|a l'attention de|aux soins de|de la part de|signed by|signe par|received by|recu par|nom du client|nom complet|full name|customer name|contact name|client name|driver name|speak to|speak with|talk to|parler a|parler avec|nom",
    ),
    (
        Needs::Two,
        r"this is|it's|its|c'est|i'm|i am|je suis|ici|call|contact|client|cliente|customer|name|owner|driver|chauffeur|technician|technicien|technicienne|see|voir|reach|with|avec|for|pour|from|by|par|tell|thanks|merci|appelez|rappelez|joindre|meet|tenant|landlord|locataire|proprietaire|passenger|signataire|beneficiary|titulaire|cardholder|holder|manager|gerant|gerante|employee|employe|requested by|demande par|assigned to|assigne a|sent by|envoye par|approved by|approuve par|dear|hi|hello|bonjour|named|nomme|appele|called|is|est|chez|de|to|user|utilisateur",
    ),
];

static INTRODUCED: LazyLock<Vec<(Needs, Regex)>> = LazyLock::new(|| {
    INTRODUCTIONS
        .iter()
        .map(|(needs, words)| {
            (
                *needs,
                Regex::new(&format!(r"(?-u)\b(?:{words})(?:[ :]{{1,3}}|: ?)")).expect("a fixed expression compiles"),
            )
        })
        .collect()
});

/// A greeting whose name ends it: "Hi Sarah,".
static GREETED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m-u)^ *(?:hi|hello|hey|dear|good morning|good afternoon|bonjour|bonsoir|salut|allo|cher|chere) ")
        .expect("a fixed expression compiles")
});

/// The line above a signature, and the dash before a short one.
static CLOSED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m-u)(?:^|[.!?,] )(?:(?:best |kind |warm |with )?(?:regards|wishes)|thanks(?: (?:again|so much|a lot|in advance))?|thank you(?: (?:very much|again))?|many thanks|cheers|sincerely(?: yours)?|yours (?:truly|sincerely|faithfully)|respectfully|best|talk soon|cordialement|(?:bien )?cordialement|merci(?: beaucoup| bien| d'avance| encore)?|bien a vous|(?:sinceres |cordiales |meilleures )?salutations(?: distinguees)?|amicalement|bonne (?:journee|soiree|fin de journee)|respectueusement|a bientot|au plaisir)[ ,.!]{0,3}\n[\n ]{0,3}(?:-{1,2} ?)?")
        .expect("a fixed expression compiles")
});

static SHORT_SIGN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m-u)(?:thx|thanks|thank you|cheers|merci|tks|ty|regards|cordialement)[ ,.!]{1,3}(?:- ?|-- ?)?|(?:^|\n)-{1,2} ?").expect("a fixed expression compiles")
});

/// A field of a structured log whose key says that its value is a name.
static FIELD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?-u)\b(?:(?:customer|contact|client|full|first|last|given|family|display|driver|user|caller|recipient|technician|agent|sender|cardholder|account_holder|beneficiary|owner)[_ .-]?name|nom(?:_client|_complet|_contact)?|prenom|name|contact|customer|client|driver|owner|caller|recipient|technician|signed_by|requested_by)"? ?[=:] ?"([^"\n]{2,60})""#)
        .expect("a fixed expression compiles")
});

pub(in super::super) fn prepare() {
    LazyLock::force(&INTRODUCED);
    for expression in [&GREETED, &CLOSED, &SHORT_SIGN, &FIELD] {
        LazyLock::force(expression);
    }
}

pub(in super::super) fn find(text: &Folded, words: &[Word], claims: &mut Claims) {
    titles(text, words, claims);
    for (needs, expression) in INTRODUCED.iter() {
        for found in expression.find_iter(&text.lower) {
            if let Some((start, end)) = name(text, words, found.end(), *needs, 3) {
                claims.claim(PiiKind::Person, start, end);
            }
        }
    }
    for found in GREETED.find_iter(&text.lower) {
        if let Some((start, end)) = name(text, words, found.end(), Needs::One, 2)
            && matches!(text.lower.get(end), None | Some(b',' | b'!' | b'\n' | b'.'))
        {
            claims.claim(PiiKind::Person, start, end);
        }
    }
    for found in CLOSED.find_iter(&text.lower) {
        signature(text, words, found.end(), claims);
    }
    for found in SHORT_SIGN.find_iter(&text.lower) {
        if let Some((start, end)) = name(text, words, found.end(), Needs::One, 3)
            && text.lower[end..].iter().all(|byte| matches!(byte, b' ' | b'.' | b'\n' | b'!'))
            && (found.as_bytes().contains(&b'-')
                || found.as_bytes().contains(&b',')
                || words_of(text, words, start, end) > 1)
        {
            claims.claim(PiiKind::Person, start, end);
        }
    }
    for found in FIELD.captures_iter(&text.lower) {
        if let Some(value) = found.get(1)
            && let Some((start, end)) = name(text, words, value.start(), Needs::One, 4)
            && end == value.end()
        {
            claims.claim(PiiKind::Person, start, end);
        }
    }
}

fn words_of(_text: &Folded, words: &[Word], start: usize, end: usize) -> usize {
    words.iter().filter(|word| word.start >= start && word.end <= end).count()
}

/// The line under a closing, when it is a name and nothing else.
fn signature(text: &Folded, words: &[Word], from: usize, claims: &mut Claims) {
    if let Some((start, end)) = name(text, words, from, Needs::One, 4)
        && start <= from + 2
        && matches!(text.lower.get(end), None | Some(b'\n' | b',' | b'.' | b' ' | b'|' | b'-'))
        && !company(text, words, end)
    {
        claims.claim(PiiKind::Person, start, end);
    }
}

fn company(text: &Folded, words: &[Word], end: usize) -> bool {
    let next = words.iter().find(|word| word.start >= end);
    next.is_some_and(|word| {
        text.lower[end..word.start].iter().all(|byte| *byte == b' ')
            && THING_AFTER.contains(&&text.lower[word.start..word.end])
    })
}

/// A title and the capitalised words behind it.
fn titles(text: &Folded, words: &[Word], claims: &mut Claims) {
    for (index, title) in words.iter().enumerate() {
        let shown = &text.lower[title.start..title.end];
        if !TITLES.contains(&shown) || !text.is_upper(title.start) && shown.len() < 2 || shown == b"me" {
            continue;
        }
        let dotted = text.lower.get(title.end) == Some(&b'.');
        // One letter is a title only with its dot, or before a surname in French.
        let from = title.end + usize::from(dotted);
        if text.lower.get(from) != Some(&b' ') || index + 1 >= words.len() {
            continue;
        }
        if let Some((_, end)) = name(text, words, from, Needs::One, 3)
            && !company(text, words, end)
        {
            claims.claim(PiiKind::Person, title.start, end);
        }
    }
}

/// The capitalised words from `from` on, as long as they can be a name.
fn name(text: &Folded, words: &[Word], from: usize, needs: Needs, most: usize) -> Option<(usize, usize)> {
    const JOINTS: &[&[u8]] = &[b"de", b"la", b"du", b"van", b"von", b"der", b"le", b"di", b"da", b"el", b"al", b"bin"];
    let first = words.partition_point(|word| word.start < from);
    let start = words.get(first)?.start;
    if text.lower[from..start].iter().any(|byte| !matches!(byte, b' ' | b'"' | b'\'' | b'*')) {
        return None;
    }
    let mut count = 0;
    let mut parts = 0;
    let mut end = start;
    let mut index = first;
    while parts < most && index < words.len() {
        let word = words[index];
        let shown = &text.lower[word.start..word.end];
        let gap = if index == first { b"" } else { &text.lower[words[index - 1].end..word.start] };
        let joined = matches!(gap, b"-" | b"'");
        if index > first && !matches!(gap, b" " | b"-" | b"'" | b". ") {
            break;
        }
        let dotted_initial = gap == b". " && words[index - 1].end - words[index - 1].start > 1;
        if dotted_initial {
            break;
        }
        if JOINTS.contains(&shown) && !text.is_upper(word.start) && count > 0 {
            index += 1;
            continue;
        }
        let letters = shown.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
        if !text.is_upper(word.start) && !joined
            || !letters
            || NO_NAMES.contains(&shown)
            || TITLES.contains(&shown) && count > 0
        {
            break;
        }
        if shown.len() == 1
            && text.lower.get(word.end) != Some(&b'.')
            && !joined
            && text.lower.get(word.end) != Some(&b'\'')
        {
            break;
        }
        // "John's": the apostrophe does not join what is no name.
        if gap == b"'" && (shown == b"s" || !text.is_upper(word.start) && shown.len() < 3) {
            break;
        }
        count += 1;
        if !joined {
            parts += 1;
        }
        end = word.end;
        index += 1;
    }
    let enough = match needs {
        Needs::One => parts >= 1,
        Needs::Two => parts >= 2,
    };
    let shouted = text.cased[start..end].iter().all(|byte| !byte.is_ascii_lowercase()) && end - start <= 4;
    (enough && end - start > 2 && !shouted && !company(text, words, end) && !model(text, words, first))
        .then_some((start, end))
}

/// Whether the word before is a year or a count: "2022 Lincoln Navigator".
fn model(text: &Folded, words: &[Word], first: usize) -> bool {
    first > 0 && {
        let before = words[first - 1];
        text.lower[before.start..before.end].iter().all(u8::is_ascii_digit)
    }
}
