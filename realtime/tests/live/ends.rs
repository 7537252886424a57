//! How sockets end.

use std::time::Duration;

use patchbay_core::notice::Notice;
use patchbay_core::role::Role;
use patchbay_realtime::Config;
use tokio::time::timeout;

use crate::client::Client;
use crate::ground::{Ground, on_both_grounds};
use crate::node::Node;

on_both_grounds! {
    a_token_that_is_not_valid_closes_the_socket;
    an_expired_token_closes_the_socket;
    a_revoked_login_closes_its_sockets_and_no_others;
    a_revocation_on_another_node_closes_the_socket;
    a_deactivated_user_is_closed_out;
    a_stopping_node_says_so_and_leaves_nothing_running;
    a_silent_peer_is_closed;
    a_full_node_takes_no_more;
}

async fn a_token_that_is_not_valid_closes_the_socket(ground: Ground) {
    let node = Node::start(&ground).await;
    let agent = ground.user("Ann", Role::SupportAgent, &[]);
    let long_ago = ground.token(agent.user, Role::SupportAgent, agent.session, -3600);
    for token in ["nonsense", &long_ago] {
        assert_eq!(Client::open(&node, token, "").await.closed().await, 4401);
    }
}

async fn an_expired_token_closes_the_socket(ground: Ground) {
    let node = Node::start(&ground).await;
    let agent = ground.user("Ann", Role::SupportAgent, &[]);
    let token = ground.token(agent.user, Role::SupportAgent, agent.session, 1);
    let mut socket = Client::open(&node, &token, "").await;
    socket.hello().await;
    assert_eq!(timeout(Duration::from_secs(4), socket.closed()).await, Ok(4401));
}

async fn a_revoked_login_closes_its_sockets_and_no_others(ground: Ground) {
    let node = Node::start(&ground).await;
    let (ann, ben) = (ground.admin(), ground.admin());
    let (mut first, mut second) = (node.connect(&ann).await, node.connect(&ann).await);
    let mut other = node.connect(&ben).await;
    node.db.signals().announce(Notice::SessionRevoked { session: ann.session });
    assert_eq!(first.closed().await, 4401);
    assert_eq!(second.closed().await, 4401);
    other.hears_nothing().await;
    node.db.signals().announce(Notice::UserRevoked { user: ben.user });
    assert_eq!(other.closed().await, 4401);
}

async fn a_revocation_on_another_node_closes_the_socket(ground: Ground) {
    let (one, other) = (Node::start(&ground).await, Node::start(&ground).await);
    let admin = ground.admin();
    crate::nodes::until_linked(&one, &other).await;
    let mut socket = one.connect(&admin).await;
    other.db.signals().announce(Notice::SessionRevoked { session: admin.session });
    assert_eq!(socket.closed().await, 4401);
}

async fn a_deactivated_user_is_closed_out(ground: Ground) {
    let node = Node::start(&ground).await;
    let agent = ground.user("Ann", Role::SupportAgent, &[ground.support]);
    let mut socket = node.connect(&agent).await;
    ground.change(|directory| directory.users.get_mut(&agent.user).unwrap().is_active = false);
    assert_eq!(socket.closed().await, 4401);
    assert_eq!(Client::open(&node, &agent.token, "").await.closed().await, 4401);
}

async fn a_stopping_node_says_so_and_leaves_nothing_running(ground: Ground) {
    let node = Node::start(&ground).await;
    let mut socket = node.connect(&ground.admin()).await;
    node.stop();
    assert_eq!(socket.closed().await, 1012);
    timeout(Duration::from_secs(8), node.end()).await.expect("the node ends");
}

async fn a_silent_peer_is_closed(ground: Ground) {
    let node = Node::start_with(&ground, Config { heartbeat: Duration::from_millis(200), ..Config::default() }).await;
    let watcher_login = ground.admin();
    let mut watcher = node.connect(&watcher_login).await;
    let silent = ground.user("Sid", Role::SupportAgent, &[ground.support]);
    // Never polled, so it never answers a ping; the connection stays open.
    let socket = node.connect(&silent).await;
    let gone = async {
        loop {
            let frame = watcher.next("agent.presence").await;
            if frame["data"]["user"]["id"] == silent.user.to_string() && frame["data"]["status"] == "offline" {
                break;
            }
        }
    };
    // A goodbye that nobody answers takes its time, too.
    timeout(Duration::from_secs(8), gone).await.expect("the silent peer is shown as offline");
    drop(socket);
}

async fn a_full_node_takes_no_more(ground: Ground) {
    let node = Node::start_with(&ground, Config { max_sockets: 1, ..Config::default() }).await;
    let admin = ground.admin();
    let first = node.connect(&admin).await;
    let header = format!("Bearer {}", admin.token);
    assert_eq!(Client::try_open(&node, "", &[("authorization", &header)]).await.err(), Some(503));
    first.leave().await;
    timeout(Duration::from_secs(5), async {
        while Client::try_open(&node, "", &[("authorization", &header)]).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("a seat that was left is free again");
}
