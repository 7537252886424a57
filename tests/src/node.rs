//! The real binary as a process.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use crate::services::signal;
use crate::wait::eventually;

/// Longest wait for a node to be ready: a debug build under a busy machine.
const START: Duration = Duration::from_mins(1);

/// A running `patchbay serve`. It is killed with this value.
#[derive(Debug)]
pub struct Node {
    child: Option<Child>,
    base_url: String,
    folder: PathBuf,
    starts: u32,
}

/// The binary that was built with the tests.
///
/// Panics when it is not there: `cargo test` alone does not build another package's binary.
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("PATCHBAY_BIN") {
        return path.into();
    }
    let here = std::env::current_exe().expect("a running test knows its own path");
    // A benchmark lies beside the binary in target/<profile>, a test below it in deps.
    let beside = here.ancestors().skip(1).take(2).map(|folder| folder.join("patchbay")).find(|path| path.is_file());
    beside.expect("the binary lies beside its tests; build it with `cargo build --workspace --bins --tests`")
}

/// Runs `patchbay` with `arguments` in `folder` to its end.
pub fn run(folder: &Path, arguments: &[&str]) -> std::process::Output {
    Command::new(binary()).args(arguments).current_dir(folder).stdin(Stdio::null()).output().expect("the binary runs")
}

impl Node {
    /// Starts `patchbay serve` in `folder`, which holds its `patchbay.toml`; returns when it is ready.
    pub async fn start(folder: &Path, base_url: &str, arguments: &[&str]) -> Self {
        let mut node = Self { child: None, base_url: base_url.to_owned(), folder: folder.to_owned(), starts: 0 };
        node.launch(arguments);
        node.await_ready().await;
        node
    }

    /// Starts it again after [`Node::kill`] or [`Node::terminate`], with the same settings.
    pub async fn restart(&mut self) {
        self.launch(&[]);
        self.await_ready().await;
    }

    /// Starts it without waiting.
    pub fn launch(&mut self, arguments: &[&str]) {
        self.starts += 1;
        let log = File::create(self.log_path(self.starts)).expect("the log can be written");
        let child = Command::new(binary())
            .args(["serve", "--config", "patchbay.toml"])
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the log can be shared"))
            .stderr(log)
            .spawn()
            .expect("the binary starts");
        self.child = Some(child);
    }

    /// Returns when `/health/ready` says yes.
    ///
    /// Panics with the node's log when it ends or does not get there.
    pub async fn await_ready(&mut self) {
        let client = crate::client::http();
        let url = format!("{}/health/ready", self.base_url);
        let deadline = tokio::time::Instant::now() + START;
        loop {
            if let Ok(answer) = client.get(&url).send().await
                && answer.status().is_success()
            {
                return;
            }
            let ended = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
            assert!(ended.is_none(), "the node ended with {ended:?}:\n{}", self.log());
            assert!(tokio::time::Instant::now() < deadline, "the node did not get ready:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Processor time it has used so far.
    pub fn cpu_time(&self) -> Duration {
        let of = |child: &Child| std::fs::read_to_string(format!("/proc/{}/stat", child.id())).ok();
        let Some(stat) = self.child.as_ref().and_then(of) else { return Duration::ZERO };
        // After the name in parentheses: the 12th and 13th field, in ticks of 10 ms.
        let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
        let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        Duration::from_millis(ticks * 10)
    }

    /// `http://host:port`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _sent = child.kill();
            let _status = child.wait();
        }
    }

    /// Asks it to end and waits until it has.
    pub async fn terminate(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("the node runs");
        signal(&child, "TERM");
        eventually("the node ends after SIGTERM", Duration::from_secs(40), || {
            std::future::ready(child.try_wait().expect("the node can be waited for"))
        })
        .await
    }

    /// Memory it holds, in bytes.
    pub fn resident_bytes(&self) -> u64 {
        self.memory("VmRSS:")
    }

    fn memory(&self, figure: &str) -> u64 {
        let id = self.child.as_ref().map_or(0, Child::id);
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with(figure)).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024
    }

    /// Begins to measure anew how much memory it holds at most.
    pub fn measure_peak(&self) {
        let id = self.child.as_ref().map_or(0, Child::id);
        std::fs::write(format!("/proc/{id}/clear_refs"), "5").expect("the mark of a process of our own can be reset");
    }

    /// The most memory it held since then, in bytes.
    pub fn peak_bytes(&self) -> u64 {
        self.memory("VmHWM:")
    }

    /// Everything it has printed since its first start.
    pub fn log(&self) -> String {
        (1..=self.starts).map(|start| std::fs::read_to_string(self.log_path(start)).unwrap_or_default()).collect()
    }

    fn log_path(&self, start: u32) -> PathBuf {
        self.folder.join(format!("node-{start}.log"))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let log = self.log();
            let tail: Vec<&str> = log.lines().rev().take(60).collect();
            eprintln!("--- the last lines of the node at {}:", self.base_url);
            for line in tail.iter().rev() {
                eprintln!("{line}");
            }
        }
    }
}
