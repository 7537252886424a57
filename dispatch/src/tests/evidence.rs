//! Evidence with proof: uploads through us, looks at objects, and what is refused.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use patchbay_core::evidence::Proof;
use patchbay_core::ids::TicketId;
use patchbay_core::ticket::Ticket;
use patchbay_store::tickets;
use serde_json::{Value, json};

use super::closeout::at_work;
use super::{App, both_engines, some_id};
use crate::EvidenceRules;
use crate::tests::Answer;

both_engines! {
    a_file_is_uploaded_added_and_read_back;
    evidence_must_be_there_and_be_what_it_says;
    evidence_outside_of_an_object_store_is_refused;
    an_upload_that_is_not_the_announced_file_is_refused;
    leave_to_upload_is_for_those_who_may_add_evidence;
    an_object_that_is_gone_shuts_the_gate;
}

/// As text, because that is what sums are taken of here.
const PHOTO: &str = "not a photo at all";

fn sum(bytes: &[u8]) -> String {
    patchbay_core::canonical::hash_text(std::str::from_utf8(bytes).expect("a text"))
}

const NOTE: &[u8] = b"latch adjusted, strike plate moved by 2 mm";

fn strict() -> EvidenceRules {
    EvidenceRules { head: Proof::Required, checksum: Proof::Required, ..EvidenceRules::default() }
}

impl App {
    async fn grant(&self, ticket: &Ticket, kind: &str, bytes: &[u8]) -> Answer {
        let body = json!({"content_type": kind, "size_bytes": bytes.len(), "sha256": sum(bytes)});
        self.on("technician", ticket, "evidence/uploads", body).await
    }

    async fn put_file(&self, granted: &Value, kind: &str, bytes: &'static [u8]) -> Answer {
        let url = granted["url"].as_str().expect("an address");
        let request = Request::put(url).header("content-type", kind).body(Body::from(bytes)).expect("a request");
        self.send(request).await
    }

    async fn upload_note(&self, ticket: &Ticket) -> Value {
        let granted = self.grant(ticket, "text/plain", NOTE).await;
        assert_eq!(granted.status, StatusCode::CREATED, "{}", granted.text);
        let kept = self.put_file(&granted.json(), "text/plain", NOTE).await;
        assert!(kept.status.is_success(), "{}", kept.text);
        granted.json()
    }

    async fn version(&self, id: TicketId) -> i64 {
        let mut tx = self.db.read().await.expect("reads");
        tickets::by_id(&mut tx, id).await.expect("reads").expect("is there").version
    }
}

#[track_caller]
fn refused_because(answer: &Answer, reason: &str) {
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text);
    let error = &answer.json()["error"];
    assert_eq!(error["requirement_code"], "INVALID_EVIDENCE_REFERENCE");
    assert_eq!(error["invalid_evidence_refs"][0]["reason"], reason, "{}", answer.text);
}

async fn a_file_is_uploaded_added_and_read_back(app: App) {
    let app = app.with_evidence(strict());
    let ticket = at_work(&app, "DOOR_WONT_LATCH").await;
    let granted = app.upload_note(&ticket).await;
    assert_eq!(granted["method"], "PUT");
    assert_eq!(granted["headers"]["content-type"], "text/plain");
    let again = app.put_file(&granted, "text/plain", NOTE).await;
    assert_eq!(again.status, StatusCode::OK, "the same file twice is one file");
    let body = json!({
        "kind": "note", "uri": granted["uri"], "checksum": granted["checksum"], "evidence_key": "note_latch_adjustment",
        "metadata": {"content_type": "text/plain"},
    });
    let added = app.on("technician", &ticket, "evidence", body).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
    let evidence = added.json()["evidence"].clone();
    assert_eq!((&evidence["kind"], &evidence["size_bytes"]), (&json!("NOTE"), &json!(NOTE.len())));
    let id = evidence["id"].as_str().expect("an id");
    let path = format!("/tickets/{}/evidence/{id}/content", ticket.id);
    let content = app.get(&app.token("qa"), &path).await;
    assert_eq!(content.text.as_bytes(), NOTE);
    assert_eq!(content.headers["content-type"], "text/plain");
    assert!(content.headers["content-disposition"].to_str().expect("text").starts_with("attachment"));
    assert_eq!(content.headers["content-security-policy"], "default-src 'none'; sandbox");
    assert_eq!(app.get(&app.token("customer"), &path).await.status, StatusCode::FORBIDDEN);
    let missing = format!("/tickets/{}/evidence/{}/content", ticket.id, some_id());
    assert_eq!(app.get(&app.token("qa"), &missing).await.status, StatusCode::NOT_FOUND);
}

