//! Street addresses: a civic number and a street word (after the name in English, before it in French) with the unit,
//! and boxes. A count followed by a word that looks like a street is none.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::claim::Claims;
use super::cue::{self, Cues};
use super::fold::Folded;
use super::kind::PiiKind;

const UNIT: &str = r"(?:\.?,? {0,2}(?:\(? ?)(?:apt|apartment|app|appt|appartement|suite|ste|unit|unite|bureau|local|room|rm|bldg|building|batiment|lot|porte|logement|#)\.? ?#? ?[a-z]?-?[0-9]{1,5}[a-z]?\b|,? (?:apt|app|suite|unit|unite|bureau|local)\.? [a-z]\b)?";
const COMPASS: &str = r"(?: (?:n|s|e|w|o|ne|nw|se|sw|no|so|north|south|east|west|nord|sud|est|ouest)\b\.?|\. (?:[nsew]|ne|nw|se|sw)(?:\.|,))?";

/// `125 King Street, Apt 36`. Groups: 1 civic number, 2 name, 3 street word.
static ENGLISH: LazyLock<Regex> = LazyLock::new(|| {
    const STREET: &str = "street|str|st|avenue|ave|av|road|rd|boulevard|blvd|boul|drive|dr|lane|ln|court|ct|crescent|cres|cr|place|pl|way|terrace|terr|ter|circle|cir|parkway|pkwy|pky|highway|hwy|trail|trl|square|sq|close|gate|grove|heights|hts|hill|row|walk|loop|line|sideroad|sdrd|concession|mews|ridge|run|common|crossing|alley|esplanade|landing|turnpike|tpke|freeway|expressway|causeway|promenade|path|park|point|view|manor|gardens|green|bend|cove|hollow|glen|rise|side road";
    Regex::new(&format!(
        r"(?-u)\b([0-9]{{1,6}}[a-z]?(?:[ -](?:1/2|[0-9]{{1,5}}))?),? {{1,2}}((?:[nsew]\.? |north |south |east |west )?(?:[a-z][a-z0-9'.&-]* {{1,2}}|[0-9]{{1,3}}(?:st|nd|rd|th) ){{1,4}}?)({STREET})\b{COMPASS}{UNIT}"
    ))
    .expect("a fixed expression compiles")
});

/// `3035, côte de la Montagne, app. 6`. Groups: 1 civic number, 2 street word, 3 name.
static FRENCH: LazyLock<Regex> = LazyLock::new(|| {
    const STREET: &str = "rue|avenue|av|ave|boulevard|boul|boulv|bd|blvd|bvd|chemin|ch|che|route|rte|rang|cote|place|pl|allee|impasse|quai|cours|montee|ruelle|terrasse|croissant|promenade|square|passage|sentier|autoroute|carre|faubourg|esplanade|voie|mail|cite|domaine|terr|rond-point|traverse";
    const PARTICLE: &str = r"(?:de la |de l'|de l |des |du |de |d'|la |le |les |l'|a |aux |au )";
    Regex::new(&format!(
        r"(?-u)\b([0-9]{{1,6}}[a-z]?(?:[ -](?:1/2|bis|ter|[0-9]{{1,5}}))?),? {{1,2}}({STREET})\.? {{1,2}}({PARTICLE}{{0,2}}[a-z0-9][a-z0-9'.-]*)"
    ))
    .expect("a fixed expression compiles")
});

/// `55, 1re Avenue Est`.
static NUMBERED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?-u)\b[0-9]{{1,6}}[a-z]?,? {{1,2}}[0-9]{{1,3}}(?:re|ere|er|e|eme|ieme|nd|nde|st|rd|th) (?:avenue|ave|av|rue|rang|boulevard|street|st|road|rd|concession|line)\b{COMPASS}{UNIT}"
    ))
    .expect("a fixed expression compiles")
});

