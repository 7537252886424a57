//! Commands that change how the desk runs, no ticket.

use patchbay_core::audit::{AuditEntry, Outcome, redact};
use patchbay_store::Tx;
use serde_json::Value;

use super::Written;
use crate::call::Call;
use crate::effect::operations;
use crate::error::CommandError;
use crate::telling;
use crate::work::{Asked, Operated};

pub(super) async fn carry_out(
    tx: &mut Tx,
    asked: Asked<'_>,
    call: &Call,
    body: &Value,
) -> Result<Written, CommandError> {
    let Operated { reply, account, told } = operations::run(tx, asked, body).await?;
    let entry = AuditEntry {
        account_id: account,
        payload: redact(&call.body),
        ..AuditEntry::new(asked.ctx, asked.row.tool, Outcome::Success)
    };
    if let Some((kind, id, told)) = told {
        telling::about_the_desk(tx, asked.ctx, kind, id, &entry, told).await?;
    }
    Ok(Written { entry: Some(entry), ..Written::new(asked, &reply) })
}
