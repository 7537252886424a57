//! What a call leaves in the audit, and what a token's permissions open.

use patchbay_core::ids::ActorId;
use patchbay_http::{Claims, ScopeClaim};
use serde_json::{Value, json};

use super::bank::Mood;
use super::ground::Ground;
use crate::config::GatewayConfig;
use crate::verify::{CallsChecked, check_calls};

const MAYA: &str = "+15550107788";

fn unlimited() -> GatewayConfig {
    GatewayConfig { calls_per_hour: 0, flurry_calls: 0, denials_per_ten_minutes: 0, ..GatewayConfig::default() }
}

async fn newest_row(ground: &Ground, conversation: patchbay_core::ids::ConversationId) -> Value {
    let path = format!("/api/v1/tool-invocations?conversation_id={conversation}&limit=1");
    ground.get(&ground.person("admin"), &path).await.ok()["data"][0].clone()
}

#[tokio::test]
async fn a_row_says_for_whom_with_what_software_and_how_often_another_system_was_tried() {
    let ground = Ground::with(unlimited()).await;
    let maya = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(maya);
    ground.call(&assistant, "search_tickets", json!({})).await.ok();
    let row = newest_row(&ground, maya).await;
    assert_eq!((&row["agent_software"], &row["party"]), (&json!("tests/1"), &json!("customer")), "{row}");
    assert_eq!((&row["adapter"], &row["attempts"], &row["outcome"]), (&Value::Null, &json!(0), &json!("ok")), "{row}");
    let version = row["tool_version"].as_str().expect("a version").to_owned();
    assert_eq!(version.len(), 12);
    ground.call(&assistant, "get_transaction_history", json!({})).await.ok();
    let row = newest_row(&ground, maya).await;
    assert_eq!((&row["adapter"], &row["attempts"]), (&json!("transactions"), &json!(1)), "{row}");
    assert_ne!(row["tool_version"], version);
    let draft = ground.drafted(&assistant, 10.0).await;
    let row = newest_row(&ground, maya).await;
    assert_eq!(row["after_state"], "AWAITING_CUSTOMER", "{row}");
    assert!(row["payload_hash"].as_str().is_some_and(|hash| hash.len() == 64), "{row}");
    // A commit is tried in a task of its own, and still counted.
    let code = ground.code(maya).await;
    ground.says(MAYA, &code).await;
    ground.bank.with(|books| books.mood = Mood::Refuses);
    let commit = json!({"draft_id": draft, "confirmation_token": code});
    ground.call(&assistant, "commit_transaction", commit).await.refused(502, "INTEGRATION_FAILED");
    let row = newest_row(&ground, maya).await;
    assert_eq!((&row["adapter"], &row["attempts"]), (&json!("transactions"), &json!(1)), "{row}");
    assert_eq!(row["outcome"], "failed", "{row}");
}

#[tokio::test]
async fn a_token_opens_the_kinds_of_tools_that_its_scope_names() {
    let ground = Ground::with(unlimited()).await;
    let maya = ground.says(MAYA, "hello").await;
    let with = |words: &[&str]| {
        ground.token(Claims {
            sub: ActorId::new().to_string(),
            role: "ai".into(),
            conv: Some(maya.0),
            scope: Some(ScopeClaim::of_permissions(words.iter().copied())),
            ..Claims::default()
        })
    };
    let reader = with(&["tools.read", "openid"]);
    let listed = ground.get(&reader, "/tools").await.ok();
    let classes = listed["data"].as_array().expect("a list").iter().map(|tool| tool["class"].clone());
    assert!(classes.clone().count() > 5 && classes.clone().all(|class| class == "read"), "{listed}");
    ground.call(&reader, "search_tickets", json!({})).await.ok();
    let answer = ground.call(&reader, "request_human", json!({"reason": "other"})).await;
    let challenge = answer.headers.get("www-authenticate").and_then(|value| value.to_str().ok()).unwrap_or_default();
    assert_eq!(challenge, "Bearer error=\"insufficient_scope\", scope=\"tools.draft\"");
    answer.refused(403, "FORBIDDEN_SCOPE");
    let drafter = with(&["tools.read", "tools.draft"]);
    let draft = ground.drafted(&drafter, 10.0).await;
    let code = ground.code(maya).await;
    ground.says(MAYA, &code).await;
    let commit = json!({"draft_id": draft, "confirmation_token": code});
    ground.call(&drafter, "commit_transaction", commit.clone()).await.refused(403, "FORBIDDEN_SCOPE");
    ground.bank.with(|books| assert!(books.commits.is_empty()));
    ground.call(&with(&["tools.commit"]), "commit_transaction", commit).await.ok();
    ground.call(&with(&["openid"]), "search_tickets", json!({})).await.ok();
}

#[tokio::test]
async fn a_row_of_the_audit_that_was_changed_or_taken_out_shows() {
    for change in [
        "update tool_invocations set code = 'X' where id = (select max(id) from tool_invocations)",
        "delete from tool_invocations where id = (select max(id) from tool_invocations)",
        "delete from tool_invocations where id = (select id from tool_invocations order by id limit 1 offset 1)",
        "delete from tool_invocations",
    ] {
        let ground = Ground::with(unlimited()).await;
        let maya = ground.says(MAYA, "hello").await;
        let assistant = ground.assistant(maya);
        for _ in 0..3 {
            ground.call(&assistant, "search_tickets", json!({})).await.ok();
        }
        let db = &ground.hub().db;
        assert_eq!(check_calls(db, None).await.expect("reads"), CallsChecked::Whole { rows: 3 });
        let mut tx = db.begin().await.expect("begins");
        tx.query(change).execute().await.expect("written");
        tx.commit().await.expect("commits");
        let found = check_calls(db, None).await.expect("reads");
        assert!(matches!(found, CallsChecked::Broken { .. }), "{change}: {found:?}");
    }
}
