//! Which addresses an inbox may have.

use patchbay_tests::deployment::CUSTOMER;
use patchbay_tests::settings::{ACCOUNT_SID, AUTH_TOKEN};
use patchbay_tests::{Answer, Deployment, Plan, both_databases};
use serde_json::json;

use super::{refused, twilio};

both_databases! {
    a_text_to_a_short_code_is_a_conversation;
    senders_are_numbers_short_codes_or_words;
}

async fn make(deployment: &Deployment, channel: &str, address: &str) -> Answer {
    let inbox = json!({
        "name": format!("{channel}-{address}"), "channel": channel, "team": "support", "address": address,
        "account_sid": ACCOUNT_SID, "auth_tokens": [AUTH_TOKEN], "api_base": "http://127.0.0.1:9",
    });
    deployment.admin.post("/api/v1/inboxes", inbox).await
}

async fn a_text_to_a_short_code_is_a_conversation(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let made = make(&deployment, "sms", "22395").await.expect(201);
    assert_eq!(made["address"], "22395");
    let form = [("From", CUSTOMER), ("To", "22395"), ("Body", "Hello"), ("MessageSid", "SM1")];
    assert_eq!(twilio(&deployment, "/webhooks/twilio/sms", &form).await, 200);
    let list = deployment.admin.get("/api/v1/conversations?inbox=sms-22395").await.expect(200);
    assert_eq!(list["data"][0]["last_message"]["content"]["text"], "Hello", "{list}");
}

async fn senders_are_numbers_short_codes_or_words(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    for (channel, address) in [("sms", "+49301"), ("sms", "ACMEBANK"), ("sms", "Acme 24"), ("whatsapp", "+15550100044")]
    {
        make(&deployment, channel, address).await.expect(201);
    }
    for (channel, address) in [
        ("whatsapp", "22395"),
        ("whatsapp", "ACMEBANK"),
        ("sms", "+4930"),
        ("sms", "+1555010000000000"),
        ("sms", "15550100044"),
        ("sms", "0049 30 1234567"),
        ("sms", "ACMEBANK-LONG"),
        ("sms", ""),
    ] {
        refused(make(&deployment, channel, address).await, "address");
    }
}
