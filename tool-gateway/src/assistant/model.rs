//! The model behind an OpenAI-compatible interface: one call, one answer. Source: OpenAI API reference, chat completions.

use std::time::Duration;

use patchbay_core::secret::Secret;
use patchbay_core::tool::{ToolSpec, bytes};
use serde_json::{Value, json};

use super::{AssistantConfig, UnusableAssistant};
use crate::adapter::{Ended, finish, http_client};

/// Longest wait for one answer.
const WITHIN: Duration = Duration::from_secs(20);
/// Tries of one call.
const TRIES: u32 = 2;
/// Most tools of one answer that are called.
const MOST_CALLS: usize = 4;

#[derive(Debug)]
pub(super) struct Model {
    http: reqwest::Client,
    url: String,
    key: Option<Secret>,
    name: String,
}

/// A tool that the model wants called.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) id: String,
    pub(super) name: String,
    /// `None`: what it wrote cannot be read.
    pub(super) arguments: Option<Value>,
}

/// What the model answered.
#[derive(Clone, Debug)]
pub(super) struct Said {
    /// The message as it has to be repeated in the next call.
    pub(super) message: Value,
    pub(super) text: String,
    pub(super) wanted: Vec<Wanted>,
}

impl Model {
    pub(super) fn new(config: &AssistantConfig) -> Result<Self, UnusableAssistant> {
        let base = config.base_url.trim_end_matches('/');
        let parsed = url::Url::parse(base).map_err(|_| UnusableAssistant("base_url is no URL".into()))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(UnusableAssistant("base_url is no http URL".into()));
        }
        if config.model.is_empty() {
            return Err(UnusableAssistant("model is not set".into()));
        }
        let http = http_client().ok_or_else(|| UnusableAssistant("no HTTP client can be made".into()))?;
        let url = format!("{base}/chat/completions");
        Ok(Self { http, url, key: config.api_key.clone(), name: config.model.clone() })
    }

    /// Asks the model. `None`: it does not answer, or nothing that can be used.
    pub(super) async fn ask(&self, messages: &[Value], tools: &[&ToolSpec]) -> Option<Said> {
        let tools: Vec<Value> = tools.iter().map(|tool| described(tool)).collect();
        let body = json!({
            "model": self.name, "messages": messages, "tools": tools, "tool_choice": "auto", "temperature": 0,
        });
        for _ in 0..TRIES {
            let mut call = self.http.post(&self.url).json(&body).timeout(WITHIN);
            if let Some(key) = &self.key {
                call = call.bearer_auth(key.expose());
            }
            match finish(call).await.ended {
                Ended::Answer(200..=299, answer) => return read(&answer),
                Ended::Answer(429 | 500..=599, _) | Ended::NotSent => {}
                Ended::Answer(..) | Ended::Lost => return None,
            }
        }
        None
    }
}

fn described(tool: &ToolSpec) -> Value {
    json!({"type": "function", "function": {
        "name": tool.plain_name(), "description": tool.about, "parameters": tool.input_schema(),
    }})
}

fn read(answer: &Value) -> Option<Said> {
    let message = answer.pointer("/choices/0/message")?;
    let text = message["content"].as_str().unwrap_or_default().to_owned();
    let mut wanted = Vec::new();
    for call in message["tool_calls"].as_array().into_iter().flatten() {
        let (id, name) = (call["id"].as_str()?, call.pointer("/function/name")?.as_str()?);
        let arguments = call.pointer("/function/arguments").and_then(Value::as_str).unwrap_or("{}");
        // As strictly as what comes in over HTTP: no key twice, no odd number.
        let arguments = bytes::read(arguments.as_bytes()).ok().filter(Value::is_object);
        wanted.push(Wanted { id: id.to_owned(), name: name.to_owned(), arguments });
    }
    if wanted.len() > MOST_CALLS || (wanted.is_empty() && text.trim().is_empty()) {
        return None;
    }
    let mut repeated = json!({"role": "assistant", "content": text});
    if let Some(calls) = message.get("tool_calls").filter(|_| !wanted.is_empty()) {
        repeated["tool_calls"] = calls.clone();
    }
    Some(Said { message: repeated, text, wanted })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(message: &Value) -> Value {
        json!({"choices": [{"message": message}]})
    }

    #[test]
    fn calls_are_read_strictly() {
        let call = |arguments: &str| {
            answer(&json!({"content": null, "tool_calls": [
                {"id": "1", "type": "function", "function": {"name": "search_tickets", "arguments": arguments}},
            ]}))
        };
        assert_eq!(read(&call("{\"limit\":3}")).expect("read").wanted[0].arguments, Some(json!({"limit": 3})));
        for odd in ["{\"limit\":1,\"limit\":2}", "{\"limit\":1e3}", "[]", "{"] {
            assert_eq!(read(&call(odd)).expect("read").wanted[0].arguments, None, "{odd}");
        }
        assert!(read(&answer(&json!({"content": " "}))).is_none());
        assert!(read(&json!({"choices": []})).is_none());
    }
}
