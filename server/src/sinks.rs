//! Files that tell how the server does: lines appended, and a snapshot replaced. Each belongs to one task with a bounded
//! queue; what does not fit is dropped and counted, and a file that cannot be written is logged and hurts nobody.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Lines that may wait.
const WAITING_LINES: usize = 4_096;
/// Lines written at once.
const BATCH: usize = 256;
/// Least time between two snapshots.
const SNAPSHOT_PAUSE: Duration = Duration::from_secs(1);
/// After a failure, the next one is logged only after so long.
const COMPLAIN_EVERY: Duration = Duration::from_mins(1);

/// Starts the task that appends lines to `path`, and gives the way to it. It ends after `stop`, with everything written.
pub(crate) fn lines(path: PathBuf, stop: CancellationToken) -> (mpsc::Sender<String>, JoinHandle<()>) {
    let (sender, mut lines) = mpsc::channel::<String>(WAITING_LINES);
    let task = tokio::spawn(async move {
        let mut sink = LineSink { path, file: None, complaints: Complaints::default() };
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let count = tokio::select! {
                count = lines.recv_many(&mut batch, BATCH) => count,
                () = stop.cancelled() => break,
            };
            if count == 0 {
                return;
            }
            sink.append(&mut batch).await;
        }
        while let Ok(line) = lines.try_recv() {
            batch.push(line);
        }
        sink.append(&mut batch).await;
    });
    (sender, task)
}

struct LineSink {
    path: PathBuf,
    file: Option<File>,
    complaints: Complaints,
}

impl LineSink {
    async fn append(&mut self, batch: &mut Vec<String>) {
        let mut text = String::with_capacity(batch.iter().map(|line| line.len() + 1).sum());
        for line in batch.drain(..) {
            text.push_str(&line);
            text.push('\n');
        }
        if let Err(error) = self.write(text.as_bytes()).await {
            // Opened anew next time: whoever rotates the file may have taken it away.
            self.file = None;
            self.complaints.about(&self.path, &error);
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), std::io::Error> {
        let file = match &mut self.file {
            Some(file) => file,
            empty => {
                make_folder(&self.path).await?;
                empty.insert(OpenOptions::new().create(true).append(true).open(&self.path).await?)
            }
        };
        file.write_all(bytes).await?;
        file.flush().await
    }
}

/// Starts the task that writes what `render` makes to `path` whenever `changed` says so, at most once a second. It ends
/// after `stop`, with a last snapshot.
pub(crate) fn snapshots(
    path: PathBuf,
    changed: Arc<Notify>,
    render: impl Fn() -> String + Send + 'static,
    stop: CancellationToken,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut complaints = Complaints::default();
        loop {
            let last = tokio::select! {
                () = changed.notified() => false,
                () = stop.cancelled() => true,
            };
            if let Err(error) = replace(&path, render()).await {
                complaints.about(&path, &error);
            }
            if last {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(SNAPSHOT_PAUSE) => {}
                () = stop.cancelled() => {}
            }
        }
    })
}

/// Whoever reads `path` sees the old text or the new one, never a part.
async fn replace(path: &Path, text: String) -> Result<(), std::io::Error> {
    make_folder(path).await?;
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let beside = PathBuf::from(name);
    tokio::fs::write(&beside, text).await?;
    tokio::fs::rename(&beside, path).await
}

async fn make_folder(path: &Path) -> Result<(), std::io::Error> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => tokio::fs::create_dir_all(folder).await,
        _ => Ok(()),
    }
}

/// Logs that a sink fails, but not for every line.
#[derive(Default)]
struct Complaints {
    last: Option<tokio::time::Instant>,
}

impl Complaints {
    fn about(&mut self, path: &Path, error: &std::io::Error) {
        if self.last.is_none_or(|last| last.elapsed() >= COMPLAIN_EVERY) {
            self.last = Some(tokio::time::Instant::now());
            tracing::warn!(%error, "the sink {} cannot be written", path.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_are_appended_and_none_is_lost_at_the_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/in/requests.ndjson");
        for round in 0..2 {
            let stop = CancellationToken::new();
            let (sender, task) = lines(path.clone(), stop.clone());
            for line in 0..1_000 {
                sender.send(format!("{round}-{line}")).await.expect("it listens");
            }
            stop.cancel();
            task.await.expect("it ends");
        }
        let text = std::fs::read_to_string(&path).expect("it is there");
        assert_eq!(text.lines().count(), 2_000);
        assert_eq!(text.lines().last(), Some("1-999"));
    }

    #[tokio::test]
    async fn a_sink_that_cannot_be_written_ends_all_the_same() {
        let folder = tempfile::tempdir().expect("a folder");
        let stop = CancellationToken::new();
        let (sender, task) = lines(folder.path().to_owned(), stop.clone());
        sender.send("lost".into()).await.expect("it listens");
        let changed = Arc::new(Notify::new());
        let snapshot = snapshots(folder.path().to_owned(), changed.clone(), || "lost".into(), stop.clone());
        changed.notify_one();
        stop.cancel();
        task.await.expect("it ends");
        snapshot.await.expect("it ends");
    }

    #[tokio::test]
    async fn a_snapshot_is_replaced_at_most_once_a_second() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("metrics.json");
        let (stop, changed) = (CancellationToken::new(), Arc::new(Notify::new()));
        let rendered = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let count = rendered.clone();
        let render = move || (count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1).to_string();
        let task = snapshots(path.clone(), changed.clone(), render, stop.clone());
        for _ in 0..25 {
            changed.notify_one();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        stop.cancel();
        task.await.expect("it ends");
        let times = rendered.load(std::sync::atomic::Ordering::SeqCst);
        assert!((2..=5).contains(&times), "{times} snapshots in 2.5 s");
        assert_eq!(std::fs::read_to_string(&path).expect("it is there"), times.to_string());
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is left beside it");
    }
}
