//! Dashboards, alert rules and documents speak of the metrics that the server really shows.

use std::collections::BTreeSet;
use std::time::Duration;

use patchbay_core::channel::Channel;
use patchbay_core::ids::RecordId;
use patchbay_server::telemetry::FAMILIES;
use patchbay_tests::deployment::CUSTOMER;
use patchbay_tests::wait::PATIENCE;
use patchbay_tests::{Deployment, Plan, source_tree};
use regex::Regex;
use serde_json::{Value, json};
use tokio::time::Instant;

/// Every expression under `ops/`, with the file it stands in.
fn expressions() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for file in source_tree::files("ops/grafana", &["json"]) {
        let board: Value = serde_json::from_str(&file.text).unwrap_or_else(|error| panic!("{}: {error}", file.path));
        for panel in board["panels"].as_array().expect("a dashboard has panels") {
            for target in panel["targets"].as_array().expect("a panel has targets") {
                found.push((file.path.clone(), target["expr"].as_str().expect("an expression").to_owned()));
            }
        }
    }
    let expr = Regex::new(r"(?m)^\s+expr: (.+)$").expect("the pattern is valid");
    for file in source_tree::files("ops/prometheus", &["yml"]) {
        found.extend(expr.captures_iter(&file.text).map(|line| (file.path.clone(), line[1].to_owned())));
    }
    found
}

/// The metrics that an expression reads: every word that is not in braces, a label list or a function.
fn metrics_of(expression: &str) -> BTreeSet<String> {
    let braces = Regex::new(r"\{[^}]*\}|\[[^\]]*\]").expect("the pattern is valid");
    let lists = Regex::new(r"\bby\s*\([^)]*\)").expect("the pattern is valid");
    let word = Regex::new(r"[a-z_][a-z0-9_]*\b").expect("the pattern is valid");
    let functions = ["sum", "max", "min", "rate", "increase", "histogram_quantile", "by", "le"];
    let bare = lists.replace_all(expression, " ").into_owned();
    let bare = braces.replace_all(&bare, " ");
    word.find_iter(&bare)
        .map(|found| found.as_str().to_owned())
        .filter(|word| !functions.contains(&word.as_str()))
        .collect()
}

/// What an expression takes for granted of the metrics it reads: labels that it picks or groups by, values of them, and
/// which of them only grow.
#[derive(Debug, Default, PartialEq, Eq)]
struct Assumed {
    /// Metric, label, and the value if one is named.
    labels: BTreeSet<(String, String, Option<String>)>,
    /// What rates are taken of.
    growing: BTreeSet<String>,
}

fn assumed(expression: &str) -> Assumed {
    let picked = Regex::new(r"([a-z_][a-z0-9_]*)\{([^}]*)\}").expect("the pattern is valid");
    let matcher = Regex::new(r#"([a-z_]+)\s*(=~|!~|!=|=)\s*"([^"]*)""#).expect("the pattern is valid");
    let grouped = Regex::new(r"\bby\s*\(([^)]*)\)").expect("the pattern is valid");
    let rated = Regex::new(r"\b(?:rate|increase)\(\s*([a-z_][a-z0-9_]*)").expect("the pattern is valid");
    let mut found = Assumed::default();
    for pick in picked.captures_iter(expression) {
        for matched in matcher.captures_iter(&pick[2]) {
            let value = (!matched[2].contains('~')).then(|| matched[3].to_owned());
            found.labels.insert((pick[1].to_owned(), matched[1].to_owned(), value));
        }
    }
    for list in grouped.captures_iter(expression) {
        for label in list[1].split(',').map(str::trim) {
            found.labels.extend(metrics_of(expression).into_iter().map(|metric| (metric, label.to_owned(), None)));
        }
    }
    found.growing.extend(rated.captures_iter(expression).map(|rate| rate[1].to_owned()));
    found
}

/// What of an expression does not hold of what the server shows.
fn wrong(expression: &str, shown: &str) -> Vec<String> {
    let kind = |metric: &str| {
        let head = format!("# TYPE {} ", family(metric));
        shown.lines().find_map(|line| line.strip_prefix(&head)).map(str::to_owned)
    };
    let Assumed { labels, growing } = assumed(expression);
    let mut wrong = Vec::new();
    for metric in metrics_of(expression) {
        match kind(&metric).as_deref() {
            None => wrong.push(format!("{metric} is not shown")),
            Some("gauge") if growing.contains(&metric) => wrong.push(format!("{metric} does not only grow")),
            Some("counter" | "histogram") if !growing.contains(&metric) => {
                wrong.push(format!("{metric} only grows: it wants a rate"));
            }
            Some(_) => {}
        }
    }
    for (metric, label, value) in labels {
        let said = value.as_ref().map_or_else(|| format!("{label}=\""), |value| format!("{label}=\"{value}\""));
        let has = |line: &&str| {
            let labels = line.strip_prefix(metric.as_str()).and_then(|rest| rest.strip_prefix('{'));
            labels.is_some_and(|labels| labels.starts_with(&said) || labels.contains(&format!(",{said}")))
        };
        if shown.lines().find(has).is_none() {
            wrong.push(format!("{metric} has no {said}"));
        }
    }
    wrong
}

fn family(metric: &str) -> &str {
    ["_bucket", "_sum", "_count"].iter().find_map(|ending| metric.strip_suffix(ending)).unwrap_or(metric)
}

#[test]
fn the_metrics_of_an_expression_are_found() {
    let found = metrics_of("sum by (le, kind) (rate(job_duration_seconds_bucket{a=\"b\"}[5m])) / max(jobs_due) > 0.2");
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["job_duration_seconds_bucket", "jobs_due"]);
}

