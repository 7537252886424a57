//! No message is sent twice, and none is forgotten.

use std::time::Duration;

use patchbay_core::channel::Channel;
use patchbay_core::ids::RecordId;
use patchbay_simulator::{Author, Faults, Provider};
use patchbay_tests::deployment::CUSTOMER;
use patchbay_tests::wait::eventually;
use patchbay_tests::{Caller, Deployment, Plan};
use serde_json::json;
use tokio::time::sleep;

/// Long enough for leases to run out and for unknown messages to be looked for.
const RECOVERY: Duration = Duration::from_mins(2);

async fn taken_conversation(deployment: &Deployment, caller: &Caller, channel: Channel) -> String {
    deployment.hear(CUSTOMER, channel, "Hello").await;
    let conversation = deployment.conversation(caller, CUSTOMER, channel).await;
    let id = conversation["id"].as_str().expect("a conversation has an id").to_owned();
    caller.post(&format!("/api/v1/conversations/{id}/take"), json!({})).await.expect(200);
    id
}

/// Replies until it is acknowledged, with one id, as a client does.
async fn reply(caller: &Caller, conversation_id: &str, text: &str) {
    let body = json!({"content": {"type": "text", "text": text}, "client_message_id": RecordId::new().0});
    let path = format!("/api/v1/conversations/{conversation_id}/messages");
    eventually("the reply is taken", Duration::from_secs(30), || async {
        let answer = caller.try_call(reqwest::Method::POST, &path, Some(body.clone()), &[]).await.ok()?;
        answer.status.is_success().then_some(())
    })
    .await;
}

fn on_phone(deployment: &Deployment, channel: Channel) -> Vec<String> {
    let thread = deployment.phones.thread(CUSTOMER, channel);
    thread.into_iter().filter(|shown| shown.from == Author::Business).filter_map(|shown| shown.text).collect()
}

async fn await_all_once(deployment: &Deployment, channel: Channel, expected: &[String]) {
    eventually("every reply is on the phone", RECOVERY, || async {
        let texts = on_phone(deployment, channel);
        expected.iter().all(|text| texts.contains(text)).then_some(())
    })
    .await;
    assert_eq!(on_phone(deployment, channel), expected, "each once, in order");
}

async fn await_settled(deployment: &Deployment, caller: &Caller, conversation_id: &str) {
    eventually("every reply is delivered", RECOVERY, || async {
        let messages = deployment.messages(caller, conversation_id).await;
        let outbound = messages.iter().filter(|message| message["direction"] == "outbound");
        let settled = ["delivered", "read"];
        outbound
            .map(|message| message["status"].as_str().unwrap_or_default())
            .all(|status| settled.contains(&status))
            .then_some(())
    })
    .await;
}

async fn kill_while_sending(channel: Channel, provider: Provider) {
    let mut deployment = Deployment::start(Plan::Laptop).await;
    let ann = deployment.sign_in("Ann", "support_agent").await;
    let id = taken_conversation(&deployment, &ann, channel).await;
    deployment.phones.set_faults(provider, Faults { delay_ms: 30, ..Faults::default() });
    let mut expected = Vec::new();
    for round in 0..4 {
        for number in 0..5 {
            let text = format!("Line {round}-{number}");
            reply(&ann, &id, &text).await;
            expected.push(text);
        }
        sleep(Duration::from_millis(rand::random_range(0..150))).await;
        deployment.nodes[0].kill();
        deployment.nodes[0].restart().await;
    }
    await_all_once(&deployment, channel, &expected).await;
    await_settled(&deployment, &ann, &id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_sends_each_whatsapp_message_once() {
    kill_while_sending(Channel::Whatsapp, Provider::Meta).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_sends_each_sms_once() {
    kill_while_sending(Channel::Sms, Provider::Twilio).await;
}

async fn time_out_after_acceptance(channel: Channel, provider: Provider) {
    let deployment = Deployment::start(Plan::Laptop).await;
    let ann = deployment.sign_in("Ann", "support_agent").await;
    let id = taken_conversation(&deployment, &ann, channel).await;
    let faults = Faults { timeout_after_accept: 2, hold_ms: 0, server_errors_after_accept: 0, ..Faults::default() };
    deployment.phones.set_faults(provider, faults);
    let expected: Vec<String> = (0..5).map(|number| format!("Line {number}")).collect();
    for text in &expected {
        reply(&ann, &id, text).await;
    }
    await_all_once(&deployment, channel, &expected).await;
    await_settled(&deployment, &ann, &id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whatsapp_time_out_after_acceptance_sends_nothing_twice() {
    time_out_after_acceptance(Channel::Whatsapp, Provider::Meta).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_sms_time_out_after_acceptance_sends_nothing_twice() {
    time_out_after_acceptance(Channel::Sms, Provider::Twilio).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_is_overloaded_gets_each_message_once() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let ann = deployment.sign_in("Ann", "support_agent").await;
    let id = taken_conversation(&deployment, &ann, Channel::Whatsapp).await;
    let faults = Faults { too_many_requests: 1, server_errors: 1, ..Faults::default() };
    deployment.phones.set_faults(Provider::Meta, faults);
    let expected: Vec<String> = (0..3).map(|number| format!("Line {number}")).collect();
    for text in &expected {
        reply(&ann, &id, text).await;
    }
    await_all_once(&deployment, Channel::Whatsapp, &expected).await;
    await_settled(&deployment, &ann, &id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doubled_and_reordered_callbacks_leave_the_highest_state() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let ann = deployment.sign_in("Ann", "support_agent").await;
    let id = taken_conversation(&deployment, &ann, Channel::Whatsapp).await;
    let faults = Faults { duplicate_callbacks: 6, reorder_callbacks: 3, ..Faults::default() };
    deployment.phones.set_faults(Provider::Meta, faults);
    let expected: Vec<String> = (0..3).map(|number| format!("Line {number}")).collect();
    for text in &expected {
        reply(&ann, &id, text).await;
    }
    await_all_once(&deployment, Channel::Whatsapp, &expected).await;
    await_settled(&deployment, &ann, &id).await;
    assert!(deployment.phones.settle(Duration::from_secs(20)).await, "webhooks stay under way");
    await_settled(&deployment, &ann, &id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_away_while_sending_sends_each_message_once() {
    let mut deployment = Deployment::start(Plan::Breakable).await;
    let ann = deployment.sign_in("Ann", "support_agent").await;
    let id = taken_conversation(&deployment, &ann, Channel::Whatsapp).await;
    deployment.phones.set_faults(Provider::Meta, Faults { delay_ms: 50, ..Faults::default() });
    let expected: Vec<String> = (0..8).map(|number| format!("Line {number}")).collect();
    for text in &expected {
        reply(&ann, &id, text).await;
    }
    let postgres = deployment.postgres.as_mut().expect("the plan has its own PostgreSQL");
    postgres.stop();
    sleep(Duration::from_secs(10)).await;
    postgres.start().await;
    await_all_once(&deployment, Channel::Whatsapp, &expected).await;
    await_settled(&deployment, &ann, &id).await;
}