async fn evidence_must_be_there_and_be_what_it_says(app: App) {
    let app = app.with_evidence(strict());
    let ticket = at_work(&app, "DOOR_WONT_LATCH").await;
    let granted = app.upload_note(&ticket).await;
    let add = |uri: &Value, checksum: Option<String>| json!({"kind": "NOTE", "uri": uri, "checksum": checksum});
    let nowhere = json!(granted["uri"].as_str().expect("a uri").replace(&sum(NOTE), &sum(PHOTO.as_bytes())));
    let right = Some(sum(NOTE));
    refused_because(
        &app.on("technician", &ticket, "evidence", add(&nowhere, Some(sum(PHOTO.as_bytes())))).await,
        "UNREACHABLE_URI",
    );
    let elsewhere = json!("s3://somebody/elses.jpg");
    refused_because(
        &app.on("technician", &ticket, "evidence", add(&elsewhere, right.clone())).await,
        "UNREACHABLE_URI",
    );
    let unproven = app.on("technician", &ticket, "evidence", add(&granted["uri"], None)).await;
    refused_because(&unproven, "CHECKSUM_MISMATCH");
    let wrong = app.on("technician", &ticket, "evidence", add(&granted["uri"], Some(sum(b"x")))).await;
    refused_because(&wrong, "CHECKSUM_MISMATCH");
    let other = at_work(&app, "DOOR_WONT_LATCH").await;
    let stolen = app.on("technician", &other, "evidence", add(&granted["uri"], right.clone())).await;
    refused_because(&stolen, "UNREACHABLE_URI");
    assert_eq!(app.version(ticket.id).await, ticket.version, "nothing was written");
    let added = app.on("technician", &ticket, "evidence", add(&granted["uri"], right)).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
}

async fn evidence_outside_of_an_object_store_is_refused(app: App) {
    let ticket = at_work(&app, "DOOR_WONT_LATCH").await;
    for uri in ["http://169.254.169.254/latest", "file:///etc/passwd", "gs://bucket/key"] {
        let refused = app.on("technician", &ticket, "evidence", json!({"kind": "PHOTO", "uri": uri})).await;
        refused_because(&refused, "UNSUPPORTED_SCHEME");
    }
    for uri in ["s3://bucket", "s3:///key", "photo.jpg", "s3://bucket/a/../b"] {
        let refused = app.on("technician", &ticket, "evidence", json!({"kind": "PHOTO", "uri": uri})).await;
        refused_because(&refused, "UNREACHABLE_URI");
    }
    let taken = app.on("technician", &ticket, "evidence", json!({"kind": "PHOTO", "uri": "minio://bucket/key"})).await;
    assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.text);
}

async fn an_upload_that_is_not_the_announced_file_is_refused(app: App) {
    let app = app.with_evidence(EvidenceRules { max_upload_bytes: 1 << 20, ..strict() });
    let ticket = at_work(&app, "DOOR_WONT_LATCH").await;
    let granted = app.grant(&ticket, "text/plain", NOTE).await.json();
    let refused = |answer: Answer, status: StatusCode| assert_eq!(answer.status, status, "{}", answer.text);
    refused(app.put_file(&granted, "text/plain", b"something else").await, StatusCode::BAD_REQUEST);
    refused(app.put_file(&granted, "text/html", NOTE).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    refused(app.put_file(&json!({"url": "/uploads/e30.AAAA"}), "text/plain", NOTE).await, StatusCode::NOT_FOUND);
    let disguised = app.grant(&ticket, "image/png", NOTE).await.json();
    refused(app.put_file(&disguised, "image/png", NOTE).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    refused(app.grant(&ticket, "text/html", NOTE).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let large = json!({"content_type": "text/plain", "size_bytes": (1 << 20) + 1, "sha256": sum(NOTE)});
    refused(app.on("technician", &ticket, "evidence/uploads", large).await, StatusCode::PAYLOAD_TOO_LARGE);
    let short = json!({"content_type": "text/plain", "size_bytes": 1, "sha256": "abc"});
    refused(app.on("technician", &ticket, "evidence/uploads", short).await, StatusCode::BAD_REQUEST);
    app.clock.advance(std::time::Duration::from_mins(16));
    refused(app.put_file(&granted, "text/plain", NOTE).await, StatusCode::NOT_FOUND);
}

async fn leave_to_upload_is_for_those_who_may_add_evidence(app: App) {
    let app = app.with_evidence(strict());
    let ticket = at_work(&app, "DOOR_WONT_LATCH").await;
    let body = json!({"content_type": "text/plain", "size_bytes": NOTE.len(), "sha256": sum(NOTE)});
    for role in ["customer", "finance", "auditor"] {
        let refused = app.on(role, &ticket, "evidence/uploads", body.clone()).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{role}: {}", refused.text);
    }
    let stranger = app.scoped_token("technician", some_id(), &["*".into()], &["*".into()]);
    let path = format!("/tickets/{}/evidence/uploads", ticket.id);
    let refused = app.post(&stranger, &path, some_id(), &body).await;
    assert_eq!(refused.code(), "NOT_ASSIGNED", "{}", refused.text);
}

async fn an_object_that_is_gone_shuts_the_gate(app: App) {
    let app = app.with_evidence(strict());
    let ticket = at_work(&app, "DOOR_WONT_LATCH").await;
    let granted = app.upload_note(&ticket).await;
    let body = json!({
        "kind": "NOTE", "uri": granted["uri"], "checksum": granted["checksum"], "evidence_key": "note_latch_adjustment",
    });
    assert_eq!(app.on("technician", &ticket, "evidence", body).await.status, StatusCode::CREATED);
    app.lose_objects();
    let complete = json!({"checklist_status": {}, "no_signature_reason": "nobody was on site"});
    refused_because(&app.on("technician", &ticket, "tech/complete", complete).await, "UNREACHABLE_URI");
}
