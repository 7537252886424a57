//! Users, teams and canned responses.

use axum::http::Method;
use patchbay_tests::{TestDatabase, both_engines};
use serde_json::{Value, json};

use super::world::{PASSWORD, World};

both_engines! {
    a_user_is_created_with_teams_and_never_shows_a_password;
    what_does_not_fit_is_refused_and_nothing_is_stored;
    an_address_belongs_to_one_user;
    a_change_from_an_old_version_is_refused;
    the_last_administrator_stays;
    agents_see_the_people_of_their_teams_only;
    lists_go_on_where_they_stopped;
    members_come_and_go;
    canned_responses_belong_to_teams;
}

async fn a_user_is_created_with_teams_and_never_shows_a_password(database: TestDatabase) {
    let world = World::new(database).await;
    let user = world.user("Maya@Demo.Test", "support_agent", &["support"]).await;
    assert_eq!(user["email"], "maya@demo.test");
    assert_eq!(user["max_concurrent_conversations"], 5);
    assert_eq!(user["teams"][0]["slug"], "support");
    let path = format!("/api/v1/users/{}", user["id"].as_str().expect("a text"));
    let read = world.get(&path).bearer(&world.admin()).send().await;
    assert_eq!(read.body, user);
    assert!(!read.body.to_string().contains("password"));
}

async fn what_does_not_fit_is_refused_and_nothing_is_stored(database: TestDatabase) {
    let world = World::new(database).await;
    let good = json!({ "email": "a@b.test", "full_name": "A", "password": PASSWORD, "role": "qa", "teams": [] });
    for (key, bad) in [
        ("email", json!("nobody")),
        ("password", json!("too short")),
        ("role", json!("king")),
        ("role", json!("system")),
        ("teams", json!(["nowhere"])),
        ("full_name", json!(" ")),
        ("surprise", json!(1)),
    ] {
        let mut body = good.clone();
        body[key] = bad;
        let answer = world.post("/api/v1/users").bearer(&world.admin()).json(body).send().await;
        assert_eq!((answer.status, answer.code()), (400, "INVALID_REQUEST"), "{key}");
        assert!(!answer.body.to_string().contains("too short\""), "a password is not repeated");
    }
    let list = world.get("/api/v1/users").bearer(&world.admin()).send().await;
    assert_eq!(list.body["data"], json!([]));
}

async fn an_address_belongs_to_one_user(database: TestDatabase) {
    let world = World::new(database).await;
    world.user("maya@demo.test", "support_agent", &[]).await;
    let body = json!({ "email": "MAYA@demo.test", "full_name": "B", "password": PASSWORD, "role": "qa" });
    let again = world.post("/api/v1/users").bearer(&world.admin()).json(body).send().await;
    assert_eq!((again.status, again.code()), (409, "ALREADY_EXISTS"));
}

async fn a_change_from_an_old_version_is_refused(database: TestDatabase) {
    let world = World::new(database).await;
    let user = world.user("maya@demo.test", "support_agent", &[]).await;
    let path = format!("/api/v1/users/{}", user["id"].as_str().expect("a text"));
    let change = |body: Value| world.ask(Method::PATCH, &path).bearer(&world.admin()).json(body);
    let first = change(json!({ "full_name": "Maya M", "version": 1 })).send().await;
    assert_eq!((first.status, first.body["version"].as_i64()), (200, Some(2)));
    let late = change(json!({ "full_name": "Maya N", "version": 1 })).send().await;
    assert_eq!((late.status, late.code()), (409, "VERSION_CONFLICT"));
    let late = change(json!({ "full_name": "Maya N" })).header("if-match", "\"1\"").send().await;
    assert_eq!((late.status, late.code()), (409, "VERSION_CONFLICT"));
    assert_eq!(change(json!({ "full_name": "Maya N" })).header("if-match", "\"2\"").send().await.status, 200);
}

async fn the_last_administrator_stays(database: TestDatabase) {
    let world = World::new(database).await;
    let only = world.user("ada@demo.test", "admin", &[]).await;
    let path = format!("/api/v1/users/{}", only["id"].as_str().expect("a text"));
    let answer = world.ask(Method::DELETE, &path).bearer(&world.admin()).send().await;
    assert_eq!((answer.status, answer.code()), (409, "INVALID_STATE_TRANSITION"));
    world.user("eve@demo.test", "admin", &[]).await;
    let demote = json!({ "role": "auditor" });
    assert_eq!(world.ask(Method::PATCH, &path).bearer(&world.admin()).json(demote).send().await.status, 200);
}

