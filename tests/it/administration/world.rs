//! The hub's router with a clock that tests move, and people who ask it things.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, header};
use chrono::DateTime;
use patchbay_core::clock::Clock;
use patchbay_core::directory::Directory;
use patchbay_core::ids::{ActorId, AuditId, RecordId};
use patchbay_core::secret::Secret;
use patchbay_dispatch::Dispatch;
use patchbay_http::{Claims, DevelopmentHeaders, Gate, TokenKeys, WordList};
use patchbay_hub::directory::DirectoryKeeper;
use patchbay_hub::{Hub, HubConfig, administration};
use patchbay_store::Db;
use patchbay_store::audit::{self, AuditRow};
use patchbay_store::feed;
use patchbay_tests::TestDatabase;
use serde_json::{Value, json};
use tower::ServiceExt as _;

pub(crate) const PASSWORD: &str = "correct horse battery";
const SECRET: &str = "a secret of at least thirty-two bytes, for tests";

/// Everything a test of the administration needs.
pub(crate) struct World {
    pub(crate) hub: Hub,
    router: Router,
    database: TestDatabase,
    _files: tempfile::TempDir,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The code of an error.
    pub(crate) fn code(&self) -> &str {
        self.body.pointer("/error/code").and_then(Value::as_str).unwrap_or_default()
    }

    /// A text of the body.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {}", self.body))
    }

    /// Cookies that were set, as they would come back.
    pub(crate) fn cookies(&self) -> String {
        let set = self.headers.get_all(header::SET_COOKIE).iter();
        let pairs = set.filter_map(|value| value.to_str().ok()?.split(';').next());
        pairs.collect::<Vec<_>>().join("; ")
    }
}

/// A request about to be sent.
pub(crate) struct Ask<'w> {
    world: &'w World,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Option<Value>,
    from: SocketAddr,
}

impl Ask<'_> {
    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.parse().expect("a header"));
        self
    }

    pub(crate) fn json(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    pub(crate) fn from(mut self, address: &str) -> Self {
        self.from = format!("{address}:4000").parse().expect("an address");
        self
    }

    pub(crate) async fn send(self) -> Answer {
        let (parts, bytes) = self.raw().await;
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).expect("JSON") };
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// Content type and body of an answer that is no JSON.
    pub(crate) async fn text(self) -> (String, String) {
        let (parts, bytes) = self.raw().await;
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        (kind.to_owned(), String::from_utf8(bytes.to_vec()).expect("text"))
    }

    async fn raw(self) -> (axum::http::response::Parts, axum::body::Bytes) {
        let mut request = Request::builder().method(self.method).uri(&self.path).header("host", "patchbay.test");
        if self.body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = self.body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let mut request = request.body(body).expect("a request");
        request.headers_mut().extend(self.headers);
        request.extensions_mut().insert(ConnectInfo(self.from));
        let response = self.world.router.clone().oneshot(request).await.expect("the router answers");
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
        (parts, bytes)
    }
}

impl World {
    /// A new installation with its standard teams.
    pub(crate) async fn new(database: TestDatabase) -> Self {
        Self::opening(database, &[]).await
    }

    /// The same, where webhooks may lead to these hosts.
    pub(crate) async fn opening(database: TestDatabase, hosts: &[String]) -> Self {
        let clock = Clock::manual(DateTime::from_timestamp(1_772_719_200, 0).expect("a time"));
        let db = database.open().await;
        administration::ensure_standard_teams(&db, clock.now()).await.expect("teams");
        let files = tempfile::tempdir().expect("a folder");
        let hub = hub(db, clock, &files, hosts);
        DirectoryKeeper::new(&hub).refresh().await.expect("the directory can be read");
        let router = patchbay_hub::router().into_router();
        let router = router.with_state(hub.clone()).layer(axum::middleware::from_fn(patchbay_http::correlate));
        Self { hub, router, database, _files: files }
    }

    /// Another node over the same database.
    pub(crate) async fn second_node(&self) -> Hub {
        let db = Db::open(self.database.url(), 4).await.expect("the database opens");
        let hub = Hub { db, ..self.hub.clone() };
        Hub { gate: Gate { directory: Arc::new(ArcSwap::default()), ..hub.gate.clone() }, ..hub }
    }

