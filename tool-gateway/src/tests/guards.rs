//! The guards that stand behind others: each is tried by itself, where the others would hide that it is gone.

use std::sync::Arc;
use std::time::Duration;

use patchbay_core::Ctx;
use patchbay_core::channel::{Direction, SenderType};
use patchbay_core::ids::{ContactId, ConversationId, MessageId};
use patchbay_core::tool::policy::Origin;
use patchbay_core::tool::{DraftState, Plan, Policy};
use patchbay_store::conversations::ConversationRow;
use patchbay_store::messages::MessageRow;
use patchbay_store::tool_drafts::{self, DraftRow};
use patchbay_store::{conversations, messages};
use serde_json::json;

use super::ground::Ground;
use crate::config::GatewayConfig;
use crate::drafts::{answers, is_what_was_proven};
use crate::policy::InForce;

const MAYA: &str = "+15550107788";

fn unlimited() -> GatewayConfig {
    GatewayConfig { calls_per_hour: 0, flurry_calls: 0, denials_per_ten_minutes: 0, ..GatewayConfig::default() }
}

async fn row(ground: &Ground, draft: &str) -> DraftRow {
    let id = draft.parse().expect("an id");
    let mut tx = ground.hub().db.read().await.expect("reads");
    tool_drafts::by_id(&mut tx, id).await.expect("reads").expect("there")
}

async fn newest(ground: &Ground, conversation: ConversationId, direction: Direction) -> MessageRow {
    let mut tx = ground.hub().db.read().await.expect("reads");
    let page = messages::page_before(&mut tx, conversation, i64::MAX, 20).await.expect("reads");
    page.into_iter().filter(|message| message.direction == direction).max_by_key(|message| message.seq).expect("one")
}

async fn of(ground: &Ground, conversation: ConversationId) -> ConversationRow {
    let mut tx = ground.hub().db.read().await.expect("reads");
    conversations::by_id(&mut tx, conversation).await.expect("reads").expect("there")
}

/// Lets the gateway hear a message, past the feed that would not have brought it.
async fn hear(ground: &Ground, message: MessageId) {
    let mut tx = ground.hub().db.begin().await.expect("begins");
    ground.gateway.heard(&mut tx, &Ctx::system(ground.clock.now(), "test"), message).await.expect("heard");
    tx.commit().await.expect("commits");
}

#[tokio::test]
async fn whatever_the_feed_brings_only_what_came_in_is_a_proof() {
    let ground = Ground::with(unlimited()).await;
    let maya = ground.says(MAYA, "hello").await;
    let draft = ground.drafted(&ground.assistant(maya), 10.0).await;
    let code = ground.code(maya).await;
    ground.clock.advance(Duration::from_secs(1));
    let ctx = Ctx::system(ground.clock.now(), "test");
    let directory = ground.hub().gate.directory.load_full();
    let mut tx = ground.hub().db.begin().await.expect("begins");
    let id = uuid::Uuid::from_u128(1);
    patchbay_hub::replies::say(&mut tx, &ctx, &directory, maya, id, &format!("yes, {code}")).await.expect("said");
    tx.commit().await.expect("commits");
    let ours = newest(&ground, maya, Direction::Outbound).await;
    assert!(ours.text.as_deref().is_some_and(|text| text.starts_with("yes, CONFIRM-")), "it is the one that was said");
    hear(&ground, ours.id).await;
    assert_eq!(row(&ground, &draft).await.state, DraftState::AwaitingCustomer);
    ground.says(MAYA, &code).await;
    let proven = row(&ground, &draft).await;
    assert_eq!(proven.state, DraftState::Confirmed);
    assert_eq!(proven.proof_message_id, Some(newest(&ground, maya, Direction::Inbound).await.id));
}

