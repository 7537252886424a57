//! One inbox of each provider, customers, the fakes, a receiver of their callbacks, and a runner that the test drains.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::routing::post;
use chrono::DateTime;
use patchbay_core::channel::{Channel, Direction, SenderType};
use patchbay_core::clock::Clock;
use patchbay_core::conversation::{ConversationStatus, Priority, window_end};
use patchbay_core::ctx::Ctx;
use patchbay_core::delivery::DeliveryStatus;
use patchbay_core::directory::Directory;
use patchbay_core::ids::{ContactId, ConversationId, InboxId, JobId, MessageId};
use patchbay_core::inbox::{DkimCheck, InboundMail, Inbox, Mailbox, Provider as Settings, Twilio, WhatsAppCloud};
use patchbay_core::item::{ContentType, ErrorClass, Item, ProviderError, ReportedStatus, StatusItem};
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_core::secret::Secret;
use patchbay_dispatch::Dispatch;
use patchbay_http::Gate;
use patchbay_hub::delivery::{self, Applied, Report};
use patchbay_hub::intake::{Inbound, Intake};
use patchbay_hub::{Hub, HubConfig};
use patchbay_normalizer::twilio::{Consent, Form, MessageContext, StatusContext};
use patchbay_normalizer::{twilio, whatsapp};
use patchbay_simulator::{
    CorrespondentSeed, Handle, MailServer, MailboxSeed, PhoneSeed, Running, Screen, Simulator, SimulatorConfig,
    Strangers, TwilioNumber, Way, WhatsappNumber, WindowRule,
};
use patchbay_store::conversations::ConversationRow;
use patchbay_store::messages::MessageRow;
use patchbay_store::{Db, contacts, conversations, jobs, messages};
use patchbay_tests::TestDatabase;
use patchbay_workers::limits::MemoryLimits;
use patchbay_workers::{Deps, Runner, Workers, WorkersConfig};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) const WHATSAPP: &str = "+15550100001";
pub(crate) const SMS: &str = "+15550100003";
pub(crate) const MAILBOX: &str = "support@acme.test";
pub(crate) const REPLY_DOMAIN: &str = "reply.acme.test";
pub(crate) const REPLY_SECRET: &str = "reply-secret";
const NUMBER_ID: &str = "106540352242922";
pub(crate) const MODEL_KEY: &str = "key-of-the-model";
pub(crate) const ACCOUNT_SID: &str = "AC00000000000000000000000000000001";

/// Everything a test of the workers needs.
pub(crate) struct World {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) deps: Deps,
    pub(crate) runner: Runner,
    pub(crate) fakes: Handle,
    pub(crate) whatsapp: InboxId,
    pub(crate) sms: InboxId,
    pub(crate) mail: InboxId,
    pub(crate) receiver: Receiver,
    running: Running,
    _files: tempfile::TempDir,
    _database: TestDatabase,
}

impl World {
    pub(crate) async fn new(database: TestDatabase) -> Self {
        Self::with(database, |_| {}).await
    }

    pub(crate) async fn with(database: TestDatabase, change: impl FnOnce(&mut WorkersConfig)) -> Self {
        let db = database.open().await;
        // Whole seconds: what the fakes' clock and ours have in common.
        let clock = Clock::manual(DateTime::from_timestamp(1_772_719_195, 0).expect("a time"));
        let receiver = Receiver::start(db.clone(), clock.clone()).await;
        let running = fakes(&receiver, &clock).await;
        let (whatsapp, sms, mail) = (InboxId::new(), InboxId::new(), InboxId::new());
        let directory = directory(&running, whatsapp, sms, mail);
        receiver.directory.store(Arc::new(directory.clone()));
        add_inboxes(&db, &clock, &directory).await;
        let files = tempfile::tempdir().expect("a folder");
        let mut config =
            WorkersConfig { provider_timeout_seconds: 1, twilio_per_second: 100, ..WorkersConfig::default() };
        config.webhooks.internal_hosts = vec![running.addr.to_string()];
        change(&mut config);
        let deps = Deps {
            db: db.clone(),
            clock: clock.clone(),
            directory: receiver.directory.clone(),
            files: Arc::new(object_store::local::LocalFileSystem::new_with_prefix(files.path()).expect("a store")),
            limits: Arc::new(MemoryLimits::new(clock.clone())),
            public_url: receiver.url.clone(),
            media_link: Arc::new(|id| format!("https://patchbay.example/media/{id}")),
            unsubscribe_link: Arc::new(|id| Some(format!("https://patchbay.example/unsubscribe/{id}"))),
            node: "node-1".into(),
            hub: hub(&db, &clock, &receiver.directory),
            reenactor: patchbay_hub::recovery::Reenactor::default(),
            journal_days: 30,
            config,
        };
        let runner = Workers::runner(&deps).expect("a client");
        Self {
            db,
            clock,
            deps,
            runner,
            fakes: running.handle.clone(),
            whatsapp,
            sms,
            mail,
            receiver,
            running,
            _files: files,
            _database: database,
        }
    }

