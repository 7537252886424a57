use patchbay_store::jobs;
use serde_json::json;

use super::{classification, done, last_steps, recorded, topics};
use crate::tests::{App, both_engines};

both_engines! {
    without_a_conversation_nothing_is_sent_and_the_answer_says_so;
}

async fn without_a_conversation_nothing_is_sent_and_the_answer_says_so(app: App) {
    let id = recorded(&app).await;
    let body = json!({"missing_fields": ["gate_code"], "message": "What is the gate's code?"});
    let ticket = done(&app, "support_agent", &id, "info/request", body.clone()).await;
    assert_eq!(ticket["state"], "NEEDS_INFO");
    assert_eq!(ticket["question"], json!({"status": "not_sent", "conversation_id": null, "reason": "no_conversation"}));
    assert_eq!(last_steps(&app, &id).await, ["NEW>NEEDS_INFO"]);
    assert!(topics(&app, &id).await.contains(&"ticket.info_requested".to_owned()));
    let mut tx = app.db.read().await.expect("reads");
    // Only the ticket's timer waits.
    let due: i64 = jobs::depths(&mut tx, app.now()).await.expect("depths").iter().map(|depth| depth.due).sum();
    assert_eq!(due, 0);
    drop(tx);
    done(&app, "dispatcher", &id, "triage", classification(json!({}))).await;
    assert_eq!(last_steps(&app, &id).await, ["NEEDS_INFO>TRIAGED"]);
    done(&app, "dispatcher", &id, "info/request", body).await;
    assert_eq!(last_steps(&app, &id).await, ["TRIAGED>NEEDS_INFO"]);
}
