//! A node whose settings and environment a test writes itself.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use patchbay_tests::node::binary;
use patchbay_tests::services::free_port;
use patchbay_tests::{Caller, Node};
use tempfile::TempDir;

/// A running node on SQLite.
pub(crate) struct Server {
    pub(crate) node: Node,
    pub(crate) folder: TempDir,
    pub(crate) anonymous: Caller,
}

impl Server {
    /// Starts a node with these lines of settings beside its address.
    pub(crate) async fn start(settings: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let port = free_port();
        std::fs::write(
            folder.path().join("patchbay.toml"),
            format!("listen = \"127.0.0.1:{port}\"\ndata_dir = \"data\"\n{settings}"),
        )
        .expect("the settings can be written");
        let url = format!("http://127.0.0.1:{port}");
        let node = Node::start(folder.path(), &url, &[]).await;
        Self { node, anonymous: Caller::anonymous(&url), folder }
    }
}

/// Runs `patchbay serve` with these settings and variables until it ends by itself, 20 s at most.
pub(crate) fn serve_to_its_end(folder: &Path, settings: &str, variables: &[(&str, &str)]) -> Output {
    std::fs::write(folder.join("patchbay.toml"), settings).expect("the settings can be written");
    let mut child = Command::new(binary())
        .args(["serve", "--config", "patchbay.toml"])
        .envs(variables.iter().copied())
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    for _ in 0..200 {
        if child.try_wait().expect("it can be waited for").is_some() {
            break;
        }
        std::thread::park_timeout(Duration::from_millis(100));
    }
    let _ended = child.kill();
    child.wait_with_output().expect("it has ended")
}
