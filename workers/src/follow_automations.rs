//! Follows the feed for what automations wait for.

use std::time::Duration;

use patchbay_hub::automations::Reader;
use patchbay_store::StoreError;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::deps::Deps;
use crate::feed_rest::until_woken;
use crate::runner::Causes;

/// The shortest rest between two looks.
const BREATH: Duration = Duration::from_millis(200);

/// Takes what happens, until `stop`.
pub(crate) async fn run(deps: Deps, stop: CancellationToken) {
    let mut reader = Reader::default();
    let mut wake = deps.db.signals().feed();
    loop {
        wake.mark_unchanged();
        let started = Instant::now();
        match reader.take(&deps.hub).await {
            Ok(taken) if taken > 0 && !stop.is_cancelled() => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(error = %Causes(&error), "automations are behind the feed; trying again"),
        }
        if until_woken(&mut wake, started.elapsed(), BREATH, &stop).await.is_none() {
            return;
        }
    }
}

/// For tests: everything that is there, once.
pub(crate) async fn take_once(deps: &Deps) -> Result<usize, StoreError> {
    let mut reader = Reader::default();
    let mut count = 0;
    loop {
        match reader.take(&deps.hub).await? {
            0 => return Ok(count),
            taken => count += taken,
        }
    }
}
