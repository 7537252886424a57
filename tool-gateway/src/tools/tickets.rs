//! Tickets: what an assistant may read of them, and the closed commands, carried out by the enforcement API under the
//! assistant's own role.

use futures::future::BoxFuture;
use patchbay_core::ids::{ConversationId, TicketId};
use patchbay_core::place::TicketRelation;
use patchbay_core::role::Role;
use patchbay_core::ticket::command::Kind;
use patchbay_core::ticket::{Command, Ticket, TicketState};
use patchbay_core::tool::{Tool, ToolSpec};
use patchbay_core::{Code, Ctx};
use patchbay_dispatch::{Alone, Also, Call, Joined};
use patchbay_http::ApiError;
use patchbay_hub::{HubError, feed};
use patchbay_store::tool_views::{self, CustomerTickets};
use patchbay_store::{Tx, conversations, evidence, schedules, tickets};
use serde_json::{Map, Value, json};

use crate::audit::derived_key;
use crate::gateway::Gateway;
use crate::outcome::{Outcome, Refusal};
use crate::pipeline::Admitted;

/// Tickets of a search when no limit is given.
const FEW: i64 = 10;

impl Gateway {
    pub(crate) async fn search_tickets(&self, call: &Admitted<'_>) -> Result<Outcome, Refusal> {
        let scene = call.scene;
        let words: Vec<&str> = match &call.arguments["status"] {
            Value::String(word) => vec![word],
            Value::Array(words) => words.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let status = match words.as_slice() {
            [one] if *one != "all" => Some(*one),
            _ => None,
        };
        let of = CustomerTickets {
            contact: scene.contact.id,
            account: scene.account,
            conversation: scene.conversation.id,
            status,
            created_after: call.arguments["created_after"].as_str().and_then(|time| time.parse().ok()),
        };
        let limit = call.arguments["limit"].as_i64().unwrap_or(FEW);
        let rows = tool_views::tickets(&mut self.hub.db.read().await?, &of, limit).await?;
        let shown: Vec<Value> = rows
            .iter()
            .map(|row| {
                json!({"id": row.id, "ticket_id": row.id, "code": row.code, "state": row.state,
                       "summary": row.summary, "site": row.site_name, "created_at": row.created_at,
                       "updated_at": row.updated_at})
            })
            .collect();
        Ok(Outcome::of(
            json!({"count": shown.len(), "tickets": shown, "untrusted": ["tickets[].summary", "tickets[].site"]}),
        ))
    }

    pub(crate) async fn read_ticket(&self, call: &Admitted<'_>, command: Command) -> Result<Outcome, Refusal> {
        let id = ticket_id(call)?;
        let mut tx = self.hub.db.read().await?;
        let ticket = call.scene.ticket(&mut tx, id).await?;
        let result = match command {
            Command::TicketTimeline => {
                let steps = tickets::transitions(&mut tx, id).await?;
                let events: Vec<Value> = steps
                    .iter()
                    .map(|step| {
                        json!({"seq": step.seq, "command": step.command, "from_state": step.from_state,
                               "state": step.to_state, "at": step.created_at})
                    })
                    .collect();
                json!({"ticket_id": id, "events": events})
            }
            Command::TicketEvidence => {
                let rows = evidence::of_ticket(&mut tx, id).await?;
                let shown: Vec<Value> = rows
                    .iter()
                    .map(|row| json!({"id": row.id, "kind": row.kind, "checksum": row.checksum, "created_at": row.created_at}))
                    .collect();
                json!({"ticket_id": id, "evidence": shown})
            }
            _ => {
                let mut shown = line(&ticket);
                shown["next_steps"] = self.next_steps(&ticket).into();
                if ticket.state == TicketState::ScheduleProposed {
                    let windows = schedules::live_options(&mut tx, id).await?;
                    shown["windows"] = windows
                        .iter()
                        .map(|row| json!({"window_id": row.id, "start": row.starts_at, "end": row.ends_at}))
                        .collect();
                }
                shown
            }
        };
        Ok(Outcome::of(result))
    }

    /// The tools that a ticket's state leaves an assistant.
    fn next_steps(&self, ticket: &Ticket) -> Vec<&'static str> {
        let fits = |spec: &&ToolSpec| match spec.tool {
            Tool::Ticket(command) => command.row().from.contains(&ticket.state),
            Tool::ConfirmSchedule => ticket.state == TicketState::ScheduleProposed,
            _ => false,
        };
        self.catalog.iter().filter(fits).map(|spec| spec.name).collect()
    }

    pub(crate) async fn command_ticket(&self, call: &Admitted<'_>, command: Command) -> Result<Outcome, Refusal> {
        let row = command.row();
        let scene = call.scene;
        let mut fields = call.arguments.as_object().cloned().unwrap_or_default();
        let ticket =
            fields.remove("ticket_id").as_ref().and_then(Value::as_str).and_then(|id| id.parse::<TicketId>().ok());
        self.check_by_itself(call)?;
        let conversation = scene.conversation.id.to_string();
        let fresh = call.call_id.to_string();
        let key = match call.key {
            Some(key) => derived_key(&["tool", call.spec.name, &conversation, &key.to_string()]),
            None => derived_key(&["tool", call.spec.name, &conversation, &fresh]),
        };
        let reply = if row.kind == Kind::Creates {
            self.fill_in(call, &mut fields).await?;
            let made = Call::internal(command, key, Value::Object(fields));
            let mut link = Link { conversation: scene.conversation.id };
            self.hub.dispatch.execute(&scene.ctx, made, &mut link).await?
        } else {
            let id =
                ticket.ok_or_else(|| Refusal::new(Code::InvalidRequest, "input.schema", "ticket_id: is required"))?;
            scene.ticket(&mut self.hub.db.read().await?, id).await?;
            let made = Call::internal(command, key, Value::Object(fields)).on(id);
            self.hub.dispatch.execute(&scene.ctx, made, &mut Alone).await?
        };
        let mut result: Value = serde_json::from_str(&reply.body).unwrap_or(Value::Null);
        if result.is_object() {
            result["untrusted"] = json!(["summary", "description"]);
        }
        Ok(Outcome::of(result))
    }

