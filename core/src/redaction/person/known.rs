//! Names that are known: whole, reversed, with initials, title and surname, and one part alone where it is a name.

use super::super::claim::Claims;
use super::super::fold::Folded;
use super::super::kind::PiiKind;
use super::Word;
use super::words::{AFTER, AMBIGUOUS, BEFORE, THING_AFTER, THING_BEFORE, TITLES};

/// The names of the people of a conversation.
#[derive(Clone, Debug, Default)]
pub struct Known {
    names: Vec<Name>,
}

/// A name as its words. `Marc-André O'Connor` has the given words "marc", "andre" and the family words "o", "connor".
#[derive(Clone, Debug)]
struct Name {
    given: Vec<Vec<u8>>,
    middle: Vec<Vec<u8>>,
    family: Vec<Vec<u8>>,
}

/// Words that belong to the family name behind them.
const PARTICLES: &[&[u8]] = &[
    b"de", b"la", b"le", b"du", b"des", b"van", b"von", b"der", b"den", b"di", b"da", b"st", b"ste", b"saint",
    b"sainte", b"el", b"al", b"bin", b"mac", b"mc",
];

impl Known {
    /// Reads names as they stand in records: `Luc Gagnon`, `Gagnon, Luc`, `Dr. Luc Gagnon`. What holds a digit or an at
    /// sign is no name.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self { names: names.into_iter().filter_map(Name::read).collect() }
    }

    /// Whether nobody is known.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub(in super::super) fn find(&self, text: &Folded, words: &[Word], claims: &mut Claims) {
        if self.names.is_empty() {
            return;
        }
        let mut index = 0;
        while index < words.len() {
            let longest = self.names.iter().filter_map(|name| name.at(text, words, index)).max();
            match longest {
                Some(count) => {
                    let from = titled(text, words, index).unwrap_or(words[index].start);
                    claims.claim(PiiKind::Person, from, end_of(text, words[index + count - 1]));
                    index += count;
                }
                None => index += 1,
            }
        }
    }
}

/// The end of a name's last word; the dot of an initial belongs to it.
fn end_of(text: &Folded, word: Word) -> usize {
    let initial = word.end - word.start == 1 && text.lower.get(word.end) == Some(&b'.');
    word.end + usize::from(initial)
}

/// Where the title before the word begins, when there is one.
fn titled(text: &Folded, words: &[Word], index: usize) -> Option<usize> {
    let before = words[index.checked_sub(1)?];
    let title = &text.lower[before.start..before.end];
    let gap = &text.lower[before.end..words[index].start];
    let long = title.len() > 1 && title != b"me" || text.is_upper(before.start) && gap == b". ";
    (TITLES.contains(&title) && long && matches!(gap, b" " | b". " | b".")).then_some(before.start)
}

impl Name {
    fn read(written: &str) -> Option<Self> {
        if written.len() > 200 || written.contains('@') {
            return None;
        }
        let folded = Folded::new(written);
        if folded.lower.iter().any(u8::is_ascii_digit) {
            return None;
        }
        let parts = |stretch: &[u8]| -> Vec<Vec<Vec<u8>>> {
            stretch
                .split(|byte| *byte == b' ')
                .map(|part| {
                    part.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
                        .filter(|word| !word.is_empty())
                        .map(<[u8]>::to_vec)
                        .collect()
                })
                .filter(|part: &Vec<Vec<u8>>| !part.is_empty())
                .collect()
        };
        let mut all = match folded.lower.iter().position(|byte| *byte == b',') {
            Some(comma) => {
                let mut given = parts(&folded.lower[comma + 1..]);
                given.extend(parts(&folded.lower[..comma]));
                given
            }
            None => parts(&folded.lower),
        };
        if all.first().is_some_and(|part| part.len() == 1 && TITLES.contains(&part[0].as_slice())) {
            all.remove(0);
        }
        if all.is_empty() {
            return None;
        }
        let given = all.remove(0);
        let mut family = all.pop().unwrap_or_default();
        while let Some(part) = all.last()
            && part.len() == 1
            && PARTICLES.contains(&part[0].as_slice())
        {
            let mut longer = all.pop().unwrap_or_default();
            longer.append(&mut family);
            family = longer;
        }
        Some(Self { given, middle: all.into_iter().flatten().collect(), family })
    }

