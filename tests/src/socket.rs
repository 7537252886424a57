//! A client of `/ws`.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::client::Caller;
use crate::wait::PATIENCE;

/// An open socket that has said hello.
#[derive(Debug)]
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The `data` of the hello.
    pub hello: Value,
    /// Cursor of the last event that had one.
    pub cursor: Option<String>,
}

/// Why a socket ended.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// The server closed it with this code.
    Closed(u16),
    /// The connection broke.
    Broken,
}

impl Socket {
    /// Opens a socket with the caller's token, after `cursor` when there is one.
    ///
    /// Panics when it is refused.
    pub async fn open(caller: &Caller, cursor: Option<&str>) -> Self {
        Self::try_open(caller, cursor).await.expect("the socket opens")
    }

    /// Opens a socket; an error when it is refused or the node is away.
    pub async fn try_open(caller: &Caller, cursor: Option<&str>) -> Result<Self, Box<Error>> {
        let after = cursor.map_or_else(String::new, |cursor| format!("?after={cursor}"));
        let mut request = format!("{}/ws{after}", caller.base_url().replacen("http", "ws", 1))
            .into_client_request()
            .expect("the address is valid");
        let protocols = format!("patchbay.v1, bearer.{}", caller.token());
        request.headers_mut().insert(
            "sec-websocket-protocol",
            HeaderValue::from_str(&protocols).expect("a token is made of visible characters"),
        );
        let (stream, _answer) = connect_async(request).await.map_err(Box::new)?;
        let mut socket = Self { stream, hello: Value::Null, cursor: cursor.map(str::to_owned) };
        let first = match socket.next(PATIENCE).await {
            Some(Ok(first)) => first,
            Some(Err(_)) => return Err(Box::new(Error::ConnectionClosed)),
            None => panic!("the socket did not say hello"),
        };
        assert_eq!(first["event"], "hello", "{first}");
        socket.hello = first["data"].clone();
        Ok(socket)
    }

    /// The next frame; `None` when nothing comes within `patience`.
    pub async fn next(&mut self, patience: Duration) -> Option<Result<Value, End>> {
        loop {
            return match timeout(patience, self.stream.next()).await {
                Err(_) => None,
                Ok(Some(Ok(Message::Text(text)))) => {
                    let frame: Value = serde_json::from_str(&text).expect("a frame is JSON");
                    if let Some(cursor) = frame["cursor"].as_str() {
                        self.cursor = Some(cursor.to_owned());
                    }
                    Some(Ok(frame))
                }
                Ok(Some(Ok(Message::Close(frame)))) => {
                    Some(Err(frame.map_or(End::Broken, |frame| End::Closed(frame.code.into()))))
                }
                Ok(Some(Ok(_))) => continue,
                Ok(Some(Err(_)) | None) => Some(Err(End::Broken)),
            };
        }
    }

    /// The next event of this name; others are passed over.
    ///
    /// Panics when the socket ends or nothing comes.
    pub async fn await_event(&mut self, name: &str) -> Value {
        self.await_frame(|frame| frame["event"] == name).await
    }

    /// The next frame that `wanted` accepts; others are passed over.
    ///
    /// Panics when the socket ends or nothing comes.
    pub async fn await_frame(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut seen = Vec::new();
        loop {
            match self.next(PATIENCE).await {
                Some(Ok(frame)) if wanted(&frame) => return frame,
                Some(Ok(frame)) => seen.push(frame["event"].to_string()),
                other => panic!("the frame did not come ({other:?}); seen: {seen:?}"),
            }
        }
    }

    /// Sends a client frame.
    pub async fn send(&mut self, frame: &Value) {
        self.stream.send(Message::text(frame.to_string())).await.expect("the socket takes the frame");
    }

    /// How the socket ends; frames before that are dropped.
    ///
    /// Panics when it stays open.
    pub async fn await_end(mut self) -> End {
        loop {
            match self.next(PATIENCE).await {
                Some(Err(end)) => return end,
                Some(Ok(_)) => {}
                None => panic!("the socket stays open"),
            }
        }
    }
}
