//! The server under measurement: the real binary on a database of its own.

use std::path::Path;

use patchbay_store::{Db, Engine};
use patchbay_tests::database::{TestDatabase, redis_url};
use patchbay_tests::services::free_port;
use patchbay_tests::settings::Settings;
use patchbay_tests::{Caller, Node, settings};
use tempfile::TempDir;

/// One node with everything it stands on.
pub(crate) struct Target {
    pub(crate) node: Node,
    pub(crate) port: u16,
    pub(crate) admin: Caller,
    database: TestDatabase,
    folder: TempDir,
}

impl Target {
    /// Starts a node on `engine`; on PostgreSQL also with Redis.
    pub(crate) async fn start(engine: Engine) -> Self {
        Self::start_with(engine, "").await
    }

    /// The same with more lines of settings.
    pub(crate) async fn start_with(engine: Engine, more: &str) -> Self {
        Self::start_on(TestDatabase::fresh(engine).await, more).await
    }

    /// The same on a database that is there.
    pub(crate) async fn start_on(database: TestDatabase, more: &str) -> Self {
        let engine = database.engine();
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let port = free_port();
        let base_url = format!("http://127.0.0.1:{port}");
        let settings = Settings {
            port,
            public_url: base_url.clone(),
            database_url: database.url().to_owned(),
            redis_url: if engine == Engine::Postgres { redis_url() } else { String::new() },
            providers_url: "http://127.0.0.1:9".to_owned(),
            more: more.to_owned(),
        };
        settings.write(Path::new(folder.path()));
        let node = Node::start(folder.path(), &base_url, &[]).await;
        let admin = Caller::anonymous(&base_url).with_token(settings::token("admin"));
        Self { node, port, admin, database, folder }
    }

    /// Runs another command of the binary on the same settings.
    pub(crate) fn run(&self, arguments: &[&str]) {
        let output = patchbay_tests::node::run(self.folder.path(), arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Address of the database.
    pub(crate) fn database_url(&self) -> &str {
        self.database.url()
    }

    /// The database, to be filled past the API.
    pub(crate) async fn open(&self) -> Db {
        self.database.open().await
    }
}

/// Name of an engine in the table.
pub(crate) fn name(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    }
}
