use axum::body::Body;
use axum::http::{Request, StatusCode};
use patchbay_core::audit::Outcome;
use patchbay_core::ids::AuditId;
use patchbay_core::role::Role;
use patchbay_store::audit;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{App, both_engines, some_id};

both_engines! {
    every_role_gets_what_the_table_says_over_http;
    a_refusal_writes_nothing_but_its_audit_entry;
    a_repeated_intake_is_refused_with_the_ticket_it_repeats;
    one_message_makes_one_ticket;
    what_is_out_of_scope_is_not_shown;
    bodies_that_do_not_fit_are_refused_with_the_place;
    references_must_exist;
}

async fn every_role_gets_what_the_table_says_over_http(app: App) {
    for role in Role::ALL {
        let token = app.token(role.as_str());
        let row = patchbay_core::ticket::Command::TicketCreate.row();
        let expect = if row.reach(*role).is_some() { StatusCode::CREATED } else { StatusCode::FORBIDDEN };
        let answer = app.post(&token, "/tickets", some_id(), &app.request()).await;
        assert_eq!(answer.status, expect, "{role}: {}", answer.text);
        if expect == StatusCode::FORBIDDEN {
            assert_eq!(answer.code(), "FORBIDDEN");
            assert_eq!(answer.json()["error"]["policy_error"]["dimension"], "role");
        }
        assert_eq!(app.get(&token, "/tickets").await.status, StatusCode::OK, "{role}");
    }
    assert_eq!(app.get("nonsense", "/tickets").await.code(), "INVALID_AUTH_TOKEN");
}

async fn a_refusal_writes_nothing_but_its_audit_entry(app: App) {
    let nowhere = app.scoped_token("dispatcher", some_id(), &["*".into()], &[some_id().to_string()]);
    let refused = app.post(&nowhere, "/tickets", some_id(), &app.request()).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::FORBIDDEN, "FORBIDDEN_SCOPE"));
    assert_eq!(refused.json()["error"]["policy_error"]["dimension"], "scope");
    app.post(&app.token("qa"), "/tickets", some_id(), &app.request()).await;
    let with_tool = |tool: &str| {
        Request::post("/tickets")
            .header("authorization", format!("Bearer {}", app.token("dispatcher")))
            .header("content-type", "application/json")
            .header("idempotency-key", some_id().to_string())
            .header("x-tool-name", tool)
            .body(Body::from(app.request().to_string()))
            .expect("a request")
    };
    assert_eq!(app.send(with_tool("ticket.blind_intake")).await.code(), "TOOL_NOT_ALLOWED");
    assert_eq!(app.send(with_tool("ticket.explode")).await.code(), "UNKNOWN_TOOL");

    assert_eq!(app.count().await, 0);
    let mut tx = app.db.read().await.expect("reads");
    let entries = audit::of_account(&mut tx, None, AuditId(Uuid::nil()), 100).await.expect("rows");
    let codes: Vec<&str> = entries.iter().filter_map(|row| row.entry.error_code.as_deref()).collect();
    assert_eq!(codes, ["FORBIDDEN_SCOPE", "FORBIDDEN", "TOOL_NOT_ALLOWED", "UNKNOWN_TOOL"]);
    assert!(entries.iter().all(|row| row.entry.outcome == Outcome::Denied));
    drop(tx);
    assert_eq!(app.send(with_tool("ticket.create")).await.status, StatusCode::CREATED);
}

async fn a_repeated_intake_is_refused_with_the_ticket_it_repeats(app: App) {
    let (token, key) = (app.token("ai_agent"), some_id());
    let made = app.post(&token, "/tickets/intake", some_id(), &app.intake()).await.json();
    let refused = app.post(&token, "/tickets/intake", key, &app.intake()).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::CONFLICT, "DUPLICATE_INTAKE"));
    let error = &refused.json()["error"];
    assert_eq!(error["duplicate_ticket_id"], made["id"]);
    assert_eq!(error["state"], "READY_TO_SCHEDULE");
    assert_eq!(error["policy_error"]["dimension"], "identity");
    assert_eq!(app.count().await, 1);
    let timeline = app.get(&token, &format!("/tickets/{}/timeline", made["id"].as_str().expect("an id"))).await.json();
    let outcomes: Vec<&Value> = timeline["events"].as_array().expect("events").iter().map(|e| &e["outcome"]).collect();
    assert_eq!(outcomes, ["success", "denied"]);
    // Two hours later it is a new request, even under the key that was refused.
    app.clock.advance(std::time::Duration::from_mins(121));
    let token = app.token("ai_agent");
    assert_eq!(app.post(&token, "/tickets/intake", key, &app.intake()).await.status, StatusCode::CREATED);
}

