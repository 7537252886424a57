//! A database for one test: a SQLite file or a PostgreSQL database that nobody else uses. The migrations are run once and
//! copied from then on: with hundreds of tests they took a good part of PostgreSQL's time.

mod template;

use std::path::Path;
use std::time::Duration;

use patchbay_core::ids::RecordId;
use patchbay_store::{Db, Engine};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

/// Longest start of a PostgreSQL on a loaded machine.
const STARTING: Duration = Duration::from_mins(1);

/// A database of either engine for one test. The SQLite file goes away with it; the PostgreSQL server is a private one
/// that goes away with the run.
#[derive(Debug)]
pub struct TestDatabase {
    engine: Engine,
    url: String,
    _folder: Option<TempDir>,
}

impl TestDatabase {
    /// A database of `engine` with the schema and nothing in it.
    ///
    /// Panics when PostgreSQL is asked for and `TEST_POSTGRES_URL` is not set: a run that silently leaves out one engine
    /// would look green.
    pub async fn fresh(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let made = Self::sqlite();
                std::fs::write(made.path(), template::sqlite().await).expect("the copy can be written");
                made
            }
            Engine::Postgres => {
                let server = postgres_url();
                let template = template::postgres(&server).await;
                Self::postgres(&server, &format!(" template {template} strategy wal_log")).await
            }
        }
    }

    /// One without the schema: for what brings the schema.
    pub async fn empty(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::sqlite(),
            Engine::Postgres => Self::empty_on(&postgres_url()).await,
        }
    }

    /// One without the schema on the PostgreSQL server at `server_url`, which may be starting.
    pub async fn empty_on(server_url: &str) -> Self {
        Self::postgres(server_url, "").await
    }

    /// A database that is there already and stays.
    pub fn at(engine: Engine, url: String) -> Self {
        Self { engine, url, _folder: None }
    }

    fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let url = format!("sqlite://{}", folder.path().join("patchbay.db").display());
        Self { engine: Engine::Sqlite, url, _folder: Some(folder) }
    }

    /// `like`: how `create database` goes on after the name.
    async fn postgres(server_url: &str, like: &str) -> Self {
        let name = format!("t{}", RecordId::new().0.simple());
        let mut connection = connected(server_url).await;
        connection
            .execute(AssertSqlSafe(format!("create database {name}{like}")))
            .await
            .expect("a database can be made on the test's PostgreSQL");
        Self { engine: Engine::Postgres, url: with_database(server_url, &name), _folder: None }
    }

    fn path(&self) -> &Path {
        Path::new(self.url.trim_start_matches("sqlite://"))
    }

    /// Which engine it is.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// The address, as the setting `database_url` takes it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A migrated handle.
    pub async fn open(&self) -> Db {
        let db = Db::open(&self.url, 8).await.expect("the test's database opens");
        db.migrate().await.expect("the test's database migrates");
        db
    }
}

/// The private PostgreSQL of the run.
pub fn postgres_url() -> String {
    std::env::var("TEST_POSTGRES_URL")
        .expect("TEST_POSTGRES_URL is set; run the tests with `make test` or `scripts/with-services cargo test`")
}

/// A server that a test has just started says for a moment that it is starting.
async fn connected(server_url: &str) -> PgConnection {
    let deadline = Instant::now() + STARTING;
    loop {
        match PgConnection::connect(server_url).await {
            Ok(connection) => return connection,
            Err(error) => assert!(Instant::now() < deadline, "the test's PostgreSQL answers: {error}"),
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// The address of another database of the same server.
fn with_database(server_url: &str, name: &str) -> String {
    let (address, parameters) = server_url.split_once('?').unwrap_or((server_url, ""));
    let (server, _) = address.rsplit_once('/').expect("the address of a PostgreSQL names a database");
    let separator = if parameters.is_empty() { "" } else { "?" };
    format!("{server}/{name}{separator}{parameters}")
}
