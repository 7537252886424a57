//! Bounds of the live part of a node.

use std::time::Duration;

/// Bounds of the live part of a node.
#[derive(Clone, Debug)]
pub struct Config {
    /// Sockets one node accepts; beyond it 503.
    pub max_sockets: usize,
    /// How often the server pings, and half of how long it waits for any sign of life.
    pub heartbeat: Duration,
    /// Frames waiting for one socket; beyond it the socket gets `system.resync` instead of them.
    pub queue_frames: usize,
    /// How long the peer may take no byte before it is too slow.
    pub write_timeout: Duration,
    /// How long the peer may take to read our goodbye, and to answer it.
    pub goodbye_timeout: Duration,
    /// Resyncs within a minute that make a socket too slow.
    pub resyncs_per_minute: usize,
    /// Most missed events that a resume replays.
    pub resume_events: usize,
    /// Oldest missed event that a resume replays.
    pub resume_age: Duration,
    /// How long a person may be silent before being shown as away.
    pub idle_after: Duration,
    /// How long a typing signal lasts.
    pub typing_lasts: Duration,
    /// How long somebody is taken to have a conversation open without saying so again.
    pub viewing_lasts: Duration,
    /// Longest pause between two looks at the feed when nobody says that it grew.
    pub poll: Duration,
    /// How long counters of queues gather changes.
    pub queue_debounce: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_sockets: 20_000,
            heartbeat: Duration::from_secs(25),
            queue_frames: 1024,
            write_timeout: Duration::from_secs(15),
            goodbye_timeout: Duration::from_secs(3),
            resyncs_per_minute: 10,
            resume_events: 1000,
            resume_age: Duration::from_mins(10),
            idle_after: Duration::from_mins(5),
            typing_lasts: Duration::from_secs(5),
            viewing_lasts: Duration::from_secs(30),
            poll: Duration::from_millis(250),
            queue_debounce: Duration::from_millis(200),
        }
    }
}
