//! Whether the database enforces the steps that the table of commands allows, neither more nor fewer. Source: domain,
//! health.

use std::collections::BTreeSet;

use patchbay_core::canonical::canonical_hash;
use patchbay_core::ticket::transition::FOLLOWERS;
use patchbay_core::ticket::{TicketState, commands};
use patchbay_store::{StoreError, constraints};
use serde_json::json;

use crate::pipeline::Dispatch;

/// A step by its words; no state before a ticket existed.
type Step = (Option<String>, String);

/// How the database's check of steps differs from the table of commands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// Steps that commands take and the database refuses, as `FROM -> TO`.
    pub missing: Vec<String>,
    /// Steps that the database allows and no command takes.
    pub extra: Vec<String>,
    /// Hash of the table of commands: tool, method, route, roles and states of each row.
    pub table_hash: String,
}

impl Drift {
    /// Whether the two say the same.
    pub fn is_none(&self) -> bool {
        self.missing.is_empty() && self.extra.is_empty()
    }
}

impl Dispatch {
    /// Compares the table of commands with the check that stands in the database.
    pub async fn drift(&self) -> Result<Drift, StoreError> {
        let mut tx = self.db.read().await?;
        let check = constraints::transition_check(&mut tx).await?;
        Ok(compare(&steps_of(&check)))
    }
}

fn compare(enforced: &BTreeSet<Step>) -> Drift {
    let allowed: BTreeSet<Step> = FOLLOWERS
        .iter()
        .flat_map(|(from, next)| next.iter().map(move |to| (from.map(|state| state.to_string()), to.to_string())))
        .collect();
    let written = |steps: Vec<&Step>| {
        steps.into_iter().map(|(from, to)| format!("{} -> {to}", from.as_deref().unwrap_or("(none)"))).collect()
    };
    Drift {
        missing: written(allowed.difference(enforced).collect()),
        extra: written(enforced.difference(&allowed).collect()),
        table_hash: table_hash(),
    }
}

/// Hash of the table of commands.
fn table_hash() -> String {
    let rows: Vec<_> = commands()
        .map(|row| {
            let roles: Vec<&str> = row.roles.iter().map(|(role, _)| role.as_str()).collect();
            json!([row.tool, row.method.as_str(), row.route, roles, row.from, row.to])
        })
        .collect();
    canonical_hash(&json!(rows))
}

/// The steps that a check allows, whichever engine wrote it down: clauses of a state before and a list of states after,
/// each state in quotes. The first state of a clause is that before; a clause of `is null` has none.
fn steps_of(check: &str) -> BTreeSet<Step> {
    let mut steps = BTreeSet::new();
    // Every clause begins with the column before, under whatever cast or coalesce.
    for clause in check.split("from_state").skip(1) {
        let words: Vec<&str> = clause.split('\'').skip(1).step_by(2).collect();
        let mut states = words.into_iter().filter(|word| word.parse::<TicketState>().is_ok());
        let is_first = clause.trim_start().to_lowercase().starts_with("is null");
        let from = if is_first { None } else { states.next().map(str::to_owned) };
        if from.is_none() && !is_first {
            continue;
        }
        steps.extend(states.map(|to| (from.clone(), to.to_owned())));
    }
    steps
}

#[cfg(test)]
mod tests {
    use patchbay_core::ticket::transition::check_clause;

    use super::*;

    #[test]
    fn the_check_of_the_migrations_says_what_the_table_says() {
        assert!(compare(&steps_of(&check_clause())).is_none());
    }

    #[test]
    fn a_check_that_allows_more_or_less_is_named() {
        let less = check_clause().replace("'NEW', 'TRIAGED', 'READY_TO_SCHEDULE'", "'NEW', 'CLOSED'");
        let drift = compare(&steps_of(&less));
        assert_eq!(drift.missing, ["(none) -> READY_TO_SCHEDULE", "(none) -> TRIAGED"]);
        assert_eq!(drift.extra, ["(none) -> CLOSED"]);
        assert!(!compare(&BTreeSet::new()).is_none());
    }
}
