//! Pages whose tables name functions and tests of ours.

use patchbay_tests::source_tree;
use regex::Regex;

/// The cells of a page's tables, without their headings.
pub(super) fn rows(page: &str, headings: &[&str]) -> Vec<Vec<String>> {
    let page = std::fs::read_to_string(source_tree::root().join(page)).expect("the page is there");
    let is_heading = |line: &str| headings.iter().any(|heading| line.starts_with(&format!("| {heading} ")));
    page.lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| ---") && !is_heading(line))
        .map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// What stands in a cell between backticks.
pub(super) fn quoted(cell: &str) -> Vec<String> {
    let code = Regex::new("`([^`]+)`").expect("the pattern is valid");
    code.captures_iter(cell).map(|found| found[1].to_owned()).collect()
}

/// Every Rust file of ours.
pub(super) struct Sources(Vec<source_tree::SourceFile>);

impl Sources {
    pub(super) fn read() -> Self {
        Self(source_tree::files("", &["rs"]))
    }

    /// Whether `path` has a function `name`.
    pub(super) fn have_function(&self, path: &str, name: &str) -> bool {
        let function = format!("fn {name}");
        self.0.iter().any(|file| file.path == path && file.text.contains(&function))
    }

    /// Whether there is a test `name` anywhere.
    pub(super) fn have_test(&self, name: &str) -> bool {
        let function = format!("fn {name}(");
        self.0.iter().any(|file| file.text.contains(&function))
    }
}