async fn agents_see_the_people_of_their_teams_only(database: TestDatabase) {
    let world = World::new(database).await;
    world.user("maya@demo.test", "support_agent", &["support"]).await;
    world.user("alex@demo.test", "support_agent", &["support", "sales"]).await;
    let far = world.user("dana@demo.test", "dispatcher", &["dispatch"]).await;
    let token = world.login("maya@demo.test", PASSWORD).await.text("/access_token").to_owned();
    let emails = |body: &Value| -> Vec<String> {
        body["data"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|user| user["email"].as_str().expect("a text").to_owned())
            .collect()
    };
    let seen = world.get("/api/v1/users").bearer(&token).send().await;
    assert_eq!(emails(&seen.body), ["maya@demo.test", "alex@demo.test"]);
    let of_sales = world.get("/api/v1/users?team=sales").bearer(&token).send().await;
    assert_eq!(emails(&of_sales.body), ["alex@demo.test"]);
    let of_dispatch = world.get("/api/v1/users?team=dispatch").bearer(&token).send().await;
    assert_eq!(emails(&of_dispatch.body), [""; 0]);
    let hidden =
        world.get(&format!("/api/v1/users/{}", far["id"].as_str().expect("a text"))).bearer(&token).send().await;
    assert_eq!(hidden.status, 404);
    let members = world.get("/api/v1/teams/dispatch/members").bearer(&token).send().await;
    assert_eq!((members.status, members.code()), (403, "FORBIDDEN_SCOPE"));
    let by_claims = world.get("/api/v1/users?q=MAY").bearer(&world.token("team_lead", &["support"])).send().await;
    assert_eq!(emails(&by_claims.body), ["maya@demo.test"]);
}

async fn lists_go_on_where_they_stopped(database: TestDatabase) {
    let world = World::new(database).await;
    let mut seen = Vec::new();
    let mut path = "/api/v1/teams?limit=3".to_owned();
    loop {
        let page = world.get(&path).bearer(&world.admin()).send().await;
        seen.extend(
            page.body["data"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|team| team["slug"].as_str().expect("a text").to_owned()),
        );
        match page.body["next_cursor"].as_str() {
            None => break,
            Some(cursor) => path = format!("/api/v1/teams?limit=3&cursor={cursor}"),
        }
    }
    seen.sort();
    assert_eq!(seen, ["customer_service", "dispatch", "sales", "support"]);
    let bad = world.get("/api/v1/teams?limit=1000").bearer(&world.admin()).send().await;
    assert_eq!((bad.status, bad.code()), (400, "INVALID_QUERY"));
}

async fn members_come_and_go(database: TestDatabase) {
    let world = World::new(database).await;
    let user = world.user("maya@demo.test", "support_agent", &[]).await;
    let member = format!("/api/v1/teams/support/members/{}", user["id"].as_str().expect("a text"));
    for _ in 0..2 {
        assert_eq!(world.ask(Method::PUT, &member).bearer(&world.admin()).send().await.status, 204);
    }
    let list = world.get("/api/v1/teams/support/members").bearer(&world.admin()).send().await;
    assert_eq!(list.text("/data/0/email"), "maya@demo.test");
    assert_eq!(world.ask(Method::DELETE, &member).bearer(&world.admin()).send().await.status, 204);
    let list = world.get("/api/v1/teams/support/members").bearer(&world.admin()).send().await;
    assert_eq!(list.body["data"], json!([]));
    let duplicate = json!({ "slug": "support", "name": "Again" });
    assert_eq!(world.post("/api/v1/teams").bearer(&world.admin()).json(duplicate).send().await.status, 409);
}

async fn canned_responses_belong_to_teams(database: TestDatabase) {
    let world = World::new(database).await;
    let create = |body: Value| world.post("/api/v1/canned-responses").bearer(&world.admin()).json(body).send();
    let everybodys = create(json!({ "shortcut": "/hi", "title": "Greeting", "text": "Hello!" })).await;
    assert_eq!((everybodys.status, everybodys.text("/shortcut")), (201, "hi"));
    let sales = create(json!({ "shortcut": "hi", "text": "Hello from sales!", "team": "sales" })).await;
    assert_eq!(sales.status, 201);
    assert_eq!(create(json!({ "shortcut": "hi", "text": "Twice" })).await.status, 409);
    assert_eq!(create(json!({ "shortcut": "two words", "text": "x" })).await.status, 400);

    let agent = world.token("support_agent", &["support"]);
    let seen = world.get("/api/v1/canned-responses").bearer(&agent).send().await;
    assert_eq!(seen.body["data"].as_array().expect("a list").len(), 1);
    let path = format!("/api/v1/canned-responses/{}", sales.text("/id"));
    assert_eq!(world.get(&path).bearer(&agent).send().await.status, 404);
    let moved = json!({ "team": null, "shortcut": "sale" });
    assert_eq!(world.ask(Method::PATCH, &path).bearer(&world.admin()).json(moved).send().await.status, 200);
    let moved = world.get(&path).bearer(&agent).send().await;
    assert_eq!((moved.status, moved.body["team"].is_null()), (200, true));
    let gone = world.ask(Method::DELETE, &path).bearer(&world.admin()).send().await;
    assert_eq!(gone.body["is_active"], false);
    let active = world.get("/api/v1/canned-responses?active=true&q=HELLO").bearer(&agent).send().await;
    assert_eq!(active.body["data"].as_array().expect("a list").len(), 1);
}
