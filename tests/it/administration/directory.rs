//! What the rules of tickets ask about: services, templates, ranking rules, zones, assets, technicians, vendors.

use axum::http::Method;
use patchbay_core::ids::RecordId;
use patchbay_tests::{TestDatabase, both_engines};
use serde_json::{Value, json};

use super::world::{Answer, World};

both_engines! {
    a_service_is_kept_changed_and_archived;
    what_does_not_fit_is_refused_with_its_place;
    a_repeated_request_has_one_effect_and_one_answer;
    every_installation_knows_the_eight_incident_types;
    a_change_of_a_template_is_a_new_version;
    a_technician_has_skills_zones_and_hours;
    time_off_is_recorded_and_called_off;
    a_vendor_is_replaced_field_by_field;
    a_zone_has_a_whole_middle_or_none;
    a_vehicle_is_known_once_in_an_account_and_found_in_all;
    sites_and_assets_are_read_within_scope_only;
    a_ranking_rule_needs_a_condition;
    every_write_leaves_an_entry_in_the_audit;
}

async fn make(world: &World, path: &str, body: Value) -> Value {
    let answer = world.post(path).bearer(&world.admin()).json(body).send().await;
    assert_eq!(answer.status, 201, "{path}: {}", answer.body);
    answer.body
}

async fn patch(world: &World, path: &str, body: Value) -> Answer {
    world.ask(Method::PATCH, path).bearer(&world.admin()).json(body).send().await
}

fn id(body: &Value) -> &str {
    body["id"].as_str().expect("it has an id")
}

async fn account(world: &World) -> String {
    id(&make(world, "/api/v1/accounts", json!({ "name": "Northside" })).await).to_owned()
}

async fn site(world: &World, account: &str) -> String {
    let body = json!({
        "account_id": account, "name": "Tower", "address1": "1 Main Street", "city": "Halifax", "country": "CA",
        "timezone": "America/Halifax",
        "bill_to": { "name": "Northside", "address1": "1 Main Street", "city": "Halifax", "country": "CA" },
    });
    id(&make(world, "/api/v1/sites", body).await).to_owned()
}

async fn a_service_is_kept_changed_and_archived(database: TestDatabase) {
    let world = World::new(database).await;
    let body = json!({ "code": "HVAC-1", "name": "Heating check", "base_price_cents": 12_000, "skill_key": "hvac" });
    let made = make(&world, "/api/v1/services", body.clone()).await;
    assert_eq!((made["currency"].as_str(), made["requires_approval"].as_bool()), (Some("USD"), Some(false)));
    let taken = world.post("/api/v1/services").bearer(&world.admin()).json(body).send().await;
    assert_eq!((taken.status, taken.code()), (409, "ALREADY_EXISTS"));

    let path = format!("/api/v1/services/{}", id(&made));
    let read = world.get(&path).bearer(&world.token("dispatcher", &[])).send().await;
    assert_eq!((read.body.clone(), read.headers["etag"].to_str().expect("a text")), (made, "\"1\""));
    let changed = patch(&world, &path, json!({ "version": 1, "skill_key": null, "tax_code": "gst" })).await;
    assert_eq!((changed.status, &changed.body["skill_key"], changed.text("/tax_code")), (200, &Value::Null, "GST"));
    let late = patch(&world, &path, json!({ "expected_version": 1, "name": "Too late" })).await;
    assert_eq!((late.status, late.code()), (409, "VERSION_CONFLICT"));
    assert_eq!(late.body.pointer("/error/policy_error/current_version"), Some(&json!(2)));

    let gone = world.ask(Method::DELETE, &path).bearer(&world.admin()).send().await;
    assert_eq!((gone.status, gone.text("/status")), (200, "archived"));
    let again = world.ask(Method::DELETE, &path).bearer(&world.admin()).send().await;
    assert_eq!(again.body, gone.body, "archiving twice changes nothing");
    let active = world.get("/api/v1/services?status=active&q=heat").bearer(&world.admin()).send().await;
    assert_eq!(active.body["data"], json!([]));
}

