//! Appointments: a customer's choice of a window on offer, drafted by an assistant, confirmed by the customer's own reply.

use patchbay_core::hours::local;
use patchbay_core::ids::{ScheduleOptionId, TicketId};
use patchbay_core::ticket::{Command, TicketState};
use patchbay_core::{Code, Ctx};
use patchbay_dispatch::{Alone, Call};
use patchbay_store::schedules::{self, OptionRow};
use patchbay_store::sites;
use patchbay_store::tool_drafts::DraftRow;
use serde_json::json;

use super::create::{Wanted, keep};
use super::effect::{done, failed, key_of};
use crate::gateway::Gateway;
use crate::outcome::{Outcome, Refusal};
use crate::pipeline::Admitted;
use crate::transactions::CommitEnd;

/// The tool.
pub(super) const NAME: &str = "confirm_schedule_draft";

impl Gateway {
    pub(crate) async fn create_visit(&self, call: &Admitted<'_>) -> Result<Outcome, Refusal> {
        let scene = call.scene;
        let absent = |what: &str, field: &str| Refusal::not_found(what).at(field);
        let id: TicketId = call.arguments["ticket_id"]
            .as_str()
            .and_then(|id| id.parse().ok())
            .ok_or_else(|| absent("ticket", "ticket_id"))?;
        let wanted: Option<ScheduleOptionId> = call.arguments["window_id"].as_str().and_then(|id| id.parse().ok());
        let mut tx = self.hub.db.begin().await?;
        let ticket = scene.ticket(&mut tx, id).await?;
        if ticket.state != TicketState::ScheduleProposed {
            let message = "no window is on offer for this ticket";
            let refusal = Refusal::new(Code::InvalidStateTransition, "draft.ticket_state", message);
            return Err(refusal.at("ticket_id"));
        }
        let offered = schedules::live_options(&mut tx, id).await?;
        let window = offered
            .into_iter()
            .find(|window| Some(window.id) == wanted && window.ends_at > scene.ctx.now)
            .ok_or_else(|| absent("window", "window_id"))?;
        let timezone = sites::by_id(&mut tx, ticket.site_id).await?.map(|site| site.timezone).unwrap_or_default();
        let text = text_of(&window, &timezone);
        let policy = self.policy();
        // What is agreed to is agreed to as things stand: a ticket that moves on takes the agreement with it.
        let payload = json!({
            "customer_id": scene.contact.id, "ticket_id": id, "ticket_version": ticket.version,
            "ticket_code": ticket.code, "window_id": window.id, "start": window.starts_at, "end": window.ends_at,
            "window_text": text, "description": format!("{}: {text}", ticket.code),
        });
        let plan = policy.plan_without_money(call.spec, &[]);
        let wanted = Wanted { payload, plan, money: None, policy_version: policy.version };
        let draft = self.wanted_row(&mut tx, call, wanted).await?;
        keep(tx, &draft).await?;
        self.ask_about(scene, draft).await
    }

    /// Commits the window that the customer chose.
    pub(super) async fn confirm_visit(&self, ctx: &Ctx, draft: &DraftRow) -> CommitEnd {
        let Some(ticket) = draft.payload["ticket_id"].as_str().and_then(|id| id.parse::<TicketId>().ok()) else {
            return CommitEnd::Refused("the draft names no ticket".into());
        };
        let payload = &draft.payload;
        let body =
            json!({"start": payload["start"], "end": payload["end"], "expected_version": payload["ticket_version"]});
        let call =
            Call::internal(Command::ScheduleConfirm, key_of(draft), body).on(ticket).on_behalf_of(draft.contact_id.0);
        match self.hub.dispatch.execute(ctx, call, &mut Alone).await {
            Ok(reply) => done(&reply.body),
            Err(error) => failed(error),
        }
    }
}

/// `2026-03-06 09:00-11:00 (America/Toronto)`: as the clocks at the site show it.
fn text_of(window: &OptionRow, timezone: &str) -> String {
    let (start, end) = (local(window.starts_at, timezone), local(window.ends_at, timezone));
    let until = if start.date() == end.date() { end.format("%H:%M") } else { end.format("%Y-%m-%d %H:%M") };
    let zone = if timezone.is_empty() { "UTC" } else { timezone };
    format!("{}-{until} ({zone})", start.format("%Y-%m-%d %H:%M"))
}