    pub(crate) fn ctx(&self) -> Ctx {
        Ctx::system(self.clock.now(), "test")
    }

    /// Where the fake of Slack takes texts.
    pub(crate) fn slack_url(&self) -> String {
        self.running.slack_url()
    }

    /// Where the fake of a language model stands.
    pub(crate) fn model_url(&self) -> String {
        format!("http://{}/model/v1", self.running.addr)
    }

    /// A second node on the same database.
    pub(crate) fn other_node(&self) -> Runner {
        Workers::runner(&Deps { node: "node-2".into(), ..self.deps.clone() }).expect("a client")
    }

    /// A conversation of a new contact, whose window is open.
    pub(crate) async fn conversation(&self, inbox: InboxId, address: &str) -> ConversationRow {
        let now = self.clock.now();
        let contact = ContactId::new();
        let mut tx = self.db.begin().await.expect("a transaction");
        let new = contacts::NewContact { id: contact, account_id: None, display_name: "Dana Fields".into() };
        contacts::insert(&mut tx, &[new], now).await.expect("a contact");
        tx.commit().await.expect("a commit");
        self.conversation_of(contact, inbox, address).await
    }

    /// A conversation of a contact that is there, at a new address, whose window is open.
    pub(crate) async fn conversation_of(&self, contact: ContactId, inbox: InboxId, address: &str) -> ConversationRow {
        let channel = match inbox {
            _ if inbox == self.whatsapp => Channel::Whatsapp,
            _ if inbox == self.mail => Channel::Email,
            _ => Channel::Sms,
        };
        let now = self.clock.now();
        let row = ConversationRow {
            id: ConversationId::new(),
            inbox_id: inbox,
            channel,
            contact_id: contact,
            contact_name: "Dana Fields".into(),
            contact_address: address.into(),
            status: ConversationStatus::Queued,
            priority: Priority::Normal,
            subject: None,
            team_id: None,
            assigned_to: None,
            previous_assignee: None,
            previous_conversation_id: None,
            last_seq: 0,
            inbound_count: 0,
            read_inbound_count: 0,
            tags: json!([]),
            last_message_id: None,
            last_message_at: now,
            last_inbound_at: Some(now),
            last_outbound_at: None,
            first_response_at: None,
            waiting_since: None,
            window_expires_at: (channel == Channel::Whatsapp).then(|| window_end(now)),
            snoozed_until: None,
            closed_at: None,
            closed_by: None,
            close_reason: None,
            version: 1,
            created_at: now,
            updated_at: now,
            sla: None,
        };
        let mut tx = self.db.begin().await.expect("a transaction");
        let identity =
            contacts::NewIdentity { contact_id: contact, channel, address: address.into(), linked_by: "inbound" };
        contacts::insert_identities(&mut tx, &[identity], now).await.expect("an address");
        conversations::insert(&mut tx, std::slice::from_ref(&row)).await.expect("a conversation");
        tx.commit().await.expect("a commit");
        row
    }

    /// Writes a reply and promises to send it, as the hub does.
    pub(crate) async fn reply(&self, conversation: &ConversationRow, seq: i64, text: &str) -> MessageId {
        self.write(conversation, seq, ContentType::Text, text, json!({})).await
    }

    pub(crate) async fn write(
        &self,
        conversation: &ConversationRow,
        seq: i64,
        content_type: ContentType,
        text: &str,
        metadata: Value,
    ) -> MessageId {
        let id = MessageId::new();
        self.write_row(MessageRow {
            content_type,
            content: json!({ "media": [], "metadata": metadata }),
            ..self.row(conversation, seq, id, text)
        })
        .await
    }