    /// Whether the caller may do by itself what changes a ticket. Error: 409 `MANUAL_REVIEW_REQUIRED`.
    pub(crate) fn check_by_itself(&self, call: &Admitted<'_>) -> Result<(), Refusal> {
        let is_assistant = call.scene.ctx.actor.role == Role::AiAgent;
        if call.suspicion.needs_a_person() || (is_assistant && self.policy().leaves_to_people(call.spec)) {
            return Err(Refusal::new(
                Code::ManualReviewRequired,
                "confirmation.human_required",
                "a person has to do this; hand the conversation over with request_human",
            ));
        }
        Ok(())
    }

    /// Fills in what the conversation tells: account, site, contact and source of a new ticket.
    async fn fill_in(&self, call: &Admitted<'_>, fields: &mut Map<String, Value>) -> Result<(), Refusal> {
        let scene = call.scene;
        let missing =
            |field: &str| Refusal::new(Code::InvalidRequest, "input.schema", format!("{field}: is required")).at(field);
        if !fields.contains_key("account_id") {
            let own = scene.account.or(match &scene.ctx.actor.accounts {
                patchbay_core::actor::Scope::Only(accounts) if accounts.len() == 1 => accounts.first().copied(),
                _ => None,
            });
            fields.insert("account_id".into(), json!(own.ok_or_else(|| missing("account_id"))?));
        }
        if !fields.contains_key("site_id") {
            let account =
                fields["account_id"].as_str().and_then(|id| id.parse().ok()).ok_or_else(|| missing("account_id"))?;
            let site = tool_views::only_site(&mut self.hub.db.read().await?, account).await?;
            fields.insert("site_id".into(), json!(site.ok_or_else(|| missing("site_id"))?));
        }
        let same_account =
            scene.account.is_none() || scene.account.map(|account| json!(account)) == fields.get("account_id").cloned();
        if !fields.contains_key("contact_id") && same_account {
            fields.insert("contact_id".into(), json!(scene.contact.id));
        }
        fields.entry("source").or_insert_with(|| scene.conversation.channel.as_str().into());
        Ok(())
    }
}

fn ticket_id(call: &Admitted<'_>) -> Result<TicketId, Refusal> {
    call.arguments["ticket_id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| Refusal::new(Code::InvalidRequest, "input.schema", "ticket_id: must be a UUID").at("ticket_id"))
}

/// What an assistant may know of a ticket.
fn line(ticket: &Ticket) -> Value {
    json!({
        "id": ticket.id, "ticket_id": ticket.id, "code": ticket.code, "state": ticket.state, "version": ticket.version,
        "priority": ticket.priority, "urgency": ticket.urgency, "category": ticket.category,
        "incident_type": ticket.incident_type, "summary": ticket.summary, "description": ticket.description,
        "scheduled_start": ticket.scheduled_start, "scheduled_end": ticket.scheduled_end,
        "created_at": ticket.created_at, "updated_at": ticket.updated_at, "untrusted": ["summary", "description"],
    })
}

/// Links a ticket to the conversation it was made in.
pub(crate) struct Link {
    pub(crate) conversation: ConversationId,
}

impl Also for Link {
    fn created<'a>(
        &'a mut self,
        tx: &'a mut Tx,
        ctx: &'a Ctx,
        ticket: &'a Ticket,
    ) -> BoxFuture<'a, Result<Joined, ApiError>> {
        Box::pin(async move {
            let audience = self.link(tx, ctx, ticket.id, TicketRelation::Origin).await?;
            let body = patchbay_dispatch::TicketBody::from(ticket);
            let reply = serde_json::to_value(body).expect("a body is plain data");
            Ok(Joined { reply, conversation: Some(self.conversation), audience })
        })
    }

    fn repeated<'a>(
        &'a mut self,
        tx: &'a mut Tx,
        ctx: &'a Ctx,
        ticket: TicketId,
    ) -> BoxFuture<'a, Result<(), ApiError>> {
        Box::pin(async move { self.link(tx, ctx, ticket, TicketRelation::Update).await.map(drop) })
    }
}

impl Link {
    pub(crate) async fn link(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        ticket: TicketId,
        relation: TicketRelation,
    ) -> Result<patchbay_core::event::Audience, ApiError> {
        let locked = conversations::lock(tx, self.conversation).await.map_err(HubError::from)?;
        let row = locked.ok_or_else(|| ApiError::not_found("conversation"))?;
        tickets::link(tx, self.conversation, ticket, relation, ctx.actor.id, ctx.now).await.map_err(HubError::from)?;
        Ok(feed::audience(&row, None))
    }
}
