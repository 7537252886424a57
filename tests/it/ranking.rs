//! The dry run of ranking rules: what it says of a message is what the ticket gets that is made of it.

use patchbay_core::channel::Channel;
use patchbay_core::ids::RecordId;
use patchbay_tests::deployment::CUSTOMER;
use patchbay_tests::{Answer, Caller, Deployment, Plan, both_plans};
use reqwest::Method;
use serde_json::{Value, json};

both_plans! {
    what_the_dry_run_says_of_a_message_is_what_its_ticket_gets;
    a_dry_run_of_what_is_not_there_is_refused_at_its_field;
}

const DRY_RUN: &str = "/api/v1/ranking-rules/dry-run";

/// A dealership with a site, a vehicle and a service that can be asked for.
struct Dealer {
    account: Value,
    site: Value,
    engine: Value,
    audi: Value,
}

async fn dealer(admin: &Caller, name: &str) -> Dealer {
    let account = admin.post("/api/v1/accounts", json!({ "name": name, "profile": "dealership" })).await.expect(201);
    let account = account["id"].clone();
    let site = json!({
        "account_id": account, "name": "Yard", "address1": "1 Main Street", "city": "Halifax", "country": "CA",
        "timezone": "America/Halifax",
        "bill_to": { "name": name, "address1": "1 Main Street", "city": "Halifax", "country": "CA" },
    });
    let site = admin.post("/api/v1/sites", site).await.expect(201)["id"].clone();
    let initial: String = name.chars().take(1).collect();
    let engine = json!({ "code": format!("ENG-{initial}"), "name": format!("Engine repair {initial}"),
                         "base_price_cents": 90_000 });
    let engine = admin.post("/api/v1/services", engine).await.expect(201)["id"].clone();
    let audi = json!({ "account_id": account, "site_id": site, "kind": "vehicle", "make": "Audi", "model": "Q5" });
    let audi = admin.post("/api/v1/assets", audi).await.expect(201)["id"].clone();
    Dealer { account, site, engine, audi }
}

async fn ask(caller: &Caller, body: Value) -> Value {
    caller.post(DRY_RUN, body).await.expect(200)
}

async fn command(caller: &Caller, path: &str, body: Value) -> Answer {
    let key = RecordId::new().to_string();
    caller.call(Method::POST, path, Some(body), &[("idempotency-key", &key)]).await
}

async fn what_the_dry_run_says_of_a_message_is_what_its_ticket_gets(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let admin = &deployment.admin;
    let (north, south) = (dealer(admin, "North Motors").await, dealer(admin, "South Motors").await);
    let rule = json!({ "description": "Engines of North Motors", "site_id": north.site, "service_id": north.engine,
                       "target_urgency": "CRITICAL", "ranking_score": 15 });
    let message = "Hello, the Audi on lot 4 needs an ENGINE repair (N), please";
    let before = ask(admin, json!({ "text": message, "site_id": north.site })).await;
    assert_eq!((&before["matched"], &before["rules"]), (&json!(false), &json!([])), "{before}");
    // A rule that is not saved is tried alone.
    let alone = ask(admin, json!({ "text": message, "site_id": north.site, "rule": rule })).await;
    assert_eq!((&alone["matched"], &alone["rules"][0]["id"]), (&json!(true), &Value::Null), "{alone}");
    let kept = admin.post("/api/v1/ranking-rules", rule).await.expect(201);

    let read = ask(admin, json!({ "text": message, "site_id": north.site })).await;
    assert_eq!(
        read["rules"],
        json!([{ "id": kept["id"], "name": "Engines of North Motors",
        "target_urgency": "CRITICAL", "ranking_score": 15 }]),
        "{read}"
    );
    assert_eq!((&read["urgency"], &read["ranking_score"]), (&json!("CRITICAL"), &json!(28)));
    assert_eq!((&read["needs_manual_review"], &read["review_reasons"]), (&json!(true), &json!(["AUDI_RULE"])));
    assert_eq!(read["subject"]["vehicle_make"], "Audi");
    assert_eq!(read["subject"]["services"], json!([{ "id": north.engine, "name": "Engine repair N" }]));
    let elsewhere = ask(admin, json!({ "text": message, "site_id": south.site })).await;
    assert_eq!((&elsewhere["matched"], &elsewhere["ranking_score"]), (&json!(false), &json!(13)), "{elsewhere}");

    deployment.hear(CUSTOMER, Channel::Sms, message).await;
    let conversation = deployment.conversation(admin, CUSTOMER, Channel::Sms).await;
    let path = format!("/api/v1/conversations/{}/ticket", conversation["id"].as_str().expect("an id"));
    for urgency in ["MEDIUM", "HIGH"] {
        let carried = json!({ "site_id": north.site, "service_ids": [north.engine], "asset_id": north.audi,
                              "urgency": urgency });
        let mut wanted = carried.clone();
        wanted["text"] = json!(message);
        let said = ask(admin, wanted).await;
        let mut made = carried;
        made["mode"] = json!("create");
        made["account_id"] = north.account.clone();
        made["summary"] = json!(message);
        let ticket = command(admin, &path, made).await.expect(201)["ticket"].clone();
        for fact in ["urgency", "ranking_score", "applied_rules", "review_reasons"] {
            assert_eq!(ticket[fact], said[fact], "{urgency} {fact}: {ticket} {said}");
        }
        assert_eq!(ticket["review_required"], said["needs_manual_review"]);
    }
}

async fn a_dry_run_of_what_is_not_there_is_refused_at_its_field(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let admin = &deployment.admin;
    let (north, south) = (dealer(admin, "North Motors").await, dealer(admin, "South Motors").await);
    let absent = RecordId::new().to_string();
    for (change, path) in [
        (json!({ "site_id": absent }), "site_id"),
        (json!({ "service_ids": [north.engine, absent] }), "service_ids[1]"),
        (json!({ "asset_id": south.audi }), "asset_id"),
        (json!({ "text": "x".repeat(10_001) }), "text"),
        (json!({ "rule": { "description": "All", "target_urgency": "HIGH" } }), "site_id"),
    ] {
        let mut asked = json!({ "text": "Hello", "site_id": north.site });
        asked.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
        let refused = admin.post(DRY_RUN, asked).await.expect(400);
        assert_eq!(refused["error"]["validation_errors"][0]["path"], path, "{refused}");
    }
    // A ticket takes no service that is not there either.
    deployment.hear(CUSTOMER, Channel::Sms, "Hello").await;
    let conversation = deployment.conversation(admin, CUSTOMER, Channel::Sms).await;
    let path = format!("/api/v1/conversations/{}/ticket", conversation["id"].as_str().expect("an id"));
    let wanted = json!({ "mode": "create", "account_id": north.account, "site_id": north.site, "summary": "Hello",
                         "service_ids": [absent] });
    let refused = command(admin, &path, wanted).await.expect(400);
    assert_eq!(refused["error"]["validation_errors"][0]["path"], "service_ids[0]", "{refused}");
}
