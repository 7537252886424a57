//! Jobs on a dealership's vehicles: drafted by an assistant, ranked and flagged by the rules, agreed to by the dealer or
//! by a person of ours, recorded with the vehicle in one transaction. Source: tool gateway reference, tool catalog;
//! domain, ranking.

use futures::future::BoxFuture;
use patchbay_core::catalog::{ServiceStatus, vin};
use patchbay_core::event::Audience;
use patchbay_core::ids::{AccountId, ServiceId, SiteId, TicketId};
use patchbay_core::place::{PlaceStatus, TicketRelation};
use patchbay_core::ticket::ranking::Subject;
use patchbay_core::ticket::{Command, Ticket, Urgency};
use patchbay_core::tool::escalation::{Escalation, JobFacts};
use patchbay_core::{Code, Ctx};
use patchbay_dispatch::{Also, Call, CommandError, Grounds, Joined, Raised, rank};
use patchbay_http::ApiError;
use patchbay_hub::HubError;
use patchbay_hub::places::{NamedVehicle, record_vehicle};
use patchbay_store::services::{self, ServiceRow};
use patchbay_store::sites::{self, SiteForTicket};
use patchbay_store::ticket_services::NewLine;
use patchbay_store::tool_drafts::DraftRow;
use patchbay_store::{StoreError, Tx, assets, contact_sites, tickets, tool_views};
use serde::Deserialize;
use serde_json::{Value, json};

use super::create::{Wanted, keep};
use super::effect::{done, failed, key_of};
use crate::gateway::Gateway;
use crate::outcome::{Outcome, Refusal};
use crate::pipeline::Admitted;
use crate::tools::Link;
use crate::transactions::CommitEnd;

/// The tool.
pub(super) const NAME: &str = "create_job_draft";
/// What stands on a ticket as its source; its message there is the draft.
const SOURCE: &str = "tool_gateway";

impl Gateway {
    pub(crate) async fn create_job(&self, call: &Admitted<'_>) -> Result<Outcome, Refusal> {
        let scene = call.scene;
        let absent = || Refusal::new(Code::ToolNotAllowed, "permission.party", "this works for dealerships only");
        let account = scene.account.ok_or_else(absent)?;
        let mut tx = self.hub.db.begin().await?;
        let place = place(&mut tx, call, account).await?;
        let service = service(&mut tx, call, &place).await?;
        let vehicle = vehicle(call, account, place.facts.site_id)?;
        let urgency = urgency(call);
        // What is on record of the vehicle counts, not what the assistant calls it.
        let known = assets::vehicle(&mut tx, account, vehicle.vin.as_deref(), vehicle.stock_no.as_deref()).await?;
        let recorded = known.and_then(|row| row.make);
        let makes: Vec<&str> = recorded.iter().map(String::as_str).chain([vehicle.make.as_str()]).collect();
        let make = makes.join(" / ");
        let policy = self.policy();
        let facts = JobFacts {
            make: &make,
            vin: vehicle.vin.as_deref(),
            dealer_flagged: place.facts.is_audit_flagged,
            parsing_confidence: call.arguments["parsing_confidence"].as_f64(),
        };
        let escalations = policy.escalations(call.spec, &facts);
        let subject = Subject { urgency, make: Some(makes[0]), site: place.facts.site_id, services: &[service.id] };
        let mut ranking = rank(&mut tx, &subject).await?;
        let raised: Vec<Value> = escalations.iter().map(raised).collect();
        for rule in &escalations {
            ranking.escalate(&rule.name(), rule.urgency_min, rule.reason());
        }
        let text = text_of(&vehicle);
        let payload = json!({
            "customer_id": scene.contact.id,
            "account_id": account,
            "site_id": place.facts.site_id,
            "service": {"id": service.id, "code": service.code, "name": service.name, "version": service.version,
                        "unit_price_cents": service.base_price_cents, "currency": service.currency},
            "vehicle": {"year": vehicle.year, "make": vehicle.make, "model": vehicle.model, "vin": vehicle.vin,
                        "stock_no": vehicle.stock_no},
            "urgency": urgency,
            "raised": raised,
            "ranked": {"urgency": ranking.urgency, "ranking_score": ranking.score, "applied_rules": ranking.applied,
                       "review_reasons": ranking.reasons, "needs_manual_review": !ranking.reasons.is_empty()},
            "description": format!("{}: {text}", service.name),
            "vehicle_text": text,
        });
        let plan = policy.plan_without_money(call.spec, &escalations);
        let wanted = Wanted { payload, plan, money: None, policy_version: policy.version };
        let draft = self.wanted_row(&mut tx, call, wanted).await?;
        keep(tx, &draft).await?;
        self.ask_about(scene, draft).await
    }

