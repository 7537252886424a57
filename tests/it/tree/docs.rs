//! The documents say what is there.

use patchbay_tests::source_tree;
use regex::Regex;

#[test]
fn every_link_between_documents_leads_somewhere() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").expect("the pattern is valid");
    let mut wrong = Vec::new();
    for file in source_tree::files("", &["md"]) {
        let folder = source_tree::root().join(&file.path).parent().expect("a file lies in a folder").to_path_buf();
        for found in link.captures_iter(&file.text) {
            let target = found[1].split('#').next().unwrap_or_default();
            let is_outside = target.contains("://") || target.starts_with("mailto:");
            if !target.is_empty() && !is_outside && !folder.join(target).exists() {
                wrong.push(format!("{}: {target} does not exist", file.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_readme_tells_every_make_target() {
    let target = Regex::new(r"(?m)^([a-z]+):.*## ").expect("the pattern is valid");
    let read = |name: &str| std::fs::read_to_string(source_tree::root().join(name)).expect("the file is there");
    let (makefile, readme) = (read("Makefile"), read("README.md"));
    for found in target.captures_iter(&makefile) {
        let named = format!("make {}", &found[1]);
        assert!(readme.contains(&named), "README.md does not mention `{named}`");
    }
}

#[test]
fn the_architecture_page_is_short_and_knows_every_crate() {
    let page = std::fs::read_to_string(source_tree::root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is there");
    assert!(page.lines().count() < 200, "a map that is longer than the way is no map");
    for entry in std::fs::read_dir(source_tree::root()).expect("the root can be listed").flatten() {
        if entry.path().join("Cargo.toml").exists() {
            let name = entry.file_name().to_string_lossy().into_owned();
            assert!(page.contains(&format!("`{name}/`")), "ARCHITECTURE.md does not mention {name}/");
        }
    }
}
