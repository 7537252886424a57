//! A whole Patchbay: nodes as processes, a database, perhaps Redis, and the simulator in place of the providers.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use patchbay_core::channel::Channel;
use patchbay_core::secret::Secret;
use patchbay_simulator::{
    Content, CorrespondentSeed, Handle, Limits, MailServer, MailboxSeed, PhoneSeed, Retries, Running, Simulator,
    SimulatorConfig, TwilioNumber, Way, WhatsappNumber,
};
use patchbay_store::Engine;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::Caller;
use crate::database::{TestDatabase, redis_url};
use crate::node::Node;
use crate::services::{PrivateService, free_port};
use crate::settings::{self, Settings};

/// What a test wants to stand on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// One node on SQLite, everything in memory otherwise.
    Laptop,
    /// One node on PostgreSQL and Redis, those of the run: for what lies on a node's own disk.
    Server,
    /// Two nodes on PostgreSQL and Redis, those of the run.
    TwoNodes,
    /// One node on a PostgreSQL and a Redis of its own, which the test may stop.
    Breakable,
}

/// Nodes and what they stand on. Everything ends with this value.
#[derive(Debug)]
pub struct Deployment {
    /// The nodes; providers call the first.
    pub nodes: Vec<Node>,
    /// The customers' phones and the providers.
    pub phones: Handle,
    /// An administrator at the first node.
    pub admin: Caller,
    /// The database server, when it is the test's own.
    pub postgres: Option<PrivateService>,
    /// The Redis server, when it is the test's own.
    pub redis: Option<PrivateService>,
    simulator: Running,
    folders: Vec<TempDir>,
    database: TestDatabase,
}

/// Workers that notice a dead neighbor and an unknown outcome soon.
const QUICK_WORKERS: &str = "
[workers]
lease_seconds = 3
poll_ms = 100
provider_timeout_seconds = 3
reconcile_after_seconds = 5
twilio_per_second = 20
";

/// The same with a patience that stands to the providers' as a minute does: for tests that end the server again and again.
pub const PATIENT_WORKERS: &str = "
[workers]
lease_seconds = 3
poll_ms = 100
provider_timeout_seconds = 3
reconcile_after_seconds = 20
twilio_per_second = 20
";

/// A customer with a phone on both channels.
pub const CUSTOMER: &str = "+15550101001";
/// Another one.
pub const OTHER_CUSTOMER: &str = "+15550101002";
/// A WhatsApp sender of ours at Twilio, which no inbox serves until a test makes one.
pub const TWILIO_WHATSAPP: &str = "+15550100005";
/// Its content template.
pub const CONTENT_SID: &str = "HX00000000000000000000000000000001";
/// How many customers there are: +15550101001 and so on.
pub const CUSTOMERS: u32 = 40;

/// Mail address of a customer, counted from 0.
pub fn correspondent(number: u32) -> String {
    format!("c{number}@customers.test")
}

/// Address of a customer, counted from 0.
pub fn customer(number: u32) -> String {
    format!("+1555010{:04}", 1001 + number)
}

impl Deployment {
    /// Starts everything; returns when all nodes are ready.
    pub async fn start(plan: Plan) -> Self {
        Self::start_with(plan, "").await
    }

    /// The same with more lines of settings, at the top level. `{ledger}` stands for the settings of the simulated
    /// transaction system, `{desk}` for those of the simulated ticketing system, `{assistant}` for those of an assistant
    /// with the simulated model, `{relay}` for the address of the simulated mail server.
    pub async fn start_with(plan: Plan, more: &str) -> Self {
        Self::start_with_workers(plan, more, QUICK_WORKERS).await
    }

