//! Requests that no key of their inbox made: refused, and when they are many, said of the inbox.

use std::time::Duration;

use patchbay_core::channel::Channel;
use patchbay_core::clock::Clock;
use patchbay_core::inbox_health::FORGERIES;
use patchbay_tests::deployment::CUSTOMER;
use patchbay_tests::settings::{ACCOUNT_SID, PHONE_NUMBER_ID, SMS_ADDRESS};
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::webhook::{sign_meta, sign_twilio, whatsapp_text};
use patchbay_tests::{Deployment, Plan, both_plans, client};
use serde_json::Value;

both_plans! {
    many_wrong_signatures_are_said_of_their_inbox_and_of_no_other;
}

/// How an inbox fares.
async fn health(deployment: &Deployment, name: &str) -> Value {
    let list = deployment.admin.get("/api/v1/inboxes?limit=100").await.expect(200);
    let inboxes = list["data"].as_array().cloned().unwrap_or_default();
    let found = inboxes.into_iter().find(|inbox| inbox["name"] == name).expect("the inbox is listed");
    found["health"].clone()
}

async fn forge_meta(deployment: &Deployment, number: u32) {
    let at = Clock::system().now().timestamp();
    let body = whatsapp_text(PHONE_NUMBER_ID, CUSTOMER, "Eve", &format!("wamid.forged.{number}"), "Pay me", at);
    let body = body.to_string();
    let url = format!("{}/webhooks/whatsapp", deployment.nodes[0].base_url());
    let signature = sign_meta("not the secret", body.as_bytes());
    let answer = client::http().post(url).header("x-hub-signature-256", signature).body(body).send().await;
    assert_eq!(answer.expect("the node answers").status(), 401);
}

async fn many_wrong_signatures_are_said_of_their_inbox_and_of_no_other(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    for number in 1..FORGERIES {
        forge_meta(&deployment, number).await;
    }
    // One short of too many; and somebody who brings no signature at all only found the address.
    let url = format!("{}/webhooks/whatsapp", deployment.nodes[0].base_url());
    for _ in 0..20 {
        assert_eq!(client::http().post(&url).body("{}").send().await.expect("an answer").status(), 401);
    }
    assert_eq!(health(&deployment, "whatsapp-main").await["state"], "ok");
    forge_meta(&deployment, 0).await;
    let sick = eventually("the inbox is degraded", PATIENCE, || async {
        let health = health(&deployment, "whatsapp-main").await;
        (health["state"] == "degraded").then_some(health)
    })
    .await;
    assert_eq!(sick["code"], "WEBHOOK_SIGNATURE_INVALID");
    assert_eq!(health(&deployment, "sms-main").await["state"], "ok");
    // What is rightly signed is taken all the same, and sending does not hide the trouble.
    deployment.hear(CUSTOMER, Channel::Whatsapp, "Really me").await;
    let conversation = deployment.conversation(&deployment.admin, CUSTOMER, Channel::Whatsapp).await;
    let messages = deployment.messages(&deployment.admin, conversation["id"].as_str().expect("an id")).await;
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(!messages[0]["channel_message_id"].as_str().expect("an id").contains("forged"));
    assert_eq!(health(&deployment, "whatsapp-main").await["state"], "degraded");

    // The same for Twilio, by the number that the form names.
    let url = format!("{}/webhooks/twilio/sms", deployment.nodes[0].base_url());
    for number in 0..FORGERIES {
        let sid = format!("SM{number:032}");
        let form = [
            ("AccountSid", ACCOUNT_SID),
            ("Body", "Pay me"),
            ("From", CUSTOMER),
            ("MessageSid", sid.as_str()),
            ("To", SMS_ADDRESS),
        ];
        let signature = sign_twilio("not the token", &url, &form);
        let answer = client::http().post(&url).header("x-twilio-signature", signature).form(&form).send().await;
        assert_eq!(answer.expect("the node answers").status(), 401);
    }
    eventually("the number is degraded", Duration::from_secs(20), || async {
        (health(&deployment, "sms-main").await["state"] == "degraded").then_some(())
    })
    .await;
}
