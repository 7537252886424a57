//! What our own staff wrote on the phone app.

use patchbay_tests::deployment::CUSTOMER;
use patchbay_tests::settings::PHONE_NUMBER_ID;
use patchbay_tests::{Deployment, Plan, both_databases};
use serde_json::{Value, json};

use super::{meta, set_aside};

both_databases! {
    an_echo_that_names_no_customer_is_set_aside;
}

fn echo(id: &str, to: &Value) -> Value {
    let mut message = json!({"from": "15550001111", "id": id, "timestamp": "1767600000", "type": "text",
                             "text": {"body": "We are on our way"}});
    if !to.is_null() {
        message["to"] = to.clone();
    }
    json!({"object": "whatsapp_business_account", "entry": [{"id": "215550100000001", "changes": [{
        "field": "smb_message_echoes",
        "value": {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550001111", "phone_number_id": PHONE_NUMBER_ID},
            "message_echoes": [message],
        },
    }]}]})
}

async fn an_echo_that_names_no_customer_is_set_aside(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    meta(&deployment, &echo("wamid.echo.1", &Value::Null)).await;
    meta(&deployment, &echo("wamid.echo.2", &json!(""))).await;
    let contacts = deployment.admin.get("/api/v1/contacts").await.expect(200);
    assert_eq!(contacts["data"], json!([]));
    let kept = set_aside(&deployment).await;
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert!(kept.iter().all(|event| event["reason"] == "ingest_rejected"), "{kept:?}");
    meta(&deployment, &echo("wamid.echo.3", &json!(CUSTOMER.trim_start_matches('+')))).await;
    let contacts = deployment.admin.get("/api/v1/contacts").await.expect(200);
    assert_eq!(contacts["data"].as_array().map(Vec::len), Some(1), "{contacts}");
    assert_eq!(set_aside(&deployment).await.len(), 2);
}
