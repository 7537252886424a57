//! What reaches whose screen, over real sockets of a real server.

use patchbay_core::channel::Channel;
use patchbay_tests::deployment::CUSTOMER;
use patchbay_tests::{Caller, Deployment, Plan, Socket};
use reqwest::Method;
use serde_json::{Value, json};

async fn sign_in(deployment: &Deployment, name: &str, role: &str, teams: &[&str]) -> (String, Caller) {
    let email = format!("{}@example.test", name.to_lowercase());
    let password = "correct horse battery staple";
    let user = json!({ "email": email, "full_name": name, "password": password, "role": role, "teams": teams });
    let made = deployment.admin.post("/api/v1/users", user).await.expect(201);
    let anonymous = Caller::anonymous(deployment.admin.base_url());
    let login = json!({ "email": email, "password": password });
    let answer = anonymous.post("/api/v1/auth/login", login).await.expect(200);
    let token = answer["access_token"].as_str().expect("a login answers a token");
    (made["id"].as_str().expect("an id").to_owned(), anonymous.with_token(token))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emergency_comes_to_a_supervisors_screen() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let inboxes = deployment.admin.get("/api/v1/inboxes").await.expect(200);
    let listed = inboxes["data"].as_array().expect("a list");
    let inbox = listed.iter().find(|inbox| inbox["name"] == "sms-main").expect("an inbox for SMS");
    let path = format!("/api/v1/inboxes/{}", inbox["id"].as_str().expect("an id"));
    deployment.admin.call(Method::PATCH, &path, Some(json!({ "triage": "menu" })), &[]).await.expect(200);
    let (_, supervisor) = sign_in(&deployment, "Sue", "supervisor", &["support", "dispatch"]).await;
    let mut screen = Socket::open(&supervisor, None).await;
    deployment.hear(CUSTOMER, Channel::Sms, "There is a fire in the kitchen!").await;
    let is_emergency =
        |frame: &Value| frame["event"] == "alert.raised" && frame["data"]["alert"]["code"] == "EMERGENCY";
    let frame = screen.await_frame(is_emergency).await;
    let conversation = frame["data"]["alert"]["conversation_id"].as_str().expect("a conversation");
    let shown = supervisor.get(&format!("/api/v1/conversations/{conversation}")).await.expect(200);
    assert_eq!(shown["priority"], "urgent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_agents_say_to_one_another_is_on_their_screens_alone() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let (_, ada) = sign_in(&deployment, "Ada", "support_agent", &["support"]).await;
    let (bo, bo_caller) = sign_in(&deployment, "Bo", "support_agent", &["support"]).await;
    let thread = ada.post("/api/v1/internal/threads", json!({ "members": [bo] })).await.expect(201);
    let mut of_bo = Socket::open(&bo_caller, None).await;
    let mut of_admin = Socket::open(&deployment.admin, None).await;
    let path = format!("/api/v1/internal/threads/{}/messages", thread["id"].as_str().expect("an id"));
    ada.post(&path, json!({ "text": "between us, @Bo" })).await.expect(201);
    let frame = of_bo.await_event("internal.message").await;
    assert_eq!(frame["data"]["message"]["text"], "between us, @Bo");
    assert_eq!(frame["data"]["mentioned"], true);
    // What everybody may see comes after it: the admin's socket shows only that.
    deployment.hear(CUSTOMER, Channel::Sms, "hello").await;
    loop {
        let frame = of_admin.await_frame(|_| true).await;
        let name = frame["event"].as_str().unwrap_or_default();
        assert!(!name.starts_with("internal."), "{frame}");
        if name == "message.received" {
            break;
        }
    }
    // Nor does the feed that is read by position.
    let read = deployment.admin.get("/api/v1/events?limit=100").await.expect(200);
    assert!(!read.to_string().contains("between us"), "{read}");
}
