//! Texts of customers in a form that rules can be held against.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Longest text that is looked at, in characters: what matters is said at the beginning.
const MOST_CHARS: usize = 4_000;

/// One spelling of a text: compatibility forms resolved (NFKC), lower case, no accents, single spaces. Source: domain,
/// routing rule format.
pub fn normalized(text: &str) -> String {
    let plain = text.chars().take(MOST_CHARS).nfkc().flat_map(char::to_lowercase).nfd();
    let plain: String = plain.filter(|letter| !is_combining_mark(*letter)).nfc().collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words of a normalized text alone, with a space before and after each: ` is the door ok `.
pub fn spaced(normalized: &str) -> String {
    let mut words = String::with_capacity(normalized.len() + 2);
    words.push(' ');
    for word in normalized.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()) {
        words.push_str(word);
        words.push(' ');
    }
    words
}

/// Whether one of the phrases, in their normalized spelling, stands in a spaced text as whole words.
pub fn has_any(spaced: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| has(spaced, phrase))
}

fn has(spaced: &str, phrase: &str) -> bool {
    spaced.match_indices(phrase).any(|(at, found)| {
        spaced.as_bytes().get(at.wrapping_sub(1)) == Some(&b' ')
            && spaced.as_bytes().get(at + found.len()) == Some(&b' ')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_forms_make_no_difference() {
        assert_eq!(normalized("  Él   ACCESO\n está ﬁjo "), "el acceso esta fijo");
        assert_eq!(normalized("Ça brûle"), "ca brule");
        assert_eq!(spaced("it's 2-way, ok?"), " it s 2 way ok ");
    }

    #[test]
    fn phrases_are_whole_words() {
        let text = spaced(&normalized("There is a gas leak, accesorios"));
        assert!(has_any(&text, &["gas leak"]));
        assert!(!has_any(&text, &["acceso", "as leak"]));
        assert!(!has_any(&spaced(""), &["gas"]));
    }
}
