//! The table of threats names what is there: each defence is a function, each test a test.

use patchbay_tests::source_tree;
use regex::Regex;

const PAGE: &str = "docs/threats.md";

/// The cells of the page's tables, without their headings.
fn rows() -> Vec<Vec<String>> {
    let page = std::fs::read_to_string(source_tree::root().join(PAGE)).expect("the page is there");
    page.lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| ---") && !line.starts_with("| threat"))
        .map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// What stands in a cell between backticks.
fn quoted(cell: &str) -> Vec<String> {
    let code = Regex::new("`([^`]+)`").expect("the pattern is valid");
    code.captures_iter(cell).map(|found| found[1].to_owned()).collect()
}

#[test]
fn every_defence_and_every_test_in_the_table_of_threats_is_there() {
    let sources: Vec<_> = source_tree::files("", &["rs"]).into_iter().map(|file| (file.path, file.text)).collect();
    let rows = rows();
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
            let Some((path, name)) = defence.split_once("::") else {
                wrong.push(format!("{threat}: {defence} is no file::function"));
                continue;
            };
            let function = format!("fn {name}");
            if !sources.iter().any(|(file, text)| file == path && text.contains(&function)) {
                wrong.push(format!("{threat}: there is no {defence}"));
            }
        }
        for test in tests {
            let function = format!("fn {test}(");
            if !sources.iter().any(|(_, text)| text.contains(&function)) {
                wrong.push(format!("{threat}: there is no test {test}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
