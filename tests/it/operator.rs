//! What an operator runs at the machine: the binary's own commands beside a server that runs.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use patchbay_core::channel::Channel;
use patchbay_core::ids::RecordId;
use patchbay_simulator::{Faults, Provider};
use patchbay_tests::deployment::CUSTOMER;
use patchbay_tests::services::{free_port, signal};
use patchbay_tests::settings::{ACCOUNT_SID, AUTH_TOKEN, SMS_ADDRESS};
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{Caller, Deployment, Plan, both_databases, client, node};
use serde_json::{Value, json};

both_databases! {
    dead_letters_are_listed_shown_replayed_once_and_discarded;
}

/// Runs the binary on the settings of the first node: its exit code and what it printed.
fn patchbay(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = node::run(folder, arguments);
    let printed = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(printed).expect("it prints text"))
}

async fn dead_letters_are_listed_shown_replayed_once_and_discarded(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let folder = deployment.folder(0);
    assert_eq!(patchbay(folder, &["dlq", "list"]), (Some(0), String::new()));

    let ann = deployment.sign_in("Ann", "support_agent").await;
    deployment.hear(CUSTOMER, Channel::Sms, "Hello").await;
    let conversation = deployment.conversation(&ann, CUSTOMER, Channel::Sms).await;
    let id = conversation["id"].as_str().expect("an id");
    ann.post(&format!("/api/v1/conversations/{id}/take"), json!({})).await.expect(200);
    // Taken, then reported failed for a reason that waiting does not mend.
    let faults = Faults { fail_messages: 1, fail_code: 63_041, ..Faults::default() };
    deployment.phones.set_faults(Provider::Twilio, faults);
    let reply = json!({ "client_message_id": RecordId::new().0, "content": { "type": "text", "text": "Hello Dana" } });
    ann.post(&format!("/api/v1/conversations/{id}/messages"), reply).await.expect(201);
    await_reply(&deployment, &ann, id, "failed").await;

    let listed = eventually("the dead letter is listed", PATIENCE, || async {
        let (code, listed) = patchbay(folder, &["dlq", "list"]);
        assert_eq!(code, Some(0), "{listed}");
        Some(listed).filter(|listed| !listed.is_empty())
    })
    .await;
    assert_eq!(listed.lines().count(), 1, "{listed}");
    let letter = listed.split_whitespace().next().expect("a line begins with the id");
    let (code, shown) = patchbay(folder, &["dlq", "show", letter]);
    assert_eq!(code, Some(0), "{shown}");
    let shown: Value = serde_json::from_str(&shown).expect("it is JSON");
    assert_eq!((&shown["id"], &shown["status"]), (&json!(letter), &json!("open")), "{shown}");

    let (code, replayed) = patchbay(folder, &["dlq", "replay", letter]);
    assert_eq!((code, replayed.trim()), (Some(0), format!("{letter} replayed").as_str()));
    let (code, again) = patchbay(folder, &["dlq", "replay", letter]);
    assert_eq!(code, Some(0), "{again}");
    assert!(again.contains("nothing was done"), "{again}");
    await_reply(&deployment, &ann, id, "delivered").await;
    assert_eq!(deployment.phones.sent_count(Provider::Twilio), 2, "the failed try and the replayed one");
    let (_, discarded) = patchbay(folder, &["dlq", "discard", letter, "--reason", "too late"]);
    assert!(discarded.contains("nothing was done"), "{discarded}");

    let nobody = RecordId::new().0.to_string();
    let (code, missing) = patchbay(folder, &["dlq", "replay", &nobody]);
    assert_eq!(code, Some(1), "{missing}");
    assert!(missing.contains("no such dead letter"), "{missing}");
    let (code, unclear) = patchbay(folder, &["dlq", "replay"]);
    assert_eq!(code, Some(2), "{unclear}");
}

/// Until the reply of the conversation has got there.
async fn await_reply(deployment: &Deployment, agent: &Caller, conversation: &str, status: &str) {
    eventually("the reply got there", PATIENCE, || async {
        let messages = deployment.messages(agent, conversation).await;
        messages.into_iter().find(|message| message["direction"] == "outbound" && message["status"] == status)
    })
    .await;
}

#[tokio::test]
async fn simulated_providers_run_by_themselves_check_who_asks_and_end_when_they_are_told() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let listen = format!("127.0.0.1:{}", free_port());
    let mut providers = Command::new(node::binary())
        .args(["simulate", "providers", "--listen", &listen])
        .current_dir(deployment.folder(0))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let mut first = String::new();
    let mut printed = BufReader::new(providers.stdout.take().expect("it is piped"));
    printed.read_line(&mut first).expect("it prints where it answers");
    assert_eq!(first.trim(), format!("the providers answer on http://{listen}"));

    let url = format!("http://{listen}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json");
    let send = |token: &'static str| {
        let form = [("To", CUSTOMER), ("From", SMS_ADDRESS), ("Body", "Hello")];
        client::http().post(&url).basic_auth(ACCOUNT_SID, Some(token)).form(&form).send()
    };
    assert_eq!(send("somebody else's").await.expect("an answer").status(), 401);
    assert_eq!(send(AUTH_TOKEN).await.expect("an answer").status(), 201);

    signal(&providers, "TERM");
    let ended = eventually("it ends", Duration::from_secs(20), || {
        std::future::ready(providers.try_wait().expect("its state can be asked"))
    })
    .await;
    assert_eq!(ended.code(), Some(0));
}
