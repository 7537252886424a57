//! A PostgreSQL and a Redis of one test's own, to be stopped, frozen and started again while the test looks on.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::source_tree;
use crate::wait::eventually;

/// A server program in a temporary folder, on a port of its own. It ends with this value.
#[derive(Debug)]
pub struct PrivateService {
    script: &'static str,
    folder: TempDir,
    port: u16,
    child: Option<Child>,
}

impl PrivateService {
    /// Starts PostgreSQL.
    pub async fn postgres() -> Self {
        Self::launch("private-postgres").await
    }

    /// Starts Redis.
    pub async fn redis() -> Self {
        Self::launch("private-redis").await
    }

    async fn launch(script: &'static str) -> Self {
        let folder =
            tempfile::Builder::new().prefix("patchbay-service").tempdir().expect("a temporary folder can be made");
        open_to_others(folder.path()).expect("the folder's rights can be set");
        let mut service = Self { script, folder, port: free_port(), child: None };
        service.start().await;
        service
    }

    /// Its address, as settings take it.
    pub fn url(&self) -> String {
        match self.script {
            "private-postgres" => format!("postgres://patchbay@127.0.0.1:{}/postgres", self.port),
            _ => format!("redis://127.0.0.1:{}", self.port),
        }
    }

    /// Starts it again, on the same port and with what it had on disk; returns when it accepts connections.
    pub async fn start(&mut self) {
        let script = source_tree::root().join("scripts").join(self.script);
        let log = std::fs::File::create(self.folder.path().join("log")).expect("the log can be written");
        let child = Command::new(script)
            .arg(self.folder.path().join("service"))
            .arg(self.port.to_string())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the log can be shared"))
            .stderr(log)
            .spawn()
            .expect("the service's script runs");
        self.child = Some(child);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        eventually("the private service accepts connections", Duration::from_mins(1), || async move {
            TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok().then_some(())
        })
        .await;
    }

    /// Stops it: connections are cut, what was committed stays.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            signal(&child, "INT");
            let _ended = child.wait();
        }
    }

    /// Freezes it: connections stay open and nobody answers.
    pub fn freeze(&self) {
        if let Some(child) = &self.child {
            signal(child, "STOP");
        }
    }

    /// Lets it go on after [`PrivateService::freeze`].
    pub fn thaw(&self) {
        if let Some(child) = &self.child {
            signal(child, "CONT");
        }
    }
}

impl Drop for PrivateService {
    fn drop(&mut self) {
        self.thaw();
        self.stop();
    }
}

/// Sends a signal by name. A process that has ended already is no error.
pub fn signal(child: &Child, name: &str) {
    let _status =
        Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).stderr(Stdio::null()).status();
}

/// A port that is free now, below the range from which the system hands out ports to clients, so that it is still free
/// when a service comes back to it.
pub fn free_port() -> u16 {
    loop {
        let port = rand::random_range(10_000..20_000);
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

/// PostgreSQL runs as another user when we are root; that user must be able to pass through the folder.
fn open_to_others(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))
}
