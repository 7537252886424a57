//! A chat site, its visitors, and their calls.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{Caller, Deployment, Plan};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// The page that may talk to the site.
pub(super) const PAGE: &str = "https://www.example.test";
/// Proves who a user is.
pub(super) const SECRET: &str = "an-identity-secret-of-tests";
/// Name of the inbox.
pub(super) const INBOX: &str = "website";

/// A deployment with a chat site.
pub(super) struct Site {
    pub(super) deployment: Deployment,
    pub(super) agent: Caller,
}

impl Site {
    pub(super) async fn open(plan: Plan) -> Self {
        let deployment = Deployment::start(plan).await;
        let inbox = json!({
            "name": INBOX, "channel": "chat", "team": "support", "identity_mode": "hmac",
            "identity_secrets": [SECRET], "require_identity": false, "allowed_origins": [PAGE], "max_text_chars": 200,
        });
        deployment.admin.post("/api/v1/inboxes", inbox).await.expect(201);
        let agent = deployment.sign_in("Agnes", "support_agent").await;
        let site = Self { deployment, agent };
        for node in 0..site.deployment.nodes.len() {
            eventually("the node serves the site", PATIENCE, || async {
                let answer = site.visitor(node).call("sessions", json!({})).await;
                (answer.status() == 201).then_some(())
            })
            .await;
        }
        site
    }

    /// Somebody whose calls go to a node.
    pub(super) fn visitor(&self, node: usize) -> Visitor {
        let base = self.deployment.nodes[node].base_url().to_owned();
        Visitor { client: patchbay_tests::client::http(), base, id: String::new(), token: String::new() }
    }

    /// The conversation of an address, taken by the agent.
    pub(super) async fn taken(&self, address: &str) -> String {
        let conversation = self.conversation(address).await;
        let id = conversation["id"].as_str().expect("a conversation has an id").to_owned();
        self.agent.post(&format!("/api/v1/conversations/{id}/take"), json!({})).await.expect(200);
        id
    }

    /// The conversation of an address.
    pub(super) async fn conversation(&self, address: &str) -> Value {
        eventually("the conversation is listed", PATIENCE, || async {
            let list = self.deployment.admin.get("/api/v1/conversations?channel=chat&limit=100").await.expect(200);
            list["data"].as_array()?.iter().find(|one| one["contact"]["address"] == address).cloned()
        })
        .await
    }

    /// The agent answers.
    pub(super) async fn answer(&self, conversation: &str, text: &str) -> Value {
        let body = json!({ "content": { "type": "text", "text": text }, "client_message_id": new_id() });
        self.agent.post(&format!("/api/v1/conversations/{conversation}/messages"), body).await.expect(201)
    }
}

/// An id like the ones that pages make.
pub(super) fn new_id() -> String {
    patchbay_core::ids::MessageId::new().to_string()
}

