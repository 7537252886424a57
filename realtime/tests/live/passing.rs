//! What passes: typing, presence, counters of queues.

use std::time::Duration;

use patchbay_core::event::EventName;
use patchbay_core::ids::ConversationId;
use patchbay_core::role::Role;
use patchbay_realtime::Config;
use serde_json::json;

use crate::ground::{Ground, on_both_grounds};
use crate::node::Node;
use crate::story::{conversation, happen, queued};

on_both_grounds! {
    typing_is_shown_to_those_who_see_the_conversation_and_to_nobody_else;
    typing_ends_by_itself_and_with_the_socket;
    who_looks_at_a_conversation_is_shown_to_colleagues_until_they_leave;
    presence_is_the_best_of_all_sockets_on_all_nodes;
    an_idle_person_is_away_until_active_again;
    queues_are_counted_after_they_change;
}

async fn typing_is_shown_to_those_who_see_the_conversation_and_to_nobody_else(ground: Ground) {
    let (one, other) = (Node::start(&ground).await, Node::start(&ground).await);
    crate::nodes::until_linked(&one, &other).await;
    let conversation = conversation(&ground, &one.db, ground.support).await;
    let ann = ground.user("Ann", Role::SupportAgent, &[ground.support]);
    let lea = ground.user("Lea", Role::TeamLead, &[ground.support]);
    let sam = ground.user("Sam", Role::Supervisor, &[ground.sales]);
    let (mut ann_socket, mut lea_socket) = (one.connect(&ann).await, one.connect(&lea).await);
    let (mut lea_elsewhere, mut sam_socket) = (other.connect(&lea).await, one.connect(&sam).await);
    let start = json!({ "type": "typing.start", "id": 1, "conversation_id": conversation, "mode": "note" });
    assert_eq!(ann_socket.ask(start).await["event"], "reply");
    for socket in [&mut lea_socket, &mut lea_elsewhere] {
        let frame = socket.next("agent.typing").await;
        assert_eq!(frame["cursor"], json!(null));
        assert_eq!(
            frame["data"],
            json!({
                "conversation_id": conversation,
                "user": { "id": ann.user, "name": "Ann" },
                "mode": "note",
                "active": true,
            })
        );
    }
    let stop = json!({ "type": "typing.stop", "id": 2, "conversation_id": conversation });
    assert_eq!(ann_socket.ask(stop).await["event"], "reply");
    assert_eq!(lea_socket.next("agent.typing").await["data"]["active"], false);
    sam_socket.hears_nothing().await;
    ann_socket.hears_nothing().await;
    for hidden in [conversation, ConversationId::new()] {
        let start = json!({ "type": "typing.start", "id": 3, "conversation_id": hidden });
        let reply = sam_socket.ask(start).await;
        assert_eq!((&reply["event"], &reply["data"]["code"]), (&json!("error"), &json!("NOT_FOUND")));
    }
}

async fn typing_ends_by_itself_and_with_the_socket(ground: Ground) {
    let node =
        Node::start_with(&ground, Config { typing_lasts: Duration::from_millis(300), ..Config::default() }).await;
    let conversation = conversation(&ground, &node.db, ground.support).await;
    let ann = ground.user("Ann", Role::SupportAgent, &[ground.support]);
    let mut watcher = node.connect(&ground.admin()).await;
    let mut socket = node.connect(&ann).await;
    for ends in ["by itself", "with the socket"] {
        socket.ask(json!({ "type": "typing.start", "id": 1, "conversation_id": conversation })).await;
        assert_eq!(watcher.next("agent.typing").await["data"]["active"], true);
        if ends == "with the socket" {
            socket.leave().await;
            assert_eq!(watcher.next("agent.typing").await["data"]["active"], false);
            return;
        }
        assert_eq!(watcher.next("agent.typing").await["data"]["active"], false);
    }
}

