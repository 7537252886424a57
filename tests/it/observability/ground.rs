//! A node with a place to work at.

use patchbay_core::ids::RequestId;
use patchbay_tests::Caller;
use patchbay_tests::client::Answer;
use patchbay_tests::settings::{JWT_SECRET, token};
use reqwest::Method;
use serde_json::{Value, json};

use crate::callers::server::Server;

/// A running node, people, an account and a site.
pub(super) struct Ground {
    pub(super) server: Server,
    pub(super) dispatcher: Caller,
    account: String,
    site: String,
}

impl Ground {
    /// With these lines of settings, at the top level.
    pub(super) async fn new(settings: &str) -> Self {
        let auth = format!("[auth]\njwt_secret = \"{JWT_SECRET}\"\n[limits]\napi_per_second = 0\n");
        let server = Server::start(&format!("{settings}\n{auth}")).await;
        let admin = server.anonymous.with_token(token("admin"));
        let dispatcher = server.anonymous.with_token(token("dispatcher"));
        let account = json!({"name": "Northside", "profile": "property"});
        let account = id(&admin.post("/api/v1/accounts", account).await.expect(201));
        let site = json!({"account_id": account, "name": "Depot", "address1": "1 Main St", "city": "Ottawa",
            "country": "CA", "timezone": "America/Toronto"});
        let site = id(&admin.post("/api/v1/sites", site).await.expect(201));
        Self { server, dispatcher, account, site }
    }

    /// Records a ticket.
    pub(super) async fn ticket(&self, key: &str, summary: &str) -> Answer {
        let body = json!({"account_id": self.account, "site_id": self.site, "summary": summary});
        self.dispatcher.call(Method::POST, "/tickets", Some(body), &[("idempotency-key", key)]).await
    }

    /// The metrics as JSON.
    pub(super) async fn metrics(&self) -> Value {
        self.server.anonymous.get("/metrics").await.expect(200)
    }

    /// How the alerts stand.
    pub(super) async fn alerts(&self) -> Value {
        self.server.anonymous.get("/ops/alerts").await.expect(200)
    }
}

/// A new idempotency key.
pub(super) fn key() -> String {
    RequestId::new().to_string()
}

/// The id of an answer.
pub(super) fn id(body: &Value) -> String {
    body["id"].as_str().expect("it has an id").to_owned()
}

/// The entry of a list of labeled counts.
pub(super) fn count(list: &Value, labels: &[(&str, &str)]) -> i64 {
    let fits = |entry: &&Value| {
        labels.iter().all(|(name, value)| {
            entry[*name] == *value || value.parse::<i64>().is_ok_and(|number| entry[*name] == number)
        })
    };
    list.as_array().expect("a list").iter().find(fits).map_or(0, |entry| entry["count"].as_i64().expect("a count"))
}
