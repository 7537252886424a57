//! Tickets that an outside system keeps.

use patchbay_core::ids::RecordId;
use serde_json::{Value, json};

use crate::adapter::Read;
use crate::audit::derived_key;
use crate::gateway::Gateway;
use crate::outcome::{Outcome, Refusal};
use crate::pipeline::Admitted;
use crate::ticketing::Ticketing;
use crate::watch::GivenUp;

/// Tickets of a search when no limit is given.
const FEW: i64 = 10;
/// Fields of an outside ticket that an assistant may see.
const SHOWN: &[&str] = &["code", "state", "status", "summary", "description", "priority", "created_at", "updated_at"];

impl Gateway {
    fn outside(&self) -> Result<&Ticketing, Refusal> {
        self.ticketing.as_ref().ok_or_else(|| Refusal::not_found("ticket"))
    }

    pub(crate) async fn search_outside(&self, call: &Admitted<'_>) -> Result<Outcome, Refusal> {
        let limit = call.arguments["limit"].as_i64().unwrap_or(FEW);
        let mut query = vec![("limit", limit.to_string())];
        for name in ["status", "created_after"] {
            match &call.arguments[name] {
                Value::String(word) if word != "all" => query.push((name, word.clone())),
                Value::Array(words) => {
                    query.extend(words.iter().filter_map(Value::as_str).map(|word| (name, word.to_owned())));
                }
                _ => {}
            }
        }
        let customer = call.scene.contact.id.to_string();
        let found = self.outside()?.search(&call.scene.tenant(), &customer, &query).await;
        let found = self.or_given_up(call, "ticketing.search", found).await?;
        let most = usize::try_from(limit).unwrap_or(0);
        let shown: Vec<Value> =
            entries(&found.value).iter().filter(|entry| is_own(entry, &customer)).take(most).map(project).collect();
        Ok(Outcome::of(json!({
            "count": shown.len(), "tickets": shown, "as_of": found.at, "stale": found.stale,
            "untrusted": ["tickets[].summary", "tickets[].description"],
        })))
    }

    pub(crate) async fn read_outside(&self, call: &Admitted<'_>) -> Result<Outcome, Refusal> {
        let id = call.arguments["ticket_id"].as_str().unwrap_or_default();
        let Read { value, at, stale } = self.own_outside(call, id).await?;
        let mut shown = project(&value);
        shown["as_of"] = json!(at);
        shown["stale"] = json!(stale);
        shown["untrusted"] = json!(["summary", "description"]);
        Ok(Outcome::of(shown))
    }

    pub(crate) async fn create_outside(&self, call: &Admitted<'_>) -> Result<Outcome, Refusal> {
        self.check_by_itself(call)?;
        let scene = call.scene;
        let customer = scene.contact.id.to_string();
        let mut body = call.arguments.clone();
        body["customer_id"] = customer.clone().into();
        body["conversation_id"] = json!(scene.conversation.id);
        body["source"] = scene.conversation.channel.as_str().into();
        let made = self.outside()?.create(&scene.tenant(), &customer, key_of(call), &body).await;
        let made = self.or_given_up(call, "ticketing.create", made).await?;
        let mut shown = project(&made);
        shown["untrusted"] = json!(["summary", "description"]);
        Ok(Outcome::of(shown))
    }

    pub(crate) async fn comment_outside(&self, call: &Admitted<'_>) -> Result<Outcome, Refusal> {
        self.check_by_itself(call)?;
        let text = |name: &str| call.arguments[name].as_str().unwrap_or_default();
        let (id, text) = (text("ticket_id"), text("text"));
        self.own_outside(call, id).await?;
        let customer = call.scene.contact.id.to_string();
        let said = self.outside()?.comment(&call.scene.tenant(), &customer, (id, text), key_of(call)).await;
        self.or_given_up(call, "ticketing.comment", said).await?;
        Ok(Outcome::of(json!({"ticket_id": id, "state": "commented"})))
    }

    /// A ticket of this conversation's customer. Error: 404, whether absent or somebody else's.
    async fn own_outside(&self, call: &Admitted<'_>, id: &str) -> Result<Read<Value>, Refusal> {
        let absent = || Refusal::not_found("ticket").at("ticket_id");
        let (tenant, customer) = (call.scene.tenant(), call.scene.contact.id.to_string());
        let found = self.outside()?.ticket(&tenant, &customer, id).await;
        let found = self.or_given_up(call, "ticketing.get", found).await?.ok_or_else(absent)?;
        // A system that does not say whose a ticket is does not get it shown.
        if found.value["customer_id"].as_str() == Some(customer.as_str()) { Ok(found) } else { Err(absent()) }
    }

    /// A call of the outside system as it ended; one that was given up is kept for people.
    async fn or_given_up<T>(&self, call: &Admitted<'_>, what: &str, end: Result<T, Refusal>) -> Result<T, Refusal> {
        if let Err(refusal) = &end
            && refusal.code().status() >= 500
            && refusal.reason != "upstream.open_circuit"
        {
            let given_up = GivenUp {
                adapter: "ticketing",
                call: what,
                about: RecordId(call.call_id.0),
                conversation: call.scene.conversation.id,
                error: &refusal.reason,
                attempts: 3,
            };
            if let Err(error) = self.given_up(&call.scene.ctx, &given_up).await {
                tracing::error!(error = %patchbay_http::Chain(&error), "a failed call could not be kept");
            }
        }
        end
    }
}

/// The key of a call, the same when it is repeated with its own key.
fn key_of(call: &Admitted<'_>) -> uuid::Uuid {
    let given = call.key.map_or_else(|| call.call_id.to_string(), |key| key.to_string());
    derived_key(&["outside", call.spec.name, &call.scene.conversation.id.to_string(), &given])
}

/// A list, however the system wraps it.
fn entries(value: &Value) -> Vec<Value> {
    let wrapped = ["data", "tickets", "items", "results"].iter().find_map(|name| value.get(*name));
    wrapped.unwrap_or(value).as_array().cloned().unwrap_or_default()
}

fn is_own(entry: &Value, customer: &str) -> bool {
    entry.get("customer_id").and_then(Value::as_str).is_none_or(|owner| owner == customer)
}

/// An outside ticket as an assistant may see it.
fn project(entry: &Value) -> Value {
    let id = ["id", "ticket_id"].iter().find_map(|name| entry.get(*name)).filter(|id| id.is_string() || id.is_number());
    let mut shown = json!({"ticket_id": id});
    for name in SHOWN {
        if let Some(value) = entry.get(*name).filter(|value| !value.is_object() && !value.is_array()) {
            shown[*name] = value.clone();
        }
    }
    shown
}
