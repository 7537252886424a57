//! Start and stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::config::SimulatorConfig;
use crate::fetcher::Fetcher;
use crate::handle::Handle;
use crate::world::Shared;
use crate::{courier, desk, fetcher, graph, ledger, listener, mail, model, phones, slack, twilio};

/// The simulator before it runs.
#[derive(Clone, Copy, Debug)]
pub struct Simulator;

/// Why a simulator could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is taken or not ours to take.
    #[error("the simulator cannot listen on {addr}")]
    Listen {
        /// The address asked for.
        addr: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The HTTP client for webhooks could not be built.
    #[error("the simulator has no HTTP client")]
    Client(#[source] reqwest::Error),
}

/// A simulator that runs. Dropping it stops it without waiting; [`Running::shutdown`] waits.
#[derive(Debug)]
pub struct Running {
    /// Where the fakes listen.
    pub addr: SocketAddr,
    /// Where the mail server listens, if there is one.
    pub mail_addr: Option<SocketAddr>,
    /// What drives them.
    pub handle: Handle,
    parts: Parts,
}

struct Parts {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

impl Simulator {
    /// Binds the port and starts the fakes: the Graph API and the Twilio API at the root, the phones at `/sim/api`.
    pub async fn start(config: SimulatorConfig) -> Result<Running, StartError> {
        let unusable = |source| StartError::Listen { addr: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(unusable)?;
        let addr = listener.local_addr().map_err(unusable)?;
        let post_office = match &config.mail {
            None => None,
            Some(server) => {
                let unusable = |source| StartError::Listen { addr: server.listen, source };
                let listener = TcpListener::bind(server.listen).await.map_err(unusable)?;
                let addr = listener.local_addr().map_err(unusable)?;
                Some((listener, addr))
            }
        };
        let client = client().map_err(StartError::Client)?;
        let (fetcher, waiting) = Fetcher::new();
        let shared = Arc::new(Shared::new(config, format!("http://{addr}"), fetcher));
        let mut tasks = JoinSet::new();
        tasks.spawn(listener::run(listener, router(&shared), shared.stop.clone()));
        tasks.spawn(fetcher::run(Arc::clone(&shared), client.clone(), waiting));
        tasks.spawn(courier::run(Arc::clone(&shared), client));
        let mail_addr = post_office.as_ref().map(|(_, addr)| *addr);
        if let Some((listener, _)) = post_office {
            tasks.spawn(mail::run(Arc::clone(&shared), listener));
            mail::seed(&shared);
        }
        tracing::info!(listen = %addr, "the provider simulator listens on {addr}");
        let handle = Handle::new(Arc::clone(&shared));
        Ok(Running { addr, mail_addr, handle, parts: Parts { shared, tasks } })
    }
}

impl Running {
    /// `http://host:port`: the `api_base` of a Twilio inbox.
    pub fn base_url(&self) -> String {
        self.parts.shared.base_url.clone()
    }

    /// The `api_base` of a WhatsApp inbox, version included.
    pub fn graph_base(&self) -> String {
        format!("{}/v23.0", self.parts.shared.base_url)
    }

    /// The `smtp_url` of a mailbox without password; `None`: there is no mail server.
    pub fn smtp_url(&self) -> Option<String> {
        self.mail_addr.map(|addr| format!("smtp://{addr}"))
    }

    /// The `base_url` of the transaction system.
    pub fn ledger_base(&self) -> String {
        format!("{}{}", self.parts.shared.base_url, crate::ledger::LEDGER_PATH)
    }

    /// The `base_url` of the ticketing system.
    pub fn desk_base(&self) -> String {
        format!("{}{}", self.parts.shared.base_url, crate::desk::DESK_PATH)
    }

    /// The address of Slack's incoming webhook.
    pub fn slack_url(&self) -> String {
        format!("{}{}{}", self.parts.shared.base_url, crate::slack::SLACK_PATH, crate::slack::SLACK_HOOK)
    }

    /// The `base_url` of the language model.
    pub fn model_base(&self) -> String {
        format!("{}{}", self.parts.shared.base_url, crate::model::MODEL_PATH)
    }

    /// What it was started with: numbers, secrets, phones.
    pub fn config(&self) -> &SimulatorConfig {
        &self.parts.shared.config
    }

    /// Everything the simulator serves, to be mounted elsewhere as well.
    pub fn router(&self) -> Router {
        router(&self.parts.shared)
    }

    /// Only the phones' API below `/sim/api`: what the server mounts beside its own routes in a demo.
    pub fn phones_router(&self) -> Router {
        phones::router(&self.parts.shared)
    }

    /// Stops taking requests, forgets waiting webhooks, and waits for its tasks: a few seconds at most.
    pub async fn shutdown(mut self) {
        self.parts.shared.stop.cancel();
        while self.parts.tasks.join_next().await.is_some() {}
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Parts")
    }
}

fn router(shared: &Arc<Shared>) -> Router {
    twilio::router(shared)
        .merge(phones::router(shared))
        .merge(graph::router(shared))
        .merge(ledger::router(shared))
        .merge(desk::router(shared))
        .merge(slack::router(shared))
        .merge(model::router(shared))
}

/// The client of the webhooks: no proxy, no redirects, Twilio's 5 s to connect. Without any root certificates on the
/// machine it still speaks plain HTTP, which is all a local simulator needs.
fn client() -> Result<reqwest::Client, reqwest::Error> {
    let builder = || {
        reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .pool_max_idle_per_host(64)
    };
    builder().build().or_else(|_| builder().tls_certs_only([]).build())
}
