//! Which other system a call went to, and how often it was tried there: for the call's row in the audit.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

tokio::task_local! {
    static TRIED: Arc<Tried>;
}

/// What a call did outside.
#[derive(Debug, Default)]
pub(crate) struct Tried {
    adapter: OnceLock<&'static str>,
    attempts: AtomicU32,
}

impl Tried {
    /// The system.
    pub(crate) fn adapter(&self) -> Option<&'static str> {
        self.adapter.get().copied()
    }

    /// How often it was tried.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts.load(Ordering::Relaxed)
    }
}

/// Runs a call, or a part of it in a task of its own, whose tries are counted.
pub(crate) async fn within<T>(tried: Arc<Tried>, work: impl Future<Output = T>) -> T {
    TRIED.scope(tried, work).await
}

/// Where the tries of the running call are counted.
pub(crate) fn current() -> Arc<Tried> {
    TRIED.try_with(Arc::clone).unwrap_or_default()
}

/// Counts a try.
pub(super) fn note(adapter: &'static str) {
    // Outside of a call (a draft that is settled by itself) nobody counts.
    let _outside = TRIED.try_with(|tried| {
        tried.adapter.get_or_init(|| adapter);
        tried.attempts.fetch_add(1, Ordering::Relaxed);
    });
}
