//! The page of what callers may rely on: every command and every published name of a setting has its row, and every test
//! that it names is there.

use std::collections::BTreeSet;

use patchbay_core::ticket::{CommandRow, commands};
use patchbay_server::settings::published_names;

use super::tables::{Sources, quoted, rows};

const PAGE: &str = "docs/guarantees.md";

#[test]
fn every_command_every_name_and_every_test_of_what_callers_rely_on_is_there() {
    let sources = Sources::read();
    let rows = rows(PAGE, &["endpoint", "promise", "name"]);
    let mut wrong = Vec::new();
    let mut told = BTreeSet::new();
    for row in &rows {
        let [subject, .., tests] = row.as_slice() else {
            wrong.push(format!("one cell: {row:?}"));
            continue;
        };
        told.extend(quoted(subject));
        let tests = quoted(tests);
        if tests.is_empty() {
            wrong.push(format!("{subject}: names no test"));
        }
        let missing = tests.iter().filter(|test| !sources.have_test(test));
        wrong.extend(missing.map(|test| format!("{subject}: there is no test {test}")));
    }
    let due = commands().map(CommandRow::endpoint).chain(published_names().map(str::to_owned));
    wrong.extend(due.filter(|name| !told.contains(name)).map(|name| format!("{name} has no row")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