    /// A reply of an agent, not stored.
    pub(crate) fn row(&self, conversation: &ConversationRow, seq: i64, id: MessageId, text: &str) -> MessageRow {
        let now = self.clock.now();
        MessageRow {
            id,
            conversation_id: conversation.id,
            seq,
            inbox_id: conversation.inbox_id,
            channel: conversation.channel,
            channel_message_id: None,
            client_message_id: None,
            direction: Direction::Outbound,
            sender_type: SenderType::Agent,
            sender_id: None,
            sender_name: Some("Alex".into()),
            content_type: ContentType::Text,
            text: Some(text.into()),
            content: json!({ "media": [], "metadata": {} }),
            reply_to: None,
            status: DeliveryStatus::Pending,
            error: None,
            metadata: json!({}),
            occurred_at: now,
            sent_at: None,
            delivered_at: None,
            read_at: None,
            failed_at: None,
            version: 1,
            created_at: now,
        }
    }

    /// Writes a message and promises to send it.
    pub(crate) async fn write_row(&self, row: MessageRow) -> MessageId {
        let now = self.clock.now();
        let mut tx = self.db.begin().await.expect("a transaction");
        messages::insert(&mut tx, std::slice::from_ref(&row)).await.expect("a message");
        if let Some(key) = &row.channel_message_id {
            messages::claim_keys(&mut tx, &[(row.inbox_id, key, row.id)], now).await.expect("a key");
        }
        let job = NewJob {
            id: JobId::new(),
            queue: JobQueue::High,
            kind: JobKind::SendMessage,
            lane: Some(delivery::lane(row.conversation_id)),
            dedupe_key: Some(format!("send_message:{}", row.id)),
            payload: json!({ "message_id": row.id }),
            run_at: now,
            max_attempts: 6,
        };
        jobs::enqueue(&mut tx, &self.ctx(), &job).await.expect("a job");
        tx.commit().await.expect("a commit");
        row.id
    }

    pub(crate) async fn message(&self, id: MessageId) -> MessageRow {
        let mut tx = self.db.read().await.expect("a connection");
        messages::by_id(&mut tx, id).await.expect("an answer").expect("the message")
    }

    pub(crate) async fn status(&self, id: MessageId) -> DeliveryStatus {
        self.message(id).await.status
    }

    pub(crate) async fn drain(&self) {
        Box::pin(self.runner.drain_all()).await.expect("the database answers");
    }

    /// Moves both clocks.
    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Waits until the fakes have nothing left to say.
    pub(crate) async fn settle(&self) {
        assert!(self.fakes.settle(Duration::from_secs(10)).await, "callbacks are still under way");
    }

    pub(crate) async fn apply(&self, inbox: InboxId, items: &[StatusItem]) -> Applied {
        self.receiver.apply(inbox, items).await
    }

    /// Jobs that are left, whenever they are due.
    pub(crate) async fn jobs_left(&self) -> i64 {
        let mut tx = self.db.read().await.expect("a connection");
        jobs::depths(&mut tx, self.clock.now()).await.expect("an answer").iter().map(|depth| depth.total).sum()
    }
}

/// Takes the fakes' callbacks, on a real port.
#[derive(Clone)]
pub(crate) struct Receiver {
    db: Db,
    clock: Clock,
    pub(crate) url: String,
    pub(crate) directory: Arc<arc_swap::ArcSwap<Directory>>,
    intake: Intake,
    task: Arc<Aborted>,
}

struct Aborted(JoinHandle<()>);

impl Drop for Aborted {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Receiver {
    async fn start(db: Db, clock: Clock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let directory = Arc::new(arc_swap::ArcSwap::from_pointee(Directory::default()));
        let hub = hub(&db, &clock, &directory);
        let (intake, _shards) = Intake::start(hub, &CancellationToken::new());
        let (sender, state) = tokio::sync::oneshot::channel::<Receiver>();
        let task = tokio::spawn(async move {
            let Ok(state) = state.await else { return };
            let app = Router::new()
                .route("/webhooks/whatsapp", post(from_meta))
                .route("/webhooks/twilio/status/{id}", post(from_twilio))
                .route("/webhooks/twilio", post(sms_from_twilio))
                .route("/webhooks/email/mailgun", post(from_mailgun))
                .with_state(state);
            axum::serve(listener, app).await.expect("the receiver serves");
        });
        let receiver = Self { db, clock, url, directory, intake, task: Arc::new(Aborted(task)) };
        // The task's own copy must not keep the task alive.
        let mut copy = receiver.clone();
        copy.task = Arc::new(Aborted(tokio::spawn(std::future::ready(()))));
        assert!(sender.send(copy).is_ok());
        receiver
    }

