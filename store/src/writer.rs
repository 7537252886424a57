//! SQLite's one writer, shared: transactions that end close together share a commit, and so a sync of the disk.
//!
//! A transaction that ends while others wait does not commit. It passes the connection on inside the engine's
//! transaction, where every one but the first works behind a savepoint of its own, and is told only once the engine has
//! committed for all of them. One that is undone goes back to its savepoint and leaves no trace; one whose error made the
//! engine give up the whole transaction fails all that share it.
//!
//! Committing and undoing happen in one task, the keeper, so that a caller that goes away at any point leaves nothing
//! half done: the connection it held goes to the keeper.

mod checkpoints;
mod desk;
mod keeper;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Notify, OwnedMutexGuard, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::error::StoreError;
use crate::sqlite::{Connection, Options};
use checkpoints::Rest;
use desk::{Desk, Outcome};
use keeper::Keeper;

/// How long a caller waits for its turn before it is told that the database is away.
const PATIENCE: Duration = Duration::from_secs(15);

/// The one writer. It ends, committing what waits, when it is closed or when it and every transaction of it are dropped.
#[derive(Debug)]
pub(crate) struct Writer {
    desk: Arc<Mutex<Desk>>,
    left: mpsc::Sender<OwnedMutexGuard<Desk>>,
    due: Arc<Notify>,
    /// The keeper and whoever keeps the log short, until the writer is closed.
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Writer {
    /// Opens the connection.
    pub(crate) fn open(options: Options) -> Result<Self, StoreError> {
        let (committed, commits) = watch::channel(());
        let rest = Rest::default();
        let desk = Arc::new(Mutex::new(Desk::open(options.clone(), committed, rest.clone())?));
        // There is one desk: the channel is never full.
        let (left, to_settle) = mpsc::channel(1);
        let due = Arc::new(Notify::new());
        let keeper = Keeper::new(desk.clone(), to_settle, due.clone());
        let tasks = vec![tokio::spawn(keeper.keep()), tokio::spawn(checkpoints::keep_up(options, commits, rest))];
        Ok(Self { desk, left, due, tasks: Mutex::new(tasks) })
    }

    /// Waits for the turn and begins.
    pub(crate) async fn begin(&self) -> Result<Turn, StoreError> {
        let desk = match self.desk.clone().try_lock_owned() {
            Ok(desk) => desk,
            Err(_) => timeout(PATIENCE, self.desk.clone().lock_owned())
                .await
                .map_err(|waited| StoreError::Unavailable(waited.into()))?,
        };
        let mut turn = Turn { desk: Some(desk), left: self.left.clone(), due: self.due.clone(), is_given_up: false };
        turn.desk_mut().enter().await?;
        Ok(turn)
    }

    /// Runs `work` on the connection, outside of any transaction, on a thread where it may take long.
    pub(crate) async fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let mut desk = self.desk.lock().await;
        desk.settle().await;
        desk.aside(work).await?
    }

    /// Commits what waits and closes the connection.
    pub(crate) async fn close(&self) {
        let mut desk = self.desk.lock().await;
        desk.settle().await;
        desk.close();
        drop(desk);
        for task in self.tasks.lock().await.drain(..) {
            task.abort();
            let _ended = task.await;
        }
    }
}

/// A transaction while it has the connection.
#[derive(Debug)]
pub(crate) struct Turn {
    /// `None` once it was passed on.
    desk: Option<OwnedMutexGuard<Desk>>,
    left: mpsc::Sender<OwnedMutexGuard<Desk>>,
    due: Arc<Notify>,
    is_given_up: bool,
}

impl Turn {
    /// The connection, and where a statement notes that its error made the engine give up the transaction.
    pub(crate) fn wire(&mut self) -> (&mut Connection, &mut bool) {
        let desk = self.desk.as_mut().expect("a turn has the desk until it ends");
        (desk.working(), &mut self.is_given_up)
    }

    /// Ends well. Returns once everything is durable.
    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        if self.is_given_up {
            self.rollback().await?;
            return Err(given_up());
        }
        let (told, outcome) = oneshot::channel();
        let is_full = match self.desk_mut().leave(told) {
            Ok(is_full) => is_full,
            Err(error) => {
                self.rollback().await?;
                return Err(error);
            }
        };
        if is_full {
            self.leave_to_keeper();
        } else {
            self.desk = None;
            self.due.notify_one();
        }
        wait(outcome).await
    }

    /// Undoes everything since it began. What it saw of others who wait for their commit is durable when this returns
    /// well.
    pub(crate) async fn rollback(mut self) -> Result<(), StoreError> {
        let (told, outcome) = oneshot::channel();
        self.desk_mut().listen(told);
        self.leave_to_keeper();
        wait(outcome).await
    }

    fn desk_mut(&mut self) -> &mut Desk {
        self.desk.as_mut().expect("a turn has the desk until it ends")
    }

    fn leave_to_keeper(&mut self) {
        if let Some(desk) = self.desk.take() {
            // Without a keeper the writer was closed: the engine forgets what was not committed.
            let _closed = self.left.try_send(desk);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.leave_to_keeper();
    }
}

async fn wait(outcome: oneshot::Receiver<Outcome>) -> Result<(), StoreError> {
    match outcome.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(reason)) => Err(StoreError::Unavailable(reason.into())),
        Err(closed) => Err(StoreError::Unavailable(closed.into())),
    }
}

/// A statement's error made the engine give up the whole transaction.
pub(crate) fn given_up() -> StoreError {
    StoreError::Unavailable("the transaction was given up after an error".into())
}
