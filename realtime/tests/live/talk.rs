//! Frames and their replies, ways in, the feed over HTTP.

use std::time::Duration;

use chrono::TimeDelta;
use patchbay_store::feed;
use serde_json::{Value, json};

use crate::client::Client;
use crate::ground::{Ground, on_both_grounds};
use crate::node::Node;
use crate::story::{cursor, happen, number, queued};

on_both_grounds! {
    hello_comes_first_and_frames_have_the_agreed_shape;
    every_way_to_bring_a_token_works;
    replies_repeat_the_id_and_nonsense_is_an_error;
    the_feed_is_paged_by_cursor;
    a_cursor_beyond_retention_has_expired;
    an_event_reaches_the_socket_at_once;
}

async fn hello_comes_first_and_frames_have_the_agreed_shape(ground: Ground) {
    let node = Node::start(&ground).await;
    let admin = ground.admin();
    let mut socket = Client::open(&node, &admin.token, "").await;
    assert_eq!(socket.protocol.as_deref(), Some("patchbay.v1"));
    let hello = socket.hello().await;
    assert_eq!(hello["data"]["user"]["id"], json!(admin.user));
    assert_eq!(hello["data"]["heartbeat_s"], 25);
    assert_eq!(hello["data"]["resume"]["complete"], true);
    assert!(hello["data"]["topics"].as_array().unwrap().contains(&json!("team:support")));
    let event = queued(&ground, ground.support, 12);
    happen(&node.db, std::slice::from_ref(&event)).await;
    let frame = socket.work().await;
    let keys: Vec<&str> = frame.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["conversation_seq", "cursor", "data", "event", "ts"]);
    assert_eq!((&frame["event"], &frame["conversation_seq"]), (&json!("message.received"), &json!(12)));
    let (_, feed) = node.get(&admin, "/api/v1/events").await;
    assert_eq!(feed["data"], json!([frame]));
}

async fn every_way_to_bring_a_token_works(ground: Ground) {
    let node = Node::start(&ground).await;
    let token = ground.admin().token;
    let by_order = format!("bearer, {token}");
    let header = format!("Bearer {token}");
    let mut socket = Client::try_open(&node, "", &[("sec-websocket-protocol", &by_order)]).await.unwrap();
    assert_eq!(socket.protocol.as_deref(), Some("bearer"));
    socket.hello().await;
    Client::try_open(&node, "", &[("authorization", &header)]).await.unwrap().hello().await;
    Client::try_open(&node, &format!("?token={token}"), &[]).await.unwrap().hello().await;
    assert_eq!(Client::try_open(&node, "", &[]).await.err(), Some(401));
    assert_eq!(node.get(&ground.admin(), &format!("/ws?token={token}")).await.0, 400, "not an upgrade");
}

async fn replies_repeat_the_id_and_nonsense_is_an_error(ground: Ground) {
    let node = Node::start(&ground).await;
    let mut socket = node.connect(&ground.admin()).await;
    assert_eq!(socket.ask(json!({ "type": "ping", "id": 1 })).await["event"], "pong");
    assert_eq!(socket.ask(json!({ "type": "ack", "id": "x", "cursor": "f1-0-0" })).await["event"], "reply");
    for wrong in [
        json!({ "type": "dance", "id": "x" }),
        json!({ "id": "x" }),
        json!({ "type": "subscribe", "id": "x" }),
        json!({ "type": "subscribe", "id": "x", "topics": [] }),
        json!({ "type": "subscribe", "id": "x", "topics": [1] }),
        json!({ "type": "presence.set", "id": "x", "status": "asleep" }),
        json!({ "type": "typing.start", "id": "x", "conversation_id": "me" }),
    ] {
        let reply = socket.ask(wrong.clone()).await;
        assert_eq!((&reply["event"], &reply["data"]["code"]), (&json!("error"), &json!("INVALID_REQUEST")), "{wrong}");
    }
    socket.say_text("not json").await;
    let reply = socket.next("error").await;
    assert_eq!((&reply["data"]["code"], reply.get("id")), (&json!("INVALID_JSON"), None));
}

async fn the_feed_is_paged_by_cursor(ground: Ground) {
    let node = Node::start(&ground).await;
    let admin = ground.admin();
    let events: Vec<_> = (1..=7).map(|number| queued(&ground, ground.support, number)).collect();
    happen(&node.db, &events).await;
    let (mut path, mut numbers) = ("/api/v1/events?limit=3".to_owned(), Vec::new());
    loop {
        let (status, page) = node.get(&admin, &path).await;
        assert_eq!(status, 200);
        numbers.extend(page["data"].as_array().unwrap().iter().map(number));
        let Some(next) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/events?limit=3&after={next}");
    }
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7]);
    for wrong in ["after=nonsense", "limit=0", "limit=101", "page=2"] {
        let (status, error) = node.get(&admin, &format!("/api/v1/events?{wrong}")).await;
        assert_eq!((status, &error["error"]["code"]), (400, &json!("INVALID_QUERY")), "{wrong}");
    }
}

async fn a_cursor_beyond_retention_has_expired(ground: Ground) {
    let node = Node::start(&ground).await;
    let admin = ground.admin();
    let now = ground.gate.clock.now();
    let mut old = queued(&ground, ground.support, 1);
    old.created_at = now - TimeDelta::days(90);
    let older = node.connect(&admin).await;
    older.leave().await;
    happen(&node.db, &[old.clone(), old, queued(&ground, ground.support, 2)]).await;
    let feed = node.feed(&admin, 3).await;
    let cursors: Vec<String> = feed["data"].as_array().unwrap().iter().map(cursor).collect();
    let mut tx = node.db.begin().await.unwrap();
    let cutoff = now - TimeDelta::days(30);
    let mut gone = Vec::new();
    for _ in 0..3 {
        gone.push(feed::trim(&mut tx, cutoff, now, 1).await.unwrap());
    }
    assert_eq!(gone, [1, 1, 0]);
    tx.commit().await.unwrap();
    let (status, error) = node.get(&admin, &format!("/api/v1/events?after={}", cursors[0])).await;
    assert_eq!((status, &error["error"]["code"]), (410, &json!("CURSOR_EXPIRED")));
    for kept in [format!("?after={}", cursors[1]), String::new()] {
        let (status, feed) = node.get(&admin, &format!("/api/v1/events{kept}")).await;
        assert_eq!((status, feed["data"].as_array().map(Vec::len)), (200, Some(1)));
    }
    let (mut socket, complete) = node.resume(&admin, &cursors[0]).await;
    assert!(!complete);
    let resync: Value = socket.work().await;
    assert_eq!((&resync["event"], &resync["data"]["reason"]), (&json!("system.resync"), &json!("cursor_expired")));
}

async fn an_event_reaches_the_socket_at_once(ground: Ground) {
    let node = Node::start_with(&ground, crate::node::hints_only()).await;
    let mut socket = node.connect(&ground.admin()).await;
    let mut slowest = Duration::ZERO;
    for number in 0..100 {
        let began = std::time::Instant::now();
        happen(&node.db, &[queued(&ground, ground.support, number)]).await;
        socket.work().await;
        slowest = slowest.max(began.elapsed());
    }
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
}
