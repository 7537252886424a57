//! Mail servers deliver to our receiver.

use chrono::TimeDelta;
use lettre::address::Envelope;
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use patchbay_core::clock::Clock;
use patchbay_tests::services::free_port;
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{Deployment, Plan, node, smtp};
use sqlx::{Connection as _, SqliteConnection};

use super::certificate::{CERTIFICATE, KEY};
use super::{INBOX, wait_for};

/// Settings of a mailbox that our receiver serves.
pub(super) fn receiver(port: u16) -> String {
    format!("listen_smtp = \"127.0.0.1:{port}\"\n{}", INBOX.replace("\"mailgun\"", "\"smtp\""))
}

/// A mail to support from Dana: the codes of the answers.
pub(super) async fn deliver(port: u16, mail: &str) -> Vec<String> {
    smtp::deliver(port, "dana@client.test", &["support@ours.test"], mail).await.expect("the receiver listens")
}

/// Every file under a folder that holds `word`.
fn files_with(folder: &std::path::Path, word: &str) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_with(&path, word));
        } else if std::fs::read(&path).is_ok_and(|bytes| bytes.windows(word.len()).any(|part| part == word.as_bytes()))
        {
            found.push(path);
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_of_the_receiver_comes_back_from_the_journal_and_is_forgotten_with_its_writer() {
    let port = free_port();
    let more = format!("{}\n[journal]\nkey = \"{}\"\n", receiver(port), "ab".repeat(32));
    let deployment = Deployment::start_with(Plan::Laptop, &more).await;
    let admin = &deployment.admin;
    let headers =
        "From: Dana <dana@client.test>\r\nTo: support@ours.test\r\nContent-Type: text/html\r\nSubject: Garden";
    let mine = format!("{headers}\r\nMessage-ID: <quince@client.test>\r\n\r\n<p>A word about quinces</p>");
    assert!(smtp::is_accepted(&deliver(port, &mine).await));
    let conversation = wait_for(admin, 1).await.remove(0);
    let objects = deployment.folder(0).to_owned();
    let kept = |word: &str| -> usize {
        files_with(&objects, word)
            .iter()
            .filter(|path| path.components().any(|part| part.as_os_str() == "media"))
            .count()
    };
    assert_eq!(kept("quinces"), 2, "its raw form and its page");

    // Lost, and replayed with the envelope it had.
    let mut connection = SqliteConnection::connect(deployment.database().url()).await.expect("SQLite opens");
    for statement in ["delete from message_keys", "delete from messages"] {
        sqlx::query(statement).execute(&mut connection).await.expect("it is lost");
    }
    let now = Clock::system().now();
    let (from, to) = ((now - TimeDelta::hours(1)).to_rfc3339(), (now + TimeDelta::hours(1)).to_rfc3339());
    let output = node::run(deployment.folder(0), &["journal", "replay", "--from", &from, "--to", &to]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("1 requests replayed, 1 taken, 1 new messages"), "{said}");
    // What it began is gone too: it begins anew.
    let anew = wait_for(admin, 2).await.remove(1);
    let messages = deployment.messages(admin, anew["id"].as_str().expect("an id")).await;
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert_eq!(messages[0]["content"]["text"], "A word about quinces");

    // Somebody else writes too; forgetting Dana leaves that alone.
    let other = mine.replace("dana@client.test>\r\nTo", "omar@client.test>\r\nTo").replace("quince", "medlar");
    deliver(port, &other).await;
    wait_for(admin, 3).await;
    let contact = conversation["contact"]["id"].as_str().expect("an id");
    admin.post(&format!("/api/v1/contacts/{contact}/erase"), serde_json::json!({})).await.expect(200);
    let requests = async || -> i64 {
        let mut connection = SqliteConnection::connect(deployment.database().url()).await.expect("SQLite opens");
        sqlx::query_scalar("select coalesce(sum(entries), 0) from journal_segments")
            .fetch_one(&mut connection)
            .await
            .expect("a count")
    };
    eventually("nothing of it is left", PATIENCE, || async {
        (kept("quinces") == 0 && requests().await == 1).then_some(())
    })
    .await;
    assert_eq!(kept("medlars"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_delivers_to_our_receiver() {
    let port = free_port();
    let deployment = Deployment::start_with(Plan::Laptop, &receiver(port)).await;
    let mail = "From: Dana <dana@client.test>\r\nTo: support@ours.test\r\nSubject: By SMTP\r\nMessage-ID: <s1@client.test>\r\n\r\nHello.";
    let both = ["nobody@ours.test", "support@ours.test"];
    let codes = smtp::deliver(port, "dana@client.test", &both, mail).await.expect("the receiver listens");
    assert_eq!(codes, ["220", "250", "250", "550", "250", "354", "250", "221"]);
    let conversation = wait_for(&deployment.admin, 1).await.remove(0);
    assert_eq!(conversation["subject"], "By SMTP");
}

/// A connection that has said hello in the clear, and what may be believed after STARTTLS.
async fn hello(port: u16, trusted: &str) -> (AsyncSmtpConnection, TlsParameters, ClientId) {
    let us = ClientId::Domain("mx.client.test".to_owned());
    let connection = eventually("the receiver listens", PATIENCE, || async {
        AsyncSmtpConnection::connect_tokio1(("127.0.0.1", port), Some(PATIENCE), &us, None, None).await.ok()
    })
    .await;
    let certificate = Certificate::from_pem(trusted.as_bytes()).expect("a certificate");
    let tls = TlsParameters::builder("mx.ours.test".to_owned())
        .certificate_store(CertificateStore::None)
        .add_root_certificate(certificate)
        .build_rustls()
        .expect("TLS");
    (connection, tls, us)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_delivers_after_starttls_and_what_was_said_before_counts_for_nothing() {
    let port = free_port();
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (certificate, key) = (folder.path().join("mx.pem"), folder.path().join("mx.key"));
    std::fs::write(&certificate, CERTIFICATE).expect("the certificate can be written");
    std::fs::write(&key, KEY).expect("the key can be written");
    // A table stands behind everything at the top level.
    let more = format!(
        "{}\n[smtp]\nhostname = \"mx.ours.test\"\ncertificate = \"{}\"\nkey = \"{}\"\n",
        receiver(port),
        certificate.display(),
        key.display()
    );
    let deployment = Deployment::start_with(Plan::Laptop, &more).await;
    let (mut connection, tls, us) = hello(port, CERTIFICATE).await;
    assert!(connection.can_starttls() && !connection.is_encrypted());
    connection.starttls(tls, &us).await.expect("the handshake succeeds");
    assert!(connection.is_encrypted() && !connection.can_starttls(), "it is offered once");
    let address = |text: &str| text.parse().expect("an address");
    let envelope =
        Envelope::new(Some(address("dana@client.test")), vec![address("support@ours.test")]).expect("an envelope");
    let mail = "From: Dana <dana@client.test>\r\nTo: support@ours.test\r\nSubject: In secret\r\n\
                Message-ID: <tls1@client.test>\r\n\r\nHello.\r\n.\r\n..";
    assert!(connection.send(&envelope, mail.as_bytes()).await.expect("an answer").is_positive());
    let conversation = wait_for(&deployment.admin, 1).await.remove(0);
    assert_eq!(conversation["subject"], "In secret");
    let id = conversation["id"].as_str().expect("an id");
    let message = deployment.messages(&deployment.admin, id).await.remove(0);
    assert_eq!(message["content"]["text"], "Hello.\n.\n..");

    // Words that came in the clear together with STARTTLS are not taken as if they were secret. Source: RFC 3207, 6.
    let injected = smtp::say(port, "EHLO mx.client.test\r\nSTARTTLS\r\nMAIL FROM:<mallory@client.test>\r\n").await;
    assert!(!injected.contains("\r\n250 2.1.0"), "{injected}");
    // Somebody else's certificate ends it before a word of the mail.
    let (mut connection, _, us) = hello(port, CERTIFICATE).await;
    let tls = TlsParameters::new("mx.elsewhere.test".to_owned()).expect("TLS");
    assert!(connection.starttls(tls, &us).await.is_err());
}
