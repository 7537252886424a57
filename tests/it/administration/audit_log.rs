//! The audit log over the API: newest first, by what is asked for, and only as far as the reader may look.

use patchbay_core::ids::RecordId;
use patchbay_tests::{TestDatabase, both_engines};
use serde_json::{Value, json};

use super::world::World;

both_engines! {
    who_changed_what_is_read_newest_first_and_by_what_is_asked_for;
    the_audit_log_is_read_only_as_far_as_a_supervisor_reaches;
}

async fn entries(world: &World, token: &str, query: &str) -> Vec<Value> {
    let answer = world.get(&format!("/api/v1/audit{query}")).bearer(token).send().await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["data"].as_array().expect("a list").clone()
}

async fn who_changed_what_is_read_newest_first_and_by_what_is_asked_for(database: TestDatabase) {
    let world = World::new(database).await;
    let admin = world.admin();
    let team = |slug: &str| world.post("/api/v1/teams").bearer(&admin).json(json!({ "slug": slug, "name": slug }));
    assert_eq!(team("one").send().await.status, 201);
    assert_eq!(team("two").send().await.status, 201);
    let all = entries(&world, &admin, "").await;
    assert!(all.len() >= 2, "{all:?}");
    let tool = all[0]["tool"].as_str().expect("a tool").to_owned();
    assert_eq!(all[0]["actor"]["role"], "admin");
    assert!(all[0]["created_at"].as_str() >= all[1]["created_at"].as_str());
    let alike = entries(&world, &admin, &format!("?tool={tool}&outcome=success")).await;
    assert!(alike.len() >= 2 && alike.iter().all(|one| one["tool"] == tool.as_str()), "{alike:?}");
    assert_eq!(entries(&world, &admin, "?tool=nothing_like_it").await, Vec::<Value>::new());
    let first = world.get("/api/v1/audit?limit=1").bearer(&admin).send().await;
    let cursor = first.text("/next_cursor").to_owned();
    let second = entries(&world, &admin, &format!("?limit=1&cursor={cursor}")).await;
    assert_eq!(second[0]["id"], all[1]["id"]);
    let wrong = world.get("/api/v1/audit?outcome=perhaps").bearer(&admin).send().await;
    assert_eq!((wrong.status, wrong.code()), (400, "INVALID_QUERY"));
}

async fn the_audit_log_is_read_only_as_far_as_a_supervisor_reaches(database: TestDatabase) {
    let world = World::new(database).await;
    let admin = world.admin();
    let account = |name: &str| world.post("/api/v1/accounts").bearer(&admin).json(json!({ "name": name }));
    let ours = account("Ours").send().await;
    let theirs = account("Theirs").send().await;
    assert_eq!((ours.status, theirs.status), (201, 201), "{} {}", ours.body, theirs.body);
    let site = RecordId::new().to_string();
    let supervisor = world.scoped_token("supervisor", ours.text("/id"), &site);
    let seen: Vec<Value> = entries(&world, &supervisor, "").await.iter().map(|one| one["account_id"].clone()).collect();
    assert!(seen.iter().all(|id| id.is_null() || *id == ours.body["id"]), "{seen:?}");
    for role in ["team_lead", "support_agent", "dispatcher"] {
        let answer = world.get("/api/v1/audit").bearer(&world.token(role, &["support"])).send().await;
        assert_eq!(answer.status, 403, "{role}");
    }
}
