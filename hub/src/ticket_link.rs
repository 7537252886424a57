//! Making a ticket from a conversation: the ticket, the link and the conversation's events in one transaction, through
//! the pipeline of commands.

use axum::extract::State;
use axum::http::HeaderMap;
use futures::future::BoxFuture;
use patchbay_core::event::{Audience, EventName};
use patchbay_core::ids::{ConversationId, ServiceId, SiteId, TicketId};
use patchbay_core::place::TicketRelation;
use patchbay_core::routing::OpenTicket;
use patchbay_core::ticket::{Command, Ticket};
use patchbay_core::{Code, Ctx};
use patchbay_dispatch::{Also, Call, Grounds, Joined, MAX_BODY_BYTES, Reply, TicketBody};
use patchbay_http::{ApiError, Body, Caller, Id, OpenApiRouter, routes};
use patchbay_store::conversations::{self, ConversationRow};
use patchbay_store::services::ServiceRow;
use patchbay_store::ticket_services::NewLine;
use patchbay_store::{Tx, annotations, contact_sites, contacts, events, sites, tickets, triage_states};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::body::ConversationBody;
use crate::catalog::named_services;
use crate::conversations::{body_of, may_dispatch};
use crate::error::HubError;
use crate::feed::{audience, conversation_event};
use crate::service_levels;
use crate::state::Hub;

/// Names the one ticket that triage makes of a conversation.
const TRIAGE_TICKET: &[u8] = b"open_ticket";
/// Longest summary of a ticket made by triage, in characters.
const SUMMARY_CHARS: usize = 300;
const ENDPOINT: &str = "POST /api/v1/conversations/{id}/ticket";

/// `POST /api/v1/conversations/{id}/ticket`.
pub fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new().routes(routes!(make_ticket)).layer(axum::extract::DefaultBodyLimit::max(MAX_BODY_BYTES))
}

/// The ticket and the conversation it was made from.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct LinkedTicketBody {
    ticket: TicketBody,
    conversation: ConversationBody,
}

/// Turns a conversation into a ticket. The body is that of `POST /tickets` (mode `create`) or `POST /tickets/intake`
/// (mode `intake`) beside `mode`; `contact_id` is the conversation's when missing. `service_ids` name what it is about:
/// one line of work for each at the catalog's price, and it ranks by them. A request that is a ticket already is refused
/// with it, and the conversation is linked to it. Errors: those of these commands, 404 `NOT_FOUND`.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/ticket", tag = "conversations",
    params(("id" = Uuid, Path), ("Idempotency-Key" = Uuid, Header, description = "Names the one request.")),
    request_body(content = Value, description = "`{\"mode\":\"create\"|\"intake\", \"service_ids\"?: […], …the command's fields}`"),
    responses((status = 201, body = LinkedTicketBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 403, description = "FORBIDDEN, FORBIDDEN_SCOPE"), (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "DUPLICATE_INTAKE, IDEMPOTENCY_PAYLOAD_MISMATCH")))]
