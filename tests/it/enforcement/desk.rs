//! A desk with an account, a site and a ticket that is ready to be scheduled.

use patchbay_core::ids::RequestId;
use patchbay_tests::settings::token;
use patchbay_tests::{Answer, Caller, Deployment, Plan};
use reqwest::Method;
use serde_json::{Value, json};

/// A deployment and what the scenarios begin with.
pub(crate) struct Desk {
    /// Ends when the desk closes.
    _deployment: Deployment,
    pub(crate) dispatcher: Caller,
    account: Value,
    site: Value,
}

impl Desk {
    pub(crate) async fn open(plan: Plan) -> Self {
        let deployment = Deployment::start(plan).await;
        let account = json!({"name": "Northside", "profile": "facility"});
        let account = deployment.admin.post("/api/v1/accounts", account).await.expect(201)["id"].clone();
        let site = json!({"account_id": account, "name": "Depot", "address1": "1 Main St", "city": "Ottawa",
            "country": "CA", "timezone": "America/Toronto"});
        let site = deployment.admin.post("/api/v1/sites", site).await.expect(201)["id"].clone();
        let dispatcher = deployment.admin.with_token(token("dispatcher"));
        Self { _deployment: deployment, dispatcher, account, site }
    }

    /// Gives a command under a key of its own.
    pub(crate) async fn command(&self, path: &str, body: Value) -> Answer {
        let key = RequestId::new().to_string();
        self.repeatable(path, body, &key).await
    }

    /// Gives a command under a key.
    pub(crate) async fn repeatable(&self, path: &str, body: Value, key: &str) -> Answer {
        self.dispatcher.call(Method::POST, path, Some(body), &[("idempotency-key", key)]).await
    }

    /// A ticket in READY_TO_SCHEDULE; the start of its paths.
    pub(crate) async fn ready_ticket(&self) -> String {
        let intake = json!({
            "account_id": self.account, "site_id": self.site, "summary": "The front door does not latch",
            "incident_type": "DOOR_WONT_LATCH", "customer_name": "Ada", "priority": "URGENT",
            "identity_confidence": 95, "classification_confidence": 90, "contact_email": "ada@example.test",
            "sop_handoff_acknowledged": true,
        });
        let ticket = self.command("/tickets/intake", intake).await.expect(201);
        assert_eq!(ticket["state"], "READY_TO_SCHEDULE");
        format!("/tickets/{}", ticket["id"].as_str().expect("a ticket has an id"))
    }
}
