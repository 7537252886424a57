//! The main job over HTTP, the socket and the customers' phones: a message comes in, an agent works it live, answers, and
//! turns it into a ticket. On one node with SQLite, and on two nodes over PostgreSQL and Redis, where providers call the
//! first node and the agent sits at the second.

use patchbay_core::channel::Channel;
use patchbay_core::ids::RecordId;
use patchbay_simulator::{Author, DeliveryState, Provider};
use patchbay_tests::deployment::{CUSTOMER, OTHER_CUSTOMER};
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{Caller, Deployment, Plan, Socket, both_plans, settings};
use serde_json::{Value, json};
use uuid::Uuid;

both_plans! {
    a_whatsapp_message_is_answered_and_its_ticks_turn;
    an_sms_is_answered_and_delivered;
    a_reply_repeated_with_its_id_reaches_the_phone_once;
    a_command_repeated_under_its_key_happens_once;
    one_of_two_agents_wins_a_conversation;
    ten_quick_replies_arrive_in_their_order;
    a_conversation_becomes_a_ticket;
    a_socket_resumes_without_loss_or_doubles;
    the_feed_over_http_tells_what_the_socket_told;
    a_stopped_customer_is_not_written_to;
}

/// An agent at the last node.
async fn agent(deployment: &Deployment, name: &str) -> Caller {
    let last = deployment.nodes.last().expect("there is a node").base_url();
    deployment.sign_in(name, "support_agent").await.at(last)
}

fn id(value: &Value) -> &str {
    value["id"].as_str().expect("it has an id")
}

async fn reply(caller: &Caller, conversation_id: &str, text: &str) -> Value {
    let body = json!({"content": {"type": "text", "text": text}, "client_message_id": client_id()});
    caller.post(&format!("/api/v1/conversations/{conversation_id}/messages"), body).await.expect(201)
}

/// An id that a client makes.
fn client_id() -> Uuid {
    RecordId::new().0
}

async fn a_whatsapp_message_is_answered_and_its_ticks_turn(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let ann = agent(&deployment, "Ann").await;
    let mut socket = Socket::open(&ann, None).await;
    let wamid = deployment.hear(CUSTOMER, Channel::Whatsapp, "My door does not close").await;

    let event = socket.await_event("message.received").await;
    let text = event.to_string();
    assert!(text.contains("My door does not close"), "{text}");
    assert!(event["cursor"].is_string(), "{event}");
    let conversation = deployment.conversation(&ann, CUSTOMER, Channel::Whatsapp).await;
    assert_eq!(conversation["status"], "queued");
    assert_eq!(conversation["unread_count"], 1);
    assert!(conversation["window_expires_at"].is_string());

    let taken = ann.post(&format!("/api/v1/conversations/{}/take", id(&conversation)), json!({})).await.expect(200);
    assert_eq!(taken["status"], "assigned");
    let sent = reply(&ann, id(&conversation), "We are on our way").await;
    assert_eq!(sent["status"], "pending");
    assert_eq!(sent["direction"], "outbound");

    let on_phone = deployment
        .phones
        .wait_on_phone(CUSTOMER, Channel::Whatsapp, PATIENCE, |shown| {
            shown.text.as_deref() == Some("We are on our way")
        })
        .await
        .expect("the phone shows the reply");
    assert_eq!(on_phone.from, Author::Business);
    eventually("the phone has the message delivered", PATIENCE, || async {
        let turned = deployment.phones.read(CUSTOMER, Channel::Whatsapp).expect("the phone is there");
        (turned > 0).then_some(())
    })
    .await;
    socket
        .await_frame(|frame| frame["event"] == "message.status" && frame["data"].to_string().contains("\"read\""))
        .await;

    let messages = deployment.messages(&ann, id(&conversation)).await;
    let seen: Vec<(&str, &str)> = messages
        .iter()
        .map(|message| (message["direction"].as_str().unwrap_or(""), message["status"].as_str().unwrap_or("")))
        .collect();
    assert_eq!(seen, [("inbound", "received"), ("outbound", "read")]);
    assert_eq!(messages[0]["channel_message_id"], wamid.as_str());
    assert_eq!(messages[1]["channel_message_id"], on_phone.id.as_str());
}

