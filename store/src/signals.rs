//! Tells this process that something was committed. A hint only: whoever waits also looks by itself from time to time.

use tokio::sync::watch;

/// Counts commits that appended to the feed, and commits that promised jobs.
#[derive(Debug)]
pub struct Signals {
    feed: watch::Sender<u64>,
    jobs: watch::Sender<u64>,
}

impl Default for Signals {
    fn default() -> Self {
        Self { feed: watch::Sender::new(0), jobs: watch::Sender::new(0) }
    }
}

impl Signals {
    /// Changes whenever this process committed events.
    pub fn feed(&self) -> watch::Receiver<u64> {
        self.feed.subscribe()
    }

    /// Changes whenever this process committed jobs.
    pub fn jobs(&self) -> watch::Receiver<u64> {
        self.jobs.subscribe()
    }

    /// Says that events were committed, here or on another node.
    pub fn feed_grew(&self) {
        self.feed.send_modify(|count| *count += 1);
    }

    /// Says that jobs were committed, here or on another node.
    pub fn jobs_grew(&self) {
        self.jobs.send_modify(|count| *count += 1);
    }
}
