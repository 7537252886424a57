//! `/ops/alerts`.

use std::time::Duration;

use patchbay_tests::wait::eventually;
use patchbay_tests::{Caller, Deployment, Plan, settings};
use serde_json::{Value, json};

use super::ground::{Ground, key};

fn firing<'r>(report: &'r Value, code: &str) -> Option<&'r Value> {
    report["alerts"].as_array().expect("a list").iter().find(|alert| alert["code"] == code)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quiet_server_has_no_alerts_and_tells_what_it_would_take() {
    let ground = Ground::new("").await;
    let report = ground.alerts().await;
    assert_eq!(report["service"], "patchbay");
    assert_eq!(report["window_minutes"], 15);
    assert_eq!(report["alerts"], json!([]), "{report}");
    let thresholds = &report["thresholds"];
    assert_eq!(thresholds["STUCK_SCHEDULING"], 5);
    assert_eq!(thresholds["stuck_scheduling_minutes"], 60);
    assert_eq!(thresholds["COMPLETION_REJECTION_SPIKE"], 3);
    assert_eq!(thresholds["IDEMPOTENCY_CONFLICT_SPIKE"], 2);
    assert_eq!(thresholds["AUTH_POLICY_FAILURE_SPIKE"], 5);
    assert_eq!(report["runbooks"]["stuck_scheduling"], "docs/runbooks/stuck_scheduling.md");
    assert_eq!(report["signals"]["stuck_scheduling"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conflicts_and_refusals_fire_at_their_thresholds() {
    let ground = Ground::new("[alerts]\nauth_policy_rejection_threshold = 3\n").await;
    let first = key();
    ground.ticket(&first, "The door does not close").await.expect(201);
    ground.ticket(&first, "Another").await.expect_error(409, "IDEMPOTENCY_PAYLOAD_MISMATCH");
    assert!(firing(&ground.alerts().await, "IDEMPOTENCY_CONFLICT_SPIKE").is_none());
    ground.ticket(&first, "Yet another").await.expect_error(409, "IDEMPOTENCY_PAYLOAD_MISMATCH");
    let report = ground.alerts().await;
    let alert = firing(&report, "IDEMPOTENCY_CONFLICT_SPIKE").expect("it fires");
    assert_eq!(alert["count"], 2);
    assert_eq!(alert["threshold"], 2);
    assert_eq!(alert["severity"], "warning");
    assert_eq!(alert["runbook"], "idempotency_conflict");

    let nobody = &ground.server.anonymous;
    nobody.get("/tickets").await.expect_error(401, "AUTH_REQUIRED");
    nobody.with_token("x").get("/tickets").await.expect_error(401, "INVALID_AUTH_TOKEN");
    assert!(firing(&ground.alerts().await, "AUTH_POLICY_FAILURE_SPIKE").is_none());
    nobody.with_token(settings::token("qa")).post("/tickets", json!({})).await.expect_error(403, "FORBIDDEN");
    let report = ground.alerts().await;
    assert_eq!(report["signals"]["auth_policy_rejections"], 3, "{report}");
    assert!(firing(&report, "AUTH_POLICY_FAILURE_SPIKE").is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_count_together_and_a_restart_forgets_nothing() {
    let mut deployment = Deployment::start(Plan::TwoNodes).await;
    let nodes: Vec<Caller> = deployment.nodes.iter().map(|node| Caller::anonymous(node.base_url())).collect();
    for node in &nodes {
        for _ in 0..3 {
            node.get("/tickets").await.expect_error(401, "AUTH_REQUIRED");
        }
    }
    let seen =
        async |node: &Caller| node.get("/ops/alerts").await.expect(200)["signals"]["auth_policy_rejections"].clone();
    for node in &nodes {
        eventually("the nodes have told each other", Duration::from_secs(15), async || {
            (seen(node).await == 6).then_some(())
        })
        .await;
    }
    deployment.nodes[1].terminate().await;
    deployment.nodes[1].restart().await;
    assert_eq!(seen(&nodes[1]).await, 6);
}
