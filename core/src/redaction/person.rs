//! Names of people: the names that the conversation already holds, in all the ways they are written; then titles,
//! salutations, introductions and signatures, which show a name that nobody told us.

pub(super) mod known;
pub(super) mod pattern;
mod words;

pub use known::Known;

use super::claim::Claims;
use super::fold::Folded;

/// A word of a text: a run of letters and digits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    pub start: usize,
    pub end: usize,
}

/// The words of a text, in order.
pub(super) fn split(text: &Folded) -> Vec<Word> {
    let mut words = Vec::new();
    let mut index = 0;
    while index < text.len() {
        if !text.is_word(index) {
            index += 1;
            continue;
        }
        let end = (index..text.len()).find(|at| !text.is_word(*at)).unwrap_or(text.len());
        words.push(Word { start: index, end });
        index = end;
    }
    words
}

pub(super) fn find(text: &Folded, known: &Known, claims: &mut Claims) {
    let words = split(text);
    known.find(text, &words, claims);
    pattern::find(text, &words, claims);
}