    /// Waits until everything that is committed is handed out: on PostgreSQL other tests' transactions hold the feed back
    /// for a moment.
    pub(crate) async fn feed_is_settled(&self) {
        let mut tx = self.hub.db.read().await.expect("a connection");
        let all = 100_000;
        while feed::after(&mut tx, feed::Position::START, all).await.expect("an answer").unsettled {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.hub.gate.clock.advance(by);
    }

    pub(crate) fn get(&self, path: &str) -> Ask<'_> {
        self.ask(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str) -> Ask<'_> {
        self.ask(Method::POST, path)
    }

    pub(crate) fn ask(&self, method: Method, path: &str) -> Ask<'_> {
        Ask {
            world: self,
            method,
            path: path.to_owned(),
            headers: HeaderMap::new(),
            body: None,
            from: "192.0.2.1:4000".parse().expect("an address"),
        }
    }

    /// A token of the kind `patchbay token` prints.
    pub(crate) fn token(&self, role: &str, teams: &[&str]) -> String {
        self.token_with(Claims {
            sub: ActorId(RecordId::new().into()).to_string(),
            role: role.to_owned(),
            team_ids: Some(WordList::List(teams.iter().map(|&team| team.to_owned()).collect())),
            account_ids: Some(WordList::Text("*".into())),
            site_ids: Some(WordList::Text("*".into())),
            ..Claims::default()
        })
    }

    pub(crate) fn token_with(&self, claims: Claims) -> String {
        let exp = self.hub.gate.clock.now().timestamp() + 3600;
        self.hub.gate.keys.as_ref().expect("keys").issue(Claims { exp, ..claims }).expect("a token")
    }

    pub(crate) fn admin(&self) -> String {
        self.token("admin", &[])
    }

    /// A token for one account and one site.
    pub(crate) fn scoped_token(&self, role: &str, account: &str, site: &str) -> String {
        self.token_with(Claims {
            sub: ActorId(RecordId::new().into()).to_string(),
            role: role.to_owned(),
            account_ids: Some(WordList::Text(account.to_owned())),
            site_ids: Some(WordList::Text(site.to_owned())),
            ..Claims::default()
        })
    }

    /// What the audit keeps about what belongs to no account.
    pub(crate) async fn audit(&self) -> Vec<AuditRow> {
        let mut tx = self.hub.db.read().await.expect("reads");
        audit::of_account(&mut tx, None, AuditId(uuid::Uuid::nil()), 100).await.expect("entries")
    }

    /// Creates a user with [`PASSWORD`].
    pub(crate) async fn user(&self, email: &str, role: &str, teams: &[&str]) -> Value {
        let body =
            json!({ "email": email, "full_name": "Some Body", "password": PASSWORD, "role": role, "teams": teams });
        let answer = self.post("/api/v1/users").bearer(&self.admin()).json(body).send().await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body
    }

    pub(crate) async fn login(&self, email: &str, password: &str) -> Answer {
        self.post("/api/v1/auth/login").json(json!({ "email": email, "password": password })).send().await
    }
}

fn hub(db: Db, clock: Clock, files: &tempfile::TempDir, hosts: &[String]) -> Hub {
    let store = object_store::local::LocalFileSystem::new_with_prefix(files.path()).expect("a folder");
    Hub {
        dispatch: Dispatch::new(db.clone(), patchbay_dispatch::Config::default()),
        db,
        gate: Gate {
            keys: TokenKeys::new(&Secret::new(SECRET), None, None),
            directory: Arc::new(ArcSwap::from_pointee(Directory::default())),
            clock,
            allowed_origins: Arc::from(["https://console.test".to_owned()]),
            rates: patchbay_http::ActorRates::default(),
            development: DevelopmentHeaders::Refused,
        },
        files: Arc::new(store),
        config: Arc::new(HubConfig { webhook_hosts: hosts.into(), ..HubConfig::default() }),
    }
}
