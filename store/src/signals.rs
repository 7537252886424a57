//! Tells this process that something was committed, and passes notices between its parts and the other nodes. Hints
//! only: whoever waits also looks by itself from time to time.

use patchbay_core::notice::Notice;
use tokio::sync::{broadcast, watch};

/// Notices kept for a receiver that is slow to take them; a slower one is told that it missed some.
const NOTICES_KEPT: usize = 1024;

/// Counts commits that appended to the feed, and commits that promised jobs; carries notices.
#[derive(Debug)]
pub struct Signals {
    feed: watch::Sender<u64>,
    jobs: watch::Sender<u64>,
    own_feed: watch::Sender<u64>,
    own_jobs: watch::Sender<u64>,
    notices: broadcast::Sender<Notice>,
    outgoing: broadcast::Sender<Notice>,
}

impl Default for Signals {
    fn default() -> Self {
        Self {
            feed: watch::Sender::new(0),
            jobs: watch::Sender::new(0),
            own_feed: watch::Sender::new(0),
            own_jobs: watch::Sender::new(0),
            notices: broadcast::Sender::new(NOTICES_KEPT),
            outgoing: broadcast::Sender::new(NOTICES_KEPT),
        }
    }
}

impl Signals {
    /// Changes whenever this process or, as far as it heard, another one committed events.
    pub fn feed(&self) -> watch::Receiver<u64> {
        self.feed.subscribe()
    }

    /// Changes whenever this process or, as far as it heard, another one committed jobs.
    pub fn jobs(&self) -> watch::Receiver<u64> {
        self.jobs.subscribe()
    }

    /// Wakes this process' readers of the feed.
    pub fn feed_grew(&self) {
        count(&self.feed);
    }

    /// Wakes this process' workers.
    pub fn jobs_grew(&self) {
        count(&self.jobs);
    }

    /// This process committed events.
    pub(crate) fn committed_feed(&self) {
        count(&self.feed);
        count(&self.own_feed);
    }

    /// This process committed jobs.
    pub(crate) fn committed_jobs(&self) {
        count(&self.jobs);
        count(&self.own_jobs);
    }

    /// Changes whenever this process committed events: what the bus tells other nodes.
    pub fn own_feed(&self) -> watch::Receiver<u64> {
        self.own_feed.subscribe()
    }

    /// Changes whenever this process committed jobs: what the bus tells other nodes.
    pub fn own_jobs(&self) -> watch::Receiver<u64> {
        self.own_jobs.subscribe()
    }

    /// Tells every part of this process and, through the bus, every other node. Call it after the commit it speaks of.
    pub fn announce(&self, notice: Notice) {
        // Nobody listening is fine: a command line tool has no sockets and no bus.
        let _ = self.outgoing.send(notice.clone());
        self.hear(notice);
    }

    /// Tells every part of this process what another node announced.
    pub fn hear(&self, notice: Notice) {
        match notice {
            Notice::FeedGrew => self.feed_grew(),
            Notice::JobsGrew => self.jobs_grew(),
            notice => {
                if notice == Notice::Missed {
                    self.feed_grew();
                    self.jobs_grew();
                }
                let _ = self.notices.send(notice);
            }
        }
    }

    /// What was announced here or on another node. Treat a lag like [`Notice::Missed`].
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.notices.subscribe()
    }

    /// What was announced here: what the bus tells other nodes.
    pub fn outgoing(&self) -> broadcast::Receiver<Notice> {
        self.outgoing.subscribe()
    }
}

fn count(watch: &watch::Sender<u64>) {
    watch.send_modify(|count| *count += 1);
}
