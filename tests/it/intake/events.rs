//! What a provider tells beside messages and their states.

use patchbay_core::channel::Channel;
use patchbay_tests::deployment::CUSTOMER;
use patchbay_tests::settings::PHONE_NUMBER_ID;
use patchbay_tests::{Deployment, Plan, both_databases};
use serde_json::{Value, json};

use super::meta;

both_databases! {
    what_a_provider_notes_is_in_the_audit_log_once;
}

fn change(field: &str, value: &Value) -> Value {
    json!({"object": "whatsapp_business_account",
           "entry": [{"id": "215550100000001", "time": 1_767_600_000, "changes": [{"field": field, "value": value}]}]})
}

fn of_number(more: &Value) -> Value {
    let mut value = json!({
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550001111", "phone_number_id": PHONE_NUMBER_ID},
    });
    value.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    change("messages", &value)
}

async fn entries(deployment: &Deployment, tool: &str) -> Vec<Value> {
    let list = deployment.admin.get(&format!("/api/v1/audit?tool={tool}")).await.expect(200);
    list["data"].as_array().expect("a list").clone()
}

async fn what_a_provider_notes_is_in_the_audit_log_once(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    deployment.hear(CUSTOMER, Channel::Whatsapp, "Hello").await;
    let update = change("account_update", &json!({"event": "ACCOUNT_RESTRICTION", "phone_number": "15550001111"}));
    let error = of_number(&json!({"errors": [{"code": 131_031, "title": "Business account locked",
        "message": "About +1 555 010 1001", "error_data": {"details": "Policy"}}]}));
    let moved = of_number(&json!({"messages": [{
        "from": CUSTOMER.trim_start_matches('+'), "id": "wamid.moved.1", "timestamp": "1767600000", "type": "system",
        "system": {"body": "Maya moved to a new number", "type": "user_changed_number", "wa_id": "15550109999"},
    }]}));
    for body in [&update, &error, &moved] {
        meta(&deployment, body).await;
        meta(&deployment, body).await;
    }
    let notices = entries(&deployment, "provider.notice").await;
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert_eq!(notices[0]["payload"]["subject"]["field"], "account_update", "{notices:?}");
    let errors = entries(&deployment, "provider.error").await;
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0]["payload"]["subject"]["codes"], json!(["131031"]), "{errors:?}");
    let changes = entries(&deployment, "contact.phone_changed").await;
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert!(changes[0]["payload"]["subject"]["contact_id"].is_string(), "{changes:?}");
    let all = json!([notices, errors, changes]).to_string();
    for private in ["5550101001", "5550109999", "555 010 1001", "Maya"] {
        assert!(!all.contains(private), "{private} in {all}");
    }
}
