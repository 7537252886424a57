//! Every tool's answer, where the tool has something to say: it fits the schema that callers are told, and says which of
//! its texts others wrote.

use std::time::Duration;

use axum::Json;
use axum::extract::Path;
use axum::routing::{get, post};
use patchbay_core::tool::Policy;
use serde_json::{Value, json};

use super::ground::Ground;
use super::world::{MAYA, OF_DEALERS, World};
use crate::config::GatewayConfig;
use crate::gateway::{Gateway, Systems};
use crate::ticketing::{Ticketing, TicketingConfig};

/// Parts of answers that others write: customers, dealers, people of other systems.
const WRITTEN_BY_OTHERS: &[&str] = &["summary", "description"];

/// Where texts of others stand in an answer, as its `untrusted` names them.
fn texts_of_others(path: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let here = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                if value.is_string() && WRITTEN_BY_OTHERS.contains(&name.as_str()) {
                    found.push(here.clone());
                }
                texts_of_others(&here, value, found);
            }
        }
        Value::Array(items) => {
            for item in items {
                texts_of_others(&format!("{path}[]"), item, found);
            }
        }
        _ => {}
    }
}

/// Each text of others in an answer is marked. What a draft is for was written by the caller itself.
#[track_caller]
fn check_marks(tool: &str, result: &Value) {
    let mut found = Vec::new();
    texts_of_others("", result, &mut found);
    let marked: Vec<&str> = result["untrusted"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for text in found.iter().filter(|text| *text != "preview.description") {
        assert!(marked.contains(&text.as_str()), "{tool}: {text} is not marked: {result}");
    }
}

#[tokio::test]
async fn every_tools_answer_fits_its_schema_and_marks_what_others_wrote() {
    for profile in ["dealership", "facility"] {
        let world = World::of(profile).await;
        let (ground, token) = (&world.ground, &world.token);
        for spec in &ground.gateway.catalog {
            // Handing over silences the assistant: last.
            if spec.name == "request_human" {
                continue;
            }
            let arguments = world.arguments.get(spec.name).unwrap_or_else(|| panic!("{} has none", spec.name)).clone();
            // The call itself holds the answer against its schema.
            let answer = ground.call(token, spec.name, arguments).await;
            if profile == "facility" && OF_DEALERS.contains(&spec.name) {
                answer.refused(403, "TOOL_NOT_ALLOWED");
                continue;
            }
            assert_eq!(answer.status, 200, "{} of a {profile}: {}", spec.name, answer.body);
            check_marks(spec.name, &answer.body["result"]);
        }
        ground.call(token, "request_human", world.arguments["request_human"].clone()).await.ok();
    }
}

/// A system that keeps tickets, and says more than anybody should hear.
async fn desk() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let ticket = |customer: &str, id: &str| {
        json!({"id": id, "customer_id": customer, "code": 12, "status": "open", "summary": "The door squeaks",
               "description": null, "assignee": {"phone": "514-555-0123"}, "internal": "vault-7"})
    };
    let router = axum::Router::new()
        .route(
            "/tickets",
            get(move |axum::extract::Query(asked): axum::extract::Query<Value>| async move {
                Json(json!({"tickets": [ticket(asked["customer_id"].as_str().unwrap_or_default(), "HD-1"), ticket("another", "HD-2")]}))
            })
            .post(move |Json(body): Json<Value>| async move {
                Json(ticket(body["customer_id"].as_str().unwrap_or_default(), "HD-3"))
            }),
        )
        .route(
            "/tickets/{id}",
            // Each ticket bears the name of whom it belongs to, but for the one that is somebody else's.
            get(move |Path(id): Path<String>| async move {
                Json(ticket(if id == "another" { "somebody" } else { &id }, &id))
            }),
        )
        .route("/tickets/{id}/comments", post(|| async { Json(json!({"ok": true})) }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[tokio::test]
async fn the_answers_about_tickets_that_others_keep_fit_their_schemas_too() {
    let unlimited =
        || GatewayConfig { calls_per_hour: 0, flurry_calls: 0, denials_per_ten_minutes: 0, ..GatewayConfig::default() };
    let mut ground = Ground::with(unlimited()).await;
    let conversation = ground.says(MAYA, "hello").await;
    let token = ground.assistant(conversation);
    let context = ground.call(&token, "get_conversation_context", json!({})).await.ok();
    let customer = context["result"]["customer_id"].as_str().expect("an id").to_owned();
    let config = TicketingConfig { base_url: desk().await, api_key: None, retry_after: Duration::from_millis(5) };
    let ticketing = Some(Ticketing::new(config, ground.clock.clone()).expect("a client"));
    let systems = Systems { transactions: None, ticketing };
    ground.call_through(Gateway::under(Policy::default(), ground.hub().clone(), unlimited(), systems));
    for (tool, arguments) in [
        ("search_tickets", json!({"status": "open"})),
        ("ticket.get", json!({"ticket_id": customer})),
        ("ticket.create", json!({"summary": "The door squeaks"})),
        ("ticket.add_comment", json!({"ticket_id": customer, "text": "It also sticks"})),
    ] {
        let answer = ground.call(&token, tool, arguments).await.ok();
        check_marks(tool, &answer["result"]);
        assert!(!answer.to_string().contains("vault-7"), "{tool}: {answer}");
        assert!(!answer.to_string().contains("HD-2"), "{tool}: {answer}");
    }
    ground.call(&token, "ticket.get", json!({"ticket_id": "another"})).await.refused(404, "NOT_FOUND");
}

#[tokio::test]
async fn an_assistant_records_nothing_in_an_account_that_is_not_its_customers() {
    let world = World::of("facility").await;
    let (ground, token) = (&world.ground, &world.token);
    let account =
        ground.made("/api/v1/accounts", json!({"name": "South Gate", "profile": "facility"})).await["id"].clone();
    let site = json!({"account_id": account, "name": "South Gate", "address1": "2 Main Street", "city": "Ottawa",
                      "country": "CA", "timezone": "America/Toronto"});
    let site = ground.made("/api/v1/sites", site).await["id"].clone();
    // The token itself would open every account.
    for place in
        [json!({"account_id": account, "site_id": site}), json!({"site_id": site}), json!({"account_id": account})]
    {
        let mut arguments = json!({"summary": "Detail the car"});
        arguments.as_object_mut().expect("an object").extend(place.as_object().expect("an object").clone());
        let answer = ground.call(token, "ticket.create", arguments).await;
        assert!(matches!(answer.status, 400 | 403 | 404), "{place}: {} {}", answer.status, answer.body);
    }
    let path = format!("/tickets?account_id={}", account.as_str().expect("an id"));
    assert_eq!(ground.get(&ground.admin(), &path).await.ok()["data"], json!([]));
}