async fn an_sms_is_answered_and_delivered(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let ann = agent(&deployment, "Ann").await;
    deployment.hear(CUSTOMER, Channel::Sms, "Is anybody there?").await;
    let conversation = deployment.conversation(&ann, CUSTOMER, Channel::Sms).await;
    ann.post(&format!("/api/v1/conversations/{}/take", id(&conversation)), json!({})).await.expect(200);
    let sent = reply(&ann, id(&conversation), "Yes, go ahead").await;
    deployment
        .phones
        .wait_on_phone(CUSTOMER, Channel::Sms, PATIENCE, |shown| shown.text.as_deref() == Some("Yes, go ahead"))
        .await
        .expect("the phone shows the reply");
    let message_id = sent["message_id"].as_str().expect("a message has an id").to_owned();
    eventually("the message is delivered", PATIENCE, || async {
        let messages = deployment.messages(&ann, id(&conversation)).await;
        messages.into_iter().find(|message| message["message_id"] == *message_id && message["status"] == "delivered")
    })
    .await;
}

async fn a_reply_repeated_with_its_id_reaches_the_phone_once(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let ann = agent(&deployment, "Ann").await;
    deployment.hear(CUSTOMER, Channel::Whatsapp, "Hello").await;
    let conversation = deployment.conversation(&ann, CUSTOMER, Channel::Whatsapp).await;
    ann.post(&format!("/api/v1/conversations/{}/take", id(&conversation)), json!({})).await.expect(200);
    let body = json!({"content": {"type": "text", "text": "Once"}, "client_message_id": client_id()});
    let path = format!("/api/v1/conversations/{}/messages", id(&conversation));
    let first = ann.post(&path, body.clone()).await.expect(201);
    let second = ann.post(&path, body.clone()).await.expect(200);
    assert_eq!(first["message_id"], second["message_id"]);
    reply(&ann, id(&conversation), "Then this").await;
    let texts = eventually("the later message is on the phone", PATIENCE, || async {
        let texts = business_texts(&deployment, Channel::Whatsapp);
        texts.contains(&"Then this".to_owned()).then_some(texts)
    })
    .await;
    assert_eq!(texts, ["Once", "Then this"]);
}

fn business_texts(deployment: &Deployment, channel: Channel) -> Vec<String> {
    let thread = deployment.phones.thread(CUSTOMER, channel);
    thread.into_iter().filter(|shown| shown.from == Author::Business).filter_map(|shown| shown.text).collect()
}

async fn a_command_repeated_under_its_key_happens_once(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let ann = agent(&deployment, "Ann").await;
    deployment.hear(CUSTOMER, Channel::Whatsapp, "Hello").await;
    let conversation = deployment.conversation(&ann, CUSTOMER, Channel::Whatsapp).await;
    let path = |what: &str| format!("/api/v1/conversations/{}{what}", id(&conversation));
    let (post, patch, delete) = (reqwest::Method::POST, reqwest::Method::PATCH, reqwest::Method::DELETE);
    for (method, what, body, status) in [
        (&post, "/take", None, 200),
        (&post, "/notes", Some(json!({"text": "Called back"})), 201),
        (&post, "/tags", Some(json!({"tag": "door"})), 200),
        (&delete, "/tags/door", None, 200),
        (&patch, "", Some(json!({"priority": "high"})), 200),
        (&post, "/snooze", Some(json!({"until": "2099-01-01T00:00:00Z"})), 200),
        (&post, "/close", Some(json!({"close_reason": "resolved", "notes": "It closes"})), 200),
    ] {
        let key = client_id().to_string();
        let headers = [("idempotency-key", key.as_str())];
        let first = ann.call(method.clone(), &path(what), body.clone(), &headers).await;
        let again = ann.call(method.clone(), &path(what), body.clone(), &headers).await;
        assert_eq!(again.headers["idempotency-replayed"], "true", "{what}");
        assert_eq!(first.expect(status), again.expect(status), "{what}");
        if body.is_some() {
            let other = json!({"text": "Another", "tag": "another", "priority": "low", "until": null});
            let other = ann.call(method.clone(), &path(what), Some(other), &headers).await;
            assert!(other.status.is_client_error(), "{what}: {}", other.body);
        }
    }
    let notes = ann.get(&path("/notes")).await.expect(200);
    let texts: Vec<&str> =
        notes["data"].as_array().into_iter().flatten().filter_map(|note| note["text"].as_str()).collect();
    assert_eq!(texts, ["Called back", "It closes"]);
}

