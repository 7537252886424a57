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

fn family(metric: &str) -> &str {
    ["_bucket", "_sum", "_count"].iter().find_map(|ending| metric.strip_suffix(ending)).unwrap_or(metric)
}

#[test]
fn the_metrics_of_an_expression_are_found() {
    let found = metrics_of("sum by (le, kind) (rate(job_duration_seconds_bucket{a=\"b\"}[5m])) / max(jobs_due) > 0.2");
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["job_duration_seconds_bucket", "jobs_due"]);
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

/// What the server does not show of what the expressions read, after it had time for the reply to go out.
async fn missing(client: &reqwest::Client, url: &str, expressions: &[(String, String)]) -> Vec<String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = client.get(url).header("accept", "text/plain").send().await.expect("an answer");
        let text = answer.text().await.expect("text");
        let missing: Vec<String> = expressions
            .iter()
            .flat_map(|(file, expression)| metrics_of(expression).into_iter().map(move |metric| (file, metric)))
            .filter(|(_, metric)| !text.contains(&format!("# TYPE {} ", family(metric))))
            .map(|(file, metric)| format!("{file}: {metric}"))
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
