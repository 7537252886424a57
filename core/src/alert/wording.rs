//! What people are told of an alert in the words of whoever runs this: a subject and a text with places to fill in, in
//! two braces: `{{title}}`.

use super::Severity;
use super::texts::{self, Telling};
use crate::tool::question::Language;

/// What can be filled in.
pub const PLACES: [&str; 7] = ["severity", "title", "code", "rule", "count", "link", "reply"];

/// A subject and a text with places to fill in.
#[derive(Clone, Copy, Debug)]
pub struct Wording<'a> {
    /// One line.
    pub subject: &'a str,
    /// All of it.
    pub text: &'a str,
}

/// Why a text cannot be filled in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misworded {
    /// It names something that there is not.
    #[error("{{{{{0}}}}} is none of {known}", known = PLACES.join(", "))]
    Unknown(String),
    /// A place is begun and not ended.
    #[error("two braces are opened and not closed")]
    Open,
}

/// A text between places, or a place.
enum Piece<'t> {
    Text(&'t str),
    Place(&'t str),
}

fn pieces(text: &str) -> Result<Vec<Piece<'_>>, Misworded> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (place, after) = after.split_once("}}").ok_or(Misworded::Open)?;
        let place = place.trim();
        if !PLACES.contains(&place) {
            return Err(Misworded::Unknown(place.chars().take(40).collect()));
        }
        pieces.extend([Piece::Text(before), Piece::Place(place)]);
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}

/// Whether a text can be filled in.
pub fn check(text: &str) -> Result<(), Misworded> {
    pieces(text).map(drop)
}

/// `None`: it cannot be filled in, which nobody could save.
fn filled(text: &str, language: Language, telling: &Telling<'_>) -> Option<String> {
    let mut written = String::with_capacity(text.len() + 64);
    for piece in pieces(text).ok()? {
        match piece {
            Piece::Text(text) => written.push_str(text),
            Piece::Place("severity") => written.push_str(texts::severity(language, telling.severity)),
            Piece::Place("title") => written.push_str(&texts::title(language, telling.code)),
            Piece::Place("code") => written.push_str(telling.code),
            Piece::Place("rule") => written.push_str(telling.rule),
            Piece::Place("count") => written.push_str(&telling.count.to_string()),
            Piece::Place("link") => written.push_str(telling.link),
            Piece::Place(_) => written.push_str(telling.reply.unwrap_or_default()),
        }
    }
    Some(written)
}

impl Wording<'_> {
    /// The subject of a mail: one line, with the code to answer with even where the words leave it out.
    pub fn subject(&self, language: Language, telling: &Telling<'_>) -> String {
        let Some(line) = filled(self.subject, language, telling) else { return texts::subject(language, telling) };
        // What fills it in may be more than a line; a subject never is.
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        match telling.reply.filter(|code| !line.contains(code)) {
            Some(code) => format!("{line} [{code}]"),
            None => line,
        }
    }

    /// The text of a mail, an SMS or a Slack message; how to answer stands below it even where the words leave it out.
    pub fn text(&self, language: Language, telling: &Telling<'_>) -> String {
        let Some(text) = filled(self.text, language, telling) else { return texts::text(language, telling) };
        match telling.reply.filter(|code| !text.contains(code)) {
            Some(code) => format!("{text}\n{}", texts::how_to_answer(language, code)),
            None => text,
        }
    }
}

/// An alert that never was, to show what words become.
pub fn example(code: &str) -> Telling<'_> {
    Telling {
        code,
        rule: "Emergencies",
        severity: Severity::Critical,
        count: 2,
        link: "https://patchbay.example/app/alerts",
        reply: Some("K7M2QP"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_in_and_the_code_to_answer_with_is_never_lost() {
        let words = Wording { subject: "{{ severity }}: {{title}} ({{count}})", text: "{{rule}}\n{{link}}" };
        let telling = example("EMERGENCY");
        assert_eq!(
            words.subject(Language::English, &telling),
            "Critical: A customer reports an emergency (2) [K7M2QP]"
        );
        let text = words.text(Language::French, &telling);
        assert_eq!(
            text,
            "Emergencies\nhttps://patchbay.example/app/alerts\nRépondez ACK K7M2QP si vous vous en occupez."
        );
        let words = Wording { subject: "[{{reply}}] {{code}}", text: "Answer {{reply}}." };
        assert_eq!(words.subject(Language::English, &telling), "[K7M2QP] EMERGENCY");
        assert_eq!(words.text(Language::English, &telling), "Answer K7M2QP.");
        assert_eq!(words.text(Language::English, &Telling { reply: None, ..telling }), "Answer .");
    }

    #[test]
    fn words_that_cannot_be_filled_in_are_told() {
        assert_eq!(check("nothing to fill in } {"), Ok(()));
        assert_eq!(check("{{customer}}"), Err(Misworded::Unknown("customer".into())));
        assert_eq!(check("{{}}"), Err(Misworded::Unknown(String::new())));
        assert_eq!(check("{{title"), Err(Misworded::Open));
        let told = Misworded::Unknown("customer".into()).to_string();
        assert_eq!(told, "{{customer}} is none of severity, title, code, rule, count, link, reply");
    }
}
