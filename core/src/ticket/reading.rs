//! What a message names: a service of the catalog, the make of a vehicle. Words are held against words, as rules of
//! routing do; nothing is guessed.

use crate::ticket::ranking::is_make;
use crate::words::{has_any, normalized, spaced};

/// Shortest name that is looked for, in characters: shorter ones stand in too many texts by chance.
const LEAST_CHARS: usize = 3;

/// A message made ready to look for names in it.
#[derive(Clone, Debug)]
pub struct Message {
    words: String,
}

impl Message {
    /// From what somebody wrote.
    pub fn of(text: &str) -> Self {
        Self { words: spaced(&normalized(text)) }
    }

    /// Whether the words of a name stand in it, one after the other.
    pub fn names(&self, name: &str) -> bool {
        let name = spaced(&normalized(name));
        let name = name.trim();
        name.chars().count() >= LEAST_CHARS && has_any(&self.words, &[name])
    }
}

/// The makes that stand in a text, each once; `None`: none of them.
pub fn makes<'a>(text: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut found: Vec<&str> = Vec::new();
    for make in known {
        if is_make(text, make) && !found.iter().any(|had| had.eq_ignore_ascii_case(make)) {
            found.push(make);
        }
    }
    (!found.is_empty()).then(|| found.join(" / "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::ranking::known_makes;

    #[test]
    fn names_are_whole_words_in_any_case_and_with_any_signs_between() {
        let message = Message::of("Hi, we need an ENGINE  repair (ENG-2) on stock 4711.");
        for name in ["Engine repair", "engine-repair", "ENG-2"] {
            assert!(message.names(name), "{name}");
        }
        for name in ["Engine repairs", "gine repair", "repair engine", "on", ""] {
            assert!(!message.names(name), "{name}");
        }
        assert!(Message::of("Une révision s'il vous plaît").names("Revision"));
    }

    #[test]
    fn makes_are_found_in_sentences() {
        let makes = |text| makes(text, known_makes().chain(["AUDI", "Škoda"]));
        assert_eq!(makes("The audi will not start").as_deref(), Some("Audi"));
        assert_eq!(makes("A Mercedes Benz and a škoda").as_deref(), Some("Mercedes-Benz / Škoda"));
        assert_eq!(makes("Saudi Arabia"), None);
    }
}
