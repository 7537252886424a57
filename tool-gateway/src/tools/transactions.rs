//! Transactions of the customer, as the transaction system has them.

use patchbay_core::Code;
use serde_json::{Value, json};

use crate::gateway::Gateway;
use crate::outcome::{Outcome, Refusal};
use crate::pipeline::Admitted;
use crate::transactions::Transactions;

/// Fields of a transaction that an assistant may see.
const SHOWN: &[&str] =
    &["amount", "amount_minor", "currency", "description", "created_at", "updated_at", "completed_at", "date"];

impl Gateway {
    pub(crate) fn transaction_system(&self) -> Result<&Transactions, Refusal> {
        self.transactions.as_ref().ok_or_else(|| {
            Refusal::new(Code::IntegrationFailed, "upstream.missing", "no transaction system is connected")
        })
    }

    pub(crate) async fn transaction_status(&self, call: &Admitted<'_>) -> Result<Outcome, Refusal> {
        let id = call.arguments["transaction_id"].as_str().unwrap_or_default();
        let customer = call.scene.contact.id.to_string();
        let absent = || Refusal::not_found("transaction").at("transaction_id");
        let system = self.transaction_system()?;
        let found = system.status(&call.scene.tenant(), &customer, id).await?.ok_or_else(absent)?;
        let own = match found.value.get("customer_id").and_then(Value::as_str) {
            Some(owner) => owner == customer,
            // The system does not say whose it is: then it must be on the customer's own list.
            None => system
                .history(&call.scene.tenant(), &customer)
                .await?
                .value
                .iter()
                .any(|entry| identifier(entry) == Some(id)),
        };
        if !own {
            return Err(absent());
        }
        let mut shown = project(&found.value);
        shown["as_of"] = json!(found.at);
        shown["stale"] = json!(found.stale);
        shown["untrusted"] = json!(["description"]);
        Ok(Outcome::of(shown))
    }

    pub(crate) async fn transaction_history(&self, call: &Admitted<'_>) -> Result<Outcome, Refusal> {
        let customer = call.scene.contact.id.to_string();
        let limit = usize::try_from(call.arguments["limit"].as_i64().unwrap_or(10)).unwrap_or(10);
        let time = |name: &str| {
            call.arguments[name].as_str().and_then(|time| time.parse::<chrono::DateTime<chrono::Utc>>().ok())
        };
        let (from, to) = (time("from"), time("to"));
        let history = self.transaction_system()?.history(&call.scene.tenant(), &customer).await?;
        let own =
            |entry: &&Value| entry.get("customer_id").and_then(Value::as_str).is_none_or(|owner| owner == customer);
        let within = |entry: &&Value| {
            let at: Option<chrono::DateTime<chrono::Utc>> =
                entry.get("created_at").and_then(Value::as_str).and_then(|time| time.parse().ok());
            at.is_none_or(|at| from.is_none_or(|from| from <= at) && to.is_none_or(|to| at <= to))
        };
        let shown: Vec<Value> = history.value.iter().filter(own).filter(within).take(limit).map(project).collect();
        Ok(Outcome::of(json!({
            "count": shown.len(), "transactions": shown, "as_of": history.at, "stale": history.stale,
            "untrusted": ["transactions[].description"],
        })))
    }
}

/// What a transaction is called.
pub(crate) fn identifier(entry: &Value) -> Option<&str> {
    ["transaction_id", "id", "reference"].iter().find_map(|name| entry.get(name).and_then(Value::as_str))
}

/// A transaction as an assistant may see it.
fn project(entry: &Value) -> Value {
    let mut shown = json!({
        "transaction_id": identifier(entry),
        "state": entry.get("state").or_else(|| entry.get("status")),
        "status": entry.get("status").or_else(|| entry.get("state")),
    });
    for name in SHOWN {
        if let Some(value) = entry.get(name).filter(|value| !value.is_object() && !value.is_array()) {
            shown[*name] = value.clone();
        }
    }
    shown
}
