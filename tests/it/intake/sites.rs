//! Places that are told by their telephone number.

use patchbay_tests::settings::SMS_ADDRESS;
use patchbay_tests::{Deployment, Plan, both_databases};
use serde_json::{Value, json};

use super::{refused, text, twilio};

both_databases! {
    who_writes_from_the_number_of_a_site_belongs_there;
    a_number_of_two_sites_tells_neither;
    a_telephone_number_has_its_country_code;
}

fn site(account: &str, name: &str, phone: &str) -> Value {
    json!({"account_id": account, "name": name, "address1": "1 Main St", "city": "Berlin", "country": "DE",
           "timezone": "Europe/Berlin", "phone": phone})
}

async fn account(deployment: &Deployment) -> String {
    let body = json!({"name": "Acme", "profile": "property"});
    text(&deployment.admin.post("/api/v1/accounts", body).await.expect(201), "id").to_owned()
}

/// A text from a number; answers the contact that it made.
async fn writes(deployment: &Deployment, from: &str, id: &str) -> Value {
    let form = [("From", from), ("To", SMS_ADDRESS), ("Body", "Our gate is stuck"), ("MessageSid", id)];
    assert_eq!(twilio(deployment, "/webhooks/twilio/sms", &form).await, 200);
    let list = deployment.admin.get("/api/v1/conversations").await.expect(200);
    let rows = list["data"].as_array().expect("a list");
    let row = rows.iter().find(|row| row["contact"]["address"] == from).expect("a conversation");
    deployment.admin.get(&format!("/api/v1/contacts/{}", text(&row["contact"], "id"))).await.expect(200)
}

async fn who_writes_from_the_number_of_a_site_belongs_there(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let account = account(&deployment).await;
    let made = deployment.admin.post("/api/v1/sites", site(&account, "Depot", "0049 (30) 1234-567")).await.expect(201);
    assert_eq!(made["phone"], "+49301234567");
    let contact = writes(&deployment, "+49301234567", "SM1").await;
    assert_eq!((&contact["account_id"], &contact["display_name"]), (&json!(account), &json!("Depot")), "{contact}");
    // A stranger belongs nowhere.
    assert_eq!(writes(&deployment, "+49301234568", "SM2").await["account_id"], Value::Null);
}

async fn a_number_of_two_sites_tells_neither(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let account = account(&deployment).await;
    for name in ["North gate", "South gate"] {
        deployment.admin.post("/api/v1/sites", site(&account, name, "+49301234567")).await.expect(201);
    }
    assert_eq!(writes(&deployment, "+49301234567", "SM1").await["account_id"], Value::Null);
}

async fn a_telephone_number_has_its_country_code(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let account = account(&deployment).await;
    for national in ["(555) 010-0199", "030 1234567", "+4930", "+49 30 1234567890123", "00", "+", "+49+30123"] {
        refused(deployment.admin.post("/api/v1/sites", site(&account, "Depot", national)).await, "phone");
    }
    let contact = json!({"name": "Maya", "phone": "00 49 30 1234567"});
    let made = deployment.admin.post("/api/v1/contacts", contact).await.expect(201);
    assert!(made.to_string().contains("+49301234567"), "{made}");
    refused(deployment.admin.post("/api/v1/contacts", json!({"name": "Maya", "phone": "030 1234567"})).await, "phone");
    let depot = deployment.admin.post("/api/v1/sites", site(&account, "Depot", "+49.30.123/45")).await.expect(201);
    assert_eq!(depot["phone"], "+493012345");
}
