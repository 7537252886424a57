//! Redis goes away and comes back: delay, never loss.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use patchbay_core::notice::Notice;
use patchbay_core::role::Role;
use patchbay_realtime::Bus;
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::ground::{Ground, Kind};
use crate::node::{Node, hints_only};
use crate::nodes::until_linked;
use crate::story::{conversation, happen, number, queued};

/// A Redis of this test alone, to be killed.
struct Redis {
    port: u16,
    process: Option<Child>,
}

impl Redis {
    /// `None` when this machine has no Redis.
    fn start() -> Option<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let mut redis = Self { port, process: None };
        redis.run()?;
        Some(redis)
    }

    fn run(&mut self) -> Option<()> {
        let port = self.port.to_string();
        let process = Command::new("redis-server")
            .args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        self.process = Some(process);
        Some(())
    }

    fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_away_delays_and_loses_nothing() {
    let Some(mut redis) = Redis::start() else { return };
    let mut ground = Ground::of(Kind::SqliteAndMemory).await.unwrap();
    ground.bus = Bus::redis(&format!("redis://127.0.0.1:{}", redis.port), "away").unwrap();
    let writer = Node::start_with(&ground, hints_only()).await;
    let polling = Node::start(&ground).await;
    let hinted = Node::start_with(&ground, hints_only()).await;
    until_linked(&writer, &polling).await;
    until_linked(&writer, &hinted).await;
    let admin = ground.admin();
    let (mut polled, mut hinted_socket) = (polling.connect(&admin).await, hinted.connect(&admin).await);

    redis.kill();
    for expected in 1..=5 {
        happen(&writer.db, &[queued(&ground, ground.support, expected)]).await;
        let frame = timeout(Duration::from_secs(2), polled.work()).await.expect("the poll finds it");
        assert_eq!(number(&frame), expected as u64);
    }
    let conversation = conversation(&ground, &writer.db, ground.support).await;
    let ann = ground.user("Ann", Role::SupportAgent, &[ground.support]);
    let mut typist = polling.connect(&ann).await;
    typist.ask(json!({ "type": "typing.start", "id": 1, "conversation_id": conversation })).await;
    assert_eq!(polled.next("agent.typing").await["data"]["active"], true, "what is local goes on");

    redis.run().unwrap();
    for expected in 1..=5 {
        // Nobody hinted at these while Redis was away; that something was missed is heard when it is back.
        assert_eq!(number(&hinted_socket.work().await), expected);
    }
    // Each way needs its own connection back.
    until_linked(&writer, &hinted).await;
    sleep(Duration::from_millis(50)).await;
    happen(&writer.db, &[queued(&ground, ground.support, 6)]).await;
    assert_eq!(number(&loop_past_typing(&mut hinted_socket).await), 6);
    writer.db.signals().announce(Notice::SessionRevoked { session: admin.session });
    assert_eq!(hinted_socket.closed().await, 4401);
}

async fn loop_past_typing(socket: &mut crate::client::Client) -> serde_json::Value {
    loop {
        let frame = socket.work().await;
        if frame["event"] != "agent.typing" {
            return frame;
        }
    }
}
