//! An installation with one SMS inbox of the sales team, and people to call it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use patchbay_core::channel::{Channel, Direction, SenderType};
use patchbay_core::clock::Clock;
use patchbay_core::directory::{Directory, Team};
use patchbay_core::ids::{ActorId, ConversationId, InboxId};
use patchbay_core::inbox::{Inbox, Provider};
use patchbay_core::item::{Content, Item, MessageItem, Sender};
use patchbay_core::secret::Secret;
use patchbay_dispatch::{Config, Dispatch};
use patchbay_http::{Claims, Gate, TokenKeys, WordList};
use patchbay_hub::directory::DirectoryKeeper;
use patchbay_hub::intake::{Inbound, Intake};
use patchbay_hub::{Hub, HubConfig, administration};
use patchbay_store::inboxes::{self, InboxRow};
use patchbay_store::{Engine, conversations, messages};
use patchbay_test_database::TestDatabase;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::bank::Bank;
use super::schema;
use crate::config::GatewayConfig;
use crate::gateway::Gateway;
use crate::transactions::Transactions;

const SECRET: &str = "a secret of at least thirty-two bytes, for tests";
pub(super) const OURS: &str = "+15550002222";

pub(super) struct Ground {
    pub(super) gateway: Gateway,
    pub(super) bank: Bank,
    pub(super) clock: Clock,
    router: Router,
    intake: Intake,
    inbox: InboxId,
    said: AtomicUsize,
    stop: CancellationToken,
    _database: TestDatabase,
}

impl Drop for Ground {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl Answer {
    #[track_caller]
    pub(super) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }

    #[track_caller]
    pub(super) fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.body["error"]["code"].as_str()), (status, Some(code)), "{}", self.body);
        self.body
    }
}

impl Ground {
    pub(super) async fn new() -> Self {
        Self::with(GatewayConfig::default()).await
    }

    pub(super) async fn with(config: GatewayConfig) -> Self {
        let database = TestDatabase::fresh(Engine::Sqlite).await;
        let db = database.open().await;
        let clock = Clock::manual(chrono::DateTime::from_timestamp(1_772_719_200, 0).expect("a time"));
        administration::ensure_standard_teams(&db, clock.now()).await.expect("teams");
        let mut hub = Hub {
            dispatch: Dispatch::new(db.clone(), Config::default()),
            db,
            gate: Gate {
                keys: TokenKeys::new(&Secret::new(SECRET), None, None),
                directory: Arc::new(ArcSwap::from_pointee(Directory::default())),
                clock: clock.clone(),
                allowed_origins: Arc::from([]),
                rates: patchbay_http::ActorRates::default(),
                development: patchbay_http::DevelopmentHeaders::Refused,
            },
            files: Arc::new(object_store::memory::InMemory::new()),
            config: Arc::new(HubConfig { link_secret: Secret::new("a link secret"), ..HubConfig::default() }),
        };
        let inbox = sales_inbox(&mut hub).await;
        let bank = Bank::open().await;
        let system = Transactions::new(bank.config(), clock.clone()).expect("a client");
        let gateway = Gateway::new(hub.clone(), config, Some(system));
        gateway.begin_policy().await.expect("the shipped policy");
        let stop = CancellationToken::new();
        let (intake, _shards) = Intake::start(hub, &stop);
        let router = routes(&gateway);
        Self { gateway, bank, clock, router, intake, inbox, said: AtomicUsize::new(0), stop, _database: database }
    }

    /// From now on calls go to another gateway over the same hub.
    pub(super) fn call_through(&mut self, gateway: Gateway) {
        self.router = routes(&gateway);
        self.gateway = gateway;
    }

    pub(super) fn hub(&self) -> &Hub {
        &self.gateway.hub
    }

    /// A customer writes; the conversation it lands in.
    pub(super) async fn says(&self, from: &str, text: &str) -> ConversationId {
        self.clock.advance(Duration::from_secs(1));
        let number = self.said.fetch_add(1, Ordering::SeqCst);
        let item = Item::Message(MessageItem {
            channel: Channel::Sms,
            channel_message_id: format!("SM{number}"),
            account: OURS.into(),
            direction: Direction::Inbound,
            sender: Sender { kind: SenderType::Customer, address: from.into(), name: Some("Maya Lefebvre".into()) },
            content: Content::text(text),
            reply_to: None,
            timestamp: self.clock.now(),
            status: "received".into(),
            metadata: Map::new(),
        });
        let batch = Inbound { inbox_id: self.inbox, items: vec![item], received_at: self.clock.now(), span: None };
        self.intake.accept(vec![batch]).await.expect("stored");
        self.gateway.settle_now().await.expect("settles");
        let mut tx = self.hub().db.read().await.expect("reads");
        let id = messages::id_by_key(&mut tx, self.inbox, &format!("SM{number}")).await.expect("reads").expect("there");
        messages::by_id(&mut tx, id).await.expect("reads").expect("there").conversation_id
    }

    /// What we last wrote in a conversation.
    pub(super) async fn last_text(&self, id: ConversationId) -> String {
        let mut tx = self.hub().db.read().await.expect("reads");
        let row = conversations::by_id(&mut tx, id).await.expect("reads").expect("there");
        let page = messages::page_before(&mut tx, id, row.last_seq + 1, 20).await.expect("reads");
        page.into_iter()
            .filter(|message| message.direction == Direction::Outbound)
            .max_by_key(|message| message.seq)
            .and_then(|message| message.text)
            .unwrap_or_default()
    }

    /// The code in the question that was last asked.
    pub(super) async fn code(&self, id: ConversationId) -> String {
        let text = self.last_text(id).await;
        let place = text.find("CONFIRM-").unwrap_or_else(|| panic!("a code in {text:?}"));
        text.get(place..place + 16).expect("a whole code").to_owned()
    }

