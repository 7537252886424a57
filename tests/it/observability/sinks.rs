//! The sinks.

use std::time::Duration;

use patchbay_tests::wait::eventually;
use serde_json::Value;

use super::ground::{Ground, id, key};

const PATIENCE: Duration = Duration::from_secs(15);

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_metrics_and_alerts_are_written() {
    let settings = "[observability]\nlog_sink_path = \"told/requests.ndjson\"\n\
        metrics_sink_path = \"told/metrics.json\"\nalerts_sink_path = \"told/alerts.ndjson\"\n";
    let ground = Ground::new(settings).await;
    let told = ground.server.folder.path().join("told");
    let first = key();
    let ticket = id(&ground.ticket(&first, "The lock of 5 Elm Street is broken").await.expect(201));
    ground.ticket(&first, "The lock of 5 Elm Street is broken").await.expect(201);
    let headers = [("x-correlation-id", "a-call"), ("x-tool-name", "ticket.read")];
    ground.dispatcher.call(reqwest::Method::GET, &format!("/tickets/{ticket}"), None, &headers).await.expect(200);
    ground.server.anonymous.get("/tickets").await.expect_error(401, "AUTH_REQUIRED");
    ground.alerts().await;

    let records = eventually("the requests are written", PATIENCE, async || {
        let text = std::fs::read_to_string(told.join("requests.ndjson")).ok()?;
        assert!(!text.contains("Elm Street"), "a record tells what was said");
        text.contains("/ops/alerts").then(|| lines(&text))
    })
    .await;
    let find = |endpoint: &str, status: i64| {
        records.iter().filter(|record| record["endpoint"] == endpoint && record["status"] == status).collect::<Vec<_>>()
    };
    let made = find("POST /tickets", 201);
    assert_eq!((made[0]["replay"].as_bool(), made[1]["replay"].as_bool()), (Some(false), Some(true)));
    assert_eq!(made[0]["tool_name"], "ticket.create");
    assert_eq!(made[0]["actor_role"], "dispatcher");
    assert_eq!(made[0]["actor_type"], "HUMAN");
    let read = find("GET /tickets/{ticket_id}", 200)[0];
    assert_eq!(read["ticket_id"], ticket.as_str());
    assert_eq!(read["correlation_id"], "a-call");
    assert_eq!(read["level"], "info");
    for field in ["ts", "service", "method", "path", "request_id", "trace_id", "span_id", "actor_id", "duration_ms"] {
        assert!(!read[field].is_null(), "{field}: {read}");
    }
    let refused = find("GET /tickets", 401)[0];
    assert_eq!(refused["error_code"], "AUTH_REQUIRED");
    assert!(refused["actor_id"].is_null());
    assert_eq!(refused["level"], "warn");

    eventually("the metrics are written", PATIENCE, async || {
        let metrics: Value =
            serde_json::from_str(&std::fs::read_to_string(told.join("metrics.json")).ok()?).expect("JSON");
        (metrics["counters"]["idempotency_replay_total"] == 1).then_some(())
    })
    .await;
    eventually("the alerts are written", PATIENCE, async || {
        let text = std::fs::read_to_string(told.join("alerts.ndjson")).ok()?;
        lines(&text).iter().any(|report| report["signals"]["auth_policy_rejections"] == 1).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sink_that_cannot_be_written_hurts_no_request() {
    let ground =
        Ground::new("[observability]\nlog_sink_path = \"/proc/no/such/file\"\nmetrics_sink_path = \"/proc/x\"\n").await;
    ground.ticket(&key(), "The door does not close").await.expect(201);
    eventually("the log says so", PATIENCE, async || {
        ground.server.node.log().contains("cannot be written").then_some(())
    })
    .await;
    ground.ticket(&key(), "The window does not close").await.expect(201);
}
