//! A transaction or a reading connection, and the statements that run on it.

use std::sync::Arc;

use futures::TryStreamExt;
use patchbay_core::notice::Notice;
use rusqlite::types::Value;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::{Postgres, Transaction};

use crate::batch::Batch;
use crate::db::Engine;
use crate::error::StoreError;
use crate::param::{Arguments, Param};
use crate::row::{Column, Record, Row};
use crate::signals::Signals;
use crate::sqlite::{Answer, Connection as SqliteConnection, Reader, gives_up};
use crate::writer::{Turn, given_up};

/// A connection of either engine: inside a transaction when it came from [`crate::Db::begin`].
#[derive(Debug)]
pub struct Tx {
    connection: Connection,
    signals: Arc<Signals>,
    feed_touched: bool,
    jobs_touched: bool,
    directory_touched: bool,
    writes: usize,
}

#[derive(Debug)]
enum Connection {
    SqliteWrite(Turn),
    SqliteRead(Box<Reader>),
    PostgresWrite(Transaction<'static, Postgres>),
    PostgresRead(PoolConnection<Postgres>),
}

enum Wire<'c> {
    /// Beside the connection: whether an error made the engine give the transaction up.
    SqliteWrite(&'c mut SqliteConnection, &'c mut bool),
    SqliteRead(&'c mut Reader),
    Postgres(&'c mut PgConnection),
}

impl Tx {
    fn new(connection: Connection, signals: &Arc<Signals>) -> Self {
        Self {
            connection,
            signals: signals.clone(),
            feed_touched: false,
            jobs_touched: false,
            directory_touched: false,
            writes: 0,
        }
    }

    pub(crate) fn sqlite(turn: Turn, signals: &Arc<Signals>) -> Self {
        Self::new(Connection::SqliteWrite(turn), signals)
    }

    pub(crate) fn sqlite_read(connection: Reader, signals: &Arc<Signals>) -> Self {
        Self::new(Connection::SqliteRead(Box::new(connection)), signals)
    }

    pub(crate) fn postgres(tx: Transaction<'static, Postgres>, signals: &Arc<Signals>) -> Self {
        Self::new(Connection::PostgresWrite(tx), signals)
    }

    pub(crate) fn postgres_read(connection: PoolConnection<Postgres>, signals: &Arc<Signals>) -> Self {
        Self::new(Connection::PostgresRead(connection), signals)
    }

    /// Readers of the feed are told after the commit.
    pub(crate) fn touch_feed(&mut self) {
        self.feed_touched = true;
    }

    /// Workers are told after the commit.
    pub(crate) fn touch_jobs(&mut self) {
        self.jobs_touched = true;
    }

    /// Whoever keeps the directory is told after the commit.
    pub(crate) fn touch_directory(&mut self) {
        self.directory_touched = true;
    }

    /// Which engine is behind this connection.
    pub fn engine(&self) -> Engine {
        match self.connection {
            Connection::SqliteWrite(_) | Connection::SqliteRead(_) => Engine::Sqlite,
            Connection::PostgresWrite(_) | Connection::PostgresRead(_) => Engine::Postgres,
        }
    }

    /// How many statements so far were more than a `select`: as long as it stays the same, there is nothing to undo.
    pub fn writes(&self) -> usize {
        self.writes
    }

    fn wire(&mut self) -> Wire<'_> {
        match &mut self.connection {
            Connection::SqliteWrite(turn) => {
                let (connection, is_given_up) = turn.wire();
                Wire::SqliteWrite(connection, is_given_up)
            }
            Connection::SqliteRead(reader) => Wire::SqliteRead(reader),
            Connection::PostgresWrite(tx) => Wire::Postgres(&mut *tx),
            Connection::PostgresRead(connection) => Wire::Postgres(&mut *connection),
        }
    }

    /// A statement in the text both engines understand.
    pub fn query(&mut self, sql: &'static str) -> Statement<'_> {
        if !sql.starts_with("select") {
            self.writes += 1;
        }
        let arguments = match self.engine() {
            Engine::Sqlite => Arguments::Sqlite(Vec::new()),
            Engine::Postgres => Arguments::Postgres(PgArguments::default()),
        };
        Statement { wire: self.wire(), sql, arguments, each: None, plan: Plan::Kept, failed: None }
    }

    /// A statement that the engines spell differently; both take the same parameters.
    pub fn query_for(&mut self, sqlite: &'static str, postgres: &'static str) -> Statement<'_> {
        let sql = match self.engine() {
            Engine::Sqlite => sqlite,
            Engine::Postgres => postgres,
        };
        self.query(sql)
    }

    /// A statement that only SQLite is asked. Panics on PostgreSQL.
    pub(crate) fn query_sqlite(&mut self, sql: &'static str) -> Statement<'_> {
        assert_eq!(self.engine(), Engine::Sqlite, "this statement is for SQLite alone");
        self.query(sql)
    }

    /// A statement that only PostgreSQL is asked: SQLite, which needs no trip to a server, does the same step by step.
    /// Panics on SQLite.
    pub(crate) fn query_postgres(&mut self, sql: &'static str) -> Statement<'_> {
        assert_eq!(self.engine(), Engine::Postgres, "this statement is not for SQLite");
        self.query(sql)
    }

    /// Makes everything done so far durable. Nothing to do on a reading connection.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self.connection {
            Connection::SqliteWrite(turn) => turn.commit().await?,
            Connection::PostgresWrite(tx) => tx.commit().await?,
            Connection::SqliteRead(_) | Connection::PostgresRead(_) => {}
        }
        if self.feed_touched {
            self.signals.committed_feed();
        }
        if self.jobs_touched {
            self.signals.committed_jobs();
        }
        if self.directory_touched {
            self.signals.announce(Notice::DirectoryChanged);
        }
        Ok(())
    }

    /// Undoes everything done so far. Dropping does the same, later.
    pub async fn rollback(self) -> Result<(), StoreError> {
        match self.connection {
            Connection::SqliteWrite(turn) => turn.rollback().await?,
            Connection::PostgresWrite(tx) => tx.rollback().await?,
            Connection::SqliteRead(_) | Connection::PostgresRead(_) => {}
        }
        Ok(())
    }
}

/// A statement with its parameters, ready to run once.
#[must_use = "a statement does nothing until it is run"]
pub struct Statement<'c> {
    wire: Wire<'c>,
    sql: &'static str,
    arguments: Arguments,
    /// Values of each run, on SQLite.
    each: Option<Vec<Vec<Value>>>,
    plan: Plan,
    failed: Option<StoreError>,
}

