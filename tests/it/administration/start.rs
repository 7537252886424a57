//! What is there after a start, and how nodes learn of changes.

use std::time::Duration;

use patchbay_core::channel::Channel;
use patchbay_core::notice::Notice;
use patchbay_hub::administration::{StartError, seed_demo, store_inboxes};
use patchbay_hub::directory::{DirectoryKeeper, InboxSettings, KeptSecret, ensure_user};
use patchbay_store::{Db, directory, inboxes, sites, teams, users};
use patchbay_tests::{TestDatabase, both_engines};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::world::World;

both_engines! {
    the_settings_file_decides_about_its_inboxes;
    a_demo_can_be_set_up_twice_and_logged_in_to;
    another_node_learns_of_a_change_when_told;
    a_person_with_a_printed_token_becomes_a_user_when_needed;
}

fn settings() -> Vec<InboxSettings> {
    vec![
        InboxSettings {
            address: Some("+15550001111".into()),
            phone_number_id: Some("1".into()),
            app_secrets: vec![KeptSecret::new("s")],
            team: Some("night_shift".into()),
            ..InboxSettings::new("whatsapp-main", Channel::Whatsapp)
        },
        InboxSettings {
            address: Some("+15550002222".into()),
            account_sid: Some("AC1".into()),
            auth_tokens: vec![KeptSecret::new("t")],
            ..InboxSettings::new("sms-main", Channel::Sms)
        },
    ]
}

async fn rows(db: &Db) -> Vec<inboxes::InboxRow> {
    inboxes::all(&mut db.read().await.expect("it works")).await.expect("it works")
}

async fn the_settings_file_decides_about_its_inboxes(database: TestDatabase) {
    let world = World::new(database).await;
    let now = world.hub.gate.clock.now();
    let mut settings = settings();
    store_inboxes(&world.hub.db, &settings, now).await.expect("it works");
    store_inboxes(&world.hub.db, &settings, now).await.expect("it works");
    let first = rows(&world.hub.db).await;
    assert_eq!(
        first.iter().map(|row| (row.name.as_str(), row.version)).collect::<Vec<_>>(),
        [("whatsapp-main", 1), ("sms-main", 1)]
    );
    assert!(first.iter().all(|row| row.team_id.is_some() && row.origin == "settings"), "teams are made when missing");
    let support = teams::by_slug(&mut world.hub.db.read().await.expect("it works"), "support").await.expect("it works");
    assert_eq!(first[1].team_id, support.map(|team| team.id), "an inbox that names no team belongs to support");
    settings[1].address = Some("+15550003333".into());
    store_inboxes(&world.hub.db, &settings, now).await.expect("it works");
    let second = rows(&world.hub.db).await;
    assert_eq!((second[1].id, second[1].version, second[1].address.as_str()), (first[1].id, 2, "+15550003333"));
    settings[1].address = Some("5550003333".into());
    assert!(matches!(
        store_inboxes(&world.hub.db, &settings, now).await,
        Err(StartError::Misfit { path: "address", .. })
    ));
    settings[1].auth_tokens = vec![KeptSecret::new("file:/nowhere/at/all")];
    settings[1].address = Some("+15550003333".into());
    let problem = InboxSettings::check_all(&settings).expect_err("refused").to_string();
    assert_eq!(problem, "inbox sms-main: auth_tokens: the file /nowhere/at/all cannot be read or is empty");
}

async fn a_demo_can_be_set_up_twice_and_logged_in_to(database: TestDatabase) {
    let world = World::new(database).await;
    let now = world.hub.gate.clock.now();
    let people = seed_demo(&world.hub.db, &settings(), now).await.expect("it works");
    let version = || async {
        let mut tx = world.hub.db.read().await.expect("it works");
        directory::version(&mut tx, now).await.expect("it works")
    };
    let sites = || async {
        let mut tx = world.hub.db.read().await.expect("it works");
        sites::has_code(&mut tx, "D-004").await.expect("it works")
    };
    assert!(sites().await);
    let first = version().await;
    seed_demo(&world.hub.db, &settings(), now).await.expect("it works");
    assert_eq!(version().await, first);
    DirectoryKeeper::new(&world.hub).refresh().await.expect("it works");
    for person in &people {
        assert_eq!(world.login(person.email, person.password).await.status, 200, "{}", person.email);
    }
    let maya = people.iter().find(|person| person.email == "maya@demo.test").expect("she is there");
    let agent = world.login(maya.email, maya.password).await;
    let templates = world.get("/api/v1/templates").bearer(agent.text("/access_token")).send().await;
    assert_eq!(templates.body["data"].as_array().expect("a list").len(), 2);
}

async fn another_node_learns_of_a_change_when_told(database: TestDatabase) {
    let world = World::new(database).await;
    let other = world.second_node().await;
    let mut keeper = DirectoryKeeper::new(&other);
    keeper.refresh().await.expect("it works");
    let stop = CancellationToken::new();
    let task = tokio::spawn(keeper.run(stop.clone()));
    let made = world
        .post("/api/v1/teams")
        .bearer(&world.admin())
        .json(json!({ "slug": "night", "name": "Night" }))
        .send()
        .await;
    assert_eq!(made.status, 201);
    assert!(world.hub.directory().team("night").is_some(), "the node that changed it knows at once");
    // What the bus would do.
    other.db.signals().hear(Notice::DirectoryChanged);
    let told = async {
        while other.directory().team("night").is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
            other.db.signals().hear(Notice::DirectoryChanged);
        }
    };
    tokio::time::timeout(Duration::from_secs(4), told).await.expect("the other node learns of it");
    stop.cancel();
    task.await.expect("it works");
}

async fn a_person_with_a_printed_token_becomes_a_user_when_needed(database: TestDatabase) {
    let world = World::new(database).await;
    let token = world.token("support_agent", &["support"]);
    let (actor, _) = world.hub.gate.actor(&token).await.expect("it is there");
    let now = world.hub.gate.clock.now();
    let ctx = patchbay_core::Ctx { actor, ..patchbay_core::Ctx::system(now, "test") };
    let mut tx = world.hub.db.begin().await.expect("it works");
    assert!(ensure_user(&mut tx, &ctx).await.expect("it works"));
    assert!(!ensure_user(&mut tx, &ctx).await.expect("it works"));
    let row = users::by_id(&mut tx, ctx.actor.user_id()).await.expect("it works").expect("a row");
    tx.commit().await.expect("it works");
    assert_eq!(world.login(&row.email, "!").await.status, 401, "nobody can log in as such a user");
}
