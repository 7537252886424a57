//! Jobs of a dealership, found by what a dealer has at hand.

use patchbay_core::Code;
use patchbay_store::tickets;
use patchbay_store::tool_views::{self, JobKeys};
use serde_json::{Value, json};

use crate::gateway::Gateway;
use crate::outcome::{Outcome, Refusal};
use crate::pipeline::Admitted;

/// Most jobs of an answer.
const MOST: i64 = 10;

impl Gateway {
    /// Jobs of the conversation's own dealership. Error: 403 in conversations of others.
    pub(crate) async fn find_job(&self, call: &Admitted<'_>) -> Result<Outcome, Refusal> {
        let scene = call.scene;
        let Some(account) = scene.account else {
            let message = "this tool works in conversations of dealerships";
            return Err(Refusal::new(Code::ToolNotAllowed, "permission.party", message));
        };
        let given = |name: &str| call.arguments[name].as_str().map(str::to_uppercase);
        let keys = JobKeys { vin: given("vin"), stock_no: given("stock_no"), code: given("job_code") };
        if keys.vin.is_none() && keys.stock_no.is_none() && keys.code.is_none() {
            let message = "vin: give a vin, a stock_no or a job_code";
            return Err(Refusal::new(Code::InvalidRequest, "input.schema", message).at("vin"));
        }
        let mut tx = self.hub.db.read().await?;
        let mut jobs: Vec<Value> = Vec::new();
        for line in tool_views::jobs(&mut tx, account, &keys, MOST).await? {
            let Some(ticket) = tickets::by_id(&mut tx, line.id).await? else { continue };
            if !scene.ctx.actor.may_touch(ticket.account_id, ticket.site_id) {
                continue;
            }
            jobs.push(json!({
                "job_id": ticket.id, "code": ticket.code, "state": ticket.state,
                "status": ticket.projections().job_status, "urgency": ticket.urgency, "service": line.service,
                "vehicle": {"year": line.year, "make": line.make, "model": line.model, "stock_no": line.stock_no},
            }));
        }
        let untrusted = ["jobs[].vehicle.make", "jobs[].vehicle.model", "jobs[].vehicle.stock_no"];
        Ok(Outcome::of(json!({"count": jobs.len(), "jobs": jobs, "untrusted": untrusted})))
    }
}
