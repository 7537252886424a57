//! What the database itself enforces, as it stands there.

use crate::error::StoreError;
use crate::tx::Tx;

/// The check of the steps a ticket may take, in the database's own words: the text of the table on SQLite, of the
/// constraint on PostgreSQL. Empty when there is none.
pub async fn transition_check(tx: &mut Tx) -> Result<String, StoreError> {
    let texts = tx
        .query_for(
            "select sql from sqlite_master where type = 'table' and name = 'ticket_state_transitions'",
            "select pg_get_constraintdef(c.oid) from pg_constraint c
             where c.conrelid = 'ticket_state_transitions'::regclass and c.contype = 'c'",
        )
        .column::<String>()
        .await?;
    Ok(texts.join("\n"))
}
