//! Mails that were made to hurt, and mails that are merely large.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use patchbay_tests::hostile_mail::{hostile, mail};
use patchbay_tests::services::free_port;
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{Deployment, Plan, client, smtp};
use serde_json::Value;
use tokio::time::Instant;

use super::receiver::{deliver, receiver};
use super::{conversations, wait_for};

/// The bar is a second in a release build; nothing is optimized here and the machine is shared.
const SOON: Duration = Duration::from_secs(10);
/// The most that a message of 25 MB may take beyond what the node held before. Source: the bars.
const LARGE_MAIL_BYTES: u64 = 100 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_was_made_to_hurt_is_answered_soon_and_kept_whole() {
    let port = free_port();
    let deployment = Deployment::start_with(Plan::Laptop, &receiver(port)).await;
    let admin = &deployment.admin;
    let cases = hostile();
    for (name, more, _) in &cases {
        let raw = mail(name, more);
        let started = Instant::now();
        let codes = deliver(port, &raw).await;
        assert!(smtp::is_accepted(&codes), "{name}: {codes:?}");
        assert!(started.elapsed() < SOON, "{name}: {:?}", started.elapsed());
    }
    wait_for(admin, cases.len()).await;
    let fetch = async |path: String| {
        let url = format!("{}{path}", deployment.nodes[0].base_url());
        client::http().get(url).bearer_auth(admin.token()).send().await.expect("the node answers")
    };
    for conversation in conversations(admin).await {
        let subject = conversation["subject"].as_str().expect("a subject").to_owned();
        let (_, more, code) = cases.iter().find(|case| case.0 == subject).expect("one of the cases");
        let message = deployment.messages(admin, conversation["id"].as_str().expect("an id")).await.remove(0);
        let found = &message["content"]["metadata"]["unsupported"]["code"];
        assert_eq!(found.as_str(), *code, "{subject}: {found}");
        let id = message["message_id"].as_str().expect("an id");
        let raw = fetch(format!("/api/v1/messages/{id}/raw")).await.bytes().await.expect("a mail");
        // Only the end of its last line was put there by the wire.
        assert_eq!(raw.as_ref().trim_ascii_end(), mail(&subject, more).as_bytes().trim_ascii_end(), "{subject}");
        if more.contains("text/html") && code.is_none() {
            let started = Instant::now();
            let page = fetch(format!("/api/v1/messages/{id}/html")).await;
            assert_eq!(page.status(), 200, "{subject}");
            let page = page.text().await.expect("a page");
            assert!(page.len() < 4 << 20, "{subject}: a page of {} bytes", page.len());
            assert!(started.elapsed() < SOON, "{subject}: {:?}", started.elapsed());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_of_25_megabytes_takes_less_than_100_of_memory() {
    let port = free_port();
    let deployment = Deployment::start_with(Plan::Laptop, &receiver(port)).await;
    let (admin, node) = (&deployment.admin, &deployment.nodes[0]);
    assert!(smtp::is_accepted(&deliver(port, &mail("small", "\r\nWarms up what stays.")).await));
    wait_for(admin, 1).await;
    let bytes: Vec<u8> = b"%PDF-1.7".iter().copied().chain((0..=250_u8).cycle().take(18 << 20)).collect();
    let mut encoded = String::with_capacity(26 << 20);
    for line in bytes.chunks(57) {
        STANDARD.encode_string(line, &mut encoded);
        encoded.push_str("\r\n");
    }
    let raw = mail(
        "large",
        &format!(
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nThe plans.\r\n--b\r\n\
             Content-Type: application/pdf; name=plans.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}--b--\r\n"
        ),
    );
    assert!(raw.len() > 24 << 20, "{} bytes", raw.len());
    node.measure_peak();
    let before = node.resident_bytes();
    assert!(smtp::is_accepted(&deliver(port, &raw).await));
    let large = eventually("the large mail is there", PATIENCE, || async {
        conversations(admin).await.into_iter().find(|conversation| conversation["subject"] == "large")
    })
    .await;
    let grown = node.peak_bytes().saturating_sub(before);
    assert!(grown < LARGE_MAIL_BYTES, "{} MB more than before", grown >> 20);
    let message = deployment.messages(admin, large["id"].as_str().expect("an id")).await.remove(0);
    let file: &Value = &message["content"]["media"][0];
    assert_eq!((file["size"].as_u64(), file["status"].as_str()), (u64::try_from(bytes.len()).ok(), Some("ready")));
}
