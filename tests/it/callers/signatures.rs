//! Which address, secret and key the signature of a webhook may have been made with.

use patchbay_tests::client::http;
use patchbay_tests::settings::{ACCOUNT_SID, PHONE_NUMBER_ID, SMS_ADDRESS, WHATSAPP_ADDRESS};
use patchbay_tests::webhook::{sign_meta, sign_twilio, sign_twilio_shared, whatsapp_text};

use super::server::Server;

const NEW: &str = "the-new-secret";
const OLD: &str = "the-old-secret";
const FOREIGN: &str = "the-secret-of-somebody-else";
const NEIGHBOR: &str = "the-only-secret-of-another-inbox";
const NEIGHBOR_ID: &str = "106550100000002";
const SHARED: &str = "the-secret-of-a-shared-key";
const PATH: &str = "/webhooks/twilio/sms";
const HUB: &str = "https://hub.example.test";

/// A node with an inbox of each provider that signs, whose secrets are being rotated.
async fn start(settings: &str) -> Server {
    Server::start(&format!(
        r#"{settings}

[[inbox]]
name = "whatsapp-main"
channel = "whatsapp"
phone_number_id = "{PHONE_NUMBER_ID}"
address = "{WHATSAPP_ADDRESS}"
app_secrets = ["{NEW}", "{OLD}"]
verify_token = "a-verify-token"
access_token = "an-access-token"
api_base = "http://127.0.0.1:9/v23.0"

[[inbox]]
name = "whatsapp-second"
channel = "whatsapp"
phone_number_id = "{NEIGHBOR_ID}"
address = "+15550100002"
app_secrets = ["{NEIGHBOR}"]
verify_token = "a-verify-token"
access_token = "an-access-token"
api_base = "http://127.0.0.1:9/v23.0"

[[inbox]]
name = "sms-main"
channel = "sms"
account_sid = "{ACCOUNT_SID}"
auth_tokens = ["{NEW}", "{OLD}"]
shared_keys = {{ key-1 = "{SHARED}" }}
address = "{SMS_ADDRESS}"
api_base = "http://127.0.0.1:9"
"#
    ))
    .await
}

const FORM: [(&str, &str); 5] = [
    ("AccountSid", ACCOUNT_SID),
    ("From", "+15550101001"),
    ("To", SMS_ADDRESS),
    ("Body", "Is anybody there?"),
    ("MessageSid", "SM00000000000000000000000000000001"),
];

/// What the node answers to a text with these headers.
async fn text(server: &Server, headers: &[(&str, &str)]) -> u16 {
    let mut request = http().post(format!("{}{PATH}", server.node.base_url())).form(&FORM);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.expect("the node answers").status().as_u16()
}

fn signed_for(base: &str) -> String {
    sign_twilio(NEW, &format!("{base}{PATH}"), &FORM)
}

