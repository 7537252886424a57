//! A map that forgets its oldest entries, so that a long-lived simulator does not grow.

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// At most `cap` entries in the order of insertion; the oldest one goes when a new key does not fit.
#[derive(Debug)]
pub(crate) struct CappedMap<K, V> {
    cap: usize,
    next: u64,
    entries: HashMap<K, (u64, V)>,
    order: BTreeMap<u64, K>,
}

impl<K: Hash + Eq + Clone, V> CappedMap<K, V> {
    pub(crate) fn new(cap: usize) -> Self {
        Self { cap: cap.max(1), next: 0, entries: HashMap::new(), order: BTreeMap::new() }
    }

    /// Stores `value`; answers what had to leave for it, if anything.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        if let Some((_, slot)) = self.entries.get_mut(&key) {
            return Some(std::mem::replace(slot, value));
        }
        let evicted = if self.entries.len() >= self.cap {
            self.order.pop_first().and_then(|(_, oldest)| self.entries.remove(&oldest)).map(|(_, gone)| gone)
        } else {
            None
        };
        self.order.insert(self.next, key.clone());
        self.entries.insert(key, (self.next, value));
        self.next += 1;
        evicted
    }

    pub(crate) fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.entries.get(key).map(|(_, value)| value)
    }

    pub(crate) fn get_mut<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.entries.get_mut(key).map(|(_, value)| value)
    }

    pub(crate) fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let (at, value) = self.entries.remove(key)?;
        self.order.remove(&at);
        Some(value)
    }

    /// Removes the entry that has been here longest.
    pub(crate) fn pop_oldest(&mut self) -> Option<V> {
        let (_, key) = self.order.pop_first()?;
        self.entries.remove(&key).map(|(_, value)| value)
    }

    /// Oldest first.
    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.order.values().filter_map(|key| self.entries.get(key).map(|(_, value)| value))
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.order.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::CappedMap;

    #[test]
    fn the_oldest_entry_leaves_when_the_map_is_full() {
        let mut map = CappedMap::new(2);
        map.insert("a", 1);
        map.insert("b", 2);
        assert_eq!(map.insert("c", 3), Some(1));
        assert_eq!(map.values().copied().collect::<Vec<_>>(), [2, 3]);
        assert_eq!(map.remove("b"), Some(2));
        map.insert("d", 4);
        assert_eq!(map.values().copied().collect::<Vec<_>>(), [3, 4]);
    }
}