    /// Records the job: the vehicle, the ticket, its line of work and its link to the conversation, or nothing.
    pub(super) async fn make_job(&self, ctx: &Ctx, draft: &DraftRow) -> CommitEnd {
        let Ok(job) = serde_json::from_value::<Job>(draft.payload.clone()) else {
            return CommitEnd::Refused("the draft is not a job".into());
        };
        let body = json!({
            "account_id": job.account_id, "site_id": job.site_id, "contact_id": draft.contact_id,
            "summary": job.description, "urgency": job.urgency, "source": SOURCE, "source_message_id": draft.id,
        });
        let call = Call::internal(Command::TicketCreate, key_of(draft), body).on_behalf_of(draft.contact_id.0);
        let mut also = JobAlso { job, link: Link { conversation: draft.conversation_id } };
        match self.hub.dispatch.execute(ctx, call, &mut also).await {
            Ok(reply) => done(&reply.body),
            Err(CommandError::Duplicate { ticket, .. }) => match self.code_of(ticket).await {
                Ok(code) => CommitEnd::Done(code),
                Err(_) => CommitEnd::Unknown,
            },
            Err(error) => failed(error),
        }
    }

    async fn code_of(&self, ticket: TicketId) -> Result<Option<String>, StoreError> {
        Ok(tickets::by_id(&mut self.hub.db.read().await?, ticket).await?.map(|ticket| ticket.code))
    }
}

/// The ticket that a draft became.
pub(super) async fn made_by(tx: &mut Tx, draft: &DraftRow) -> Result<Option<Ticket>, StoreError> {
    tickets::by_source(tx, SOURCE, &draft.id.to_string()).await
}

/// What of a draft's payload makes the job.
#[derive(Deserialize)]
struct Job {
    account_id: AccountId,
    site_id: SiteId,
    service: Service,
    vehicle: Vehicle,
    urgency: Urgency,
    raised: Vec<RaisedBy>,
    description: String,
}

#[derive(Deserialize)]
struct Service {
    id: ServiceId,
    version: i64,
    unit_price_cents: i64,
}

#[derive(Deserialize)]
struct Vehicle {
    year: i64,
    make: String,
    model: String,
    vin: Option<String>,
    stock_no: Option<String>,
}

#[derive(Deserialize)]
struct RaisedBy {
    name: String,
    urgency: Option<Urgency>,
    reason: Option<String>,
}

/// What happens in the transaction of the job's ticket.
struct JobAlso {
    job: Job,
    link: Link,
}

impl Also for JobAlso {
    fn grounds<'a>(&'a mut self, tx: &'a mut Tx, ctx: &'a Ctx) -> BoxFuture<'a, Result<Grounds, ApiError>> {
        Box::pin(async move {
            let Job { account_id, site_id, service, vehicle, raised, .. } = &self.job;
            let now = services::by_id(tx, service.id).await.map_err(HubError::from)?;
            if now.is_none_or(|row| row.status != ServiceStatus::Active || row.version != service.version) {
                return Err(ApiError::new(Code::DraftStateConflict, "the service has changed since it was agreed to"));
            }
            let named = NamedVehicle {
                account: *account_id,
                site: *site_id,
                year: vehicle.year,
                make: vehicle.make.clone(),
                model: vehicle.model.clone(),
                vin: vehicle.vin.clone(),
                stock_no: vehicle.stock_no.clone(),
            };
            let asset = record_vehicle(tx, ctx, &named).await.map_err(HubError::from)?;
            let line =
                NewLine { service_id: service.id, qty_hundredths: 100, unit_price_cents: service.unit_price_cents };
            let raised = raised
                .iter()
                .map(|by| Raised { name: by.name.clone(), urgency: by.urgency, reason: by.reason.clone() })
                .collect();
            Ok(Grounds { asset: Some(asset), lines: vec![line], raised })
        })
    }

    fn created<'a>(
        &'a mut self,
        tx: &'a mut Tx,
        ctx: &'a Ctx,
        ticket: &'a Ticket,
    ) -> BoxFuture<'a, Result<Joined, ApiError>> {
        Box::pin(async move { self.link.created(tx, ctx, ticket).await })
    }

    fn repeated<'a>(
        &'a mut self,
        tx: &'a mut Tx,
        ctx: &'a Ctx,
        ticket: TicketId,
    ) -> BoxFuture<'a, Result<(), ApiError>> {
        Box::pin(async move {
            let _: Audience = self.link.link(tx, ctx, ticket, TicketRelation::Origin).await?;
            Ok(())
        })
    }
}

