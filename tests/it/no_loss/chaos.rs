//! Everything at once: customers on four channels, agents who answer, the server killed, PostgreSQL and Redis away,
//! providers that fail, at random. Nothing is lost, nothing doubled, no order within a conversation violated.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use patchbay_core::channel::Channel;
use patchbay_core::ids::RecordId;
use patchbay_simulator::{Author, Faults, Provider};
use patchbay_tests::deployment::customer;
use patchbay_tests::services::free_port;
use patchbay_tests::settings::{ACCOUNT_SID, APP_SECRET, AUTH_TOKEN, PHONE_NUMBER_ID, SMS_ADDRESS};
use patchbay_tests::wait::eventually;
use patchbay_tests::webhook::{sign_meta, sign_twilio, whatsapp_text};
use patchbay_tests::{Caller, Deployment, Plan, client, smtp};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// How many customers write on each channel.
const CUSTOMERS: u32 = 3;
const CHANNELS: [Channel; 4] = [Channel::Whatsapp, Channel::Sms, Channel::Email, Channel::Chat];
/// Events of a run; up to 10,000 by `CHAOS_EVENTS`.
const EVENTS: u64 = 200;
/// Conversations that agents answer: one for so many events, at least two.
const EVENTS_AN_ANSWERED: u64 = 500;
/// Conversations of one agent.
const HELD: u32 = 4;
/// Most answers to one customer: above 45 within minutes, WhatsApp makes them wait. Source: channels reference, 3.8.
const ANSWERS: usize = 40;
/// How long trouble lasts at most.
const TROUBLE: Duration = Duration::from_mins(15);
/// Longest wait for what was spooled or retried to arrive.
const RECOVERY: Duration = Duration::from_mins(3);
/// Longest wait for one request.
const PATIENCE: Duration = Duration::from_secs(10);
/// Proves who a user of the web chat is.
const CHAT_SECRET: &str = "an-identity-secret-of-tests";

/// What is left to be said, shared by all who speak.
#[derive(Clone)]
struct Budget(Arc<AtomicU64>);

impl Budget {
    fn take(&self) -> bool {
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
    }
}

/// A customer, and where they write to.
#[derive(Clone)]
struct Writer {
    channel: Channel,
    number: u32,
    base: String,
    smtp: u16,
    client: reqwest::Client,
}

impl Writer {
    /// As our people see them.
    fn address(&self) -> String {
        match self.channel {
            Channel::Email => format!("c{}@chaos.test", self.number),
            Channel::Chat => format!("user:chaos-{}", self.number),
            _ => customer(self.number),
        }
    }

    /// The id of their message with this number.
    fn id(&self, number: usize) -> String {
        match self.channel {
            Channel::Sms => format!("SMchaos.{}.{number:05}", self.number),
            Channel::Email => format!("{}.{number}@chaos.test", self.number),
            Channel::Chat => format!("00000000-0000-4000-8000-{:06}{number:06}", self.number),
            _ => format!("wamid.chaos.{}.{number:05}", self.number),
        }
    }

    /// Says something once. `false`: it was not acknowledged.
    async fn say(&self, id: &str, text: &str, at: i64) -> bool {
        let request = match self.channel {
            Channel::Sms => sms(&self.client, &self.base, &self.address(), id, text),
            Channel::Email => return self.send_mail(id, text).await,
            Channel::Chat => self.chat(id, text),
            _ => whatsapp(&self.client, &self.base, &self.address(), id, text, at),
        };
        request.timeout(PATIENCE).send().await.is_ok_and(|answer| answer.status().is_success())
    }

    /// All mails of a customer answer to the first: they are one conversation.
    async fn send_mail(&self, id: &str, text: &str) -> bool {
        let (from, first) = (self.address(), self.id(0));
        let answers = if id == first { String::new() } else { format!("In-Reply-To: <{first}>\r\n") };
        let mail = format!("From: <{from}>\r\nSubject: Chaos\r\nMessage-ID: <{id}>\r\n{answers}\r\n{text}");
        let delivered = timeout(PATIENCE, smtp::deliver(self.smtp, &from, &["chaos@ours.test"], &mail)).await;
        matches!(delivered, Ok(Ok(codes)) if smtp::is_accepted(&codes))
    }

    fn chat(&self, id: &str, text: &str) -> reqwest::RequestBuilder {
        let user = format!("chaos-{}", self.number);
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(CHAT_SECRET.as_bytes()).expect("any key will do");
        mac.update(user.as_bytes());
        let body = json!({
            "client_message_id": id, "visitor_id": format!("page-{}", self.number), "user": { "id": user },
            "identity": { "hash": hex::encode(mac.finalize().into_bytes()) }, "type": "text", "text": text,
        });
        self.client.post(format!("{}/chat/chaos-site/messages", self.base)).json(&body)
    }