async fn one_message_makes_one_ticket(app: App) {
    let token = app.token("system");
    let mut body = app.request();
    body["source"] = json!("sms");
    body["source_message_id"] = json!("SM123");
    let made = app.post(&token, "/tickets", some_id(), &body).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let refused = app.post(&token, "/tickets", some_id(), &body).await;
    assert_eq!(refused.code(), "DUPLICATE_INTAKE");
    assert_eq!(refused.json()["error"]["duplicate_ticket_id"], made.json()["id"]);
    body["source"] = json!("whatsapp");
    assert_eq!(app.post(&token, "/tickets", some_id(), &body).await.status, StatusCode::CREATED);
}

async fn what_is_out_of_scope_is_not_shown(app: App) {
    let made = app.post(&app.token("admin"), "/tickets", some_id(), &app.request()).await.json();
    let id = made["id"].as_str().expect("an id").to_owned();
    let other = app.scoped_token("dispatcher", some_id(), &[some_id().to_string()], &["*".into()]);
    for path in [format!("/tickets/{id}"), format!("/tickets/{id}/timeline")] {
        let answer = app.get(&other, &path).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::FORBIDDEN, "FORBIDDEN_SCOPE"), "{path}");
    }
    let nothing = app.get(&other, &format!("/tickets/{}", some_id())).await;
    assert_eq!((nothing.status, nothing.code().as_str()), (StatusCode::NOT_FOUND, "TICKET_NOT_FOUND"));
    for path in ["/tickets/tomorrow", "/tickets/%ff", "/tickets/1/timeline"] {
        let answer = app.get(&other, path).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "INVALID_TICKET_ID"), "{path}");
    }
    let no_scope = app.scoped_token("dispatcher", some_id(), &[], &[]);
    assert_eq!(app.get(&no_scope, &format!("/tickets/{id}")).await.code(), "FORBIDDEN_SCOPE");
}

async fn bodies_that_do_not_fit_are_refused_with_the_place(app: App) {
    let token = app.token("dispatcher");
    let mut body = app.request();
    body["state"] = json!("CLOSED");
    body["version"] = json!(3);
    let refused = app.post(&token, "/tickets", some_id(), &body).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::BAD_REQUEST, "INVALID_REQUEST"));
    let paths = refused.json()["error"]["validation_errors"].clone();
    assert_eq!((&paths[0]["path"], &paths[1]["path"]), (&json!("state"), &json!("version")));
    let mut nobody = app.intake();
    nobody["contact_phone"] = Value::Null;
    let refused = app.post(&token, "/tickets/intake", some_id(), &nobody).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::BAD_REQUEST, "BLIND_INTAKE_VALIDATION_FAILED"));
    assert_eq!(refused.json()["error"]["reason"], "missing_contact_channel");

    let raw = async |content_type: &'static str, body: String| {
        let request = Request::post("/tickets")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", content_type)
            .header("idempotency-key", some_id().to_string());
        let answer = app.send(request.body(Body::from(body)).expect("a request")).await;
        (answer.status.as_u16(), answer.code())
    };
    assert_eq!(raw("application/json", "{".into()).await, (400, "INVALID_JSON".into()));
    assert_eq!(raw("text/plain", app.request().to_string()).await, (415, "UNSUPPORTED_MEDIA_TYPE".into()));
    let huge = json!({"summary": "x".repeat(crate::MAX_BODY_BYTES)}).to_string();
    assert_eq!(raw("application/json", huge).await, (413, "PAYLOAD_TOO_LARGE".into()));
    assert_eq!(app.count().await, 0);
}

async fn references_must_exist(app: App) {
    let token = app.token("dispatcher");
    let other = app.add_account(json!({})).await;
    for (field, value, expect) in [
        ("site_id", json!(some_id()), "INVALID_REQUEST"),
        ("account_id", json!(other), "FORBIDDEN_SCOPE"),
        ("contact_id", json!(some_id()), "INVALID_REQUEST"),
        ("asset_id", json!(some_id()), "INVALID_REQUEST"),
    ] {
        let mut body = app.request();
        body[field] = value;
        let refused = app.post(&token, "/tickets", some_id(), &body).await;
        assert_eq!(refused.code(), expect, "{field}: {}", refused.text);
    }
}
