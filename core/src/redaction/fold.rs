//! A text made comparable: one byte of ASCII for each character that shows, without accents, case, full-width forms and
//! invisible characters, with the way back to the original.

/// A character of another alphabet: part of a word, equal to none of ours.
const OTHER_LETTER: u8 = b'_';
/// Anything that is no part of a word.
const OTHER: u8 = 0x02;

/// The folded text. All three arrays have one entry for each visible character; `at` has one more, for the end.
pub(super) struct Folded {
    /// Lower case.
    pub lower: Vec<u8>,
    /// As written.
    pub cased: Vec<u8>,
    /// Where the character stands in the original: (code point, byte).
    at: Vec<(u32, u32)>,
}

impl Folded {
    pub(super) fn new(text: &str) -> Self {
        let mut cased = Vec::with_capacity(text.len());
        let mut at = Vec::with_capacity(text.len() + 1);
        let mut points = 0_u32;
        for (byte, character) in text.char_indices() {
            if let Some(folded) = fold(character) {
                cased.push(folded);
                at.push((points, offset(byte)));
            }
            points = points.saturating_add(1);
        }
        at.push((points, offset(text.len())));
        let lower = cased.to_ascii_lowercase();
        Self { lower, cased, at }
    }

    pub(super) fn len(&self) -> usize {
        self.lower.len()
    }

    /// Code point and byte at which the folded position `index` begins.
    pub(super) fn original(&self, index: usize) -> (u32, u32) {
        self.at[index.min(self.at.len() - 1)]
    }

    pub(super) fn is_word(&self, index: usize) -> bool {
        self.lower.get(index).is_some_and(|byte| is_word(*byte))
    }

    pub(super) fn is_digit(&self, index: usize) -> bool {
        self.lower.get(index).is_some_and(u8::is_ascii_digit)
    }

    pub(super) fn is_upper(&self, index: usize) -> bool {
        self.cased.get(index).is_some_and(u8::is_ascii_uppercase)
    }

    /// Whether no word goes on over either end of the stretch.
    pub(super) fn stands_alone(&self, start: usize, end: usize) -> bool {
        (start == 0 || !self.is_word(start - 1)) && !self.is_word(end)
    }

