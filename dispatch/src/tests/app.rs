//! The ticket endpoints over a database of their own: a SQLite file, or a schema on the PostgreSQL of the run.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::Body;
use axum::extract::FromRef;
use axum::http::{HeaderMap, Request, StatusCode};
use chrono::{DateTime, Utc};
use patchbay_core::clock::Clock;
use patchbay_core::ids::{AccountId, RecordId, SiteId};
use patchbay_core::place::{PlaceStatus, SlaTier};
use patchbay_core::secret::Secret;
use patchbay_core::ticket::Profile;
use patchbay_http::{Claims, DevelopmentHeaders, Gate, TokenKeys, WordList, correlate};
use patchbay_store::accounts::{self, AccountRow};
use patchbay_store::objects::Objects;
use patchbay_store::sites::{self, SiteRow};
use patchbay_store::{Db, Engine};
use patchbay_test_database::TestDatabase;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _};
use tempfile::TempDir;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::{Config, Dispatch, EvidenceRules, MAX_BODY_BYTES, router};

/// Lists tests that take an [`App`]; each runs on SQLite, and on PostgreSQL when the run has one.
macro_rules! both_engines {
    ($($name:ident;)+) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    Box::pin(super::$name($crate::tests::App::sqlite().await)).await;
                }
            )+
        }
        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    if let Some(app) = $crate::tests::App::postgres().await {
                        Box::pin(super::$name(app)).await;
                    }
                }
            )+
        }
    };
}
pub(crate) use both_engines;

/// An id that nothing has.
pub(crate) fn some_id() -> Uuid {
    RecordId::new().0
}

#[derive(Clone)]
struct Parts {
    gate: Gate,
    dispatch: Dispatch,
}

impl FromRef<Parts> for Gate {
    fn from_ref(parts: &Parts) -> Self {
        parts.gate.clone()
    }
}

impl FromRef<Parts> for Dispatch {
    fn from_ref(parts: &Parts) -> Self {
        parts.dispatch.clone()
    }
}

fn routed(parts: Parts) -> Router {
    let router = router::<Parts>().into_router();
    router.layer(axum::middleware::from_fn(correlate)).with_state(parts)
}

