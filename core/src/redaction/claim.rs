//! Which stretch of the text belongs to which kind: first come, first served, in the order of certainty.

use super::fold::Folded;
use super::kind::PiiKind;

/// A claimed stretch, in folded positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub start: usize,
    pub end: usize,
    pub kind: PiiKind,
}

/// The stretches of one text, and what is not to be touched.
pub(super) struct Claims {
    taken: Vec<bool>,
    made: Vec<Claim>,
}

impl Claims {
    pub(super) fn new(text: &Folded) -> Self {
        Self { taken: vec![false; text.len()], made: Vec::new() }
    }

    /// Whether no part of the stretch is taken.
    pub(super) fn is_free(&self, start: usize, end: usize) -> bool {
        start < end && end <= self.taken.len() && !self.taken[start..end].contains(&true)
    }

    /// Claims a stretch that is free; does nothing when a part is taken.
    pub(super) fn claim(&mut self, kind: PiiKind, start: usize, end: usize) -> bool {
        if !self.is_free(start, end) {
            return false;
        }
        self.keep(start, end);
        self.made.push(Claim { start, end, kind });
        true
    }

    /// Keeps a stretch as it is: nobody claims it.
    pub(super) fn keep(&mut self, start: usize, end: usize) {
        self.taken[start..end].fill(true);
    }

    /// The claims in order of place.
    pub(super) fn finish(mut self) -> Vec<Claim> {
        self.made.sort_by_key(|claim| claim.start);
        self.made
    }
}
