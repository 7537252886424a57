//! What the micro-benchmarks (`cargo bench`: intake, codec) left under `target/criterion`, as reports like the others.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use patchbay_tests::source_tree;
use serde_json::Value;

use crate::report::Report;

/// One report for each group of benchmarks: `codec`, `intake`.
pub(crate) fn reports() -> BTreeMap<String, Report> {
    let mut reports: BTreeMap<String, Report> = BTreeMap::new();
    let mut folders = Vec::new();
    find(&source_tree::root().join("target/criterion"), &mut folders);
    folders.sort();
    for folder in folders {
        let (Some(benchmark), Some(estimates)) = (read(&folder, "benchmark.json"), read(&folder, "estimates.json"))
        else {
            continue;
        };
        let name = benchmark["full_id"].as_str().unwrap_or_default();
        let group = name.split('/').next().unwrap_or_default().to_owned();
        let nanoseconds = estimates["mean"]["point_estimate"].as_f64().unwrap_or(f64::NAN);
        let mut figures = vec![("microseconds", nanoseconds / 1e3)];
        if let Some(elements) = benchmark["throughput"]["Elements"].as_f64() {
            figures.push(("items/s", elements * 1e9 / nanoseconds));
        }
        if let Some(bytes) = benchmark["throughput"]["Bytes"].as_f64() {
            figures.push(("MB/s", bytes * 1e3 / nanoseconds));
        }
        reports.entry(group).or_default().add(name, figures);
    }
    reports
}

/// Folders named `new`, where the last run's figures lie.
fn find(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()) {
        if path.ends_with("new") {
            found.push(path);
        } else {
            find(&path, found);
        }
    }
}

fn read(folder: &Path, name: &str) -> Option<Value> {
    serde_json::from_str(&std::fs::read_to_string(folder.join(name)).ok()?).ok()
}