/// The ticket endpoints, one account with one site, and a clock that stands still.
pub(crate) struct App {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) account: AccountId,
    pub(crate) site: SiteId,
    keys: TokenKeys,
    gate: Gate,
    router: Router,
    database: TestDatabase,
    files: TempDir,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub(crate) fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl App {
    pub(crate) async fn sqlite() -> Self {
        Self::over(TestDatabase::fresh(Engine::Sqlite).await).await
    }

    pub(crate) async fn postgres() -> Option<Self> {
        std::env::var_os("TEST_POSTGRES_URL")?;
        Some(Self::over(TestDatabase::fresh(Engine::Postgres).await).await)
    }

    async fn over(database: TestDatabase) -> Self {
        let db = database.open().await;
        let clock = Clock::manual(DateTime::from_timestamp(1_767_614_400, 0).expect("a time"));
        let keys = TokenKeys::new(&Secret::new("0123456789abcdef0123456789abcdef"), None, None).expect("long enough");
        let gate = Gate {
            keys: Some(keys.clone()),
            directory: Arc::new(ArcSwap::default()),
            clock: clock.clone(),
            allowed_origins: Arc::from([]),
            rates: patchbay_http::ActorRates::default(),
            development: DevelopmentHeaders::Refused,
        };
        let files = tempfile::tempdir().expect("a temporary folder can be made");
        let router = routed(Parts { gate: gate.clone(), dispatch: Dispatch::new(db.clone(), Config::default()) });
        let mut app =
            Self { db, clock, account: AccountId::new(), site: SiteId::new(), keys, gate, router, database, files };
        app.account = app.add_account(json!({})).await;
        app.site = app.add_site(app.account).await;
        app
    }

    /// The same installation with a place for the objects of evidence, on disk.
    pub(crate) fn with_evidence(self, rules: EvidenceRules) -> Self {
        let secret = Secret::new("0123456789abcdef0123456789abcdef");
        let objects = Objects::on_disk(self.files.path(), "", secret).expect("a folder");
        let dispatch = Dispatch::new(self.db.clone(), Config::default()).keeping_evidence(objects, rules);
        let router = routed(Parts { gate: self.gate.clone(), dispatch });
        Self { router, ..self }
    }

    /// Removes every object of evidence behind everybody's back.
    pub(crate) fn lose_objects(&self) {
        std::fs::remove_dir_all(self.files.path().join("evidence")).expect("there are objects");
    }

    /// The same installation with other settings.
    pub(crate) fn with_settings(self, config: Config) -> Self {
        let router = routed(Parts { gate: self.gate.clone(), dispatch: Dispatch::new(self.db.clone(), config) });
        Self { router, ..self }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(crate) async fn add_account(&self, settings: Value) -> AccountId {
        let now = self.now();
        let row = AccountRow {
            id: AccountId::new(),
            name: "Northside Facilities".into(),
            profile: Profile::Facility,
            status: PlaceStatus::Active,
            sla_tier: SlaTier::Standard,
            default_nte_cents: Some(25_000),
            currency: "USD".into(),
            locale: "en".into(),
            timezone: "UTC".into(),
            settings,
            qb_customer_id: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let mut tx = self.db.begin().await.expect("begins");
        accounts::insert(&mut tx, &row).await.expect("an account");
        tx.commit().await.expect("commits");
        row.id
    }

    pub(crate) async fn add_site(&self, account_id: AccountId) -> SiteId {
        let now = self.now();
        let id = SiteId::new();
        let row = SiteRow {
            id,
            account_id,
            code: format!("S-{}", id.0.simple()),
            name: "North gate".into(),
            address1: "1 Main Street".into(),
            address2: None,
            unit: None,
            city: "Toronto".into(),
            region: None,
            postal_code: None,
            country: "CA".into(),
            timezone: "America/Toronto".into(),
            phone: None,
            email: None,
            access_instructions: None,
            hours: None,
            is_audit_flagged: false,
            bill_to: None,
            zone_id: None,
            exclusive_technician_id: None,
            status: PlaceStatus::Active,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let mut tx = self.db.begin().await.expect("begins");
        sites::insert(&mut tx, &row).await.expect("a site");
        tx.commit().await.expect("commits");
        id
    }

    /// From now on every ticket of the site needs a person's look.
    pub(crate) async fn flag_site(&self) {
        let mut tx = self.db.begin().await.expect("begins");
        let row = sites::by_id(&mut tx, self.site).await.expect("reads").expect("the site");
        sites::update(&mut tx, &SiteRow { is_audit_flagged: true, ..row }).await.expect("a flagged site");
        tx.commit().await.expect("commits");
    }

    /// A token of `role` with scope over everything.
    pub(crate) fn token(&self, role: &str) -> String {
        self.scoped_token(role, Uuid::from_u128(7), &["*".into()], &["*".into()])
    }

    pub(crate) fn scoped_token(&self, role: &str, sub: Uuid, accounts: &[String], sites: &[String]) -> String {
        let claims = Claims {
            sub: sub.to_string(),
            role: role.into(),
            exp: self.now().timestamp() + 3_600,
            account_ids: Some(WordList::List(accounts.to_vec())),
            site_ids: Some(WordList::List(sites.to_vec())),
            ..Claims::default()
        };
        self.keys.issue(claims).expect("a token")
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("the router answers");
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, MAX_BODY_BYTES * 8).await.expect("a body");
        let text = String::from_utf8(bytes.to_vec()).expect("text");
        Answer { status: parts.status, headers: parts.headers, text }
    }

    pub(crate) async fn get(&self, token: &str, path: &str) -> Answer {
        let request = Request::get(path).header("authorization", format!("Bearer {token}"));
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    /// Posts a command under a key.
    pub(crate) async fn post(&self, token: &str, path: &str, key: Uuid, body: &Value) -> Answer {
        let request = Request::post(path)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .header("idempotency-key", key.to_string());
        self.send(request.body(Body::from(body.to_string())).expect("a request")).await
    }

    /// What `ticket.create` needs.
    pub(crate) fn request(&self) -> Value {
        json!({"account_id": self.account, "site_id": self.site, "summary": "The front door does not latch"})
    }

    /// What `ticket.blind_intake` needs to be ready to schedule.
    pub(crate) fn intake(&self) -> Value {
        json!({
            "account_id": self.account, "site_id": self.site, "summary": "The front door does not latch",
            "incident_type": "door_wont_latch", "customer_name": "Ada Lovelace", "priority": "URGENT",
            "identity_confidence": 95, "classification_confidence": 90, "contact_phone": "+15550100199",
            "sop_handoff_acknowledged": true,
        })
    }

    /// Runs a statement past the store. Error: what the database says.
    pub(crate) async fn raw(&self, statement: &str) -> Result<u64, sqlx::Error> {
        let statement = AssertSqlSafe(statement.to_owned());
        if self.database.engine() == Engine::Sqlite {
            let mut connection = sqlx::SqliteConnection::connect(self.database.url()).await?;
            Ok(sqlx::query(statement).execute(&mut connection).await?.rows_affected())
        } else {
            let mut connection = sqlx::PgConnection::connect(self.database.url()).await?;
            Ok(sqlx::query(statement).execute(&mut connection).await?.rows_affected())
        }
    }

    /// Which engine the test runs on.
    pub(crate) fn is_sqlite(&self) -> bool {
        self.database.engine() == Engine::Sqlite
    }

    /// How many rows each table has.
    pub(crate) async fn row_counts(&self) -> BTreeMap<String, i64> {
        let mut counts = BTreeMap::new();
        if self.database.engine() == Engine::Sqlite {
            let mut connection = sqlx::SqliteConnection::connect(self.database.url()).await.expect("a connection");
            let tables = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'";
            let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut connection).await.expect("tables");
            for table in tables {
                let count = AssertSqlSafe(format!("select count(*) from {table}"));
                counts.insert(table, sqlx::query_scalar(count).fetch_one(&mut connection).await.expect("a count"));
            }
        } else {
            let mut connection = sqlx::PgConnection::connect(self.database.url()).await.expect("a connection");
            let tables = "select tablename::text from pg_tables where schemaname = current_schema()";
            let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut connection).await.expect("tables");
            for table in tables {
                let count = AssertSqlSafe(format!("select count(*) from {table}"));
                counts.insert(table, sqlx::query_scalar(count).fetch_one(&mut connection).await.expect("a count"));
            }
        }
        counts
    }

    /// How many tickets there are.
    pub(crate) async fn count(&self) -> usize {
        let list = self.get(&self.token("admin"), "/tickets?limit=100").await;
        assert_eq!(list.status, StatusCode::OK, "{}", list.text);
        list.json()["data"].as_array().map_or(0, Vec::len)
    }
}
