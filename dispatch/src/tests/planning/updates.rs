use axum::body::Body;
use axum::http::{Request, StatusCode};
use patchbay_core::catalog::{AssetKind, ServiceStatus};
use patchbay_core::ids::{AccountId, AssetId, ServiceId};
use patchbay_core::place::PlaceStatus;
use patchbay_store::assets::{self, AssetRow};
use patchbay_store::services::{self, ServiceRow};
use serde_json::{Value, json};

use super::{classification, done, last_steps, recorded, story};
use crate::tests::app::Answer;
use crate::tests::{App, both_engines, some_id};

both_engines! {
    plain_facts_change_and_nothing_else;
    lines_of_work_take_their_price_from_the_catalog;
    references_of_an_update_must_exist;
}

async fn patch(app: &App, role: &str, ticket: &str, body: Value) -> Answer {
    let request = Request::patch(format!("/tickets/{ticket}"))
        .header("authorization", format!("Bearer {}", app.token(role)))
        .header("content-type", "application/json")
        .header("idempotency-key", some_id().to_string());
    app.send(request.body(Body::from(body.to_string())).expect("a request")).await
}

async fn add_service(app: &App, requires_approval: bool, status: ServiceStatus) -> ServiceId {
    let id = ServiceId::new();
    let row = ServiceRow {
        id,
        code: format!("S-{}", id.0.simple()),
        name: "Adjust the latch".into(),
        base_price_cents: 12_500,
        currency: "USD".into(),
        requires_approval,
        category: None,
        skill_key: None,
        default_duration_min: None,
        status,
        qb_item_id: None,
        tax_code: Some("GST_QST".into()),
        version: 1,
        created_at: app.now(),
        updated_at: app.now(),
    };
    let mut tx = app.db.begin().await.expect("begins");
    services::insert(&mut tx, &row).await.expect("a service");
    tx.commit().await.expect("commits");
    id
}

async fn add_asset(app: &App, account_id: AccountId) -> AssetId {
    let row = AssetRow {
        id: AssetId::new(),
        account_id,
        site_id: None,
        kind: AssetKind::Equipment,
        tag: Some("D-1".into()),
        make: None,
        model: None,
        year: None,
        vin: None,
        stock_no: None,
        serial: None,
        install_date: None,
        warranty_end: None,
        metadata: json!({}),
        status: PlaceStatus::Active,
        version: 1,
        created_at: app.now(),
        updated_at: app.now(),
    };
    let mut tx = app.db.begin().await.expect("begins");
    assets::insert(&mut tx, &row).await.expect("an asset");
    tx.commit().await.expect("commits");
    row.id
}

async fn plain_facts_change_and_nothing_else(app: App) {
    let id = recorded(&app).await;
    let asset = add_asset(&app, app.account).await;
    let body = json!({"asset_id": asset, "description": "The left wing", "urgency": "CRITICAL"});
    let answer = patch(&app, "support_agent", &id, body.clone()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let ticket = answer.json();
    assert_eq!((&ticket["asset_id"], &ticket["description"]), (&json!(asset), &json!("The left wing")));
    assert_eq!((&ticket["urgency"], &ticket["ranking_score"]), (&json!("CRITICAL"), &json!(30)));
    assert_eq!((&ticket["priority"], &ticket["version"]), (&json!("ROUTINE"), &json!(2)));
    assert!(last_steps(&app, &id).await.is_empty());
    assert_eq!(story(&app, &id).await[1]["changes"]["ranking_score"], json!([5, 30]));
    for nothing_new in [body, json!({})] {
        let refused = patch(&app, "support_agent", &id, nothing_new).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::CONFLICT, "INVALID_STATE_TRANSITION"));
    }
    for (field, value) in [("state", "CLOSED"), ("priority", "URGENT"), ("assigned_tech_id", "x"), ("nte_cents", "1")] {
        let refused = patch(&app, "admin", &id, json!({ field: value })).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::BAD_REQUEST, "INVALID_REQUEST"), "{field}");
    }
}

async fn lines_of_work_take_their_price_from_the_catalog(app: App) {
    let id = recorded(&app).await;
    let service = add_service(&app, true, ServiceStatus::Active).await;
    let body = json!({"services": [
        {"service_id": service, "qty": 1.5}, {"service_id": service, "qty": 2, "unit_price_cents": 99},
    ]});
    let answer = patch(&app, "dispatcher", &id, body.clone()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let lines = &answer.json()["services"];
    assert_eq!((&lines[0]["qty"], &lines[0]["unit_price_cents"]), (&json!(1.5), &json!(12_500)));
    assert_eq!((&lines[1]["qty"], &lines[1]["unit_price_cents"]), (&json!(2.0), &json!(99)));
    assert_eq!(patch(&app, "dispatcher", &id, body).await.code(), "INVALID_STATE_TRANSITION");
    // A service that needs an approval keeps the ticket from being scheduled without one.
    let ready = classification(json!({"ready_to_schedule": true}));
    assert_eq!(done(&app, "dispatcher", &id, "triage", ready).await["state"], "APPROVAL_REQUIRED");
    let nobodys = patch(&app, "technician", &id, json!({"services": []})).await;
    assert_eq!((nobodys.status, nobodys.code().as_str()), (StatusCode::FORBIDDEN, "NOT_ASSIGNED"));
}

async fn references_of_an_update_must_exist(app: App) {
    let id = recorded(&app).await;
    let elsewhere = app.add_account(json!({})).await;
    let (foreign, archived) =
        (add_asset(&app, elsewhere).await, add_service(&app, false, ServiceStatus::Archived).await);
    for (body, path) in [
        (json!({"asset_id": some_id()}), "asset_id"),
        (json!({"asset_id": foreign}), "asset_id"),
        (json!({"contact_id": some_id()}), "contact_id"),
        (json!({"services": [{"service_id": archived, "qty": 1}]}), "services[0].service_id"),
        (json!({"services": [{"service_id": some_id(), "qty": 1}]}), "services[0].service_id"),
        (json!({"services": [{"service_id": some_id(), "qty": 0}]}), "services[0].qty"),
    ] {
        let refused = patch(&app, "dispatcher", &id, body).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::BAD_REQUEST, "INVALID_REQUEST"), "{path}");
        assert_eq!(refused.json()["error"]["validation_errors"][0]["path"], path);
    }
}
