//! Customers on four channels: what they write, again and again until it is taken, and what they see of ours.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use patchbay_core::channel::Channel;
use patchbay_simulator::{Author, Handle};
use patchbay_tests::deployment::{correspondent, customer};
use patchbay_tests::settings::{ACCOUNT_SID, APP_SECRET, AUTH_TOKEN, MAIL_ADDRESS, PHONE_NUMBER_ID, SMS_ADDRESS};
use patchbay_tests::wait::eventually;
use patchbay_tests::webhook::{sign_meta, sign_twilio, whatsapp_text};
use patchbay_tests::{Deployment, smtp};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::{CHAT_SECRET, PATIENCE, RECOVERY};

/// What is left to be said, shared by all who speak.
#[derive(Clone)]
pub(super) struct Budget(pub(super) Arc<AtomicU64>);

impl Budget {
    pub(super) fn take(&self) -> bool {
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
    }
}

/// A customer, and where they write to.
#[derive(Clone)]
pub(super) struct Writer {
    pub(super) channel: Channel,
    pub(super) number: u32,
    pub(super) base: String,
    pub(super) smtp: u16,
    pub(super) client: reqwest::Client,
}

impl Writer {
    /// As our people see them.
    pub(super) fn address(&self) -> String {
        match self.channel {
            Channel::Email => correspondent(self.number),
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
        let delivered = timeout(PATIENCE, smtp::deliver(self.smtp, &from, &[MAIL_ADDRESS], &mail)).await;
        matches!(delivered, Ok(Ok(codes)) if smtp::is_accepted(&codes))
    }

    fn chat(&self, id: &str, text: &str) -> reqwest::RequestBuilder {
        let mut body = self.proven();
        body["client_message_id"] = json!(id);
        body["type"] = json!("text");
        body["text"] = json!(text);
        self.client.post(format!("{}/chat/chaos-site/messages", self.base)).json(&body)
    }

    /// Who they are on the site, with the proof of it.
    fn proven(&self) -> Value {
        let user = format!("chaos-{}", self.number);
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(CHAT_SECRET.as_bytes()).expect("any key will do");
        mac.update(user.as_bytes());
        json!({
            "visitor_id": format!("page-{}", self.number), "user": { "id": user },
            "identity": { "hash": hex::encode(mac.finalize().into_bytes()) },
        })
    }

    /// Says a first word and waits until it is taken.
    pub(super) async fn begin(&self, deployment: &Deployment) {
        if matches!(self.channel, Channel::Whatsapp | Channel::Sms) {
            // From the phone, so that the provider knows of the open window.
            deployment.hear(&self.address(), self.channel, "Hello").await;
            return;
        }
        let id = self.id(0);
        eventually("the first word is taken", RECOVERY, || async { self.say(&id, "Hello", 0).await.then_some(()) })
            .await;
    }

    /// What of ours this customer sees, first to last.
    pub(super) async fn sees(&self, phones: &Handle) -> Vec<String> {
        let address = self.address();
        match self.channel {
            Channel::Email => {
                let mails = phones.mailbox(&address).into_iter().filter(|mail| mail.from == Author::Business);
                mails.map(|mail| mail.text.trim().to_owned()).collect()
            }
            Channel::Chat => self.page().await,
            _ => {
                let thread = phones.thread(&address, self.channel).into_iter();
                thread.filter(|shown| shown.from == Author::Business).filter_map(|shown| shown.text).collect()
            }
        }
    }

    /// The answers on the page of the site.
    async fn page(&self) -> Vec<String> {
        let site = format!("{}/chat/chaos-site", self.base);
        let session: Value = self
            .client
            .post(format!("{site}/sessions"))
            .json(&self.proven())
            .send()
            .await
            .expect("the node answers")
            .json()
            .await
            .expect("a session is JSON");
        let token = session["session_token"].as_str().expect("a session has a token");
        let mut seen = Vec::new();
        let mut after = 0;
        loop {
            let history = self.client.get(format!("{site}/messages?after_seq={after}")).bearer_auth(token);
            let list: Value = history.send().await.expect("the node answers").json().await.expect("a list is JSON");
            let messages = list["data"].as_array().expect("a list has data").clone();
            let Some(last) = messages.last().and_then(|message| message["seq"].as_i64()) else { return seen };
            after = last;
            let ours = messages.into_iter().filter(|message| message["direction"] == "outbound");
            seen.extend(ours.filter_map(|message| message["content"]["text"].as_str().map(str::to_owned)));
        }
    }

    /// Writes until nothing is left to be said: each message again until it is acknowledged, and now and then once more.
    /// Answers the ids in their order.
    pub(super) async fn write(self, budget: Budget) -> (Self, Vec<String>) {
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
