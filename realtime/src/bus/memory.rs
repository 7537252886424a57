//! The bus of nodes that share one process: tests, and a single node, which talks to nobody.

use patchbay_core::ids::NodeId;
use patchbay_core::notice::Notice;
use patchbay_store::Signals;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::Envelope;

#[derive(Clone, Debug)]
pub(super) struct MemoryWire(broadcast::Sender<Envelope>);

impl MemoryWire {
    pub(super) fn new() -> Self {
        Self(broadcast::Sender::new(1024))
    }

    pub(super) fn send(&self, envelope: Envelope) {
        // Nobody listening is a node alone.
        let _ = self.0.send(envelope);
    }

    pub(super) fn receiver(&self) -> broadcast::Receiver<Envelope> {
        self.0.subscribe()
    }
}

pub(super) async fn listen(receiver: &mut broadcast::Receiver<Envelope>, signals: &Signals, node: NodeId) {
    loop {
        match receiver.recv().await {
            Ok(envelope) if envelope.from == node => {}
            Ok(envelope) => signals.hear(envelope.notice),
            Err(RecvError::Lagged(_)) => signals.hear(Notice::Missed),
            Err(RecvError::Closed) => return,
        }
    }
}
