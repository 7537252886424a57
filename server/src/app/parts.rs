//! What a server consists of, beside its web front: stores, hub, live part, workers.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use chrono::TimeDelta;
use patchbay_core::clock::Clock;
use patchbay_core::directory::Directory;
use patchbay_core::redaction::{Redactor, sink};
use patchbay_core::secret::Secret;
use patchbay_dispatch::Dispatch;
use patchbay_http::{ActorRates, Chain, Gate, Jwks, TokenKeys};
use patchbay_hub::chat::Desk;
use patchbay_hub::directory::DirectoryKeeper;
use patchbay_hub::intake::Intake;
use patchbay_hub::{AbuseLimits, Hub, HubConfig, Seals, Signer, administration, assignment, files, unsubscribe};
use patchbay_ingress::{HandOver, Inboxes, Ingress, Journal, Reenactment, SmtpListener, Spool};
use patchbay_realtime::{Bus, Realtime};
use patchbay_store::Db;
use patchbay_store::objects::Objects;
use patchbay_tool_gateway::{Assistant, Gateway, Systems, Ticketing, Transactions};
use patchbay_workers::limits::{MemoryLimits, RateLimits, shared_limits};
use patchbay_workers::{Deps, RunningWorkers, Workers};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Mode, StartError};
use crate::roles::Roles;
use crate::settings::{Environment, Settings, development_secret, link_secret};
use crate::telemetry::traces;

/// How long a start waits for a database that is away.
const DATABASE_PATIENCE: Duration = Duration::from_secs(30);

/// How long the end waits for connections of the database.
const CLOSING_PATIENCE: Duration = Duration::from_secs(5);

/// The parts of a server.
pub(super) struct Parts {
    pub(super) hub: Hub,
    /// The door for AI agents, once started.
    pub(super) gateway: Option<Gateway>,
    pub(super) ingress: Option<Ingress>,
    pub(super) realtime: Option<Realtime>,
    pub(super) simulator: Option<patchbay_simulator::Running>,
    pub(super) objects: Objects,
    pub(super) bus: Bus,
    pub(super) workers: Option<RunningWorkers>,
    pub(super) tasks: Vec<JoinHandle<()>>,
}

impl Parts {
    /// Opens the stores and builds the hub; starts only what follows the keys of an outside issuer, until `stop`.
    pub(super) async fn open(settings: &Settings, mode: Mode, stop: &CancellationToken) -> Result<Self, StartError> {
        let db = open_database(settings).await?;
        let mut tasks = Vec::new();
        let traces = traces::start(&settings.telemetry, stop.clone())
            .map_err(|error| StartError::Part { what: "telemetry", problem: Chain(&error).to_string() })?;
        tasks.extend(traces);
        let TokenSecrets { keys, link_secret } = token_secrets(settings, stop, &mut tasks)?;
        sink::key_with(link_secret.expose().as_bytes());
        let objects = open_objects(settings, &link_secret)?;
        let gate = Gate {
            keys,
            directory: Arc::new(ArcSwap::from_pointee(Directory::default())),
            clock: match mode {
                Mode::Earnest => Clock::system(),
                Mode::Demo => Clock::movable(),
            },
            allowed_origins: settings
                .auth
                .allowed_origins
                .iter()
                .cloned()
                .chain([origin(&settings.public_url)])
                .collect(),
            rates: ActorRates::per_second(settings.limits.api_per_second),
            development: settings.development_headers(),
        };
        let config = HubConfig {
            trust_forwarded_headers: settings.trust_forwarded_headers,
            secure_cookies: settings.public_url.starts_with("https://"),
            max_upload_bytes: settings.limits.upload_mb << 20,
            link_secret,
            intake_shards: settings.intake.shards,
            abuse: AbuseLimits {
                messages_per_minute: settings.limits.messages_per_contact_minute,
                conversations_per_hour: settings.limits.conversations_per_contact_hour,
            },
            reenactor: patchbay_hub::recovery::Reenactor::default(),
            webhook_hosts: settings.workers.webhooks.internal_hosts.clone().into(),
            signer: signer(settings)?.map(Arc::new),
            seals: Seals::new(settings.journal.key.iter().chain(&settings.journal.old_keys)).map(Arc::new),
            alerts: settings.alerts.clone(),
            retention: settings.workers.retention,
            absence_grace: TimeDelta::minutes(settings.workers.release_absent_minutes.into()),
        };
        let bus = match settings.redis_url.as_str() {
            "" => Bus::memory(),
            url => Bus::redis(url, "patchbay")
                .map_err(|error| StartError::Part { what: "Redis", problem: error.to_string() })?,
        };
        let dispatch =
            Dispatch::new(db.clone(), settings.dispatch).keeping_evidence(objects.clone(), settings.evidence_rules());
        let hub = Hub { db, gate, dispatch, files: objects.files(), config: Arc::new(config) };
        Ok(Self {
            hub,
            gateway: None,
            ingress: None,
            realtime: None,
            simulator: None,
            objects,
            bus,
            workers: None,
            tasks,
        })
    }

