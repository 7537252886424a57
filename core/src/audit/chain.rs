//! The check of an account's chain of audit entries: each entry carries the hash of the one before it, so that a
//! changed, removed, inserted or moved entry shows.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use super::AuditEntry;
use crate::ids::AuditId;

/// Most entries that wait for the one before them. Entries of several nodes are read in the order of their ids, which is
/// about the order of the chain; so many out of order are a gap.
const MOST_WAITING: usize = 100_000;

/// An entry with the hashes it was stored with.
#[derive(Clone, Debug)]
pub struct Link {
    /// The entry.
    pub entry: AuditEntry,
    /// Hash of the entry before it, as it says.
    pub prev_hash: Option<String>,
    /// Its own hash, as it says.
    pub hash: String,
}

/// What is wrong with a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The entry is not what was written.
    Changed,
    /// An entry before it is not there any more.
    Removed,
    /// Another entry stands in its place: one of the two was put in.
    Forked,
    /// Entries after it are not there any more, or nothing says where the chain ends.
    CutOff,
    /// The entry cannot be read.
    Unreadable,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Changed => "the entry was changed",
            Self::Removed => "an entry before it was removed",
            Self::Forked => "another entry follows the same one",
            Self::CutOff => "the entries after it were removed",
            Self::Unreadable => "the entry after it cannot be read",
        })
    }
}

/// Follows a chain from its beginning. Entries come in the order of their ids.
#[derive(Debug, Default)]
pub struct Walk {
    /// Hash of the last entry that was followed.
    tail: Option<String>,
    /// That entry.
    last: Option<AuditId>,
    /// Whether the end that the chain had when the check began was passed.
    passed_end: bool,
    /// Where the chain ended when the check began.
    end: Option<String>,
    /// Entries whose turn has not come, by the hash they wait for.
    waiting: BTreeMap<Option<String>, Vec<Link>>,
    /// How many these are.
    waiting_count: usize,
    /// The beginnings of the hashes that an entry followed already.
    led_on: HashSet<Option<u64>>,
    followed: u64,
}

impl Walk {
    /// A walk along a chain that ends with the hash `end`.
    pub fn new(end: Option<String>) -> Self {
        Self { passed_end: end.is_none(), end, ..Self::default() }
    }

    /// How many entries were followed.
    pub fn followed(&self) -> u64 {
        self.followed
    }

    /// The entry that was followed last.
    pub fn last(&self) -> Option<AuditId> {
        self.last
    }

    /// Takes the next entry. Error: the first entry along the chain that is not as it should be.
    pub fn take(&mut self, link: Link) -> Result<(), (AuditId, Flaw)> {
        self.waiting.entry(link.prev_hash.clone()).or_default().push(link);
        self.waiting_count += 1;
        while let Some(mut next) = self.waiting.remove(&self.tail) {
            self.waiting_count -= next.len();
            let link = next.remove(0);
            if !next.is_empty() {
                return Err((next.remove(0).entry.id, Flaw::Forked));
            }
            self.follow(link)?;
        }
        if self.waiting_count > MOST_WAITING { self.first_waiting() } else { Ok(()) }
    }

    fn follow(&mut self, link: Link) -> Result<(), (AuditId, Flaw)> {
        let id = link.entry.id;
        if link.entry.hash(self.tail.as_deref()) != link.hash {
            return Err((id, Flaw::Changed));
        }
        self.passed_end |= self.end.as_deref() == Some(link.hash.as_str());
        self.led_on.insert(beginning(self.tail.as_deref()));
        self.tail = Some(link.hash);
        self.last = Some(id);
        self.followed += 1;
        Ok(())
    }

    /// The chain is read to its end. `Err((entry, flaw))`: it is broken there; the entry is missing when none is left.
    pub fn finish(&self) -> Result<u64, (Option<AuditId>, Flaw)> {
        if let Err((id, flaw)) = self.first_waiting() {
            return Err((Some(id), flaw));
        }
        if !self.passed_end || (self.end.is_none() && self.followed > 0) {
            return Err((self.last, Flaw::CutOff));
        }
        Ok(self.followed)
    }

