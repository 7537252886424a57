//! How content customers are: the question at the end of a conversation, and what counts as its answer. Source: S3, CSAT.

use chrono::TimeDelta;

use crate::triage::Language;

/// How long an answer counts.
pub const ANSWERS_FOR: TimeDelta = TimeDelta::days(7);
/// Best score; the worst is 1.
pub const BEST: i64 = 5;
/// Who gives at least so much is content.
pub const CONTENT: i64 = 4;

/// What the customer is asked.
pub const fn question(language: Language) -> &'static str {
    match language {
        Language::En => "How did we do? Please answer with a number from 1 (bad) to 5 (very good).",
        Language::Fr => "Comment avons-nous fait ? Répondez par un chiffre de 1 (mauvais) à 5 (très bien).",
        Language::Es => "¿Cómo lo hicimos? Responda con un número del 1 (mal) al 5 (muy bien).",
    }
}

/// The score in an answer. `None`: it says something else, and is a message like any other.
pub fn score_of(text: &str) -> Option<i64> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    let stars = line.chars().filter(|letter| matches!(letter, '⭐' | '★' | '🌟')).count();
    let is_star = |letter: char| matches!(letter, '⭐' | '★' | '🌟' | '☆' | '\u{fe0f}' | ' ');
    if stars > 0 && line.chars().all(is_star) {
        return i64::try_from(stars).ok().filter(|stars| *stars <= BEST);
    }
    let line = line.trim_end_matches(['.', '!', ' ']).to_lowercase();
    let digits = line.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(line.len());
    let (score, rest) = line.split_at(digits);
    let score: i64 = score.parse().ok().filter(|score| (1..=BEST).contains(score))?;
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
    is_scale.then_some(score)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(score_of(text), Some(score), "{text}");
        }
        for text in ["", "0", "6", "55", "5 more things please", "four", "1 door is broken", "thanks", "10", "⭐ great"]
        {
            assert_eq!(score_of(text), None, "{text}");
        }
    }
}
