//! Nothing lost, nothing twice.

use std::time::Duration;

use patchbay_core::role::Role;
use patchbay_realtime::Config;
use patchbay_store::{Db, Engine, events};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::client::Heard;
use crate::ground::{Ground, Login, on_both_grounds};
use crate::node::Node;
use crate::story::{cursor, happen, number, queued};

on_both_grounds! {
    a_client_that_comes_and_goes_misses_nothing_and_sees_nothing_twice;
    what_was_missed_comes_before_what_is_live;
    an_event_waits_for_older_transactions;
    too_much_to_replay_is_a_resync;
    a_cursor_of_somebody_else_is_a_resync;
    a_slow_socket_is_told_about_the_gap;
    a_socket_that_takes_nothing_is_closed;
}

const WRITERS: usize = 4;
const COMMITS: usize = 40;

/// Commits events of random numbers, in transactions that overlap and sometimes fail.
async fn write(ground: &Ground, db: Db, writer: usize) {
    let mut number = writer * 100_000;
    for _ in 0..COMMITS {
        let many = rand::random_range(1..6);
        let batch: Vec<_> = (0..many).map(|at| queued(ground, ground.support, number + at)).collect();
        let mut tx = db.begin().await.unwrap();
        events::append(&mut tx, &batch).await.unwrap();
        sleep(Duration::from_millis(rand::random_range(0..8))).await;
        if rand::random_bool(0.2) {
            tx.rollback().await.unwrap();
        } else {
            tx.commit().await.unwrap();
            number += many;
        }
        sleep(Duration::from_millis(rand::random_range(0..4))).await;
    }
}

/// Reads with one connection after the other, on one node and the other, until nothing has come for a while.
async fn read(nodes: [&Node; 2], login: &Login, from: String) -> Vec<String> {
    let (mut seen, mut at) = (Vec::new(), from);
    for turn in 0.. {
        let (mut socket, complete) = nodes[turn % 2].resume(login, &at).await;
        assert!(complete, "a client that resumes at once can always resume");
        for _ in 0..rand::random_range(1..40) {
            let Ok(frame) = timeout(Duration::from_secs(1), socket.work()).await else { return seen };
            at = cursor(&frame);
            seen.push(at.clone());
        }
        if rand::random_bool(0.5) {
            socket.leave().await;
        }
    }
    seen
}

async fn a_client_that_comes_and_goes_misses_nothing_and_sees_nothing_twice(ground: Ground) {
    let (one, other) = (Node::start(&ground).await, Node::start(&ground).await);
    let login = ground.user("Lea", Role::TeamLead, &[ground.support]);
    happen(&one.db, &[queued(&ground, ground.support, 0)]).await;
    let feed = one.feed(&login, 1).await;
    let start = cursor(&feed["data"][0]);
    let writers = async {
        let writers = (1..=WRITERS).map(|writer| write(&ground, one.db.clone(), writer));
        futures::future::join_all(writers).await;
    };
    let readers = futures::future::join_all(vec![
        read([&one, &other], &login, start.clone()),
        read([&other, &one], &login, start.clone()),
        read([&one, &one], &login, start.clone()),
    ]);
    let ((), seen) = tokio::join!(writers, readers);
    let (mut at, mut truth) = (start, Vec::new());
    loop {
        let (_, page) = one.get(&login, &format!("/api/v1/events?limit=100&after={at}")).await;
        truth.extend(page["data"].as_array().unwrap().iter().map(cursor));
        let Some(next) = page["next_cursor"].as_str() else { break };
        next.clone_into(&mut at);
    }
    assert!(truth.len() > WRITERS * COMMITS / 2, "the writers wrote");
    for seen in seen {
        assert_eq!(seen, truth);
    }
}

async fn what_was_missed_comes_before_what_is_live(ground: Ground) {
    let node = Node::start(&ground).await;
    let admin = ground.admin();
    let mut socket = node.connect(&admin).await;
    happen(&node.db, &[queued(&ground, ground.support, 1)]).await;
    let first = cursor(&socket.work().await);
    socket.leave().await;
    happen(&node.db, &[queued(&ground, ground.support, 2), queued(&ground, ground.support, 3)]).await;
    let (mut socket, complete) = node.resume(&admin, &first).await;
    assert!(complete);
    happen(&node.db, &[queued(&ground, ground.support, 4)]).await;
    for expected in [2, 3, 4] {
        assert_eq!(number(&socket.work().await), expected);
    }
    socket.hears_nothing().await;
}

