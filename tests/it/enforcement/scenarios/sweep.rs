//! Scenario 9: each command by each wrong role, in each wrong state and out of scope is refused with its code and
//! dimension, and writes nothing but the record of the refusal.

use std::collections::BTreeSet;

use patchbay_core::actor::Scope;
use patchbay_core::ids::{ActorId, SiteId, TicketId};
use patchbay_core::role::Role;
use patchbay_core::ticket::command::{Field, FieldKind, Kind, Presence};
use patchbay_core::ticket::{CommandRow, Reach, Ticket, TicketState, commands};
use patchbay_store::{Db, outbox, tickets};
use patchbay_tests::settings::token_for;
use patchbay_tests::{Answer, Caller, Plan, both_plans};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::cast::{Cast, fresh};

both_plans! {
    every_wrong_role_is_refused;
    every_wrong_state_is_refused;
    every_ticket_out_of_scope_is_refused;
}

/// A body that has the shape of the row's, and the fields that must be there.
fn sample(row: &CommandRow) -> Value {
    object(row.body())
}

fn object<'f>(fields: impl Iterator<Item = &'f Field>) -> Value {
    let required = fields.filter(|field| field.presence == Presence::Required);
    Value::Object(required.map(|field| (field.name.to_owned(), value(&field.kind))).collect::<Map<_, _>>())
}

fn value(kind: &FieldKind) -> Value {
    let (start, end) = ("2027-01-05T12:00:00Z", "2027-01-05T14:00:00Z");
    match kind {
        FieldKind::Id => json!(fresh()),
        FieldKind::Text { least, .. } => json!("x".repeat(*least)),
        FieldKind::Integer { least, .. } => json!(least),
        FieldKind::Number { least, .. } => json!(least),
        FieldKind::Flag | FieldKind::Scalar => json!(true),
        FieldKind::Time => json!(start),
        FieldKind::Word(words) | FieldKind::Words(words) => json!(words[0]),
        FieldKind::Window | FieldKind::WindowOrWords => json!({"start": start, "end": end}),
        FieldKind::List { of, least, .. } => (0..*least).map(|_| value(of)).collect(),
        FieldKind::Object(fields) => object(fields.iter()),
        FieldKind::Map(_) | FieldKind::FreeObject => json!({}),
        // Only the tools of assistants have these.
        FieldKind::Amount { .. } => json!(1),
        FieldKind::Shaped(_) => json!("text"),
    }
}

async fn call(caller: &Caller, row: &CommandRow, ticket: TicketId, body: Value) -> Answer {
    let path = row.route.replace("{ticket_id}", &ticket.to_string());
    let method = Method::from_bytes(row.method.as_str().as_bytes()).expect("a method");
    let key = fresh().to_string();
    let body = row.is_mutating().then_some(body);
    caller.call(method, &path, body, &[("idempotency-key", &key)]).await
}

#[track_caller]
fn check(answer: &Answer, what: &str, status: u16, code: &str, dimension: &str) {
    let error = &answer.body["error"];
    let seen = (answer.status.as_u16(), error["code"].as_str(), error["policy_error"]["dimension"].as_str());
    assert_eq!(seen, (status, Some(code), Some(dimension)), "{what}: {}", answer.body);
    assert!(error["request_id"].is_string() && error["correlation_id"].is_string(), "{what}: {}", answer.body);
}

/// Tickets that can be put into any state, and what stands written about them.
struct Tickets {
    db: Db,
    ids: Vec<TicketId>,
}

