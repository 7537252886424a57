//! `/metrics`.

use patchbay_tests::settings::token;
use reqwest::Method;
use serde_json::{Value, json};

use super::ground::{Ground, count, id, key};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_errors_transitions_and_replays_are_counted() {
    let ground = Ground::new("").await;
    let before = ground.metrics().await;
    assert_eq!(before["service"], "patchbay");
    assert_eq!(before["counters"]["transitions_total"], json!([]));
    assert_eq!(before["counters"]["idempotency_replay_total"], 0);
    assert_eq!(before["counters"]["dispatch_override_close_total"], 0);
    assert_eq!(before["counters"]["dispatch_assignments_with_snapshot_total"], 0);
    assert_eq!(before["counters"]["dispatch_assignments_without_snapshot_total"], 0);

    let first = key();
    let ticket = id(&ground.ticket(&first, "The door does not close").await.expect(201));
    let again = ground.ticket(&first, "The door does not close").await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    ground.ticket(&first, "Another door").await.expect_error(409, "IDEMPOTENCY_PAYLOAD_MISMATCH");
    ground.dispatcher.get(&format!("/tickets/{ticket}")).await.expect(200);
    ground.server.anonymous.get("/no/such/path").await.expect_error(404, "NOT_FOUND");
    ground.server.anonymous.get(&format!("/tickets/{ticket}")).await.expect_error(401, "AUTH_REQUIRED");

    let after = ground.metrics().await;
    let counters = &after["counters"];
    let requests = &counters["requests_total"];
    assert_eq!(count(requests, &[("method", "POST"), ("endpoint", "/tickets"), ("status", "201")]), 2);
    assert_eq!(count(requests, &[("method", "POST"), ("endpoint", "/tickets"), ("status", "409")]), 1);
    assert_eq!(count(requests, &[("endpoint", "/tickets/{ticket_id}"), ("status", "200")]), 1, "{requests}");
    assert_eq!(count(requests, &[("endpoint", "UNMATCHED"), ("status", "404")]), 1);
    assert!(requests[0]["status"].is_number());
    assert_eq!(count(&counters["errors_total"], &[("code", "IDEMPOTENCY_PAYLOAD_MISMATCH")]), 1);
    assert_eq!(count(&counters["errors_total"], &[("code", "AUTH_REQUIRED")]), 1);
    assert_eq!(count(&counters["transitions_total"], &[("from_state", "NONE"), ("to_state", "NEW")]), 1);
    assert_eq!(counters["idempotency_replay_total"], 1);
    assert_eq!(counters["idempotency_conflict_total"], 1);
    for list in ["requests_total", "errors_total"] {
        let texts: Vec<String> = counters[list].as_array().expect("a list").iter().map(sort_key).collect();
        assert!(texts.is_sorted(), "{list}: {texts:?}");
    }
    assert!(!after.to_string().contains(&ticket), "no id becomes a label");

    let text = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = format!("{}/metrics", ground.server.anonymous.base_url());
    let text =
        text.get(url).header("accept", "text/plain").send().await.expect("an answer").text().await.expect("text");
    assert!(text.contains("# TYPE requests_total counter"), "{text}");
    assert!(text.contains("idempotency_conflict_total 1"), "{text}");
}

fn sort_key(entry: &Value) -> String {
    ["code", "method", "endpoint", "status"].map(|name| entry[name].to_string()).join(" ")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_through_a_proxy_needs_the_right_role_or_the_scrape_token() {
    let ground = Ground::new("[observability]\nscrape_token = \"a-token-of-the-scraper\"\n").await;
    for path in ["/metrics", "/ops/alerts"] {
        ground.server.anonymous.get(path).await.expect(200);
        let proxied = async |headers: &[(&str, &str)]| {
            let mut all = vec![("x-forwarded-for", "203.0.113.7")];
            all.extend_from_slice(headers);
            ground.server.anonymous.call(Method::GET, path, None, &all).await
        };
        proxied(&[]).await.expect_error(401, "AUTH_REQUIRED");
        proxied(&[("authorization", "Bearer a-token-of-the-scraper")]).await.expect(200);
        proxied(&[("authorization", "Bearer a-token-of-somebody-else")]).await.expect_error(401, "INVALID_AUTH_TOKEN");
        for (role, status) in [
            ("auditor", 200),
            ("dispatcher", 200),
            ("supervisor", 200),
            ("admin", 200),
            ("technician", 403),
            ("customer", 403),
            ("finance", 403),
            ("ai_agent", 403),
        ] {
            let bearer = format!("Bearer {}", token(role));
            assert_eq!(proxied(&[("authorization", &bearer)]).await.status, status, "{role} at {path}");
        }
    }
}
