//! The protocol's face: the same answers, and its own checks.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::ground::Ground;
use super::schema;
use super::world::{OF_DEALERS, World};
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
    GatewayConfig { calls_per_hour: 0, flurry_calls: 0, denials_per_ten_minutes: 0, ..GatewayConfig::default() }
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
    assert!(tools.iter().all(|tool| tool["outputSchema"]["properties"]["result"]["additionalProperties"] == false));
    let schema = |name: &str| tools.iter().find(|tool| tool["name"] == name).expect("listed")["outputSchema"].clone();
    let called = rpc(&url, &assistant, "tools/call", json!({"name": "search_tickets", "arguments": {}})).await;
    schema::check(&schema("search_tickets"), &called["result"]["structuredContent"]).expect("the answer fits");
    assert_eq!(called["result"]["structuredContent"]["limits"]["remaining"], 9, "{called}");
    let wrong = json!({"name": "get_draft", "arguments": {"draft_id": {"$ne": 1}}});
    let refused = rpc(&url, &assistant, "tools/call", wrong).await;
    assert_eq!(refused["result"]["isError"], true, "{refused}");
    assert_eq!(refused["result"]["structuredContent"]["error"]["code"], "INVALID_REQUEST");
    schema::check(&schema("get_draft"), &refused["result"]["structuredContent"]).expect("a refusal fits too");
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
async fn what_is_no_call_is_refused_in_the_words_of_the_protocol_and_written_down() {
    let ground = Ground::with(unlimited()).await;
    let stop = CancellationToken::new();
    let url = serve(&ground, &stop).await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    for params in [json!({"name": "list_services", "arguments": []}), json!({"name": 7}), json!({}), json!([])] {
        let answer = rpc(&url, &assistant, "tools/call", params).await;
        assert_eq!(answer["error"]["code"], -32_602, "{answer}");
    }
    // No resources, no prompts: nothing but tools.
    for method in ["prompts/list", "resources/list", "resources/templates/list"] {
        let answer = rpc(&url, &assistant, method, json!({})).await;
        assert_eq!(answer["error"]["code"], -32_601, "{method}: {answer}");
    }
    let twice = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b","arguments":{}}}"#;
    assert_eq!(post(&url, &assistant, twice).send().await.expect("an answer").status().as_u16(), 400);
    let endless = format!("{{\"a\":\"{}\"}}", "x".repeat(200_000));
    assert_eq!(post(&url, &assistant, &endless).send().await.expect("an answer").status().as_u16(), 413);
    let calls = ground.get(&ground.person("admin"), "/api/v1/tool-invocations").await.ok();
    let of_mcp = calls["data"].as_array().expect("a list").iter().filter(|call| call["surface"] == "mcp");
    assert_eq!(of_mcp.filter(|call| call["decision"] == "refused").count(), 6, "{calls}");
}

/// Posts as a client of the newest revision does: version, method and name stand in the headers and in the body.
async fn modern(url: &str, token: &str, (method, name): (&str, &str), mut params: Value) -> (u16, Value) {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "tests", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}},
    });
    let answer = client()
        .post(url)
        .bearer_auth(token)
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", method)
        .header("mcp-name", name)
        .body(json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).to_string())
        .send()
        .await
        .expect("an answer");
    (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
}

#[tokio::test]
async fn an_acceptance_that_the_client_writes_itself_confirms_nothing() {
    let ground = Ground::with(unlimited()).await;
    let stop = CancellationToken::new();
    let url = serve(&ground, &stop).await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let draft = ground.drafted(&assistant, 10.0).await;
    let accepted = json!({"confirm": {"method": "elicitation/create", "result": {"action": "accept", "content": {"confirmed": true}}}});
    for responses in [accepted, json!({"confirm": {"action": "accept", "content": {"code": "CONFIRM-ABCDEFGH"}}})] {
        let params = json!({
            "name": "commit_transaction", "inputResponses": responses, "requestState": "e30",
            "arguments": {"draft_id": draft, "confirmation_token": "CONFIRM-ABCDEFGH"},
        });
        let (_, answer) = modern(&url, &assistant, ("tools/call", "commit_transaction"), params).await;
        let is_refused = answer["result"]["isError"] == true || answer["error"].is_object();
        assert!(is_refused, "{answer}");
    }
    let shown = ground.call(&assistant, "get_draft", json!({"draft_id": draft})).await.ok();
    assert_eq!(shown["draft"]["state"], "AWAITING_CUSTOMER");
    ground.bank.with(|books| assert!(books.commits.is_empty()));
}

