//! Connections of mail servers: bounded in number, in time and in what they may make us hold.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use metrics::{counter, gauge};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_util::sync::CancellationToken;

use super::session::{Terms, too_many};
use super::talk::Host;
use crate::webhook::Ingress;

/// Longest life of a connection.
const CONNECTION_TIMEOUT: Duration = Duration::from_mins(30);
/// What all connections together may hold of unfinished mails.
const HELD_KILOBYTES: usize = 256 << 10;

/// How the receiver behaves.
#[derive(Clone)]
pub struct SmtpSettings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The name it gives itself.
    pub hostname: String,
    /// Largest mail, in bytes.
    pub max_bytes: usize,
    /// Connections at a time.
    pub max_connections: usize,
    /// Connections at a time of one client.
    pub max_connections_per_client: usize,
    /// Certificate and key for STARTTLS.
    pub tls: Option<Arc<ServerConfig>>,
}

impl std::fmt::Debug for SmtpSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpSettings").field("listen", &self.listen).finish_non_exhaustive()
    }
}

impl SmtpSettings {
    /// The usual bounds, without STARTTLS.
    pub fn new(listen: SocketAddr, hostname: impl Into<String>) -> Self {
        Self {
            listen,
            hostname: hostname.into(),
            max_bytes: 35 << 20,
            max_connections: 200,
            max_connections_per_client: 50,
            tls: None,
        }
    }
}

/// The receiver, bound and not yet running.
#[derive(Debug)]
pub struct SmtpListener {
    socket: TcpListener,
    shared: Arc<Shared>,
}

struct Shared {
    host: Host,
    places: Arc<Semaphore>,
    per_client: usize,
    /// Connections of each client. Held for a few instructions.
    clients: Mutex<HashMap<IpAddr, usize>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("terms", &self.host.terms).finish_non_exhaustive()
    }
}

/// A client's place; given back when it is dropped.
struct Place {
    shared: Arc<Shared>,
    client: IpAddr,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut clients = self.shared.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = clients.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                clients.remove(&self.client);
            }
        }
    }
}

impl SmtpListener {
    /// Binds the address.
    pub async fn bind(settings: SmtpSettings, ingress: Ingress) -> io::Result<Self> {
        let socket = TcpListener::bind(settings.listen).await?;
        let terms =
            Terms { hostname: settings.hostname, max_bytes: settings.max_bytes, has_tls: settings.tls.is_some() };
        let host = Host {
            ingress,
            terms,
            tls: settings.tls.map(TlsAcceptor::from),
            memory: Arc::new(Semaphore::new(HELD_KILOBYTES)),
        };
        let shared = Shared {
            host,
            places: Arc::new(Semaphore::new(settings.max_connections)),
            per_client: settings.max_connections_per_client,
            clients: Mutex::default(),
        };
        Ok(Self { socket, shared: Arc::new(shared) })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Takes mail until told to stop; then what is under way is finished.
    pub async fn run(self, stop: CancellationToken) {
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = self.socket.accept() => accepted,
                Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let (shared, stop) = (Arc::clone(&self.shared), stop.clone());
                    connections.spawn(async move { shared.welcome(stream, peer.ip(), stop).await });
                }
                Err(error) => {
                    tracing::warn!(error = %error, "a mail server could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
        while connections.join_next().await.is_some() {}
    }
}

impl Shared {
    async fn welcome(self: Arc<Self>, mut stream: TcpStream, client: IpAddr, stop: CancellationToken) {
        let Some(place) = self.place(client) else {
            counter!("smtp_connections_total", "outcome" => "refused").increment(1);
            let said = too_many(&self.host.terms);
            let _gone = tokio::time::timeout(Duration::from_secs(5), stream.write_all(said.as_bytes())).await;
            return;
        };
        counter!("smtp_connections_total", "outcome" => "accepted").increment(1);
        gauge!("smtp_connections").increment(1);
        let _nodelay = stream.set_nodelay(true);
        let talk = self.host.talk(stream, client, &stop);
        if let Ok(Err(error)) = tokio::time::timeout(CONNECTION_TIMEOUT, talk).await {
            tracing::debug!(error = %error, "a mail server went away");
        }
        gauge!("smtp_connections").decrement(1);
        drop(place);
    }

    fn place(self: &Arc<Self>, client: IpAddr) -> Option<Place> {
        let permit = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let count = clients.entry(client).or_default();
        if *count >= self.per_client {
            return None;
        }
        *count += 1;
        Some(Place { shared: Arc::clone(self), client, _permit: permit })
    }
}

#[cfg(test)]
mod tests;
