//! The rest between two looks at the feed: many times as long as a look took, so that a busy feed, which wakes its readers
//! at every commit, is looked at a few times a second at most.

use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Longest time between two looks.
const POLL: Duration = Duration::from_secs(2);
/// How long to rest after a look, against the time it took.
const REST: u32 = 4;
/// How long to let events gather after the first: short, for somebody may be waiting for help.
const GATHER: Duration = Duration::from_millis(20);

/// Rests, then waits until something happens or it is time for another look. `None`: time to stop.
pub(crate) async fn until_woken(
    wake: &mut watch::Receiver<u64>,
    took: Duration,
    breath: Duration,
    stop: &CancellationToken,
) -> Option<()> {
    let rest = (took * REST).max(breath).min(POLL);
    let woken = async {
        tokio::time::sleep(rest).await;
        if wake.changed().await.is_ok() {
            tokio::time::sleep(GATHER).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => None,
        _ = tokio::time::timeout(POLL, woken) => Some(()),
    }
}
