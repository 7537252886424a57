//! WhatsApp templates.

use axum::http::Method;
use patchbay_tests::{TestDatabase, both_engines};
use serde_json::{Value, json};

use super::world::World;

both_engines! {
    a_template_counts_its_parameters;
    a_template_belongs_to_a_whatsapp_inbox;
}

async fn with_inbox(database: TestDatabase) -> World {
    let world = World::new(database).await;
    let inbox = json!({ "name": "wa", "channel": "whatsapp", "address": "+15550001111", "phone_number_id": "1",
        "app_secrets": ["s"] });
    let made = world.post("/api/v1/inboxes").bearer(&world.admin()).json(inbox).send().await;
    assert_eq!((made.status, made.text("/health/state")), (201, "degraded"), "{}", made.body);
    world
}

fn template(body: &str) -> Value {
    json!({ "name": "order_update", "language": "en_US", "category": "UTILITY", "body": body })
}

async fn a_template_counts_its_parameters(database: TestDatabase) {
    let world = with_inbox(database).await;
    let create = |body: Value| world.post("/api/v1/templates").bearer(&world.admin()).json(body).send();
    let made = create(template("Hi {{1}}, order {{2}} is on its way, {{1}}.")).await;
    assert_eq!((made.status, made.body["param_count"].as_i64()), (201, Some(2)), "{}", made.body);
    assert_eq!((made.text("/status"), made.text("/inbox/name")), ("PENDING", "wa"));
    assert_eq!(create(template("Hi")).await.code(), "ALREADY_EXISTS");
    for bad in ["Hi {{2}}", "Hi {{name}}", " "] {
        let mut body = template(bad);
        body["name"] = json!("other");
        assert_eq!(create(body).await.code(), "INVALID_REQUEST", "{bad}");
    }
    let path = format!("/api/v1/templates/{}", made.text("/id"));
    let approve = json!({ "status": "APPROVED", "body": "Hi {{1}}" });
    let approved = world.ask(Method::PATCH, &path).bearer(&world.admin()).json(approve).send().await;
    assert_eq!((approved.text("/status"), approved.body["param_count"].as_i64()), ("APPROVED", Some(1)));
    let agent = world.token("support_agent", &["support"]);
    let list = world.get("/api/v1/templates?status=APPROVED&inbox=wa").bearer(&agent).send().await;
    assert_eq!(list.text("/data/0/name"), "order_update");
    let gone = world.ask(Method::DELETE, &path).bearer(&world.admin()).send().await;
    assert_eq!(gone.text("/status"), "DISABLED");
}

async fn a_template_belongs_to_a_whatsapp_inbox(database: TestDatabase) {
    let world = with_inbox(database).await;
    let sms = json!({ "name": "sms", "channel": "sms", "address": "+15550002222" });
    assert_eq!(world.post("/api/v1/inboxes").bearer(&world.admin()).json(sms).send().await.status, 201);
    for inbox in ["sms", "nowhere"] {
        let mut body = template("Hi");
        body["inbox"] = json!(inbox);
        let answer = world.post("/api/v1/templates").bearer(&world.admin()).json(body).send().await;
        assert_eq!((answer.status, answer.code()), (400, "INVALID_REQUEST"));
    }
}
