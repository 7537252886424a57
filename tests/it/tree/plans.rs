//! What is read from tables that grow to millions is read through an index: timers and queues at every look, lists of
//! conversations at every click. Both engines are asked how they would do it.

use patchbay_store::Engine;
use patchbay_tests::{TestDatabase, both_engines};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _, SqliteConnection};

use super::sql::{Statement, statements};

both_engines! {
    what_looks_for_due_timers_goes_through_an_index;
    lists_of_conversations_go_through_an_index;
    reports_read_a_stretch_of_their_roll_ups;
}

/// The statements of a file of the store.
fn of(file: &str, table: &str) -> Vec<Statement> {
    let found: Vec<Statement> = statements()
        .into_iter()
        .filter(|statement| statement.place.starts_with(&format!("{file}:")))
        .filter(|statement| statement.sqlite.iter().chain(&statement.postgres).any(|text| text.contains(table)))
        .collect();
    assert!(!found.is_empty(), "{file} has no statements about {table}, or this test no longer finds them");
    found
}

/// How many parameters a text has.
fn parameters(text: &str) -> usize {
    text.split('$')
        .skip(1)
        .filter_map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok())
        .max()
        .unwrap_or(0)
}

/// The statements whose plan reads the whole of `table` (or of what it is called there).
async fn scans(database: &TestDatabase, statements: &[Statement], names: &[&str]) -> Vec<String> {
    database.open().await.close().await;
    let mut wrong = Vec::new();
    match database.engine() {
        Engine::Sqlite => {
            let mut connection = SqliteConnection::connect(database.url()).await.expect("SQLite opens");
            for statement in statements {
                let Some(text) = &statement.sqlite else { continue };
                let explain = AssertSqlSafe(format!("explain query plan {text}"));
                let plan = sqlx::query(explain).fetch_all(&mut connection).await.expect("SQLite explains it");
                let details: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
                let is_scan = |detail: &String| {
                    names
                        .iter()
                        .any(|name| *detail == format!("SCAN {name}") || detail.starts_with(&format!("SCAN {name} AS")))
                };
                if details.iter().any(is_scan) {
                    wrong.push(format!("{}: {details:?}", statement.place));
                }
            }
        }
        Engine::Postgres => {
            let mut connection = PgConnection::connect(database.url()).await.expect("PostgreSQL answers");
            // In an empty table everything is quickest read whole; without that, an index that does not fit shows.
            connection.execute("set enable_seqscan = off").await.expect("it can be set");
            for (number, statement) in statements.iter().enumerate() {
                let Some(text) = &statement.postgres else { continue };
                let lines = explained(&mut connection, number, text).await;
                if lines.iter().any(|line| {
                    line.contains("Seq Scan") && names.iter().any(|name| line.contains(&format!(" {name} ")))
                }) {
                    wrong.push(format!("{}:\n{}", statement.place, lines.join("\n")));
                }
            }
        }
    }
    wrong
}

/// How PostgreSQL does what it is asked again and again: without looking at the values.
async fn explained(connection: &mut PgConnection, number: usize, text: &str) -> Vec<String> {
    connection.execute("set plan_cache_mode = force_generic_plan").await.expect("it can be set");
    connection.execute(AssertSqlSafe(format!("prepare s{number} as {text}"))).await.expect("it prepares");
    let values = vec!["null"; parameters(text)].join(", ");
    let values = if values.is_empty() { values } else { format!("({values})") };
    let explain = AssertSqlSafe(format!("explain execute s{number}{values}"));
    let plan = sqlx::query(explain).fetch_all(connection).await.expect("PostgreSQL explains it");
    plan.iter().map(|row| row.get(0)).collect()
}

