//! A fake of a language model behind the OpenAI interface of chat completions. It is a small fixed program: it knows a
//! few wishes of customers, asks the tools it was given for the facts, and says what they answered; and it misbehaves on
//! request. Source: OpenAI API reference, chat completions.

use std::collections::VecDeque;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::Shared;

/// Where the fake stands below the simulator's address: the `base_url` of an assistant.
pub const MODEL_PATH: &str = "/model/v1";
/// Requests that are remembered.
const MOST: usize = 200;
/// Largest request.
const MOST_BYTES: usize = 2 << 20;

/// How the model misbehaves. Counts go down as they are used.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelFaults {
    /// Every answer waits so long.
    pub delay_ms: u64,
    /// So many calls are answered 503.
    pub server_errors: u32,
    /// So many calls are answered with something that is no completion.
    pub nonsense: u32,
    /// So many calls are answered with another call of a tool, whatever the tools said.
    pub loops: u32,
    /// So many calls are answered with a sentence that holds a key of somebody's.
    pub leaks: u32,
}

/// What the model remembers.
#[derive(Debug, Default)]
pub(crate) struct Brain {
    faults: ModelFaults,
    asked: VecDeque<Value>,
}

pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    let model = Router::new()
        .route("/chat/completions", post(complete))
        .route("/sim/faults", get(faults).put(set_faults))
        .route("/sim/requests", get(asked))
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .with_state(Arc::clone(shared));
    Router::new().nest(MODEL_PATH, model)
}

fn brain(shared: &Shared) -> MutexGuard<'_, Brain> {
    shared.model.lock().unwrap_or_else(PoisonError::into_inner)
}

fn no(status: StatusCode, code: &str) -> Response {
    (status, Json(json!({"error": {"message": code, "type": "invalid_request_error", "code": code}}))).into_response()
}

async fn complete(State(shared): State<Arc<Shared>>, headers: HeaderMap, Json(asked): Json<Value>) -> Response {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if given.strip_prefix("Bearer ") != Some(shared.config.model_key.expose()) {
        return no(StatusCode::UNAUTHORIZED, "invalid_api_key");
    }
    let Some(messages) = asked["messages"].as_array().filter(|_| asked["model"].is_string()) else {
        return no(StatusCode::BAD_REQUEST, "missing_fields");
    };
    let wants_object = asked.pointer("/response_format/type").and_then(Value::as_str) == Some("json_object");
    let answer = if wants_object { classified(messages) } else { answer(messages, &names(&asked["tools"])) };
    let delay = brain(&shared).faults.delay_ms;
    if delay > 0 {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    let mut brain = brain(&shared);
    if brain.asked.len() >= MOST {
        brain.asked.pop_front();
    }
    brain.asked.push_back(asked);
    if brain.faults.server_errors > 0 {
        brain.faults.server_errors -= 1;
        return no(StatusCode::SERVICE_UNAVAILABLE, "overloaded");
    }
    if brain.faults.nonsense > 0 {
        brain.faults.nonsense -= 1;
        return Json(json!({"choices": [{"message": {"role": "assistant"}}]})).into_response();
    }
    let message = if brain.faults.loops > 0 {
        brain.faults.loops -= 1;
        call("get_conversation_context", &json!({}))
    } else if brain.faults.leaks > 0 {
        brain.faults.leaks -= 1;
        json!({"role": "assistant", "content": "Use the key sk_live_4eC39HqLyjWDarjtT1zdp7dc for it."})
    } else {
        answer
    };
    let finish = if message["tool_calls"].is_array() { "tool_calls" } else { "stop" };
    Json(json!({
        "id": format!("chatcmpl-{}", hex::encode(rand::random::<[u8; 8]>())), "object": "chat.completion",
        "created": shared.now().timestamp(), "model": "simulated",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    }))
    .into_response()
}

fn names(tools: &Value) -> Vec<&str> {
    tools.as_array().into_iter().flatten().filter_map(|tool| tool.pointer("/function/name")?.as_str()).collect()
}

fn say(text: impl Into<String>) -> Value {
    json!({"role": "assistant", "content": text.into()})
}

fn call(name: &str, arguments: &Value) -> Value {
    let id = format!("call_{}", hex::encode(rand::random::<[u8; 6]>()));
    json!({"role": "assistant", "content": null, "tool_calls": [
        {"id": id, "type": "function", "function": {"name": name, "arguments": arguments.to_string()}},
    ]})
}

/// What the model says next: about what a tool answered, or about what the customer wrote.
fn answer(messages: &[Value], tools: &[&str]) -> Value {
    let Some(last) = messages.last() else { return say("How can I help you?") };
    let text = last["content"].as_str().unwrap_or_default();
    if last["role"] == "tool" {
        let name = called(messages, &last["tool_call_id"]).unwrap_or_default();
        return after(name, &serde_json::from_str(text).unwrap_or_default());
    }
    if last["role"] == "system" {
        let id = text
            .split(|sign: char| !sign.is_ascii_hexdigit() && sign != '-')
            .find(|word| Uuid::parse_str(word).is_ok());
        return match id {
            Some(id) => call("get_draft", &json!({"draft_id": id})),
            None => say("How can I help you?"),
        };
    }
    let lower = text.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let wish = if lower.contains("confirm-") {
        ("get_conversation_context", json!({}))
    } else if has(&["buy", "order", "acheter", "commander"])
        && let Some(amount) = amount_in(text)
    {
        (
            "create_transaction_draft",
            json!({"amount": amount, "description": "What the customer asked for in the chat"}),
        )
    } else if has(&["ticket", "visit", "technician", "visite", "technicien"]) {
        ("search_tickets", json!({"status": "open"}))
    } else if has(&["price", "service", "prix", "cost"]) {
        ("list_services", json!({}))
    } else if has(&["complain", "lawyer", "plainte", "refund", "rembours"]) {
        ("request_human", json!({"reason": "complaint"}))
    } else {
        return say("How can I help you? I can look up your tickets, our services and your orders.");
    };
    if tools.contains(&wish.0) {
        call(wish.0, &wish.1)
    } else {
        call("request_human", &json!({"reason": "cannot_help"}))
    }
}

/// What a message is taken for, when an object is asked for.
fn classified(messages: &[Value]) -> Value {
    let text = messages.last().and_then(|last| last["content"].as_str()).unwrap_or_default().to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let (intent, choice, confidence) = if has(&["leak", "broken", "noise", "fuite"]) {
        ("maintenance", json!("dispatch"), 0.9)
    } else if has(&["charged", "statement", "facture"]) {
        ("billing", json!("customer_service"), 0.8)
    } else if has(&["quote", "catalog", "devis"]) {
        ("purchase", json!("sales"), 0.8)
    } else {
        ("unknown", Value::Null, 0.1)
    };
    say(json!({"intent": intent, "confidence": confidence, "choice": choice}).to_string())
}

/// The name of the call that a tool's answer belongs to.
fn called<'m>(messages: &'m [Value], id: &Value) -> Option<&'m str> {
    let calls = messages.iter().filter_map(|message| message["tool_calls"].as_array()).flatten();
    calls.filter(|call| &call["id"] == id).find_map(|call| call.pointer("/function/name")?.as_str())
}