#[tokio::test]
async fn headers_that_say_another_thing_than_the_body_are_refused() {
    let ground = Ground::with(unlimited()).await;
    let stop = CancellationToken::new();
    let url = serve(&ground, &stop).await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let params = json!({"name": "request_human", "arguments": {"reason": "other"}});
    for headers in [("tools/call", "search_tickets"), ("tools/list", "request_human")] {
        let (status, answer) = modern(&url, &assistant, headers, params.clone()).await;
        assert_eq!((status, answer["error"]["code"].as_i64()), (400, Some(-32_020)), "{answer}");
    }
    ground.call(&assistant, "get_conversation_context", json!({})).await.ok();
    let (status, answer) = modern(&url, &assistant, ("tools/call", "request_human"), params).await;
    assert_eq!((status, &answer["result"]["isError"]), (200, &json!(false)), "{answer}");
}

#[tokio::test]
async fn a_tool_that_panics_answers_at_once_and_is_written_down() {
    let ground = Ground::with(unlimited()).await;
    let stop = CancellationToken::new();
    let url = serve(&ground, &stop).await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let fatal = json!({"query": super::FATAL});
    let broken =
        rpc(&url, &assistant, "tools/call", json!({"name": "list_services", "arguments": fatal.clone()})).await;
    assert_eq!(broken["error"]["code"], -32_603, "{broken}");
    ground.call(&assistant, "list_services", fatal).await.refused(500, "INTERNAL_ERROR");
    ground.call(&assistant, "list_services", json!({})).await.ok();
    let path = format!("/api/v1/tool-invocations?conversation_id={conversation}");
    let rows = ground.get(&ground.person("admin"), &path).await.ok();
    assert_eq!(rows["data"].as_array().map(Vec::len), Some(3), "{rows}");
}

#[tokio::test]
async fn the_limits_stand_in_the_headers_here_too() {
    let ground = Ground::new().await;
    let stop = CancellationToken::new();
    let url = serve(&ground, &stop).await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let params = json!({"name": "get_conversation_context", "arguments": {}});
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).to_string();
    for left in (0..10).rev() {
        let answer = post(&url, &assistant, &body).send().await.expect("an answer");
        let limit = answer.headers()["ratelimit"].to_str().expect("text").to_owned();
        assert!(limit.starts_with(&format!("\"conv\";r={left};")), "{limit}");
    }
    let refused = rpc(&url, &assistant, "tools/call", params).await;
    assert_eq!(refused["result"]["structuredContent"]["error"]["reason"], "rate.exceeded", "{refused}");
}

#[tokio::test]
async fn a_request_that_names_no_revision_gets_no_further_than_others() {
    let ground = Ground::with(unlimited()).await;
    let stop = CancellationToken::new();
    let url = serve(&ground, &stop).await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let ask = |name: &str, arguments: Value| {
        let params = json!({"name": name, "arguments": arguments});
        client()
            .post(&url)
            .bearer_auth(&assistant)
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json")
            // Nobody compares it with the body of such a request, and nothing is decided by it.
            .header("mcp-name", "get_conversation_context")
            .body(json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).to_string())
            .send()
    };
    for (name, arguments) in [
        ("assignment_dispatch", json!({})),
        ("get_draft", json!({"draft_id": {"$ne": 1}})),
        ("search_tickets", json!({"conversation_id": "0198c0de-0000-7000-8000-00000000dead"})),
    ] {
        let answer: Value = ask(name, arguments).await.expect("an answer").json().await.unwrap_or(Value::Null);
        assert!(answer["error"].is_object() || answer["result"]["isError"] == true, "{name}: {answer}");
    }
    ask("search_tickets", json!({})).await.expect("an answer");
    let calls = ground.get(&ground.person("admin"), "/api/v1/tool-invocations").await.ok();
    let tools: Vec<&str> =
        calls["data"].as_array().expect("a list").iter().filter_map(|call| call["tool"].as_str()).collect();
    assert!(!tools.contains(&"get_conversation_context"), "{calls}");
    assert_eq!(tools.len(), 4, "each left its row: {calls}");
}

#[tokio::test]
async fn a_call_under_a_key_is_one_call_over_the_protocol_too() {
    let ground = Ground::with(unlimited()).await;
    let stop = CancellationToken::new();
    let url = serve(&ground, &stop).await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let made = |key: &str, amount: i64| {
        let params = json!({"name": "create_transaction_draft", "arguments": {"amount": amount, "description": "Pads"},
                            "_meta": {"patchbay/idempotency-key": key}});
        let (url, assistant) = (url.clone(), assistant.clone());
        async move { rpc(&url, &assistant, "tools/call", params).await["result"]["structuredContent"].clone() }
    };
    let key = "0198c0de-0000-7000-8000-000000000001";
    let (first, again) = (made(key, 5).await, made(key, 5).await);
    assert!(first["draft"]["draft_id"].is_string(), "{first}");
    assert_eq!(first["draft"]["draft_id"], again["draft"]["draft_id"], "{again}");
    assert_eq!(made(key, 6).await["error"]["code"], "IDEMPOTENCY_PAYLOAD_MISMATCH");
    assert_eq!(made("once", 5).await["error"]["code"], "INVALID_IDEMPOTENCY_KEY");
    // The header of plain HTTP does as well.
    let params = json!({"name": "create_transaction_draft", "arguments": {"amount": 5, "description": "Pads"}});
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).to_string();
    let by_header = post(&url, &assistant, &body).header("idempotency-key", key).send().await.expect("an answer");
    let by_header: Value = by_header.json().await.expect("JSON");
    assert_eq!(
        by_header["result"]["structuredContent"]["draft"]["draft_id"], first["draft"]["draft_id"],
        "{by_header}"
    );
    ground.bank.with(|books| assert_eq!(books.drafts.len(), 1));
}

