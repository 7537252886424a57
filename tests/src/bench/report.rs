//! Figures, as a table for people and as JSON for comparisons.

use std::time::Duration;

use patchbay_tests::source_tree;
use serde_json::{Map, Value, json};

/// The rows of one benchmark.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: Vec<(String, Vec<(&'static str, f64)>)>,
}

impl Report {
    /// Adds a row: its name and its figures.
    pub(crate) fn add(&mut self, name: impl Into<String>, figures: Vec<(&'static str, f64)>) {
        self.rows.push((name.into(), figures));
    }

    /// Prints the table and writes `target/bench/<name>.json`.
    pub(crate) fn publish(&self, name: &str) {
        let mut columns: Vec<&str> = Vec::new();
        for column in self.rows.iter().flat_map(|(_, figures)| figures).map(|(column, _)| column) {
            if !columns.contains(column) {
                columns.push(column);
            }
        }
        let head: Vec<String> = columns.iter().map(|column| format!("{column:>18}")).collect();
        eprintln!("\n{name:<28}{}", head.concat());
        for (row, figures) in &self.rows {
            let cell = |column| figures.iter().find(|(found, _)| found == column).map(|(_, figure)| *figure);
            let cells: Vec<String> = columns
                .iter()
                .map(|column| cell(column).map_or_else(|| format!("{:>18}", ""), |figure| format!("{figure:>18.2}")))
                .collect();
            eprintln!("{row:<28}{}", cells.concat());
        }
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|(row, figures)| {
                let mut object = Map::from_iter([("case".to_owned(), json!(row))]);
                object.extend(figures.iter().map(|(column, figure)| ((*column).replace(' ', "_"), json!(figure))));
                Value::Object(object)
            })
            .collect();
        let folder = source_tree::root().join("target/bench");
        std::fs::create_dir_all(&folder).expect("target/bench can be made");
        let text = serde_json::to_string_pretty(&json!({"benchmark": name, "rows": rows})).expect("figures are JSON");
        std::fs::write(folder.join(format!("{name}.json")), text).expect("the figures can be written");
    }
}

/// The value below which `share` (0 to 1) of `sorted` lies, in milliseconds.
pub(crate) fn percentile(sorted: &[Duration], share: f64) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let at = ((sorted.len() as f64) * share) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).map_or(f64::NAN, |value| value.as_secs_f64() * 1000.0)
}

/// How many in a second.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub(crate) fn rate(count: usize, within: Duration) -> f64 {
    count as f64 / within.as_secs_f64()
}

/// How busy the machine is: runnable tasks over the last minute.
pub(crate) fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(f64::NAN)
}
