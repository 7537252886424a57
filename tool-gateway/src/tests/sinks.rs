//! Nobody's number, address or name of a key leaves through a sink: audit copies, dead letters, alerts, the feed.

use patchbay_core::Ctx;
use patchbay_core::event::{Audience, EventName, NewEvent};
use patchbay_core::ids::{ConversationId, DeadLetterId, EventId, RecordId};
use patchbay_store::dead_letters::{self, NewDeadLetter};
use patchbay_store::feed::{self, Position};
use patchbay_store::{audit, events};
use serde_json::json;

use super::ground::Ground;
use crate::config::GatewayConfig;

const MAYA: &str = "+15550107788";
/// What is private in each text below.
const PRIVATE: &[&str] = &["555-0123", "5550123", "maya@", "4111", "sk_live"];
const SAID: &str =
    "no such user +1 514 555-0123 <maya@example.test>, card 4111 1111 1111 1111, sk_live_4eC39HqLyjWDarjtT1zdp7dc";

fn assert_clean(text: &str) {
    for private in PRIVATE {
        assert!(!text.contains(private), "{private} in {text}");
    }
}

#[tokio::test]
async fn whatever_a_ticket_command_puts_into_the_audit_is_kept_without_it() {
    let ground = Ground::new().await;
    let ctx = Ctx::system(ground.clock.now(), "test");
    let mut tx = ground.hub().db.begin().await.expect("begins");
    let entry = patchbay_core::audit::AuditEntry {
        payload: json!({"location": SAID, "priority": "URGENT", "nte_cents": 5, "contact_phone": format!("sha256:{}", "ab".repeat(32))}),
        changes: Some(json!({"hold_reason": [null, SAID]})),
        ..patchbay_core::audit::AuditEntry::new(&ctx, "ticket.test", patchbay_core::audit::Outcome::Success)
    };
    audit::append(&mut tx, &entry).await.expect("appended");
    tx.commit().await.expect("commits");
    let nobody = patchbay_core::ids::AuditId(uuid::Uuid::nil());
    let rows =
        audit::of_account(&mut ground.hub().db.read().await.expect("reads"), None, nobody, 10).await.expect("rows");
    let row = rows.last().expect("one");
    assert_clean(&row.entry.payload.to_string());
    assert_clean(&row.entry.changes.as_ref().expect("changes").to_string());
    assert_eq!((&row.entry.payload["priority"], &row.entry.payload["nte_cents"]), (&json!("URGENT"), &json!(5)));
    assert!(row.entry.payload["contact_phone"].as_str().is_some_and(|text| text.starts_with("sha256:abab")));
    // The chain holds what is kept.
    assert_eq!(row.entry.hash(row.prev_hash.as_deref()), row.hash);
}

#[tokio::test]
async fn a_dead_letter_says_why_without_saying_who() {
    let ground = Ground::new().await;
    let ctx = Ctx::system(ground.clock.now(), "test");
    let mut tx = ground.hub().db.begin().await.expect("begins");
    let id = DeadLetterId::new();
    let letter = NewDeadLetter {
        id,
        source: "job",
        kind: "send_mail",
        ref_id: RecordId::new().0,
        payload: json!({"payload": {"to": SAID}}),
        error: SAID,
        attempts: 1,
    };
    dead_letters::insert(&mut tx, &ctx, &letter).await.expect("a letter");
    tx.commit().await.expect("commits");
    let row =
        dead_letters::find(&mut ground.hub().db.read().await.expect("reads"), id).await.expect("reads").expect("there");
    assert_clean(&row.error);
    assert_eq!(row.payload["payload"]["to"], SAID, "a replay needs it as it was");
    let shown = patchbay_hub::recovery::dead_letters::DeadLetterBody::from(row);
    assert_clean(&serde_json::to_string(&shown).expect("plain data"));
}

#[tokio::test]
async fn an_alert_goes_out_without_it_and_a_message_stays_what_it_was() {
    let ground = Ground::new().await;
    let mut tx = ground.hub().db.begin().await.expect("begins");
    let event = |name: EventName, payload: serde_json::Value| NewEvent {
        id: EventId::new(),
        name,
        conversation_id: None::<ConversationId>,
        conversation_seq: None,
        ticket_id: None,
        audience: Audience::default(),
        payload: payload.to_string(),
        created_at: ground.clock.now(),
    };
    let alert = event(EventName::AlertRaised, json!({"alert": {"code": "MESSAGE_NOT_SENT", "reason": SAID}}));
    let message = event(EventName::ToolCalled, json!({"said": SAID}));
    events::append(&mut tx, &[alert, message]).await.expect("appended");
    tx.commit().await.expect("commits");
    let kept =
        feed::after(&mut ground.hub().db.read().await.expect("reads"), Position::default(), 100).await.expect("reads");
    let of = |name: EventName| {
        let found = kept.events.iter().find(|event| event.name == name.as_str());
        found.map(|event| event.payload.clone()).expect("there")
    };
    let alert = of(EventName::AlertRaised);
    assert_clean(&alert);
    assert!(alert.contains("MESSAGE_NOT_SENT"), "{alert}");
    assert!(of(EventName::ToolCalled).contains("maya@"), "only alerts leave the house");
}

#[tokio::test]
async fn a_tool_that_is_none_may_have_any_name_and_is_kept_without_it() {
    let config = GatewayConfig { denials_per_ten_minutes: 0, ..GatewayConfig::default() };
    let ground = Ground::with(config).await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    ground.call(&assistant, "maya@example.test", json!({})).await.refused(400, "UNKNOWN_TOOL");
    ground.call(&assistant, "+1-514-555-0123", json!({})).await.refused(400, "UNKNOWN_TOOL");
    let rows = ground.get(&ground.person("admin"), "/api/v1/tool-invocations").await.ok();
    assert_clean(&rows.to_string());
}

#[tokio::test]
async fn what_callers_call_their_fields_is_kept_without_it_too() {
    let config = GatewayConfig { denials_per_ten_minutes: 0, ..GatewayConfig::default() };
    let ground = Ground::with(config).await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let odd = json!({"maya@example.test": 1, "514-555-0123": {"+1 514 555-0123": true}, "sk_live_4eC39HqLyjWDarjtT1zdp7dc": []});
    ground.call(&assistant, "search_tickets", odd).await.refused(400, "INVALID_REQUEST");
    ground.call(&assistant, "search_tickets", json!({"status": "open"})).await.ok();
    let rows = ground.get(&ground.person("admin"), "/api/v1/tool-invocations").await.ok();
    assert_clean(&rows.to_string());
    assert_eq!(rows["data"][0]["args_redacted"], json!({"status": "open"}), "names of fields stay");
}
