//! A customer who writes by SMS to the sales team, and an assistant that is bound to the conversation.

use std::time::Duration;

use patchbay_core::channel::Channel;
use patchbay_core::ids::ActorId;
use patchbay_core::secret::Secret;
use patchbay_http::{Claims, TokenKeys, WordList};
use patchbay_tests::client::{Answer, http};
use patchbay_tests::deployment::CUSTOMER;
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{Caller, Deployment, Plan, settings};
use serde_json::{Value, json};

/// Settings that lift the limits.
pub(crate) const UNLIMITED: &str =
    "{ledger}[tool_gateway]\ncalls_per_hour = 0\nflurry_calls = 0\ndenials_per_ten_minutes = 0\n";
/// Settings as they are shipped.
pub(super) const LIMITED: &str = "{ledger}";

pub(crate) struct Desk {
    pub(crate) deployment: Deployment,
    pub(super) conversation: String,
    pub(super) assistant: Caller,
    pub(super) customer: &'static str,
}

impl Desk {
    pub(crate) async fn open(plan: Plan, settings: &str) -> Self {
        let deployment = Deployment::start_with(plan, settings).await;
        let conversation = conversation_of(&deployment, CUSTOMER).await;
        let assistant = bound(&deployment, &conversation);
        Self { deployment, conversation, assistant, customer: CUSTOMER }
    }

    pub(super) fn admin(&self) -> &Caller {
        &self.deployment.admin
    }

    /// A supervisor of the sales team.
    pub(super) fn supervisor(&self) -> Caller {
        let scope = patchbay_core::actor::Scope::All;
        self.admin().with_token(settings::token_for("supervisor", ActorId::new(), &["sales", "support"], scope))
    }

    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Answer {
        call(&self.assistant, tool, arguments).await
    }

    /// Makes a draft of an amount: its id.
    pub(super) async fn drafted(&self, amount: f64) -> String {
        let arguments = json!({"amount": amount, "description": "Brake pads"});
        let made = self.call("create_transaction_draft", arguments).await.expect(200);
        made["draft"]["draft_id"].as_str().expect("an id").to_owned()
    }

    /// The code on the customer's phone, in the question about the newest draft.
    pub(super) async fn code(&self, questions: usize) -> String {
        eventually("the question is on the phone", PATIENCE, || async {
            let thread = self.deployment.phones.thread(self.customer, Channel::Sms);
            let asked: Vec<&str> = thread
                .iter()
                .filter_map(|message| message.text.as_deref())
                .filter(|text| text.contains("CONFIRM-"))
                .collect();
            let text = asked.get(questions.checked_sub(1)?)?;
            let place = text.find("CONFIRM-")?;
            text.get(place..place + 16).map(str::to_owned)
        })
        .await
    }

    pub(super) async fn says(&self, text: &str) {
        self.deployment.hear(self.customer, Channel::Sms, text).await;
    }

    /// Waits until a draft is in a state; people see it there.
    pub(super) async fn awaits(&self, draft: &str, state: &str) -> Value {
        eventually(state, PATIENCE, || async {
            let shown = self.admin().get(&format!("/api/v1/drafts/{draft}")).await.expect(200);
            (shown["state"] == state).then_some(shown)
        })
        .await
    }

    /// A draft that the customer has confirmed: its id and its code.
    pub(super) async fn confirmed(&self, amount: f64) -> (String, String) {
        let draft = self.drafted(amount).await;
        let code = self.code(1).await;
        self.says(&code).await;
        self.awaits(&draft, "CONFIRMED").await;
        (draft, code)
    }

    /// What the transaction system has carried out, and how often it did something.
    pub(super) async fn ledger(&self) -> (usize, u64) {
        let books = self.books().await;
        (books["transactions"].as_array().map_or(0, Vec::len), books["commits"].as_u64().unwrap_or(0))
    }

    /// How often the transaction system was asked to carry something out, repeated calls and all.
    pub(super) async fn asked(&self) -> u64 {
        self.books().await["asked"].as_u64().expect("a count")
    }

    async fn books(&self) -> Value {
        let url = format!("{}/sim/transactions", self.deployment.simulator().ledger_base());
        http().get(url).send().await.expect("an answer").json().await.expect("JSON")
    }

    pub(super) async fn ledger_faults(&self, faults: Value) {
        let url = format!("{}/sim/faults", self.deployment.simulator().ledger_base());
        let answer = http().put(url).json(&faults).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{faults}");
    }
}

/// The sales team's conversation with a customer who has just written.
pub(super) async fn conversation_of(deployment: &Deployment, customer: &str) -> String {
    let admin = &deployment.admin;
    deployment.hear(customer, Channel::Sms, "Hello, I need brake pads").await;
    let found = deployment.conversation(admin, customer, Channel::Sms).await;
    let id = found["id"].as_str().expect("an id").to_owned();
    let transfer = json!({"to_team": "sales", "reason": "they want to buy"});
    admin.post(&format!("/api/v1/conversations/{id}/transfer"), transfer).await.expect(200);
    id
}

/// An assistant whose token is bound to a conversation.
pub(super) fn bound(deployment: &Deployment, conversation: &str) -> Caller {
    bound_as(deployment, conversation, ActorId::new())
}

/// The same for one in particular.
pub(super) fn bound_as(deployment: &Deployment, conversation: &str, subject: ActorId) -> Caller {
    let now = patchbay_core::clock::Clock::system().now().timestamp();
    let claims = Claims {
        sub: subject.to_string(),
        role: "ai".to_owned(),
        exp: now + 3_600,
        iat: Some(now),
        conv: Some(conversation.parse().expect("an id")),
        account_ids: Some(WordList::Text("*".into())),
        site_ids: Some(WordList::Text("*".into())),
        ..Claims::default()
    };
    let keys = TokenKeys::new(&Secret::new(settings::JWT_SECRET.to_owned()), None, None).expect("long enough");
    deployment.admin.with_token(keys.issue(claims).expect("a token"))
}

pub(super) async fn call(caller: &Caller, tool: &str, arguments: Value) -> Answer {
    caller.post(&format!("/tools/{tool}"), json!({"arguments": arguments})).await
}

/// Longest wait for what a dead node left behind.
pub(super) const RECOVERY: Duration = Duration::from_mins(2);
