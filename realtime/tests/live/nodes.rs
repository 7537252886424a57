//! Several nodes on one bus.

use std::time::Duration;

use patchbay_core::notice::Notice;
use tokio::time::{sleep, timeout};

use crate::ground::{Ground, on_both_grounds};
use crate::node::{Node, hints_only};
use crate::story::{happen, number, queued};

on_both_grounds! {
    what_is_committed_on_one_node_is_seen_at_once_on_the_other;
    a_node_does_not_hear_itself_over_the_bus;
}

/// Waits until each of the nodes hears the other.
pub(crate) async fn until_linked(one: &Node, other: &Node) {
    for (from, to) in [(one, other), (other, one)] {
        let mut heard = to.db.signals().notices();
        let heard = async {
            loop {
                from.db.signals().announce(Notice::DirectoryChanged);
                let found = timeout(Duration::from_millis(50), async {
                    while !matches!(heard.recv().await, Ok(Notice::DirectoryChanged)) {}
                });
                if found.await.is_ok() {
                    break;
                }
            }
        };
        timeout(Duration::from_secs(5), heard).await.expect("the nodes hear each other");
    }
}

async fn what_is_committed_on_one_node_is_seen_at_once_on_the_other(ground: Ground) {
    let one = Node::start_with(&ground, hints_only()).await;
    let other = Node::start_with(&ground, hints_only()).await;
    until_linked(&one, &other).await;
    let mut socket = other.connect(&ground.admin()).await;
    for expected in 0..20 {
        happen(&one.db, &[queued(&ground, ground.support, expected)]).await;
        assert_eq!(number(&socket.work().await), expected as u64);
    }
}

async fn a_node_does_not_hear_itself_over_the_bus(ground: Ground) {
    let (one, other) = (Node::start(&ground).await, Node::start(&ground).await);
    until_linked(&one, &other).await;
    let mut feed = one.db.signals().own_feed();
    let mut heard = one.db.signals().notices();
    happen(&one.db, &[queued(&ground, ground.support, 1)]).await;
    feed.changed().await.unwrap();
    one.db.signals().announce(Notice::DirectoryChanged);
    sleep(Duration::from_millis(200)).await;
    let mut changes = 0;
    while let Ok(notice) = heard.try_recv() {
        changes += usize::from(notice == Notice::DirectoryChanged);
    }
    assert_eq!(changes, 1, "once from here, not again from the bus");
    assert!(!feed.has_changed().unwrap(), "another node's hint is not passed on as our own");
}
