//! Files that agents send.

use patchbay_core::channel::Channel;
use patchbay_core::ids::RecordId;
use patchbay_simulator::{Faults, Provider};
use patchbay_tests::client;
use patchbay_tests::deployment::CUSTOMER;
use patchbay_tests::wait::PATIENCE;
use patchbay_tests::{Answer, Caller, Deployment, Plan, both_databases};
use serde_json::{Value, json};

use super::{PIXEL, at_work, fetched, header, message_at, upload, uploaded};

both_databases! {
    a_picture_goes_out_on_whatsapp_as_a_copy_that_is_used_again;
    an_upload_that_the_provider_refuses_goes_out_as_a_link;
    pictures_go_out_by_mms_under_links_that_only_the_provider_knows;
    what_the_channel_cannot_carry_is_refused_before_it_is_written;
}

async fn send(caller: &Caller, conversation: &str, content: Value) -> Answer {
    let body = json!({"content": content, "client_message_id": RecordId::new().0});
    caller.post(&format!("/api/v1/conversations/{conversation}/messages"), body).await
}

async fn a_picture_goes_out_on_whatsapp_as_a_copy_that_is_used_again(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let (ann, conversation) = at_work(&deployment, CUSTOMER, Channel::Whatsapp).await;
    let mut ids = Vec::new();
    for caption in ["one", "two"] {
        let media_id = uploaded(&ann, "image/png", "door.png", PIXEL.to_vec()).await;
        let content = json!({"type": "image", "text": caption, "media_id": media_id});
        let sent = send(&ann, &conversation, content).await.expect(201);
        assert_eq!(sent["content"]["media"][0]["status"], "ready");
        message_at(&deployment, &ann, &conversation, &sent["message_id"], &["delivered"]).await;
        let accepted = deployment
            .phones
            .wait_for(PATIENCE, |sent| sent.text.as_deref() == Some(caption))
            .await
            .expect("Meta accepted it");
        assert_eq!(accepted.body["type"], "image");
        ids.push(accepted.body["image"]["id"].as_str().expect("sent by the id of its copy").to_owned());
    }
    assert_eq!(ids[0], ids[1], "the content was uploaded once");
    let uploads = deployment.phones.requests(Provider::Meta);
    assert_eq!(uploads.iter().filter(|request| request.path.ends_with("/media")).count(), 1);
}

async fn an_upload_that_the_provider_refuses_goes_out_as_a_link(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let (ann, conversation) = at_work(&deployment, CUSTOMER, Channel::Whatsapp).await;
    deployment.phones.set_faults(Provider::Meta, Faults { upload_errors: 1, ..Faults::default() });
    let media_id = uploaded(&ann, "application/pdf", "plan.pdf", b"%PDF-1.7 plan".to_vec()).await;
    let content = json!({"type": "document", "text": "The plan", "media_id": media_id});
    let sent = send(&ann, &conversation, content).await.expect(201);
    message_at(&deployment, &ann, &conversation, &sent["message_id"], &["delivered"]).await;
    let accepted = deployment
        .phones
        .wait_for(PATIENCE, |sent| sent.text.as_deref() == Some("The plan"))
        .await
        .expect("Meta accepted it");
    assert!(accepted.body["document"]["link"].as_str().is_some_and(|link| link.contains("signature=")));
    assert_eq!(accepted.body["document"]["filename"], "plan.pdf");
}

