//! The bus between nodes: it carries what one node's [`patchbay_store::Signals`] announce to the others'. It may lose and repeat; the
//! database is the truth, and after a gap every node hears [`Notice::Missed`] and looks.

mod memory;
mod redis;

use patchbay_core::ids::NodeId;
use patchbay_core::notice::Notice;
use patchbay_store::Db;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use self::memory::MemoryWire;
use self::redis::{Publisher, RedisWire};

/// One node's seat on a bus.
#[derive(Clone, Debug)]
pub struct Bus {
    node: NodeId,
    wire: Wire,
}

#[derive(Clone, Debug)]
enum Wire {
    Memory(MemoryWire),
    Redis(RedisWire),
}

/// A notice on its way, with the node it came from, which must not hear it again.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Envelope {
    from: NodeId,
    #[serde(flatten)]
    notice: Notice,
}

/// Why there is no bus.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BusError {
    /// The address is not one of Redis.
    #[error("redis_url must be redis://host:port, rediss://… or redis-cluster://host:port,host:port")]
    Address,
}

impl Bus {
    /// A bus inside this process; every clone of it by [`Bus::another_node`] sits on the same one.
    pub fn memory() -> Self {
        Self { node: NodeId::new(), wire: Wire::Memory(MemoryWire::new()) }
    }

    /// A bus over Redis pub/sub: `redis://`, `rediss://` or `redis-cluster://`, several hosts separated by commas.
    /// Nothing is connected before [`Bus::link`]. `channel` keeps installations that share one Redis apart.
    pub fn redis(url: &str, channel: &str) -> Result<Self, BusError> {
        Ok(Self { node: NodeId::new(), wire: Wire::Redis(RedisWire::new(url, channel)?) })
    }

    /// Another node's seat on the same bus.
    #[must_use]
    pub fn another_node(&self) -> Self {
        Self { node: NodeId::new(), wire: self.wire.clone() }
    }

    /// Whether this process hears its neighbors. Without them it still hears of everything, later: from the feed.
    pub fn is_up(&self) -> bool {
        match &self.wire {
            Wire::Memory(_) => true,
            Wire::Redis(wire) => wire.is_heard(),
        }
    }

    /// Joins the signals of `db` to the bus until `stop`. Every process runs one link, whatever its roles.
    pub fn link(self, db: Db, stop: CancellationToken) -> JoinHandle<()> {
        // Whatever is announced from here on is heard, even before the task runs for the first time.
        let ears =
            Ears { feed: db.signals().own_feed(), jobs: db.signals().own_jobs(), outgoing: db.signals().outgoing() };
        let memory = match &self.wire {
            Wire::Memory(wire) => Some(wire.receiver()),
            Wire::Redis(_) => None,
        };
        tokio::spawn(async move {
            let signals = db.signals();
            let both = async {
                match (&self.wire, memory) {
                    (Wire::Memory(wire), Some(mut receiver)) => {
                        tokio::join!(
                            speak(ears, self.node, Mouth::Memory(wire)),
                            memory::listen(&mut receiver, signals, self.node)
                        );
                    }
                    (Wire::Redis(wire), _) => {
                        tokio::join!(
                            speak(ears, self.node, Mouth::Redis(Publisher::new(wire))),
                            redis::listen(wire, signals, self.node)
                        );
                    }
                    (Wire::Memory(_), None) => {}
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = both => {}
            }
        })
    }
}

/// What this node announces.
struct Ears {
    feed: watch::Receiver<u64>,
    jobs: watch::Receiver<u64>,
    outgoing: broadcast::Receiver<Notice>,
}

enum Mouth<'w> {
    Memory(&'w MemoryWire),
    Redis(Publisher<'w>),
}

/// Sends what this node announces. Commits are coalesced: while one hint is on its way, the next ones become one.
async fn speak(mut ears: Ears, node: NodeId, mut mouth: Mouth<'_>) {
    loop {
        let notice = tokio::select! {
            Ok(()) = ears.feed.changed() => Notice::FeedGrew,
            Ok(()) = ears.jobs.changed() => Notice::JobsGrew,
            announced = ears.outgoing.recv() => match announced {
                Ok(notice) => notice,
                Err(RecvError::Lagged(_)) => Notice::Missed,
                Err(RecvError::Closed) => return,
            },
            else => return,
        };
        let envelope = Envelope { from: node, notice };
        match &mut mouth {
            Mouth::Memory(wire) => wire.send(envelope),
            Mouth::Redis(publisher) => publisher.send(&envelope).await,
        }
    }
}