#[test]
fn what_an_expression_takes_for_granted_is_held_against_what_is_shown() {
    let shown = "# TYPE sends_total counter\nsends_total{channel=\"sms\",outcome=\"sent\"} 1\n# TYPE wait gauge\nwait{channel=\"sms\"} 3\n";
    let holds = "sum by (channel) (rate(sends_total{outcome!=\"sent\"}[5m])) / max(wait) > 0.2";
    assert!(wrong(holds, shown).is_empty(), "{:?}", wrong(holds, shown));
    for (expression, what) in [
        ("max(gone)", "gone is not shown"),
        ("sum(sends_total)", "sends_total only grows: it wants a rate"),
        ("rate(wait[5m])", "wait does not only grow"),
        ("sum by (come) (rate(sends_total[5m]))", "sends_total has no come=\""),
        ("sum(rate(sends_total{outcome=\"done\"}[5m]))", "sends_total has no outcome=\"done\""),
    ] {
        assert_eq!(wrong(expression, shown), [what]);
    }
}

#[test]
fn every_alert_rule_has_an_expression_that_is_found() {
    let rules: usize =
        source_tree::files("ops/prometheus", &["yml"]).iter().map(|file| file.text.matches("- alert: ").count()).sum();
    let found = expressions().into_iter().filter(|(file, _)| file.starts_with("ops/prometheus")).count();
    assert!(rules > 0 && rules == found, "{rules} rules, {found} expressions");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dashboards_and_alert_rules_read_what_the_server_shows() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let ann = deployment.sign_in("Ann", "support_agent").await;
    deployment.hear(CUSTOMER, Channel::Sms, "Is anybody there?").await;
    let conversation = deployment.conversation(&ann, CUSTOMER, Channel::Sms).await;
    let path = format!("/api/v1/conversations/{}", conversation["id"].as_str().expect("an id"));
    ann.post(&format!("{path}/take"), json!({})).await.expect(200);
    let body = json!({"content": {"type": "text", "text": "Yes"}, "client_message_id": RecordId::new().0});
    ann.post(&format!("{path}/messages"), body).await.expect(201);
    ann.get("/api/v1/conversations/none").await.expect_error(404, "NOT_FOUND");
    let expressions = expressions();
    assert!(expressions.len() > 15, "the expressions are no longer found");
    let url = format!("{}/metrics", deployment.admin.base_url());
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let missing = missing(&client, &url, &expressions).await;
    assert!(missing.is_empty(), "{missing:?}");
}

/// What does not hold of the metrics that the server shows, after it had time for the reply to go out.
async fn missing(client: &reqwest::Client, url: &str, expressions: &[(String, String)]) -> Vec<String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = client.get(url).header("accept", "text/plain").send().await.expect("an answer");
        let text = answer.text().await.expect("text");
        let missing: Vec<String> = expressions
            .iter()
            .flat_map(|(file, expression)| {
                wrong(expression, &text).into_iter().map(move |wrong| format!("{file}: {wrong}, in {expression}"))
            })
            .collect();
        if missing.is_empty() || Instant::now() > deadline {
            return missing;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[test]
fn the_code_counts_what_is_declared_and_the_document_lists_it() {
    let macros =
        Regex::new(r#"metrics::(?:counter|gauge|histogram)!\(\s*"([a-z0-9_]+)""#).expect("the pattern is valid");
    let mut counted = BTreeSet::new();
    for file in source_tree::files("", &["rs"]) {
        if !file.path.starts_with("tests/") {
            counted.extend(macros.captures_iter(&file.text).map(|found| found[1].to_owned()));
        }
    }
    let declared: BTreeSet<String> = FAMILIES.iter().map(|(name, _, _)| (*name).to_owned()).collect();
    let unknown: Vec<&String> = counted.difference(&declared).collect();
    assert!(unknown.is_empty(), "server/src/telemetry/families.rs does not know {unknown:?}");
    let page = std::fs::read_to_string(source_tree::root().join("docs/metrics.md")).expect("the page is there");
    for (name, _, meaning) in FAMILIES {
        assert!(page.contains(&format!("| `{name}` |")), "docs/metrics.md does not list {name}");
        assert!(page.contains(meaning), "docs/metrics.md says something else of {name}");
    }
}
