//! Talk among agents: between two, in groups, with mentions; nobody else learns of it.

use axum::http::Method;
use patchbay_store::feed::{self, Position};
use patchbay_tests::{TestDatabase, both_engines};
use serde_json::{Value, json};

use super::world::{PASSWORD, World};

both_engines! {
    two_talk_in_one_thread_and_nobody_else_finds_it;
    a_group_has_members_who_come_and_go;
    whoever_is_named_is_told_so_and_each_event_is_for_one_person;
    what_is_said_twice_under_one_name_is_said_once;
}

const THREADS: &str = "/api/v1/internal/threads";

struct Person {
    id: String,
    token: String,
}

async fn person(world: &World, email: &str, name: &str, role: &str) -> Person {
    let body = json!({ "email": email, "full_name": name, "password": PASSWORD, "role": role, "teams": ["support"] });
    let made = world.post("/api/v1/users").bearer(&world.admin()).json(body).send().await;
    assert_eq!(made.status, 201, "{}", made.body);
    let login = world.login(email, PASSWORD).await;
    Person { id: made.text("/id").to_owned(), token: login.text("/access_token").to_owned() }
}

async fn three(world: &World) -> (Person, Person, Person) {
    (
        person(world, "ada@demo.test", "Ada Byron", "support_agent").await,
        person(world, "bo@demo.test", "Bo Diaz", "support_agent").await,
        person(world, "sue@demo.test", "Sue Lead", "supervisor").await,
    )
}

async fn begin(world: &World, who: &Person, body: Value) -> (u16, String) {
    let made = world.post(THREADS).bearer(&who.token).json(body).send().await;
    assert!([200, 201].contains(&made.status), "{}", made.body);
    (made.status, made.text("/id").to_owned())
}