/// What a text gets that was signed for the public address and came over a proxy of ours.
async fn over_a_proxy(server: &Server) -> u16 {
    let (signature, host) = (signed_for(HUB), HUB.trim_start_matches("https://"));
    let headers =
        [("x-twilio-signature", signature.as_str()), ("x-forwarded-proto", "https, http"), ("x-forwarded-host", host)];
    text(server, &headers).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_public_address_a_trusted_proxy_says_what_was_signed() {
    let server = start("trust_forwarded_headers = true").await;
    assert_eq!(over_a_proxy(&server).await, 200);
    // Who calls past the proxy is seen as it is.
    assert_eq!(text(&server, &[("x-twilio-signature", &signed_for(server.node.base_url()))]).await, 200);
    assert_eq!(text(&server, &[("x-twilio-signature", &signed_for(HUB))]).await, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_headers_of_a_stranger_are_not_believed() {
    let server = start("").await;
    assert_eq!(over_a_proxy(&server).await, 401);
    assert_eq!(text(&server, &[("x-twilio-signature", &signed_for(server.node.base_url()))]).await, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_configured_address_wins_over_what_a_proxy_says() {
    let server = start(
        "trust_forwarded_headers = true\npublic_url = \"https://main.example.test/\"\n\
         public_url_candidates = [\"https://former.example.test\"]",
    )
    .await;
    assert_eq!(over_a_proxy(&server).await, 401);
    for base in ["https://main.example.test", "https://main.example.test:443", "https://former.example.test"] {
        assert_eq!(text(&server, &[("x-twilio-signature", &signed_for(base))]).await, 200, "{base}");
    }
    assert_eq!(text(&server, &[("x-twilio-signature", &signed_for(server.node.base_url()))]).await, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_secrets_are_rotated_the_old_and_the_new_one_sign() {
    let server = start("").await;
    let base = server.node.base_url().to_owned();
    for (secret, status) in [(NEW, 200), (OLD, 200), (FOREIGN, 401)] {
        let signature = sign_twilio(secret, &format!("{base}{PATH}"), &FORM);
        assert_eq!(text(&server, &[("x-twilio-signature", &signature)]).await, status, "{secret}");
        assert_eq!(notification(&server, PHONE_NUMBER_ID, secret).await, status, "{secret}");
    }
}

/// What the node answers to a notification for a number, signed with a secret.
async fn notification(server: &Server, number: &str, secret: &str) -> u16 {
    let body = whatsapp_text(number, "+15550101001", "Maya", "wamid.1", "Hello", 1_700_000_000).to_string();
    let request = http()
        .post(format!("{}/webhooks/whatsapp", server.node.base_url()))
        .header("x-hub-signature-256", sign_meta(secret, body.as_bytes()));
    request.body(body).send().await.expect("the node answers").status().as_u16()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_is_told_by_its_place_among_those_of_its_inbox() {
    let server = start("").await;
    let url = format!("{}{PATH}", server.node.base_url());
    // The only secret of its inbox is that inbox's newest, wherever it stands among all.
    assert_eq!(notification(&server, NEIGHBOR_ID, NEIGHBOR).await, 200);
    assert_eq!(notification(&server, PHONE_NUMBER_ID, OLD).await, 200);
    assert_eq!(text(&server, &[("x-twilio-signature", &sign_twilio(OLD, &url, &FORM))]).await, 200);
    assert_eq!(notification(&server, NEIGHBOR_ID, OLD).await, 401);
    let metrics = http().get(format!("{}/metrics", server.node.base_url())).header("accept", "text/plain");
    let metrics = metrics.send().await.expect("the node answers").text().await.expect("text");
    let counted = |provider: &str, key: &str| {
        let labels = [format!("provider=\"{provider}\""), format!("key=\"{key}\"")];
        let mut lines = metrics.lines().filter(|line| line.starts_with("ingress_signatures_total{"));
        let line = lines.find(|line| labels.iter().all(|label| line.contains(label.as_str())))?;
        line.rsplit(' ').next().map(str::to_owned)
    };
    for (provider, key, times) in
        [("whatsapp", "first", Some("1")), ("whatsapp", "further", Some("1")), ("twilio", "further", Some("1"))]
    {
        assert_eq!(counted(provider, key).as_deref(), times, "{provider} {key}: {metrics}");
    }
    assert_eq!(counted("twilio", "first"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shared_key_signs_when_it_is_named_and_no_other_then() {
    const SETTINGS: &str = "x-twilio-webhooks-signature-settings";
    let server = start("").await;
    let url = format!("{}{PATH}", server.node.base_url());
    let (sha1, sha256) = (sign_twilio(SHARED, &url, &FORM), sign_twilio_shared(SHARED, &url, &FORM));
    let by_token = sign_twilio(NEW, &url, &FORM);
    for (settings, signature, status) in [
        ("key=key-1,algorithm=HMAC_SHA256", &sha256, 200),
        ("key=key-1,algorithm=HMAC_SHA1", &sha1, 200),
        ("key=key-1,algorithm=HMAC_SHA256", &sha1, 401),
        ("key=key-1,algorithm=HMAC_MD5", &sha256, 401),
        ("key=key-2,algorithm=HMAC_SHA256", &sha256, 401),
        // The auth token is right, and not what the header names.
        ("key=key-1,algorithm=HMAC_SHA1", &by_token, 401),
    ] {
        let headers = [(SETTINGS, settings), ("x-twilio-signature", signature.as_str())];
        assert_eq!(text(&server, &headers).await, status, "{settings}");
    }
    assert_eq!(text(&server, &[("x-twilio-signature", &sha1)]).await, 401);
}
