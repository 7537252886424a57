//! The connection, and who shares the transaction that is open on it.

use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use super::checkpoints::Rest;
use super::given_up;
use crate::error::StoreError;
use crate::sqlite::{Connection, Options, is_busy};

/// Most transactions that share a commit.
const MOST: u32 = 64;
/// How long the first of them waits for others, once it has ended.
const LONGEST: Duration = Duration::from_millis(2);
/// How long another process may write before a transaction is told that the database is away, and how often it is asked.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(2);

/// The savepoint before a transaction that is not the first: there is one at a time, because SQLite keeps a copy of each
/// page that changes for the newest and a note of it for every one that stands.
const SET: &str = "savepoint turn";
const LIFTED: &str = "release turn";
const BACK: &str = "rollback to turn";

/// Whether everything is durable now; else why not.
pub(super) type Outcome = Result<(), String>;

/// Whoever has the desk has the connection.
#[derive(Debug)]
pub(crate) struct Desk {
    options: Options,
    /// `None` after a failure that leaves its state in doubt, and once it is closed.
    connection: Option<Connection>,
    shared: Option<Shared>,
    /// Notes that something was committed.
    committed: watch::Sender<()>,
    /// What is left of the log to copy.
    rest: Rest,
    is_closed: bool,
}

/// The transaction of the engine, and who shares it.
#[derive(Debug)]
struct Shared {
    /// How many have entered. The first stands behind no savepoint.
    entered: u32,
    /// The last one that entered has not ended yet.
    at_work: AtWork,
    /// When the first of them ended.
    ended_at: Option<Instant>,
    /// Those who ended and wait for the commit.
    waiting: Vec<oneshot::Sender<Outcome>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AtWork {
    Nobody,
    /// Asked the engine to begin and has no answer yet.
    Entering,
    Entered,
}

impl Desk {
    pub(super) fn open(options: Options, committed: watch::Sender<()>, rest: Rest) -> Result<Self, StoreError> {
        let connection = Some(Connection::open(&options)?);
        Ok(Self { options, connection, shared: None, committed, rest, is_closed: false })
    }

    /// The connection; a new one when the last was given up.
    fn connection(&mut self) -> Result<&mut Connection, StoreError> {
        if self.is_closed {
            return Err(closed());
        }
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open(&self.options)?,
        };
        Ok(self.connection.insert(connection))
    }

    /// Works with the connection on a thread where that may take long.
    pub(super) async fn aside<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        self.connection()?;
        let mut connection = self.connection.take().ok_or_else(closed)?;
        let work = move || {
            let done = work(&mut connection);
            (connection, done)
        };
        let (connection, done) = spawn_blocking(work).await.map_err(|gone| StoreError::Unavailable(gone.into()))?;
        self.connection = Some(connection);
        Ok(done)
    }

    /// The connection of a transaction at work.
    pub(super) fn working(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("a transaction at work has a connection")
    }

    /// Begins, or enters the transaction that others have left open. After an error, or when the caller goes away, the
    /// desk must be settled.
    pub(super) async fn enter(&mut self) -> Result<(), StoreError> {
        // Whoever goes away leaves the desk to the keeper: only one that has ended leaves it like this.
        if self.shared.as_ref().is_some_and(|shared| shared.at_work != AtWork::Nobody) {
            return Err(closed());
        }
        self.connection()?;
        let entered = self.shared.as_ref().map_or(0, |shared| shared.entered) + 1;
        let shared = self.shared.get_or_insert_with(|| Shared {
            entered,
            at_work: AtWork::Nobody,
            ended_at: None,
            waiting: Vec::new(),
        });
        (shared.entered, shared.at_work) = (entered, AtWork::Entering);
        if entered == 1 {
            self.begin().await?;
        } else {
            self.run(SET).map_err(StoreError::Statement)?;
        }
        self.shared.as_mut().expect("it is open").at_work = AtWork::Entered;
        Ok(())
    }

    /// Waits for another process that writes, without holding the thread.
    async fn begin(&mut self) -> Result<(), StoreError> {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.working().control("begin immediate") {
                Err(error) if is_busy(&error) && Instant::now() < until => sleep(PAUSE).await,
                begun => return Ok(begun?),
            }
        }
    }

    /// The transaction at work has ended well and waits. `true`: nobody else may enter. After an error it is still at work.
    pub(super) fn leave(&mut self, told: oneshot::Sender<Outcome>) -> Result<bool, StoreError> {
        if self.shared.as_ref().is_some_and(|shared| shared.entered > 1) {
            self.run(LIFTED).map_err(StoreError::Statement)?;
        }
        let shared = self.shared.as_mut().expect("whoever ends has entered");
        shared.at_work = AtWork::Nobody;
        shared.waiting.push(told);
        Ok(shared.entered >= MOST || shared.ended_at.get_or_insert_with(Instant::now).elapsed() >= LONGEST)
    }

    /// The transaction at work will be undone; `told` learns when, and whether what it saw is durable.
    pub(super) fn listen(&mut self, told: oneshot::Sender<Outcome>) {
        self.shared.as_mut().expect("whoever ends has entered").waiting.push(told);
    }

    /// Undoes what has not ended and commits what has.
    pub(super) async fn settle(&mut self) {
        let Some(shared) = &self.shared else { return };
        let (at_work, only) = (shared.at_work, shared.ended_at.is_none());
        let outcome = match at_work {
            AtWork::Nobody => self.commit().await,
            // Nobody else has anything in it.
            _ if only => {
                self.give_up();
                Ok(())
            }
            AtWork::Entering | AtWork::Entered => {
                let undone = self.run(BACK);
                // Without the savepoint the engine has given up the transaction of all, unless it was never set.
                if undone.is_err() && at_work == AtWork::Entered {
                    Err(given_up().to_string())
                } else {
                    self.commit().await
                }
            }
        };
        if outcome.is_err() {
            self.give_up();
        }
        for waiting in self.shared.take().into_iter().flat_map(|shared| shared.waiting) {
            // Whoever went away does not need to know.
            let _gone = waiting.send(outcome.clone());
        }
        if self.rest.take() {
            // Nobody depends on it: whoever copies beside the writer comes back to what stays.
            let _copied = self.aside(|connection| connection.copy_log()).await;
        }
    }

    async fn commit(&mut self) -> Outcome {
        let committed = self.aside(|connection| connection.control("commit")).await;
        committed.and_then(|done| Ok(done?)).map_err(|error| error.to_string())?;
        self.committed.send_replace(());
        Ok(())
    }

    /// Ends the engine's transaction without a commit. When that is in doubt, ends the connection with it.
    fn give_up(&mut self) {
        let Some(connection) = &self.connection else { return };
        // What made the commit fail may have undone the transaction already.
        let undone = !connection.has_transaction() || connection.control("rollback").is_ok();
        if !undone && connection.has_transaction() {
            self.connection = None;
        }
    }

    /// Ends the connection for good.
    pub(super) fn close(&mut self) {
        self.is_closed = true;
        self.connection = None;
    }

    fn run(&mut self, sql: &'static str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let connection = self.connection.as_mut().ok_or("the connection was given up")?;
        connection.run(sql, &[])?;
        Ok(())
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("the database was closed".into())
}