    /// The same with these settings of the workers.
    pub async fn start_with_workers(plan: Plan, more: &str, workers: &str) -> Self {
        let (mut postgres, mut redis) = (None, None);
        let (database, redis_url) = match plan {
            Plan::Laptop => (TestDatabase::fresh(Engine::Sqlite).await, String::new()),
            Plan::Server | Plan::TwoNodes => (TestDatabase::fresh(Engine::Postgres).await, redis_url()),
            Plan::Breakable => {
                let (own_postgres, own_redis) = (PrivateService::postgres().await, PrivateService::redis().await);
                let database = TestDatabase::empty_on(&own_postgres.url()).await;
                let url = own_redis.url();
                (postgres, redis) = (Some(own_postgres), Some(own_redis));
                (database, url)
            }
        };
        let ports: Vec<u16> = (0..if plan == Plan::TwoNodes { 2 } else { 1 }).map(|_| free_port()).collect();
        let public_url = format!("http://127.0.0.1:{}", ports[0]);
        let simulator = Simulator::start(simulator(&public_url)).await.expect("the simulator starts");
        let more = more
            .replace("{ledger}", &ledger(&simulator))
            .replace("{desk}", &desk(&simulator))
            .replace("{assistant}", &assistant(&simulator))
            .replace("{relay}", &simulator.smtp_url().expect("the simulator has a mail server"));
        let mut nodes = Vec::new();
        let mut folders = Vec::new();
        for port in ports {
            let folder = tempfile::tempdir().expect("a temporary folder can be made");
            let settings = Settings {
                port,
                public_url: public_url.clone(),
                database_url: database.url().to_owned(),
                redis_url: redis_url.clone(),
                providers_url: simulator.base_url(),
                more: format!("{more}{workers}"),
            };
            settings.write(folder.path());
            nodes.push(Node::start(folder.path(), &format!("http://127.0.0.1:{port}"), &[]).await);
            folders.push(folder);
        }
        let admin = Caller::anonymous(&public_url).with_token(settings::token("admin"));
        let phones = simulator.handle.clone();
        let deployment = Self { nodes, phones, admin, postgres, redis, simulator, folders, database };
        deployment.ensure_team("support").await;
        deployment
    }

    /// Makes sure that a team exists; the settings' inboxes name one.
    async fn ensure_team(&self, slug: &str) {
        let known = self.admin.get("/api/v1/teams").await.expect(200);
        let exists = known["data"].as_array().is_some_and(|teams| teams.iter().any(|team| team["slug"] == slug));
        if !exists {
            let team = json!({"slug": slug, "name": slug, "timezone": "UTC"});
            self.admin.post("/api/v1/teams", team).await.expect(201);
        }
    }

    /// Makes a user of the support team and signs in.
    pub async fn sign_in(&self, name: &str, role: &str) -> Caller {
        let email = format!("{}@example.test", name.to_lowercase());
        let password = "correct horse battery staple";
        let user = json!({"email": email, "full_name": name, "password": password, "role": role, "teams": ["support"]});
        self.admin.post("/api/v1/users", user).await.expect(201);
        let anonymous = Caller::anonymous(self.admin.base_url());
        let login = json!({"email": email, "password": password});
        let answer = anonymous.post("/api/v1/auth/login", login).await.expect(200);
        anonymous.with_token(answer["access_token"].as_str().expect("a login answers a token"))
    }

    /// The customer writes; returns when our webhook has answered 200.
    pub async fn hear(&self, from: &str, channel: Channel, text: &str) -> String {
        let id = self.phones.say(from, channel, text).expect("the phone can write");
        self.phones
            .wait_for_webhook(Duration::from_secs(30), |webhook| {
                webhook.status == Some(200) && webhook.message_ids.contains(&id)
            })
            .await
            .expect("the webhook is taken");
        id
    }

    /// The conversation of `customer` on `channel`, waiting for it if need be.
    pub async fn conversation(&self, caller: &Caller, customer: &str, channel: Channel) -> Value {
        crate::wait::eventually("the conversation is listed", crate::wait::PATIENCE, || async {
            let list = caller.get(&format!("/api/v1/conversations?channel={channel}&limit=100")).await.expect(200);
            let listed = list["data"].as_array()?;
            listed.iter().find(|one| one["contact"]["address"] == customer).cloned()
        })
        .await
    }

    /// All messages of a conversation in order.
    pub async fn messages(&self, caller: &Caller, conversation_id: &str) -> Vec<Value> {
        let mut messages: Vec<Value> = Vec::new();
        loop {
            let after = messages.last().map_or(0, |message| message["seq"].as_i64().unwrap_or(0));
            let path = format!("/api/v1/conversations/{conversation_id}/messages?after_seq={after}&limit=100");
            let page = caller.get(&path).await.expect(200);
            let page = page["data"].as_array().expect("a list has data").clone();
            if page.is_empty() {
                return messages;
            }
            messages.extend(page);
        }
    }

    /// The simulator, to be asked what only it knows.
    pub fn simulator(&self) -> &Running {
        &self.simulator
    }

    /// The database, to be looked into past the API.
    pub fn database(&self) -> &TestDatabase {
        &self.database
    }

    /// Folder of a node: its settings, its data, its log.
    pub fn folder(&self, node: usize) -> &std::path::Path {
        self.folders[node].path()
    }
}

