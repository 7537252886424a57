use std::time::Duration;

use axum::http::StatusCode;
use patchbay_core::ids::{AuditId, TicketId};
use patchbay_store::{audit, counters, outbox};
use serde_json::json;
use uuid::Uuid;

use super::{App, both_engines, some_id};

both_engines! {
    a_recorded_request_is_a_ticket_with_its_story;
    a_sure_intake_is_ready_and_an_unsure_one_waits;
    lists_are_filtered_scoped_and_paged;
    an_account_can_have_its_own_prefix;
    codes_count_anew_for_each_prefix_and_year;
    the_audit_entries_of_an_account_chain;
}

async fn a_recorded_request_is_a_ticket_with_its_story(app: App) {
    let token = app.token("dispatcher");
    let made = app.post(&token, "/tickets", some_id(), &app.request()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let ticket = made.json();
    assert_eq!(ticket["code"], "T-2026-001");
    assert_eq!((&ticket["state"], &ticket["phase"], &ticket["version"]), (&json!("NEW"), &json!("new"), &json!(1)));
    assert_eq!((&ticket["priority"], &ticket["nte_cents"]), (&json!("ROUTINE"), &json!(25_000)));

    let id = ticket["id"].as_str().expect("an id").to_owned();
    let read = app.get(&token, &format!("/tickets/{id}")).await;
    assert_eq!(read.status, StatusCode::OK);
    let view = read.json();
    for (name, value) in ticket.as_object().expect("a ticket") {
        assert_eq!(&view[name], value, "{name}");
    }
    assert_eq!(read.headers["etag"], "\"1\"");

    let timeline = app.get(&token, &format!("/tickets/{id}/timeline")).await.json();
    assert_eq!(timeline["ticket_id"], id.as_str());
    let events = timeline["events"].as_array().expect("events");
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["tool_name"], "ticket.create");
    assert_eq!(events[0]["actor_role"], "dispatcher");
    assert_eq!(events[0]["transitions"], json!([{"seq": 1, "from_state": null, "to_state": "NEW"}]));

    let mut tx = app.db.read().await.expect("reads");
    let told = outbox::of_aggregate(&mut tx, id.parse().expect("an id")).await.expect("rows");
    let topics: Vec<&str> = told.iter().map(|row| row.event_type.as_str()).collect();
    assert_eq!(topics, ["ticket.created", "ticket.state_changed"]);
    assert_eq!(told[0].payload["next_state"], "NEW");
    assert_eq!(told[0].payload["event_id"], told[0].id.to_string());
    assert_eq!(told[0].payload["metadata"]["correlation_id"], made.headers["x-correlation-id"].to_str().expect("text"));
}

