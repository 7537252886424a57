//! What a provider sees, and what is handed over.

use std::collections::BTreeMap;

use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, StatusCode};
use patchbay_core::channel::Channel;
use patchbay_core::ids::InboxId;
use patchbay_core::inbox::{Inbox, Provider, Twilio, WhatsAppCloud};
use patchbay_core::item::Item;
use patchbay_core::secret::Secret;
use patchbay_normalizer::twilio::Consent;
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use tower::ServiceExt as _;

use super::*;
use crate::delivery::{Accepted, NotDurable, QuarantineReason, SinkFuture};
use crate::memory::MemorySink;

const URL: &str = "https://hub.example.test";

fn whatsapp_inbox(phone_number_id: &str, secrets: &[&str]) -> Inbox {
    inbox(
        Channel::Whatsapp,
        "+15550100001",
        Provider::WhatsAppCloud(WhatsAppCloud {
            phone_number_id: phone_number_id.to_owned(),
            app_secrets: secrets.iter().map(|secret| Secret::new(*secret)).collect(),
            verify_token: Secret::new("token"),
            access_token: Secret::new("access"),
            business_account_id: None,
            api_base: String::new(),
        }),
    )
}

fn twilio_inbox(address: &str, tokens: &[&str]) -> Inbox {
    inbox(
        Channel::Sms,
        address,
        Provider::Twilio(Twilio {
            account_sid: "AC1".to_owned(),
            auth_tokens: tokens.iter().map(|token| Secret::new(*token)).collect(),
            shared_keys: BTreeMap::new(),
            api_base: String::new(),
        }),
    )
}

fn inbox(channel: Channel, address: &str, provider: Provider) -> Inbox {
    Inbox {
        id: InboxId::new(),
        name: "test".to_owned(),
        channel,
        team_id: None,
        triage: patchbay_core::inbox::Triage::Direct,
        account_id: None,
        address: address.to_owned(),
        provider,
    }
}

/// A router on a sink, and the clock both go by.
struct System {
    router: Router,
    sink: Arc<MemorySink>,
    clock: Clock,
    ids: Vec<InboxId>,
}

impl System {
    fn new(inboxes: Vec<Inbox>) -> Self {
        Self::with(inboxes, Config { public_url: Some(URL.to_owned()), ..Config::default() })
    }

