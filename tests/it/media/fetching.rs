//! Files that customers send.

use patchbay_core::channel::Channel;
use patchbay_simulator::{Faults, Provider};
use patchbay_tests::deployment::{CUSTOMER, OTHER_CUSTOMER};
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{Deployment, Plan, Socket, both_databases};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{PIXEL, at_work, attached, fetched, file_at, header};

both_databases! {
    a_picture_of_a_customer_is_fetched_shown_live_and_served_safely;
    a_dead_address_and_a_provider_in_trouble_only_cost_time;
    what_is_too_large_is_not_kept_and_says_so;
    the_same_file_is_kept_once;
}

async fn a_picture_of_a_customer_is_fetched_shown_live_and_served_safely(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    for (customer, channel) in [(CUSTOMER, Channel::Whatsapp), (OTHER_CUSTOMER, Channel::Sms)] {
        let name = if channel == Channel::Sms { "Bob" } else { "Ann" };
        let agent = deployment.sign_in(name, "support_agent").await;
        let mut socket = Socket::open(&agent, None).await;
        deployment.phones.say_with(&attached(customer, channel, "image/png", PIXEL)).expect("the phone can write");
        let received = socket.await_event("message.received").await;
        assert_eq!(received["data"]["message"]["content"]["type"], "image");
        let told =
            socket.await_frame(|frame| frame["data"]["message"]["content"]["media"][0]["status"] == "ready").await;
        assert_eq!(told["event"], "message.status");
        let message = &told["data"]["message"];
        let file = &message["content"]["media"][0];
        assert_eq!(file["sha256_hex"], hex::encode(Sha256::digest(PIXEL)));
        assert_eq!((&file["mime_type"], &file["size"]), (&json!("image/png"), &json!(PIXEL.len())));
        let url = message["content"]["media_url"].as_str().expect("an address");
        assert_eq!(file["url"], url);

        let whole = fetched(&agent, url, &[]).await;
        assert_eq!((whole.status().as_u16(), header(&whole, "content-type")), (200, "image/png"));
        assert!(header(&whole, "content-disposition").starts_with("inline"));
        assert_eq!(header(&whole, "x-content-type-options"), "nosniff");
        assert!(header(&whole, "content-security-policy").contains("sandbox"));
        assert_eq!(header(&whole, "accept-ranges"), "bytes");
        let tag = header(&whole, "etag").to_owned();
        assert_eq!(whole.bytes().await.expect("the file"), PIXEL);
        let part = fetched(&agent, url, &[("range", "bytes=1-3")]).await;
        assert_eq!(part.status().as_u16(), 206);
        assert_eq!(header(&part, "content-range"), format!("bytes 1-3/{}", PIXEL.len()));
        assert_eq!(part.bytes().await.expect("the part"), &b"PNG"[..]);
        assert_eq!(fetched(&agent, url, &[("range", "bytes=9999-")]).await.status().as_u16(), 416);
        assert_eq!(fetched(&agent, url, &[("if-none-match", tag.as_str())]).await.status().as_u16(), 304);
        let thumbnail = file["thumbnail_url"].as_str().expect("a picture has a thumbnail");
        for _ in 0..2 {
            let small = fetched(&agent, thumbnail, &[]).await;
            assert_eq!((small.status().as_u16(), header(&small, "content-type")), (200, "image/jpeg"));
            assert!(small.bytes().await.expect("the thumbnail").starts_with(b"\xff\xd8\xff"));
        }
        let stranger = deployment.admin.with_token(patchbay_tests::settings::token("technician"));
        assert_eq!(fetched(&stranger, url, &[]).await.status().as_u16(), 403);
    }
}

async fn a_dead_address_and_a_provider_in_trouble_only_cost_time(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let (ann, conversation) = at_work(&deployment, CUSTOMER, Channel::Whatsapp).await;
    // The address dies before it is used: the description is asked for anew at once.
    deployment.phones.set_faults(Provider::Meta, Faults { dead_links: 1, ..Faults::default() });
    deployment.phones.say_with(&attached(CUSTOMER, Channel::Whatsapp, "image/png", PIXEL)).expect("the phone writes");
    file_at(&deployment, &ann, &conversation, "ready").await;
    // The provider is in trouble, then the addresses are dead twice: later tries get the file.
    let faults = Faults { media_errors: 1, dead_links: 2, ..Faults::default() };
    deployment.phones.set_faults(Provider::Meta, faults);
    let again = [PIXEL, b"again"].concat();
    deployment.phones.say_with(&attached(CUSTOMER, Channel::Whatsapp, "image/png", again)).expect("the phone writes");
    eventually("the second file is ready", super::WITH_RETRIES, || async {
        let file = file_at(&deployment, &ann, &conversation, "ready").await;
        (file["size"] == PIXEL.len() + 5).then_some(())
    })
    .await;
    assert_eq!(deployment.phones.faults(Provider::Meta).dead_links, 0);
}