async fn a_sure_intake_is_ready_and_an_unsure_one_waits(app: App) {
    let token = app.token("ai_agent");
    let made = app.post(&token, "/tickets/intake", some_id(), &app.intake()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let ticket = made.json();
    assert_eq!(ticket["state"], "READY_TO_SCHEDULE");
    assert_eq!(ticket["incident_type"], "DOOR_WONT_LATCH");
    let id: TicketId = ticket["id"].as_str().expect("an id").parse().expect("an id");
    let mut tx = app.db.read().await.expect("reads");
    let told = outbox::of_aggregate(&mut tx, id.0).await.expect("rows");
    let topics: Vec<&str> = told.iter().map(|row| row.event_type.as_str()).collect();
    assert_eq!(topics, ["ticket.created", "intake.completed", "ticket.state_changed"]);
    assert!(told.iter().all(|row| !row.payload.to_string().contains("15550100199")));
    let timeline = app.get(&token, &format!("/tickets/{id}/timeline")).await;
    assert!(!timeline.text.contains("15550100199") && !timeline.text.contains("Lovelace"), "{}", timeline.text);
    drop(tx);

    let mut unsure = app.intake();
    unsure["summary"] = json!("Something rattles");
    unsure["identity_confidence"] = json!(84);
    let made = app.post(&token, "/tickets/intake", some_id(), &unsure).await.json();
    assert_eq!(made["state"], "TRIAGED");
    assert_eq!(made["sop_handoff_required"], true);
    assert!(made["sop_handoff_prompt"].is_string());
}

async fn lists_are_filtered_scoped_and_paged(app: App) {
    let token = app.token("dispatcher");
    for summary in ["Gate stuck", "Lamp 100% out", "Gate noisy"] {
        let mut body = app.request();
        body["summary"] = json!(summary);
        assert_eq!(app.post(&token, "/tickets", some_id(), &body).await.status, StatusCode::CREATED);
    }
    let other = app.add_account(json!({})).await;
    let elsewhere = app.add_site(other).await;
    let body = json!({"account_id": other, "site_id": elsewhere, "summary": "Gate of others"});
    app.post(&token, "/tickets", some_id(), &body).await;

    let codes = async |token: &str, query: &str| -> Vec<String> {
        let page = app.get(token, &format!("/tickets?{query}")).await.json();
        page["data"]
            .as_array()
            .expect("rows")
            .iter()
            .map(|row| row["summary"].as_str().expect("text").to_owned())
            .collect()
    };
    assert_eq!(codes(&token, "").await, ["Gate of others", "Gate noisy", "Lamp 100% out", "Gate stuck"]);
    assert_eq!(codes(&token, "q=GATE%20n").await, ["Gate noisy"]);
    assert_eq!(codes(&token, "q=100%25").await, ["Lamp 100% out"]);
    assert_eq!(codes(&token, "state=closed,verified").await, Vec::<String>::new());
    assert_eq!(codes(&token, &format!("account_id={other}&state=NEW")).await, ["Gate of others"]);
    let own = app.scoped_token("dispatcher", some_id(), &[app.account.to_string()], &[app.site.to_string()]);
    assert_eq!(codes(&own, "").await.len(), 3);
    assert_eq!(codes(&own, &format!("account_id={other}")).await, Vec::<String>::new());

    let first = app.get(&token, "/tickets?limit=3").await.json();
    let cursor = first["next_cursor"].as_str().expect("more").to_owned();
    assert_eq!(codes(&token, &format!("limit=3&cursor={cursor}")).await, ["Gate stuck"]);
    for wrong in ["state=LOST", "limit=0", "cursor=x", "colour=red"] {
        let answer = app.get(&token, &format!("/tickets?{wrong}")).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "INVALID_QUERY"), "{wrong}");
    }
}

async fn an_account_can_have_its_own_prefix(app: App) {
    let account = app.add_account(json!({"code_prefix": "SM2"})).await;
    let site = app.add_site(account).await;
    let body = json!({"account_id": account, "site_id": site, "summary": "x"});
    let made = app.post(&app.token("admin"), "/tickets", some_id(), &body).await.json();
    assert_eq!(made["code"], "SM2-2026-001");
}

async fn codes_count_anew_for_each_prefix_and_year(app: App) {
    let other = app.add_account(json!({"code_prefix": "SM2"})).await;
    let site = app.add_site(other).await;
    let elsewhere = json!({"account_id": other, "site_id": site, "summary": "x"});
    let mut codes = Vec::new();
    for body in [app.request(), elsewhere.clone(), app.request()] {
        codes.push(app.post(&app.token("admin"), "/tickets", some_id(), &body).await.json()["code"].clone());
    }
    app.clock.advance(Duration::from_hours(365 * 24));
    for body in [app.request(), elsewhere] {
        codes.push(app.post(&app.token("admin"), "/tickets", some_id(), &body).await.json()["code"].clone());
    }
    assert_eq!(codes, ["T-2026-001", "SM2-2026-001", "T-2026-002", "T-2027-001", "SM2-2027-001"]);
    // The number grows beyond three digits.
    let mut tx = app.db.begin().await.expect("begins");
    for _ in 1..999 {
        counters::next(&mut tx, "ticket:T:2027").await.expect("counts");
    }
    tx.commit().await.expect("commits");
    let made = app.post(&app.token("admin"), "/tickets", some_id(), &app.request()).await.json();
    assert_eq!(made["code"], "T-2027-1000");
}

async fn the_audit_entries_of_an_account_chain(app: App) {
    let token = app.token("dispatcher");
    for _ in 0..5 {
        app.post(&token, "/tickets", some_id(), &app.request()).await;
    }
    let mut tx = app.db.read().await.expect("reads");
    let rows = audit::of_account(&mut tx, Some(app.account), AuditId(Uuid::nil()), 100).await.expect("rows");
    assert_eq!(rows.len(), 5);
    let mut previous: Option<String> = None;
    for row in &rows {
        assert_eq!(row.prev_hash, previous);
        assert_eq!(row.entry.hash(previous.as_deref()), row.hash, "what was stored reads back as what was hashed");
        previous = Some(row.hash.clone());
    }
}