async fn an_event_waits_for_older_transactions(ground: Ground) {
    let node = Node::start(&ground).await;
    if node.db.engine() == Engine::Sqlite {
        // There is one writer: nothing overlaps.
        return;
    }
    let admin = ground.admin();
    let mut socket = node.connect(&admin).await;
    let mut older = node.db.begin().await.unwrap();
    events::append(&mut older, &[queued(&ground, ground.support, 1)]).await.unwrap();
    happen(&node.db, &[queued(&ground, ground.support, 2)]).await;
    socket.hears_nothing().await;
    let (_, feed) = node.get(&admin, "/api/v1/events").await;
    assert_eq!(feed["data"], json!([]), "what the socket does not show yet, the feed does not show either");
    older.commit().await.unwrap();
    for expected in [1, 2] {
        assert_eq!(number(&socket.work().await), expected);
    }
}

async fn too_much_to_replay_is_a_resync(ground: Ground) {
    let node = Node::start_with(&ground, Config { resume_events: 5, ..Config::default() }).await;
    let admin = ground.admin();
    let events: Vec<_> = (1..=7).map(|number| queued(&ground, ground.support, number)).collect();
    happen(&node.db, &events).await;
    let feed = node.feed(&admin, 7).await;
    let cursors: Vec<String> = feed["data"].as_array().unwrap().iter().map(cursor).collect();
    let (mut socket, complete) = node.resume(&admin, &cursors[1]).await;
    assert!(complete, "five can be replayed");
    for expected in 3..=7 {
        assert_eq!(number(&socket.work().await), expected);
    }
    let (mut socket, complete) = node.resume(&admin, &cursors[0]).await;
    assert!(!complete, "six cannot");
    let resync = socket.work().await;
    assert_eq!((&resync["event"], &resync["data"]["reason"]), (&json!("system.resync"), &json!("too_many")));
    happen(&node.db, &[queued(&ground, ground.support, 8)]).await;
    assert_eq!(number(&socket.work().await), 8, "and then it is live");
}

async fn a_cursor_of_somebody_else_is_a_resync(ground: Ground) {
    let node = Node::start(&ground).await;
    for foreign in ["f1-7fffffffffff-7fffffffffff", "nonsense"] {
        let (mut socket, complete) = node.resume(&ground.admin(), foreign).await;
        assert!(!complete);
        assert_eq!(socket.work().await["event"], "system.resync");
    }
}

/// Enough to fill what the kernel buffers between two sockets.
fn big(ground: &Ground, number: usize) -> patchbay_core::event::NewEvent {
    let mut event = queued(ground, ground.support, number);
    event.payload = json!({ "number": number, "filler": "x".repeat(60_000) }).to_string();
    event
}

async fn a_slow_socket_is_told_about_the_gap(ground: Ground) {
    let node = Node::start_with(&ground, Config { queue_frames: 8, ..Config::default() }).await;
    let admin = ground.admin();
    let mut socket = node.connect(&admin).await;
    for number in 0..300 {
        happen(&node.db, &[big(&ground, number)]).await;
    }
    let (mut last, mut expected) = (Value::Null, 0);
    let resync = loop {
        let frame = socket.work().await;
        if frame["event"] == "system.resync" {
            break frame;
        }
        assert_eq!(number(&frame), expected, "no silent gap");
        expected += 1;
        last = frame;
    };
    assert!(expected < 300, "something was dropped");
    let (_, feed) = node.get(&admin, &format!("/api/v1/events?limit=100&after={}", cursor(&last))).await;
    assert_eq!(number(&feed["data"][0]), expected, "the gap can be read from the feed");
    happen(&node.db, &[queued(&ground, ground.support, 1000)]).await;
    let after = loop {
        let frame = socket.work().await;
        if frame["event"] != "system.resync" {
            break frame;
        }
    };
    let (_, feed) = node.get(&admin, &format!("/api/v1/events?limit=1&after={}", cursor(&resync))).await;
    assert_eq!(feed["data"][0], after, "what follows the resync follows its cursor");
}

async fn a_socket_that_takes_nothing_is_closed(ground: Ground) {
    // The goodbye waits for as long as a loaded machine needs to write all that this socket does not take.
    let (write_timeout, goodbye_timeout) = (Duration::from_millis(300), Duration::from_mins(2));
    let config = Config { queue_frames: 8, write_timeout, goodbye_timeout, ..Config::default() };
    let node = Node::start_with(&ground, config).await;
    let mut socket = node.connect(&ground.admin()).await;
    for number in 0..300 {
        happen(&node.db, &[big(&ground, number)]).await;
    }
    sleep(Duration::from_millis(800)).await;
    let code = loop {
        if let Heard::Closed(code) = socket.heard().await {
            break code;
        }
    };
    assert_eq!(code, 4408);
}
