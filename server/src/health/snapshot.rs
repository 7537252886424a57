//! The metrics as one JSON object, made from the text that Prometheus reads, so that both always agree.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Number, Value};
use utoipa::ToSchema;

/// Counters that are always there, as lists: of what has not happened yet they are empty. Source: S1, metrics.
const LISTS: &[&str] = &["requests_total", "errors_total", "transitions_total", "dispatch_override_close_by_code"];

/// The metrics at one moment.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Snapshot {
    /// `patchbay`.
    service: &'static str,
    /// When it was taken.
    generated_at: DateTime<Utc>,
    /// Counters by name: a number, or a list of label sets, each with its `count`.
    #[schema(value_type = Object)]
    counters: BTreeMap<String, Value>,
    /// Everything else by name: a number, or a list of label sets, each with its `value`.
    #[schema(value_type = Object)]
    gauges: BTreeMap<String, Value>,
}

impl Snapshot {
    /// The snapshot of a text in the format of Prometheus.
    pub(super) fn of(text: &str, now: DateTime<Utc>) -> Self {
        let mut snapshot =
            Self { service: "patchbay", generated_at: now, counters: BTreeMap::new(), gauges: BTreeMap::new() };
        snapshot.counters.extend(LISTS.iter().map(|name| ((*name).to_owned(), Value::Array(Vec::new()))));
        let mut is_counter = false;
        let mut lines: Vec<(bool, &str)> = Vec::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(declared) = line.strip_prefix("# TYPE ") {
                is_counter = declared.ends_with(" counter");
            } else if !line.starts_with('#') {
                lines.push((is_counter, line));
            }
        }
        lines.sort_unstable();
        for (is_counter, line) in lines {
            let Some((series, number)) = line.rsplit_once(' ') else { continue };
            let Some(value) = number_of(number) else { continue };
            let (part, key) =
                if is_counter { (&mut snapshot.counters, "count") } else { (&mut snapshot.gauges, "value") };
            match series.split_once('{') {
                None => {
                    part.insert(series.to_owned(), value);
                }
                Some((name, labels)) => {
                    let mut entry = labels_of(labels);
                    entry.insert(key.to_owned(), value);
                    let entries = part.entry(name.to_owned()).or_insert_with(|| Value::Array(Vec::new()));
                    if let Value::Array(entries) = entries {
                        entries.push(Value::Object(entry));
                    }
                }
            }
        }
        snapshot
    }
}

fn number_of(text: &str) -> Option<Value> {
    let whole = text.parse::<i64>().ok().map(Number::from);
    whole.or_else(|| Number::from_f64(text.parse().ok()?)).map(Value::Number)
}

/// The labels of `name="value",other="value"}`. A value may hold `\\`, `\"` and `\n`.
fn labels_of(text: &str) -> Map<String, Value> {
    let mut labels = Map::new();
    let mut rest = text;
    while let Some((name, quoted)) = rest.split_once("=\"") {
        let mut value = String::new();
        let mut chars = quoted.chars();
        while let Some(char) = chars.next() {
            match char {
                '"' => break,
                '\\' => match chars.next() {
                    Some('n') => value.push('\n'),
                    Some(other) => value.push(other),
                    None => {}
                },
                other => value.push(other),
            }
        }
        let name = name.trim_start_matches([',', ' ']);
        // A status is a number to whoever reads JSON.
        let value = match value.parse::<u16>() {
            Ok(status) if name == "status" => status.into(),
            _ => value.into(),
        };
        labels.insert(name.to_owned(), value);
        rest = chars.as_str();
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_snapshot_says_what_the_text_says() {
        let text = "# TYPE hits counter\nhits{path=\"/a\",note=\"x \\\"y\\\"\"} 3\nhits{path=\"/b\"} 1\n\n\
                    # TYPE waiting gauge\nwaiting 2\n";
        let snapshot = Snapshot::of(text, DateTime::<Utc>::UNIX_EPOCH);
        assert_eq!(
            serde_json::to_value(&snapshot.counters["hits"]).unwrap(),
            serde_json::json!([{ "path": "/a", "note": "x \"y\"", "count": 3 }, { "path": "/b", "count": 1 }])
        );
        assert_eq!(snapshot.counters["transitions_total"], serde_json::json!([]), "there, and empty");
        assert_eq!(serde_json::to_value(&snapshot.gauges).unwrap(), serde_json::json!({ "waiting": 2 }));
    }
}
