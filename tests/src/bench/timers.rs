//! A million open timers, and among them those of conversations whose first answer is due: how late they fire, and what
//! the million costs in memory.

use std::time::Duration;

use chrono::TimeDelta;
use patchbay_core::clock::Clock;
use patchbay_core::conversation::Priority;
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{ConversationId, JobId};
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_store::{Db, Engine, jobs};
use serde_json::json;
use sqlx::{Connection as _, PgConnection, Row as _, SqliteConnection};
use tokio::time::Instant;

use crate::latency::paced_with;
use crate::report::{Report, load};
use crate::target::{Target, name};

/// An unoptimized build only shows that it works.
const TIMERS: usize = if cfg!(debug_assertions) { 10_000 } else { 1_000_000 };
const DUE: u32 = if cfg!(debug_assertions) { 20 } else { 1_000 };
const PER_SECOND: u32 = DUE / 10;
const PROMISED_SECONDS: i64 = 15;
const BATCH: usize = 5_000;
const PATIENCE: Duration = Duration::from_mins(2);

/// Both engines.
pub(crate) async fn run() -> Report {
    let mut report = Report::default();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let target = Target::start(engine).await;
        for priority in Priority::ALL {
            let policy = json!({"team": "support", "priority": priority.as_str(), "frt_s": PROMISED_SECONDS,
                "warning_s": 5});
            target.admin.post("/api/v1/sla-policies", policy).await.expect(201);
        }
        let before = target.node.resident_bytes();
        let db = target.open().await;
        let began = Instant::now();
        set(&db, TIMERS).await;
        let set_in = began.elapsed();
        let busy = load();
        paced_with(target.port, "timers", PER_SECOND, DUE, |_| "Is anybody there?".to_owned()).await;
        let mut late = Vec::new();
        let waiting = Instant::now();
        while waiting.elapsed() < PATIENCE {
            late = lateness(target.database_url(), engine).await;
            if late.len() >= DUE as usize {
                break;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        late.sort_unstable();
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
        let ms = |place: usize| late.get(place).map_or(f64::NAN, |late| *late as f64 / 1_000.0);
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
        report.add(
            name(engine),
            vec![
                ("timers", TIMERS as f64),
                ("fired", late.len() as f64),
                ("late p50 ms", ms(late.len() / 2)),
                ("late p99 ms", ms(late.len() * 99 / 100)),
                ("late most ms", ms(late.len().saturating_sub(1))),
                ("memory before MB", before as f64 / 1e6),
                ("memory after MB", target.node.resident_bytes() as f64 / 1e6),
                ("set in s", set_in.as_secs_f64()),
                ("load before", busy),
            ],
        );
    }
    report
}

/// Sets timers that are due in a month.
async fn set(db: &Db, count: usize) {
    let now = Clock::system().now();
    let ctx = Ctx::system(now, "bench");
    for batch in (0..count).collect::<Vec<usize>>().chunks(BATCH) {
        let timers: Vec<NewJob> = batch
            .iter()
            .map(|number| {
                let conversation = ConversationId::new();
                NewJob {
                    id: JobId::new(),
                    queue: JobQueue::Default,
                    kind: JobKind::SlaTimer,
                    lane: None,
                    dedupe_key: Some(format!("sla:{conversation}")),
                    payload: json!({ "conversation_id": conversation }),
                    run_at: now + TimeDelta::days(30) + TimeDelta::milliseconds(i64::try_from(*number).unwrap_or(0)),
                    max_attempts: 3,
                }
            })
            .collect();
        let mut tx = db.begin().await.expect("begins");
        jobs::enqueue_all(&mut tx, &ctx, &timers).await.expect("enqueues");
        tx.commit().await.expect("commits");
    }
}

/// How much later than they were due the promises were found broken, in microseconds.
async fn lateness(url: &str, engine: Engine) -> Vec<i64> {
    match engine {
        Engine::Sqlite => {
            let mut connection = SqliteConnection::connect(url).await.expect("SQLite opens");
            let rows = sqlx::query("select created_at - due_at as late from sla_violations")
                .fetch_all(&mut connection)
                .await
                .expect("reads");
            rows.iter().map(|row| row.get("late")).collect()
        }
        Engine::Postgres => {
            let mut connection = PgConnection::connect(url).await.expect("PostgreSQL answers");
            let text = "select cast(extract(epoch from created_at - due_at) * 1000000 as bigint) as late
                        from sla_violations";
            let rows = sqlx::query(text).fetch_all(&mut connection).await.expect("reads");
            rows.iter().map(|row| row.get("late")).collect()
        }
    }
}
