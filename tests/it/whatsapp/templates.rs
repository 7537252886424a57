//! Templates with all their parts, and their list at the provider.

use patchbay_simulator::{Provider, Template};
use patchbay_tests::deployment::CUSTOMER;
use patchbay_tests::settings::PHONE_NUMBER_ID;
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{Caller, Deployment, Plan, both_databases, client};
use serde_json::{Value, json};

use super::{accepted, at_work, notify, post_template, webhook};

both_databases! {
    the_provider_s_list_is_taken_over_page_by_page;
    a_template_goes_out_with_header_text_and_buttons;
    a_template_that_the_provider_withholds_is_not_tried_again;
}

fn photo() -> Template {
    Template {
        parts: vec![
            json!({"type": "HEADER", "format": "IMAGE"}),
            json!({"type": "BUTTONS", "buttons": [
                {"type": "QUICK_REPLY", "text": "Yes"},
                {"type": "URL", "text": "Open", "url": "https://example.test/{{1}}"}]}),
        ],
        ..Template::new("visit_photo", "Hello {{1}}, this is our {{2}}.")
    }
}

/// Reads the templates from the provider; the inbox's list afterwards, by name.
async fn synced(deployment: &Deployment, fits: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let inboxes = deployment.admin.get("/api/v1/inboxes").await.expect(200);
    let listed = inboxes["data"].as_array().expect("a list");
    let inbox = listed.iter().find(|inbox| inbox["name"] == "whatsapp-main").expect("the inbox");
    let path = format!("/api/v1/inboxes/{}/templates/sync", inbox["id"].as_str().expect("an id"));
    let promised = deployment.admin.post(&path, json!({})).await.expect(202);
    assert_eq!(promised["promised"], true);
    eventually("the list is taken over", PATIENCE, || async {
        let list = templates(&deployment.admin).await;
        fits(&list).then_some(list)
    })
    .await
}

async fn templates(caller: &Caller) -> Vec<Value> {
    let list = caller.get("/api/v1/templates?inbox=whatsapp-main&limit=100").await.expect(200);
    list["data"].as_array().expect("a list").clone()
}

fn named<'l>(list: &'l [Value], name: &str) -> &'l Value {
    list.iter().find(|template| template["name"] == name).unwrap_or(&Value::Null)
}

async fn the_provider_s_list_is_taken_over_page_by_page(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let (_ann, _conversation, _) = at_work(&deployment, CUSTOMER).await;
    let many = |count: usize| (0..count).map(|at| Template::new(format!("notice_{at}"), "Hello {{1}}"));
    let paused = Template { status: "PAUSED".into(), ..Template::new("paused", "Hello") };
    let all: Vec<Template> = many(120).chain([photo(), paused.clone()]).collect();
    deployment.phones.set_templates(PHONE_NUMBER_ID, all);
    let list = synced(&deployment, |list| list.iter().any(|one| one["synced_at"].is_string())).await;
    assert_eq!(list.len(), 100, "the first page of ours");
    let pages = deployment.phones.requests(Provider::Meta);
    let pages = pages.iter().filter(|request| request.path.ends_with("/message_templates")).count();
    assert_eq!(pages, 2, "two pages of theirs");

    let few = vec![photo(), Template { status: "APPROVED".into(), ..paused }];
    deployment.phones.set_templates(PHONE_NUMBER_ID, few);
    let list = synced(&deployment, |list| named(list, "notice_7")["status"] == "DISABLED").await;
    assert!(
        list.iter().filter(|one| one["name"].as_str().is_some_and(|name| name.starts_with("notice_"))).count() > 50
    );
}

