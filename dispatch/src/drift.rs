//! Whether the database checks the same steps of a ticket as the table of commands knows. Source: S1, contract.

use std::collections::BTreeSet;

use patchbay_core::ticket::transition::FOLLOWERS;
use patchbay_store::{Db, StoreError, constraints};

/// Steps that only one of the two knows, as `FROM -> TO`; empty when they agree.
pub async fn contract_drift(db: &Db) -> Result<Vec<String>, StoreError> {
    let text = constraints::of_transitions(&mut db.read().await?).await?;
    let (checked, known) = (pairs(&text), contract());
    Ok(checked.symmetric_difference(&known).map(|(from, to)| format!("{from} -> {to}")).collect())
}

/// What stands for no state yet.
const NOTHING: &str = "NONE";

fn contract() -> BTreeSet<(String, String)> {
    FOLLOWERS
        .iter()
        .flat_map(|(from, next)| {
            let from = from.map_or(NOTHING, |state| state.as_str());
            next.iter().map(move |to| (from.to_owned(), to.to_string()))
        })
        .collect()
}

/// The pairs of a check, in the words of either engine: after each mention of `from_state` stand the state it is
/// compared with, unless it must be null, and then the states that may follow.
fn pairs(check: &str) -> BTreeSet<(String, String)> {
    let mut pairs = BTreeSet::new();
    for part in check.split("from_state").skip(1) {
        let mut words = part.split('\'').skip(1).step_by(2).filter(|word| !word.is_empty());
        let is_null = part.trim_start().get(..7).is_some_and(|start| start.eq_ignore_ascii_case("is null"));
        let from = if is_null { Some(NOTHING) } else { words.next() };
        if let Some(from) = from {
            pairs.extend(words.map(|to| (from.to_owned(), to.to_owned())));
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_engines_say_the_same_in_their_own_words() {
        let ours = "from_state text, check ((from_state is null and to_state in ('NEW')) \
                    or (coalesce(from_state, '') = 'NEW' and to_state in ('TRIAGED', 'CANCELLED')))";
        let theirs = "CHECK ((((from_state IS NULL) AND (to_state = 'NEW'::text)) OR ((COALESCE(from_state, ''::text) = \
                      'NEW'::text) AND (to_state = ANY (ARRAY['TRIAGED'::text, 'CANCELLED'::text])))))";
        let expect = [("NONE", "NEW"), ("NEW", "CANCELLED"), ("NEW", "TRIAGED")];
        let expect: BTreeSet<_> = expect.map(|(from, to)| (from.to_owned(), to.to_owned())).into();
        assert_eq!(pairs(ours), expect);
        assert_eq!(pairs(theirs), expect);
    }
}
