//! Mail servers on real sockets.

use std::collections::BTreeMap;

use patchbay_core::channel::Channel;
use patchbay_core::clock::Clock;
use patchbay_core::ids::InboxId;
use patchbay_core::inbox::{DkimCheck, InboundMail, Inbox, Mailbox, Provider};
use patchbay_core::item::Item;
use patchbay_core::secret::Secret;
use tokio::io::AsyncReadExt;
use tokio::task::JoinHandle;

use super::*;
use crate::config::Config;
use crate::delivery::{Accepted, Delivery, KeptFile, NotDurable, Sink, SinkFuture, Token, TokenUse};
use crate::inboxes::Inboxes;
use crate::mail_auth::{MailAuth, RecordedDns};
use crate::memory::MemorySink;

fn inbox(address: &str) -> Inbox {
    Inbox {
        id: InboxId::new(),
        name: address.to_owned(),
        channel: Channel::Email,
        team_id: None,
        triage: patchbay_core::inbox::Triage::Direct,
        account_id: None,
        address: address.to_owned(),
        provider: Provider::Email(Box::new(Mailbox {
            inbound: Some(InboundMail::Smtp),
            signing_keys: Vec::new(),
            max_age_seconds: 900,
            smtp_url: Secret::new(""),
            reply_domain: "reply.ours.test".to_owned(),
            reply_token_secret: Secret::new("secret"),
            dkim: DkimCheck::Verify,
            signer: None,
        })),
    }
}

/// A receiver on a free port.
struct System {
    address: SocketAddr,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl System {
    async fn start(sink: Arc<dyn Sink>, settings: impl FnOnce(&mut SmtpSettings)) -> Self {
        let inboxes = Inboxes::new(["support@ours.test", "billing@ours.test"].map(|address| Arc::new(inbox(address))));
        let config = Config { webhooks_per_second: 0, ..Config::default() };
        let records = [("client.test", "v=spf1 ip4:127.0.0.1 -all"), ("_dmarc.client.test", "v=DMARC1; p=reject")];
        let mail_auth = MailAuth::of_records(RecordedDns::new(records));
        let ingress = Ingress::with_mail_auth(config, inboxes, Clock::system(), sink, mail_auth);
        let mut smtp = SmtpSettings::new("127.0.0.1:0".parse().unwrap(), "mx.ours.test");
        settings(&mut smtp);
        let listener = SmtpListener::bind(smtp, ingress).await.unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let running = tokio::spawn(listener.run(stop.clone()));
        Self { address, stop, running }
    }

    async fn client(&self) -> Client {
        Client(TcpStream::connect(self.address).await.unwrap())
    }
}

struct Client(TcpStream);

impl Client {
    /// Sends a piece and reads so many replies; answers their codes.
    async fn say(&mut self, text: &str, replies: usize) -> Vec<String> {
        self.0.write_all(text.as_bytes()).await.unwrap();
        let mut codes = Vec::new();
        let mut line = Vec::new();
        while codes.len() < replies {
            let mut byte = [0];
            if self.0.read(&mut byte).await.unwrap() == 0 {
                break;
            }
            line.push(byte[0]);
            if line.ends_with(b"\r\n") {
                if line.get(3) == Some(&b' ') {
                    codes.push(String::from_utf8_lossy(&line[..3]).into_owned());
                }
                line.clear();
            }
        }
        codes
    }
}

const MAIL: &str = "From: Dana <dana@client.test>\r\nTo: support@ours.test\r\nSubject: Heater\r\nMessage-ID: <m1@client.test>\r\n\r\nIt is off.\r\n..dot\r\n.\r\n";

#[tokio::test]
async fn a_mail_is_kept_for_each_of_our_mailboxes() {
    let sink = Arc::new(MemorySink::default());
    let system = System::start(Arc::<MemorySink>::clone(&sink), |_| {}).await;
    let mut client = system.client().await;
    assert_eq!(client.say("EHLO client.test\r\n", 2).await, ["220", "250"]);
    // Several commands in one packet.
    let group = "MAIL FROM:<dana@client.test>\r\nRCPT TO:<support+tag@ours.test>\r\nRCPT TO:<billing@ours.test>\r\nRCPT TO:<nobody@ours.test>\r\nDATA\r\n";
    assert_eq!(client.say(group, 5).await, ["250", "250", "250", "550", "354"]);
    assert_eq!(client.say(MAIL, 1).await, ["250"]);
    let items: BTreeMap<String, Item> = sink
        .take_items()
        .into_iter()
        .map(|item| match &item {
            Item::Message(message) => (message.account.clone(), item),
            _ => (String::new(), item),
        })
        .collect();
    assert_eq!(items.keys().map(String::as_str).collect::<Vec<_>>(), ["billing@ours.test", "support@ours.test"]);
    let Some(Item::Message(message)) = items.get("support@ours.test") else { panic!("a message") };
    assert_eq!(message.content.text.as_deref(), Some("It is off.\n.dot"));
    assert_eq!(message.metadata["auth"]["spf"], "pass");
    assert_eq!(message.metadata["auth"]["dmarc"], "pass");
    assert!(sink.has_file(message.metadata["raw_sha256"].as_str().unwrap()));
    // The same mail again is acknowledged and adds nothing.
    assert_eq!(
        client.say("MAIL FROM:<dana@client.test>\r\nRCPT TO:<support@ours.test>\r\nDATA\r\n", 3).await,
        ["250", "250", "354"]
    );
    assert_eq!(client.say(MAIL, 1).await, ["250"]);
    assert!(sink.take_items().is_empty());
    assert_eq!(client.say("QUIT\r\n", 1).await, ["221"]);
    system.stop.cancel();
    system.running.await.unwrap();
}

#[tokio::test]
async fn bounds_hold_and_are_named() {
    let sink = Arc::new(MemorySink::default());
    let system = System::start(Arc::<MemorySink>::clone(&sink), |smtp| {
        smtp.max_bytes = 1_000;
        smtp.max_connections = 1;
    })
    .await;
    let mut client = system.client().await;
    assert_eq!(client.say("EHLO c\r\nMAIL FROM:<a@client.test> SIZE=1001\r\n", 3).await, ["220", "250", "552"]);
    assert_eq!(system.client().await.say("", 1).await, ["421"], "one connection too many");
    assert_eq!(
        client.say("MAIL FROM:<a@client.test>\r\nRCPT TO:<support@ours.test>\r\nDATA\r\n", 3).await,
        ["250", "250", "354"]
    );
    let long = format!("Subject: x\r\n\r\n{}\r\n.\r\nNOOP\r\n", "a".repeat(50_000));
    assert_eq!(client.say(&long, 2).await, ["552", "250"]);
    assert_eq!(client.say(&format!("{}\r\nNOOP\r\n", "a".repeat(10_000)), 2).await, ["500", "250"]);
    assert!(sink.take_items().is_empty());
}

/// A sink whose disk is full.
struct Full;

impl Sink for Full {
    fn accept(&self, _: Vec<Delivery>) -> SinkFuture<'_, Result<Accepted, NotDurable>> {
        Box::pin(std::future::ready(Err(NotDurable { retry_after_seconds: 1 })))
    }