    /// Starts the parts that the roles ask for.
    pub(super) async fn start(
        &mut self,
        settings: &Settings,
        roles: Roles,
        stop: &CancellationToken,
        stop_intake: &CancellationToken,
    ) -> Result<(), StartError> {
        let hub = &self.hub;
        administration::ensure_standard_teams(&hub.db, hub.gate.clock.now())
            .await
            .map_err(|error| StartError::Database(Chain(&error).to_string()))?;
        administration::store_inboxes(&hub.db, &settings.inboxes, hub.gate.clock.now())
            .await
            .map_err(|error| StartError::Part { what: "the inboxes", problem: Chain(&error).to_string() })?;
        let mut keeper = DirectoryKeeper::new(hub);
        keeper.refresh().await.map_err(|error| StartError::Database(Chain(&error).to_string()))?;
        self.tasks.push(tokio::spawn(keeper.run(stop_intake.clone())));
        self.tasks.push(self.bus.clone().link(hub.db.clone(), stop_intake.clone()));
        let inboxes = Inboxes::of(self.hub.gate.directory.clone());
        let journal = Self::open_journal(settings)?;
        if let Some(journal) = &journal {
            self.start_reenacting(settings, &inboxes, Arc::clone(journal), stop_intake);
        }
        if roles.ingress {
            self.start_ingress(settings, inboxes, journal, (stop, stop_intake)).await?;
        }
        if roles.realtime || roles.api {
            let config = patchbay_realtime::Config {
                max_sockets: settings.limits.sockets,
                ..patchbay_realtime::Config::default()
            };
            let (realtime, task) = Realtime::start(self.hub.db.clone(), self.hub.gate.clone(), config, stop.clone());
            self.realtime = Some(realtime);
            self.tasks.push(task);
            self.tasks.push(tokio::spawn(assignment::run(self.hub.clone(), stop.clone())));
        }
        if roles.workers {
            self.start_workers(settings, stop).await?;
        }
        // Beside the start: whoever redacts before it is done waits for what is missing.
        self.tasks.push(tokio::task::spawn_blocking(Redactor::prepare));
        self.start_gateway(settings, roles, stop).await
    }

    /// Builds the door for AI agents; with the workers it also follows customers' answers and settles drafts.
    async fn start_gateway(
        &mut self,
        settings: &Settings,
        roles: Roles,
        stop: &CancellationToken,
    ) -> Result<(), StartError> {
        let unusable = |error: patchbay_tool_gateway::transactions::Unusable| StartError::Part {
            what: "integration.transactions",
            problem: error.to_string(),
        };
        let system = settings.integration.transactions();
        let clock = self.hub.gate.clock.clone();
        let system = system.map(|system| Transactions::new(system, clock)).transpose().map_err(unusable)?;
        let policy = settings
            .tool_policy()
            .map_err(|error| StartError::Part { what: "tool_gateway.policy_file", problem: error.to_string() })?;
        let ticketing = settings.integration.ticketing();
        let ticketing = ticketing.map(|config| Ticketing::new(config, self.hub.gate.clock.clone())).transpose();
        let ticketing = ticketing
            .map_err(|error| StartError::Part { what: "integration.ticketing", problem: error.to_string() })?;
        let systems = Systems { transactions: system, ticketing };
        let gateway = Gateway::under(policy, self.hub.clone(), settings.tool_gateway.clone(), systems);
        gateway.begin_policy().await.map_err(|error| StartError::Part {
            what: "tool_gateway.policy_file",
            problem: Chain(&error).to_string(),
        })?;
        self.tasks.push(tokio::spawn(gateway.clone().follow_policy(stop.clone())));
        if roles.workers {
            let assistant = Assistant::new(&settings.assistant)
                .map_err(|error| StartError::Part { what: "the assistant", problem: error.to_string() })?;
            self.tasks.push(tokio::spawn(gateway.clone().run_background(assistant, stop.clone())));
        }
        self.gateway = Some(gateway);
        Ok(())
    }

