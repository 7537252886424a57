//! The catalog of services.

use patchbay_core::catalog::ServiceStatus;
use patchbay_store::services::{self, ServiceFilter};
use serde_json::{Value, json};

use crate::gateway::Gateway;
use crate::outcome::{Outcome, Refusal};
use crate::pipeline::Admitted;

/// Most services of an answer.
const MOST: i64 = 50;

impl Gateway {
    pub(crate) async fn list_services(&self, call: &Admitted<'_>) -> Result<Outcome, Refusal> {
        let text = call.arguments["query"].as_str().map(str::to_lowercase);
        let filter = ServiceFilter { status: Some(ServiceStatus::Active), category: None, text };
        let rows = services::page(&mut self.hub.db.read().await?, &filter, None, MOST).await?;
        let services: Vec<Value> = rows
            .iter()
            .map(|row| {
                json!({"code": row.code, "name": row.name, "base_price_cents": row.base_price_cents,
                       "currency": row.currency, "requires_approval": row.requires_approval})
            })
            .collect();
        Ok(Outcome::of(json!({"services": services})))
    }
}
