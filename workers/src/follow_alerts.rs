//! Follows the feed for what becomes an alert, and for answers to alerts.

use std::time::Duration;

use patchbay_hub::alerts::{Reader, Taken};
use patchbay_store::StoreError;
use tokio_util::sync::CancellationToken;

use crate::deps::Deps;
use crate::runner::Causes;

/// Longest time between two looks at the feed.
const POLL: Duration = Duration::from_secs(2);
/// How long to let events gather after the first: short, for somebody may be waiting for help.
const GATHER: Duration = Duration::from_millis(20);

/// Takes what happens, until `stop`.
pub(crate) async fn run(deps: Deps, stop: CancellationToken) {
    let mut reader = Reader::default();
    let mut wake = deps.db.signals().feed();
    loop {
        wake.mark_unchanged();
        match reader.take(&deps.hub).await {
            Ok(Taken::Some(_)) if !stop.is_cancelled() => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(error = %Causes(&error), "alerts are behind the feed; trying again"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(POLL) => {}
            _ = wake.changed() => tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(GATHER) => {}
            },
        }
    }
}

/// For tests: everything that is there, once.
pub(crate) async fn take_once(deps: &Deps) -> Result<usize, StoreError> {
    let mut reader = Reader::default();
    let mut count = 0;
    while let Taken::Some(taken) = reader.take(&deps.hub).await? {
        count += taken;
    }
    Ok(count)
}