    /// Entries that nothing leads to: what is wrong with the first of them.
    fn first_waiting(&self) -> Result<(), (AuditId, Flaw)> {
        let first = self.waiting.values().flatten().min_by_key(|link| link.entry.id);
        let Some(Link { entry, prev_hash, hash }) = first else { return Ok(()) };
        let flaw = if entry.hash(prev_hash.as_deref()) != *hash {
            Flaw::Changed
        } else if self.led_on.contains(&beginning(prev_hash.as_deref())) {
            Flaw::Forked
        } else {
            Flaw::Removed
        };
        Err((entry.id, flaw))
    }
}

/// Enough of a hash to tell it from the others of a chain, so that a long chain fits into memory.
fn beginning(hash: Option<&str>) -> Option<u64> {
    hash.map(|hash| hash.get(..16).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::audit::Outcome;
    use crate::ctx::Ctx;

    fn chain(length: usize) -> Vec<Link> {
        let ctx = Ctx::system(DateTime::UNIX_EPOCH, "c");
        let mut previous: Option<String> = None;
        (0..length)
            .map(|_| {
                let entry = AuditEntry::new(&ctx, "ticket.create", Outcome::Success);
                let hash = entry.hash(previous.as_deref());
                Link { entry, prev_hash: previous.replace(hash.clone()), hash }
            })
            .collect()
    }

    fn walk(links: Vec<Link>, end: Option<String>) -> Result<u64, (Option<AuditId>, Flaw)> {
        let mut walk = Walk::new(end);
        for link in links {
            walk.take(link).map_err(|(id, flaw)| (Some(id), flaw))?;
        }
        walk.finish()
    }

    fn end(links: &[Link]) -> Option<String> {
        links.last().map(|link| link.hash.clone())
    }

    #[test]
    fn a_whole_chain_is_followed_in_any_order_of_ids() {
        let mut links = chain(6);
        let end = end(&links);
        links.swap(2, 4);
        assert_eq!(walk(links, end), Ok(6));
        assert_eq!(walk(Vec::new(), None), Ok(0));
    }

    #[test]
    fn entries_appended_during_the_check_are_no_flaw() {
        let links = chain(6);
        let end = Some(links[3].hash.clone());
        assert_eq!(walk(links, end), Ok(6));
    }

    #[test]
    fn a_changed_entry_shows() {
        for change in [0_usize, 3, 5] {
            let mut links = chain(6);
            let (id, end) = (links[change].entry.id, end(&links));
            links[change].entry.tool_name = "ticket.close".into();
            assert_eq!(walk(links, end), Err((Some(id), Flaw::Changed)));
        }
        let mut links = chain(6);
        let (id, end) = (links[2].entry.id, end(&links));
        links[2].prev_hash = Some("0".into());
        assert_eq!(walk(links, end), Err((Some(id), Flaw::Changed)));
    }

    #[test]
    fn a_removed_entry_shows_at_the_next_one_and_a_removed_end_at_the_last() {
        let links = chain(6);
        let (after, end) = (links[3].entry.id, end(&links));
        let without: Vec<Link> = links.iter().filter(|link| link.entry.id != links[2].entry.id).cloned().collect();
        assert_eq!(walk(without, end.clone()), Err((Some(after), Flaw::Removed)));
        let last = links[4].entry.id;
        assert_eq!(walk(links[..5].to_vec(), end.clone()), Err((Some(last), Flaw::CutOff)));
        assert_eq!(walk(Vec::new(), end), Err((None, Flaw::CutOff)));
        assert_eq!(walk(links, None).map_err(|(_, flaw)| flaw), Err(Flaw::CutOff));
    }

    #[test]
    fn entries_that_changed_places_show() {
        let mut links = chain(6);
        let (id, end) = (links[3].entry.id, end(&links));
        let (one, other) = (links[2].entry.clone(), links[3].entry.clone());
        (links[2].entry, links[3].entry) = (other, one);
        assert_eq!(walk(links, end), Err((Some(id), Flaw::Changed)));
    }

    #[test]
    fn an_entry_put_in_shows() {
        let mut links = chain(4);
        let end = end(&links);
        let ctx = Ctx::system(DateTime::UNIX_EPOCH, "c");
        let entry = AuditEntry::new(&ctx, "ticket.close", Outcome::Success);
        let previous = links[1].prev_hash.clone();
        let hash = entry.hash(previous.as_deref());
        links.push(Link { entry, prev_hash: previous, hash });
        assert_eq!(walk(links, end).map_err(|(_, flaw)| flaw), Err(Flaw::Forked));
    }
}
