//! What a person wrote, without what they answered to. Source: channel reference, e-mail, "Quote stripping".

/// Longest attribution, in characters, however it is wrapped.
const MAX_ATTRIBUTION_CHARS: usize = 400;
/// Fewest underscores of the rule above a quoted header block.
const RULE_CHARS: usize = 10;

/// Opening words of an attribution, and what its last words hold: English, German, French, Spanish, Dutch, Italian,
/// Portuguese.
const ATTRIBUTIONS: &[(&[&str], &[&str])] = &[
    (&["on "], &[" wrote:"]),
    (&["am ", "um "], &[" schrieb", " hat geschrieben:"]),
    (&["le "], &[" a écrit :", " a écrit:", " a \u{e9}crit\u{a0}:"]),
    (&["el "], &[" escribió:"]),
    (&["op "], &[" schreef"]),
    (&["il "], &[" ha scritto:"]),
    (&["em ", "a ", "no dia ", "na "], &[" escreveu:"]),
];

/// Lines above a forwarded message.
const FORWARDED: &[&str] = &[
    "forwarded message",
    "begin forwarded message",
    "weitergeleitete nachricht",
    "anfang der weitergeleiteten nachricht",
    "message transféré",
    "début du message transféré",
    "mensaje reenviado",
    "inicio del mensaje reenviado",
    "doorgestuurd bericht",
    "begin doorgestuurd bericht",
    "messaggio inoltrato",
    "inizio messaggio inoltrato",
    "mensagem encaminhada",
    "mensagem reencaminhada",
    "início da mensagem reencaminhada",
];

/// What a forwarded message's subject begins with.
const FORWARD_PREFIXES: &[&str] = &["fwd:", "fw:", "wg:", "tr:", "rv:", "enc:", "doorst:", "i:"];

/// The text with quotes and signature cut off; the text itself when nothing would remain. Lines end with LF.
pub fn stripped(full: &str, subject: Option<&str>) -> String {
    let lines: Vec<&str> = full.split('\n').collect();
    let forwarded = lines.iter().position(|line| is_forward_mark(line));
    let is_forward = forwarded.is_some() || subject.is_some_and(has_forward_prefix);
    let mut end = lines.len();
    // A signature above a forwarded message belongs to the forward.
    if let Some(place) = lines.iter().position(|line| *line == "-- ").filter(|_| forwarded.is_none()) {
        end = place;
    }
    let kept = lines.get(..end).unwrap_or_default();
    if let Some(place) = quote_begins(kept, is_forward).filter(|place| forwarded.is_none_or(|mark| *place < mark)) {
        end = place;
    }
    let text = lines.get(..end).unwrap_or_default().join("\n");
    let text = text.trim();
    if text.is_empty() { full.trim().to_owned() } else { text.to_owned() }
}

/// The line at which quoted text begins and goes on to the end.
fn quote_begins(lines: &[&str], is_forward: bool) -> Option<usize> {
    let block = lines.iter().enumerate().position(|(place, line)| {
        is_original_message(line) || is_rule(line) && next_filled(lines, place + 1).is_some_and(is_sender_line)
    });
    let lines = lines.get(..block.unwrap_or(lines.len())).unwrap_or_default();
    let block = block.filter(|_| !is_forward);
    trailing_quote(lines).or(block)
}

/// The line at which a trailing block of quoted lines begins, its attribution included.
fn trailing_quote(lines: &[&str]) -> Option<usize> {
    let is_quoted = |line: &str| line.trim_start().starts_with('>');
    let last = lines.iter().rposition(|line| !line.trim().is_empty())?;
    if !is_quoted(lines[last]) {
        return None;
    }
    let mut first = last;
    while first > 0 && (is_quoted(lines[first - 1]) || lines[first - 1].trim().is_empty()) {
        first -= 1;
    }
    // Answers between quotes lose their meaning without them.
    let above = lines.get(..first).unwrap_or_default();
    if above.iter().any(|line| is_quoted(line)) {
        return None;
    }
    Some(attribution(above).unwrap_or(first))
}

/// The line at which an attribution begins that ends these lines. It may be wrapped.
fn attribution(lines: &[&str]) -> Option<usize> {
    let last = lines.iter().rposition(|line| !line.trim().is_empty())?;
    (last.saturating_sub(2)..=last).rev().find(|first| {
        let joined: Vec<&str> = lines.get(*first..=last).unwrap_or_default().iter().map(|line| line.trim()).collect();
        !joined.iter().any(|line| line.is_empty()) && is_attribution(&joined.join(" "))
    })
}

fn is_attribution(line: &str) -> bool {
    if line.chars().count() > MAX_ATTRIBUTION_CHARS || !line.ends_with(':') {
        return false;
    }
    let line = line.to_lowercase();
    let opens = ATTRIBUTIONS.iter().any(|(openings, verbs)| {
        openings.iter().any(|opening| line.starts_with(opening)) && verbs.iter().any(|verb| line.contains(verb))
    });
    // Some programs name the person first: `Dana <dana@…> wrote:`.
    opens || line.contains('@') && ATTRIBUTIONS.iter().any(|(_, verbs)| verbs.iter().any(|verb| line.ends_with(verb)))
}

