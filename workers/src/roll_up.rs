//! Keeps the roll-ups of the reports up with the feed. Behind everything else: after each bite it rests many times as long
//! as the bite took, so that the intake has the database to itself.

use std::time::Duration;

use patchbay_hub::reports::rollup;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::deps::Deps;
use crate::runner::Causes;

/// Events that are taken in at once.
const BITE: i64 = 40;
/// Longest time between two looks.
const POLL: Duration = Duration::from_secs(10);
/// How long to rest after a bite, against the time it took.
const REST: u32 = 25;
/// The shortest rest.
const BREATH: Duration = Duration::from_millis(100);

/// Rolls up until `stop`.
pub(crate) async fn run(deps: Deps, stop: CancellationToken) {
    loop {
        let started = Instant::now();
        let rest = match rollup::roll_up(&deps.db, deps.clock.now(), BITE).await {
            Ok(0) => POLL,
            Ok(_) => (started.elapsed() * REST).max(BREATH),
            Err(error) => {
                tracing::warn!(error = %Causes(&error), "the roll-ups are behind; trying again");
                POLL
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(rest) => {}
        }
    }
}
