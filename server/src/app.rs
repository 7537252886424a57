//! The composition: opens what the settings name, starts the parts that the roles ask for, and stops them in order.

mod demo;
mod observability;
mod parts;
mod replay;
mod web;

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::roles::Roles;
use crate::settings::Settings;
use parts::Parts;
pub(crate) use parts::{open_objects, signer};
pub(crate) use replay::{Window, replay_journal};

/// Why the server did not start, in one line.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The database is not usable.
    #[error("the database cannot be used: {0}")]
    Database(String),
    /// A folder or the spool is not usable.
    #[error("{what} cannot be used: {problem}")]
    Folder {
        /// Which.
        what: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// Redis, the simulator or another part is not usable.
    #[error("{what} cannot be started: {problem}")]
    Part {
        /// Which.
        what: &'static str,
        /// What is wrong.
        problem: String,
    },
}

/// A running server.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// Base of the URL under which this machine reaches it.
    pub url: String,
    /// Lines for whoever started a demo: logins and pages.
    pub greeting: Vec<String>,
    /// Stops accepting, closes sockets, ends workers.
    stop: CancellationToken,
    /// Ends the intake once nothing can arrive any more.
    stop_intake: CancellationToken,
    web: JoinHandle<()>,
    parts: Parts,
}

/// Starts the server. It runs until [`Running::shutdown`].
pub async fn start(mut settings: Settings, roles: Roles, mode: Mode) -> Result<Running, StartError> {
    let listener = TcpListener::bind(&settings.listen)
        .await
        .map_err(|source| StartError::Listen { address: settings.listen.clone(), source })?;
    let address =
        listener.local_addr().map_err(|source| StartError::Listen { address: settings.listen.clone(), source })?;
    if settings.public_url.ends_with(":0") {
        settings.public_url = format!("http://{address}");
    }
    let (stop, stop_intake) = (CancellationToken::new(), CancellationToken::new());
    let mut parts = Parts::open(&settings, mode, &stop_intake).await?;
    let simulated = demo::prepare(&mut settings, mode, &mut parts).await?;
    parts.start(&settings, roles, &stop, &stop_intake).await?;
    let watched = observability::start(&settings, &mut parts, address, &stop_intake);
    let router = web::router(&settings, roles, &parts, watched, &simulated, &stop);
    let web = tokio::spawn(crate::listener::serve(listener, router, settings.limits.connections, stop.clone()));
    let url = format!("http://{address}");
    Ok(Running { address, greeting: simulated.greeting(&url), url, stop, stop_intake, web, parts })
}

/// Whether the server runs in earnest or shows itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// With what the settings name and nothing else.
    Earnest,
    /// With demo data and simulated providers.
    Demo,
}

impl Running {
    /// Stops accepting, finishes what is in flight (30 s at most), closes sockets with 1012, writes what was accepted.
    pub async fn shutdown(self) {
        self.stop.cancel();
        if let Err(error) = self.web.await {
            tracing::error!(%error, "the listener ended badly");
        }
        self.stop_intake.cancel();
        self.parts.finish().await;
    }
}
