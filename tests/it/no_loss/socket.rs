//! A socket that reconnects with its cursor sees every event once, whatever went away in between.

use std::time::Duration;

use patchbay_core::channel::Channel;
use patchbay_tests::deployment::CUSTOMER;
use patchbay_tests::wait::eventually;
use patchbay_tests::{Caller, Deployment, Plan, Socket};
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

/// Reads like the console does, reconnecting with its cursor, until it has seen `last`; answers the numbers it saw.
fn watch(caller: Caller, last: u32) -> JoinHandle<Vec<u32>> {
    tokio::spawn(async move {
        let mut seen = Vec::new();
        let mut cursor: Option<String> = None;
        let deadline = Instant::now() + Duration::from_mins(2);
        while Instant::now() < deadline {
            let Ok(mut socket) = Socket::try_open(&caller, cursor.as_deref()).await else {
                sleep(Duration::from_millis(50)).await;
                continue;
            };
            while let Some(Ok(frame)) = socket.next(Duration::from_secs(30)).await {
                assert_ne!(frame["event"], "system.resync", "the feed was not complete");
                if let Some(number) = number_in(&frame) {
                    seen.push(number);
                }
                if seen.contains(&last) {
                    return seen;
                }
            }
            cursor = socket.cursor.clone();
        }
        panic!("the last message did not come; seen: {seen:?}");
    })
}

fn number_in(frame: &Value) -> Option<u32> {
    if frame["event"] != "message.received" {
        return None;
    }
    let text = frame.to_string();
    text.split_once("n=")?.1.split('.').next()?.parse().ok()
}

async fn say(deployment: &Deployment, number: u32) {
    let text = format!("n={number}.");
    deployment.phones.say(CUSTOMER, Channel::Whatsapp, &text).expect("the phone can write");
    sleep(Duration::from_millis(100)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_survives_kills_of_the_server() {
    let mut deployment = Deployment::start(Plan::Laptop).await;
    // The first message gives the socket a cursor to come back with.
    let watching = watch(deployment.admin.clone(), 40);
    sleep(Duration::from_millis(500)).await;
    for number in 1..=40 {
        say(&deployment, number).await;
        if number % 10 == 0 && number < 40 {
            deployment.nodes[0].kill();
            deployment.nodes[0].restart().await;
        }
    }
    let seen = watching.await.expect("the socket saw the end");
    assert_eq!(seen, (1..=40).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_sees_everything_while_redis_is_away() {
    let mut deployment = Deployment::start(Plan::Breakable).await;
    let watching = watch(deployment.admin.clone(), 40);
    sleep(Duration::from_millis(500)).await;
    for number in 1..=40 {
        say(&deployment, number).await;
        match number {
            10 => deployment.redis.as_mut().expect("the plan has its own Redis").stop(),
            // Ten seconds later in all, with the messages in between.
            25 => {
                sleep(Duration::from_secs(9)).await;
                deployment.redis.as_mut().expect("the plan has its own Redis").start().await;
            }
            _ => {}
        }
    }
    let seen = watching.await.expect("the socket saw the end");
    assert_eq!(seen, (1..=40).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_sees_everything_after_postgres_was_away() {
    let mut deployment = Deployment::start(Plan::Breakable).await;
    let watching = watch(deployment.admin.clone(), 30);
    sleep(Duration::from_millis(500)).await;
    for number in 1..=30 {
        say(&deployment, number).await;
        if number == 15 {
            let postgres = deployment.postgres.as_mut().expect("the plan has its own PostgreSQL");
            postgres.stop();
            sleep(Duration::from_secs(5)).await;
            postgres.start().await;
        }
    }
    let seen = watching.await.expect("the socket saw the end");
    let mut once = seen.clone();
    once.sort_unstable();
    assert_eq!(once, (1..=30).collect::<Vec<_>>(), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_redis_does_not_hold_the_server_up() {
    let deployment = Deployment::start(Plan::Breakable).await;
    deployment.redis.as_ref().expect("the plan has its own Redis").freeze();
    let started = Instant::now();
    eventually("messages are taken and listed", Duration::from_secs(20), || async {
        deployment.phones.say(CUSTOMER, Channel::Whatsapp, "Hello").ok()?;
        let list = deployment.admin.get("/api/v1/conversations").await;
        (list.body["data"].as_array().is_some_and(|all| !all.is_empty())).then_some(())
    })
    .await;
    assert!(started.elapsed() < Duration::from_secs(10), "it took {:?}", started.elapsed());
}
