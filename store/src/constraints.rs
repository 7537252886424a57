//! What the database holds on to by itself, as it says so.

use crate::error::StoreError;
use crate::tx::Tx;

/// The text of what the database checks on every step of a ticket's state.
pub async fn of_transitions(tx: &mut Tx) -> Result<String, StoreError> {
    let texts: Vec<Text> = tx
        .query_for(
            "select sql as text from sqlite_master where type = 'table' and name = 'ticket_state_transitions'",
            "select pg_get_constraintdef(oid) as text from pg_constraint
             where conrelid = 'ticket_state_transitions'::regclass and contype = 'c' order by conname",
        )
        .all()
        .await?;
    Ok(texts.into_iter().map(|row| row.text).collect::<Vec<_>>().join("\n"))
}

crate::record! {
    struct Text {
        text: String,
    }
}