fn ledger(simulator: &Running) -> String {
    let (base, keys) = (simulator.ledger_base(), &simulator.config().ledger);
    let (id, secret, hmac) = (&keys.client_id, keys.client_secret.expose(), keys.hmac_secret.expose());
    format!(
        "[integration.transactions]\nbase_url = \"{base}\"\ntoken_url = \"{base}/token\"\nclient_id = \"{id}\"\n\
         client_secret = \"{secret}\"\nhmac_secret = \"{hmac}\"\n"
    )
}

fn desk(simulator: &Running) -> String {
    let (base, key) = (simulator.desk_base(), simulator.config().desk_key.expose());
    format!(
        "[integration]\nretry_ms = 40\n[integration.ticketing]\nkind = \"http\"\nbase_url = \"{base}\"\napi_key = \"{key}\"\n"
    )
}

fn assistant(simulator: &Running) -> String {
    let (base, key) = (simulator.model_base(), simulator.config().model_key.expose());
    format!("[assistant]\nbase_url = \"{base}\"\napi_key = \"{key}\"\nmodel = \"simulated\"\n")
}

fn simulator(public_url: &str) -> SimulatorConfig {
    let both = [Channel::Whatsapp, Channel::Sms];
    SimulatorConfig {
        whatsapp: vec![WhatsappNumber::new(
            settings::PHONE_NUMBER_ID,
            settings::WHATSAPP_ADDRESS,
            Secret::new(settings::APP_SECRET.to_owned()),
            Secret::new(settings::ACCESS_TOKEN.to_owned()),
            format!("{public_url}/webhooks/whatsapp"),
        )],
        twilio: vec![
            TwilioNumber::new(
                settings::ACCOUNT_SID,
                Secret::new(settings::AUTH_TOKEN.to_owned()),
                settings::SMS_ADDRESS,
                format!("{public_url}/webhooks/twilio/sms"),
            ),
            TwilioNumber {
                channel: Channel::Whatsapp,
                contents: vec![Content {
                    sid: CONTENT_SID.to_owned(),
                    name: "visit_reminder".to_owned(),
                    language: "en".to_owned(),
                    body: "Hello {{1}}, see you {{2}}.".to_owned(),
                    status: "approved".to_owned(),
                }],
                ..TwilioNumber::new(
                    settings::ACCOUNT_SID,
                    Secret::new(settings::AUTH_TOKEN.to_owned()),
                    TWILIO_WHATSAPP,
                    format!("{public_url}/webhooks/twilio/sms"),
                )
            },
        ],
        phones: (0..CUSTOMERS)
            .map(|number| PhoneSeed::new(customer(number), format!("Customer {number}"), &both))
            .collect(),
        mail: Some(MailServer::new(
            // What does not arrive is reported to nobody: no test lets a mail bounce here.
            vec![MailboxSeed {
                address: settings::MAIL_ADDRESS.to_owned(),
                reply_domain: String::new(),
                way: Way::Smtp(SocketAddr::from((Ipv4Addr::LOCALHOST, 9))),
            }],
            (0..CUSTOMERS)
                .map(|number| CorrespondentSeed::new(correspondent(number), format!("Customer {number}")))
                .collect(),
        )),
        // Next to the patience of these workers, as quick as a provider is next to a minute.
        retries: Retries { longest: Duration::from_secs(1), attempts: 300, ..Retries::default() },
        limits: Limits { pair_burst: 10_000, throughput_per_second: 10_000, ..Limits::default() },
        ..SimulatorConfig::new()
    }
}

/// Lists tests that take a [`Plan`]; each runs on one node over SQLite and on one over PostgreSQL.
#[macro_export]
macro_rules! both_databases {
    ($($(#[$attribute:meta])* $name:ident;)+) => {
        mod laptop {
            $(
                $(#[$attribute])*
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    Box::pin(super::$name($crate::deployment::Plan::Laptop)).await;
                }
            )+
        }
        mod server {
            $(
                $(#[$attribute])*
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    Box::pin(super::$name($crate::deployment::Plan::Server)).await;
                }
            )+
        }
    };
}

/// Lists tests that take a [`Plan`]; each runs on a laptop and on two nodes.
#[macro_export]
macro_rules! both_plans {
    ($($(#[$attribute:meta])* $name:ident;)+) => {
        mod laptop {
            $(
                $(#[$attribute])*
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    Box::pin(super::$name($crate::deployment::Plan::Laptop)).await;
                }
            )+
        }
        mod two_nodes {
            $(
                $(#[$attribute])*
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    Box::pin(super::$name($crate::deployment::Plan::TwoNodes)).await;
                }
            )+
        }
    };
}