/// The proof that a site's server makes.
pub(super) fn proof(user: &str) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).expect("any key will do");
    mac.update(user.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// A visitor's page.
pub(super) struct Visitor {
    client: Client,
    base: String,
    pub(super) id: String,
    pub(super) token: String,
}

impl Visitor {
    /// Begins or goes on with a session, as `user` when given.
    pub(super) async fn come(&mut self, user: Option<&str>) -> Value {
        let mut asked = json!({});
        if !self.id.is_empty() {
            asked["visitor_id"] = json!(self.id);
        }
        if let Some(user) = user {
            asked["user"] = json!({ "id": user, "name": "Dana Whitfield" });
            asked["identity"] = json!({ "hash": proof(user) });
        }
        self.token = String::new();
        let answer = self.call("sessions", asked).await;
        assert!(answer.status().is_success(), "{}", answer.status());
        let session: Value = answer.json().await.expect("a session is JSON");
        session["visitor_id"].as_str().expect("a visitor has an id").clone_into(&mut self.id);
        session["session_token"].as_str().expect("a session has a token").clone_into(&mut self.token);
        session
    }

    /// The canonical address of an unproven visitor.
    pub(super) fn address(&self) -> String {
        format!("visitor:{}", self.id)
    }

    pub(super) async fn call(&self, path: &str, body: Value) -> Response {
        self.request(Method::POST, path).json(&body).send().await.expect("the node answers")
    }

    pub(super) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let call = self.client.request(method, format!("{}/chat/{INBOX}/{path}", self.base)).header("origin", PAGE);
        if self.token.is_empty() { call } else { call.bearer_auth(&self.token) }
    }

    /// Says something; answers the receipt.
    pub(super) async fn say(&self, text: &str) -> Value {
        self.say_as(&new_id(), text).await
    }

    pub(super) async fn say_as(&self, id: &str, text: &str) -> Value {
        let body = json!({ "client_message_id": id, "visitor_id": self.id, "type": "text", "text": text });
        let answer = self.call("messages", body).await;
        assert_eq!(answer.status(), 202);
        answer.json().await.expect("a receipt is JSON")
    }

    /// Own messages after a sequence.
    pub(super) async fn history(&self, after: i64) -> Vec<Value> {
        let answer = self.request(Method::GET, &format!("messages?after_seq={after}")).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        let body: Value = answer.json().await.expect("a list is JSON");
        body["data"].as_array().expect("a list has data").clone()
    }

    pub(super) async fn socket(&self, query: &str) -> Line {
        let (protocol, origin) = (format!("patchbay.chat.v1, ticket.{}", self.token), PAGE);
        self.try_socket(query, Some(&protocol), Some(origin)).await.expect("the socket opens")
    }

    /// Opens a socket; the status when it is refused.
    pub(super) async fn try_socket(
        &self,
        query: &str,
        protocol: Option<&str>,
        origin: Option<&str>,
    ) -> Result<Line, u16> {
        let address = format!("{}/chat/{INBOX}/ws{query}", self.base.replacen("http", "ws", 1));
        let mut request = address.into_client_request().expect("the address is valid");
        let headers = request.headers_mut();
        if let Some(protocol) = protocol {
            headers.insert("sec-websocket-protocol", HeaderValue::from_str(protocol).expect("visible characters"));
        }
        if let Some(origin) = origin {
            headers.insert("origin", HeaderValue::from_str(origin).expect("visible characters"));
        }
        match connect_async(request).await {
            Ok((stream, _)) => Ok(Line(stream)),
            Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }
}

/// A visitor's socket.
pub(super) struct Line(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Line {
    /// The next frame; `Err` is the close code; `None` when nothing comes.
    pub(super) async fn next(&mut self, patience: Duration) -> Option<Result<Value, u16>> {
        loop {
            return match timeout(patience, self.0.next()).await {
                Err(_) => None,
                Ok(Some(Ok(Message::Text(text)))) => Some(Ok(serde_json::from_str(&text).expect("a frame is JSON"))),
                Ok(Some(Ok(Message::Close(frame)))) => Some(Err(frame.map_or(0, |frame| frame.code.into()))),
                Ok(Some(Ok(_))) => continue,
                Ok(Some(Err(_)) | None) => Some(Err(0)),
            };
        }
    }

    /// The next event of this name; others are passed over.
    pub(super) async fn event(&mut self, name: &str) -> Value {
        loop {
            match self.next(PATIENCE).await {
                Some(Ok(frame)) if frame["event"] == name => return frame,
                Some(Ok(_)) => {}
                other => panic!("no {name}: {other:?}"),
            }
        }
    }

    /// Everything that comes until it is silent for a while.
    pub(super) async fn rest(&mut self, silence: Duration) -> Vec<Value> {
        let mut frames = Vec::new();
        while let Some(Ok(frame)) = self.next(silence).await {
            frames.push(frame);
        }
        frames
    }

    pub(super) async fn send(&mut self, frame: Value) {
        self.0.send(Message::text(frame.to_string())).await.expect("the socket takes the frame");
    }

    /// The code it is closed with.
    pub(super) async fn end(mut self) -> u16 {
        loop {
            match self.next(PATIENCE).await {
                Some(Err(code)) => return code,
                Some(Ok(_)) => {}
                None => panic!("the socket stays open"),
            }
        }
    }
}
