//! The live part of a node: what it holds, and the task that runs it.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRef;
use patchbay_core::notice::{Notice, Roster};
use patchbay_http::Gate;
use patchbay_store::Db;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Config;
use crate::presence::People;
use crate::queues::Queues;
use crate::registry::Registry;
use crate::typing::Signs;
use crate::{listener, queues, tailer};

/// Resumes that read the feed at the same time; the others wait, so that a thousand clients coming back at once neither
/// take every connection nor fill the memory.
const RESUMES_AT_ONCE: usize = 8;
/// How long sockets may take to close when the node stops.
const DRAIN: Duration = Duration::from_secs(10);

/// The live part of a node. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Realtime(Arc<Parts>);

/// What the live part of a node holds.
#[derive(Debug)]
pub struct Parts {
    pub(crate) db: Db,
    pub(crate) gate: Gate,
    pub(crate) config: Config,
    pub(crate) registry: Registry,
    pub(crate) people: People,
    pub(crate) signs: Signs,
    pub(crate) queues: Queues,
    pub(crate) resumes: Semaphore,
    /// Owns the tasks of the sockets.
    pub(crate) sockets: TaskTracker,
}

impl Deref for Realtime {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl FromRef<Realtime> for Gate {
    fn from_ref(realtime: &Realtime) -> Self {
        realtime.gate.clone()
    }
}

impl Realtime {
    /// Starts the live part of a node. On `stop` every socket is closed with 1012; the task ends when they have ended.
    ///
    /// It learns of commits and notices through the signals of `db`; [`crate::Bus::link`] joins those to other nodes'.
    pub fn start(db: Db, gate: Gate, config: Config, stop: CancellationToken) -> (Self, JoinHandle<()>) {
        let realtime = Self(Arc::new(Parts {
            registry: Registry::new(config.max_sockets, config.queue_frames),
            people: People::new(),
            signs: Signs::default(),
            queues: Queues::default(),
            resumes: Semaphore::new(RESUMES_AT_ONCE),
            sockets: TaskTracker::new(),
            db,
            gate,
            config,
        }));
        let task = tokio::spawn(realtime.clone().run(stop));
        (realtime, task)
    }

    async fn run(self, stop: CancellationToken) {
        let mut notices = self.db.signals().notices();
        tokio::select! {
            () = stop.cancelled() => {}
            () = async {
                tokio::join!(
                    tailer::follow(&self),
                    listener::listen(&self, &mut notices),
                    listener::keep_time(&self),
                    queues::watch(&self)
                );
            } => {}
        }
        self.registry.close_all();
        let people = Roster { node: self.people.node, people: Vec::new() };
        self.db.signals().announce(Notice::Present(people));
        self.sockets.close();
        if timeout(DRAIN, self.sockets.wait()).await.is_err() {
            tracing::warn!(sockets.open = self.sockets.len(), "some sockets did not close in time");
        }
    }
}