/// What is over or not yet due.
const FULL: &str = "
    insert into events (tx, id, name, is_queued, payload, created_at)
    select i, gen_random_uuid(), 'message.received', false, repeat('x', 200), now() from generate_series(1, 20000) as i;
    insert into jobs (id, queue, kind, payload, run_at, attempts, max_attempts, created_at)
    select gen_random_uuid(), i % 3, 'timer', '{}', now() + interval '1 day', 0, 5, now() from generate_series(1, 20000) as i;
    insert into outbox_events (id, aggregate_type, aggregate_id, aggregate_version, event_type, payload, headers,
                               idempotency_key, status, attempt_count, next_attempt_at, created_at)
    select gen_random_uuid(), 'ticket', gen_random_uuid(), 1, 'ticket.created', '{}', '{}', i::text, 'SENT', 1, now(), now()
    from generate_series(1, 20000) as i;
    analyze events; analyze jobs; analyze outbox_events";

#[tokio::test]
async fn whoever_only_asks_whether_there_is_work_does_not_read_what_is_over() {
    let database = TestDatabase::fresh(Engine::Postgres).await;
    database.open().await.close().await;
    let mut connection = PgConnection::connect(database.url()).await.expect("PostgreSQL answers");
    connection.execute(FULL).await.expect("it is filled");
    let asking: Vec<String> = ["store/src/feed.rs", "store/src/jobs.rs", "store/src/outbox.rs"]
        .into_iter()
        .flat_map(|file| of(file, "coalesce((select true from"))
        .filter_map(|statement| statement.postgres)
        .collect();
    assert_eq!(asking.len(), 3);
    for (number, text) in asking.iter().enumerate() {
        let lines = explained(&mut connection, number, text).await;
        assert!(!lines.iter().any(|line| line.contains("Seq Scan")), "{text}\n{}", lines.join("\n"));
    }
}

async fn what_looks_for_due_timers_goes_through_an_index(database: TestDatabase) {
    let statements: Vec<Statement> = of("store/src/jobs.rs", "jobs")
        .into_iter()
        .filter(|statement| {
            let text = statement.postgres.as_deref().unwrap_or_default();
            // What names its jobs, and what is written once.
            text.contains("run_at <= ") || text.contains("counted") || text.contains("dedupe_key) do update")
        })
        .collect();
    assert!(statements.len() >= 3, "looking, claiming, counting");
    let wrong = scans(&database, &statements, &["jobs", "due", "other", "j", "on jobs"]).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

async fn lists_of_conversations_go_through_an_index(database: TestDatabase) {
    let statements = of("store/src/inbox_views/shapes.rs", "conversations");
    let wrong = scans(&database, &statements, &["v", "conversations v"]).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

async fn reports_read_a_stretch_of_their_roll_ups(database: TestDatabase) {
    let mut statements = of("store/src/report_rollups.rs", "report_hours");
    statements.extend(of("store/src/report_rollups.rs", "report_days"));
    assert!(statements.len() >= 5, "looking at hours and days, and changing them");
    let wrong = scans(&database, &statements, &["h", "d", "report_hours", "report_days"]).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// An agent has had thousands of conversations and has few: in a state that none of the few is in, none of the many is read.
#[tokio::test]
async fn what_an_agent_has_open_is_read_without_what_the_agent_ever_had() {
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    database.open().await.close().await;
    let mut connection = SqliteConnection::connect(database.url()).await.expect("SQLite opens");
    let open = "v.assigned_to = $6\n               and v.status <> 'closed'";
    let statements = of("store/src/inbox_views/shapes.rs", open);
    assert_eq!(statements.len(), 1);
    let text = statements[0].sqlite.as_deref().expect("a text for SQLite");
    let explain = AssertSqlSafe(format!("explain query plan {text}"));
    let plan = sqlx::query(explain).fetch_all(&mut connection).await.expect("SQLite explains it");
    let details: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
    let way = "SEARCH v USING INDEX conversations_open_by_assignee (assigned_to=? AND active_minute<?)";
    assert!(details.iter().any(|detail| detail == way), "{details:?}");
}
