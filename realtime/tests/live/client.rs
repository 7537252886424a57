//! A client of the socket.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::node::Node;

/// Longer than anything takes that works.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Client {
    ws: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(crate) protocol: Option<String>,
}

/// What comes out of a socket.
#[derive(Debug, PartialEq)]
pub(crate) enum Heard {
    Frame(Value),
    Closed(u16),
}

impl Client {
    /// Connects with the token among the subprotocols.
    pub(crate) async fn open(node: &Node, token: &str, query: &str) -> Self {
        Self::try_open(node, query, &[("sec-websocket-protocol", &format!("patchbay.v1, bearer.{token}"))])
            .await
            .unwrap()
    }

    /// Connects with these headers. The error is the HTTP status of the refusal.
    pub(crate) async fn try_open(node: &Node, query: &str, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let mut request = format!("ws://{}/ws{query}", node.address).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
        }
        match connect_async(request).await {
            Ok((ws, response)) => {
                let protocol = response.headers().get("sec-websocket-protocol");
                Ok(Self { ws, protocol: protocol.map(|value| value.to_str().unwrap().to_owned()) })
            }
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// The first frame.
    pub(crate) async fn hello(&mut self) -> Value {
        let hello = self.frame().await;
        assert_eq!(hello["event"], "hello");
        hello
    }

    /// The next frame or the close code.
    pub(crate) async fn heard(&mut self) -> Heard {
        timeout(PATIENCE, async {
            loop {
                match self.ws.next().await {
                    Some(Ok(Message::Text(text))) => return Heard::Frame(serde_json::from_str(&text).unwrap()),
                    Some(Ok(Message::Close(frame))) => {
                        return Heard::Closed(frame.map_or(1005, |frame| frame.code.into()));
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return Heard::Closed(1006),
                }
            }
        })
        .await
        .expect("something comes in time")
    }

    /// The next frame of any kind.
    pub(crate) async fn frame(&mut self) -> Value {
        match self.heard().await {
            Heard::Frame(frame) => frame,
            Heard::Closed(code) => panic!("closed with {code}"),
        }
    }

    /// The next frame that is not about presence, queues or one's own rights.
    pub(crate) async fn work(&mut self) -> Value {
        loop {
            let frame = self.frame().await;
            let passes = ["agent.presence", "queue.updated", "rights.changed"];
            if !passes.iter().any(|event| frame["event"] == *event) {
                return frame;
            }
        }
    }

    /// The next frame of this event; others are passed over.
    pub(crate) async fn next(&mut self, event: &str) -> Value {
        loop {
            let frame = self.frame().await;
            if frame["event"] == event {
                return frame;
            }
        }
    }

    /// The code that the socket is closed with; frames before it are passed over.
    pub(crate) async fn closed(&mut self) -> u16 {
        loop {
            if let Heard::Closed(code) = self.heard().await {
                return code;
            }
        }
    }

    pub(crate) async fn say(&mut self, frame: Value) {
        self.ws.send(Message::text(frame.to_string())).await.unwrap();
    }

    pub(crate) async fn say_text(&mut self, text: &str) {
        self.ws.send(Message::text(text)).await.unwrap();
    }

    /// Says something and waits for the reply to it.
    pub(crate) async fn ask(&mut self, frame: Value) -> Value {
        let id = frame["id"].clone();
        assert!(!id.is_null(), "only a frame with an id can be answered for certain");
        self.say(frame).await;
        loop {
            let reply = self.frame().await;
            if reply["id"] == id {
                return reply;
            }
        }
    }

    /// Makes sure that nothing about work is on its way: everything said before the pong has come.
    pub(crate) async fn hears_nothing(&mut self) {
        self.say(serde_json::json!({ "type": "ping", "id": "quiet" })).await;
        let frame = self.work().await;
        assert_eq!(frame["id"], "quiet", "{frame}");
    }

    pub(crate) async fn leave(mut self) {
        let _ = self.ws.close(None).await;
    }
}