    /// How many words from `index` on are this name, if any.
    fn at(&self, text: &Folded, words: &[Word], index: usize) -> Option<usize> {
        if self.family.is_empty() {
            let count = run(text, words, index, &self.given)?;
            return alone(text, words, index, count).then_some(count);
        }
        let given = run(text, words, index, &self.given).or_else(|| self.first_given(text, words, index));
        let family = run(text, words, index, &self.family);
        if let Some(given) = given {
            let between = self.middle_words(text, words, index + given);
            if let Some(rest) = self.family_at(text, words, index + given + between, index + given) {
                return Some(given + between + rest);
            }
            // "Luc G."
            if let Some(next) = words.get(index + given)
                && next.end - next.start == 1
                && text.is_upper(next.start)
                && self.family[0].first() == Some(&text.lower[next.start])
                && near(text, words, index + given)
                && (text.lower.get(next.end) == Some(&b'.') || !text.is_word(next.end))
                && text.lower.get(next.end) != Some(&b'\'')
            {
                return Some(given + 1);
            }
        }
        if let Some(family) = family {
            // "Gagnon, Luc" and "Gagnon Luc".
            if let Some(rest) = run(text, words, index + family, &self.given)
                && near(text, words, index + family)
            {
                return Some(family + rest);
            }
        }
        // "L. Gagnon", "M.-A. Bouchard".
        if let Some(initials) = self.initials(text, words, index)
            && let Some(rest) = self.family_at(text, words, index + initials, index + initials)
        {
            return Some(initials + rest);
        }
        if let Some(count) = family
            && (titled(text, words, index).is_some() || alone(text, words, index, count))
        {
            return Some(count);
        }
        let given = given?;
        (titled(text, words, index).is_some() || alone(text, words, index, given)).then_some(given)
    }

    /// The first of several given words alone is a name only when nothing is joined to it.
    fn first_given(&self, text: &Folded, words: &[Word], index: usize) -> Option<usize> {
        let joined = text.lower.get(words.get(index)?.end) == Some(&b'-');
        (self.given.len() > 1 && self.given[0].len() > 2 && !joined)
            .then(|| run(text, words, index, &self.given[..1]))
            .flatten()
    }

    fn family_at(&self, text: &Folded, words: &[Word], index: usize, joint: usize) -> Option<usize> {
        if !near(text, words, joint) || !near(text, words, index) {
            return None;
        }
        run(text, words, index, &self.family)
            .or_else(|| {
                // "OConnor" for "O'Connor".
                let joined = self.family.concat();
                let word = words.get(index)?;
                (self.family.len() > 1 && text.lower[word.start..word.end] == joined[..]).then_some(1)
            })
            // One of two family names.
            .or_else(|| {
                (self.family.len() > 1)
                    .then(|| self.family.last().and_then(|last| run(text, words, index, std::slice::from_ref(last))))
                    .flatten()
            })
    }

    /// How many words of the middle names stand at `index`, whole or as initials.
    fn middle_words(&self, text: &Folded, words: &[Word], index: usize) -> usize {
        let mut count = 0;
        for middle in &self.middle {
            let Some(word) = words.get(index + count) else { break };
            let shown = &text.lower[word.start..word.end];
            if shown == &middle[..] || shown.len() == 1 && shown[0] == middle[0] {
                count += 1;
            }
        }
        // An initial that the record does not have.
        let unknown = words.get(index).is_some_and(|word| word.end - word.start == 1 && text.is_upper(word.start));
        if count == 0 && unknown { 1 } else { count }
    }

    fn initials(&self, text: &Folded, words: &[Word], index: usize) -> Option<usize> {
        let mut count = 0;
        for given in &self.given {
            let Some(word) = words.get(index + count) else { break };
            if word.end - word.start != 1 || text.lower[word.start] != given[0] {
                break;
            }
            count += 1;
        }
        (count > 0).then_some(count)
    }
}

