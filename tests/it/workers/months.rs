//! What PostgreSQL keeps by months: rows of before are carried over, months are made ahead, and those that are over for
//! long enough go whole. On SQLite the same calls have nothing to do.

use chrono::{DateTime, Utc};
use patchbay_core::ids::ConversationId;
use patchbay_core::inbox::Triage;
use patchbay_core::retention::RetentionPolicy;
use patchbay_hub::months::look_ahead;
use patchbay_hub::retention::{Bite, begin_due, take_bite};
use patchbay_store::{Engine, MIGRATIONS, annotations, retention};
use patchbay_tests::{TestDatabase, both_engines};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use super::world::World;

both_engines! {
    months_are_made_ahead_and_take_in_what_came_without_one;
    a_month_that_is_over_for_long_enough_goes_whole;
}

/// A row for each partition of a table: its name without the table's, and how many rows it has.
async fn months(url: &str, table: &str) -> Vec<(String, i64)> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let names: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_inherits i join pg_class c on c.oid = i.inhrelid
         where i.inhparent = to_regclass($1) order by c.relname",
    )
    .bind(table)
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let mut found = Vec::new();
    for name in names {
        let count = AssertSqlSafe(format!("select count(*) from {name}"));
        let count: i64 = sqlx::query_scalar(count).fetch_one(&mut connection).await.unwrap();
        found.push((name.trim_start_matches(table).trim_start_matches('_').to_owned(), count));
    }
    found
}

async fn happened(world: &World, conversation: ConversationId, kind: &str) {
    let mut tx = world.db.begin().await.unwrap();
    annotations::record_event(&mut tx, &world.ctx(), conversation, kind, json!({})).await.unwrap();
    tx.commit().await.unwrap();
}

async fn months_are_made_ahead_and_take_in_what_came_without_one(database: TestDatabase) {
    let (url, engine) = (database.url().to_owned(), database.engine());
    let world = World::new(database).await;
    let id = world.conversation(world.sms, "+15550300001").await.id;
    world.clock.move_to("2027-01-31T23:59:59Z".parse::<DateTime<Utc>>().unwrap());
    happened(&world, id, "first").await;
    world.advance(1);
    happened(&world, id, "second").await;
    if engine == Engine::Postgres {
        assert_eq!(months(&url, "conversation_events").await, [("rest".to_owned(), 2)]);
    }
    world.clock.move_to("2027-03-31T12:00:00Z".parse::<DateTime<Utc>>().unwrap());
    for _ in 0..2 {
        look_ahead(&world.db, world.clock.now()).await.unwrap();
        if engine == Engine::Postgres {
            let found = months(&url, "conversation_events").await;
            let found: Vec<(&str, i64)> = found.iter().map(|(name, count)| (name.as_str(), *count)).collect();
            let ahead = [("y2027m03", 0), ("y2027m04", 0), ("y2027m05", 0)];
            assert_eq!(found, [&[("rest", 0), ("y2027m01", 1), ("y2027m02", 1)], &ahead[..]].concat());
            assert_eq!(months(&url, "report_hours").await.len(), 4, "three months and the rest");
        }
    }
    happened(&world, id, "third").await;
    if engine == Engine::Postgres {
        assert!(months(&url, "conversation_events").await.contains(&("y2027m03".to_owned(), 1)));
    }
}

async fn a_month_that_is_over_for_long_enough_goes_whole(database: TestDatabase) {
    let (url, engine) = (database.url().to_owned(), database.engine());
    let world = World::new(database).await;
    world.staff(Triage::Direct).await;
    let id = world.conversation(world.sms, "+15550300001").await.id;
    world.clock.move_to("2027-01-10T00:00:00Z".parse::<DateTime<Utc>>().unwrap());
    for kind in ["old", "old", "younger", "young"] {
        happened(&world, id, kind).await;
        look_ahead(&world.db, world.clock.now()).await.unwrap();
        world.advance(15 * 86_400);
    }
    // The cutoff is the 12th of February: January goes whole, and of February what is older.
    world.clock.move_to("2028-02-12T00:00:00Z".parse::<DateTime<Utc>>().unwrap());
    let mut tx = world.db.begin().await.unwrap();
    begin_due(&mut tx, &world.deps.hub, &world.ctx()).await.unwrap();
    tx.commit().await.unwrap();
    let policy = Some(RetentionPolicy::ConversationEvents);
    let run = retention::runs(&mut world.db.read().await.unwrap(), policy, None, 1).await.unwrap().remove(0);
    while take_bite(&world.deps.hub, &world.ctx(), run.id).await.unwrap() == Bite::More {}
    let run = retention::run(&mut world.db.read().await.unwrap(), run.id).await.unwrap().unwrap();
    assert_eq!((run.expected, run.done), (3, 3), "{run:?}");
    if engine == Engine::Postgres {
        let found = months(&url, "conversation_events").await;
        assert!(found.iter().all(|(name, _)| name != "y2027m01"), "{found:?}");
        assert!(found.contains(&("y2027m02".to_owned(), 1)), "{found:?}");
    }
}

#[tokio::test]
async fn rows_of_before_are_carried_into_their_months() {
    let database = TestDatabase::empty(Engine::Postgres).await;
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    for (version, _, _, text) in MIGRATIONS {
        if *version == 40 {
            // Rows as they were, without all that they belong to.
            connection
                .execute(
                    "set session_replication_role = replica;
                     insert into conversation_events (id, conversation_id, kind, actor_type, details, created_at)
                     select gen_random_uuid(), gen_random_uuid(), 'n' || n, 'user', '{}',
                            timestamptz '2026-10-31T23:30:00Z' + n * interval '1 hour'
                     from generate_series(0, 30) n;
                     insert into report_hours (metric, hour, team_id, channel, word, count, millis)
                     select 'm', 498191 + n, gen_random_uuid(), 'sms', '', n, '' from generate_series(0, 1) n;
                     set session_replication_role = origin",
                )
                .await
                .unwrap();
        }
        let mut tx = connection.begin().await.unwrap();
        tx.execute(AssertSqlSafe((*text).to_owned())).await.unwrap();
        tx.commit().await.unwrap();
    }
    let named = |found: Vec<(String, i64)>| found.into_iter().map(|(name, count)| format!("{name} {count}")).collect();
    let events: Vec<String> = named(months(database.url(), "conversation_events").await);
    assert_eq!(events, ["rest 0", "y2026m10 1", "y2026m11 30"]);
    // The last hour of October is the 498,191st.
    let hours: Vec<String> = named(months(database.url(), "report_hours").await);
    assert_eq!(hours, ["rest 0", "y2026m10 1", "y2026m11 1"]);
    let again: Vec<String> =
        sqlx::query_scalar("select months_keep('conversation_events')").fetch_all(&mut connection).await.unwrap();
    assert_eq!(again, ["partitions"], "twice is once");
    assert_eq!(months(database.url(), "conversation_events").await.len(), 3);
}
