//! The table of threats names what is there: each defence is a function, each test a test.

use super::tables::{Sources, quoted, rows};

#[test]
fn every_defence_and_every_test_in_the_table_of_threats_is_there() {
    let sources = Sources::read();
    let rows = rows("docs/threats.md", &["threat"]);
    assert!(rows.len() > 40, "the page has {} rows", rows.len());
    let mut wrong = Vec::new();
    for row in &rows {
        let [threat, defences, tests] = row.as_slice() else {
            wrong.push(format!("not three cells: {row:?}"));
            continue;
        };
        let (defences, tests) = (quoted(defences), quoted(tests));
        if defences.is_empty() || tests.is_empty() {
            wrong.push(format!("{threat}: names no defence or no test"));
        }
        for defence in defences {
            match defence.split_once("::") {
                None => wrong.push(format!("{threat}: {defence} is no file::function")),
                Some((path, name)) if !sources.have_function(path, name) => {
                    wrong.push(format!("{threat}: there is no {defence}"));
                }
                Some(_) => {}
            }
        }
        let missing = tests.iter().filter(|test| !sources.have_test(test));
        wrong.extend(missing.map(|test| format!("{threat}: there is no test {test}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