async fn two_talk_in_one_thread_and_nobody_else_finds_it(database: TestDatabase) {
    let world = World::new(database).await;
    let (ada, bo, sue) = three(&world).await;
    let (status, id) = begin(&world, &ada, json!({ "members": [bo.id] })).await;
    assert_eq!(status, 201);
    assert_eq!(begin(&world, &bo, json!({ "members": [ada.id] })).await, (200, id.clone()), "one for each pair");
    let said = format!("{THREADS}/{id}/messages");
    for (who, text) in [(&ada, "lunch?"), (&bo, "in ten minutes"), (&bo, "or now")] {
        let answer = world.post(&said).bearer(&who.token).json(json!({ "text": text })).send().await;
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
    let list = world.get(THREADS).bearer(&ada.token).send().await;
    assert_eq!(list.body["data"][0]["unread_count"], 2);
    assert_eq!(list.body["data"][0]["last_message"]["text"], "or now");
    let read = world.post(&format!("{THREADS}/{id}/read")).bearer(&ada.token).send().await;
    assert_eq!((read.status, &read.body["unread_count"]), (200, &json!(0)));
    let page = world.get(&format!("{said}?before_seq=3&limit=1")).bearer(&bo.token).send().await;
    assert_eq!(page.body["data"][0]["text"], "in ten minutes");
    let page = world.get(&format!("{said}?after_seq=2")).bearer(&bo.token).send().await;
    assert_eq!(page.body["data"][0]["seq"], 3);
    // A supervisor of the same team and an admin find nothing.
    for token in [&sue.token, &world.admin()] {
        assert_eq!(world.get(&said).bearer(token).send().await.status, 404);
        assert_eq!(world.post(&said).bearer(token).json(json!({ "text": "hi" })).send().await.status, 404);
        let list = world.get(THREADS).bearer(token).send().await;
        assert_eq!(list.body["data"], json!([]), "{}", list.body);
    }
    assert_eq!(world.get(THREADS).bearer(&world.token("auditor", &[])).send().await.status, 403);
}

async fn a_group_has_members_who_come_and_go(database: TestDatabase) {
    let world = World::new(database).await;
    let (ada, bo, sue) = three(&world).await;
    let (_, id) = begin(&world, &ada, json!({ "members": [bo.id], "title": "Door 4" })).await;
    let people = format!("{THREADS}/{id}/members");
    let added = world.post(&people).bearer(&bo.token).json(json!({ "user_id": sue.id })).send().await;
    assert_eq!(added.status, 200, "{}", added.body);
    assert_eq!(added.body["members"].as_array().map(Vec::len), Some(3));
    let left = world.ask(Method::DELETE, &format!("{people}/{}", bo.id)).bearer(&bo.token).send().await;
    assert_eq!(left.status, 200, "{}", left.body);
    assert_eq!(world.get(&format!("{THREADS}/{id}")).bearer(&bo.token).send().await.status, 404);
    let (_, team) = begin(&world, &ada, json!({ "team": "support", "title": "All of us" })).await;
    let shown = world.get(&format!("{THREADS}/{team}")).bearer(&bo.token).send().await;
    assert_eq!(shown.body["members"].as_array().map(Vec::len), Some(3));
    for (body, field) in [
        (json!({ "members": ["0190c8a0-0000-7000-8000-000000000000"] }), "members[0]"),
        (json!({ "members": [] }), "members"),
        (json!({ "team": "nowhere" }), "team"),
    ] {
        let refused = world.post(THREADS).bearer(&ada.token).json(body).send().await;
        assert_eq!((refused.status, refused.code()), (400, "INVALID_REQUEST"));
        assert!(refused.body.to_string().contains(field), "{}", refused.body);
    }
    let (_, direct) = begin(&world, &ada, json!({ "members": [bo.id] })).await;
    let body = json!({ "user_id": sue.id });
    let refused = world.post(&format!("{THREADS}/{direct}/members")).bearer(&ada.token).json(body).send().await;
    assert_eq!(refused.status, 409);
}

async fn whoever_is_named_is_told_so_and_each_event_is_for_one_person(database: TestDatabase) {
    let world = World::new(database).await;
    let (ada, bo, sue) = three(&world).await;
    let (_, id) = begin(&world, &ada, json!({ "members": [bo.id, sue.id] })).await;
    let said = format!("{THREADS}/{id}/messages");
    let body = json!({ "text": "@bo diaz can you look?", "mentions": [sue.id] });
    let answer = world.post(&said).bearer(&ada.token).json(body).send().await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let mut named: Vec<&str> =
        answer.body["mentions"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    named.sort_unstable();
    let mut expected = [bo.id.as_str(), sue.id.as_str()];
    expected.sort_unstable();
    assert_eq!(named, expected);
    let refused = json!({ "text": "x", "mentions": ["0190c8a0-0000-7000-8000-000000000000"] });
    assert_eq!(world.post(&said).bearer(&ada.token).json(refused).send().await.status, 400);
    world.feed_is_settled().await;
    let mut tx = world.hub.db.read().await.expect("a connection");
    let events = feed::after(&mut tx, Position::START, 1_000).await.expect("an answer").events;
    let told: Vec<(String, bool)> = events
        .iter()
        .filter(|event| event.name == "internal.message")
        .map(|event| {
            let payload: Value = serde_json::from_str(&event.payload).expect("JSON");
            let to = event.audience.assigned_to.expect("one person").to_string();
            (to, payload["mentioned"] == json!(true))
        })
        .collect();
    assert_eq!(told.len(), 3, "one event for each");
    for (person, is_named) in [(&ada, false), (&bo, true), (&sue, true)] {
        assert!(told.contains(&(person.id.clone(), is_named)), "{told:?}");
    }
}

async fn what_is_said_twice_under_one_name_is_said_once(database: TestDatabase) {
    let world = World::new(database).await;
    let (ada, bo, _) = three(&world).await;
    let (_, id) = begin(&world, &ada, json!({ "members": [bo.id] })).await;
    let said = format!("{THREADS}/{id}/messages");
    let body = json!({ "text": "once", "client_message_id": "0190c8a0-0000-7000-8000-000000000001" });
    let first = world.post(&said).bearer(&ada.token).json(body.clone()).send().await;
    let again = world.post(&said).bearer(&ada.token).json(body.clone()).send().await;
    assert_eq!((first.status, again.status), (201, 200));
    assert_eq!(first.text("/id"), again.text("/id"));
    let other = world.post(&said).bearer(&bo.token).json(body).send().await;
    assert_eq!((other.status, &other.body["seq"]), (201, &json!(2)), "a name is its writer's own");
}
