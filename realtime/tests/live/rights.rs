//! Who sees what.

use patchbay_core::event::Audience;
use patchbay_core::role::Role;
use serde_json::json;

use crate::client::Client;
use crate::ground::{Ground, on_both_grounds};
use crate::node::Node;
use crate::story::{conversation, event, happen, held, number, queued};

on_both_grounds! {
    everybody_sees_their_own_part;
    a_change_of_teams_counts_from_the_next_event;
    topics_narrow_what_comes;
    a_forbidden_topic_is_refused_and_nothing_else_closes_the_socket;
    a_page_of_another_origin_cannot_use_the_cookie;
}

async fn everybody_sees_their_own_part(ground: Ground) {
    let node = Node::start(&ground).await;
    let agent = ground.user("Ann", Role::SupportAgent, &[ground.support]);
    let lead = ground.user("Lea", Role::TeamLead, &[ground.support]);
    let (admin, technician) = (ground.admin(), ground.user("Tim", Role::Technician, &[ground.support]));
    let mut sockets = Vec::new();
    for login in [&agent, &lead, &admin, &technician] {
        sockets.push(node.connect(login).await);
    }
    let lost = Audience { previous_assigned_to: Some(agent.user), ..Audience::default() };
    happen(
        &node.db,
        &[
            queued(&ground, ground.support, 1),
            queued(&ground, ground.sales, 2),
            held(&ground, ground.support, lead.user, 3),
            held(&ground, ground.support, agent.user, 4),
            held(&ground, ground.sales, agent.user, 5),
            event(&ground, lost, 6),
        ],
    )
    .await;
    let expected: [&[u64]; 4] = [&[1, 4, 5, 6], &[1, 3, 4], &[1, 2, 3, 4, 5, 6], &[]];
    for ((socket, expected), login) in sockets.iter_mut().zip(expected).zip([&agent, &lead, &admin, &technician]) {
        for expected in expected {
            assert_eq!(number(&socket.work().await), *expected);
        }
        socket.hears_nothing().await;
        let (status, feed) = node.get(login, "/api/v1/events").await;
        assert_eq!(status, 200);
        let numbers: Vec<u64> = feed["data"].as_array().unwrap().iter().map(number).collect();
        assert_eq!(numbers, expected, "the feed over HTTP shows what the socket showed");
    }
}

async fn a_change_of_teams_counts_from_the_next_event(ground: Ground) {
    let node = Node::start(&ground).await;
    let agent = ground.user("Ann", Role::SupportAgent, &[ground.support]);
    let mut socket = node.connect(&agent).await;
    happen(&node.db, &[queued(&ground, ground.sales, 1), queued(&ground, ground.support, 2)]).await;
    assert_eq!(number(&socket.work().await), 2);
    ground.change(|directory| {
        let user = directory.users.get_mut(&agent.user).unwrap();
        user.teams = [ground.sales].into();
    });
    happen(&node.db, &[queued(&ground, ground.support, 3), queued(&ground, ground.sales, 4)]).await;
    assert_eq!(number(&socket.work().await), 4);
    socket.hears_nothing().await;
}

async fn topics_narrow_what_comes(ground: Ground) {
    let node = Node::start(&ground).await;
    let mut socket = node.connect(&ground.admin()).await;
    let one = queued(&ground, ground.sales, 1);
    let topic = format!("conversation:{}", conversation(&ground, &node.db, ground.sales).await);
    let reply = socket.ask(json!({ "type": "subscribe", "id": 7, "topics": ["team:support", topic] })).await;
    assert_eq!(reply["event"], "reply");
    happen(&node.db, &[one.clone(), queued(&ground, ground.support, 2)]).await;
    assert_eq!(number(&socket.work().await), 2);
    socket.ask(json!({ "type": "unsubscribe", "id": 8, "topics": ["team:support", topic] })).await;
    happen(&node.db, &[queued(&ground, ground.sales, 3)]).await;
    assert_eq!(number(&socket.work().await), 3, "without topics everything comes again");
}

async fn a_forbidden_topic_is_refused_and_nothing_else_closes_the_socket(ground: Ground) {
    let node = Node::start(&ground).await;
    let agent = ground.user("Ann", Role::SupportAgent, &[ground.support]);
    let (own, foreign) =
        (conversation(&ground, &node.db, ground.support).await, conversation(&ground, &node.db, ground.sales).await);
    for forbidden in [
        "team:sales".into(),
        format!("conversation:{foreign}"),
        format!("user:{}", ground.admin().user),
        "alerts".into(),
        "nonsense".into(),
        format!("ticket:{own}"),
        format!("inbox:{own}"),
    ] {
        let mut socket = node.connect(&agent).await;
        let mixed = json!({ "type": "subscribe", "id": "a", "topics": [format!("conversation:{own}"), forbidden] });
        let reply = socket.ask(mixed).await;
        assert_eq!((&reply["event"], &reply["data"]["topics"]), (&json!("error"), &json!([forbidden])));
        assert_eq!(reply["data"]["code"], "FORBIDDEN");
        let allowed = json!({ "type": "subscribe", "id": "b", "topics": [format!("conversation:{own}")] });
        assert_eq!(socket.ask(allowed).await["event"], "reply");
        let reply = socket.ask(json!({ "type": "subscribe", "id": "c", "topics": [forbidden] })).await;
        assert_eq!(reply["event"], "error");
        assert_eq!(socket.closed().await, 4403);
    }
}

async fn a_page_of_another_origin_cannot_use_the_cookie(ground: Ground) {
    let node = Node::start(&ground).await;
    let cookie = format!("patchbay_admin={}", ground.admin().token);
    let from = |origin: &'static str| [("cookie", cookie.as_str()), ("origin", origin)];
    assert_eq!(Client::try_open(&node, "", &from("https://evil.example.test")).await.err(), Some(403));
    assert_eq!(Client::try_open(&node, "", &[("cookie", &cookie)]).await.err(), Some(403));
    let mut socket = Client::try_open(&node, "", &from("https://desk.example.test")).await.unwrap();
    socket.hello().await;
}
