//! Jobs of dealerships, as a dealer's assistant finds them.

use patchbay_core::ids::RecordId;
use patchbay_tests::{Caller, Plan, both_plans};
use serde_json::{Value, json};

use super::desk::{Desk, UNLIMITED};

both_plans! {
    a_dealer_finds_the_jobs_of_its_own_dealership_and_nobody_elses;
}

const VIN: &str = "1HGCM82633A004352";

/// A dealership with one vehicle and one job: its account and the job's code.
async fn dealership(admin: &Caller, name: &str, vin: &str) -> (Value, String) {
    let account = json!({"name": name, "profile": "dealership"});
    let account = admin.post("/api/v1/accounts", account).await.expect(201)["id"].clone();
    let site = json!({"account_id": account, "name": name, "address1": "1 Main Street", "city": "Ottawa",
                      "country": "CA", "timezone": "America/Toronto"});
    let site = admin.post("/api/v1/sites", site).await.expect(201)["id"].clone();
    let asset = json!({"account_id": account, "site_id": site, "kind": "vehicle", "make": "Honda", "model": "Accord",
                       "year": 2003, "vin": vin, "stock_no": "Q7-12"});
    let asset = admin.post("/api/v1/assets", asset).await.expect(201)["id"].clone();
    let job = json!({"account_id": account, "site_id": site, "asset_id": asset, "summary": "Tint the windows"});
    let key = RecordId::new().to_string();
    let made = admin.call(reqwest::Method::POST, "/tickets", Some(job), &[("idempotency-key", &key)]).await.expect(201);
    (account, made["code"].as_str().expect("a code").to_owned())
}

async fn a_dealer_finds_the_jobs_of_its_own_dealership_and_nobody_elses(plan: Plan) {
    let desk = Desk::open(plan, UNLIMITED).await;
    let (own, code) = dealership(desk.admin(), "North Motors", VIN).await;
    let (_, foreign) = dealership(desk.admin(), "South Motors", "1HGCM82633A004353").await;
    let asked = json!({"stock_no": "q7-12"});
    desk.call("find_job", asked.clone()).await.expect_error(403, "TOOL_NOT_ALLOWED");
    let context = desk.call("get_conversation_context", json!({})).await.expect(200);
    assert_eq!(context["result"]["party"], "customer");
    let contact = context["result"]["customer_id"].as_str().expect("an id").to_owned();
    let patch = json!({"account_id": own});
    let path = format!("/api/v1/contacts/{contact}");
    desk.admin().call(reqwest::Method::PATCH, &path, Some(patch), &[]).await.expect(200);
    let found = desk.call("find_job", asked).await.expect(200);
    assert_eq!(found["result"]["count"], 1, "{found}");
    let job = &found["result"]["jobs"][0];
    assert_eq!((&job["code"], &job["state"]), (&json!(code), &json!("NEW")), "{found}");
    assert_eq!(job["vehicle"], json!({"year": 2003, "make": "Honda", "model": "Accord", "stock_no": "Q7-12"}));
    for by in [json!({"vin": VIN.to_lowercase()}), json!({"job_code": code}), json!({"vin": VIN, "stock_no": "Q7-12"})]
    {
        assert_eq!(desk.call("find_job", by.clone()).await.expect(200)["result"]["count"], 1, "{by}");
    }
    for by in [json!({"job_code": foreign}), json!({"vin": VIN, "stock_no": "other"})] {
        assert_eq!(desk.call("find_job", by.clone()).await.expect(200)["result"]["count"], 0, "{by}");
    }
    desk.call("find_job", json!({})).await.expect_error(400, "INVALID_REQUEST");
    // What a command answers beside what the tool declares stays here.
    let made = desk.call("ticket.create", json!({"summary": "Detail the car"})).await.expect(200);
    assert_eq!(made["result"]["state"], "NEW", "{made}");
    for private in ["customer_name", "contact_phone", "contact_email", "assigned_tech_id", "reviewed_by"] {
        assert!(made["result"].get(private).is_none(), "{private}: {made}");
    }
    let context = desk.call("get_conversation_context", json!({})).await.expect(200);
    assert_eq!(context["result"]["party"], "dealer");
}
