//! The protocol's face: the same answers, and its own checks.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::ground::Ground;
use crate::config::GatewayConfig;
use crate::mcp::McpDoor;

const MAYA: &str = "+15550107788";

/// Serves `/mcp` of the ground on a port; its URL.
async fn serve(ground: &Ground, stop: &CancellationToken) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let router = McpDoor::new(ground.gateway.clone(), &url, stop)
        .router()
        .layer(axum::middleware::from_fn(patchbay_http::correlate));
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("{url}/mcp")
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

fn post(url: &str, token: &str, body: &str) -> reqwest::RequestBuilder {
    client()
        .post(url)
        .bearer_auth(token)
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json")
        .header("mcp-protocol-version", "2025-11-25")
        .body(body.to_owned())
}

async fn rpc(url: &str, token: &str, method: &str, params: Value) -> Value {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
    let answer = post(url, token, &body).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 200, "{}", answer.text().await.unwrap_or_default());
    answer.json().await.expect("JSON")
}

fn unlimited() -> GatewayConfig {
    GatewayConfig { calls_per_hour: 0, actor_calls_per_hour: 0, ..GatewayConfig::default() }
}

#[tokio::test]
async fn a_tool_answers_and_refuses_as_it_does_over_plain_http() {
    let ground = Ground::new().await;
    let stop = CancellationToken::new();
    let url = serve(&ground, &stop).await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let listed = rpc(&url, &assistant, "tools/list", json!({})).await;
    let tools = listed["result"]["tools"].as_array().expect("a list");
    assert!(tools.iter().any(|tool| tool["name"] == "ticket_create"), "{listed}");
    let called = rpc(&url, &assistant, "tools/call", json!({"name": "search_tickets", "arguments": {}})).await;
    assert_eq!(called["result"]["structuredContent"]["limits"]["remaining"], 9, "{called}");
    let wrong = json!({"name": "get_draft", "arguments": {"draft_id": {"$ne": 1}}});
    let refused = rpc(&url, &assistant, "tools/call", wrong).await;
    assert_eq!(refused["result"]["isError"], true, "{refused}");
    assert_eq!(refused["result"]["structuredContent"]["error"]["code"], "INVALID_REQUEST");
    let unknown = rpc(&url, &assistant, "tools/call", json!({"name": "qa_verify", "arguments": {}})).await;
    assert_eq!(unknown["error"]["code"], -32_602, "{unknown}");
}

#[tokio::test]
async fn strangers_pages_and_smuggled_keys_stay_outside() {
    let ground = Ground::new().await;
    let stop = CancellationToken::new();
    let url = serve(&ground, &stop).await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}"#;
    let stranger = client().post(&url).body(list).send().await.expect("an answer");
    assert_eq!(stranger.status().as_u16(), 401);
    assert!(stranger.headers().contains_key("www-authenticate"));
    let page = post(&url, &assistant, list).header("origin", "https://evil.example").send().await.expect("an answer");
    assert_eq!(page.status().as_u16(), 403);
    let host = post(&url, &assistant, list).header("host", "evil.example").send().await.expect("an answer");
    assert_eq!(host.status().as_u16(), 403);
    let twice = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search_tickets","name":"x","arguments":{}}}"#;
    let twice = post(&url, &assistant, twice).send().await.expect("an answer");
    assert_eq!(twice.status().as_u16(), 400);
}

#[tokio::test]
async fn the_official_client_lists_and_calls_every_tool_in_both_revisions() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let tools = std::process::Command::new(root.join("scripts/python-tools")).stderr(Stdio::null()).output();
    // Installed by `make test`; a bare `cargo test` may have no Python tools.
    let Some(folder) = tools.ok().filter(|output| output.status.success()) else { return };
    let python = Path::new(String::from_utf8_lossy(&folder.stdout).trim()).join("python");
    for (mode, protocol) in [("auto", "2026-07-28"), ("legacy", "2025-11-25")] {
        let ground = Ground::with(unlimited()).await;
        let stop = CancellationToken::new();
        let url = serve(&ground, &stop).await;
        let conversation = ground.says(MAYA, "hello").await;
        let assistant = ground.assistant(conversation);
        let output = tokio::process::Command::new(&python)
            .arg(root.join("scripts/mcp-client.py"))
            .args([url.as_str(), assistant.as_str(), mode])
            .output()
            .await
            .expect("the client runs");
        let found: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{mode}: {}", String::from_utf8_lossy(&output.stderr)));
        assert_eq!(found["protocol"], protocol, "{found}");
        let names = found["tools"].as_array().expect("a list");
        assert_eq!(names.len(), ground.gateway.catalog.len());
        for name in names {
            let result = &found["results"][name.as_str().expect("a name")];
            assert!(result.get("raised").is_none(), "{mode} {name}: {result}");
            assert!(result["structured"].is_object(), "{mode} {name}: {result}");
        }
        assert_eq!(found["results"]["create_transaction_draft"]["is_error"], false, "{found}");
    }
}
