//! A conversation in which every tool has something to do, and the arguments with which each does it.

use std::collections::BTreeMap;

use patchbay_core::ids::{ConversationId, TicketId};
use serde_json::{Value, json};

use super::ground::Ground;
use crate::config::GatewayConfig;

pub(super) const MAYA: &str = "+15550107788";
/// Tools of dealers only.
pub(super) const OF_DEALERS: &[&str] = &["find_job", "create_job_draft"];

pub(super) struct World {
    pub(super) ground: Ground,
    pub(super) conversation: ConversationId,
    pub(super) token: String,
    /// By the name of the tool.
    pub(super) arguments: BTreeMap<&'static str, Value>,
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

impl World {
    /// A customer whose account is a `dealership` or a `facility`.
    pub(super) async fn of(profile: &str) -> Self {
        let config = GatewayConfig {
            calls_per_hour: 0,
            flurry_calls: 0,
            denials_per_ten_minutes: 0,
            ..GatewayConfig::default()
        };
        let ground = Ground::with(config).await;
        let conversation = ground.says(MAYA, "hello").await;
        let token = ground.assistant(conversation);
        let account = json!({"name": "North Motors", "profile": profile});
        let account = ground.made("/api/v1/accounts", account).await["id"].clone();
        let site = json!({"account_id": account, "name": "North Motors", "address1": "1 Main Street", "city": "Ottawa",
                          "country": "CA", "timezone": "America/Toronto"});
        let site = ground.made("/api/v1/sites", site).await["id"].clone();
        let asset = json!({"account_id": account, "site_id": site, "kind": "vehicle", "make": "Honda", "model": "Accord",
                           "year": 2003, "vin": "1HGCM82633A004352", "stock_no": "Q7-12"});
        let asset = ground.made("/api/v1/assets", asset).await["id"].clone();
        let service = json!({"code": "TINT", "name": "Window tint", "base_price_cents": 12_900, "currency": "USD"});
        ground.made("/api/v1/services", service).await;
        ground.made("/api/v1/technicians", json!({"name": "Tess", "skills": ["DEFAULT"]})).await;
        let template = json!({"incident_type": "DETAILING", "required_intake_fields": [], "required_evidence_keys": [],
                              "default_priority": "ROUTINE"});
        ground.made("/api/v1/incident-templates", template).await;
        let contact = ground.belongs_to(conversation, &account).await;
        ground.bank.with(|books| {
            books.transactions = vec![json!({
                "transaction_id": "TXN-OWN", "customer_id": contact, "status": "settled", "amount": 12.5,
                "description": "Wiper blades", "internal_note": "x",
            })];
        });
        let mut tickets = Vec::new();
        for number in 0..8 {
            let body = json!({"account_id": account, "site_id": site, "asset_id": asset, "contact_id": contact,
                              "summary": format!("Tint the windows, part {number}")});
            tickets.push(ground.made("/tickets", body).await["id"].clone());
        }
        let confirmed = ground.drafted(&token, 10.0).await;
        let code = ground.code(conversation).await;
        ground.says(MAYA, &code).await;
        let open = ground.drafted(&token, 10.0).await;
        let world = Self { ground, conversation, token, arguments: BTreeMap::new() };
        let [new, triaged, asked, ready, recommended, worked, offered, told] = tickets.as_slice() else {
            panic!("eight tickets")
        };
        for (ticket, state) in [
            (ready, "READY_TO_SCHEDULE"),
            (recommended, "READY_TO_SCHEDULE"),
            (offered, "READY_TO_SCHEDULE"),
            (worked, "IN_PROGRESS"),
        ] {
            world.moved(ticket, state).await;
        }
        let options = json!([{"start": "2031-03-06T14:00:00Z", "end": "2031-03-06T16:00:00Z"}]);
        let offer = json!({"ticket_id": offered, "options": options});
        world.ground.call(&world.token, "schedule.propose", offer).await.ok();
        let shown = world.ground.call(&world.token, "ticket.get", json!({"ticket_id": offered})).await.ok();
        let window = shown["result"]["windows"][0]["window_id"].clone();
        let vehicle = json!({"year": 2021, "make": "Audi", "model": "Q5", "stock_no": "Z-1"});
        let checklist = json!({"work_performed": true, "parts_used_or_needed": true, "resolution_status": true,
                               "onsite_photos_after": true, "billing_authorization": true});
        let intake = json!({"summary": "The car smells", "incident_type": "DETAILING", "customer_name": "Maya Lefebvre",
                            "contact_phone": MAYA, "priority": "ROUTINE", "identity_confidence": 90, "classification_confidence": 90});
        let recommend =
            json!({"ticket_id": recommended, "service_type": "DEFAULT", "preferred_window": options[0].clone()});
        let arguments = [
            ("get_conversation_context", json!({})),
            ("search_tickets", json!({})),
            ("list_services", json!({})),
            ("get_transaction_status", json!({"transaction_id": "TXN-OWN"})),
            ("get_transaction_history", json!({})),
            ("get_draft", json!({"draft_id": confirmed})),
            ("create_transaction_draft", json!({"amount": 12.5, "description": "Wiper blades"})),
            ("commit_transaction", json!({"draft_id": confirmed, "confirmation_token": code})),
            ("cancel_transaction_draft", json!({"draft_id": open})),
            ("request_human", json!({"reason": "other"})),
            ("ticket.create", json!({"summary": "Detail the car"})),
            ("ticket.blind_intake", intake),
            ("ticket.triage", json!({"ticket_id": triaged, "priority": "ROUTINE", "incident_type": "DETAILING"})),
            ("ticket.request_info", json!({"ticket_id": asked, "missing_fields": ["unit"]})),
            ("schedule.propose", json!({"ticket_id": ready, "options": options})),
            ("assignment.recommend", recommend),
            ("closeout.add_evidence", json!({"ticket_id": told, "kind": "PHOTO", "uri": "s3://evidence/one.jpg"})),
            (
                "closeout.candidate",
                json!({"ticket_id": worked, "checklist_status": checklist,
                                          "no_signature_reason": "nobody was there"}),
            ),
            ("ticket.escalate", json!({"ticket_id": new, "reason": "now", "target": "supervisor"})),
            ("ticket.get", json!({"ticket_id": offered})),
            ("ticket.timeline", json!({"ticket_id": told})),
            ("closeout.list_evidence", json!({"ticket_id": told})),
            ("sites.get", json!({"site_id": site})),
            ("assets.get", json!({"asset_id": asset})),
            ("templates.list", json!({})),
            ("find_job", json!({"stock_no": "Q7-12"})),
            ("create_job_draft", json!({"service_code": "TINT", "vehicle": vehicle, "parsing_confidence": 0.9})),
            ("confirm_schedule_draft", json!({"ticket_id": offered, "window_id": window})),
        ];
        Self { arguments: arguments.into_iter().collect(), ..world }
    }

    /// A ticket in a state that others would have brought it to.
    async fn moved(&self, ticket: &Value, state: &str) {
        let id: TicketId = text(ticket).parse().expect("an id");
        let mut tx = self.ground.hub().db.begin().await.expect("begins");
        tx.query("update tickets set state = $2, incident_type = 'DETAILING' where id = $1")
            .bind(id)
            .bind(state)
            .execute()
            .await
            .expect("written");
        tx.commit().await.expect("commits");
    }
}
