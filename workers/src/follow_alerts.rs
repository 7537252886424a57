//! Follows the feed for what becomes an alert, and for answers to alerts. A few looks a second at most, however busy the
//! feed is.

use std::time::Duration;

use patchbay_hub::alerts::{Reader, Taken};
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
            Ok(Taken::Some(_)) if !stop.is_cancelled() => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(error = %Causes(&error), "alerts are behind the feed; trying again"),
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
    while let Taken::Some(taken) = reader.take(&deps.hub).await? {
        count += taken;
    }
    Ok(count)
}
