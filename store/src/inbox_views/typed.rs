//! What a person typed into a search, as expressions of the engines' full-text search: every word must be there.

use std::collections::HashMap;

use patchbay_core::words::normalized;

/// Words of a search that count.
const WORDS: usize = 8;
/// Letters of a word that count. PostgreSQL refuses words of more than 2,046 bytes.
const WORD_CHARS: usize = 100;

/// The words of a text, in small letters.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(WORDS)
        .map(|word| word.chars().take(WORD_CHARS).collect::<String>().to_lowercase())
        .collect()
}

/// These words and no longer ones. For SQLite.
pub(super) fn whole_on_sqlite(words: &[String]) -> String {
    words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" ")
}

/// Words that begin like these. For SQLite.
pub(super) fn beginnings_on_sqlite(words: &[String]) -> String {
    words.iter().map(|word| format!("\"{word}\"*")).collect::<Vec<_>>().join(" ")
}

/// Words that begin like these. For PostgreSQL.
pub(super) fn beginnings_on_postgres(words: &[String]) -> String {
    words.iter().map(|word| format!("{word}:*")).collect::<Vec<_>>().join(" & ")
}

/// How many of some documents make a beginning a frequent one.
const FREQUENT: usize = 50;
/// Words that stand for a frequent beginning: the most frequent ones.
const VARIANTS: usize = 64;

/// Words that begin like these. Of a beginning that is frequent among `documents`, the newest ones, only the words that it
/// has there. For SQLite, which reads all that begins with a few letters before it gives the first, but not all that is a
/// word.
pub(super) fn beginnings_as_in(words: &[String], documents: &[String]) -> String {
    let plain_words: Vec<String> = words.iter().map(|word| plain_word(word)).collect();
    let mut variants: Vec<HashMap<String, usize>> = vec![HashMap::new(); words.len()];
    let mut frequencies = vec![0; words.len()];
    for document in documents {
        let said: Vec<String> = document
            .split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(plain_word)
            .collect();
        for (place, beginning) in plain_words.iter().enumerate() {
            let mut is_there = false;
            for word in said.iter().filter(|word| word.starts_with(beginning.as_str())) {
                is_there = true;
                *variants[place].entry(word.clone()).or_default() += 1;
            }
            frequencies[place] += usize::from(is_there);
        }
    }
    let pieces = words.iter().zip(variants).zip(frequencies).map(|((word, variants), frequency)| {
        if frequency < FREQUENT {
            return format!("\"{word}\"*");
        }
        let mut variants: Vec<(String, usize)> = variants.into_iter().collect();
        variants.sort_by(|(word, count), (other, others)| others.cmp(count).then_with(|| word.cmp(other)));
        let variants = variants.iter().take(VARIANTS).map(|(word, _)| format!("\"{word}\""));
        format!("({})", variants.collect::<Vec<_>>().join(" OR "))
    });
    pieces.collect::<Vec<_>>().join(" AND ")
}

/// A word as the index folds it.
fn plain_word(word: &str) -> String {
    if word.is_ascii() { word.to_ascii_lowercase() } else { normalized(word) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents() -> Vec<String> {
        let mut documents: Vec<String> =
            (0..60).map(|number| format!("Heating n{number}, r\u{e9}serv\u{e9}")).collect();
        documents.extend((0..55).map(|_| "the heater".to_owned()));
        documents.push("heath".to_owned());
        documents
    }

    #[test]
    fn a_frequent_beginning_is_the_words_it_has_and_a_rare_one_stays_a_beginning() {
        let typed = words("HEA zeze");
        assert_eq!(beginnings_as_in(&typed, &documents()), "(\"heating\" OR \"heater\" OR \"heath\") AND \"zeze\"*");
        assert_eq!(beginnings_as_in(&typed, &[]), "\"hea\"* AND \"zeze\"*");
    }

    #[test]
    fn accents_are_no_difference() {
        assert_eq!(beginnings_as_in(&words("res"), &documents()), "(\"reserve\")");
        assert_eq!(beginnings_as_in(&words("R\u{c9}S"), &documents()), "(\"reserve\")");
    }

    #[test]
    fn a_beginning_of_very_many_words_is_the_most_frequent_of_them() {
        let numbers: Vec<String> = (0..5_000).map(|number| format!("n{} n7", number % 1_000)).collect();
        let expression = beginnings_as_in(&words("n"), &numbers);
        assert_eq!(expression.matches(" OR ").count(), VARIANTS - 1);
        assert!(expression.starts_with("(\"n7\" OR "), "{expression}");
    }

    #[test]
    fn signs_mean_nothing_and_words_end() {
        assert_eq!(words("a-b \" OR * c:(d)"), ["a", "b", "or", "c", "d"]);
        assert_eq!(words("x y z a b c d e f g").len(), WORDS);
        assert_eq!(
            words(&"\u{130}".repeat(500)).first().map(|word| word.chars().count() <= 2 * WORD_CHARS),
            Some(true)
        );
        assert_eq!(beginnings_on_postgres(&words("Tech ze")), "tech:* & ze:*");
        assert_eq!(whole_on_sqlite(&words("Tech ze")), "\"tech\" \"ze\"");
    }
}