    /// Whether no number goes on over either end: `1.5`, `12-34`, `5/6` go on, `5.` at the end of a sentence does not.
    pub(super) fn is_whole_number(&self, start: usize, end: usize) -> bool {
        let before = start == 0
            || !(self.is_word(start - 1)
                || (start > 1 && matches!(self.lower[start - 1], b'.' | b'-' | b'/') && self.is_digit(start - 2)));
        let goes_on =
            self.is_word(end) || matches!(self.lower.get(end), Some(b'.' | b'-' | b'/')) && self.is_digit(end + 1);
        before && !goes_on
    }
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Texts are far shorter than 4 GiB; a longer one folds its tail onto the last place that can be told.
fn offset(byte: usize) -> u32 {
    u32::try_from(byte).unwrap_or(u32::MAX)
}

/// The byte that stands for a character; `None` for what does not show.
fn fold(character: char) -> Option<u8> {
    if character.is_ascii() {
        return Some(match character {
            '\t' | '\r' => b' ',
            '\n' => b'\n',
            control if control.is_ascii_control() => return None,
            shown => shown as u8,
        });
    }
    Some(match character {
        '\u{00ad}'
        | '\u{0300}'..='\u{036f}'
        | '\u{061c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e01ef}' => return None,
        '\u{00a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => b' ',
        '\u{2028}' | '\u{2029}' | '\u{0085}' => b'\n',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => b'-',
        '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{02bc}' | '\u{2032}' | '\u{00b4}' => b'\'',
        '\u{00ab}' | '\u{00bb}' | '\u{201c}'..='\u{201f}' => b'"',
        '\u{2022}' | '\u{25cf}' | '\u{2217}' => b'*',
        '\u{00b7}' | '\u{2027}' | '\u{30fb}' | '\u{3002}' | '\u{2024}' => b'.',
        '\u{2044}' | '\u{2215}' => b'/',
        '\u{00b0}' | '\u{00ba}' => b'o',
        '\u{2116}' => b'#',
        '\u{ff01}'..='\u{ff5e}' => {
            return u8::try_from(u32::from(character) - 0xfee0).ok();
        }
        _ => letter(character)
            .or_else(|| digit(character))
            .unwrap_or_else(|| if character.is_alphanumeric() { OTHER_LETTER } else { OTHER }),
    })
}

/// Digits of other scripts and styles.
fn digit(character: char) -> Option<u8> {
    let code = u32::from(character);
    let base = match code {
        0x0660..=0x0669 => 0x0660,
        0x06f0..=0x06f9 => 0x06f0,
        0x0966..=0x096f => 0x0966,
        0x1d7ce..=0x1d7ff => return u8::try_from((code - 0x1d7ce) % 10).ok().map(|digit| b'0' + digit),
        _ => return None,
    };
    u8::try_from(code - base).ok().map(|digit| b'0' + digit)
}

/// The plain letter under an accent, and letters of other alphabets that look like ours.
fn letter(character: char) -> Option<u8> {
    const UPPER: &[(&str, u8)] = &[
        ("ÀÁÂÃÄÅĀĂĄАΑÆ", b'A'),
        ("ÇĆĈĊČС", b'C'),
        ("ĎĐÐ", b'D'),
        ("ÈÉÊËĒĔĖĘĚЕΕ", b'E'),
        ("ĜĞĠĢ", b'G'),
        ("ĤĦНΗ", b'H'),
        ("ÌÍÎÏĨĪĬĮİІΙ", b'I'),
        ("ĴЈ", b'J'),
        ("ĶКΚ", b'K'),
        ("ĹĻĽĿŁ", b'L'),
        ("МΜ", b'M'),
        ("ÑŃŅŇΝ", b'N'),
        ("ÒÓÔÕÖØŌŎŐОΟŒ", b'O'),
        ("РΡ", b'P'),
        ("ŔŖŘ", b'R'),
        ("ŚŜŞŠȘЅ", b'S'),
        ("ŢŤŦȚТΤ", b'T'),
        ("ÙÚÛÜŨŪŬŮŰŲ", b'U'),
        ("Ŵ", b'W'),
        ("ХΧ", b'X'),
        ("ÝŶŸΥ", b'Y'),
        ("ŹŻŽΖ", b'Z'),
    ];
    const LOWER: &[(&str, u8)] = &[
        ("àáâãäåāăąаæª", b'a'),
        ("çćĉċčс", b'c'),
        ("ďđð", b'd'),
        ("èéêëēĕėęěе", b'e'),
        ("ĝğġģ", b'g'),
        ("ĥħ", b'h'),
        ("ìíîïĩīĭįıі", b'i'),
        ("ĵј", b'j'),
        ("ķ", b'k'),
        ("ĺļľŀł", b'l'),
        ("ñńņň", b'n'),
        ("òóôõöøōŏőоœ", b'o'),
        ("р", b'p'),
        ("ŕŗř", b'r'),
        ("śŝşšșßѕ", b's'),
        ("ţťŧț", b't'),
        ("ùúûüũūŭůűų", b'u'),
        ("ŵ", b'w'),
        ("х", b'x'),
        ("ýŷÿу", b'y'),
        ("źżž", b'z'),
    ];
    let table = if character.is_uppercase() { UPPER } else { LOWER };
    table.iter().find(|(forms, _)| forms.contains(character)).map(|(_, plain)| *plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_case_widths_and_invisible_characters_go_and_places_stay() {
        let folded = Folded::new("É\u{200b}t\u{0301}５–x");
        assert_eq!(folded.lower, b"et5-x");
        assert_eq!(folded.cased, b"Et5-x");
        assert_eq!(folded.original(2), (4, 8));
        assert_eq!(folded.original(5).0, 7);
    }
}
