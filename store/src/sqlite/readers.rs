//! Connections that only read, for a few statements at once. What turns out to read for long begins again on a thread of
//! its own: a statement that only reads can be begun twice.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::types::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{coop, spawn_blocking};
use tokio::time::timeout;

use super::connection::{Answer, Connection};
use super::options::Options;
use crate::error::StoreError;

/// How many read at once.
const READERS: usize = 4;
/// How long a caller waits for a connection before it is told that the database is away.
const PATIENCE: Duration = Duration::from_secs(3);

/// The connections. Made when they are needed, kept until the end.
#[derive(Debug)]
pub(crate) struct Readers {
    options: Options,
    idle: Mutex<Vec<Connection>>,
    places: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn new(options: Options) -> Self {
        Self { options, idle: Mutex::default(), places: Arc::new(Semaphore::new(READERS)) }
    }

    /// Waits for a place. Error: [`StoreError::Unavailable`] when none is free in time or after [`Readers::close`].
    pub(crate) async fn acquire(self: &Arc<Self>) -> Result<Reader, StoreError> {
        let place = timeout(PATIENCE, Arc::clone(&self.places).acquire_owned())
            .await
            .map_err(|waited| StoreError::Unavailable(waited.into()))?
            .map_err(|closed| StoreError::Unavailable(closed.into()))?;
        let connection = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Ok(Reader { connection, readers: Arc::clone(self), _place: place })
    }

    /// Nobody reads any more. What is in flight finishes first.
    pub(crate) async fn close(&self) {
        let all = u32::try_from(READERS).unwrap_or(u32::MAX);
        let _everybody = self.places.acquire_many(all).await;
        self.places.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// A place among the readers.
#[derive(Debug)]
pub(crate) struct Reader {
    /// `None` until the first statement of a new one, and while a statement runs.
    connection: Option<Connection>,
    readers: Arc<Readers>,
    _place: OwnedSemaphorePermit,
}

impl Reader {
    /// Runs one statement, and waits for it without holding the thread when it takes long.
    pub(crate) async fn run(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Answer, StoreError> {
        // Whoever reads in a loop lets others have the thread in between.
        coop::consume_budget().await;
        if let Some(connection) = &mut self.connection
            && let Some(answer) = connection.run_briefly(sql, &values)?
        {
            return Ok(answer);
        }
        let connection = self.connection.take();
        let options = self.readers.options.clone();
        let work = move || {
            let mut connection = match connection {
                Some(connection) => connection,
                None => Connection::open(&options)?,
            };
            let answer = connection.run(sql, &values);
            Ok::<_, rusqlite::Error>((connection, answer))
        };
        let (connection, answer) =
            spawn_blocking(work).await.map_err(|gone| StoreError::Unavailable(gone.into()))??;
        self.connection = Some(connection);
        Ok(answer?)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}