async fn what_does_not_fit_is_refused_with_its_place(database: TestDatabase) {
    let world = World::new(database).await;
    let absent = RecordId::new().to_string();
    for (path, body, place) in [
        ("/api/v1/services", json!({ "code": "A", "name": "A", "base_price_cents": -1 }), "base_price_cents"),
        ("/api/v1/services", json!({ "code": "A", "name": "A", "base_price_cents": 1, "tax_code": "VAT" }), "tax_code"),
        ("/api/v1/technicians", json!({ "name": "T", "phone_e164": "5550100" }), "phone_e164"),
        ("/api/v1/technicians", json!({ "name": "T", "zones": [absent] }), "zones"),
        (
            "/api/v1/technicians",
            json!({ "name": "T", "working_hours": [{ "weekday": 0, "start": "17:00", "end": "08:00" }] }),
            "working_hours",
        ),
        ("/api/v1/zones", json!({ "name": "Z", "centroid_lat": 91.0, "centroid_lon": 0.0 }), "centroid_lat"),
        ("/api/v1/zones", json!({ "name": "Z", "region_weight": 9 }), "region_weight"),
        (
            "/api/v1/incident-templates",
            json!({ "incident_type": "a b", "required_evidence_keys": [] }),
            "incident_type",
        ),
        ("/vendors", json!({ "name": " " }), "name"),
        ("/vendors", json!({ "name": "V", "surprise": 1 }), "surprise"),
    ] {
        let answer = world.post(path).bearer(&world.admin()).json(body).send().await;
        assert_eq!((answer.status, answer.code()), (400, "INVALID_REQUEST"), "{path} {place}: {}", answer.body);
    }
    for path in ["/api/v1/services", "/api/v1/technicians", "/api/v1/zones", "/vendors"] {
        let list = world.get(path).bearer(&world.admin()).send().await;
        assert_eq!(list.body["data"], json!([]), "{path}");
    }
}

