//! A database for one test: a SQLite file or a PostgreSQL schema that nobody else uses.

use std::time::Duration;

use patchbay_store::{Db, Engine};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tempfile::TempDir;

use crate::wait::eventually;

/// Longest start of a PostgreSQL on a loaded machine.
const STARTING: Duration = Duration::from_mins(1);

/// An empty database of either engine. The SQLite file goes away with it; the PostgreSQL server is a private one that
/// goes away with the run.
#[derive(Debug)]
pub struct TestDatabase {
    engine: Engine,
    url: String,
    _folder: Option<TempDir>,
}

impl TestDatabase {
    /// A fresh database of `engine`.
    ///
    /// Panics when PostgreSQL is asked for and `TEST_POSTGRES_URL` is not set: a run that silently leaves out one engine
    /// would look green.
    pub async fn fresh(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::sqlite(),
            Engine::Postgres => Self::postgres(&postgres_url()).await,
        }
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

    /// A schema of its own on the server at `server_url`.
    pub async fn postgres(server_url: &str) -> Self {
        let schema = format!("t{}", patchbay_core::ids::RecordId::new().0.simple());
        // A server that a test has just started says for a moment that it is starting.
        let connected = || async { PgConnection::connect(server_url).await.ok() };
        let mut connection = eventually("the test's PostgreSQL answers", STARTING, connected).await;
        connection
            .execute(AssertSqlSafe(format!("create schema {schema}")))
            .await
            .expect("a schema can be made on the test's PostgreSQL");
        let separator = if server_url.contains('?') { '&' } else { '?' };
        let url = format!("{server_url}{separator}options=-c%20search_path%3D{schema}");
        Self { engine: Engine::Postgres, url, _folder: None }
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

/// The private Redis of the run.
pub fn redis_url() -> String {
    std::env::var("TEST_REDIS_URL")
        .expect("TEST_REDIS_URL is set; run the tests with `make test` or `scripts/with-services cargo test`")
}

/// Lists tests that take a [`TestDatabase`]; each runs on SQLite and on PostgreSQL.
#[macro_export]
macro_rules! both_engines {
    ($($(#[$attribute:meta])* $name:ident;)+) => {
        mod sqlite {
            $(
                $(#[$attribute])*
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    Box::pin(super::$name($crate::TestDatabase::fresh(patchbay_store::Engine::Sqlite).await)).await;
                }
            )+
        }
        mod postgres {
            $(
                $(#[$attribute])*
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    Box::pin(super::$name($crate::TestDatabase::fresh(patchbay_store::Engine::Postgres).await)).await;
                }
            )+
        }
    };
}
