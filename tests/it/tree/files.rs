//! Length and names of files, and what must not stand in them.

use patchbay_tests::rust_text::without_tests;
use patchbay_tests::source_tree;

const LONGEST: usize = 600;
const BANNED_NAMES: &[&str] = &["util", "utils", "helper", "helpers", "common", "misc", "mod", "types", "manager"];

#[test]
fn no_file_is_longer_than_a_proofreader_can_bear() {
    let mut wrong = Vec::new();
    for file in source_tree::files("", &["rs", "ts", "tsx", "mjs"]) {
        let is_test = file.path.ends_with("/tests.rs") || file.path.contains(".test.");
        let is_generated = file.path.ends_with("schema.d.ts");
        let lines = without_tests(&file.text).lines().count();
        if !is_test && !is_generated && lines > LONGEST {
            wrong.push(format!("{} has {lines} lines; ask what two things it is", file.path));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_has_a_name_that_says_nothing() {
    let mut wrong = Vec::new();
    for path in source_tree::paths() {
        let is_source = [".rs", ".ts", ".tsx", ".mjs"].iter().any(|extension| path.ends_with(extension));
        let says_nothing = path.split('/').any(|part| {
            let stem = part.split('.').next().unwrap_or(part);
            BANNED_NAMES.contains(&stem)
        });
        if is_source && says_nothing {
            wrong.push(format!("{path}: name it after what it is about"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_refers_to_a_folder_of_one_machine() {
    // Put together at run time, so that this file does not find itself.
    let folders =
        ["/wo".to_owned() + "rk/", "../sha".to_owned() + "red", "/ho".to_owned() + "me/", "/ro".to_owned() + "ot/"];
    let mut wrong = Vec::new();
    let extensions = ["rs", "toml", "md", "ts", "tsx", "mjs", "json", "sql", "html", "css", "yml"];
    for file in source_tree::files("", &extensions) {
        if file.path.ends_with("package-lock.json") {
            continue;
        }
        for folder in &folders {
            if let Some(line) = file.text.lines().position(|line| line.contains(folder)) {
                wrong.push(format!("{}:{} mentions {folder}", file.path, line + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn lints_are_expected_with_a_reason_and_never_allowed() {
    let (allow, ignore) = ("#[al".to_owned() + "low(", "#[ig".to_owned() + "nore");
    let mut wrong = Vec::new();
    for file in source_tree::files("", &["rs"]) {
        for (number, line) in file.text.lines().enumerate() {
            if line.contains(&allow) || line.contains(&allow.replace('#', "#!")) || line.contains(&ignore) {
                wrong.push(format!("{}:{} {}", file.path, number + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
