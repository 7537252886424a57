//! Settles the desk: at once when somebody leaves it to the keeper, else when the keeper's turn comes.

use std::pin::Pin;
use std::sync::Arc;

use futures::FutureExt as _;
use tokio::sync::{Mutex, Notify, OwnedMutexGuard, mpsc};

use super::desk::Desk;

/// The only one who commits.
pub(super) struct Keeper {
    desk: Arc<Mutex<Desk>>,
    to_settle: mpsc::Receiver<OwnedMutexGuard<Desk>>,
    due: Arc<Notify>,
}

type Turn = Pin<Box<dyn Future<Output = OwnedMutexGuard<Desk>> + Send>>;

impl Keeper {
    pub(super) fn new(
        desk: Arc<Mutex<Desk>>,
        to_settle: mpsc::Receiver<OwnedMutexGuard<Desk>>,
        due: Arc<Notify>,
    ) -> Self {
        Self { desk, to_settle, due }
    }

    /// Keeps until nobody can leave it anything any more.
    pub(super) async fn keep(mut self) {
        // Kept from round to round: whoever waits for the desk keeps the place in its queue.
        let mut turn: Option<Turn> = None;
        loop {
            tokio::select! {
                left = self.to_settle.recv() => match left {
                    Some(mut desk) => desk.settle().await,
                    None => break,
                },
                mut desk = async { turn.as_mut().expect("asked for only when there is one").await }, if turn.is_some() => {
                    turn = None;
                    desk.settle().await;
                }
                () = self.due.notified(), if turn.is_none() => turn = Some(self.desk.clone().lock_owned().boxed()),
            }
        }
        drop(turn);
        self.desk.lock().await.settle().await;
    }
}
