//! A ticket's question goes to the conversation it was made from.

use chrono::TimeDelta;
use patchbay_core::channel::SenderType;
use patchbay_core::delivery::DeliveryStatus;
use patchbay_core::ids::JobId;
use patchbay_core::job::JobQueue;
use patchbay_dispatch::Call;
use patchbay_store::jobs::{self, ClaimedJob, Lease};
use patchbay_store::{Engine, messages};
use patchbay_test_database::TestDatabase;

use super::*;
use crate::replies::{Said, say};

impl Desk {
    /// A ticket of the conversation.
    async fn ticket(&self) -> TicketId {
        let (admin, agent) = (self.token("admin", "support"), self.token("support_agent", "support"));
        let (account, site) = administers_places(self, &admin, &agent).await;
        let path = format!("/api/v1/conversations/{}/ticket", self.conversation);
        let body = json!({"mode": "create", "account_id": account, "site_id": site, "summary": "The gate is stuck"});
        let (_, made) = self.call(&agent, "POST", &path, &body).await;
        made["ticket"]["id"].as_str().and_then(|id| id.parse().ok()).expect("a ticket")
    }

    /// Asks the requester; what the answer says of the question.
    async fn ask(&self, ticket: TicketId) -> Value {
        let ctx = Ctx::system(self.clock.now(), "test");
        let admin = patchbay_core::actor::Actor { role: patchbay_core::role::Role::Admin, ..ctx.actor.clone() };
        let ctx = Ctx { actor: admin, ..ctx };
        let body = json!({"missing_fields": ["gate_code"], "message": "What is the code of the gate?"});
        let call = Call::internal(Command::RequestInfo, RecordId::new().0, body).on(ticket);
        let reply = self.hub.dispatch.execute(&ctx, call, &mut patchbay_dispatch::Alone).await.expect("asked");
        serde_json::from_str::<Value>(&reply.body).expect("JSON")["question"].clone()
    }

    /// The jobs that are due.
    async fn due(&self) -> Vec<ClaimedJob> {
        let now = self.clock.now() + TimeDelta::seconds(1);
        let lease = Lease { owner: "test", now, until: now };
        let mut tx = self.db.begin().await.expect("begins");
        let jobs = jobs::claim(&mut tx, lease, JobQueue::High, 10).await.expect("claims");
        tx.rollback().await.expect("rolls back");
        jobs
    }

    async fn say(&self, job: JobId, text: &str) -> Result<Said, HubError> {
        let ctx = Ctx::system(self.clock.now(), "test");
        let directory = self.hub.gate.directory.load_full();
        let mut tx = self.db.begin().await.expect("begins");
        let said = say(&mut tx, &ctx, &directory, self.conversation, job.0, text).await?;
        tx.commit().await.expect("commits");
        Ok(said)
    }
}

#[tokio::test]
async fn a_question_is_promised_with_the_command_and_written_once() {
    let desk = Desk::over(TestDatabase::fresh(Engine::Sqlite).await).await;
    let ticket = desk.ticket().await;
    assert_eq!(desk.ask(ticket).await, json!({"status": "queued", "conversation_id": desk.conversation}));
    let jobs = desk.due().await;
    let [job] = jobs.as_slice() else { panic!("one job is due, not {}", jobs.len()) };
    assert_eq!(job.kind, "ask_requester");
    let text = job.payload["text"].as_str().expect("a text");
    assert_eq!(text, "What is the code of the gate?");

    let Said::Now(message) = desk.say(job.id, text).await.expect("written") else { panic!("it is new") };
    assert_eq!(desk.say(job.id, text).await.expect("written"), Said::Before(message));
    let row = messages::by_id(&mut desk.db.read().await.expect("reads"), message).await.expect("reads");
    let row = row.expect("the message");
    assert_eq!((row.sender_type, row.status), (SenderType::System, DeliveryStatus::Pending));
    assert_eq!(row.text.as_deref(), Some(text));
}

#[tokio::test]
async fn nothing_is_promised_to_whom_nothing_can_be_written() {
    let desk = Desk::over(TestDatabase::fresh(Engine::Sqlite).await).await;
    let ticket = desk.ticket().await;
    let mut tx = desk.db.begin().await.expect("begins");
    let mut row = conversations::lock(&mut tx, desk.conversation).await.expect("locks").expect("there");
    row.status = ConversationStatus::Closed;
    conversations::update(&mut tx, std::slice::from_ref(&row)).await.expect("closes");
    tx.commit().await.expect("commits");
    let question = desk.ask(ticket).await;
    assert_eq!((&question["status"], &question["reason"]), (&json!("not_sent"), &json!("conversation_closed")));
    assert!(desk.due().await.is_empty());
    let refused = desk.say(JobId::new(), "Hello?").await.expect_err("closed");
    assert_eq!(ApiError::from(refused).code(), Code::InvalidStateTransition);
}