/// How many words from `index` on are exactly `wanted`, joined by a space, a hyphen or an apostrophe.
fn run(text: &Folded, words: &[Word], index: usize, wanted: &[Vec<u8>]) -> Option<usize> {
    if wanted.is_empty() || index + wanted.len() > words.len() {
        return None;
    }
    for (place, expected) in wanted.iter().enumerate() {
        let word = words[index + place];
        if text.lower[word.start..word.end] != expected[..] {
            return None;
        }
        if place > 0 && !near(text, words, index + place) {
            return None;
        }
    }
    Some(wanted.len())
}

/// Whether the word at `index` follows the one before it within one name.
fn near(text: &Folded, words: &[Word], index: usize) -> bool {
    let (Some(before), Some(word)) = (index.checked_sub(1).and_then(|at| words.get(at)), words.get(index)) else {
        return false;
    };
    matches!(
        &text.lower[before.end..word.start],
        b" " | b"-" | b"'" | b". " | b"." | b", " | b"," | b"  " | b".-" | b"\n"
    )
}

/// Whether a part of a name, standing alone, is the name and not the word that is written like it.
fn alone(text: &Folded, words: &[Word], index: usize, count: usize) -> bool {
    let (first, last) = (words[index], words[index + count - 1]);
    if last.end - first.start < 2 || text.lower.get(last.end) == Some(&b'-') && text.is_word(last.end + 1) {
        return false;
    }
    if first.start > 1
        && matches!(text.lower[first.start - 1], b'-' | b'_' | b'/' | b'.' | b'@')
        && text.is_word(first.start - 2)
    {
        return false;
    }
    let before = index
        .checked_sub(1)
        .map(|at| words[at])
        .filter(|word| text.lower[word.end..first.start].iter().all(|byte| matches!(byte, b' ' | b'\'')));
    let after = words
        .get(index + count)
        .copied()
        .filter(|word| text.lower[last.end..word.start].iter().all(|byte| matches!(byte, b' ' | b'\'' | b'-')));
    let word_before = before.map(|word| &text.lower[word.start..word.end]).unwrap_or_default();
    let word_after = after.map(|word| &text.lower[word.start..word.end]).unwrap_or_default();
    let shown = &text.lower[first.start..last.end];
    let year = word_before.len() == 4 && word_before.iter().all(u8::is_ascii_digit);
    let greeted = BEFORE.contains(&word_before) || contraction(text, before, first);
    let thing = (THING_BEFORE.contains(&word_before) && !greeted) || year || THING_AFTER.contains(&word_after);
    let capital = text.is_upper(first.start);
    // A capitalised word behind makes another name of it: "Lincoln Navigator", "Gagnon Auto".
    let another = after.is_some_and(|word| {
        text.is_upper(word.start) && text.lower[last.end..word.start] == *b" " && !shouting(text, first)
    }) && !greeted;
    if thing || another {
        return false;
    }
    if AMBIGUOUS.contains(&shown) {
        let ended = after.is_none() && (greeted || before.is_none());
        return capital && (greeted || AFTER.contains(&word_after) || ended && words.len() <= index + count + 8)
            || !capital && introduced(text, words, index);
    }
    capital || shown.len() >= 4 || introduced(text, words, index)
}

/// "it's Luc", "c'est Luc": the apostrophe splits the word before.
fn contraction(text: &Folded, before: Option<Word>, first: Word) -> bool {
    let from = first.start.saturating_sub(7);
    before.is_some()
        && [&b"it's "[..], b"c'est ", b"i'm ", b"d'"].iter().any(|form| text.lower[from..first.start].ends_with(form))
}

/// Whether the whole text is in capitals there, so that capitals tell nothing.
fn shouting(text: &Folded, word: Word) -> bool {
    word.end - word.start > 1 && (word.start..word.end).all(|index| text.is_upper(index))
}

/// Whether somebody says who he is right before: then a small letter is just haste.
fn introduced(text: &Folded, words: &[Word], index: usize) -> bool {
    const INTRODUCTIONS: &[&[u8]] = &[
        b"this is ", b"it's ", b"its ", b"c'est ", b"my name is ", b"i'm ", b"im ", b"i am ", b"je suis ",
        b"je m'appelle ", b"hi ", b"hello ", b"bonjour ", b"salut ", b"mon nom est ", b"ici ", b"hey ", b"ask for ",
        b"demandez ", b"moi c'est ",
    ];
    let start = words[index].start;
    INTRODUCTIONS.iter().any(|form| text.lower[..start].ends_with(form))
}