fn is_original_message(line: &str) -> bool {
    let line = line.trim();
    let inner = line.trim_matches('-');
    let is_framed = line.len() >= inner.len() + 4 && line.starts_with("--") && line.ends_with("--");
    is_framed
        && [
            "original message", "ursprüngliche nachricht", "message d'origine", "mensaje original",
            "oorspronkelijk bericht", "messaggio originale", "mensagem original",
        ]
        .contains(&inner.trim().to_lowercase().as_str())
}

fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() >= RULE_CHARS && line.bytes().all(|byte| byte == b'_')
}

fn is_sender_line(line: &str) -> bool {
    let line = line.trim_start_matches('*');
    ["From:", "Von:", "De:", "Van:", "Da:"].iter().any(|word| line.starts_with(word))
}

fn next_filled<'l>(lines: &[&'l str], from: usize) -> Option<&'l str> {
    lines.iter().skip(from).map(|line| line.trim()).find(|line| !line.is_empty())
}

fn is_forward_mark(line: &str) -> bool {
    let line = line.trim();
    if line.chars().count() > 80 {
        return false;
    }
    let is_marked = line.starts_with("--") || line.ends_with(':');
    let inner = line.trim_matches(['-', ' ', ':']).to_lowercase();
    is_marked && FORWARDED.contains(&inner.as_str())
}

fn has_forward_prefix(subject: &str) -> bool {
    let subject = subject.trim().to_lowercase();
    FORWARD_PREFIXES.iter().any(|prefix| subject.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(full: &str, expected: &str) {
        assert_eq!(stripped(full, None), expected);
    }

    #[test]
    fn a_signature_is_cut() {
        check("Please call me.\n\n-- \nDana\nUnit 4B", "Please call me.");
        check("Not a signature:\n--\nDana", "Not a signature:\n--\nDana");
        check("-- \nDana", "-- \nDana");
    }

    #[test]
    fn attributions_of_seven_languages_are_cut_with_their_quotes() {
        for line in [
            "On Thu, Mar 5, 2026 at 8:00 AM Acme <a@b.test> wrote:",
            "On Thu, Mar 5, 2026 at 8:00 AM Acme Support <support@acme-homes.test>\nwrote:",
            "Am Do., 5. März 2026 um 08:00 Uhr schrieb Acme <a@b.test>:",
            "Am 05.03.26 um 08:00 schrieb Acme:",
            "Le jeu. 5 mars 2026 à 08:00, Acme <a@b.test> a écrit :",
            "El jue, 5 mar 2026 a las 8:00, Acme (<a@b.test>) escribió:",
            "Op do 5 mrt 2026 om 08:00 schreef Acme <a@b.test>:",
            "Il giorno gio 5 mar 2026 alle ore 08:00 Acme <a@b.test> ha scritto:",
            "Em qui., 5 de mar. de 2026 às 08:00, Acme <a@b.test>\nescreveu:",
            "Acme Support <a@b.test> wrote:",
        ] {
            check(&format!("Tuesday works.\n\n{line}\n\n> Can we come?\n>\n> Acme"), "Tuesday works.");
            check(&format!("Tuesday works.\n\n{line}\n> Can we come?\n-- \nDana"), "Tuesday works.");
            // The answer stands below: the quote stays.
            let below = format!("{line}\n> Can we come?\n\nYes.");
            check(&below, &below);
        }
    }

    #[test]
    fn header_blocks_are_cut_without_any_marks() {
        check("Works.\n\n________________________________\nFrom: Acme\nSent: today\n\nCan we?", "Works.");
        check("Works.\n\n-----Original Message-----\nFrom: Acme\n\nCan we?", "Works.");
        check("A form:\n__________\nName", "A form:\n__________\nName");
    }

    #[test]
    fn answers_between_quotes_stay() {
        let text = "> Can we come on Tuesday?\nYes.\n> At nine?\nNo, ten.";
        check(text, text);
        let text = "> One?\nYes.\n> Two?\nNo.\n> Three?";
        check(text, text);
        check("> One?\nYes.\n-- \nDana", "> One?\nYes.");
    }

    #[test]
    fn a_trailing_block_is_cut() {
        check("Parsed form\n\n> old", "Parsed form");
        check("Done.\n> a\n>> b\n\n> c\n", "Done.");
        check("> nothing but quotes", "> nothing but quotes");
    }

    #[test]
    fn forwarded_messages_stay() {
        let text = "See below.\n\n---------- Forwarded message ---------\nFrom: X\n\n> quoted there";
        check(text, text);
        let text = "See.\n\n-- \nDana\n\nBegin forwarded message:\n\n> From: X";
        check(text, text);
        let text = "See.\n\n-----Original Message-----\nFrom: X\n\nText";
        assert_eq!(stripped(text, Some("FW: Visit")), text);
        assert_eq!(stripped(text, Some("Re: Visit")), "See.");
    }

    proptest! {
        #[test]
        fn something_always_remains_and_it_was_there(lines in proptest::collection::vec("(> ?[a-z]{0,6}|-- |[a-zA-Z :<>@_-]{0,24}|On [a-z]{1,9} wrote:|_{8,12}|From: x|)", 0..24)) {
            let full = lines.join("\n");
            let text = stripped(&full, None);
            prop_assert!(full.contains(text.as_str()));
            prop_assert_eq!(text.is_empty(), full.trim().is_empty());
        }
    }
}
