//! Which crate may import which: the table of ARCHITECTURE.md, checked against what Cargo sees.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};
use patchbay_tests::source_tree;

const OURS: &str = "patchbay-";

const EVERYTHING: &[&str] = &[
    "core", "normalizer", "store", "http", "dispatch", "hub", "ingress", "tool-gateway", "realtime", "workers",
    "simulator", "server", "test-database",
];

/// Crate and what it may import of ours.
const ALLOWED: &[(&str, &[&str])] = &[
    ("core", &[]),
    ("normalizer", &["core"]),
    ("store", &["core"]),
    ("http", &["core"]),
    ("dispatch", &["core", "store", "http"]),
    ("hub", &["core", "store", "http", "dispatch"]),
    ("ingress", &["core", "normalizer", "hub", "http"]),
    ("tool-gateway", &["core", "store", "http", "hub", "dispatch"]),
    ("realtime", &["core", "store", "http"]),
    ("workers", &["core", "normalizer", "store", "hub", "dispatch", "tool-gateway", "realtime"]),
    ("simulator", &["core", "normalizer"]),
    (
        "server",
        &[
            "core", "normalizer", "store", "http", "dispatch", "hub", "ingress", "tool-gateway", "realtime", "workers",
            "simulator",
        ],
    ),
    ("test-database", &["core", "store"]),
    ("tests", EVERYTHING),
];

/// Third-party crates that only some of ours may know, and why.
const ONLY_IN: &[(&str, &[&str], &str)] = &[
    ("sqlx", &["store", "tests", "test-database"], "SQL stands only in store"),
    ("rusqlite", &["store"], "SQL stands only in store"),
    (
        "axum",
        &["http", "dispatch", "hub", "ingress", "tool-gateway", "realtime", "simulator", "server", "tests"],
        "core, normalizer and store do not speak HTTP",
    ),
    (
        "tokio",
        &[
            "store", "http", "dispatch", "hub", "ingress", "tool-gateway", "realtime", "workers", "simulator",
            "server", "tests", "test-database",
        ],
        "core and normalizer do no IO",
    ),
    (
        "reqwest",
        &["http", "dispatch", "hub", "ingress", "tool-gateway", "workers", "simulator", "server", "tests"],
        "core, normalizer, store and realtime call nobody",
    ),
    ("redis", &["realtime", "http", "hub", "workers", "server", "tests"], "core, normalizer and store know no Redis"),
];

/// Crate of ours, without the `patchbay-` prefix, and the packages it depends on outside tests.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = MetadataCommand::new()
        .manifest_path(source_tree::root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo describes the workspace");
    metadata
        .packages
        .iter()
        .map(|package| {
            let used = package.dependencies.iter().filter(|used| used.kind != DependencyKind::Development);
            let name = package.name.as_str();
            (name.strip_prefix(OURS).unwrap_or(name).to_owned(), used.map(|used| used.name.clone()).collect())
        })
        .collect()
}

#[test]
fn crates_import_only_what_the_table_allows() {
    let dependencies = dependencies();
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let mut wrong = Vec::new();
    for (name, used) in &dependencies {
        let Some(allowed) = allowed.get(name.as_str()) else {
            wrong.push(format!("{name} is not in the table"));
            continue;
        };
        for used in used.iter().filter_map(|used| used.strip_prefix(OURS)) {
            if !allowed.contains(&used) {
                wrong.push(format!("{name} must not import {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_crate_of_the_table_exists() {
    let dependencies = dependencies();
    for (name, _) in ALLOWED {
        assert!(dependencies.contains_key(*name), "{name} is in the table but not in the workspace");
    }
}

#[test]
fn outside_libraries_stay_where_they_belong() {
    let dependencies = dependencies();
    let mut wrong = Vec::new();
    for (library, homes, why) in ONLY_IN {
        for (name, used) in &dependencies {
            if used.contains(*library) && !homes.contains(&name.as_str()) {
                wrong.push(format!("{name} must not use {library}: {why}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
