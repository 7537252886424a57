//! Two contacts that are one person, and two that only seemed so.

use patchbay_core::channel::Channel;
use patchbay_core::ids::RecordId;
use patchbay_tests::deployment::{CUSTOMER, OTHER_CUSTOMER};
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{Deployment, Plan, both_plans};
use serde_json::json;

use super::id;

both_plans! {
    a_merge_moves_everything_and_its_undo_moves_it_back;
    a_shared_address_is_suggested;
    two_conversations_of_one_customer_become_one;
}

async fn a_merge_moves_everything_and_its_undo_moves_it_back(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let admin = &deployment.admin;
    deployment.hear(CUSTOMER, Channel::Sms, "From my own phone").await;
    deployment.hear(OTHER_CUSTOMER, Channel::Sms, "From the phone of my wife").await;
    let own = deployment.conversation(admin, CUSTOMER, Channel::Sms).await;
    let wifes = deployment.conversation(admin, OTHER_CUSTOMER, Channel::Sms).await;
    let (primary, merged) = (id(&own["contact"]).to_owned(), id(&wifes["contact"]).to_owned());
    let path = format!("/api/v1/contacts/{primary}/merge");
    admin.post(&path, json!({"contact_id": merged, "reason": " "})).await.expect_error(400, "INVALID_REQUEST");
    admin.post(&path, json!({"contact_id": primary, "reason": "r"})).await.expect_error(400, "INVALID_REQUEST");
    let nobody = json!({"contact_id": RecordId::new().0, "reason": "r"});
    admin.post(&path, nobody).await.expect_error(400, "INVALID_REQUEST");

    let request = json!({"contact_id": merged, "reason": "same household, said so on the phone"});
    let one = admin.post(&path, request.clone()).await.expect(200);
    assert_eq!(one["id"], primary.as_str());
    assert_eq!(one["identities"].as_array().map(Vec::len), Some(2), "{one}");
    assert_eq!(admin.post(&path, request).await.expect(200)["id"], primary.as_str(), "again changes nothing");
    // The id of the merged one leads to the one that stayed.
    assert_eq!(admin.get(&format!("/api/v1/contacts/{merged}")).await.expect(200)["id"], primary.as_str());
    let context = admin.get(&format!("/api/v1/contacts/{primary}/context")).await.expect(200);
    assert_eq!(context["conversations"].as_array().map(Vec::len), Some(2));
    assert_eq!(context["merges"][0]["contact_id"], merged.as_str());
    let moved = admin.get(&format!("/api/v1/conversations/{}", id(&wifes))).await.expect(200);
    assert_eq!((&moved["status"], &moved["close_reason"]), (&json!("closed"), &json!("duplicate")));
    assert_eq!(moved["contact"]["id"], primary.as_str());

    // What the other phone says now goes into the one open conversation.
    deployment.hear(OTHER_CUSTOMER, Channel::Sms, "And one more thing").await;
    let messages = deployment.messages(admin, id(&own)).await;
    assert_eq!(messages.last().map(|message| &message["content"]["text"]), Some(&json!("And one more thing")));

    let undo = format!("/api/v1/contacts/{primary}/merge/undo");
    let split = admin.post(&undo, json!({})).await.expect(200);
    assert_eq!(split["id"], merged.as_str());
    assert_eq!(split["identities"][0]["address"], OTHER_CUSTOMER);
    admin.post(&undo, json!({})).await.expect_error(404, "NOT_FOUND");
    let back = admin.get(&format!("/api/v1/conversations/{}", id(&wifes))).await.expect(200);
    assert_eq!((&back["status"], &back["contact"]["id"]), (&json!("queued"), &json!(merged)));
    deployment.hear(OTHER_CUSTOMER, Channel::Sms, "Hello again").await;
    let messages = deployment.messages(admin, id(&wifes)).await;
    assert_eq!(messages.last().map(|message| &message["content"]["text"]), Some(&json!("Hello again")));
    let events = admin.get("/api/v1/events?after=&limit=100").await.expect(200);
    let told = events["data"].as_array().expect("a list").iter().filter(|event| event["event"] == "contact.merged");
    assert_eq!(told.count(), 2, "one for the merge, one for its undo");
}