    fn with(inboxes: Vec<Inbox>, config: Config) -> Self {
        let sink = Arc::new(MemorySink::default());
        let clock = Clock::manual(DateTime::from_timestamp(1_772_719_200, 0).unwrap());
        let ids = inboxes.iter().map(|inbox| inbox.id).collect();
        let table = Inboxes::new(inboxes.into_iter().map(Arc::new));
        let ingress = Ingress::new(config, table, clock.clone(), Arc::<MemorySink>::clone(&sink));
        Self { router: router(ingress).into_router(), sink, clock, ids }
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Answer {
        self.send("POST", path, headers, body).await
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Answer {
        let mut request = Request::new(Body::from(body.into()));
        *request.method_mut() = method.parse().unwrap();
        *request.uri_mut() = path.parse().unwrap();
        for (name, value) in headers {
            request.headers_mut().append(name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap());
        }
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        Answer { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    async fn meta(&self, secret: &str, body: &Value) -> Answer {
        self.meta_bytes(secret, body.to_string().into_bytes()).await
    }

    async fn meta_bytes(&self, secret: &str, body: Vec<u8>) -> Answer {
        let signature = sign_meta(secret, &body);
        self.post("/webhooks/whatsapp", &[("x-hub-signature-256", &signature)], body).await
    }

    async fn twilio(&self, token: &str, path: &str, parameters: &[(&str, &str)]) -> Answer {
        let (signature, body) = sign_form(token, &format!("{URL}{path}"), parameters);
        self.post(
            path,
            &[("x-twilio-signature", &signature), ("content-type", "application/x-www-form-urlencoded")],
            body,
        )
        .await
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn code(&self) -> String {
        let envelope: Value = serde_json::from_str(&self.body).unwrap_or_default();
        envelope["error"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

fn sign_meta(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

fn sign_form(token: &str, url: &str, parameters: &[(&str, &str)]) -> (String, String) {
    let mut sorted = parameters.to_vec();
    sorted.sort_unstable();
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).unwrap();
    mac.update(url.as_bytes());
    for (name, value) in sorted {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    let pairs: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{name}={}", value.replace('+', "%2B"))).collect();
    (STANDARD.encode(mac.finalize().into_bytes()), pairs.join("&"))
}

fn change(phone_number_id: &str, id: &str) -> Value {
    json!({"field": "messages", "value": {"metadata": {"phone_number_id": phone_number_id},
        "messages": [{"from": "15550101234", "id": id, "timestamp": "1772719195", "type": "text", "text": {"body": "x"}}]}})
}

fn notification(changes: &[Value]) -> Value {
    json!({"object": "whatsapp_business_account", "entry": [{"id": "215", "changes": changes}]})
}

fn sms<'p>(to: &'p str, body: &'p str) -> Vec<(&'p str, &'p str)> {
    vec![("MessageSid", "SM1"), ("AccountSid", "AC1"), ("From", "+15550101234"), ("To", to), ("Body", body)]
}

fn message_ids(delivery: &Delivery) -> Vec<String> {
    let id = |item: &Item| match item {
        Item::Message(message) => message.channel_message_id.clone(),
        Item::Status(_) | Item::Event(_) => String::new(),
    };
    delivery.items.iter().map(id).collect()
}

#[tokio::test]
async fn each_change_goes_to_the_inbox_of_its_number_in_order() {
    let system = System::new(vec![whatsapp_inbox("1", &["s"]), whatsapp_inbox("2", &["s"])]);
    let body = notification(&[change("1", "a"), change("1", "b"), change("2", "c"), change("1", "d")]);
    assert_eq!(system.meta("s", &body).await.status, StatusCode::OK);
    let deliveries = system.sink.take_deliveries();
    let seen: Vec<_> = deliveries.iter().map(|delivery| (delivery.inbox, message_ids(delivery))).collect();
    let (one, two) = (Some(system.ids[0]), Some(system.ids[1]));
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    assert_eq!(seen, [(one, ids(&["a", "b"])), (two, ids(&["c"])), (one, ids(&["d"]))]);
    assert!(deliveries.iter().all(|delivery| delivery.quarantine.is_none()));
}

#[tokio::test]
async fn a_secret_speaks_only_for_its_own_inbox() {
    let system = System::new(vec![whatsapp_inbox("1", &["s1", "s1-old"]), whatsapp_inbox("2", &["s2"])]);
    let mixed = notification(&[change("1", "a"), change("2", "b")]);
    assert_eq!(system.meta("s1", &mixed).await.status, StatusCode::OK);
    let deliveries = system.sink.take_deliveries();
    assert_eq!(deliveries.len(), 1);
    assert_eq!(message_ids(&deliveries[0]), ["a"]);

    let foreign = system.meta("s1-old", &notification(&[change("2", "b")])).await;
    assert_eq!((foreign.status, foreign.code().as_str()), (StatusCode::UNAUTHORIZED, "WEBHOOK_SIGNATURE_INVALID"));
    assert!(system.sink.take_deliveries().is_empty());

    let numbers = System::new(vec![twilio_inbox("+15550100003", &["t1"]), twilio_inbox("+15550100004", &["t2"])]);
    let answer = numbers.twilio("t1", "/webhooks/twilio/sms", &sms("+15550100004", "x")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(numbers.twilio("t2", "/webhooks/twilio/sms", &sms("+15550100004", "x")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_inbox_without_a_secret_takes_nothing() {
    for secrets in [&[][..], &[""]] {
        let system = System::new(vec![whatsapp_inbox("1", secrets), whatsapp_inbox("2", &["s2"])]);
        for secret in ["", "s2"] {
            let answer = system.meta(secret, &notification(&[change("1", "a")])).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{secret:?}");
        }
        let alone = System::new(vec![whatsapp_inbox("1", secrets)]);
        assert_eq!(alone.meta("", &notification(&[change("1", "a")])).await.status, StatusCode::UNAUTHORIZED);
        let number = System::new(vec![twilio_inbox("+15550100003", secrets)]);
        let answer = number.twilio("", "/webhooks/twilio/sms", &sms("+15550100003", "x")).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        let handshake = "/webhooks/whatsapp?hub.mode=subscribe&hub.verify_token=&hub.challenge=1";
        assert_eq!(alone.send("GET", handshake, &[], "").await.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn an_unknown_number_is_kept_apart_with_its_bytes() {
    let system = System::new(vec![whatsapp_inbox("1", &["s"]), twilio_inbox("+15550100003", &["t"])]);
    let body = notification(&[change("9", "a"), change("1", "b")]);
    assert_eq!(system.meta("s", &body).await.status, StatusCode::OK);
    let deliveries = system.sink.take_deliveries();
    let quarantine = deliveries[0].quarantine.as_ref().unwrap();
    assert_eq!((deliveries[0].inbox, deliveries[0].account.as_deref()), (None, Some("9")));
    assert_eq!(quarantine.reason, QuarantineReason::UnknownAccount);
    assert_eq!(&quarantine.raw[..], body.to_string().as_bytes());
    assert_eq!(message_ids(&deliveries[1]), ["b"]);

    let answer = system.twilio("t", "/webhooks/twilio/sms", &sms("+15550100009", "x")).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "<Response/>"));
    let deliveries = system.sink.take_deliveries();
    assert_eq!(deliveries[0].quarantine.as_ref().unwrap().reason, QuarantineReason::UnknownAccount);
    let kept: Delivery = serde_json::from_str(&serde_json::to_string(&deliveries[0]).unwrap()).unwrap();
    assert_eq!(kept, deliveries[0], "a delivery survives the spool");
}

#[tokio::test]
async fn a_message_that_names_no_number_belongs_to_nobody() {
    let system = System::new(vec![whatsapp_inbox("1", &["s"])]);
    let mut nameless = change("1", "a");
    nameless["value"]["metadata"] = Value::Null;
    let notice = json!({"field": "account_update", "value": {"event": "VERIFIED_ACCOUNT"}});
    assert_eq!(system.meta("s", &notification(&[nameless, notice])).await.status, StatusCode::OK);
    let places: Vec<_> = system.sink.take_deliveries().into_iter().map(|delivery| delivery.inbox).collect();
    assert_eq!(places, [None, Some(system.ids[0])]);
}

#[tokio::test]
async fn broken_json_under_a_valid_signature_is_kept_and_acknowledged() {
    let system = System::new(vec![whatsapp_inbox("1", &["s"])]);
    assert_eq!(system.meta_bytes("s", b"{\"object\":".to_vec()).await.status, StatusCode::OK);
    let deliveries = system.sink.take_deliveries();
    assert_eq!(deliveries[0].inbox, Some(system.ids[0]));
    let quarantine = deliveries[0].quarantine.as_ref().unwrap();
    assert_eq!((quarantine.reason, &quarantine.raw[..]), (QuarantineReason::MalformedPayload, &b"{\"object\":"[..]));
    let unsigned = system.post("/webhooks/whatsapp", &[], "{").await;
    assert_eq!(unsigned.status, StatusCode::UNAUTHORIZED);
    assert!(system.sink.take_deliveries().is_empty());
}

#[tokio::test]
async fn a_refusal_tells_no_digest() {
    let system = System::new(vec![whatsapp_inbox("1", &["s"])]);
    let body = notification(&[change("1", "a")]).to_string().into_bytes();
    let (right, wrong) = (sign_meta("s", &body), sign_meta("other", &body));
    let answer = system.post("/webhooks/whatsapp", &[("x-hub-signature-256", &wrong)], body.clone()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    for secret in [&right, &wrong].map(|header| header.trim_start_matches("sha256=")) {
        assert!(!answer.body.contains(secret));
    }
    let twice = system
        .post("/webhooks/whatsapp", &[("x-hub-signature-256", &right), ("x-hub-signature-256", &right)], body)
        .await;
    assert_eq!(twice.status, StatusCode::UNAUTHORIZED, "two signatures are nobody's");
}

#[tokio::test]
async fn bodies_are_bounded() {
    let system = System::new(vec![whatsapp_inbox("1", &["s"]), twilio_inbox("+15550100003", &["t"])]);
    let large = system.meta_bytes("s", vec![b' '; 3 * 1024 * 1024 + 1]).await;
    assert_eq!((large.status, large.code().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE"));
    let fits = system.meta_bytes("s", vec![b' '; 3 * 1024 * 1024]).await;
    assert_eq!(fits.status, StatusCode::OK);
    let form = system
        .post(
            "/webhooks/twilio/sms",
            &[("content-type", "application/x-www-form-urlencoded")],
            vec![b'a'; 1024 * 1024 + 1],
        )
        .await;
    assert_eq!(form.status, StatusCode::PAYLOAD_TOO_LARGE);
    let declared = system.post("/webhooks/whatsapp", &[("content-length", "99999999")], "").await;
    assert_eq!(declared.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn an_inbox_over_its_rate_is_told_when_to_come_back() {
    let config = Config { webhooks_per_second: 1, public_url: Some(URL.to_owned()), ..Config::default() };
    let system = System::with(vec![whatsapp_inbox("1", &["s"]), whatsapp_inbox("2", &["s"])], config);
    let send = |number: &'static str, id: &'static str| {
        let body = notification(&[change(number, id)]);
        let system = &system;
        async move { system.meta("s", &body).await }
    };
    assert_eq!(send("1", "a").await.status, StatusCode::OK);
    assert_eq!(send("1", "b").await.status, StatusCode::OK);
    let refused = send("1", "c").await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED"));
    assert_eq!(refused.headers["retry-after"], "1");
    assert_eq!(send("2", "d").await.status, StatusCode::OK);
    system.clock.advance(std::time::Duration::from_secs(1));
    assert_eq!(send("1", "c").await.status, StatusCode::OK);
    assert_eq!(system.sink.take_items().len(), 4);
}

/// A sink whose disk is full.
struct Full;

impl Sink for Full {
    fn keep(&self, _: Vec<crate::delivery::KeptFile>) -> SinkFuture<'_, Result<(), NotDurable>> {
        Box::pin(std::future::ready(Err(NotDurable { retry_after_seconds: 7 })))
    }

    fn use_token<'a>(&'a self, _: &'a crate::delivery::Token) -> SinkFuture<'a, crate::delivery::TokenUse> {
        Box::pin(std::future::ready(crate::delivery::TokenUse::First))
    }

    fn conversations(&self) -> SinkFuture<'_, Option<std::collections::HashMap<String, String>>> {
        Box::pin(std::future::ready(None))
    }

    fn accept(&self, _deliveries: Vec<Delivery>) -> SinkFuture<'_, Result<Accepted, NotDurable>> {
        Box::pin(std::future::ready(Err(NotDurable { retry_after_seconds: 7 })))
    }

    fn consent<'a>(&'a self, _: Option<InboxId>, _: Channel, _: &'a str) -> SinkFuture<'a, Consent> {
        Box::pin(std::future::ready(Consent::Given))
    }
}

#[tokio::test]
async fn what_is_not_durable_is_not_acknowledged() {
    let mut system = System::new(vec![]);
    let table = Inboxes::new([Arc::new(whatsapp_inbox("1", &["s"])), Arc::new(twilio_inbox("+15550100003", &["t"]))]);
    let config = Config { public_url: Some(URL.to_owned()), ..Config::default() };
    system.router = router(Ingress::new(config, table, system.clock.clone(), Arc::new(Full))).into_router();
    for answer in [
        system.meta("s", &notification(&[change("1", "a")])).await,
        system.twilio("t", "/webhooks/twilio/sms", &sms("+15550100003", "x")).await,
    ] {
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "NOT_READY"));
        assert_eq!(answer.headers["retry-after"], "7");
    }
    assert_eq!(system.meta("s", &json!({"object": "page"})).await.status, StatusCode::OK, "nothing to keep");
}

#[tokio::test]
async fn a_callback_path_carries_our_message_id() {
    let system = System::new(vec![twilio_inbox("+15550100003", &["t"])]);
    let parameters = [
        ("MessageSid", "SM1"),
        ("MessageStatus", "sent"),
        ("AccountSid", "AC1"),
        ("From", "+15550100003"),
        ("To", "+15550101234"),
    ];
    let answer = system.twilio("t", "/webhooks/twilio/status/0195f3c2-7a10", &parameters).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    let items = system.sink.take_items();
    assert_eq!(json!(items[0])["metadata"]["callback_data"], "0195f3c2-7a10");
    let elsewhere = sign_form("t", &format!("{URL}/webhooks/twilio/status/other"), &parameters).0;
    let headers = [("x-twilio-signature", elsewhere.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let body = sign_form("t", "", &parameters).1;
    assert_eq!(
        system.post("/webhooks/twilio/status/0195f3c2-7a10", &headers, body).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_status_without_our_number_goes_to_an_inbox_of_its_signer() {
    let service = "MG0123456789abcdef0123456789abcdef";
    let system = System::new(vec![twilio_inbox(service, &["t"]), twilio_inbox("+15550100003", &["u"])]);
    let status = [("MessageSid", "SM1"), ("MessageStatus", "sent"), ("AccountSid", "AC1"), ("To", "+15550101234")];
    let by_service = [status.as_slice(), &[("MessagingServiceSid", service)]].concat();
    let path = "/webhooks/twilio/status";
    assert_eq!(system.twilio("t", path, &by_service).await.status, StatusCode::NO_CONTENT);
    assert_eq!(system.sink.take_deliveries()[0].inbox, Some(system.ids[0]));
    // The token is right, and not the service's.
    assert_eq!(system.twilio("u", path, &by_service).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(system.twilio("t", path, &status).await.status, StatusCode::NO_CONTENT);
    let deliveries = system.sink.take_deliveries();
    assert_eq!((deliveries.len(), deliveries[0].inbox), (1, None));
    let reason = deliveries[0].quarantine.as_ref().map(|kept| kept.reason);
    assert_eq!(reason, Some(QuarantineReason::UnknownAccount));
}

#[tokio::test]
async fn yes_means_consent_only_to_who_withdrew_it() {
    let system = System::new(vec![twilio_inbox("+15550100003", &["t"])]);
    let mut kinds = Vec::new();
    for (id, body) in [("SM1", "Yes"), ("SM2", "STOP"), ("SM3", "Yes"), ("SM4", "Yes")] {
        let mut parameters = sms("+15550100003", body);
        parameters[0].1 = id;
        system.twilio("t", "/webhooks/twilio/sms", &parameters).await;
        kinds.push(system.sink.take_items().len());
    }
    assert_eq!(kinds, [1, 2, 2, 1]);
}

#[tokio::test]
async fn an_event_stream_is_proven_by_url_and_hash() {
    let system = System::new(vec![twilio_inbox("+15550100003", &["t"])]);
    let body =
        json!([{"type": "com.twilio.messaging.message.delivered", "data": {"messageSid": "SM1", "accountSid": "AC1",
        "from": "+15550100003", "to": "+15550101234"}}])
        .to_string();
    let path = format!("/webhooks/twilio/status?account=AC1&bodySHA256={}", hex::encode(Sha256::digest(&body)));
    let signature = sign_form("t", &format!("{URL}{path}"), &[]).0;
    let headers = [("x-twilio-signature", signature.as_str()), ("content-type", "application/json")];
    assert_eq!(system.post(&path, &headers, body.clone()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(system.sink.take_deliveries()[0].inbox, Some(system.ids[0]));
    assert_eq!(system.post(&path, &headers, format!("{body} ")).await.status, StatusCode::UNAUTHORIZED);
    let as_form = [("x-twilio-signature", signature.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(
        system.post(&path, &as_form, body).await.status,
        StatusCode::UNAUTHORIZED,
        "a form is signed with its parameters"
    );
}

#[tokio::test]
async fn the_handshake_echoes_only_to_who_knows_the_token() {
    let system = System::new(vec![whatsapp_inbox("1", &["s"])]);
    let ask = |query: &str| {
        let path = format!("/webhooks/whatsapp?{query}");
        let system = &system;
        async move { system.send("GET", &path, &[], "").await }
    };
    let right = ask("hub.mode=subscribe&hub.verify_token=token&hub.challenge=%3Cb%3E+1").await;
    assert_eq!((right.status, right.body.as_str()), (StatusCode::OK, "<b> 1"));
    assert!(right.headers["content-type"].to_str().unwrap().starts_with("text/plain"));
    for query in [
        "hub.mode=subscribe&hub.verify_token=no&hub.challenge=77",
        "hub.mode=x&hub.verify_token=token&hub.challenge=77",
        "hub.mode=subscribe&hub.verify_token=token",
        "",
    ] {
        let wrong = ask(query).await;
        assert_eq!(wrong.status, StatusCode::FORBIDDEN, "{query}");
        assert!(!wrong.body.contains("77"));
    }
}

#[test]
#[cfg(debug_assertions)]
fn every_door_is_in_the_api_document() {
    let document = router(Ingress::new(
        Config::default(),
        Inboxes::new([]),
        Clock::manual(DateTime::default()),
        Arc::new(MemorySink::default()),
    ))
    .into_openapi();
    let paths: Vec<_> = document.paths.paths.keys().map(String::as_str).collect();
    assert_eq!(
        paths,
        [
            "/chat/{inbox}/attachments",
            "/chat/{inbox}/contact",
            "/chat/{inbox}/messages",
            "/chat/{inbox}/read",
            "/chat/{inbox}/satisfaction",
            "/chat/{inbox}/sessions",
            "/chat/{inbox}/ws",
            "/webhooks/email/mailgun",
            "/webhooks/email/mailgun/mime",
            "/webhooks/email/postmark",
            "/webhooks/email/sendgrid",
            "/webhooks/twilio/sms",
            "/webhooks/twilio/status",
            "/webhooks/twilio/status/{message_id}",
            "/webhooks/twilio/voice",
            "/webhooks/twilio/voice/{step}",
            "/webhooks/whatsapp"
        ]
    );
}
