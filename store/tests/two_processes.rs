//! On SQLite, an operator's command opens the file while the server writes to it.

use std::time::Duration;

use patchbay_store::Db;
use rusqlite::{Connection, TransactionBehavior};

#[tokio::test]
async fn a_file_that_is_up_to_date_is_opened_while_another_process_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared.db");
    let url = format!("sqlite://{}", path.display());
    Db::open(&url, 1).await.unwrap().migrate().await.unwrap();

    let mut other = Connection::open(&path).unwrap();
    let tx = other.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
    tx.execute("insert into counters (name, value) values ('other', 1)", []).unwrap();

    Db::open(&url, 1).await.unwrap().migrate().await.unwrap();
    tx.commit().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_file_waits_for_whoever_writes_to_it_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared.db");
    let mut other = Connection::open(&path).unwrap();
    other.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())).unwrap();
    let db = Db::open(&format!("sqlite://{}", path.display()), 1).await.unwrap();
    let tx = other.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
    let migrated = tokio::spawn(async move { db.migrate().await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    tx.execute("create table elsewhere (name text)", []).unwrap();
    tx.commit().unwrap();
    migrated.await.unwrap().unwrap();
}