    /// Writes until nothing is left to be said: each message again until it is acknowledged, and now and then once more.
    /// Answers the ids in their order.
    async fn write(self, budget: Budget) -> (Self, Vec<String>) {
        let at = patchbay_core::clock::Clock::system().now().timestamp();
        let mut acknowledged = Vec::new();
        while budget.take() {
            let id = self.id(acknowledged.len());
            let text = format!("n={}.", acknowledged.len());
            let mut times = if rand::random_range(0..10) == 0 { 2 } else { 1 };
            while times > 0 {
                if self.say(&id, &text, at).await {
                    times -= 1;
                } else {
                    sleep(Duration::from_millis(20)).await;
                }
            }
            acknowledged.push(id);
        }
        (self, acknowledged)
    }
}

fn whatsapp(
    client: &reqwest::Client,
    base: &str,
    from: &str,
    id: &str,
    text: &str,
    at: i64,
) -> reqwest::RequestBuilder {
    let body = whatsapp_text(PHONE_NUMBER_ID, from, "Maya", id, text, at).to_string();
    let signature = sign_meta(APP_SECRET, body.as_bytes());
    client.post(format!("{base}/webhooks/whatsapp")).header("x-hub-signature-256", signature).body(body)
}

fn sms(client: &reqwest::Client, base: &str, from: &str, id: &str, text: &str) -> reqwest::RequestBuilder {
    let url = format!("{base}/webhooks/twilio/sms");
    let fields = [
        ("AccountSid", ACCOUNT_SID),
        ("Body", text),
        ("From", from),
        ("MessageSid", id),
        ("NumMedia", "0"),
        ("To", SMS_ADDRESS),
    ];
    let signature = sign_twilio(AUTH_TOKEN, &url, &fields);
    client.post(url).header("x-twilio-signature", signature).form(&fields)
}

/// An agent answers a conversation until nothing is left to be said. Answers the texts in their order.
async fn answer(caller: Caller, conversation: String, budget: Budget) -> Vec<String> {
    let path = format!("/api/v1/conversations/{conversation}/messages");
    let mut said = Vec::new();
    while said.len() < ANSWERS && budget.take() {
        let text = format!("a={}.", said.len());
        let body = json!({"content": {"type": "text", "text": text}, "client_message_id": RecordId::new().0});
        loop {
            match caller.try_call(reqwest::Method::POST, &path, Some(body.clone()), &[]).await {
                Ok(taken) if taken.status.is_success() => break,
                _ => sleep(Duration::from_millis(50)).await,
            }
        }
        said.push(text);
        sleep(Duration::from_millis(rand::random_range(0..60))).await;
    }
    said
}

/// One trouble after the other, as long as somebody speaks.
async fn trouble(deployment: &mut Deployment, over: &AtomicBool) {
    let until = Instant::now() + TROUBLE;
    while !over.load(Ordering::SeqCst) && Instant::now() < until {
        sleep(Duration::from_millis(rand::random_range(200..900))).await;
        match rand::random_range(0..6) {
            0 | 1 => {
                deployment.nodes[0].kill();
                deployment.nodes[0].restart().await;
            }
            2 => {
                let postgres = deployment.postgres.as_mut().expect("the plan has its own PostgreSQL");
                postgres.stop();
                sleep(Duration::from_millis(rand::random_range(100..1_500))).await;
                postgres.start().await;
            }
            3 => {
                let redis = deployment.redis.as_mut().expect("the plan has its own Redis");
                redis.stop();
                sleep(Duration::from_millis(rand::random_range(100..1_000))).await;
                redis.start().await;
            }
            4 => {
                let faults = Faults { too_many_requests: 1, server_errors: 1, ..Faults::default() };
                deployment.phones.set_faults(Provider::Meta, faults);
            }
            _ => {
                let faults = Faults { timeout_after_accept: 1, duplicate_callbacks: 2, ..Faults::default() };
                deployment.phones.set_faults(Provider::Twilio, faults);
            }
        }
    }
}

fn texts(messages: &[Value]) -> Vec<String> {
    messages.iter().map(|message| message["content"]["text"].as_str().unwrap_or_default().to_owned()).collect()
}

