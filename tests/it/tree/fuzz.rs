//! Each codec is fuzzed.

use patchbay_tests::source_tree::{files, root};

/// The names of the functions of the entry points that take any bytes.
fn codecs(text: &str) -> Vec<&str> {
    let functions = text.lines().filter_map(|line| line.strip_prefix("pub fn "));
    functions.filter_map(|rest| rest.split_once("(bytes: &[u8])")).map(|(name, _)| name).collect()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_default()
}

#[test]
fn each_codec_has_a_target_and_runs_in_the_tests() {
    let exercise = read("normalizer/src/exercise.rs");
    let (entry_points, tests) = exercise.split_once("#[cfg(test)]").expect("the entry points have tests");
    let codecs = codecs(entry_points);
    assert!(codecs.len() >= 8, "{codecs:?}");
    for codec in codecs {
        let target = read(&format!("fuzz/fuzz_targets/{codec}.rs"));
        assert!(target.contains(&format!("exercise::{codec}(bytes)")), "{codec} has no target in fuzz/fuzz_targets");
        assert!(tests.contains(&format!("{codec}(&bytes);")), "{codec} is not run with any bytes");
    }
}

#[test]
fn each_target_is_named_in_the_manifest() {
    let manifest = read("fuzz/Cargo.toml");
    for target in files("fuzz/fuzz_targets", &["rs"]) {
        let name = target.path.trim_start_matches("fuzz/fuzz_targets/").trim_end_matches(".rs").to_owned();
        let lines = format!("name = \"{name}\"\npath = \"fuzz_targets/{name}.rs\"\n");
        assert!(manifest.contains(&lines), "{name} is not a target of fuzz/Cargo.toml");
    }
}