/// The first number of a text.
fn amount_in(text: &str) -> Option<f64> {
    text.split(|sign: char| !sign.is_ascii_digit() && sign != '.')
        .map(|word| word.trim_matches('.'))
        .find_map(|word| word.parse::<f64>().ok().filter(|amount| *amount > 0.0))
}

fn after(tool: &str, answer: &Value) -> Value {
    if let Some(code) = answer.pointer("/error/code").and_then(Value::as_str) {
        return match code {
            "CONFIRMATION_REQUIRED" => say("Please reply with the code from our last message."),
            "APPROVAL_THRESHOLD" => say("Thank you. A colleague of ours has to agree to this amount first."),
            _ => call("request_human", &json!({"reason": "cannot_help"})),
        };
    }
    let result = &answer["result"];
    match tool {
        "search_tickets" => match result["tickets"].as_array().map(Vec::as_slice) {
            Some([first, ..]) => say(format!(
                "Your ticket {} is {}.",
                first["code"].as_str().unwrap_or("?"),
                first["state"].as_str().unwrap_or("?")
            )),
            _ => say("I find no open ticket of yours."),
        },
        "list_services" => {
            let names = result["services"].as_array().into_iter().flatten().filter_map(|one| one["name"].as_str());
            say(format!("We offer: {}.", names.take(5).collect::<Vec<_>>().join(", ")))
        }
        "create_transaction_draft" => {
            say("I have prepared this. Please confirm it with the code we have just sent you.")
        }
        "get_conversation_context" => match result["open_drafts"].pointer("/0/draft_id") {
            Some(id) => call("get_draft", &json!({"draft_id": id})),
            None => say("There is nothing to confirm."),
        },
        "get_draft" => match (&result["confirmation_token"], result["state"].as_str()) {
            (Value::String(token), _) => {
                call("commit_transaction", &json!({"draft_id": result["draft_id"], "confirmation_token": token}))
            }
            (_, Some("AWAITING_HUMAN")) => say("Thank you. A colleague of ours has to agree to this amount first."),
            (_, Some("REJECTED")) => say("A colleague of ours did not agree to this. Nothing was charged."),
            _ => say("This is not confirmed yet."),
        },
        "commit_transaction" => {
            say(format!("Done. Your reference is {}.", result["reference"].as_str().unwrap_or("on its way")))
        }
        _ => say("How else can I help you?"),
    }
}

async fn faults(State(shared): State<Arc<Shared>>) -> Json<ModelFaults> {
    Json(brain(&shared).faults)
}

async fn set_faults(State(shared): State<Arc<Shared>>, Json(faults): Json<ModelFaults>) -> Json<ModelFaults> {
    brain(&shared).faults = faults;
    Json(faults)
}

/// The last requests, as they came: for tests that look for what a model must not be told.
async fn asked(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({"data": brain(&shared).asked}))
}
