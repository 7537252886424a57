//! Brings the schema up to date, with the book that PostgreSQL's migrator keeps too.

use std::time::Duration;

use rusqlite::{OptionalExtension, TransactionBehavior, params};
use sqlx::migrate::{MigrateError, Migration, Migrator};

use super::connection::Connection;
use crate::error::StoreError;

/// How long a step waits for another process that is writing: it runs once, so it may hold its thread.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs what was not run yet, each step in a transaction of its own.
///
/// A file that is up to date is only read: a command of the operator's does not wait for the server that is writing.
///
/// Errors: [`StoreError::Migrate`] when a step that was run is not the one we know, or is not known at all.
pub(crate) fn migrate(connection: &mut Connection, migrator: &Migrator) -> Result<(), StoreError> {
    let engine = connection.engine();
    engine.busy_timeout(PATIENCE)?;
    let done = bring_up_to_date(engine, migrator);
    engine.busy_timeout(Duration::ZERO)?;
    done
}

fn bring_up_to_date(engine: &mut rusqlite::Connection, migrator: &Migrator) -> Result<(), StoreError> {
    engine.execute_batch(
        "create table if not exists _sqlx_migrations (
            version bigint primary key,
            description text not null,
            installed_on timestamp not null default current_timestamp,
            success boolean not null,
            checksum blob not null,
            execution_time bigint not null
        )",
    )?;
    for version in versions(engine)? {
        if !migrator.version_exists(version) {
            return Err(StoreError::Migrate(MigrateError::VersionMissing(version).into()));
        }
    }
    for step in migrator.iter() {
        if was_run(engine, step)? {
            continue;
        }
        // Another process may run the same step: whoever begins second sees it done.
        let tx = engine.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if !was_run(&tx, step)? {
            tx.execute_batch(step.sql.as_str())?;
            tx.execute(
                "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values ($1, $2, true, $3, 0)",
                params![step.version, step.description, &*step.checksum],
            )?;
        }
        tx.commit()?;
    }
    Ok(())
}

/// Whether the book has `step`; an error when it has another one under its number.
fn was_run(engine: &rusqlite::Connection, step: &Migration) -> Result<bool, StoreError> {
    let known: Option<Vec<u8>> = engine
        .query_row("select checksum from _sqlx_migrations where version = $1", [step.version], |row| row.get(0))
        .optional()?;
    match known {
        Some(checksum) if *checksum != *step.checksum => {
            Err(StoreError::Migrate(MigrateError::VersionMismatch(step.version).into()))
        }
        known => Ok(known.is_some()),
    }
}

fn versions(engine: &rusqlite::Connection) -> rusqlite::Result<Vec<i64>> {
    let mut statement = engine.prepare("select version from _sqlx_migrations order by version")?;
    statement.query_map([], |row| row.get(0))?.collect()
}
