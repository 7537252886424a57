//! Waiting for a condition instead of for a time.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How long a condition may take unless the test says otherwise: generous, since it costs only when something is broken.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Asks `look` until it answers; returns the answer.
///
/// Panics, naming `what`, when there is none within `patience`.
#[track_caller]
pub fn eventually<T, F, Fut>(what: &str, patience: Duration, mut look: F) -> impl Future<Output = T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let caller = std::panic::Location::caller();
    async move {
        let deadline = Instant::now() + patience;
        let mut pause = Duration::from_millis(5);
        loop {
            if let Some(found) = look().await {
                return found;
            }
            assert!(Instant::now() < deadline, "{caller}: not within {patience:?}: {what}");
            sleep(pause).await;
            pause = (pause * 3 / 2).min(Duration::from_millis(200));
        }
    }
}