async fn who_looks_at_a_conversation_is_shown_to_colleagues_until_they_leave(ground: Ground) {
    let node = Node::start(&ground).await;
    let conversation = conversation(&ground, &node.db, ground.support).await;
    let ann = ground.user("Ann", Role::SupportAgent, &[ground.support]);
    let sam = ground.user("Sam", Role::Supervisor, &[ground.sales]);
    let (mut watcher, mut stranger) = (node.connect(&ground.admin()).await, node.connect(&sam).await);
    let mut socket = node.connect(&ann).await;
    let said = |active: bool| json!({ "conversation_id": conversation, "user": { "id": ann.user, "name": "Ann" }, "active": active });
    let start = json!({ "type": "viewing.start", "id": 1, "conversation_id": conversation });
    assert_eq!(socket.ask(start.clone()).await["event"], "reply");
    assert_eq!(watcher.next("conversation.viewers").await["data"], said(true));
    // Writing is a signal of its own: its end is not the end of looking.
    for (kind, active) in [("typing.start", true), ("typing.stop", false)] {
        socket.ask(json!({ "type": kind, "id": 2, "conversation_id": conversation })).await;
        assert_eq!(watcher.next("agent.typing").await["data"]["active"], active);
    }
    socket.ask(json!({ "type": "viewing.stop", "id": 3, "conversation_id": conversation })).await;
    assert_eq!(watcher.next("conversation.viewers").await["data"], said(false));
    socket.ask(start).await;
    assert_eq!(watcher.next("conversation.viewers").await["data"], said(true));
    socket.leave().await;
    assert_eq!(watcher.next("conversation.viewers").await["data"], said(false));
    stranger.hears_nothing().await;
}

async fn presence_is_the_best_of_all_sockets_on_all_nodes(ground: Ground) {
    let (one, other) = (Node::start(&ground).await, Node::start(&ground).await);
    crate::nodes::until_linked(&one, &other).await;
    let ann = ground.user("Ann", Role::SupportAgent, &[ground.support]);
    let admin = ground.admin();
    let mut watcher = one.connect(&admin).await;
    assert_eq!(watcher.next("agent.presence").await["data"]["user"]["id"], json!(admin.user));
    let mut here = one.connect(&ann).await;
    assert_eq!(
        watcher.next("agent.presence").await["data"],
        json!({ "user": { "id": ann.user, "name": "Ann" }, "status": "online" })
    );
    here.ask(json!({ "type": "presence.set", "id": 1, "status": "away" })).await;
    assert_eq!(watcher.next("agent.presence").await["data"]["status"], "away");
    let there = other.connect(&ann).await;
    assert_eq!(watcher.next("agent.presence").await["data"]["status"], "online");
    let (status, present) = one.get(&admin, "/api/v1/presence").await;
    assert_eq!(status, 200);
    let people = present["data"].as_array().unwrap();
    assert!(
        people
            .contains(&json!({ "user": { "id": ann.user, "name": "Ann" }, "status": "online", "teams": ["support"] }))
    );
    there.leave().await;
    assert_eq!(watcher.next("agent.presence").await["data"]["status"], "away");
    here.leave().await;
    assert_eq!(watcher.next("agent.presence").await["data"]["status"], "offline");
    let stranger = ground.user("Sam", Role::SupportAgent, &[ground.sales]);
    let _ann_again = one.connect(&ann).await;
    watcher.next("agent.presence").await;
    assert_eq!(one.get(&stranger, "/api/v1/presence").await.1["data"], json!([]), "not a colleague's business");
}

async fn an_idle_person_is_away_until_active_again(ground: Ground) {
    let config =
        Config { idle_after: Duration::from_millis(300), heartbeat: Duration::from_millis(200), ..Config::default() };
    let node = Node::start_with(&ground, config).await;
    let admin = ground.admin();
    let mut socket = node.connect(&admin).await;
    assert_eq!(socket.next("agent.presence").await["data"]["status"], "online");
    assert_eq!(socket.next("agent.presence").await["data"]["status"], "away");
    socket.say(json!({ "type": "subscribe", "topics": [format!("user:{}", admin.user)] })).await;
    assert_eq!(socket.next("agent.presence").await["data"]["status"], "online");
}

async fn queues_are_counted_after_they_change(ground: Ground) {
    let node = Node::start(&ground).await;
    let ann = ground.user("Ann", Role::SupportAgent, &[ground.support]);
    let mut socket = node.connect(&ann).await;
    let mut stranger = node.connect(&ground.user("Sam", Role::SupportAgent, &[ground.sales])).await;
    for expected in 1..=2 {
        conversation(&ground, &node.db, ground.support).await;
        let mut event = queued(&ground, ground.support, 1);
        event.name = EventName::ConversationNew;
        happen(&node.db, &[event]).await;
        let frame = socket.next("queue.updated").await;
        assert_eq!((&frame["data"]["team"], &frame["data"]["queued"]), (&json!("support"), &json!(expected)));
        assert_eq!(frame["cursor"], json!(null));
    }
    stranger.say(json!({ "type": "ping" })).await;
    loop {
        let frame = stranger.frame().await;
        assert_ne!(frame["event"], "queue.updated", "not a queue of one's own");
        if frame["event"] == "pong" {
            break;
        }
    }
    let later = node.connect(&ann).await;
    later.leave().await;
}