async fn a_template_goes_out_with_header_text_and_buttons(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let (ann, conversation, _) = at_work(&deployment, CUSTOMER).await;
    deployment.phones.set_templates(PHONE_NUMBER_ID, vec![photo()]);
    let list = synced(&deployment, |list| named(list, "visit_photo")["param_count"] == 2).await;
    let template = named(&list, "visit_photo");
    assert_eq!((&template["status"], &template["category"]), (&json!("APPROVED"), &json!("UTILITY")));
    assert_eq!(template["components"][1]["format"], "IMAGE");
    let base = json!({"template_name": "visit_photo", "language": "en_US", "params": ["Maya", "van"]});
    let with = |more: Value| {
        let mut body = base.clone();
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        body
    };
    let link = json!([{"type": "url", "index": 1, "text": "a1"}]);
    for (more, field) in [
        (json!({ "buttons": link }), "header"),
        (json!({ "header": {"type": "text", "text": "x"}, "buttons": link }), "header"),
        (json!({ "params": ["Maya"] }), "params"),
    ] {
        let refused = post_template(&ann, &conversation, with(more)).await;
        assert_eq!(refused.body["error"]["validation_errors"][0]["path"], field, "{}", refused.body);
        refused.expect_error(400, "INVALID_REQUEST");
    }
    let uploaded = client::http()
        .post(format!("{}/api/v1/media", ann.base_url()))
        .bearer_auth(ann.token())
        .header("content-type", "image/png")
        .body(&b"\x89PNG\r\n\x1a\n picture"[..])
        .send()
        .await
        .expect("the node answers");
    let media: Value = uploaded.json().await.expect("JSON");
    let header = json!({"type": "image", "media_id": media["id"]});
    let without_link = with(json!({ "header": header }));
    post_template(&ann, &conversation, without_link).await.expect_error(400, "INVALID_REQUEST");
    let buttons =
        json!([{"type": "quick_reply", "index": 0, "payload": "yes|1"}, {"type": "url", "index": 1, "text": "a1"}]);
    let body = with(json!({ "header": header, "buttons": buttons }));
    let sent = post_template(&ann, &conversation, body).await.expect(201);
    assert_eq!(sent["content"]["text"], "Hello Maya, this is our van.");
    let taken = accepted(&deployment, &sent).await;
    assert_eq!(taken.text.as_deref(), Some("Hello Maya, this is our van."));
    let components = taken.body["template"]["components"].as_array().expect("a list").clone();
    let kinds: Vec<&str> = components.iter().filter_map(|one| one["type"].as_str()).collect();
    assert_eq!(kinds, ["header", "body", "button", "button"]);
    assert!(components[0]["parameters"][0]["image"]["id"].is_string());
    assert_eq!((&components[3]["sub_type"], &components[3]["index"]), (&json!("url"), &json!("1")));
}

async fn a_template_that_the_provider_withholds_is_not_tried_again(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let (ann, conversation, _) = at_work(&deployment, CUSTOMER).await;
    deployment.phones.set_templates(PHONE_NUMBER_ID, vec![Template::new("hello", "Hello {{1}}")]);
    synced(&deployment, |list| named(list, "hello")["status"] == "APPROVED").await;
    let paused = Template { status: "PAUSED".into(), ..Template::new("hello", "Hello {{1}}") };
    deployment.phones.set_templates(PHONE_NUMBER_ID, vec![paused]);
    let body = json!({"template_name": "hello", "language": "en_US", "params": ["Maya"]});
    post_template(&ann, &conversation, body.clone()).await.expect(201);
    let status = async |expected: &str| {
        eventually(&format!("the template is {expected}"), PATIENCE, || async {
            (named(&templates(&deployment.admin).await, "hello")["status"] == expected).then_some(())
        })
        .await;
    };
    status("PAUSED").await;
    post_template(&ann, &conversation, body.clone()).await.expect_error(400, "INVALID_REQUEST");
    // Meta tells that it is good again.
    let notice = webhook(CUSTOMER, "wamid.unused", |value| {
        *value = json!({"event": "APPROVED", "message_template_id": 1, "message_template_name": "hello",
            "message_template_language": "en_US", "reason": "NONE"});
    });
    let mut notice = notice;
    notice["entry"][0]["changes"][0]["field"] = json!("message_template_status_update");
    notify(&deployment, &notice).await;
    status("APPROVED").await;
}
