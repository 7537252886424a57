//! Everybody who takes part in a scenario, and the one story they take part in.

use std::collections::BTreeMap;

use patchbay_core::actor::Scope;
use patchbay_core::ids::{AccountId, ActorId, AuditId, RecordId};
use patchbay_store::audit;
use patchbay_tests::settings::token_for;
use patchbay_tests::{Answer, Caller, Deployment, Plan};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

/// One command that was carried out, as it went over the wire.
pub(super) struct Given {
    role: &'static str,
    method: Method,
    path: String,
    key: String,
    body: Value,
    answer: Answer,
}

/// A deployment with one account, one site, one service and one technician, and a caller for each role.
pub(super) struct Cast {
    pub(super) deployment: Deployment,
    callers: BTreeMap<&'static str, Caller>,
    correlation: String,
    pub(super) account: String,
    pub(super) site: String,
    pub(super) service: String,
    pub(super) technician: String,
    /// What was carried out, in order.
    pub(super) story: Vec<Given>,
}

fn id(value: &Value) -> String {
    value["id"].as_str().expect("it has an id").to_owned()
}

pub(super) fn fresh() -> Uuid {
    RecordId::new().0
}

impl Cast {
    pub(super) async fn gather(plan: Plan) -> Self {
        let deployment = Deployment::start(plan).await;
        let admin = &deployment.admin;
        let account = json!({"name": "Northside Facilities", "profile": "facility", "currency": "CAD"});
        let account = id(&admin.post("/api/v1/accounts", account).await.expect(201));
        let zone = json!({"name": "Montreal center", "centroid_lat": 45.5, "centroid_lon": -73.57});
        let zone = id(&admin.post("/api/v1/zones", zone).await.expect(201));
        let site = json!({
            "account_id": account, "name": "North gate", "address1": "1 Main Street", "city": "Montreal", "region": "QC",
            "country": "CA", "timezone": "America/Toronto", "zone_id": zone,
            "bill_to": {"name": "Northside", "address1": "2 Bank Street", "city": "Montreal", "country": "CA"},
        });
        let site = id(&admin.post("/api/v1/sites", site).await.expect(201));
        let service = json!({
            "code": "SECURE-ENTRY", "name": "Secure an entry", "base_price_cents": 20_000, "currency": "CAD",
            "skill_key": "DOORS",
        });
        let service = id(&admin.post("/api/v1/services", service).await.expect(201));
        let technician = json!({"name": "Tess", "skills": ["DEFAULT", "DOORS"], "zones": [zone]});
        let technician = id(&admin.post("/api/v1/technicians", technician).await.expect(201));
        let roles = [
            "dispatcher", "supervisor", "approver", "qa", "finance", "auditor", "support_agent", "customer", "ai_agent",
        ];
        let mut callers: BTreeMap<_, _> = roles
            .into_iter()
            .map(|role| (role, admin.with_token(token_for(role, ActorId(fresh()), &[], Scope::All))))
            .collect();
        callers.insert("admin", admin.clone());
        let performer = ActorId(technician.parse().expect("a UUID"));
        callers.insert("technician", admin.with_token(token_for("technician", performer, &[], Scope::All)));
        let correlation = format!("scenario-{}", fresh());
        Self { callers, correlation, account, site, service, technician, story: Vec::new(), deployment }
    }

    pub(super) fn caller(&self, role: &str) -> &Caller {
        self.callers.get(role).unwrap_or_else(|| panic!("nobody is a {role}"))
    }

    /// Gives a command under a new key.
    pub(super) async fn give(&mut self, role: &'static str, method: Method, path: &str, body: Value) -> Answer {
        let key = fresh().to_string();
        self.send(role, method, path, &key, body).await
    }

    pub(super) async fn send(&self, role: &str, method: Method, path: &str, key: &str, body: Value) -> Answer {
        let headers = [("idempotency-key", key), ("x-correlation-id", self.correlation.as_str())];
        self.caller(role).call(method, path, Some(body), &headers).await
    }

    /// Gives a command that is carried out, and remembers it. Returns the ticket it answers.
    pub(super) async fn tell(
        &mut self,
        role: &'static str,
        method: Method,
        path: &str,
        body: Value,
        status: u16,
    ) -> Value {
        let key = fresh().to_string();
        let answer = self.send(role, method.clone(), path, &key, body.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.body);
        let seen = answer.body.clone();
        self.story.push(Given { role, method, path: path.to_owned(), key, body, answer });
        seen
    }

    pub(super) async fn read(&self, path: &str) -> Value {
        self.caller("admin").get(path).await.expect(200)
    }

    /// Everything that is told about a ticket: itself, its story, its evidence, its invoice, and its events.
    pub(super) async fn everything(&self, ticket: &str) -> Vec<Value> {
        let mut seen = Vec::new();
        for part in ["", "/timeline", "/evidence", "/invoice"] {
            seen.push(self.read(&format!("/tickets/{ticket}{part}")).await);
        }
        seen
    }

    /// Sends every command of the story again: each is answered as before, and says so.
    pub(super) async fn repeat_the_story(&self) {
        for given in &self.story {
            let Given { role, method, path, key, body, answer } = given;
            let again = self.send(role, method.clone(), path, key, body.clone()).await;
            assert_eq!((again.status, &again.body), (answer.status, &answer.body), "{path}");
            let replayed = again.headers.get("idempotency-replayed").and_then(|value| value.to_str().ok());
            assert_eq!(replayed, Some("true"), "{path}");
        }
    }

    /// What the audit log has about the account's tickets: tool and, for refusals, code; all under the one correlation id.
    pub(super) async fn audited(&self) -> Vec<(String, Option<String>)> {
        let db = self.deployment.database().open().await;
        let mut tx = db.read().await.expect("reads");
        let account = AccountId(self.account.parse().expect("a UUID"));
        let rows = audit::of_account(&mut tx, Some(account), AuditId(Uuid::nil()), 1_000).await.expect("reads");
        let entries = rows.into_iter().map(|row| row.entry).filter(|entry| entry.ticket_id.is_some());
        entries
            .map(|entry| {
                assert_eq!(entry.correlation_id, self.correlation);
                (entry.tool_name, entry.error_code)
            })
            .collect()
    }

    /// Checks the timeline of a ticket: one entry for each command of the story, steps that chain, and one correlation
    /// id. Returns the tools.
    pub(super) fn check_timeline(&self, timeline: &Value) -> Vec<String> {
        let events = timeline["events"].as_array().expect("a timeline has events");
        assert_eq!(events.len(), self.story.len(), "one entry for each command");
        for (event, version) in events.iter().zip(1..) {
            assert_eq!((&event["outcome"], &event["ticket_version"]), (&json!("success"), &json!(version)), "{event}");
            assert_eq!(event["correlation_id"], self.correlation.as_str());
        }
        let steps_of = |event: &Value| event["transitions"].as_array().cloned().unwrap_or_default();
        let steps: Vec<Value> = events.iter().flat_map(steps_of).collect();
        assert_eq!(steps[0]["from_state"], Value::Null);
        for (step, seq) in steps.iter().zip(1..) {
            assert_eq!(step["seq"], seq);
        }
        for pair in steps.windows(2) {
            assert_eq!(pair[1]["from_state"], pair[0]["to_state"]);
        }
        for event in events {
            let steps = steps_of(event);
            if let (Some(first), Some(last)) = (steps.first(), steps.last()) {
                assert_eq!((&first["from_state"], &last["to_state"]), (&event["before_state"], &event["after_state"]));
            }
        }
        events.iter().filter_map(|event| event["tool_name"].as_str()).map(str::to_owned).collect()
    }
}
