//! Accepted requests go through the adapters again.

use chrono::TimeDelta;
use patchbay_core::channel::Channel;
use patchbay_core::clock::Clock;
use patchbay_tests::deployment::CUSTOMER;
use patchbay_tests::{Deployment, Plan, node};
use sqlx::{Connection as _, SqliteConnection};

/// Runs `patchbay journal replay` over the last hour and answers what it printed.
fn replay(deployment: &Deployment, more: &[&str]) -> (bool, String) {
    let now = Clock::system().now();
    let (from, to) = ((now - TimeDelta::hours(1)).to_rfc3339(), (now + TimeDelta::hours(1)).to_rfc3339());
    let mut arguments = vec!["journal", "replay", "--from", &from, "--to", &to];
    arguments.extend(more);
    let output = node::run(deployment.folder(0), &arguments);
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_message_comes_back_from_the_journal_and_the_others_stay_one() {
    let key = format!("[journal]\nkey = \"{}\"\n", "ab".repeat(32));
    let deployment = Deployment::start_with(Plan::Laptop, &key).await;
    let admin = &deployment.admin;
    deployment.hear(CUSTOMER, Channel::Sms, "One").await;
    let lost = deployment.hear(CUSTOMER, Channel::Whatsapp, "A word about quinces").await;
    let conversation = deployment.conversation(admin, CUSTOMER, Channel::Whatsapp).await;
    let id = conversation["id"].as_str().expect("an id").to_owned();

    // Nothing that was said stands in the journal in plain.
    let mut connection = SqliteConnection::connect(deployment.database().url()).await.expect("SQLite opens");
    let bodies: Vec<Vec<u8>> =
        sqlx::query_scalar("select body from journal_segments").fetch_all(&mut connection).await.expect("segments");
    assert!(!bodies.is_empty(), "nothing was kept");
    for body in &bodies {
        assert!(!body.windows(7).any(|window| window == b"quinces"), "the journal is not sealed");
    }
    for statement in
        ["delete from message_keys where channel_message_id = $1", "delete from messages where channel_message_id = $1"]
    {
        sqlx::query(statement).bind(&lost).execute(&mut connection).await.expect("it is lost");
    }
    assert!(deployment.messages(admin, &id).await.is_empty());

    let (ok, nothing) = replay(&deployment, &["--inbox", "sms-main"]);
    assert!(ok && nothing.contains("1 requests replayed, 1 taken, 0 new messages"), "{nothing}");
    let (ok, found) = replay(&deployment, &[]);
    assert!(ok && found.contains("2 requests replayed, 2 taken, 1 new messages"), "{found}");
    let (ok, again) = replay(&deployment, &[]);
    assert!(ok && again.contains("0 new messages"), "{again}");
    let messages = deployment.messages(admin, &id).await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["content"]["text"], "A word about quinces");
    let (ok, _) = replay(&deployment, &["--inbox", "nobody"]);
    assert!(!ok);
}
