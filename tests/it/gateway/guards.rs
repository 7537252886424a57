//! Guards that stand behind others, each tried by itself: where they are all in place one hides that another is gone.

use patchbay_core::channel::Channel;
use patchbay_core::clock::Clock;
use patchbay_core::ids::{RecordId, ToolDraftId};
use patchbay_store::tool_drafts;
use patchbay_tests::client::http;
use patchbay_tests::deployment::OTHER_CUSTOMER;
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{Plan, both_databases, settings};
use serde_json::json;

use super::attacks::confirmed_about_a_ticket;
use super::desk::{Desk, UNLIMITED};

both_databases! {
    each_thing_that_the_statement_of_a_commit_compares_counts_by_itself;
    what_people_of_ours_write_is_no_proof;
    an_approver_is_neither_of_another_team_nor_the_conversations_agent;
    pages_of_strangers_reach_no_tool_over_mcp;
}

/// What changes in the database between the proof and the commit; `$1` is the draft.
const CHANGES: &[&str] = &[
    "update tool_drafts set state = 'AWAITING_HUMAN' where id = $1",
    "update tool_drafts set payload_hash = 'another' where id = $1",
    "update tool_drafts set policy_version = policy_version + 1 where id = $1",
    "update tool_drafts set contact_id = (select id from contacts where id <> tool_drafts.contact_id limit 1) where id = $1",
    "update tool_drafts
     set conversation_id = (select id from conversations where id <> tool_drafts.conversation_id limit 1) where id = $1",
    "update conversations set contact_id = (select id from contacts where id <> conversations.contact_id limit 1)
     where id = (select conversation_id from tool_drafts where id = $1)",
    "update conversations set contact_address = '+15550100000'
     where id = (select conversation_id from tool_drafts where id = $1)",
    "update tool_policies set state = 'proposed' where version = (select policy_version from tool_drafts where id = $1)",
    "update tickets set version = version + 1 where exists (select 1 from tool_drafts where id = $1)",
];

async fn each_thing_that_the_statement_of_a_commit_compares_counts_by_itself(plan: Plan) {
    let desk = Desk::open(plan, UNLIMITED).await;
    let (_, draft, _) = confirmed_about_a_ticket(&desk).await;
    // Somebody else, on another channel.
    desk.deployment.hear(OTHER_CUSTOMER, Channel::Whatsapp, "Hello").await;
    desk.deployment.conversation(desk.admin(), OTHER_CUSTOMER, Channel::Whatsapp).await;
    let id: ToolDraftId = draft.parse().expect("an id");
    let db = desk.deployment.database().open().await;
    let row = tool_drafts::by_id(&mut db.read().await.expect("reads"), id).await.expect("reads").expect("there");
    let now = Clock::system().now();
    for change in [None].into_iter().chain(CHANGES.iter().copied().map(Some)) {
        let mut tx = db.begin().await.expect("begins");
        if let Some(change) = change {
            assert!(tx.query(change).bind(id).execute().await.expect("written") >= 1, "{change}");
        }
        let begins = tool_drafts::begin_commit(&mut tx, &row, now).await.expect("runs");
        tx.rollback().await.expect("undone");
        assert_eq!(begins, change.is_none(), "{change:?}");
    }
    for (at, begins) in [(row.expires_at - chrono::TimeDelta::microseconds(1), true), (row.expires_at, false)] {
        let mut tx = db.begin().await.expect("begins");
        assert_eq!(tool_drafts::begin_commit(&mut tx, &row, at).await.expect("runs"), begins, "{at}");
        tx.rollback().await.expect("undone");
    }
}