async fn a_repeated_request_has_one_effect_and_one_answer(database: TestDatabase) {
    let world = World::new(database).await;
    let (admin, key) = (world.admin(), RecordId::new().to_string());
    let ask = |name: &str| {
        let body = json!({ "name": name });
        world.post("/api/v1/technicians").bearer(&admin).header("idempotency-key", &key).json(body).send()
    };
    let first = ask("Tess").await;
    let again = ask("Tess").await;
    assert_eq!((first.status, again.status, &first.body), (201, 201, &again.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let other = ask("Tom").await;
    assert_eq!((other.status, other.code()), (409, "IDEMPOTENCY_PAYLOAD_MISMATCH"));
    let list = world.get("/api/v1/technicians").bearer(&admin).send().await;
    assert_eq!(list.body["data"].as_array().map(Vec::len), Some(1));
    let bad = world.post("/api/v1/technicians").bearer(&admin).header("idempotency-key", "again");
    let bad = bad.json(json!({ "name": "Tim" })).send().await;
    assert_eq!((bad.status, bad.code()), (400, "INVALID_IDEMPOTENCY_KEY"));
}

async fn every_installation_knows_the_eight_incident_types(database: TestDatabase) {
    let world = World::new(database).await;
    let list = world.get("/api/v1/incident-templates?active=true").bearer(&world.admin()).send().await;
    let rows = list.body["data"].as_array().expect("a list").clone();
    let mut types: Vec<&str> = rows.iter().filter_map(|row| row["incident_type"].as_str()).collect();
    types.sort_unstable();
    assert_eq!(
        types,
        [
            "AUTO_OPERATOR_FAULT", "CANNOT_SECURE_ENTRY", "CLOSER_LEAKING_OR_SLAMMING", "DOOR_WONT_LATCH",
            "FRAME_OR_GLASS_DAMAGE", "GENERIC_REPAIR", "HARDWARE_REPLACEMENT", "VEHICLE_SERVICE"
        ]
    );
    for row in &rows {
        let keys = row["required_evidence_keys"].as_array().expect("a list");
        assert!(keys.contains(&json!("signature_or_no_signature_reason")), "{row}");
        assert_eq!(row["required_checklist_keys"].as_array().map(Vec::len), Some(5), "{row}");
        let risky = ["CANNOT_SECURE_ENTRY", "FRAME_OR_GLASS_DAMAGE", "AUTO_OPERATOR_FAULT"];
        assert_eq!(row["high_risk"], risky.contains(&row["incident_type"].as_str().expect("a text")), "{row}");
    }
}

async fn a_change_of_a_template_is_a_new_version(database: TestDatabase) {
    let world = World::new(database).await;
    let body = json!({ "incident_type": "leaking_tap", "required_evidence_keys": ["photo_after"], "sla_minutes": 90 });
    let first = make(&world, "/api/v1/incident-templates", body).await;
    assert_eq!((first["incident_type"].as_str(), first["version"].as_i64()), (Some("LEAKING_TAP"), Some(1)));
    let path = format!("/api/v1/incident-templates/{}", id(&first));
    let second = patch(&world, &path, json!({ "sla_minutes": null, "high_risk": true })).await;
    assert_eq!((second.status, &second.body["version"], &second.body["sla_minutes"]), (200, &json!(2), &Value::Null));
    assert_ne!(id(&second.body), id(&first));
    assert_eq!(world.get(&path).bearer(&world.admin()).send().await.body, first, "the old version stays");
    let late = patch(&world, &path, json!({ "high_risk": true })).await;
    assert_eq!((late.status, late.code()), (409, "VERSION_CONFLICT"));
    let gone = format!("/api/v1/incident-templates/{}", id(&second.body));
    let gone = world.ask(Method::DELETE, &gone).bearer(&world.admin()).send().await;
    assert_eq!((&gone.body["active"], &gone.body["version"]), (&json!(false), &json!(2)));
}

async fn a_technician_has_skills_zones_and_hours(database: TestDatabase) {
    let world = World::new(database).await;
    let zone = make(&world, "/api/v1/zones", json!({ "name": "East" })).await;
    let user = world.user("tess@demo.test", "technician", &[]).await;
    let body = json!({
        "name": "Tess", "phone_e164": "+1 555 0100", "user_id": id(&user), "skills": ["DEFAULT", "hvac"],
        "zones": [id(&zone)], "availability": "AVAILABLE",
        "working_hours": [{ "weekday": 1, "start": "08:00", "end": "16:30" }],
    });
    let made = make(&world, "/api/v1/technicians", body.clone()).await;
    assert_eq!((&made["skills"], &made["zones"]), (&json!(["DEFAULT", "hvac"]), &json!([id(&zone)])));
    assert_eq!((&made["priority_rank"], &made["max_active_jobs"]), (&json!(100), &json!(2)));
    assert_eq!(made["working_hours"], json!([{ "weekday": 1, "start": "08:00", "end": "16:30", "enabled": true }]));
    let taken = world.post("/api/v1/technicians").bearer(&world.admin()).json(body).send().await;
    assert_eq!((taken.status, taken.code()), (409, "ALREADY_EXISTS"));
    let path = format!("/api/v1/technicians/{}", id(&made));
    let changed = patch(&world, &path, json!({ "skills": ["hvac"], "availability": "ON_LEAVE" })).await;
    assert_eq!((&changed.body["skills"], &changed.body["zones"]), (&json!(["hvac"]), &made["zones"]));
    let found = world.get(&format!("/api/v1/technicians?skill=hvac&zone_id={}", id(&zone)));
    assert_eq!(found.bearer(&world.admin()).send().await.body["data"], json!([changed.body]));
    let gone = world.ask(Method::DELETE, &path).bearer(&world.admin()).send().await;
    assert_eq!(gone.text("/status"), "deactivated");
}

async fn time_off_is_recorded_and_called_off(database: TestDatabase) {
    let world = World::new(database).await;
    let tess = make(&world, "/api/v1/technicians", json!({ "name": "Tess" })).await;
    let path = format!("/api/v1/technicians/{}/time-off", id(&tess));
    let away = json!({ "start": "2026-03-09T00:00:00Z", "end": "2026-03-10T00:00:00Z", "kind": "full_day" });
    let made = make(&world, &path, away.clone()).await;
    assert_eq!((&made["kind"], &made["cancelled_at"]), (&json!("full_day"), &Value::Null));
    let backwards = json!({ "start": away["end"], "end": away["start"], "kind": "full_day" });
    assert_eq!(world.post(&path).bearer(&world.admin()).json(backwards).send().await.status, 400);
    let one = format!("{path}/{}", id(&made));
    let cancelled = world.ask(Method::DELETE, &one).bearer(&world.admin()).send().await;
    assert!(cancelled.body["cancelled_at"].is_string());
    let list = world.get(&path).bearer(&world.admin()).send().await;
    assert_eq!(list.body["data"], json!([cancelled.body]), "what was called off stays to be seen");
    let other = make(&world, "/api/v1/technicians", json!({ "name": "Tom" })).await;
    let foreign = format!("/api/v1/technicians/{}/time-off/{}", id(&other), id(&made));
    assert_eq!(world.ask(Method::DELETE, &foreign).bearer(&world.admin()).send().await.status, 404);
}

async fn a_vendor_is_replaced_field_by_field(database: TestDatabase) {
    let world = World::new(database).await;
    let body = json!({
        "name": "Pipes & Co", "phones": ["+15550101", "+1 555 0102"], "specialties": ["Plumbing", "lock"],
        "hours": [{ "weekday": 0, "start": "08:00", "end": "18:00" }], "available_24_7": true, "priority": 1,
    });
    let made = make(&world, "/vendors", body).await;
    assert_eq!(made["phones"], json!(["+15550101", "+15550102"]), "in the order in which they are tried");
    assert_eq!(made["specialties"], json!(["lock", "plumbing"]));
    let path = format!("/vendors/{}", id(&made));
    let changed = world.ask(Method::PUT, &path).bearer(&world.admin()).json(json!({ "phones": ["+15550102"] }));
    let changed = changed.send().await;
    assert_eq!((&changed.body["phones"], &changed.body["priority"]), (&json!(["+15550102"]), &json!(1)));
    let found = world.get("/vendors?specialty=PLUMBING&status=active").bearer(&world.admin()).send().await;
    assert_eq!(found.body["data"], json!([changed.body]));
    let gone = world.ask(Method::DELETE, &path).bearer(&world.admin()).send().await;
    assert_eq!(gone.text("/status"), "inactive");
}

async fn a_zone_has_a_whole_middle_or_none(database: TestDatabase) {
    let world = World::new(database).await;
    let half = json!({ "name": "East", "centroid_lat": 45.5 });
    assert_eq!(world.post("/api/v1/zones").bearer(&world.admin()).json(half).send().await.status, 400);
    let whole = json!({ "name": "East", "centroid_lat": 45.5, "centroid_lon": -73.5, "radius_km": 10.0 });
    let made = make(&world, "/api/v1/zones", whole.clone()).await;
    assert_eq!((&made["region_weight"], &made["centroid_lon"]), (&json!(500), &json!(-73.5)));
    let twice = world.post("/api/v1/zones").bearer(&world.admin()).json(whole.clone()).send().await;
    assert_eq!((twice.status, twice.code()), (409, "ALREADY_EXISTS"));
    let account = account(&world).await;
    let mut own = whole;
    own["account_id"] = json!(account);
    make(&world, "/api/v1/zones", own).await;
    let path = format!("/api/v1/zones/{}", id(&made));
    assert_eq!(patch(&world, &path, json!({ "centroid_lat": null })).await.status, 400);
    let site = site(&world, &account).await;
    let placed = patch(&world, &format!("/api/v1/sites/{site}"), json!({ "zone_id": id(&made) })).await;
    assert_eq!(placed.text("/zone_id"), id(&made));
}

async fn a_vehicle_is_known_once_in_an_account_and_found_in_all(database: TestDatabase) {
    let world = World::new(database).await;
    let (one, other) = (account(&world).await, account(&world).await);
    let vehicle = |account: &str| json!({ "account_id": account, "kind": "vehicle", "make": "Audi", "year": 2023, "vin": "1m8gdm9axkp042788" });
    let made = make(&world, "/api/v1/assets", vehicle(&one)).await;
    assert_eq!((&made["vin"], &made["vin_check_ok"]), (&json!("1M8GDM9AXKP042788"), &json!(true)));
    let twice = world.post("/api/v1/assets").bearer(&world.admin()).json(vehicle(&one)).send().await;
    assert_eq!((twice.status, twice.code()), (409, "ALREADY_EXISTS"));
    make(&world, "/api/v1/assets", vehicle(&other)).await;
    let mut bad = vehicle(&one);
    bad["vin"] = json!("1M8GDM9AXKPO42788");
    assert_eq!(world.post("/api/v1/assets").bearer(&world.admin()).json(bad).send().await.status, 400);
    let history = world.get("/assets?vin=1M8GDM9AXKP042788").bearer(&world.token("dispatcher", &[])).send().await;
    let found = history.body["data"].as_array().expect("a list");
    assert_eq!((found.len(), &found[0]["tickets"]), (2, &json!([])));
    let bad = world.get("/assets?vin=x").bearer(&world.admin()).send().await;
    assert_eq!((bad.status, bad.code()), (400, "INVALID_QUERY"));
}

async fn sites_and_assets_are_read_within_scope_only(database: TestDatabase) {
    let world = World::new(database).await;
    let (one, other) = (account(&world).await, account(&world).await);
    let (here, there) = (site(&world, &one).await, site(&world, &other).await);
    let asset = |account: &str, site: &str| json!({ "account_id": account, "site_id": site, "kind": "equipment" });
    let mine = make(&world, "/api/v1/assets", asset(&one, &here)).await;
    let foreign = make(&world, "/api/v1/assets", asset(&other, &there)).await;
    let crossed = world.post("/api/v1/assets").bearer(&world.admin()).json(asset(&one, &there)).send().await;
    assert_eq!((crossed.status, crossed.code()), (400, "INVALID_REQUEST"));
    let customer = world.scoped_token("customer", &one, &here);
    let read = world.get(&format!("/sites/{here}")).bearer(&customer).send().await;
    assert_eq!((read.status, &read.body["bill_to"]), (200, &Value::Null));
    let dispatcher = world.scoped_token("dispatcher", &one, &here);
    let read = world.get(&format!("/sites/{here}")).bearer(&dispatcher).send().await;
    assert_eq!(read.text("/bill_to/name"), "Northside");
    assert_eq!(world.get(&format!("/assets/{}", id(&mine))).bearer(&dispatcher).send().await.status, 200);
    for path in [format!("/sites/{there}"), format!("/assets/{}", id(&foreign))] {
        let answer = world.get(&path).bearer(&dispatcher).send().await;
        assert_eq!((answer.status, answer.code()), (404, "NOT_FOUND"), "{path}");
    }
    let list = world.get("/api/v1/assets").bearer(&dispatcher).send().await;
    assert_eq!(list.body["data"], json!([mine]));
}

async fn a_ranking_rule_needs_a_condition(database: TestDatabase) {
    let world = World::new(database).await;
    let bare = json!({ "description": "All", "target_urgency": "HIGH" });
    assert_eq!(world.post("/api/v1/ranking-rules").bearer(&world.admin()).json(bare).send().await.status, 400);
    let rule = json!({ "description": "Audi first", "vehicle_make": "Audi", "target_urgency": "CRITICAL" });
    let made = make(&world, "/api/v1/ranking-rules", rule).await;
    assert_eq!((&made["ranking_score"], &made["is_active"]), (&json!(10), &json!(true)));
    let path = format!("/api/v1/ranking-rules/{}", id(&made));
    assert_eq!(patch(&world, &path, json!({ "vehicle_make": null })).await.status, 400);
    assert_eq!(patch(&world, &path, json!({ "ranking_score": 101 })).await.status, 400);
}

async fn every_write_leaves_an_entry_in_the_audit(database: TestDatabase) {
    let world = World::new(database).await;
    let made = make(&world, "/vendors", json!({ "name": "Pipes & Co", "phones": ["+15550101"] })).await;
    let path = format!("/vendors/{}", id(&made));
    world.ask(Method::PUT, &path).bearer(&world.admin()).json(json!({ "phones": [] })).send().await;
    world.ask(Method::DELETE, &path).bearer(&world.admin()).send().await;
    let refused = world.ask(Method::PUT, &path).bearer(&world.admin()).json(json!({ "priority": -1 })).send().await;
    assert_eq!(refused.status, 400);
    let rows = world.audit().await;
    let tools: Vec<&str> = rows.iter().map(|row| row.entry.tool_name.as_str()).collect();
    assert_eq!(tools, ["vendor.create", "vendor.update", "vendor.deactivate"]);
    assert_eq!(rows[1].entry.payload["subject"]["fields"], json!(["phones"]));
    assert!(rows.iter().all(|row| !row.entry.payload.to_string().contains("5550101")));
}
