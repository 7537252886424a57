//! Headers by which a developer says who acts.

use patchbay_tests::settings::JWT_SECRET;
use reqwest::Method;

use super::server::Server;

const ID: &str = "0190c8a0-0000-7000-8000-000000000001";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_development_headers_stand_in_for_a_token() {
    let server = Server::start("").await;
    let ask = |headers: &'static [(&'static str, &'static str)]| {
        server.anonymous.call(Method::GET, "/tickets", None, headers)
    };
    ask(&[("x-actor-id", ID), ("x-actor-role", "dispatcher")]).await.expect(200);
    ask(&[]).await.expect_error(401, "AUTH_REQUIRED");
    ask(&[("x-actor-id", ID)]).await.expect_error(400, "MISSING_ACTOR_CONTEXT");
    let unknown = ask(&[("x-actor-id", ID), ("x-actor-role", "wizard")]).await;
    assert_eq!(unknown.body["error"]["policy_error"]["dimension"], "scope");
    unknown.expect_error(400, "INVALID_ACTOR_CONTEXT");
    ask(&[("x-actor-id", "me"), ("x-actor-role", "dispatcher")]).await.expect_error(400, "INVALID_ACTOR_CONTEXT");
    let nowhere = [("x-actor-id", ID), ("x-actor-role", "dispatcher"), ("x-site-scope", "")];
    server.anonymous.call(Method::GET, "/tickets", None, &nowhere).await.expect_error(403, "FORBIDDEN_SCOPE");
    let tool = [("x-actor-id", ID), ("x-actor-role", "dispatcher"), ("x-tool-name", "ticket.explode")];
    server.anonymous.call(Method::GET, "/tickets", None, &tool).await.expect_error(400, "UNKNOWN_TOOL");
    // They never stand beside a token, and a page that made its own name point here cannot send them.
    let both = [("x-actor-id", ID), ("x-actor-role", "dispatcher"), ("authorization", "Bearer x")];
    server.anonymous.call(Method::GET, "/tickets", None, &both).await.expect_error(401, "INVALID_AUTH_TOKEN");
    let rebound = [("x-actor-id", ID), ("x-actor-role", "dispatcher"), ("host", "evil.test")];
    server.anonymous.call(Method::GET, "/tickets", None, &rebound).await.expect_error(401, "AUTH_REQUIRED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn elsewhere_headers_are_not_looked_at() {
    for settings in [
        format!("env = \"production\"\n[auth]\njwt_secret = \"{JWT_SECRET}\"\n"),
        "[auth]\nallow_dev_headers = false\n".to_owned(),
    ] {
        let server = Server::start(&settings).await;
        let headers = [("x-actor-id", ID), ("x-actor-role", "dispatcher")];
        let answer = server.anonymous.call(Method::GET, "/tickets", None, &headers).await;
        answer.expect_error(401, "AUTH_REQUIRED");
    }
}
