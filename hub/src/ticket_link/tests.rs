//! Places and tickets from conversations, through HTTP, on both engines.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use patchbay_core::Code;
use patchbay_core::channel::Channel;
use patchbay_core::clock::Clock;
use patchbay_core::conversation::{ConversationStatus, Priority};
use patchbay_core::directory::{Directory, Team};
use patchbay_core::ids::{ContactId, InboxId, RecordId, TeamId};
use patchbay_core::secret::Secret;
use patchbay_dispatch::{Config, Dispatch};
use patchbay_http::{Claims, DevelopmentHeaders, Gate, TokenKeys, WordList, correlate};
use patchbay_store::contacts::NewContact;
use patchbay_store::feed::{self, Position};
use patchbay_store::inboxes::{self, InboxRow};
use patchbay_store::teams::{self, TeamRow};
use patchbay_store::{Db, Engine, contacts};
use patchbay_test_database::TestDatabase;
use tower::ServiceExt as _;
use uuid::Uuid;

use super::*;
use crate::state::HubConfig;

mod questions;

#[test]
fn the_mode_chooses_the_command_and_is_no_field_of_it() {
    let (chosen, fields) = command(json!({"mode": "intake", "summary": "x"})).expect("a mode");
    assert_eq!(chosen, Command::TicketBlindIntake);
    assert_eq!(fields, json!({"summary": "x"}));
    assert_eq!(command(json!({"mode": "create"})).expect("a mode").0, Command::TicketCreate);
    for wrong in [json!({}), json!({"mode": 1}), json!({"mode": "explode"}), json!([])] {
        assert_eq!(command(wrong).expect_err("refused").code(), Code::InvalidRequest);
    }
}

#[tokio::test]
async fn a_conversation_becomes_a_ticket_on_sqlite() {
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    Box::pin(a_conversation_becomes_a_ticket(Desk::over(database).await)).await;
}

#[tokio::test]
async fn a_conversation_becomes_a_ticket_on_postgres() {
    if std::env::var_os("TEST_POSTGRES_URL").is_none() {
        return;
    }
    let database = TestDatabase::fresh(Engine::Postgres).await;
    Box::pin(a_conversation_becomes_a_ticket(Desk::over(database).await)).await;
}

struct Desk {
    db: Db,
    hub: Hub,
    keys: TokenKeys,
    clock: Clock,
    router: Router,
    conversation: ConversationId,
    contact: ContactId,
    _database: TestDatabase,
}

impl Desk {
    async fn over(database: TestDatabase) -> Self {
        let db = database.open().await;
        let clock = Clock::system();
        let (team, inbox, contact) = (TeamId::new(), InboxId::new(), ContactId::new());
        let conversation = seed(&db, &clock, team, inbox, contact).await;
        let support = Team {
            id: team,
            slug: "support".into(),
            name: "Support".into(),
            is_active: true,
            auto_assign: false,
            calendar: None,
        };
        let directory = Directory { teams: BTreeMap::from([(team, support)]), ..Directory::default() };
        let keys = TokenKeys::new(&Secret::new("0123456789abcdef0123456789abcdef"), None, None).expect("long enough");
        let hub = Hub {
            dispatch: Dispatch::new(db.clone(), Config::default()),
            db: db.clone(),
            gate: Gate {
                keys: Some(keys.clone()),
                directory: Arc::new(Arc::new(directory).into()),
                clock: clock.clone(),
                allowed_origins: Arc::from([]),
                rates: patchbay_http::ActorRates::default(),
                development: DevelopmentHeaders::Refused,
            },
            files: Arc::new(object_store::memory::InMemory::new()),
            config: Arc::new(HubConfig::default()),
        };
        let router = super::router().merge(crate::places::router()).into_router();
        let router = router.layer(axum::middleware::from_fn(correlate)).with_state(hub.clone());
        Self { db, hub, keys, clock, router, conversation, contact, _database: database }
    }

    fn token(&self, role: &str, team: &str) -> String {
        let everything = Some(WordList::List(vec!["*".into()]));
        let claims = Claims {
            sub: Uuid::from_u128(9).to_string(),
            role: role.into(),
            exp: self.clock.now().timestamp() + 3_600,
            account_ids: everything.clone(),
            site_ids: everything,
            team_ids: Some(WordList::List(vec![team.into()])),
            ..Claims::default()
        };
        self.keys.issue(claims).expect("a token")
    }

    async fn call(&self, token: &str, method: &str, path: &str, body: &Value) -> (StatusCode, Value) {
        self.call_with(token, method, path, RecordId::new().0, body).await
    }

