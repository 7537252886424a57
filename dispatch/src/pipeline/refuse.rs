//! Refusals: recorded in a transaction of their own, because the one of the command is undone.

use patchbay_core::Ctx;
use patchbay_core::audit::{AuditEntry, Outcome, redact};
use patchbay_core::ids::{AccountId, TicketId};
use patchbay_core::ticket::Refusal;
use patchbay_store::audit;

use super::Dispatch;
use crate::also::Also;
use crate::call::Call;
use crate::error::CommandError;

impl Dispatch {
    /// Records an attempt that policy or the rules were against. Failing here is logged only: the caller must learn the
    /// first error.
    pub(super) async fn record_refusal(&self, ctx: &Ctx, call: &Call, error: &CommandError, also: &mut dyn Also) {
        let written = match error {
            CommandError::Refused(refusal) => self.write(ctx, call, refusal, None, also, None).await,
            CommandError::About { refusal, ticket, account } => {
                self.write(ctx, call, refusal, Some((*ticket, *account)), also, None).await
            }
            CommandError::Duplicate { refusal, ticket, account } => {
                self.write(ctx, call, refusal, Some((*ticket, *account)), also, Some(*ticket)).await
            }
            _ => return,
        };
        if let Err(second) = written {
            tracing::warn!(error = %patchbay_http::Chain(&second), tool = call.row().tool, "a refusal could not be recorded");
        }
    }

    async fn write(
        &self,
        ctx: &Ctx,
        call: &Call,
        refusal: &Refusal,
        about: Option<(TicketId, AccountId)>,
        also: &mut dyn Also,
        repeated: Option<TicketId>,
    ) -> Result<(), CommandError> {
        let mut tx = self.db.begin().await?;
        if let Some(ticket) = repeated {
            also.repeated(&mut tx, ctx, ticket).await.map_err(CommandError::Also)?;
        }
        let entry = AuditEntry {
            ticket_id: about.map(|about| about.0),
            account_id: about.map(|about| about.1),
            error_code: Some(refusal.code.as_str().into()),
            payload: redact(&call.body),
            ..AuditEntry::new(ctx, call.row().tool, Outcome::Denied)
        };
        audit::append(&mut tx, &entry).await?;
        tx.commit().await?;
        Ok(())
    }
}
