//! How many SMS segments a text takes, by GSM 03.38 and UCS-2.

/// Alphabet that a text needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// GSM 03.38 basic and extension table: 7 bits a character.
    Gsm7,
    /// UCS-2: 16 bits a code unit.
    Ucs2,
}

/// What a text takes on the air.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segments {
    /// Alphabet.
    pub encoding: Encoding,
    /// Septets or UTF-16 code units.
    pub units: usize,
    /// Segments; 0 for an empty text.
    pub count: usize,
}

/// The longest text that Twilio accepts, in characters (error 21617 beyond).
pub const MAX_CHARACTERS: usize = 1600;

/// The basic table of GSM 03.38 without its escape character.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// The extension table: two septets each, never split.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// Counts the segments of `text`. Pairs (extension characters, surrogates) are never split over two segments.
pub fn of(text: &str) -> Segments {
    match text.chars().map(septets).collect::<Option<Vec<_>>>() {
        Some(costs) => count(Encoding::Gsm7, &costs, 160, 153),
        None => count(Encoding::Ucs2, &text.chars().map(char::len_utf16).collect::<Vec<_>>(), 70, 67),
    }
}

fn septets(character: char) -> Option<usize> {
    if BASIC.contains(character) { Some(1) } else { EXTENSION.contains(character).then_some(2) }
}

fn count(encoding: Encoding, costs: &[usize], single: usize, split: usize) -> Segments {
    let units = costs.iter().sum();
    let count = if units == 0 {
        0
    } else if units <= single {
        1
    } else {
        let mut segments = 1;
        let mut used = 0;
        for cost in costs {
            if used + cost > split {
                segments += 1;
                used = 0;
            }
            used += cost;
        }
        segments
    };
    Segments { encoding, units, count }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, encoding: Encoding, units: usize, count: usize) {
        assert_eq!(of(text), Segments { encoding, units, count });
    }

    #[test]
    fn plain_text_fills_160_then_153() {
        check("", Encoding::Gsm7, 0, 0);
        check(&"a".repeat(160), Encoding::Gsm7, 160, 1);
        check(&"a".repeat(161), Encoding::Gsm7, 161, 2);
        check(&"a".repeat(306), Encoding::Gsm7, 306, 2);
        check(&"a".repeat(307), Encoding::Gsm7, 307, 3);
    }

    #[test]
    fn one_curly_quote_makes_it_ucs2() {
        check("it’s", Encoding::Ucs2, 4, 1);
        check(&"’".repeat(70), Encoding::Ucs2, 70, 1);
        check(&"’".repeat(71), Encoding::Ucs2, 71, 2);
        check("ç", Encoding::Ucs2, 1, 1);
        check("Ç", Encoding::Gsm7, 1, 1);
        check("`", Encoding::Ucs2, 1, 1);
    }

    #[test]
    fn extension_characters_cost_two_and_are_not_split() {
        check(&"€".repeat(80), Encoding::Gsm7, 160, 1);
        check(&format!("{}€{}", "a".repeat(152), "b".repeat(20)), Encoding::Gsm7, 174, 2);
        check(&"€".repeat(153), Encoding::Gsm7, 306, 3);
    }

    #[test]
    fn emoji_cost_two_units_and_are_not_split() {
        check(&"😀".repeat(35), Encoding::Ucs2, 70, 1);
        check(&"😀".repeat(36), Encoding::Ucs2, 72, 2);
        check(&"😀".repeat(67), Encoding::Ucs2, 134, 3);
    }

    proptest! {
        #[test]
        fn segments_are_enough_and_never_wasteful(text in any::<String>()) {
            let segments = of(&text);
            let (single, split) = match segments.encoding { Encoding::Gsm7 => (160, 153), Encoding::Ucs2 => (70, 67) };
            prop_assert_eq!(segments.count == 0, text.is_empty());
            if segments.count > 1 {
                prop_assert!(segments.units > single);
                prop_assert!(segments.count * split >= segments.units);
                prop_assert!((segments.count - 1) * (split - 1) < segments.units);
            } else {
                prop_assert!(segments.units <= single);
            }
        }

        #[test]
        fn more_text_never_needs_fewer_segments(text in "\\PC{0,200}", more in "\\PC{0,20}") {
            let longer = [text.as_str(), more.as_str()].concat();
            prop_assert!(of(&longer).count >= of(&text).count);
        }
    }
}