/// The dealership's site: the one that is named, the contact's own, or the only one.
async fn place(tx: &mut Tx, call: &Admitted<'_>, account: AccountId) -> Result<SiteForTicket, Refusal> {
    let named: Option<SiteId> = call.arguments["site_id"].as_str().and_then(|id| id.parse().ok());
    let site = if let Some(site) = named {
        Some(site)
    } else {
        let own = contact_sites::sites_of(tx, call.scene.contact.id).await?;
        let mut own: Vec<SiteId> =
            own.iter().filter(|site| site.account_id == account).map(|site| site.site_id).collect();
        own.dedup();
        match own.as_slice() {
            [site] => Some(*site),
            _ => tool_views::only_site(tx, account).await?,
        }
    };
    let missing = || {
        let message = "site_id: is required; the dealership has several sites";
        Refusal::new(Code::InvalidRequest, "input.schema", message).at("site_id")
    };
    let site = site.ok_or_else(missing)?;
    sites::for_ticket(tx, site)
        .await?
        .filter(|place| place.facts.account_id == account && place.status == PlaceStatus::Active)
        .filter(|_| call.scene.ctx.actor.may_touch(account, site))
        .ok_or_else(|| Refusal::not_found("site").at("site_id"))
}

/// The service that is asked for, if it has a price where the dealership pays.
async fn service(tx: &mut Tx, call: &Admitted<'_>, place: &SiteForTicket) -> Result<ServiceRow, Refusal> {
    let code = call.arguments["service_code"].as_str().unwrap_or_default();
    let found = services::by_code(tx, code).await?.filter(|row| row.status == ServiceStatus::Active);
    let service = found.ok_or_else(|| Refusal::not_found("service").at("service_code"))?;
    if service.currency != place.facts.currency {
        let message = "service_code: the service has no price in the dealership's currency";
        return Err(Refusal::new(Code::InvalidRequest, "input.schema", message).at("service_code"));
    }
    Ok(service)
}

/// The vehicle as it is named, in the form that records have.
fn vehicle(call: &Admitted<'_>, account: AccountId, site: SiteId) -> Result<NamedVehicle, Refusal> {
    let given = &call.arguments["vehicle"];
    let wrong = |field: &str, message: &str| {
        Refusal::new(Code::InvalidRequest, "input.schema", format!("{field}: {message}")).at(field)
    };
    let text = |name: &str| given[name].as_str().map(str::to_owned);
    let number = match given["vin"].as_str() {
        None => None,
        Some(written) => {
            let message = "must be 17 letters and digits, none of I, O and Q";
            Some(vin(written).ok_or_else(|| wrong("vehicle.vin", message))?)
        }
    };
    let stock_no = text("stock_no");
    if number.is_none() && stock_no.is_none() {
        return Err(wrong("vehicle.vin", "give a vin or a stock_no"));
    }
    Ok(NamedVehicle {
        account,
        site,
        year: given["year"].as_i64().unwrap_or_default(),
        make: text("make").unwrap_or_default(),
        model: text("model").unwrap_or_default(),
        vin: number,
        stock_no,
    })
}

fn urgency(call: &Admitted<'_>) -> Urgency {
    call.arguments["urgency"].as_str().and_then(|word| word.parse().ok()).unwrap_or(Urgency::Medium)
}

fn raised(rule: &Escalation) -> Value {
    json!({"name": rule.name(), "urgency": rule.urgency_min, "reason": rule.reason()})
}

/// `2021 Audi Q5, stock Q7-12`.
fn text_of(vehicle: &NamedVehicle) -> String {
    let NamedVehicle { year, make, model, vin, stock_no, .. } = vehicle;
    let mut text = format!("{year} {make} {model}");
    if let Some(vin) = vin {
        text.push_str(", VIN ");
        text.push_str(vin);
    }
    if let Some(stock_no) = stock_no {
        text.push_str(", stock ");
        text.push_str(stock_no);
    }
    text
}