async fn what_is_too_large_is_not_kept_and_says_so(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let (ann, conversation) = at_work(&deployment, CUSTOMER, Channel::Whatsapp).await;
    // WhatsApp's own limit for pictures; a fake provider can break it.
    let huge = [PIXEL, &vec![0_u8; 5 << 20]].concat();
    deployment.phones.say_with(&attached(CUSTOMER, Channel::Whatsapp, "image/png", huge)).expect("the phone writes");
    let file = file_at(&deployment, &ann, &conversation, "failed").await;
    assert_eq!(file["failure"], "too_large");
    let path = file["url"].as_str().expect("an address");
    assert_eq!(fetched(&ann, path, &[]).await.status().as_u16(), 404);
    let messages = deployment.messages(&ann, &conversation).await;
    assert_eq!(messages.last().expect("the message arrived")["content"]["text"], "Look");
}

async fn the_same_file_is_kept_once(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let (ann, conversation) = at_work(&deployment, CUSTOMER, Channel::Whatsapp).await;
    for _ in 0..2 {
        deployment.phones.say_with(&attached(CUSTOMER, Channel::Whatsapp, "image/png", PIXEL)).expect("it writes");
    }
    eventually("both files are ready", PATIENCE, || async {
        let messages = deployment.messages(&ann, &conversation).await;
        let ready = messages.iter().filter(|message| message["content"]["media"][0]["status"] == "ready").count();
        (ready == 2).then_some(())
    })
    .await;
    let sum = hex::encode(Sha256::digest(PIXEL));
    let folder = deployment.folder(0).join("data/files/media").join(sum.split_at(2).0);
    let kept: Vec<_> = std::fs::read_dir(folder).expect("the folder is there").collect();
    assert_eq!(kept.len(), 1);
    let unfinished = deployment.folder(0).join("data/files/unfinished");
    assert_eq!(std::fs::read_dir(unfinished).map_or(0, Iterator::count), 0);
}

/// The most that fetching a file of 50 MB may take beyond what the node held before. Source: the bars.
const STREAMING_BYTES: u64 = 30 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_fifty_megabytes_streams_through_in_little_memory() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let (ann, conversation) = at_work(&deployment, CUSTOMER, Channel::Whatsapp).await;
    let node = &deployment.nodes[0];
    // A first file warms up what stays: connections, buffers, caches.
    let small = attached(CUSTOMER, Channel::Whatsapp, "application/pdf", &b"%PDF-1.7 small"[..]);
    deployment.phones.say_with(&small).expect("the phone writes");
    file_at(&deployment, &ann, &conversation, "ready").await;
    let large: Vec<u8> = b"%PDF-1.7".iter().copied().chain((0..=250_u8).cycle().take(50 << 20)).collect();
    let sum = hex::encode(Sha256::digest(&large));
    node.measure_peak();
    let before = node.resident_bytes();
    let large = attached(CUSTOMER, Channel::Whatsapp, "application/pdf", large);
    deployment.phones.say_with(&large).expect("the phone writes");
    let file = eventually("the large file is ready", super::WITH_RETRIES, || async {
        let messages = deployment.messages(&ann, &conversation).await;
        let file = messages.last()?["content"]["media"][0].clone();
        (file["status"] == "ready" && file["size"].as_u64() > Some(1 << 20)).then_some(file)
    })
    .await;
    assert_eq!(file["sha256_hex"], sum);
    // And out again.
    let served = fetched(&ann, file["url"].as_str().expect("an address"), &[]).await;
    assert_eq!(hex::encode(Sha256::digest(served.bytes().await.expect("the file"))), sum);
    let grown = node.peak_bytes().saturating_sub(before);
    assert!(grown < STREAMING_BYTES, "{} MB more than before", grown >> 20);
}