impl Tickets {
    /// One ticket for each of `states`, assigned to the technician of the cast.
    async fn make(cast: &Cast, states: &[TicketState]) -> Self {
        let db = cast.deployment.database().open().await;
        let mut ids = Vec::new();
        for state in states {
            let request = json!({"account_id": cast.account, "site_id": cast.site, "summary": "A door"});
            let key = fresh().to_string();
            let made = cast.send("dispatcher", Method::POST, "/tickets", &key, request).await.expect(201);
            let id: TicketId = made["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
            let mut tx = db.begin().await.expect("begins");
            let before = tickets::lock(&mut tx, id).await.expect("reads").expect("is there");
            let technician = Some(cast.technician.parse().expect("a UUID"));
            let after = Ticket { state: *state, assigned_tech_id: technician, version: before.version + 1, ..before };
            tickets::update(&mut tx, &after).await.expect("writes");
            tx.commit().await.expect("commits");
            ids.push(id);
        }
        Self { db, ids }
    }

    /// Everything that a command could write: rows, steps, successes and events.
    async fn written(&self, cast: &Cast) -> Vec<Value> {
        let mut written = Vec::new();
        for id in &self.ids {
            let ticket = cast.read(&format!("/tickets/{id}")).await;
            let timeline = cast.read(&format!("/tickets/{id}/timeline")).await;
            let events = timeline["events"].as_array().expect("events");
            let successes = events.iter().filter(|event| event["outcome"] == "success").count();
            let mut tx = self.db.read().await.expect("reads");
            let told = outbox::of_aggregate(&mut tx, id.0).await.expect("reads").len();
            let steps = tickets::transitions(&mut tx, *id).await.expect("reads").len();
            written.push(json!([ticket, successes, told, steps]));
        }
        written
    }
}

async fn every_wrong_role_is_refused(plan: Plan) {
    let cast = Cast::gather(plan).await;
    let tickets = Tickets::make(&cast, &[TicketState::New]).await;
    let before = tickets.written(&cast).await;
    let mut refused = 0;
    for role in Role::ALL {
        let caller = cast.caller("admin").with_token(token_for(role.as_str(), ActorId(fresh()), &[], Scope::All));
        for row in commands().filter(|row| row.reach(*role).is_none()) {
            let answer = call(&caller, row, tickets.ids[0], sample(row)).await;
            check(&answer, &format!("{} as {role}", row.tool), 403, "FORBIDDEN", "role");
            refused += 1;
        }
    }
    assert!(refused > 300, "the sweep is wide: {refused}");
    assert_eq!(tickets.written(&cast).await, before);
}

async fn every_wrong_state_is_refused(plan: Plan) {
    let cast = Cast::gather(plan).await;
    let tickets = Tickets::make(&cast, TicketState::ALL).await;
    let before = tickets.written(&cast).await;
    for row in commands().filter(|row| row.kind == Kind::Changes && !row.from.is_empty()) {
        let role = ["dispatcher", "finance", "approver", "qa", "supervisor", "technician"]
            .into_iter()
            .find(|role| row.reach(role.parse().expect("a role")).is_some())
            .expect("somebody may");
        for (state, ticket) in TicketState::ALL.iter().zip(&tickets.ids) {
            if row.from.contains(state) {
                continue;
            }
            let answer = call(cast.caller(role), row, *ticket, sample(row)).await;
            let what = format!("{} in {state}", row.tool);
            check(&answer, &what, 409, "INVALID_STATE_TRANSITION", "state");
            let error = &answer.body["error"];
            assert_eq!(error["from_state"], state.as_str(), "{what}");
            let allowed: BTreeSet<&str> =
                error["allowed_from_states"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
            assert_eq!(allowed, row.from.iter().map(|state| state.as_str()).collect(), "{what}");
        }
    }
    assert_eq!(tickets.written(&cast).await, before);
}

async fn every_ticket_out_of_scope_is_refused(plan: Plan) {
    let cast = Cast::gather(plan).await;
    let tickets = Tickets::make(&cast, &[TicketState::InProgress]).await;
    let before = tickets.written(&cast).await;
    let elsewhere = || Scope::Only([SiteId(fresh())].into());
    for row in commands().filter(|row| row.route.contains("{ticket_id}")) {
        for (role, reach) in row.roles {
            let token = token_for(role.as_str(), ActorId(fresh()), &[], elsewhere());
            let caller = cast.caller("admin").with_token(token);
            let answer = call(&caller, row, tickets.ids[0], sample(row)).await;
            check(&answer, &format!("{} elsewhere as {role}", row.tool), 403, "FORBIDDEN_SCOPE", "scope");
            if *reach == Reach::Own && matches!(role, Role::Technician | Role::Vendor) {
                let stranger = token_for(role.as_str(), ActorId(fresh()), &[], Scope::All);
                let answer = call(&cast.caller("admin").with_token(stranger), row, tickets.ids[0], sample(row)).await;
                check(&answer, &format!("{} as another {role}", row.tool), 403, "NOT_ASSIGNED", "scope");
            }
        }
    }
    assert_eq!(tickets.written(&cast).await, before);
}
