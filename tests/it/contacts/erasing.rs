//! A person who wants to be forgotten.

use patchbay_core::channel::Channel;
use patchbay_tests::client::http;
use patchbay_tests::deployment::CUSTOMER;
use patchbay_tests::{Deployment, Plan, both_plans};
use serde_json::json;

use super::{id, whatsapp};

both_plans! {
    an_erased_customer_is_gone_from_everywhere_and_a_webhook_brings_nothing_back;
}

async fn an_erased_customer_is_gone_from_everywhere_and_a_webhook_brings_nothing_back(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let admin = &deployment.admin;
    whatsapp(&deployment, CUSTOMER, "wamid.erase.1", "my secret is xylophone").await;
    let conversation = deployment.conversation(admin, CUSTOMER, Channel::Whatsapp).await;
    let contact = id(&conversation["contact"]).to_owned();
    let note = json!({"text": "xylophone, she said"});
    admin.post(&format!("/api/v1/conversations/{}/notes", id(&conversation)), note).await.expect(201);
    let path = format!("/api/v1/contacts/{contact}/export");
    let answer = http().get(format!("{}{path}", admin.base_url())).bearer_auth(admin.token()).send().await;
    let export = answer.expect("an answer").text().await.expect("a body");
    let export: serde_json::Value = serde_json::from_str(&export).expect("the export is one JSON document");
    assert_eq!(export["contact"]["identities"][0]["address"], CUSTOMER);
    assert_eq!(export["conversations"][0]["messages"][0]["content"]["text"], "my secret is xylophone");
    assert_eq!(export["conversations"][0]["notes"][0]["text"], "xylophone, she said");

    let erase = format!("/api/v1/contacts/{contact}/erase");
    let agent = deployment.sign_in("Ann", "support_agent").await;
    agent.post(&erase, json!({})).await.expect_error(403, "FORBIDDEN");
    let erased = admin.post(&erase, json!({"reason": "request 17"})).await.expect(200);
    assert_eq!((&erased["conversations"], &erased["messages"]), (&json!(1), &json!(1)));
    let again = admin.post(&erase, json!({})).await.expect(200);
    assert_eq!(again["erased_at"], erased["erased_at"]);

    // The provider sends the message again, and again.
    whatsapp(&deployment, CUSTOMER, "wamid.erase.1", "my secret is xylophone").await;
    whatsapp(&deployment, CUSTOMER, "wamid.erase.1", "my secret is xylophone").await;
    for path in [
        format!("/api/v1/contacts/{contact}"),
        format!("/api/v1/contacts/{contact}/context"),
        format!("/api/v1/conversations/{}", id(&conversation)),
        format!("/api/v1/conversations/{}/messages", id(&conversation)),
        format!("/api/v1/conversations/{}/notes", id(&conversation)),
        "/api/v1/events?after=&limit=100".to_owned(),
        "/api/v1/contacts".to_owned(),
        "/api/v1/conversations".to_owned(),
    ] {
        let text = admin.get(&path).await.expect(200).to_string();
        for word in ["xylophone", CUSTOMER, "Maya"] {
            assert!(!text.contains(word), "{path} still says {word}: {text}");
        }
    }
    let shown = admin.get(&format!("/api/v1/contacts/{contact}")).await.expect(200);
    assert!(shown["erased_at"].is_string());
    assert_eq!(admin.get("/api/v1/conversations?q=xylophone").await.expect(200)["data"], json!([]));
    let patch = json!({"display_name": "Back again"});
    let path = format!("/api/v1/contacts/{contact}");
    let refused = admin.call(reqwest::Method::PATCH, &path, Some(patch), &[]).await;
    refused.expect_error(409, "INVALID_STATE_TRANSITION");

    // A new message of the same person is a new beginning.
    whatsapp(&deployment, CUSTOMER, "wamid.erase.2", "Hello").await;
    let begun = deployment.conversation(admin, CUSTOMER, Channel::Whatsapp).await;
    assert_ne!(id(&begun["contact"]), contact);
    assert_eq!(deployment.messages(admin, id(&begun)).await.len(), 1);
}