    async fn apply(&self, inbox: InboxId, items: &[StatusItem]) -> Applied {
        let ctx = Ctx::system(self.clock.now(), "callback");
        let reports: Vec<Report<'_>> = items.iter().map(|item| Report { inbox_id: inbox, item }).collect();
        let mut tx = self.db.begin().await.expect("a transaction");
        let applied =
            delivery::apply_statuses(&mut tx, &ctx, &self.directory.load_full(), &reports).await.expect("applied");
        tx.commit().await.expect("a commit");
        applied
    }

    pub(crate) async fn take(&self, channel: Channel, items: Vec<Item>) {
        let inbound = Inbound { inbox_id: self.inbox(channel), items, received_at: self.clock.now(), span: None };
        self.intake.accept(vec![inbound]).await.expect("the intake takes it");
    }

    fn inbox(&self, channel: Channel) -> InboxId {
        let directory = self.directory.load();
        directory.inboxes.values().find(|inbox| inbox.channel == channel).expect("an inbox").id
    }
}

async fn from_meta(State(receiver): State<Receiver>, body: Bytes) {
    let Ok(whatsapp::Payload::Changes(changes)) = whatsapp::parse(&body, receiver.clock.now()) else { return };
    for change in changes {
        receiver.take(Channel::Whatsapp, change.items).await;
    }
}

async fn from_twilio(State(receiver): State<Receiver>, Path(id): Path<String>, body: Bytes) {
    let context = StatusContext { received_at: receiver.clock.now(), callback_data: Some(&id) };
    receiver.take(Channel::Sms, twilio::status(&Form::parse(&body), &context)).await;
}

async fn sms_from_twilio(State(receiver): State<Receiver>, body: Bytes) {
    let context = MessageContext { received_at: receiver.clock.now(), consent: Consent::default() };
    receiver.take(Channel::Sms, twilio::message(&Form::parse(&body), &context)).await;
}

/// Only what the tests of sending look at; the whole has its own tests.
async fn from_mailgun(State(receiver): State<Receiver>, body: Bytes) {
    let body: Value = serde_json::from_slice(&body).expect("an event");
    let event = &body["event-data"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let status = match event["event"].as_str() {
        Some("accepted") => ReportedStatus::Sent,
        Some("delivered") => ReportedStatus::Delivered,
        Some("failed") => ReportedStatus::Failed,
        _ => return,
    };
    let error = ProviderError {
        code: text(&event["delivery-status"]["enhanced-code"]),
        title: None,
        message: None,
        details: None,
        class: ErrorClass::Permanent,
    };
    let item = StatusItem {
        channel: Channel::Email,
        account: MAILBOX.into(),
        channel_message_id: text(&event["message"]["headers"]["message-id"]),
        status,
        provider_status: text(&event["event"]),
        recipient: Some(text(&event["recipient"])),
        timestamp: receiver.clock.now(),
        errors: if status == ReportedStatus::Failed { vec![error] } else { Vec::new() },
        metadata: serde_json::Map::new(),
    };
    receiver.take(Channel::Email, vec![Item::Status(item)]).await;
}

fn hub(db: &Db, clock: &Clock, directory: &Arc<arc_swap::ArcSwap<Directory>>) -> Hub {
    let gate = Gate {
        keys: None,
        directory: directory.clone(),
        clock: clock.clone(),
        allowed_origins: [].into(),
        rates: patchbay_http::ActorRates::default(),
        development: patchbay_http::DevelopmentHeaders::Refused,
    };
    Hub {
        db: db.clone(),
        gate,
        dispatch: Dispatch::new(db.clone(), patchbay_dispatch::Config::default()),
        files: Arc::new(object_store::local::LocalFileSystem::new()),
        config: Arc::new(HubConfig::default()),
    }
}

async fn fakes(receiver: &Receiver, clock: &Clock) -> Running {
    let token = || Secret::new("token-of-the-fake");
    let mut config = SimulatorConfig::new();
    config.clock = clock.clone();
    config.window = WindowRule::Ignored;
    config.strangers = Strangers::Reachable;
    config.model_key = Secret::new(MODEL_KEY);
    config.whatsapp = vec![WhatsappNumber::new(
        NUMBER_ID,
        WHATSAPP,
        Secret::new("app-secret"),
        token(),
        format!("{}/webhooks/whatsapp", receiver.url),
    )];
    config.twilio = vec![TwilioNumber {
        account_sid: ACCOUNT_SID.into(),
        auth_token: token(),
        address: SMS.into(),
        webhook_url: format!("{}/webhooks/twilio", receiver.url),
        messaging_service_sid: None,
        channel: Channel::Sms,
        contents: Vec::new(),
    }];
    config.phones = vec![PhoneSeed {
        address: "+15550107788".into(),
        name: "Dana Fields".into(),
        channels: vec![Channel::Whatsapp, Channel::Sms],
        screen: Screen::Closed,
        window_open: true,
        writes_to: None,
        calls: None,
    }];
    let signing_key = Secret::new("signing-key");
    let way = Way::Mailgun { url: format!("{}/webhooks/email/mailgun", receiver.url), signing_key };
    let mailbox = MailboxSeed { address: MAILBOX.into(), reply_domain: REPLY_DOMAIN.into(), way };
    let dana = CorrespondentSeed::new("dana@tenants.test", "Dana Fields");
    config.mail = Some(MailServer::new(vec![mailbox], vec![dana]));
    Simulator::start(config).await.expect("the fakes start")
}

fn directory(running: &Running, whatsapp: InboxId, sms: InboxId, mail: InboxId) -> Directory {
    let token = || Secret::new("token-of-the-fake");
    let inbox = |id, name: &str, channel, address: &str, provider| {
        let name = name.into();
        (
            id,
            Arc::new(Inbox {
                id,
                name,
                channel,
                team_id: None,
                triage: patchbay_core::inbox::Triage::Direct,
                account_id: None,
                address: address.into(),
                provider,
            }),
        )
    };
    let meta = Settings::WhatsAppCloud(WhatsAppCloud {
        phone_number_id: NUMBER_ID.into(),
        app_secrets: vec![Secret::new("app-secret")],
        verify_token: Secret::new("verify"),
        access_token: token(),
        business_account_id: None,
        api_base: running.graph_base(),
    });
    let twilio = Settings::Twilio(Twilio {
        account_sid: ACCOUNT_SID.into(),
        auth_tokens: vec![token()],
        shared_keys: BTreeMap::new(),
        api_base: running.base_url(),
    });
    let mailbox = Settings::Email(Box::new(Mailbox {
        inbound: Some(InboundMail::Mailgun),
        signing_keys: vec![Secret::new("signing-key")],
        max_age_seconds: 900,
        smtp_url: Secret::new(running.smtp_url().expect("a mail server")),
        reply_domain: REPLY_DOMAIN.into(),
        reply_token_secret: Secret::new(REPLY_SECRET),
        dkim: DkimCheck::Off,
        signer: None,
    }));
    Directory {
        inboxes: BTreeMap::from([
            inbox(mail, "support-mail", Channel::Email, MAILBOX, mailbox),
            inbox(whatsapp, "main-whatsapp", Channel::Whatsapp, WHATSAPP, meta),
            inbox(sms, "main-sms", Channel::Sms, SMS, twilio),
        ]),
        ..Directory::default()
    }
}

async fn add_inboxes(db: &Db, clock: &Clock, directory: &Directory) {
    let mut tx = db.begin().await.expect("a transaction");
    for inbox in directory.inboxes.values() {
        tx.query(
            "insert into inboxes (id, name, channel, address, triage, provider, settings, origin, is_active, version,
                    created_at, updated_at)
             values ($1, $2, $3, $4, 'direct', 'test', '{}', 'test', $5, 1, $6, $6)",
        )
        .bind(inbox.id)
        .bind(inbox.name.as_str())
        .bind(inbox.channel)
        .bind(inbox.address.as_str())
        .bind(true)
        .bind(clock.now())
        .execute()
        .await
        .expect("an inbox");
    }
    tx.commit().await.expect("a commit");
}

/// A status as a provider reports it.
pub(crate) fn report(channel: Channel, key: &str, word: &str, callback: Option<MessageId>) -> StatusItem {
    let mut metadata = serde_json::Map::new();
    if let Some(id) = callback {
        metadata.insert("callback_data".into(), id.to_string().into());
    }
    StatusItem {
        channel,
        account: WHATSAPP.into(),
        channel_message_id: key.into(),
        status: word.parse().expect("a status"),
        provider_status: word.into(),
        recipient: Some("+15550107788".into()),
        timestamp: Clock::system().now(),
        errors: Vec::new(),
        metadata,
    }
}