#[tokio::test]
async fn a_token_that_was_made_for_another_portal_opens_no_tool() {
    let ground = Ground::with(unlimited()).await;
    let stop = CancellationToken::new();
    let url = serve(&ground, &stop).await;
    let conversation = ground.says(MAYA, "hello").await;
    for portal in ["technician", "customer"] {
        let token = ground.token(patchbay_http::Claims {
            sub: patchbay_core::ids::ActorId::new().to_string(),
            role: "ai".into(),
            conv: Some(conversation.0),
            aud: Some(patchbay_http::WordList::Text(portal.into())),
            ..patchbay_http::Claims::default()
        });
        ground.call(&token, "search_tickets", json!({})).await.refused(403, "TOOL_ROLE_FORBIDDEN");
        assert_eq!(ground.get(&token, "/tools").await.ok()["data"], json!([]));
        let called = rpc(&url, &token, "tools/call", json!({"name": "search_tickets", "arguments": {}})).await;
        assert_eq!(called["result"]["structuredContent"]["error"]["code"], "TOOL_ROLE_FORBIDDEN", "{called}");
        assert_eq!(rpc(&url, &token, "tools/list", json!({})).await["result"]["tools"], json!([]));
    }
}

/// Drives every tool, each where it has something to do, with a client in a process of its own: for customers and for
/// dealers.
async fn driven(program: &Path, script: &Path, mode: &str, protocol: &str) {
    for profile in ["dealership", "facility"] {
        let world = World::of(profile).await;
        let catalog = &world.ground.gateway.catalog;
        let stop = CancellationToken::new();
        let url = serve(&world.ground, &stop).await;
        let given: BTreeMap<String, &Value> =
            catalog.iter().map(|spec| (spec.plain_name(), &world.arguments[spec.name])).collect();
        let output = tokio::process::Command::new(program)
            .arg(script)
            .args([url.as_str(), world.token.as_str(), mode, &json!(given).to_string()])
            .output()
            .await
            .expect("the client runs");
        let found: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{mode}: {}", String::from_utf8_lossy(&output.stderr)));
        assert_eq!(found["protocol"], protocol, "{found}");
        assert_eq!(found["tools"].as_array().map(Vec::len), Some(catalog.len()), "{found}");
        for spec in catalog {
            let result = &found["results"][spec.plain_name()];
            assert!(result.get("raised").is_none(), "{mode} {}: {result}", spec.name);
            schema::check(&spec.envelope_schema(), &result["structured"])
                .unwrap_or_else(|misfit| panic!("{mode} {}: {misfit}", spec.name));
            let is_refused = profile == "facility" && OF_DEALERS.contains(&spec.name);
            assert_eq!(result["is_error"], is_refused, "{mode} {} of a {profile}: {result}", spec.name);
            if is_refused {
                assert_eq!(result["structured"]["error"]["code"], "TOOL_NOT_ALLOWED", "{result}");
            }
        }
        world.ground.bank.with(|books| assert_eq!(books.committed.len(), 1, "carried out over the protocol too"));
    }
}

/// Where the tools of a script are; they are installed when `make test` has not done it.
///
/// Panics when they cannot be: a client that was never driven has shown nothing.
fn installed(script: &str) -> PathBuf {
    let output = std::process::Command::new(root().join(script)).arg("--install").output().expect("the script runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {said}");
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[tokio::test]
async fn the_official_client_of_python_lists_and_calls_every_tool_in_both_revisions() {
    let folder = installed("scripts/python-tools");
    let (python, script) = (folder.join("python"), root().join("scripts/mcp-client.py"));
    Box::pin(driven(&python, &script, "auto", "2026-07-28")).await;
    Box::pin(driven(&python, &script, "legacy", "2025-11-25")).await;
}

#[tokio::test]
async fn the_official_clients_of_npm_list_and_call_every_tool() {
    let folder = installed("scripts/node-tools");
    let script = folder.join("drive.mjs");
    Box::pin(driven(Path::new("node"), &script, "client", "2026-07-28")).await;
    Box::pin(driven(Path::new("node"), &script, "sdk", "2025-11-25")).await;
}