    pub(super) fn token(&self, claims: Claims) -> String {
        let exp = self.clock.now().timestamp() + 36_000;
        self.hub().gate.keys.as_ref().expect("keys").issue(Claims { exp, ..claims }).expect("a token")
    }

    pub(super) fn assistant(&self, conversation: ConversationId) -> String {
        self.token(Claims {
            sub: ActorId::new().to_string(),
            role: "ai".into(),
            conv: Some(conversation.0),
            account_ids: Some(WordList::Text("*".into())),
            ..Claims::default()
        })
    }

    /// An admin who may touch every account.
    pub(super) fn admin(&self) -> String {
        self.token(Claims {
            sub: ActorId::new().to_string(),
            role: "admin".into(),
            account_ids: Some(WordList::Text("*".into())),
            site_ids: Some(WordList::Text("*".into())),
            ..Claims::default()
        })
    }

    pub(super) fn person(&self, role: &str) -> String {
        self.token(Claims {
            sub: ActorId::new().to_string(),
            role: role.into(),
            team_ids: Some(WordList::List(vec!["sales".into(), "support".into()])),
            ..Claims::default()
        })
    }

    pub(super) async fn send(&self, method: &str, path: &str, token: &str, body: Vec<u8>, key: Option<&str>) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "patchbay.test")
            .header("content-type", "application/json")
            .header("user-agent", "tests/1")
            .header("authorization", format!("Bearer {token}"));
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.answer(request.body(Body::from(body)).expect("a request")).await
    }

    pub(super) async fn answer(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        }
    }

    /// Calls a tool; what it answers has to fit the schema that callers are told.
    pub(super) async fn call(&self, token: &str, tool: &str, arguments: Value) -> Answer {
        let body = json!({"arguments": arguments}).to_string().into_bytes();
        let answer = self.send("POST", &format!("/tools/{tool}"), token, body, None).await;
        if let Some(spec) = self.gateway.tool(tool) {
            schema::check(&spec.envelope_schema(), &answer.body).unwrap_or_else(|misfit| panic!("{tool}: {misfit}"));
            if answer.status == 200 {
                schema::check(&spec.output_schema(), &answer.body["result"]).expect("the result fits");
            }
        }
        answer
    }

    pub(super) async fn get(&self, token: &str, path: &str) -> Answer {
        self.send("GET", path, token, Vec::new(), None).await
    }

    /// Makes something as an admin under a key of its own: what is answered.
    pub(super) async fn made(&self, path: &str, body: Value) -> Value {
        let (admin, key) = (self.admin(), ActorId::new().to_string());
        let answer = self.send("POST", path, &admin, body.to_string().into_bytes(), Some(&key)).await;
        assert!(matches!(answer.status, 200 | 201), "{path}: {} {}", answer.status, answer.body);
        answer.body
    }

    /// Makes a conversation's customer a contact of an account: the customer.
    pub(super) async fn belongs_to(&self, conversation: ConversationId, account: &Value) -> Value {
        let mut tx = self.hub().db.read().await.expect("reads");
        let row = conversations::by_id(&mut tx, conversation).await.expect("reads").expect("there");
        drop(tx);
        let path = format!("/api/v1/contacts/{}", row.contact_id);
        let body = json!({"account_id": account}).to_string().into_bytes();
        self.send("PATCH", &path, &self.admin(), body, None).await.ok();
        json!(row.contact_id)
    }

    pub(super) async fn post(&self, token: &str, path: &str, body: Value) -> Answer {
        self.send("POST", path, token, body.to_string().into_bytes(), None).await
    }

    /// A draft of an amount that the customer was asked about: its id.
    pub(super) async fn drafted(&self, token: &str, amount: f64) -> String {
        let arguments = json!({"amount": amount, "description": "Brake pads"});
        let body = self.call(token, "create_transaction_draft", arguments).await.ok();
        body["draft"]["draft_id"].as_str().expect("an id").to_owned()
    }
}

/// What assistants call, and what people do.
fn routes(gateway: &Gateway) -> Router {
    let tools = crate::router().with_state(gateway.clone()).into_router();
    let people = patchbay_hub::router().merge(patchbay_dispatch::router::<Hub>());
    let people = people.with_state(gateway.hub.clone()).into_router();
    tools.merge(people).layer(axum::middleware::from_fn(patchbay_http::correlate))
}

async fn sales_inbox(hub: &mut Hub) -> InboxId {
    let (id, now) = (InboxId::new(), hub.gate.clock.now());
    DirectoryKeeper::new(hub).refresh().await.expect("the directory can be read");
    let sales = hub.directory().teams.values().find(|team| team.slug == "sales").map(|team: &Team| team.id);
    assert!(sales.is_some(), "there is a sales team");
    let row = InboxRow {
        id,
        name: "sms-sales".into(),
        channel: Channel::Sms,
        address: OURS.into(),
        team_id: sales,
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
    let mut tx = hub.db.begin().await.expect("begins");
    inboxes::insert(&mut tx, &row).await.expect("an inbox");
    tx.commit().await.expect("commits");
    let inbox = Inbox {
        id,
        name: row.name,
        channel: row.channel,
        team_id: sales,
        triage: patchbay_core::inbox::Triage::Direct,
        account_id: None,
        address: row.address,
        provider: Provider::Unserved,
    };
    let mut directory = Directory::clone(&hub.gate.directory.load());
    directory.inboxes = BTreeMap::from([(id, Arc::new(inbox))]);
    hub.gate.directory.store(Arc::new(directory));
    id
}