    async fn call_with(&self, token: &str, method: &str, path: &str, key: Uuid, body: &Value) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .header("idempotency-key", key.to_string())
            .body(Body::from(body.to_string()))
            .expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("the router answers");
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// Names of the feed's events, oldest first.
    async fn feed(&self) -> Vec<String> {
        let mut tx = self.db.read().await.expect("reads");
        let batch = feed::after(&mut tx, Position::START, 100).await.expect("reads the feed");
        batch.events.into_iter().map(|event| event.name).collect()
    }
}

async fn seed(db: &Db, clock: &Clock, team: TeamId, inbox: InboxId, contact: ContactId) -> ConversationId {
    let now = clock.now();
    let mut tx = db.begin().await.expect("begins");
    let row = TeamRow {
        id: team,
        slug: "support".into(),
        name: "Support".into(),
        timezone: "UTC".into(),
        auto_assign: false,
        business_hours: json!([]),
        holidays: json!([]),
        is_active: true,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    teams::insert(&mut tx, &row).await.expect("a team");
    let row = InboxRow {
        id: inbox,
        name: "sms-main".into(),
        channel: Channel::Sms,
        address: "+15550002222".into(),
        team_id: Some(team),
        account_id: None,
        triage: "direct".into(),
        provider: "unserved".into(),
        settings: json!({}),
        origin: "settings".into(),
        is_active: true,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    inboxes::insert(&mut tx, &row).await.expect("an inbox");
    let person = NewContact { id: contact, account_id: None, display_name: "Maya".into() };
    contacts::insert(&mut tx, &[person], now).await.expect("a contact");
    let row = ConversationRow {
        id: ConversationId::new(),
        inbox_id: inbox,
        channel: Channel::Sms,
        contact_id: contact,
        contact_name: "Maya".into(),
        contact_address: "+15550101001".into(),
        status: ConversationStatus::Queued,
        priority: Priority::Normal,
        subject: None,
        team_id: Some(team),
        assigned_to: None,
        previous_assignee: None,
        previous_conversation_id: None,
        last_seq: 0,
        inbound_count: 0,
        read_inbound_count: 0,
        tags: json!([]),
        last_message_id: None,
        last_message_at: now,
        last_inbound_at: None,
        last_outbound_at: None,
        first_response_at: None,
        waiting_since: None,
        window_expires_at: None,
        snoozed_until: None,
        closed_at: None,
        closed_by: None,
        close_reason: None,
        version: 1,
        created_at: now,
        updated_at: now,
        sla: None,
    };
    conversations::insert(&mut tx, std::slice::from_ref(&row)).await.expect("a conversation");
    tx.commit().await.expect("commits");
    row.id
}

async fn a_conversation_becomes_a_ticket(desk: Desk) {
    let (admin, agent) = (desk.token("admin", "support"), desk.token("support_agent", "support"));
    let (account, site) = administers_places(&desk, &admin, &agent).await;

    let path = format!("/api/v1/conversations/{}/ticket", desk.conversation);
    let body = json!({"mode": "create", "account_id": account, "site_id": site, "summary": "The gate is stuck"});
    let key = RecordId::new().0;
    let (status, made) = desk.call_with(&agent, "POST", &path, key, &body).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    assert_eq!(made["ticket"]["contact_id"], desk.contact.to_string());
    assert_eq!(made["ticket"]["source"], "sms");
    assert_eq!(made["conversation"]["tickets"][0]["id"], made["ticket"]["id"]);
    assert_eq!(made["conversation"]["tickets"][0]["state"], "NEW");
    assert_eq!(made["conversation"]["version"], 2);
    assert_eq!(desk.feed().await, ["conversation.updated", "ticket.updated"]);

    let (status, again) = desk.call_with(&agent, "POST", &path, key, &body).await;
    assert_eq!((status, again), (StatusCode::CREATED, made));
    let other_mode = json!({"mode": "intake", "account_id": account, "site_id": site, "summary": "The gate is stuck"});
    let (_, refused) = desk.call_with(&agent, "POST", &path, key, &other_mode).await;
    assert_eq!(refused["error"]["code"], "IDEMPOTENCY_PAYLOAD_MISMATCH");
    assert_eq!(desk.feed().await.len(), 2);

    let stranger = desk.token("support_agent", "sales");
    let (status, _) = desk.call(&stranger, "POST", &path, &body).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, refused) = desk.call(&desk.token("qa", "support"), "POST", &path, &body).await;
    assert_eq!((status, &refused["error"]["code"]), (StatusCode::FORBIDDEN, &json!("FORBIDDEN")));
    let (status, _) = desk.call(&desk.token("ai_agent", "support"), "POST", &path, &body).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "an assistant's token is bound to one conversation");
    let (_, refused) = desk.call(&agent, "POST", &path, &json!({"mode": "create", "summary": "x"})).await;
    assert_eq!(refused["error"]["validation_errors"][0]["path"], "account_id");
    repeats_are_linked(&desk, &agent, &account, &site, &path).await;
}