/// A mailbox that our receiver serves, and a site with a chat.
fn places(smtp: u16) -> String {
    format!(
        "listen_smtp = \"127.0.0.1:{smtp}\"\n[[inbox]]\nname = \"chaos-mail\"\nchannel = \"email\"\nteam = \"support\"\n\
         address = \"chaos@ours.test\"\ninbound = \"smtp\"\ndkim = \"off\"\n[[inbox]]\nname = \"chaos-site\"\n\
         channel = \"chat\"\nteam = \"support\"\nidentity_mode = \"hmac\"\nidentity_secrets = [\"{CHAT_SECRET}\"]\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chaos_loses_nothing_doubles_nothing_and_keeps_every_order() {
    let smtp = free_port();
    let mut deployment = Deployment::start_with(Plan::Breakable, &places(smtp)).await;
    let admin = deployment.admin.clone();
    let events = std::env::var("CHAOS_EVENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(EVENTS).min(10_000);
    let answered = u32::try_from(events / EVENTS_AN_ANSWERED).unwrap_or(u32::MAX).max(2);
    let mut desk = deployment.sign_in("Ann", "support_agent").await;
    let mut conversations = BTreeMap::new();
    for number in 0..answered {
        // An agent holds so many at once and no more.
        if number > 0 && number % HELD == 0 {
            desk = deployment.sign_in(&format!("Ann{number}"), "support_agent").await;
        }
        let channel = if number % 2 == 0 { Channel::Whatsapp } else { Channel::Sms };
        let sender = CUSTOMERS + number;
        deployment.hear(&customer(sender), channel, "Hello").await;
        let conversation = deployment.conversation(&desk, &customer(sender), channel).await;
        let id = conversation["id"].as_str().expect("an id").to_owned();
        desk.post(&format!("/api/v1/conversations/{id}/take"), json!({})).await.expect(200);
        conversations.insert((channel, sender), (id, desk.clone()));
    }
    let budget = Budget(Arc::new(AtomicU64::new(events)));
    let base = deployment.nodes[0].base_url().to_owned();
    let (mut writers, mut agents) = (JoinSet::new(), JoinSet::new());
    for number in 0..CUSTOMERS {
        for channel in CHANNELS {
            let writer = Writer { channel, number, base: base.clone(), smtp, client: client::http() };
            writers.spawn(writer.write(budget.clone()));
        }
    }
    for (place, (id, agent)) in &conversations {
        let (place, speaking) = (*place, answer(agent.clone(), id.clone(), budget.clone()));
        agents.spawn(async move { (place, speaking.await) });
    }
    let over = Arc::new(AtomicBool::new(false));
    let done = Arc::clone(&over);
    let speaking = tokio::spawn(async move {
        let (heard, said) = (writers.join_all().await, agents.join_all().await);
        done.store(true, Ordering::SeqCst);
        (heard, said)
    });
    trouble(&mut deployment, &over).await;
    let (heard, said) = speaking.await.expect("everybody finishes");
    for provider in [Provider::Meta, Provider::Twilio] {
        deployment.phones.set_faults(provider, Faults::default());
    }

    for (writer, ids) in heard.iter().filter(|(_, ids)| !ids.is_empty()) {
        let (channel, address) = (writer.channel, writer.address());
        let conversation = eventually("everything acknowledged is stored", RECOVERY, || async {
            let found = find(&admin, channel, &address).await?;
            let stored = found["last_seq"].as_u64().and_then(|seq| usize::try_from(seq).ok());
            (stored >= Some(ids.len())).then_some(found)
        })
        .await;
        let messages = deployment.messages(&admin, conversation["id"].as_str().expect("an id")).await;
        let stored: Vec<&str> =
            messages.iter().map(|message| message["channel_message_id"].as_str().expect("an id")).collect();
        assert_eq!(stored, *ids, "{channel} {address}: each once, in the order they were acknowledged");
        let places: BTreeSet<i64> = messages.iter().filter_map(|message| message["seq"].as_i64()).collect();
        assert_eq!(places.len(), messages.len());
        assert_eq!(places.last().copied(), i64::try_from(messages.len()).ok(), "no gap");
    }
    for ((channel, sender), expected) in said {
        let (conversation, _) = &conversations[&(channel, sender)];
        // A message that was given up says so; every other one is on the phone.
        let settled = eventually("every answer is settled", RECOVERY, || async {
            let messages = deployment.messages(&admin, conversation).await;
            let outbound: Vec<Value> =
                messages.into_iter().filter(|message| message["direction"] == "outbound").collect();
            let under_way = ["pending", "sending", "unknown"];
            let is_under_way = |message: &Value| under_way.iter().any(|status| message["status"] == *status);
            (!outbound.iter().any(is_under_way)).then_some(outbound)
        })
        .await;
        assert_eq!(texts(&settled), expected, "{channel}: each answer is stored once, in order");
        let delivered: Vec<Value> = settled.into_iter().filter(|message| message["status"] != "failed").collect();
        let thread = deployment.phones.thread(&customer(sender), channel);
        let shown: Vec<String> =
            thread.into_iter().filter(|shown| shown.from == Author::Business).filter_map(|shown| shown.text).collect();
        let mut once = shown.clone();
        once.dedup();
        assert_eq!(once, shown, "{channel}: an answer came twice");
        let sent = texts(&delivered);
        let mut places = shown.iter();
        let in_order = sent.iter().all(|text| places.any(|shown| shown == text));
        assert!(in_order, "{channel}: {sent:?} are not all on the phone in their order: {shown:?}");
    }
}

/// The one conversation of somebody on a channel.
async fn find(caller: &Caller, channel: Channel, address: &str) -> Option<Value> {
    let list = caller.get(&format!("/api/v1/conversations?channel={channel}&limit=100")).await.expect(200);
    let mut found = list["data"].as_array()?.iter().filter(|one| one["contact"]["address"] == address);
    let conversation = found.next()?.clone();
    assert!(found.next().is_none(), "{channel} {address}: one conversation became two");
    Some(conversation)
}