async fn pictures_go_out_by_mms_under_links_that_only_the_provider_knows(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let (ann, conversation) = at_work(&deployment, CUSTOMER, Channel::Sms).await;
    let mut media_ids = Vec::new();
    for name in ["a.png", "b.png"] {
        media_ids.push(uploaded(&ann, "image/png", name, PIXEL.to_vec()).await);
    }
    let content = json!({"type": "image", "text": "Before and after", "media_ids": media_ids});
    let sent = send(&ann, &conversation, content).await.expect(201);
    assert_eq!(sent["content"]["media"].as_array().map(Vec::len), Some(2));
    message_at(&deployment, &ann, &conversation, &sent["message_id"], &["delivered"]).await;
    let accepted = deployment
        .phones
        .wait_for(PATIENCE, |sent| sent.text.as_deref() == Some("Before and after"))
        .await
        .expect("Twilio accepted it");
    let links: Vec<&str> =
        accepted.body["MediaUrl"].as_array().expect("two").iter().filter_map(Value::as_str).collect();
    assert_eq!(links.len(), 2);
    let served = client::http().get(links[0]).send().await.expect("the node answers");
    assert_eq!((served.status().as_u16(), header(&served, "content-type")), (200, "image/png"));
    for forged in [links[0].replace("expires=", "expires=9"), links[0].replace("signature=", "signature=00")] {
        assert_eq!(client::http().get(forged).send().await.expect("the node answers").status().as_u16(), 404);
    }
    let by_id = format!("/api/v1/media/{}", media_ids[0]);
    assert_eq!(fetched(&ann, &by_id, &[]).await.status().as_u16(), 200);
}

async fn what_the_channel_cannot_carry_is_refused_before_it_is_written(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let (ann, conversation) = at_work(&deployment, CUSTOMER, Channel::Whatsapp).await;
    let gif = uploaded(&ann, "image/gif", "a.gif", b"GIF89a".to_vec()).await;
    let refused = send(&ann, &conversation, json!({"type": "image", "media_id": gif})).await;
    refused.expect_error(400, "INVALID_REQUEST");
    let huge = uploaded(&ann, "image/png", "a.png", [PIXEL, &vec![0; 5 << 20]].concat()).await;
    let refused = send(&ann, &conversation, json!({"type": "image", "media_id": huge})).await;
    assert_eq!(refused.body["error"]["limit_bytes"], 5 << 20, "{}", refused.body);
    refused.expect_error(413, "PAYLOAD_TOO_LARGE");
    // Nothing was used up: the same file goes as a document.
    send(&ann, &conversation, json!({"type": "document", "media_id": huge})).await.expect(201);
    let again = send(&ann, &conversation, json!({"type": "document", "media_id": huge})).await;
    again.expect_error(400, "INVALID_REQUEST");
    let two = [
        uploaded(&ann, "image/png", "a.png", PIXEL.to_vec()).await,
        uploaded(&ann, "image/png", "b.png", PIXEL.to_vec()).await,
    ];
    send(&ann, &conversation, json!({"type": "image", "media_ids": two})).await.expect_error(400, "INVALID_REQUEST");

    // The uploads themselves.
    let limit: usize = 25 << 20;
    let answer = upload(&ann, "application/pdf", "a.pdf", vec![b'x'; limit + 1]).await;
    assert_eq!(answer.status(), 413);
    let body: Value = answer.json().await.expect("JSON");
    assert_eq!((&body["error"]["code"], &body["error"]["limit_bytes"]), (&json!("PAYLOAD_TOO_LARGE"), &json!(limit)));
    assert_eq!(upload(&ann, "application/pdf", "a.pdf", Vec::new()).await.status(), 400);
    let page = upload(&ann, "image/png", "a.png", b"<script>alert(1)</script>".to_vec()).await;
    let page: Value = page.json().await.expect("JSON");
    assert_eq!(page["mime_type"], "application/octet-stream", "what a browser could run is just bytes");
    let path = format!("/api/v1/media/{}", page["id"].as_str().expect("an id"));
    assert!(header(&fetched(&ann, &path, &[]).await, "content-disposition").starts_with("attachment"));
    let form = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"../a.txt\"\r\n\
                content-type: text/plain\r\n\r\nhello\r\n--b--\r\n";
    let form = upload(&ann, "multipart/form-data; boundary=b", "", form.into()).await;
    assert_eq!(form.status(), 201);
    let form: Value = form.json().await.expect("JSON");
    assert_eq!((&form["filename"], &form["size_bytes"]), (&json!("a.txt"), &json!(5)));
}