#[tokio::test]
async fn each_thing_that_makes_a_message_an_answer_counts_by_itself() {
    let ground = Ground::with(unlimited()).await;
    let maya = ground.says(MAYA, "hello").await;
    let draft = ground.drafted(&ground.assistant(maya), 10.0).await;
    ground.says(MAYA, "just a moment").await;
    let (draft, message) = (row(&ground, &draft).await, newest(&ground, maya, Direction::Inbound).await);
    let (conversation, ctx) = (of(&ground, maya).await, Ctx::system(ground.clock.now(), "test"));
    assert!(answers(&draft, &message, &conversation, &ctx));
    let somebody = ContactId::new();
    let another_customer = DraftRow { contact_id: somebody, ..draft.clone() };
    let sent_by_that_one = MessageRow { sender_id: Some(somebody.0), ..message.clone() };
    assert!(!answers(&another_customer, &sent_by_that_one, &conversation, &ctx), "the conversation's customer");
    let another_address = DraftRow { contact_address: "+15550100000".into(), ..draft.clone() };
    assert!(!answers(&another_address, &message, &conversation, &ctx), "the address that was asked");
    assert!(!answers(&draft, &sent_by_that_one, &conversation, &ctx), "who wrote it");
    // Whatever stands in its row about who wrote it: what we sent, and what one of us or an assistant wrote, is no proof.
    let sent_by_us = MessageRow { direction: Direction::Outbound, ..message.clone() };
    assert_eq!(sent_by_us.sender_id, message.sender_id, "the customer stands as its writer");
    assert!(!answers(&draft, &sent_by_us, &conversation, &ctx), "inbound");
    for writer in [SenderType::Agent, SenderType::Ai, SenderType::System, SenderType::Vendor] {
        let written_by_another = MessageRow { sender_type: writer, ..message.clone() };
        assert!(!answers(&draft, &written_by_another, &conversation, &ctx), "{writer}");
    }
    let too_early =
        MessageRow { created_at: draft.asked_at.expect("asked") - Duration::from_secs(1), ..message.clone() };
    assert!(!answers(&draft, &too_early, &conversation, &ctx), "after the question");
    let late = Ctx { now: draft.expires_at, ..ctx };
    assert!(!answers(&draft, &message, &conversation, &late), "in time");
}

#[tokio::test]
async fn each_thing_that_was_proven_is_looked_at_by_itself() {
    let ground = Ground::with(unlimited()).await;
    let maya = ground.says(MAYA, "hello").await;
    let draft = ground.drafted(&ground.assistant(maya), 1_500.0).await;
    let code = ground.code(maya).await;
    ground.says(MAYA, &code).await;
    let approve = format!("/api/v1/drafts/{draft}/approve");
    ground.post(&ground.person("supervisor"), &approve, json!({})).await.ok();
    let draft = row(&ground, &draft).await;
    assert_eq!((draft.plan, is_what_was_proven(&draft)), (Plan::CustomerAndHuman, true));
    let mut described = draft.payload.clone();
    described["description"] = json!("Something else");
    for (changed, what) in [
        (DraftRow { payload: described, ..draft.clone() }, "a payload under the old digest"),
        (DraftRow { payload_hash: "0".repeat(64), hash_seen: Some("0".repeat(64)), ..draft.clone() }, "the digest"),
        (DraftRow { policy_version: draft.policy_version + 1, ..draft.clone() }, "the policy in the digest"),
        (DraftRow { tool: "another_tool".into(), ..draft.clone() }, "the tool in the digest"),
        (DraftRow { amount_minor: Some(1), ..draft.clone() }, "the amount beside the payload"),
        (DraftRow { currency: Some("JPY".into()), ..draft.clone() }, "the currency beside the payload"),
        (DraftRow { proof_message_id: None, ..draft.clone() }, "the customer's proof"),
        (DraftRow { hash_seen: None, ..draft.clone() }, "the person's proof"),
        (DraftRow { hash_seen: Some("0".repeat(64)), ..draft.clone() }, "what the person saw"),
    ] {
        assert!(!is_what_was_proven(&changed), "{what}");
    }
}

#[tokio::test]
async fn a_commit_says_by_itself_that_the_draft_expired_or_is_of_another_policy() {
    for is_late in [true, false] {
        let ground = Ground::with(unlimited()).await;
        let maya = ground.says(MAYA, "hello").await;
        let assistant = ground.assistant(maya);
        let draft = ground.drafted(&assistant, 10.0).await;
        let code = ground.code(maya).await;
        ground.says(MAYA, &code).await;
        let expected = if is_late {
            ground.clock.advance(Duration::from_hours(2));
            "confirmation.expired"
        } else {
            // Only this node knows of it: the statement that begins the commit would let it pass.
            let policy = Policy { version: 2, ..Policy::default() };
            ground.gateway.policy.store(Arc::new(InForce::of(policy, Origin::File)));
            "draft.stale"
        };
        let commit = json!({"draft_id": draft, "confirmation_token": code});
        let refused = ground.call(&assistant, "commit_transaction", commit).await.refused(409, "CONFIRMATION_INVALID");
        assert_eq!(refused["error"]["reason"], expected);
        // It was found before the statement: nothing was voided yet.
        assert_eq!(row(&ground, &draft).await.state, DraftState::Confirmed);
        ground.bank.with(|books| assert!(books.commits.is_empty()));
    }
}