async fn one_of_two_agents_wins_a_conversation(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let ann = agent(&deployment, "Ann").await;
    let bob = deployment.sign_in("Bob", "support_agent").await;
    deployment.hear(CUSTOMER, Channel::Whatsapp, "Hello").await;
    let conversation = deployment.conversation(&ann, CUSTOMER, Channel::Whatsapp).await;
    let path = format!("/api/v1/conversations/{}/take", id(&conversation));
    let (one, other) = tokio::join!(ann.post(&path, json!({})), bob.post(&path, json!({})));
    let (winner, loser) = if one.status.is_success() { (one, other) } else { (other, one) };
    assert_eq!(winner.expect(200)["status"], "assigned");
    loser.expect_error(400, "NOT_IN_QUEUE");
}

async fn ten_quick_replies_arrive_in_their_order(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let ann = agent(&deployment, "Ann").await;
    deployment.hear(CUSTOMER, Channel::Whatsapp, "Hello").await;
    let conversation = deployment.conversation(&ann, CUSTOMER, Channel::Whatsapp).await;
    ann.post(&format!("/api/v1/conversations/{}/take", id(&conversation)), json!({})).await.expect(200);
    let texts: Vec<String> = (0..10).map(|number| format!("Line {number}")).collect();
    for text in &texts {
        reply(&ann, id(&conversation), text).await;
    }
    eventually("all ten are on the phone", PATIENCE, || async {
        (business_texts(&deployment, Channel::Whatsapp).len() >= 10).then_some(())
    })
    .await;
    assert_eq!(business_texts(&deployment, Channel::Whatsapp), texts);
}

async fn a_conversation_becomes_a_ticket(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let admin = &deployment.admin;
    let account =
        admin.post("/api/v1/accounts", json!({"name": "Harbor Homes", "profile": "property"})).await.expect(201);
    let site = json!({"account_id": id(&account), "name": "Pier 4", "address1": "4 Pier Road", "city": "Halifax",
        "country": "CA", "timezone": "America/Halifax"});
    let site = admin.post("/api/v1/sites", site).await.expect(201);
    deployment.hear(CUSTOMER, Channel::Whatsapp, "The boiler is leaking").await;
    let conversation = deployment.conversation(admin, CUSTOMER, Channel::Whatsapp).await;
    let path = format!("/api/v1/conversations/{}/ticket", id(&conversation));
    let body = json!({"mode": "create", "account_id": id(&account), "site_id": id(&site), "summary": "Leaking boiler"});
    let key = client_id().to_string();
    let headers = [("idempotency-key", key.as_str())];
    let post = reqwest::Method::POST;
    let made = admin.call(post.clone(), &path, Some(body.clone()), &headers).await.expect(201);
    assert_eq!(made["ticket"]["state"], "NEW", "{made}");
    assert_eq!(made["conversation"]["tickets"][0]["id"], made["ticket"]["id"], "{made}");
    let again = admin.call(post.clone(), &path, Some(body), &headers).await.expect(201);
    assert_eq!(again["ticket"]["id"], made["ticket"]["id"]);
    let other = json!({"mode": "create", "account_id": id(&account), "site_id": id(&site), "summary": "Another"});
    admin.call(post, &path, Some(other), &headers).await.expect_error(409, "IDEMPOTENCY_PAYLOAD_MISMATCH");

    let ticket = admin.get(&format!("/tickets/{}", id(&made["ticket"]))).await.expect(200);
    assert_eq!(ticket["summary"], "Leaking boiler", "{ticket}");
    let timeline = admin.get(&format!("/tickets/{}/timeline", id(&made["ticket"]))).await.expect(200);
    assert!(timeline.to_string().contains("ticket.create"), "{timeline}");
    let dispatcher = admin.with_token(settings::token("dispatcher"));
    let body = json!({"mode": "create", "account_id": id(&account), "site_id": id(&site), "summary": "Wet floor"});
    let key = client_id().to_string();
    let headers = [("idempotency-key", key.as_str())];
    dispatcher.call(reqwest::Method::POST, &path, Some(body), &headers).await.expect(201);
    let listed = deployment.conversation(admin, CUSTOMER, Channel::Whatsapp).await;
    assert_eq!(listed["tickets"].as_array().map(Vec::len), Some(2), "{listed}");
}