/// An intake that is a ticket already is refused, and the conversation learns of that ticket.
async fn repeats_are_linked(desk: &Desk, agent: &str, account: &str, site: &str, path: &str) {
    let intake = json!({
        "mode": "intake", "account_id": account, "site_id": site, "summary": "No light", "incident_type": "lamp",
        "customer_name": "Maya", "priority": "ROUTINE", "identity_confidence": 90, "classification_confidence": 90,
        "contact_phone": "+15550101001",
    });
    let (status, made) = desk.call(agent, "POST", path, &intake).await;
    assert_eq!((status, &made["ticket"]["state"]), (StatusCode::CREATED, &json!("TRIAGED")), "{made}");
    let (status, refused) = desk.call(agent, "POST", path, &intake).await;
    assert_eq!((status, &refused["error"]["code"]), (StatusCode::CONFLICT, &json!("DUPLICATE_INTAKE")));
    assert_eq!(refused["error"]["duplicate_ticket_id"], made["ticket"]["id"]);
    let mut tx = desk.db.read().await.expect("reads");
    let linked = annotations::tickets_of(&mut tx, &[desk.conversation]).await.expect("links");
    assert_eq!(linked.len(), 2, "the repeated one was linked already");
}

/// Makes an account and a site, and tries what may not be. Returns their ids.
async fn administers_places(desk: &Desk, admin: &str, agent: &str) -> (String, String) {
    let (status, account) = desk.call(admin, "POST", "/api/v1/accounts", &json!({"name": "Northside"})).await;
    assert_eq!(status, StatusCode::CREATED, "{account}");
    let account_id = account["id"].as_str().expect("an id").to_owned();
    let site = json!({
        "account_id": account_id, "name": "North gate", "address1": "1 Main Street", "city": "Toronto", "country": "ca",
        "timezone": "America/Toronto", "phone": "+1 555 010-0199",
        "bill_to": {"name": "Northside", "address1": "1 Main Street", "city": "Toronto", "country": "CA"},
    });
    let (status, made) = desk.call(admin, "POST", "/api/v1/sites", &site).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    assert_eq!((&made["code"], &made["country"]), (&json!("S-001"), &json!("CA")));
    assert_eq!(made["phone"], "+15550100199");
    let id = made["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/sites/{id}");

    assert_eq!(desk.call(agent, "POST", "/api/v1/sites", &site).await.0, StatusCode::FORBIDDEN);
    let mut wrong = site.clone();
    wrong["timezone"] = json!("");
    let (status, refused) = desk.call(admin, "POST", "/api/v1/sites", &wrong).await;
    assert_eq!((status, &refused["error"]["code"]), (StatusCode::BAD_REQUEST, &json!("INVALID_REQUEST")));
    wrong = site.clone();
    wrong["code"] = json!("S-001");
    assert_eq!(desk.call(admin, "POST", "/api/v1/sites", &wrong).await.0, StatusCode::CONFLICT);

    let (_, listed) = desk.call(agent, "GET", &format!("/api/v1/sites?account_id={account_id}"), &json!({})).await;
    assert_eq!(listed["data"][0]["id"], id.as_str());
    let (status, changed) = desk.call(admin, "PATCH", &path, &json!({"unit": "4b", "version": 1})).await;
    assert_eq!((status, &changed["unit"], &changed["version"]), (StatusCode::OK, &json!("4b"), &json!(2)));
    let (status, refused) = desk.call(admin, "PATCH", &path, &json!({"unit": null, "version": 1})).await;
    assert_eq!((status, &refused["error"]["code"]), (StatusCode::CONFLICT, &json!("VERSION_CONFLICT")));
    let (_, changed) = desk.call(admin, "PATCH", &path, &json!({"unit": null})).await;
    assert_eq!((&changed["unit"], &changed["phone"]), (&Value::Null, &json!("+15550100199")));

    let put = json!({"contact_id": desk.contact, "relation": "tenant", "is_primary": true});
    let people = format!("{path}/contacts");
    assert_eq!(desk.call(admin, "POST", &people, &put).await.0, StatusCode::CREATED);
    let (_, listed) = desk.call(agent, "GET", &people, &json!({})).await;
    assert_eq!((&listed["data"][0]["name"], &listed["data"][0]["is_primary"]), (&json!("Maya"), &json!(true)));
    let one = format!("{people}/{}/tenant", desk.contact);
    assert_eq!(desk.call(admin, "DELETE", &one, &json!({})).await.0, StatusCode::NO_CONTENT);
    assert_eq!(desk.call(admin, "DELETE", &one, &json!({})).await.0, StatusCode::NOT_FOUND);

    let (_, gone) = desk.call(admin, "DELETE", &path, &json!({})).await;
    assert_eq!(gone["status"], "inactive");
    let (_, back) = desk.call(admin, "PATCH", &path, &json!({"status": "active"})).await;
    assert_eq!(back["status"], "active");
    (account_id, id)
}
