//! What customers say of how they were helped: asked once, when a conversation is over. The widget of a web chat asks by
//! itself; elsewhere the question is a message, and a bare score its answer. Source: S3, CSAT; console reference, widget.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::conversation::{CloseReason, ConversationStatus};
use crate::triage::Language;

/// How long after the end it is asked: as long as a conversation can be opened again.
pub const ASKED_WITHIN: TimeDelta = TimeDelta::days(7);

/// Longest comment, in characters.
pub const COMMENT_CHARS: usize = 1000;

/// How content somebody is: from 1, the worst, to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Rating(u8);

impl Rating {
    /// The best.
    pub const BEST: u8 = 5;

    /// A rating from 1 to 5; nothing for other numbers.
    pub fn new(value: i64) -> Option<Self> {
        u8::try_from(value).ok().filter(|value| (1..=Self::BEST).contains(value)).map(Self)
    }

    /// The number.
    pub fn get(self) -> u8 {
        self.0
    }

    /// Whether it counts as content: 4 and 5.
    pub fn is_content(self) -> bool {
        self.0 >= 4
    }
}

/// Whether the customer of a conversation is asked, as long as they did not answer.
pub fn is_asked(
    status: ConversationStatus,
    reason: Option<CloseReason>,
    closed_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> bool {
    let is_theirs = matches!(reason, Some(CloseReason::Resolved | CloseReason::CustomerUnresponsive));
    status == ConversationStatus::Closed && is_theirs && closed_at.is_some_and(|at| now - at < ASKED_WITHIN)
}

/// What the customer is asked.
pub const fn question(language: Language) -> &'static str {
    match language {
        Language::En => "How did we do? Please answer with a number from 1 (bad) to 5 (very good).",
        Language::Fr => "Comment avons-nous fait ? Répondez par un chiffre de 1 (mauvais) à 5 (très bien).",
        Language::Es => "¿Cómo lo hicimos? Responda con un número del 1 (mal) al 5 (muy bien).",
    }
}

/// The rating in an answer. `None`: it says something else, and is a message like any other.
pub fn rating_in(text: &str) -> Option<Rating> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    let stars = line.chars().filter(|letter| matches!(letter, '⭐' | '★' | '🌟')).count();
    let is_star = |letter: char| matches!(letter, '⭐' | '★' | '🌟' | '☆' | '\u{fe0f}' | ' ');
    if stars > 0 && line.chars().all(is_star) {
        return i64::try_from(stars).ok().and_then(Rating::new);
    }
    let line = line.trim_end_matches(['.', '!', ' ']).to_lowercase();
    let digits = line.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(line.len());
    let (score, rest) = line.split_at(digits);
    let rating = Rating::new(score.parse().ok()?)?;
    let rest: String = rest.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_scale = matches!(
        rest.as_str(),
        "" | "/5"
            | "/ 5"
            | "out of 5"
            | "of 5"
            | "sur 5"
            | "de 5"
            | "star"
            | "stars"
            | "étoile"
            | "étoiles"
            | "estrella"
            | "estrellas"
            | "\u{fe0f}\u{20e3}"
            | "\u{20e3}"
    );
    is_scale.then_some(rating)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rating_lies_between_one_and_five() {
        let ratings: Vec<Option<u8>> = [-1, 0, 1, 5, 6, 257].map(|value| Rating::new(value).map(Rating::get)).into();
        assert_eq!(ratings, [None, None, Some(1), Some(5), None, None]);
        assert_eq!([3, 4].map(|value| Rating::new(value).map(Rating::is_content)), [Some(false), Some(true)]);
    }

    #[test]
    fn it_is_asked_at_the_end_and_for_a_week() {
        let now = DateTime::from_timestamp(1_772_719_195, 0).expect("a time");
        let asked = |status, reason, days| is_asked(status, Some(reason), Some(now - TimeDelta::days(days)), now);
        assert!(asked(ConversationStatus::Closed, CloseReason::Resolved, 0));
        assert!(asked(ConversationStatus::Closed, CloseReason::CustomerUnresponsive, 6));
        assert!(!asked(ConversationStatus::Closed, CloseReason::Resolved, 7));
        assert!(!asked(ConversationStatus::Closed, CloseReason::Spam, 0));
        assert!(!asked(ConversationStatus::Closed, CloseReason::Duplicate, 0));
        assert!(!asked(ConversationStatus::Assigned, CloseReason::Resolved, 0));
    }

    #[test]
    fn a_bare_number_or_stars_are_an_answer_and_nothing_else_is() {
        for (text, score) in [
            ("5", 5),
            (" 1 ", 1),
            ("4/5", 4),
            ("3 out of 5.", 3),
            ("2 étoiles", 2),
            ("⭐⭐⭐⭐", 4),
            ("★★★☆☆", 3),
            ("5!\n\nOn Monday we wrote:\n> How did we do?", 5),
            ("4️⃣", 4),
        ] {
            assert_eq!(rating_in(text).map(Rating::get), Some(score), "{text}");
        }
        for text in ["", "0", "6", "55", "5 more things please", "four", "1 door is broken", "thanks", "10", "⭐ great"]
        {
            assert_eq!(rating_in(text), None, "{text}");
        }
    }
}
