//! What was put aside, and what was given up.

use patchbay_tests::client::http;
use patchbay_tests::deployment::CUSTOMER;
use patchbay_tests::settings::{ACCESS_TOKEN, APP_SECRET, VERIFY_TOKEN};
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::webhook::{sign_meta, whatsapp_text};
use patchbay_tests::{Deployment, Plan, both_plans};
use serde_json::{Value, json};

both_plans! {
    an_event_for_an_unknown_number_is_replayed_once_the_inbox_is_there;
    many_events_are_discarded_at_a_rate;
}

const NEW_NUMBER: &str = "106550100000077";
/// The same key on all nodes: any of them opens what another sealed.
const JOURNAL: &str = "[journal]\nkey = \"abababababababababababababababababababababababababababababababab\"\n";

async fn post(deployment: &Deployment, number: &str, id: &str, text: &str) {
    let now = patchbay_core::clock::Clock::system().now().timestamp();
    let body = whatsapp_text(number, CUSTOMER, "Maya", id, text, now).to_string();
    post_raw(deployment, &body).await;
}

async fn post_raw(deployment: &Deployment, body: &str) {
    let url = format!("{}/webhooks/whatsapp", deployment.admin.base_url());
    let signature = sign_meta(APP_SECRET, body.as_bytes());
    let request = http().post(url).header("x-hub-signature-256", signature).body(body.to_owned());
    assert_eq!(request.send().await.expect("an answer").status(), 200);
}

async fn an_event_for_an_unknown_number_is_replayed_once_the_inbox_is_there(plan: Plan) {
    let deployment = Deployment::start_with(plan, JOURNAL).await;
    let admin = &deployment.admin;
    let now = patchbay_core::clock::Clock::system().now().timestamp();
    let body =
        whatsapp_text(NEW_NUMBER, CUSTOMER, "Maya", "wamid.early.1", "Too early for persimmons", now).to_string();
    post_raw(&deployment, &body).await;
    post_raw(&deployment, &body).await;
    let list = admin.get("/api/v1/quarantine").await.expect(200);
    assert_eq!(list["data"].as_array().map(Vec::len), Some(1), "the same event is set aside once: {list}");
    let event = &list["data"][0];
    assert_eq!(event["reason"], "unknown_account");
    let path = format!("/api/v1/quarantine/{}", event["id"].as_str().expect("an id"));
    let detail = admin.get(&path).await.expect(200);
    assert_eq!(detail["replay"], "request", "{detail}");
    let shown = detail.to_string();
    assert!(!shown.contains("persimmons") && !shown.contains(&CUSTOMER[1..]) && !shown.contains("Maya"), "{shown}");

    let replay = format!("{path}/replay");
    let refused = admin.post(&replay, json!({})).await.expect(409);
    assert_eq!(refused["error"]["code"], "REPLAY_REFUSED");
    assert_eq!(refused["error"]["policy_error"]["reason"], "unknown_account");
    let inbox = json!({
        "name": "whatsapp-new", "channel": "whatsapp", "team": "support", "phone_number_id": NEW_NUMBER,
        "address": "+15550100077", "app_secrets": [APP_SECRET], "verify_token": VERIFY_TOKEN,
        "access_token": ACCESS_TOKEN, "api_base": "http://127.0.0.1:9/v23.0"
    });
    admin.post("/api/v1/inboxes", inbox).await.expect(201);
    let replayed = eventually("the event goes where it belongs", PATIENCE, || async {
        let answer = admin.post(&replay, json!({})).await;
        (answer.status == 200).then_some(answer.body)
    })
    .await;
    assert_eq!((&replayed["status"], replayed["attempts"].as_i64() > Some(1)), (&json!("replayed"), true));
    admin.post(&replay, json!({})).await.expect_error(409, "QUARANTINE_SETTLED");
    let found = admin.get("/api/v1/conversations?inbox=whatsapp-new").await.expect(200);
    assert_eq!(found["data"][0]["last_message"]["content"]["text"], "Too early for persimmons", "{found}");
    let auditor = deployment.sign_in("Ann", "support_agent").await;
    auditor.get("/api/v1/quarantine").await.expect_error(403, "FORBIDDEN");
}

async fn many_events_are_discarded_at_a_rate(plan: Plan) {
    let deployment = Deployment::start_with(plan, JOURNAL).await;
    let admin = &deployment.admin;
    for number in 0..5 {
        post(&deployment, NEW_NUMBER, &format!("wamid.lost.{number}"), &format!("Lost {number}")).await;
    }
    let list = admin.get("/api/v1/quarantine?reason=unknown_account").await.expect(200);
    let first = list["data"][0]["id"].as_str().expect("an id").to_owned();
    let discard = format!("/api/v1/quarantine/{first}/discard");
    let gone = admin.post(&discard, json!({"reason": "a test number"})).await.expect(200);
    assert_eq!((&gone["status"], &gone["note"]), (&json!("discarded"), &json!("a test number")));
    let ids: Vec<&Value> = list["data"].as_array().expect("a list").iter().map(|event| &event["id"]).collect();
    let many = json!({"ids": ids, "per_second": 50, "reason": "all of them"});
    admin
        .post("/api/v1/quarantine/discard", json!({"ids": ids, "per_second": 0}))
        .await
        .expect_error(400, "INVALID_REQUEST");
    let repair = admin.post("/api/v1/quarantine/discard", many).await.expect(202);
    let path = format!("/api/v1/repairs/{}", repair["id"].as_str().expect("an id"));
    let done = eventually("the repair is done", PATIENCE, || async {
        let now = admin.get(&path).await.expect(200);
        (now["status"] == "done").then_some(now)
    })
    .await;
    assert_eq!((&done["total"], &done["repaired"], &done["skipped"]), (&json!(5), &json!(4), &json!(1)), "{done}");
    assert_eq!(admin.get("/api/v1/quarantine").await.expect(200)["data"], json!([]));
    let nothing = admin.post("/api/v1/dlq/replay", json!({"all": true})).await.expect(202);
    assert_eq!((&nothing["status"], &nothing["total"]), (&json!("done"), &json!(0)));
}
