//! What a fresh database is a copy of.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use patchbay_store::{Db, MIGRATIONS};
use sqlx::{AssertSqlSafe, Executor as _, PgConnection, SqliteConnection};
use tokio::sync::OnceCell;

use crate::{TestDatabase, connected, with_database};

/// Whoever holds this advisory lock makes the template. The number means nothing.
const MAKING: i64 = 7_164_302;

/// A file with the schema.
pub(crate) async fn sqlite() -> &'static [u8] {
    static FILE: OnceCell<Vec<u8>> = OnceCell::const_new();
    FILE.get_or_init(|| async {
        let made = TestDatabase::sqlite();
        made.open().await.close().await;
        // All of it into the one file; its log goes.
        let mut connection = <SqliteConnection as sqlx::Connection>::connect(made.url()).await.expect("SQLite opens");
        connection.execute("pragma wal_checkpoint(truncate)").await.expect("the log is copied");
        drop(connection);
        std::fs::read(made.path()).expect("the file is there")
    })
    .await
}

/// The name of a database with the schema on the server, which nobody is connected to. The first test of a run makes it.
pub(crate) async fn postgres(server_url: &str) -> &'static str {
    static NAME: OnceCell<String> = OnceCell::const_new();
    NAME.get_or_init(|| async {
        let mut hasher = DefaultHasher::new();
        MIGRATIONS.hash(&mut hasher);
        let name = format!("patchbay_template_{:016x}", hasher.finish());
        let mut connection = connected(server_url).await;
        // Until the connection ends.
        let lock = sqlx::query("select pg_advisory_lock($1)").bind(MAKING).execute(&mut connection);
        lock.await.expect("the lock can be had");
        let known: bool = sqlx::query_scalar("select exists (select 1 from pg_database where datname = $1)")
            .bind(&name)
            .fetch_one(&mut connection)
            .await
            .expect("the databases are listed");
        if !known {
            make(server_url, &mut connection, &name).await;
        }
        name
    })
    .await
}

/// Has its name only when it is whole: whoever made it may have been killed.
async fn make(server_url: &str, connection: &mut PgConnection, name: &str) {
    let unfinished = format!("{name}_unfinished");
    for statement in
        [format!("drop database if exists {unfinished} with (force)"), format!("create database {unfinished}")]
    {
        connection.execute(AssertSqlSafe(statement)).await.expect("a database can be made");
    }
    let db = Db::open(&with_database(server_url, &unfinished), 1).await.expect("the template opens");
    db.migrate().await.expect("the template migrates");
    db.close().await;
    let rename = format!("alter database {unfinished} rename to {name}");
    connection.execute(AssertSqlSafe(rename)).await.expect("nobody is connected to the template");
}
