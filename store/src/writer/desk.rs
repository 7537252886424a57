//! The connection, and who shares the transaction that is open on it.

use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use super::given_up;
use crate::error::StoreError;

/// Most transactions that share a commit.
const MOST: u32 = 64;
/// How long the first of them waits for others, once it has ended.
const LONGEST: Duration = Duration::from_millis(2);

/// Whether everything is durable now; else why not.
pub(super) type Outcome = Result<(), String>;

/// Whoever has the desk has the connection.
#[derive(Debug)]
pub(crate) struct Desk {
    options: SqliteConnectOptions,
    /// `None` after a failure that leaves its state in doubt, and once it is closed.
    connection: Option<SqliteConnection>,
    shared: Option<Shared>,
    /// Notes that something was committed.
    committed: watch::Sender<()>,
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
    pub(super) async fn open(options: SqliteConnectOptions, committed: watch::Sender<()>) -> Result<Self, StoreError> {
        let connection = Some(options.connect().await?);
        Ok(Self { options, connection, shared: None, committed, is_closed: false })
    }

    /// The connection; a new one when the last was given up.
    pub(super) async fn connection(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        if self.is_closed {
            return Err(StoreError::Unavailable(sqlx::Error::PoolClosed));
        }
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.options.connect().await?,
        };
        Ok(self.connection.insert(connection))
    }

    /// The connection of a transaction at work.
    pub(super) fn working(&mut self) -> &mut SqliteConnection {
        self.connection.as_mut().expect("a transaction at work has a connection")
    }

    /// Begins, or enters the transaction that others have left open. After an error, or when the caller goes away, the
    /// desk must be settled.
    pub(super) async fn enter(&mut self) -> Result<(), StoreError> {
        // Whoever goes away leaves the desk to the keeper: only one that has ended leaves it like this.
        if self.shared.as_ref().is_some_and(|shared| shared.at_work != AtWork::Nobody) {
            return Err(StoreError::Unavailable(sqlx::Error::PoolClosed));
        }
        self.connection().await?;
        let entered = self.shared.as_ref().map_or(0, |shared| shared.entered) + 1;
        let shared = self.shared.get_or_insert_with(|| Shared {
            entered,
            at_work: AtWork::Nobody,
            ended_at: None,
            waiting: Vec::new(),
        });
        (shared.entered, shared.at_work) = (entered, AtWork::Entering);
        let begun = if entered == 1 { self.run("begin immediate").await } else { self.run(savepoint(entered)).await };
        begun?;
        self.shared.as_mut().expect("it is open").at_work = AtWork::Entered;
        Ok(())
    }

    /// The transaction at work has ended well and waits. `true`: nobody else may enter.
    pub(super) fn leave(&mut self, told: oneshot::Sender<Outcome>) -> bool {
        let shared = self.shared.as_mut().expect("whoever ends has entered");
        shared.at_work = AtWork::Nobody;
        shared.waiting.push(told);
        shared.entered >= MOST || shared.ended_at.get_or_insert_with(Instant::now).elapsed() >= LONGEST
    }

    /// The transaction at work will be undone; `told` learns when, and whether what it saw is durable.
    pub(super) fn listen(&mut self, told: oneshot::Sender<Outcome>) {
        self.shared.as_mut().expect("whoever ends has entered").waiting.push(told);
    }

    /// Undoes what has not ended and commits what has.
    pub(super) async fn settle(&mut self) {
        let Some(shared) = &self.shared else { return };
        let (entered, at_work, only) = (shared.entered, shared.at_work, shared.ended_at.is_none());
        let outcome = match at_work {
            AtWork::Nobody => self.commit().await,
            // Nobody else has anything in it.
            _ if only => {
                self.give_up().await;
                Ok(())
            }
            AtWork::Entering | AtWork::Entered => {
                let undone = self.run(rollback_to(entered)).await;
                // Without the savepoint the engine has given up the transaction of all, unless it was never set.
                if undone.is_err() && at_work == AtWork::Entered {
                    Err(given_up().to_string())
                } else {
                    self.commit().await
                }
            }
        };
        if outcome.is_err() {
            self.give_up().await;
        }
        for waiting in self.shared.take().into_iter().flat_map(|shared| shared.waiting) {
            // Whoever went away does not need to know.
            let _gone = waiting.send(outcome.clone());
        }
    }

    async fn commit(&mut self) -> Outcome {
        self.run("commit").await.map_err(|error| error.to_string())?;
        self.committed.send_replace(());
        Ok(())
    }

    /// Ends the engine's transaction without a commit. When that is in doubt, ends the connection with it.
    async fn give_up(&mut self) {
        if let Err(error) = self.run("rollback").await {
            let is_over = error.as_database_error().is_some_and(|error| error.message().contains("no transaction"));
            if !is_over {
                self.connection = None;
            }
        }
    }

    /// Ends the connection for good.
    pub(super) async fn close(&mut self) {
        self.is_closed = true;
        if let Some(connection) = self.connection.take() {
            let _closed = connection.close().await;
        }
    }

    async fn run(&mut self, sql: impl Into<std::borrow::Cow<'static, str>>) -> sqlx::Result<()> {
        let connection = self.connection.as_mut().ok_or(sqlx::Error::WorkerCrashed)?;
        sqlx::raw_sql(AssertSqlSafe(sql.into().into_owned())).execute(connection).await.map(drop)
    }
}

fn savepoint(number: u32) -> String {
    format!("savepoint turn{number}")
}

fn rollback_to(number: u32) -> String {
    format!("rollback to turn{number}")
}