    fn keep(&self, _: Vec<KeptFile>) -> SinkFuture<'_, Result<(), NotDurable>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn use_token<'a>(&'a self, _: &'a Token) -> SinkFuture<'a, TokenUse> {
        Box::pin(std::future::ready(TokenUse::First))
    }

    fn conversations(&self) -> SinkFuture<'_, Option<HashMap<String, String>>> {
        Box::pin(std::future::ready(None))
    }

    fn consent<'a>(
        &'a self,
        _: Option<InboxId>,
        _: Channel,
        _: &'a str,
    ) -> SinkFuture<'a, patchbay_normalizer::twilio::Consent> {
        Box::pin(std::future::ready(patchbay_normalizer::twilio::Consent::Given))
    }
}

#[tokio::test]
async fn what_is_not_durable_is_not_acknowledged() {
    let system = System::start(Arc::new(Full), |_| {}).await;
    let mut client = system.client().await;
    client.say("EHLO c\r\nMAIL FROM:<a@client.test>\r\nRCPT TO:<support@ours.test>\r\nDATA\r\n", 5).await;
    assert_eq!(client.say(MAIL, 1).await, ["451"]);
}

#[tokio::test]
async fn a_receiver_that_stops_says_so() {
    let system = System::start(Arc::new(MemorySink::default()), |_| {}).await;
    let mut client = system.client().await;
    client.say("EHLO c\r\n", 2).await;
    system.stop.cancel();
    assert_eq!(client.say("", 1).await, ["421"]);
    system.running.await.unwrap();
}