    /// The journal, if it is on. Said once when it is off for want of a key.
    pub(super) fn open_journal(settings: &Settings) -> Result<Option<Arc<Journal>>, StartError> {
        let journal = settings
            .open_journal()
            .map_err(|error| StartError::Folder { what: "data_dir", problem: error.to_string() })?;
        if journal.is_none() && settings.journal.enabled.is_none() {
            tracing::warn!("journal.key is not set: accepted requests are not kept and cannot be replayed");
        }
        Ok(journal)
    }

    /// Puts the way back into the adapters where repairs find it. It has an intake of its own: what it did is counted.
    pub(super) fn start_reenacting(
        &mut self,
        settings: &Settings,
        inboxes: &Inboxes,
        journal: Arc<Journal>,
        stop: &CancellationToken,
    ) -> Reenactment {
        let (intake, shards) = Intake::start(self.hub.clone(), stop);
        self.tasks.extend(shards);
        let reenactment = Reenactment::new(ingress_config(settings), inboxes, intake, journal);
        self.hub.config.reenactor.set(Arc::new(reenactment.clone()));
        reenactment
    }

    /// `stop_sockets`: no visitor and no mail server is greeted after it; what was received is taken in until `stop`.
    async fn start_ingress(
        &mut self,
        settings: &Settings,
        inboxes: Inboxes,
        journal: Option<Arc<Journal>>,
        (stop_sockets, stop): (&CancellationToken, &CancellationToken),
    ) -> Result<(), StartError> {
        let (intake, shards) = Intake::start(self.hub.clone(), stop);
        self.tasks.extend(shards);
        let spool = Spool::open(settings.data_dir.join("spool"), settings.intake.spool_mb << 20)
            .map_err(|error| StartError::Folder { what: "the spool", problem: error.to_string() })?;
        let (mut sink, drain) = HandOver::start(intake, Some(spool), stop.clone());
        self.tasks.extend(drain);
        let config = patchbay_ingress::Config { journal: journal.is_some(), ..ingress_config(settings) };
        if let Some(journal) = journal {
            sink = sink.keeping(journal);
        }
        let (desk, visitors) = Desk::start(self.hub.clone(), stop_sockets.clone());
        self.tasks.push(visitors);
        let ingress = Ingress::new(config, inboxes, self.hub.gate.clock.clone(), Arc::new(sink)).with_desk(desk);
        let broken = |problem: String| StartError::Part { what: "the mail receiver", problem };
        if let Some(smtp) = settings.smtp_receiver().map_err(broken)? {
            let bound = SmtpListener::bind(smtp, ingress.clone()).await;
            let listener = bound.map_err(|error| broken(format!("listen_smtp: {error}")))?;
            self.tasks.push(tokio::spawn(listener.run(stop_sockets.clone())));
        }
        self.ingress = Some(ingress);
        Ok(())
    }

    async fn start_workers(&mut self, settings: &Settings, stop: &CancellationToken) -> Result<(), StartError> {
        let hub = &self.hub;
        let limits: Arc<dyn RateLimits> = match settings.redis_url.as_str() {
            "" => Arc::new(MemoryLimits::new(hub.gate.clock.clone())),
            url => shared_limits(url, "patchbay", hub.gate.clock.clone())
                .await
                .map_err(|error| StartError::Part { what: "Redis", problem: error.to_string() })?,
        };
        let (public_url, secret, clock) =
            (settings.public_url.clone(), hub.config.link_secret.clone(), hub.gate.clock.clone());
        let (unsubscribe_url, unsubscribe_secret) = (public_url.clone(), secret.clone());
        let deps = Deps {
            db: hub.db.clone(),
            clock: hub.gate.clock.clone(),
            directory: hub.gate.directory.clone(),
            files: hub.files.clone(),
            limits,
            public_url: settings.public_url.clone(),
            media_link: Arc::new(move |id| files::link(&public_url, &secret, id, clock.now())),
            unsubscribe_link: Arc::new(move |id| unsubscribe::link(&unsubscribe_url, &unsubscribe_secret, id)),
            node: patchbay_core::ids::NodeId::new().to_string(),
            hub: hub.clone(),
            reenactor: hub.config.reenactor.clone(),
            journal_days: settings.journal.days,
            config: settings.workers.clone(),
        };
        let workers = Workers::start(&deps, stop)
            .map_err(|error| StartError::Part { what: "the workers", problem: error.to_string() })?;
        self.workers = Some(workers);
        Ok(())
    }

