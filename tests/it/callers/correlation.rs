//! The ids that follow a request.

use patchbay_tests::settings::{JWT_SECRET, token};
use reqwest::Method;
use serde_json::json;

use super::server::Server;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ids_of_a_request_come_back() {
    let server = Server::start(&format!("[auth]\njwt_secret = \"{JWT_SECRET}\"\n")).await;
    let ask = async |headers: &[(&str, &str)]| server.anonymous.call(Method::GET, "/tickets", None, headers).await;

    let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let answer = ask(&[("x-correlation-id", "order 7/blue"), ("traceparent", &parent)]).await;
    assert_eq!(answer.headers["x-correlation-id"], "order 7/blue");
    assert_eq!(answer.headers["x-trace-id"], TRACE);
    let ours = answer.headers["traceparent"].to_str().expect("plain");
    assert!(ours.starts_with(&format!("00-{TRACE}-")) && ours.ends_with("-01") && ours != parent, "{ours}");
    assert_eq!(answer.body["error"]["correlation_id"], "order 7/blue");

    let answer = ask(&[("x-trace-id", TRACE)]).await;
    assert_eq!(answer.headers["x-correlation-id"], TRACE);
    assert_eq!(answer.headers["x-trace-id"], TRACE);

    let too_long = "x".repeat(129);
    let answer = ask(&[("x-correlation-id", &too_long)]).await;
    let made = answer.headers["x-correlation-id"].to_str().expect("plain").to_owned();
    assert!(made.len() == 36 && answer.headers["x-request-id"] == *made, "{made}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_correlation_id_is_in_the_timeline() {
    let deployment = patchbay_tests::Deployment::start(patchbay_tests::Plan::Laptop).await;
    let dispatcher = deployment.admin.with_token(token("dispatcher"));
    let account = json!({"name": "Northside", "profile": "property"});
    let account = deployment.admin.post("/api/v1/accounts", account).await.expect(201);
    let site = json!({"account_id": account["id"], "name": "Depot", "address1": "1 Main St", "city": "Ottawa",
        "country": "CA", "timezone": "America/Toronto"});
    let site = deployment.admin.post("/api/v1/sites", site).await.expect(201);
    let body = json!({"account_id": account["id"], "site_id": site["id"], "summary": "The door does not close"});
    let key = patchbay_core::ids::RequestId::new().to_string();
    let headers = [("idempotency-key", key.as_str()), ("x-correlation-id", "call-of-monday")];
    let made = dispatcher.call(Method::POST, "/tickets", Some(body), &headers).await.expect(201);
    let id = made["id"].as_str().expect("a ticket has an id");
    let timeline = dispatcher.get(&format!("/tickets/{id}/timeline")).await.expect(200);
    assert_eq!(timeline["events"][0]["correlation_id"], "call-of-monday", "{timeline}");
}