/// How long PostgreSQL keeps the plan of a statement.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Plan {
    /// As long as the connection.
    Kept,
    /// For this run.
    ForTheseValues,
}

impl Statement<'_> {
    /// Has PostgreSQL plan it for the values of this run: for statements whose best plan depends on them.
    pub(crate) fn planned_for_values(mut self) -> Self {
        self.plan = Plan::ForTheseValues;
        self
    }

    /// Binds the next parameter.
    pub fn bind<P: Param>(mut self, value: P) -> Self {
        if let Err(source) = value.add_to(&mut self.arguments) {
            self.failed.get_or_insert(StoreError::Decode { column: "parameter".into(), source });
        }
        self
    }

    /// Binds a batch: one JSON parameter on SQLite, one array for each column on PostgreSQL.
    pub fn bind_batch(mut self, batch: Batch) -> Self {
        if let Err(source) = batch.add_to(&mut self.arguments) {
            self.failed.get_or_insert(StoreError::Decode { column: "batch".into(), source });
        }
        self
    }

    /// Binds a batch: the statement is run for each row on SQLite, with one array for each column on PostgreSQL.
    pub fn bind_each(mut self, batch: Batch) -> Self {
        match &mut self.arguments {
            Arguments::Sqlite(_) => {
                self.each = Some(batch.into_rows());
                self
            }
            Arguments::Postgres(_) => self.bind_batch(batch),
        }
    }

    /// Runs it and tells how many rows it touched.
    pub async fn execute(self) -> Result<u64, StoreError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        match (self.wire, self.arguments) {
            (Wire::Postgres(connection), Arguments::Postgres(arguments)) => {
                Ok(sqlx::query_with::<Postgres, _>(self.sql, arguments).execute(connection).await?.rows_affected())
            }
            (wire, Arguments::Sqlite(values)) => Ok(wire.ask_sqlite(self.sql, values, self.each).await?.touched),
            _ => unreachable!("a statement's arguments are made for the engine of its connection"),
        }
    }

    /// Runs it and reads every row.
    pub async fn all<R: Record>(self) -> Result<Vec<R>, StoreError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let mut records = Vec::new();
        match (self.wire, self.arguments) {
            (wire, Arguments::Sqlite(values)) => {
                for row in wire.ask_sqlite(self.sql, values, self.each).await?.rows {
                    records.push(R::read(&Row::Sqlite(row))?);
                }
            }
            (Wire::Postgres(connection), Arguments::Postgres(arguments)) => {
                let query = sqlx::query_with::<Postgres, _>(self.sql, arguments).persistent(self.plan == Plan::Kept);
                let mut rows = query.fetch(connection);
                while let Some(row) = rows.try_next().await? {
                    records.push(R::read(&Row::Postgres(row))?);
                }
            }
            _ => unreachable!("a statement's arguments are made for the engine of its connection"),
        }
        Ok(records)
    }

    /// Runs it and reads at most one row.
    pub async fn optional<R: Record>(self) -> Result<Option<R>, StoreError> {
        Ok(self.all::<R>().await?.into_iter().next())
    }

    /// Runs it and reads the row it must have. Error: [`StoreError::NoRow`].
    pub async fn one<R: Record>(self) -> Result<R, StoreError> {
        self.optional::<R>().await?.ok_or(StoreError::NoRow)
    }

    /// Runs it and reads the first column of every row.
    pub async fn column<T: Column>(self) -> Result<Vec<T>, StoreError> {
        Ok(self.all::<First<T>>().await?.into_iter().map(|first| first.0).collect())
    }

    /// Runs it and reads the first column of the row it must have. Error: [`StoreError::NoRow`].
    pub async fn scalar<T: Column>(self) -> Result<T, StoreError> {
        Ok(self.one::<First<T>>().await?.0)
    }
}

impl Wire<'_> {
    async fn ask_sqlite(
        self,
        sql: &'static str,
        values: Vec<Value>,
        each: Option<Vec<Vec<Value>>>,
    ) -> Result<Answer, StoreError> {
        match self {
            Wire::SqliteWrite(_, true) => Err(given_up()),
            Wire::SqliteWrite(connection, is_given_up) => {
                let answer = match each {
                    Some(each) => connection.run_each(sql, &each),
                    None => connection.run(sql, &values),
                };
                if let Err(error) = &answer {
                    *is_given_up = gives_up(error);
                }
                Ok(answer?)
            }
            Wire::SqliteRead(reader) => reader.run(sql, values).await,
            Wire::Postgres(_) => unreachable!("a statement's arguments are made for the engine of its connection"),
        }
    }
}

struct First<T>(T);

impl<T: Column> Record for First<T> {
    fn read(row: &Row) -> Result<Self, StoreError> {
        row.first().map(First)
    }
}