    /// Waits for everything that was started.
    pub(super) async fn finish(self) {
        if let Some(workers) = self.workers {
            workers.stopped().await;
        }
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task ended badly");
            }
        }
        if let Some(simulator) = self.simulator {
            simulator.shutdown().await;
        }
        // A request that outlived the drain may still hold a connection; the process ends without it.
        let _closed = tokio::time::timeout(CLOSING_PATIENCE, self.hub.db.close()).await;
    }
}

pub(super) fn ingress_config(settings: &Settings) -> patchbay_ingress::Config {
    patchbay_ingress::Config {
        public_url: (!settings.public_url_is_assumed).then(|| settings.public_url.clone()),
        public_url_candidates: settings.public_url_candidates.clone(),
        trust_forwarded_headers: settings.trust_forwarded_headers,
        webhooks_per_second: settings.limits.webhooks_per_second,
        ..patchbay_ingress::Config::default()
    }
}

/// What signs where the chains of the audit end. `None`: there is no key.
pub(crate) fn signer(settings: &Settings) -> Result<Option<Signer>, StartError> {
    let unusable = |error: std::io::Error| StartError::Folder { what: "data_dir", problem: error.to_string() };
    Ok(Signer::new(settings.journal_keys().map_err(unusable)?.iter()))
}

/// Where files lie: on our own disk, or in the bucket of the settings.
pub(crate) fn open_objects(settings: &Settings, link_secret: &Secret) -> Result<Objects, StartError> {
    if settings.object_store.url.is_empty() {
        return Objects::on_disk(&settings.data_dir.join("files"), &settings.public_url, link_secret.clone())
            .map_err(|error| StartError::Folder { what: "data_dir", problem: Chain(&error).to_string() });
    }
    Objects::on_s3(&settings.object_store)
        .map_err(|error| StartError::Part { what: "the object store", problem: Chain(&error).to_string() })
}

async fn open_database(settings: &Settings) -> Result<Db, StartError> {
    let broken = |error: &patchbay_store::StoreError| StartError::Database(Chain(error).to_string());
    let db = Db::open(&settings.database_url, settings.database_connections).await.map_err(|error| broken(&error))?;
    if !settings.auto_migrate {
        return Ok(db);
    }
    let since = tokio::time::Instant::now();
    loop {
        match db.migrate().await {
            Ok(()) => return Ok(db),
            Err(error) if error.is_unavailable() && since.elapsed() < DATABASE_PATIENCE => {
                tracing::warn!(error = %Chain(&error), "the database does not answer yet");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(error) => return Err(broken(&error)),
        }
    }
}

/// What tokens are checked and links are signed with.
struct TokenSecrets {
    keys: Option<TokenKeys>,
    link_secret: Secret,
}

/// The configured secret; in development one that is made once and kept beside the data, so that tokens survive a
/// restart. In production an outside issuer may stand alone.
fn token_secrets(
    settings: &Settings,
    stop: &CancellationToken,
    tasks: &mut Vec<JoinHandle<()>>,
) -> Result<TokenSecrets, StartError> {
    let auth = &settings.auth;
    let unusable = |error: std::io::Error| StartError::Folder { what: "data_dir", problem: error.to_string() };
    let secret = match (&auth.jwt_secret, settings.env) {
        (Some(secret), _) => Some(secret.clone()),
        (None, Environment::Development) => Some(development_secret(&settings.data_dir).map_err(unusable)?),
        (None, Environment::Production) => None,
    };
    let (issuer, audience) = (auth.issuer.clone(), auth.audience.clone());
    let own = secret.as_ref().and_then(|secret| TokenKeys::new(secret, issuer.clone(), audience.clone()));
    let keys = match &auth.jwks_url {
        None => own,
        Some(url) => {
            let (jwks, task) = Jwks::start(url, auth.jwks_rules(), stop.clone())
                .map_err(|error| StartError::Part { what: "auth.jwks_url", problem: Chain(&error).to_string() })?;
            tasks.push(task);
            Some(match own {
                Some(keys) => keys.and_published(jwks),
                None => TokenKeys::published(jwks, issuer, audience),
            })
        }
    };
    let link_secret = match secret {
        Some(secret) => secret,
        None => link_secret(&settings.data_dir).map_err(unusable)?,
    };
    Ok(TokenSecrets { keys, link_secret })
}

fn origin(url: &str) -> String {
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    let end = url.get(after_scheme..).and_then(|rest| rest.find('/')).map_or(url.len(), |at| after_scheme + at);
    url.get(..end).unwrap_or(url).to_owned()
}
