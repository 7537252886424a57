//! Brings the schema up to date, with the book that PostgreSQL's migrator keeps too.

use rusqlite::{TransactionBehavior, params};
use sqlx::migrate::{MigrateError, Migrator};

use super::connection::Connection;
use crate::error::StoreError;

/// Runs what was not run yet, each step in a transaction of its own.
///
/// Errors: [`StoreError::Migrate`] when a step that was run is not the one we know, or is not known at all.
pub(crate) fn migrate(connection: &mut Connection, migrator: &Migrator) -> Result<(), StoreError> {
    let engine = connection.engine();
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
        // Another process may run the same step: whoever begins second sees it done.
        let tx = engine.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let known: Option<Vec<u8>> = tx
            .query_row("select checksum from _sqlx_migrations where version = $1", [step.version], |row| row.get(0))
            .map(Some)
            .or_else(|error| if error == rusqlite::Error::QueryReturnedNoRows { Ok(None) } else { Err(error) })?;
        match known {
            Some(checksum) if *checksum == *step.checksum => {}
            Some(_) => return Err(StoreError::Migrate(MigrateError::VersionMismatch(step.version).into())),
            None => {
                tx.execute_batch(step.sql.as_str())?;
                tx.execute(
                    "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                     values ($1, $2, true, $3, 0)",
                    params![step.version, step.description, &*step.checksum],
                )?;
            }
        }
        tx.commit()?;
    }
    Ok(())
}

fn versions(engine: &rusqlite::Connection) -> rusqlite::Result<Vec<i64>> {
    let mut statement = engine.prepare("select version from _sqlx_migrations order by version")?;
    statement.query_map([], |row| row.get(0))?.collect()
}