async fn a_socket_resumes_without_loss_or_doubles(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let ann = agent(&deployment, "Ann").await;
    let mut socket = Socket::open(&ann, None).await;
    deployment.hear(CUSTOMER, Channel::Whatsapp, "n=0.").await;
    socket.await_event("message.received").await;
    let cursor = socket.cursor.clone().expect("an event has a cursor");
    drop(socket);
    for number in 1..=20 {
        let from = if number % 2 == 0 { CUSTOMER } else { OTHER_CUSTOMER };
        deployment.hear(from, Channel::Whatsapp, &format!("n={number}.")).await;
    }
    let mut socket = Socket::open(&ann, Some(&cursor)).await;
    assert_eq!(socket.hello["resume"]["complete"], true, "{}", socket.hello);
    deployment.hear(CUSTOMER, Channel::Whatsapp, "n=21.").await;
    let mut seen = Vec::new();
    while seen.last() != Some(&21) {
        let event = socket.await_event("message.received").await;
        seen.push(number_in(&event));
    }
    let mut sorted = seen.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (1..=21).collect::<Vec<_>>(), "in the order they came: {seen:?}");
}

/// The number that a test's message carries as `n=…`.
fn number_in(event: &Value) -> u32 {
    let text = event.to_string();
    let (_, rest) = text.split_once("n=").expect("the message carries its number");
    rest.split('.').next().and_then(|digits| digits.parse().ok()).expect("the number is a number")
}

async fn the_feed_over_http_tells_what_the_socket_told(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let ann = agent(&deployment, "Ann").await;
    let mut socket = Socket::open(&ann, None).await;
    for number in 0..5 {
        deployment.hear(CUSTOMER, Channel::Whatsapp, &format!("n={number}.")).await;
    }
    let mut told = Vec::new();
    loop {
        let frame = socket.await_frame(|frame| frame["cursor"].is_string()).await;
        let is_last = frame["event"] == "message.received" && number_in(&frame) == 4;
        told.push(frame["cursor"].clone());
        if is_last {
            break;
        }
    }
    let first = told[0].as_str().expect("a cursor is text");
    let mut read = vec![told[0].clone()];
    let mut after = first.to_owned();
    while read.len() < told.len() {
        let page = ann.get(&format!("/api/v1/events?after={after}&limit=3")).await.expect(200);
        let events = page["data"].as_array().expect("a list has data").clone();
        assert!(!events.is_empty(), "the feed ends before the socket did");
        read.extend(events.iter().map(|event| event["cursor"].clone()));
        after = read.last().and_then(Value::as_str).expect("a cursor is text").to_owned();
    }
    read.truncate(told.len());
    assert_eq!(read, told);
}

async fn a_stopped_customer_is_not_written_to(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let ann = agent(&deployment, "Ann").await;
    deployment.hear(CUSTOMER, Channel::Sms, "Hello").await;
    let conversation = deployment.conversation(&ann, CUSTOMER, Channel::Sms).await;
    ann.post(&format!("/api/v1/conversations/{}/take", id(&conversation)), json!({})).await.expect(200);
    deployment.hear(CUSTOMER, Channel::Sms, "STOP").await;
    let path = format!("/api/v1/conversations/{}/messages", id(&conversation));
    let body = json!({"content": {"type": "text", "text": "Please"}, "client_message_id": client_id()});
    ann.post(&path, body).await.expect_error(409, "CONTACT_OPTED_OUT");
    deployment.hear(CUSTOMER, Channel::Sms, "START").await;
    reply(&ann, id(&conversation), "Welcome back").await;
    let sent = deployment
        .phones
        .wait_for(PATIENCE, |sent| sent.text.as_deref() == Some("Welcome back"))
        .await
        .expect("the provider takes the message");
    assert_eq!(sent.provider, Provider::Twilio);
    assert_ne!(sent.state, DeliveryState::Failed);
    assert_eq!(deployment.phones.sent_count(Provider::Twilio), 1);
}