async fn make_ticket(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ConversationId>,
    headers: HeaderMap,
    Body(body): Body<Value>,
) -> Result<Reply, HubError> {
    let (command, mut fields) = command(body)?;
    let asked = services(&mut fields)?;
    if command.row().reach(ctx.actor.role).is_none() {
        return Err(ApiError::forbidden("this role does not record tickets").into());
    }
    let found = conversations::by_id(&mut hub.db.read().await?, id).await?;
    let conversation =
        found.filter(|row| may_dispatch(&ctx.actor, row)).ok_or_else(|| ApiError::not_found("conversation"))?;
    complete(&hub, &conversation, &mut fields).await?;
    let mut path = vec![("id", id.to_string()), ("mode", command.row().tool.to_owned())];
    if !asked.is_empty() {
        path.push(("services", asked.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")));
    }
    let site = fields.get("site_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
    let call = Call::new(command, &headers, fields).through(ENDPOINT, path);
    let mut link = LinkConversation { hub: hub.clone(), id, services: asked, site };
    Ok(hub.dispatch.execute(&ctx, call, &mut link).await.map_err(ApiError::from)?)
}

/// The command a body asks for, and the command's fields.
fn command(body: Value) -> Result<(Command, Value), ApiError> {
    let Value::Object(mut fields) = body else { return Err(ApiError::invalid("body", "must be an object")) };
    match fields.remove("mode").as_ref().and_then(Value::as_str) {
        Some("create") => Ok((Command::TicketCreate, fields.into())),
        Some("intake") => Ok((Command::TicketBlindIntake, fields.into())),
        _ => Err(ApiError::invalid("mode", "must be \"create\" or \"intake\"")),
    }
}

/// The services a body names beside the command's fields.
fn services(fields: &mut Value) -> Result<Vec<ServiceId>, ApiError> {
    let named = fields.as_object_mut().and_then(|fields| fields.remove("service_ids")).unwrap_or(Value::Null);
    let named: Option<Vec<ServiceId>> =
        serde_json::from_value(named).map_err(|_| ApiError::invalid("service_ids", "must be a list of ids"))?;
    let named = named.unwrap_or_default();
    named_services::check(&named)?;
    Ok(named)
}

/// Fills in what the conversation tells: its channel, and its contact unless that belongs to another account.
async fn complete(hub: &Hub, conversation: &ConversationRow, fields: &mut Value) -> Result<(), HubError> {
    let Value::Object(fields) = fields else { return Ok(()) };
    fields.entry("source").or_insert_with(|| conversation.channel.as_str().into());
    if fields.contains_key("contact_id") {
        return Ok(());
    }
    let contact = contacts::by_id(&mut hub.db.read().await?, conversation.contact_id).await?;
    let account = contact.and_then(|contact| contact.account_id).map(|account| json!(account));
    if account.is_none() || account.as_ref() == fields.get("account_id") {
        fields.insert("contact_id".into(), json!(conversation.contact_id));
    }
    Ok(())
}

/// Makes the ticket that triage asks for, and links it; the same again makes no other. `false`: it cannot be made without
/// a person, who is told: nobody knows at which site it is, or how to reach the customer.
pub async fn open_for(hub: &Hub, ctx: &Ctx, id: ConversationId, wanted: &OpenTicket) -> Result<bool, HubError> {
    let Some(fields) = fields_for(hub, id, wanted).await? else {
        let mut tx = hub.db.begin().await?;
        if let Some(row) = conversations::lock(&mut tx, id).await? {
            let details = json!({ "ticket": wanted });
            annotations::record_event(&mut tx, ctx, id, "ticket_needs_site", details.clone()).await?;
            service_levels::raise(&mut tx, ctx, &row, "TICKET_NEEDS_SITE", details).await?;
        }
        tx.commit().await?;
        return Ok(false);
    };
    let path = [("id", id.to_string()), ("mode", Command::TicketBlindIntake.row().tool.to_owned())];
    let key = Uuid::new_v5(&id.0, TRIAGE_TICKET);
    let call = Call::internal(Command::TicketBlindIntake, key, fields).through(ENDPOINT, path);
    let mut link = LinkConversation { hub: hub.clone(), id, services: Vec::new(), site: None };
    match hub.dispatch.execute(ctx, call, &mut link).await.map_err(ApiError::from) {
        Ok(_) => Ok(true),
        // The request is a ticket already, and the conversation is linked to it.
        Err(refusal) if refusal.code() == Code::DuplicateIntake => Ok(true),
        Err(refusal) => Err(refusal.into()),
    }
}

/// The fields of the ticket, from what is known of the customer.
async fn fields_for(hub: &Hub, id: ConversationId, wanted: &OpenTicket) -> Result<Option<Value>, HubError> {
    let mut tx = hub.db.read().await?;
    let Some(row) = conversations::by_id(&mut tx, id).await? else { return Ok(None) };
    let contact = contacts::by_id(&mut tx, row.contact_id).await?;
    let inbox = hub.directory().inboxes.get(&row.inbox_id).cloned();
    let account = inbox.and_then(|inbox| inbox.account_id).or(contact.and_then(|contact| contact.account_id));
    let mut sites = contact_sites::sites_of(&mut tx, row.contact_id).await?;
    sites.retain(|site| account.is_none_or(|account| site.account_id == account));
    sites.dedup_by_key(|site| site.site_id);
    let Some(site) = sites.first().filter(|first| first.is_primary || sites.len() == 1) else { return Ok(None) };
    let said = triage_states::of(&mut tx, id).await?;
    let answers: Vec<String> =
        said.and_then(|said| serde_json::from_value(said.state.get("answers")?.clone()).ok()).unwrap_or_default();
    let said = answers.join(" / ");
    let summary: String = said.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SUMMARY_CHARS).collect();
    let identities = contacts::identities_of(&mut tx, row.contact_id).await?;
    let address = |fits: fn(&str) -> bool| {
        let known = identities.iter().map(|identity| identity.address.as_str());
        std::iter::once(row.contact_address.as_str()).chain(known).find(|address| fits(address)).map(str::to_owned)
    };
    let (phone, email) = (address(|text| text.starts_with('+')), address(|text| text.contains('@')));
    if phone.is_none() && email.is_none() {
        return Ok(None);
    }
    let identity_confidence = if sites.len() == 1 { 100 } else { 60 };
    let mut fields = json!({
        "account_id": site.account_id,
        "site_id": site.site_id,
        "summary": if summary.trim().is_empty() { "Request by message".to_owned() } else { summary },
        "incident_type": wanted.incident_type,
        "customer_name": row.contact_name,
        "priority": wanted.priority,
        "identity_confidence": identity_confidence,
        // Nobody has looked at it yet.
        "classification_confidence": 50,
    });
    for (name, value) in [("contact_phone", phone), ("contact_email", email)] {
        if let Some(value) = value {
            fields[name] = value.into();
        }
    }
    drop(tx);
    complete(hub, &row, &mut fields).await?;
    Ok(Some(fields))
}

/// Links a conversation to the ticket made from it.
struct LinkConversation {
    hub: Hub,
    id: ConversationId,
    /// What the ticket is about, and where it is.
    services: Vec<ServiceId>,
    site: Option<SiteId>,
}

impl Also for LinkConversation {
    fn grounds<'a>(&'a mut self, tx: &'a mut Tx, _: &'a Ctx) -> BoxFuture<'a, Result<Grounds, ApiError>> {
        Box::pin(async move {
            let place = match self.site {
                Some(site) if !self.services.is_empty() => sites::for_ticket(tx, site).await.map_err(HubError::from)?,
                _ => None,
            };
            // A place that is not there is refused by the command.
            let Some(place) = place else { return Ok(Grounds::default()) };
            let named = named_services::in_use(tx, &self.services).await?;
            if let Some(nth) = named.iter().position(|service| service.currency != place.facts.currency) {
                let field = format!("service_ids[{nth}]");
                return Err(ApiError::invalid(&field, "the catalog's price has another currency"));
            }
            let line = |service: ServiceRow| NewLine {
                service_id: service.id,
                qty_hundredths: 100,
                unit_price_cents: service.base_price_cents,
            };
            let lines = named.into_iter().map(line).collect();
            Ok(Grounds { lines, ..Grounds::default() })
        })
    }

    fn created<'a>(
        &'a mut self,
        tx: &'a mut Tx,
        ctx: &'a Ctx,
        ticket: &'a Ticket,
    ) -> BoxFuture<'a, Result<Joined, ApiError>> {
        Box::pin(async move {
            let (conversation, audience) = self.link(tx, ctx, ticket.id, TicketRelation::Origin).await?;
            let body = LinkedTicketBody { ticket: ticket.into(), conversation };
            let reply = serde_json::to_value(body).expect("a body is plain data");
            Ok(Joined { reply, conversation: Some(self.id), audience })
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

impl LinkConversation {
    /// Links under the conversation's lock, looking once more whether the caller may see it; records and tells it.
    async fn link(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        ticket: TicketId,
        relation: TicketRelation,
    ) -> Result<(ConversationBody, Audience), ApiError> {
        let locked = conversations::lock(tx, self.id).await.map_err(HubError::from)?;
        let mut row =
            locked.filter(|row| may_dispatch(&ctx.actor, row)).ok_or_else(|| ApiError::not_found("conversation"))?;
        let is_new =
            tickets::link(tx, self.id, ticket, relation, ctx.actor.id, ctx.now).await.map_err(HubError::from)?;
        if is_new {
            row.updated_at = ctx.now;
            conversations::update(tx, std::slice::from_ref(&row)).await.map_err(HubError::from)?;
            row.version += 1;
            let details = json!({ "ticket_id": ticket, "relation": relation });
            annotations::record_event(tx, ctx, self.id, "ticket_linked", details).await.map_err(HubError::from)?;
        }
        let body = body_of(tx, &self.hub, &row).await?;
        if is_new {
            let event = conversation_event(ctx, EventName::ConversationUpdated, &row, body.clone(), None);
            events::append(tx, &[event]).await.map_err(HubError::from)?;
        }
        Ok((body, audience(&row, None)))
    }
}

#[cfg(test)]
mod tests;
