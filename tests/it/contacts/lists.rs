//! Lists of contacts in and out.

use patchbay_tests::client::http;
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{Deployment, Plan, both_plans};
use serde_json::{Value, json};

both_plans! {
    a_list_is_read_row_by_row_and_comes_out_again;
}

/// Sends a list and waits until it is read.
pub(super) async fn import(deployment: &Deployment, list: &str, query: &str) -> Value {
    let admin = &deployment.admin;
    let url = format!("{}/api/v1/contacts/import{query}", admin.base_url());
    let request = http().post(url).bearer_auth(admin.token()).header("content-type", "text/csv");
    let answer = request.body(list.to_owned()).send().await.expect("an answer");
    assert_eq!(answer.status(), 202);
    let started: Value = serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON");
    let path = format!("/api/v1/contacts/imports/{}", started["id"].as_str().expect("an id"));
    eventually("the list is read", PATIENCE, || async {
        let now = admin.get(&path).await.expect(200);
        (now["status"] == "done").then_some(now)
    })
    .await
}

async fn a_list_is_read_row_by_row_and_comes_out_again(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let admin = &deployment.admin;
    let list = "\u{feff}Name,Phone,E-Mail,Favorite color\r\n\
                =cmd()|x,+15550109001,one@example.test,red\r\n\
                Two,,two@example.test,blue\r\n\
                Three,5550109003,,\r\n\
                Four,,,\r\n\
                One again,+1 555 010 9001,,\r\n";
    let tried = import(&deployment, list, "?dry_run=true").await;
    assert_eq!((&tried["total"], &tried["created"], &tried["failed"]), (&json!(5), &json!(3), &json!(2)), "{tried}");
    assert_eq!(admin.get("/api/v1/contacts?q=one@example").await.expect(200)["data"], json!([]));
    let read = import(&deployment, list, "").await;
    assert_eq!((&read["created"], &read["updated"], &read["failed"]), (&json!(2), &json!(1), &json!(2)), "{read}");
    let rows: Vec<&Value> = read["errors"].as_array().expect("a list").iter().map(|error| &error["row"]).collect();
    assert_eq!(rows, [&json!(4), &json!(5)]);
    let again = import(&deployment, "name,email\nTwo,two@example.test\n", "").await;
    assert_eq!((&again["created"], &again["updated"]), (&json!(0), &json!(0)), "nothing new is no change");

    admin.get("/api/v1/contacts/export?q=x").await.expect(200);
    let url = format!("{}/api/v1/contacts/export", admin.base_url());
    let answer = http().get(url).bearer_auth(admin.token()).send().await.expect("an answer");
    assert!(answer.headers()["content-type"].to_str().is_ok_and(|kind| kind.starts_with("text/csv")));
    let text = String::from_utf8(answer.bytes().await.expect("a body").to_vec()).expect("UTF-8");
    assert!(text.starts_with("id,name,phone,whatsapp,email"), "{text}");
    assert!(text.contains(",+15550109001,"), "{text}");
    let wrong = http().post(format!("{}/api/v1/contacts/import", admin.base_url())).bearer_auth(admin.token());
    let wrong = wrong.body("color\nred\n").send().await.expect("an answer");
    assert_eq!(wrong.status(), 400);
}
