//! Every alert has a runbook, and every runbook an alert.

use std::collections::BTreeSet;

use patchbay_dispatch::alerts::ALERTS;
use patchbay_tests::source_tree;

#[test]
fn every_alert_has_a_runbook_with_steps() {
    let folder = source_tree::root().join("docs/runbooks");
    let mut slugs = BTreeSet::new();
    for alert in ALERTS {
        let path = folder.join(format!("{}.md", alert.runbook));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(text.contains(alert.code), "{} does not name {}", alert.runbook, alert.code);
        for part in ["## Look", "## Do", "## Prove", "## Quiet"] {
            assert!(text.contains(part), "{} lacks {part}", alert.runbook);
        }
        assert!(slugs.insert(format!("{}.md", alert.runbook)), "{} serves two alerts", alert.runbook);
    }
    let files: BTreeSet<String> = std::fs::read_dir(&folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(files, slugs);
}
