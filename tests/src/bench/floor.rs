//! The least that could be done for a webhook: the same HTTP library, the same verification, three bare inserts for each
//! event, commits shared in the same way. No contacts, no conversations, no jobs, no rules.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hmac::{Hmac, KeyInit as _, Mac as _};
use patchbay_core::clock::Clock;
use patchbay_core::ids::RecordId;
use patchbay_tests::settings::APP_SECRET;
use serde_json::{Value, json};
use sha2::Sha256;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

/// Most events in one commit. Source: design of the intake.
const BATCH: usize = 256;
/// Writers on PostgreSQL; SQLite has one.
const POSTGRES_WRITERS: usize = 4;

struct Event {
    channel_message_id: String,
    from: String,
    body: String,
    done: oneshot::Sender<()>,
}

#[derive(Clone)]
enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// Serves until it is killed.
pub(crate) async fn serve(port: u16, database_url: &str) {
    let (pool, writers) = open(database_url).await;
    let mut senders = Vec::new();
    for _ in 0..writers {
        let (sender, receiver) = mpsc::channel(4096);
        tokio::spawn(write(pool.clone(), receiver));
        senders.push(sender);
    }
    let app = Router::new().route("/webhooks/whatsapp", post(accept)).with_state(Arc::new(senders));
    let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
    axum::serve(listener, app).await.expect("the floor serves");
}

async fn accept(State(writers): State<Arc<Vec<mpsc::Sender<Event>>>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers.get("x-hub-signature-256").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let signature = hex::decode(signature.strip_prefix("sha256=").unwrap_or_default()).unwrap_or_default();
    let mut mac = Hmac::<Sha256>::new_from_slice(APP_SECRET.as_bytes()).expect("a key of any length will do");
    mac.update(&body);
    if mac.verify_slice(&signature).is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    let Ok(value) = serde_json::from_slice::<Value>(&body) else { return StatusCode::BAD_REQUEST };
    let message = &value["entry"][0]["changes"][0]["value"]["messages"][0];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (done, wait) = oneshot::channel();
    let event = Event {
        channel_message_id: text(&message["id"]),
        from: text(&message["from"]),
        body: text(&message["text"]["body"]),
        done,
    };
    let shard = event.from.bytes().map(usize::from).sum::<usize>() % writers.len();
    if writers[shard].send(event).await.is_err() || wait.await.is_err() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    StatusCode::OK
}

async fn write(pool: Pool, mut events: mpsc::Receiver<Event>) {
    let mut batch = Vec::with_capacity(BATCH);
    while events.recv_many(&mut batch, BATCH).await > 0 {
        match &pool {
            Pool::Sqlite(pool) => write_sqlite(pool, &batch).await,
            Pool::Postgres(pool) => write_postgres(pool, &batch).await,
        }
        .expect("the floor's batch is written");
        for event in batch.drain(..) {
            let _waiting = event.done.send(());
        }
    }
}

async fn write_sqlite(pool: &SqlitePool, batch: &[Event]) -> sqlx::Result<()> {
    let now = Clock::system().now().timestamp_micros();
    let rows: Vec<Value> = batch
        .iter()
        .map(|event| {
            let id = RecordId::new().0.simple().to_string();
            json!([id, event.channel_message_id, event.from, event.body, now])
        })
        .collect();
    let rows = Value::Array(rows).to_string();
    let mut tx = pool.begin_with("begin immediate").await?;
    sqlx::query(
        "insert into keys (channel_message_id) select value ->> 1 from json_each($1) where true on conflict do nothing",
    )
    .bind(&rows)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "insert into messages (id, channel_message_id, sender, body, created_at)
         select unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4 from json_each($1)",
    )
    .bind(&rows)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "insert into events (id, payload, created_at)
         select unhex(value ->> 0), value ->> 3, value ->> 4 from json_each($1)",
    )
    .bind(&rows)
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}

async fn write_postgres(pool: &PgPool, batch: &[Event]) -> sqlx::Result<()> {
    let now = Clock::system().now();
    let ids: Vec<_> = batch.iter().map(|_| RecordId::new().0).collect();
    let keys: Vec<&str> = batch.iter().map(|event| event.channel_message_id.as_str()).collect();
    let senders: Vec<&str> = batch.iter().map(|event| event.from.as_str()).collect();
    let bodies: Vec<&str> = batch.iter().map(|event| event.body.as_str()).collect();
    let mut tx = pool.begin().await?;
    sqlx::query("insert into keys (channel_message_id) select * from unnest($1::text[]) on conflict do nothing")
        .bind(&keys)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "insert into messages (id, channel_message_id, sender, body, created_at)
         select batch.*, $5::timestamptz from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) as batch",
    )
    .bind(&ids)
    .bind(&keys)
    .bind(&senders)
    .bind(&bodies)
    .bind(now)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "insert into events (id, payload, created_at)
         select batch.*, $3::timestamptz from unnest($1::uuid[], $2::text[]) as batch",
    )
    .bind(&ids)
    .bind(&bodies)
    .bind(now)
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}

async fn open(database_url: &str) -> (Pool, usize) {
    if database_url.starts_with("sqlite:") {
        let options: SqliteConnectOptions = database_url.parse().expect("the address is valid");
        let options = options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("wal_autocheckpoint", "4000");
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.expect("SQLite opens");
        for table in [
            "create table keys (channel_message_id text primary key) strict, without rowid",
            "create table messages (id blob primary key, channel_message_id text not null, sender text not null,
                body text not null, created_at integer not null) strict",
            "create table events (seq integer primary key, id blob not null, payload text not null,
                created_at integer not null) strict",
        ] {
            sqlx::query(table).execute(&pool).await.expect("the floor's tables can be made");
        }
        return (Pool::Sqlite(pool), 1);
    }
    let pool = PgPoolOptions::new().max_connections(8).connect(database_url).await.expect("PostgreSQL answers");
    for table in [
        "create table keys (channel_message_id text primary key)",
        "create table messages (id uuid primary key, channel_message_id text not null, sender text not null,
            body text not null, created_at timestamptz not null)",
        "create table events (seq bigserial primary key, id uuid not null, payload text not null,
            created_at timestamptz not null)",
    ] {
        sqlx::query(table).execute(&pool).await.expect("the floor's tables can be made");
    }
    (Pool::Postgres(pool), POSTGRES_WRITERS)
}
