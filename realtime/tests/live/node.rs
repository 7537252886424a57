//! One node: a real server on a real port.

use std::time::Duration;

use patchbay_realtime::{Config, Realtime, router};
use patchbay_store::Db;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::client::Client;
use crate::ground::{Ground, Login};

/// One node.
pub(crate) struct Node {
    pub(crate) db: Db,
    pub(crate) address: String,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

/// A poll so rare that what comes in time came by a hint.
pub(crate) fn hints_only() -> Config {
    Config { poll: Duration::from_mins(1), ..Config::default() }
}

impl Node {
    pub(crate) async fn start(ground: &Ground) -> Self {
        Self::start_with(ground, Config::default()).await
    }

    pub(crate) async fn start_with(ground: &Ground, config: Config) -> Self {
        let db = Db::open(ground.database.url(), 8).await.unwrap();
        let stop = CancellationToken::new();
        let link = ground.bus.another_node().link(db.clone(), stop.clone());
        let (realtime, live) = Realtime::start(db.clone(), ground.gate.clone(), config, stop.clone());
        let app = router::<()>(realtime).into_router();
        let app = app.layer(axum::middleware::from_fn(patchbay_http::correlate));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let stopped = stop.clone();
        let server = tokio::spawn(async move {
            axum::serve(listener, app).with_graceful_shutdown(stopped.cancelled_owned()).await.unwrap();
        });
        Self { db, address, stop, tasks: vec![link, live, server] }
    }

    /// A socket that said hello already.
    pub(crate) async fn connect(&self, login: &Login) -> Client {
        let mut client = Client::open(self, &login.token, "").await;
        client.hello().await;
        client
    }

    /// A socket that resumes; gives back whether the resume was complete.
    pub(crate) async fn resume(&self, login: &Login, cursor: &str) -> (Client, bool) {
        let mut client = Client::open(self, &login.token, &format!("?after={cursor}")).await;
        let hello = client.hello().await;
        let complete = hello["data"]["resume"]["complete"].as_bool().unwrap();
        (client, complete)
    }

    pub(crate) async fn get(&self, login: &Login, path: &str) -> (u16, Value) {
        let client = reqwest::Client::builder().build().unwrap();
        let response =
            client.get(format!("http://{}{path}", self.address)).bearer_auth(&login.token).send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or(Value::Null))
    }

    /// The feed, once it has `least` events: on PostgreSQL another test's open transaction holds it back for a moment.
    pub(crate) async fn feed(&self, login: &Login, least: usize) -> Value {
        for _ in 0..200 {
            let (status, feed) = self.get(login, "/api/v1/events").await;
            assert_eq!(status, 200, "{feed}");
            if feed["data"].as_array().is_some_and(|events| events.len() >= least) {
                return feed;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("the feed never had {least} events");
    }

    /// Asks the node to stop, without waiting.
    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }

    /// Stops the node and waits until everything it started has ended.
    pub(crate) async fn end(self) {
        self.stop.cancel();
        for task in self.tasks {
            task.await.unwrap();
        }
    }
}
