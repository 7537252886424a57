//! Search over an index that is large, or looks so: rare beginnings are found wherever they are, frequent ones among the
//! newest, and all of them together only where all of them are.

use patchbay_core::ids::ConversationId;
use patchbay_store::Engine;
use patchbay_store::inbox_views::{self, Filter, Visible};
use patchbay_store::search::{self, NewDocument};
use patchbay_tests::{TestDatabase, both_engines};
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};

use super::world::World;

both_engines! {
    beginnings_are_found_in_a_large_index;
}

async fn say(world: &World, conversation: ConversationId, times: usize, text: &str) {
    let document = NewDocument { conversation_id: Some(conversation), contact_id: None, body: text.to_owned() };
    let mut tx = world.db.begin().await.unwrap();
    search::add(&mut tx, &vec![document; times]).await.unwrap();
    tx.commit().await.unwrap();
}

/// Leaves room for a million documents.
async fn leap(url: &str, engine: Engine) {
    match engine {
        Engine::Sqlite => {
            let mut connection = SqliteConnection::connect(url).await.unwrap();
            connection.execute("insert into search_documents (rowid, body) values (1000000, 'gap')").await.unwrap();
        }
        Engine::Postgres => {
            let mut connection = PgConnection::connect(url).await.unwrap();
            connection.execute("select setval('search_documents_id_seq', 1000000)").await.unwrap();
        }
    }
}

async fn beginnings_are_found_in_a_large_index(database: TestDatabase) {
    let (url, engine) = (database.url().to_owned(), database.engine());
    let world = World::new(database).await;
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(world.conversation(world.sms, &format!("+1555030{number:04}")).await.id);
    }
    say(&world, ids[0], 1, "A technician named Zephyr").await;
    say(&world, ids[1], 1, "The technician and the door").await;
    say(&world, ids[2], 1, "Fenêtre ouverte").await;
    leap(&url, engine).await;
    say(&world, ids[3], 80, "Technician, heating!").await;
    say(&world, ids[4], 80, "The heater, the door, the réservation").await;
    let filter = Filter { visible: Visible::All, ..Filter::default() };
    let mut tx = world.db.read().await.unwrap();
    let expected: [(&str, &[usize]); 12] = [
        ("zeph", &[0]),
        ("tech zeph", &[0]),
        ("technic zephyr", &[0]),
        // Both are frequent, together they are rare and old.
        ("tech doo", &[1]),
        ("technician door", &[1]),
        ("fene ouv", if engine == Engine::Sqlite { &[2] } else { &[] }),
        ("fenê", &[2]),
        ("hea", &[3, 4]),
        ("hea tech", &[3]),
        ("rése", &[4]),
        ("doo rés heat", &[4]),
        ("tech zephyrine", &[]),
    ];
    for (text, places) in expected {
        let rows = inbox_views::page(&mut tx, &filter, Some(text), None, 10).await.unwrap();
        let mut found: Vec<usize> = rows.iter().filter_map(|row| ids.iter().position(|id| *id == row.id)).collect();
        found.sort_unstable();
        assert_eq!(found, places, "{text}");
    }
}