/// `1200 Highway 7`.
static ROAD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?-u)\b[0-9]{{2,6}}[a-z]?,? {{1,2}}(?:highway|hwy|route|rte|county road|county rd|autoroute|rang|rr|range road|township road|concession|concession road|regional road) [0-9]{{1,4}}\b{COMPASS}{UNIT}"
    ))
    .expect("a fixed expression compiles")
});

static BOX: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u)\b(?:p\.? ?o\.? ?box|post office box|case postale|boite postale|c\. ?p\.|b\. ?p\.|cp|bp) ?(?:no\.? ?|#)?[0-9]{1,6}\b")
        .expect("a fixed expression compiles")
});

/// `RR 2, Site 5, Box 10`: a route of rural mail.
static RURAL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?-u)\b(r\.? ?r\.?|rural route|route rurale) ?(?:#|no\.? ?)? ?([0-9]{1,2})\b(?:,? {1,2}(?:site|comp|compartment|box|stn|station|lcd|gd|gen del|case|casier) ?#?[0-9a-z]{1,4}\b){0,3}",
    )
    .expect("a fixed expression compiles")
});

static AFTER_NAME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!("^(?-u){COMPASS}{UNIT}")).expect("a fixed expression compiles"));

/// Words that count or describe and are no name of a street.
const NO_NAME: &[&[u8]] = &[
    b"hour", b"hours", b"hr", b"hrs", b"minute", b"minutes", b"min", b"mins", b"km", b"kms", b"mile", b"miles", b"mi",
    b"day", b"days", b"week", b"weeks", b"month", b"months", b"year", b"years", b"wheel", b"wheels", b"way", b"lane",
    b"car", b"cars", b"door", b"doors", b"volt", b"volts", b"inch", b"inches", b"ton", b"tons", b"speed", b"bay",
    b"bays", b"point", b"points", b"pound", b"lb", b"lbs", b"psi", b"amp", b"amps", b"main", b"more", b"people", b"of",
    b"in", b"on", b"at", b"to", b"for", b"and", b"or", b"is", b"are", b"was", b"were", b"the", b"a", b"an", b"with",
    b"from", b"by", b"am", b"pm", b"units", b"tires", b"trucks", b"truck", b"vans", b"van", b"keys", b"key", b"parts",
    b"pieces", b"guys", b"techs", b"stage", b"cylinder", b"axle", b"exit", b"if", b"please", b"pls", b"then", b"off",
    b"before", b"after", b"until", b"we", b"i", b"you", b"it", b"he", b"she", b"they", b"still", b"not", b"no", b"per",
    b"times", b"percent", b"dollars", b"cad", b"usd", b"qty", b"full", b"new", b"old", b"est", b"sont", b"et", b"ou",
    b"pour", b"dans", b"heures", b"heure", b"jours", b"jour", b"fois", b"camions", b"pneus", b"open", b"free", b"left",
    b"right", b"second", b"seconds", b"ft", b"feet", b"litre", b"liter", b"gallon", b"model", b"ford", b"audi",
    b"test", b"owner", b"owners", b"owned", b"vehicles", b"vehicle", b"hole", b"blocks", b"stop", b"stops", b"metre",
    b"meter",
];

/// Those of them that are names of streets when they have a capital: "Old Mill Road", "New Street".
const NAMES_TOO: &[&[u8]] = &[b"main", b"old", b"new"];

/// Small words after a lower-case street word that show it to be an ordinary word: "15 road tests", "2 way street cars".
const TAIL: &[&[u8]] = &[
    b"test", b"tests", b"trip", b"trips", b"tires", b"bearings", b"wheel", b"shaft", b"car", b"cars", b"light",
    b"lights", b"time", b"in", b"train", b"thru",
];

/// Street words that are ordinary words as well: they count only with a capital, after a name with one.
const COMMON: &[&[u8]] = &[
    b"way", b"close", b"gate", b"hill", b"row", b"walk", b"loop", b"line", b"run", b"common", b"path", b"park",
    b"point", b"view", b"green", b"bend", b"rise", b"st", b"cr", b"ter", b"place", b"court", b"square", b"circle",
    b"ridge", b"crossing", b"landing", b"drive", b"dr", b"sq", b"ct", b"pl",
];

