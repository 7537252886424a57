//! Ten calls in an hour, over any number of nodes.

use patchbay_core::ids::ActorId;
use patchbay_tests::{Plan, both_plans};
use serde_json::json;

use super::desk::{Desk, LIMITED, bound_as, call};

both_plans! {
    all_nodes_together_admit_ten_calls_of_a_conversation;
    refusals_pause_an_assistant_wherever_it_calls;
}

async fn all_nodes_together_admit_ten_calls_of_a_conversation(plan: Plan) {
    let desk = Desk::open(plan, LIMITED).await;
    let nodes = &desk.deployment.nodes;
    let calls = (0..60).map(|number| {
        let at = desk.assistant.at(nodes[number % nodes.len()].base_url());
        async move { call(&at, "get_conversation_context", json!({})).await }
    });
    let answers = futures::future::join_all(calls).await;
    let of = |status: u16| answers.iter().filter(|answer| answer.status.as_u16() == status).count();
    assert_eq!((of(200), of(429)), (10, 50));
    let late = answers.iter().find(|answer| answer.status.as_u16() == 429).expect("one");
    let wait: u64 = late.headers["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert!((3_500..=3_600).contains(&wait), "{wait}");
    let policy = late.headers["ratelimit-policy"].to_str().expect("text");
    assert!(policy.starts_with("\"conv\";q=10;w=3600"), "{policy}");
    assert_eq!(late.body["error"]["code"], "RATE_LIMITED");
    // A person can always be asked for.
    desk.call("request_human", json!({"reason": "limit_reached"})).await.expect(200);
}

async fn refusals_pause_an_assistant_wherever_it_calls(plan: Plan) {
    let desk = Desk::open(plan, LIMITED).await;
    let nodes = &desk.deployment.nodes;
    let own = ActorId::new();
    let probing = bound_as(&desk.deployment, &desk.conversation, own);
    for number in 0..31 {
        let at = probing.at(nodes[number % nodes.len()].base_url());
        call(&at, "assignment.dispatch", json!({})).await.expect_error(400, "UNKNOWN_TOOL");
    }
    desk.call("get_conversation_context", json!({})).await.expect(200);
    call(&probing, "get_conversation_context", json!({})).await.expect_error(409, "AUTONOMY_DISABLED");
    let switches = desk.admin().get("/api/v1/kill-switches").await.expect(200);
    let own = own.to_string();
    assert!(
        switches["data"].as_array().expect("a list").iter().any(|one| one["scope_id"] == own.as_str()),
        "{switches}"
    );
}