async fn what_people_of_ours_write_is_no_proof(plan: Plan) {
    let desk = Desk::open(plan, UNLIMITED).await;
    let draft = desk.drafted(20.0).await;
    let code = desk.code(1).await;
    let path = |what: &str| format!("/api/v1/conversations/{}/{what}", desk.conversation);
    desk.admin().post(&path("notes"), json!({"text": format!("The customer said {code}")})).await.expect(201);
    let reply = json!({"content": {"type": "text", "text": code}, "client_message_id": RecordId::new().0});
    desk.admin().post(&path("messages"), reply).await.expect(201);
    // What comes after them in the feed was heard: so were they.
    desk.says("who is there?").await;
    desk.says("CONFIRM-ABCDEFGH").await;
    let (db, id) = (desk.deployment.database().open().await, draft.parse().expect("an id"));
    eventually("the guess was heard", PATIENCE, || async {
        let row = tool_drafts::by_id(&mut db.read().await.expect("reads"), id).await.expect("reads").expect("there");
        (row.attempts_left < 5).then_some(())
    })
    .await;
    desk.awaits(&draft, "AWAITING_CUSTOMER").await;
    let commit = json!({"draft_id": draft, "confirmation_token": code});
    desk.call("commit_transaction", commit.clone()).await.expect_error(409, "CONFIRMATION_REQUIRED");
    desk.says(&code).await;
    desk.awaits(&draft, "CONFIRMED").await;
    desk.call("commit_transaction", commit).await.expect(200);
    assert_eq!(desk.ledger().await, (1, 1));
}

async fn an_approver_is_neither_of_another_team_nor_the_conversations_agent(plan: Plan) {
    let desk = Desk::open(plan, UNLIMITED).await;
    let draft = desk.drafted(1_500.0).await;
    let code = desk.code(1).await;
    desk.says(&code).await;
    desk.awaits(&draft, "AWAITING_HUMAN").await;
    let path = format!("/api/v1/drafts/{draft}");
    let approve = format!("{path}/approve");
    let everywhere = patchbay_core::actor::Scope::All;
    let subject = patchbay_core::ids::ActorId::new();
    let of_support = desk.admin().with_token(settings::token_for("supervisor", subject, &["support"], everywhere));
    of_support.get(&path).await.expect_error(404, "NOT_FOUND");
    of_support.post(&approve, json!({})).await.expect_error(404, "NOT_FOUND");
    assert_eq!(of_support.get("/api/v1/drafts").await.expect(200)["data"], json!([]));
    // Whoever has the conversation does not decide about it.
    let made = json!({"email": "sam@example.test", "full_name": "Sam", "password": "a long enough password",
                      "role": "supervisor", "teams": ["sales"]});
    desk.admin().post("/api/v1/users", made).await.expect(201);
    let login = json!({"email": "sam@example.test", "password": "a long enough password"});
    let login = desk.admin().post("/api/v1/auth/login", login).await.expect(200);
    let sam = desk.admin().with_token(login["access_token"].as_str().expect("a token").to_owned());
    sam.post(&format!("/api/v1/conversations/{}/take", desk.conversation), json!({})).await.expect(200);
    sam.post(&approve, json!({})).await.expect_error(403, "FORBIDDEN");
    desk.awaits(&draft, "AWAITING_HUMAN").await;
    desk.supervisor().post(&approve, json!({})).await.expect(200);
}

async fn pages_of_strangers_reach_no_tool_over_mcp(plan: Plan) {
    let desk = Desk::open(plan, UNLIMITED).await;
    let url = format!("{}/mcp", desk.assistant.base_url());
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                      "params": {"name": "get_conversation_context", "arguments": {}}});
    for (origin, expected) in
        [(None, 200), (Some(desk.assistant.base_url()), 200), (Some("https://evil.example"), 403), (Some("null"), 403)]
    {
        let mut request = http()
            .post(&url)
            .bearer_auth(desk.assistant.token())
            .header("accept", "application/json, text/event-stream")
            .json(&call);
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), expected, "{origin:?}");
    }
    let calls = desk.admin().get("/api/v1/tool-invocations").await.expect(200);
    assert_eq!(calls["data"].as_array().map(Vec::len), Some(2), "{calls}");
}