async fn a_shared_address_is_suggested(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let admin = &deployment.admin;
    let new = json!({"display_name": "Maya Rivera", "email": "Maya@Example.test"});
    let mail = admin.post("/api/v1/contacts", new).await.expect(201);
    assert_eq!(mail["identities"][0]["address"], "maya@example.test");
    assert_eq!(mail["identities"][0]["evidence"], "entered");
    let phone = admin.post("/api/v1/contacts", json!({"name": "M. Rivera", "phone": "+1 (555) 010-7788"})).await;
    let phone = phone.expect(201);
    let taken = admin.post("/api/v1/contacts", json!({"name": "Somebody", "email": "maya@example.test"})).await;
    taken.expect_error(409, "ALREADY_EXISTS");
    // A list says that both addresses are one person's: nobody is merged, somebody is asked.
    let list = "name,phone,email\nMaya,+15550107788,maya@example.test\n";
    let import = super::lists::import(&deployment, list, "").await;
    assert_eq!((&import["failed"], &import["errors"][0]["row"]), (&json!(1), &json!(2)), "{import}");
    let context = admin.get(&format!("/api/v1/contacts/{}/context", id(&phone))).await.expect(200);
    assert_eq!(context["suggestions"][0]["contact_id"], mail["id"], "{context}");
    assert_eq!(context["suggestions"][0]["because"], "address");
    let found = admin.get("/api/v1/contacts?q=(555)%20010-7788").await.expect(200);
    assert_eq!(found["data"][0]["id"], phone["id"]);
}

async fn two_conversations_of_one_customer_become_one(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let admin = &deployment.admin;
    deployment.hear(CUSTOMER, Channel::Sms, "By SMS").await;
    deployment.hear(CUSTOMER, Channel::Whatsapp, "By WhatsApp").await;
    let sms = deployment.conversation(admin, CUSTOMER, Channel::Sms).await;
    let whatsapp = deployment.conversation(admin, CUSTOMER, Channel::Whatsapp).await;
    assert_eq!(sms["contact"]["id"], whatsapp["contact"]["id"], "the same number is the same person");
    admin.post(&format!("/api/v1/conversations/{}/tags", id(&sms)), json!({"tag": "vip"})).await.expect(200);
    let path = format!("/api/v1/conversations/{}/merge", id(&sms));
    let kept = admin.post(&path, json!({"into": id(&whatsapp)})).await.expect(200);
    assert_eq!((&kept["id"], &kept["tags"]), (&whatsapp["id"], &json!(["vip"])));
    let gone = admin.get(&format!("/api/v1/conversations/{}", id(&sms))).await.expect(200);
    assert_eq!((&gone["status"], &gone["close_reason"]), (&json!("closed"), &json!("duplicate")));
    admin.post(&path, json!({"into": id(&whatsapp)})).await.expect_error(409, "INVALID_STATE_TRANSITION");
    eventually("a renamed contact is found by its new name", PATIENCE, || async {
        let contact = format!("/api/v1/contacts/{}", id(&whatsapp["contact"]));
        let version = admin.get(&contact).await.expect(200)["version"].clone();
        let name = json!({"display_name": "Zephyrine", "version": version});
        admin.call(reqwest::Method::PATCH, &contact, Some(name), &[]).await.expect(200);
        let found = admin.get("/api/v1/conversations?q=zephyrine").await.expect(200);
        let listed = found["data"].as_array().is_some_and(|rows| rows.iter().any(|row| row["id"] == whatsapp["id"]));
        listed.then_some(())
    })
    .await;
}