pub(super) fn prepare() {
    for expression in [&ENGLISH, &FRENCH, &NUMBERED, &ROAD, &BOX, &RURAL, &AFTER_NAME] {
        LazyLock::force(expression);
    }
}

pub(super) fn find(text: &Folded, cues: &Cues, claims: &mut Claims) {
    for found in NUMBERED.find_iter(&text.lower).chain(ROAD.find_iter(&text.lower)) {
        claim(text, claims, found.start(), found.end());
    }
    french(text, cues, claims);
    english(text, cues, claims);
    for found in BOX.find_iter(&text.lower) {
        let short = found.as_bytes().starts_with(b"cp") || found.as_bytes().starts_with(b"bp");
        if !short || text.is_upper(found.start()) && text.is_upper(found.start() + 1) {
            claims.claim(PiiKind::Address, found.start(), found.end());
        }
    }
    if text.lower.windows(2).any(|two| two == b"rr" || two == b"ru" || two == b"r.") {
        rural(text, claims);
    }
}

/// A route of rural mail, told from what mechanics call the right rear wheel.
fn rural(text: &Folded, claims: &mut Claims) {
    const UNITS: &[&[u8]] =
        &[b"mm", b"psi", b"/", b"%", b":", b"=", b"in", b"kpa", b"wheel", b"tire", b"brake", b"door"];
    let wheels = |word: &[u8]| matches!(word, b"lf" | b"rf" | b"lr" | b"fl" | b"fr" | b"rl");
    let is_about_wheels = || text.lower.split(|byte| !byte.is_ascii_alphanumeric()).any(wheels);
    for found in RURAL.captures_iter(&text.lower) {
        let (Some(whole), Some(name)) = (found.get(0), found.get(1)) else { continue };
        let spelled = name.len() > 5;
        let rest = text.lower[whole.end()..].trim_ascii_start();
        let measured = UNITS.iter().any(|unit| rest.starts_with(unit)) || text.is_digit(whole.end() + 1);
        if spelled || text.is_upper(whole.start()) && !measured && !is_about_wheels() {
            claims.claim(PiiKind::Address, whole.start(), whole.end());
        }
    }
}

fn english(text: &Folded, cues: &Cues, claims: &mut Claims) {
    let mut from = 0;
    while let Some(found) = ENGLISH.captures_at(&text.lower, from) {
        let (Some(whole), Some(number), Some(name), Some(street)) =
            (found.get(0), found.get(1), found.get(2), found.get(3))
        else {
            break;
        };
        if is_english(text, cues, number.start(), number.len(), name.range(), street.range(), whole.end()) {
            claim(text, claims, whole.start(), whole.end());
            from = whole.end();
        } else {
            from = number.end();
        }
    }
}

fn is_english(
    text: &Folded,
    cues: &Cues,
    start: usize,
    digits: usize,
    name: std::ops::Range<usize>,
    street: std::ops::Range<usize>,
    end: usize,
) -> bool {
    let named = text.lower[name.clone()]
        .split(|byte| *byte == b' ')
        .filter(|word| !word.is_empty())
        .all(|word| !NO_NAME.contains(&word) || text.is_upper(name.start) && NAMES_TOO.contains(&word));
    let main = text.lower[name.clone()].starts_with(b"main ");
    let capital_name = text.is_upper(name.start) || text.is_digit(name.start);
    let capital_street = text.is_upper(street.start);
    let told = cues.before(start, 12, cue::PLACE).is_some();
    let common = COMMON.contains(&&text.lower[street.clone()]);
    let tail = text.lower[street.end..].trim_ascii_start();
    let tail = tail.split(|byte| !byte.is_ascii_alphanumeric()).next().unwrap_or_default();
    let ordinary = !capital_street && end == street.end && TAIL.contains(&tail);
    let plain = (named || main && (told || digits >= 2)) && !ordinary;
    let sure = match (capital_name, capital_street) {
        (true, true) => true,
        (true, false) => !common || told,
        (false, _) if common => told && digits >= 2,
        (false, _) => told || digits >= 3,
    };
    plain && sure && !is_measure(text, start)
}

fn french(text: &Folded, cues: &Cues, claims: &mut Claims) {
    const WEAK: &[&[u8]] = &[
        b"place", b"pl", b"cours", b"voie", b"passage", b"quai", b"mail", b"cite", b"cote", b"ch", b"che", b"route",
        b"av", b"domaine", b"traverse", b"square",
    ];
    let mut from = 0;
    while let Some(found) = FRENCH.captures_at(&text.lower, from) {
        let (Some(whole), Some(number), Some(street), Some(name)) =
            (found.get(0), found.get(1), found.get(2), found.get(3))
        else {
            break;
        };
        from = number.end();
        let end = end_of_name(text, whole.end());
        let end = end + AFTER_NAME.find(&text.lower[end..]).map_or(0, |found| found.end());
        let last_word = name.as_bytes().rsplit(|byte| matches!(byte, b' ' | b'\'')).next().unwrap_or_default();
        let capital = text.is_upper(name.end() - last_word.len()) || last_word.first().is_some_and(u8::is_ascii_digit);
        let told = cues.before(number.start(), 12, cue::PLACE).is_some();
        let weak = WEAK.contains(&street.as_bytes());
        let sure = capital || told && !weak || number.len() >= 3;
        if sure && !NO_NAME.contains(&last_word) && !is_measure(text, number.start()) {
            claim(text, claims, whole.start(), end);
            from = end;
        }
    }
}

/// The name goes on as long as its words have capitals, over particles between them.
fn end_of_name(text: &Folded, mut end: usize) -> usize {
    const PARTICLES: &[&[u8]] = &[b"de", b"la", b"du", b"des", b"le", b"les", b"et", b"aux", b"d", b"l"];
    const CITY: &[&[u8]] = &[
        b"quebec", b"montreal", b"laval", b"levis", b"gatineau", b"ottawa", b"app", b"apt", b"bureau", b"suite",
        b"unite", b"local", b"porte",
    ];
    loop {
        let mut next = end;
        let mut particles = 0;
        loop {
            if text.lower.get(next) != Some(&b' ') && !(particles > 0 && text.lower.get(next) == Some(&b'\'')) {
                return trim_dot(text, end);
            }
            next += 1;
            let word_end = (next..text.len())
                .find(|at| !(text.is_word(*at) || matches!(text.lower[*at], b'-' | b'\'')))
                .unwrap_or(text.len());
            let word = &text.lower[next..word_end];
            if word.is_empty() || CITY.contains(&word) {
                return trim_dot(text, end);
            }
            let elided = word.len() > 2 && word[1] == b'\'' && text.is_upper(next + 2);
            if (text.is_upper(next) || elided) && word.len() > 1 && word[0].is_ascii_alphabetic() && !is_compass(word) {
                end = word_end;
                break;
            }
            if !PARTICLES.contains(&word) || particles == 2 {
                return trim_dot(text, end);
            }
            particles += 1;
            next = word_end;
        }
    }
}

fn is_compass(word: &[u8]) -> bool {
    matches!(word, b"nord" | b"sud" | b"est" | b"ouest")
}

fn trim_dot(text: &Folded, end: usize) -> usize {
    end - text.lower[..end].iter().rev().take_while(|byte| matches!(byte, b'.' | b'-' | b'\'' | b' ')).count()
}

/// Whether the number is part of another: `1,250`, `12.5`, `$12`, `#12`, `2024-`.
fn is_measure(text: &Folded, start: usize) -> bool {
    start > 0
        && (matches!(text.lower[start - 1], b'$' | b'.' | b'/' | b'-')
            || (text.lower[start - 1] == b',' && start > 1 && text.is_digit(start - 2)))
}

fn claim(text: &Folded, claims: &mut Claims, start: usize, end: usize) {
    let end = trim_dot(text, end);
    claims.claim(PiiKind::Address, start, end);
}
