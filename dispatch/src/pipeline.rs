//! The one way a ticket changes: authorize, claim the idempotency key, read the fields, load, check, decide, write,
//! audit, tell, keep the answer — the writing in one transaction. Source: domain, order of checks and idempotency.

use std::sync::Arc;

use chrono::{Datelike as _, TimeDelta};
use patchbay_core::audit::{AuditEntry, Outcome, redact};
use patchbay_core::ticket::policy::{self, Facts, Performer};
use patchbay_core::ticket::{Command, Ticket};
use patchbay_core::{Code, Ctx};
use patchbay_store::idempotency::{self, Claim, UsedKey};
use patchbay_store::{Db, StoreError, Tx, audit, counters, tickets};

use crate::also::{Also, Joined};
use crate::call::{Call, Given, Reply};
use crate::config::Config;
use crate::effect::{self, Asked, Creation};
use crate::error::CommandError;
use crate::fields;
use crate::telling::{self, Change};

/// How long a request may take before another one with its key takes over.
const LOCKED_FOR: TimeDelta = TimeDelta::seconds(30);
/// How long an answer can be had again.
const KEPT_FOR: TimeDelta = TimeDelta::days(7);
/// First part of the codes of tickets whose account has none of its own.
const CODE_PREFIX: &str = "T";

/// The enforcement API. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Dispatch {
    pub(crate) db: Db,
    config: Arc<Config>,
}

impl Dispatch {
    /// The enforcement API over a database.
    pub fn new(db: Db, config: Config) -> Self {
        Self { db, config: Arc::new(config) }
    }

    /// Carries out a command, or answers again what it answered before. `also` adds to its transaction.
    ///
    /// Errors change nothing and leave the key free. Refusals are audited on their own.
    pub async fn execute(&self, ctx: &Ctx, call: Call, also: &mut impl Also) -> Result<Reply, CommandError> {
        let row = call.row();
        if let Err(refusal) = policy::authorize(&ctx.actor, row, call.tool.as_deref()) {
            let error = refusal.into();
            self.fail(ctx, &call, None, &error, also).await;
            return Err(error);
        }
        let claim = Claim { key: call.request_key(ctx)?, locked_until: ctx.now + LOCKED_FOR };
        if let Some(used) = self.claim(ctx, &claim, &call.hash()).await? {
            return self.answer_again(ctx, &call, used).await;
        }
        let mut carried_out = self.carry_out(ctx, &call, &claim, also).await;
        if matches!(carried_out, Err(CommandError::Store(StoreError::Duplicate))) {
            // Somebody recorded the same message between our look and our write: look again, and find it.
            carried_out = self.carry_out(ctx, &call, &claim, also).await;
        }
        match carried_out {
            Ok(reply) => Ok(reply),
            Err(error) => {
                self.fail(ctx, &call, Some(&claim), &error, also).await;
                Err(error)
            }
        }
    }

    /// Claims the key. `Some`: it was used before.
    async fn claim(&self, ctx: &Ctx, claim: &Claim, hash: &str) -> Result<Option<UsedKey>, CommandError> {
        let mut tx = self.db.begin().await?;
        if idempotency::claim(&mut tx, claim, hash, ctx.now, ctx.now + KEPT_FOR).await? {
            tx.commit().await?;
            return Ok(None);
        }
        let used = idempotency::find(&mut tx, &claim.key).await?;
        tx.rollback().await?;
        // Gone between the two statements: its first user failed just now.
        let used = used.filter(|used| used.response_code.is_some()).ok_or(CommandError::InProgress)?;
        if used.request_hash == hash {
            Ok(Some(used))
        } else {
            Err(CommandError::Key {
                code: Code::IdempotencyPayloadMismatch,
                message: "the idempotency key was used for a different request".into(),
            })
        }
    }

    /// The answer of an earlier request, if its caller may still see the ticket.
    async fn answer_again(&self, ctx: &Ctx, call: &Call, used: UsedKey) -> Result<Reply, CommandError> {
        if let Some(id) = used.ticket_id {
            let mut tx = self.db.read().await?;
            let ticket = tickets::by_id(&mut tx, id).await?.ok_or(CommandError::NoSuchTicket)?;
            // The state has moved on since; only scope is asked again.
            let facts = Facts { state: None, ..facts(ctx, &ticket) };
            policy::may(&ctx.actor, call.row(), call.tool.as_deref(), &facts)?;
        }
        let status = used.response_code.and_then(|code| u16::try_from(code).ok()).unwrap_or(call.row().status);
        Ok(Reply { status, body: used.response_body.unwrap_or_default(), given: Given::Before })
    }

    async fn carry_out(
        &self,
        ctx: &Ctx,
        call: &Call,
        claim: &Claim,
        also: &mut impl Also,
    ) -> Result<Reply, CommandError> {
        let row = call.row();
        let asked = Asked { ctx, row, tool: call.tool.as_deref() };
        let rules = self.config.intake_rules();
        match call.command {
            Command::TicketCreate => {
                let request = fields::create(row, &call.body)?;
                let mut tx = self.db.begin().await?;
                let creation = effect::create(&mut tx, asked, request).await?;
                self.finish(tx, ctx, call, claim, creation, also).await
            }
            Command::TicketBlindIntake => {
                let intake = fields::intake(row, &call.body)?;
                let mut tx = self.db.begin().await?;
                let creation = effect::blind_intake(&mut tx, asked, intake, &rules).await?;
                self.finish(tx, ctx, call, claim, creation, also).await
            }
            Command::TicketRead | Command::TicketList | Command::TicketTimeline => {
                unreachable!("reads do not come through the pipeline of commands")
            }
        }
    }

    /// Writes what was decided, tells of it, keeps the answer, and commits. The audit entry comes last: it locks its
    /// account's chain.
    async fn finish(
        &self,
        mut tx: Tx,
        ctx: &Ctx,
        call: &Call,
        claim: &Claim,
        creation: Creation,
        also: &mut impl Also,
    ) -> Result<Reply, CommandError> {
        let row = call.row();
        let Creation { decision, place } = creation;
        let code = next_code(&mut tx, ctx, place.code_prefix.as_deref().unwrap_or(CODE_PREFIX)).await?;
        let ticket = decision.draft.with_code(code);
        tickets::insert(&mut tx, &ticket).await?;
        let Joined { reply, conversation, audience } =
            also.created(&mut tx, ctx, &ticket).await.map_err(CommandError::Also)?;
        let previous = decision.steps.first().and_then(|step| step.from);
        let entry = AuditEntry {
            ticket_id: Some(ticket.id),
            conversation_id: conversation,
            account_id: Some(ticket.account_id),
            before_state: previous.map(|state| state.to_string()),
            after_state: Some(ticket.state.to_string()),
            ticket_version: Some(ticket.version),
            payload: redact(&call.body),
            ..AuditEntry::new(ctx, row.tool, Outcome::Success)
        };
        for step in &decision.steps {
            tickets::append_transition(&mut tx, ticket.id, *step, row.tool, entry.id, ctx.now).await?;
        }
        let change = Change { ticket: &ticket, previous, conversation, audience };
        telling::other_systems(&mut tx, ctx, change, &decision.topics).await?;
        telling::people(&mut tx, ctx, change).await?;
        let body = reply.to_string();
        idempotency::settle(&mut tx, claim, row.status.into(), &body, Some(ticket.id)).await?;
        audit::append(&mut tx, &entry).await?;
        tx.commit().await?;
        tracing::info!(ticket.id = %ticket.id, ticket.state = %ticket.state, tool = row.tool, "ticket {} recorded", ticket.code);
        Ok(Reply { status: row.status, body, given: Given::Now })
    }

    /// Frees the key and, when policy was against it, records the attempt; both outlive the failed command. Failing here
    /// leaves the key locked for its time and is logged: the caller must learn the first error.
    async fn fail(&self, ctx: &Ctx, call: &Call, claim: Option<&Claim>, error: &CommandError, also: &mut impl Also) {
        if let Err(second) = self.record_failure(ctx, call, claim, error, also).await {
            tracing::warn!(error = %patchbay_http::Chain(&second), tool = call.row().tool, "a refusal could not be recorded");
        }
    }

    async fn record_failure(
        &self,
        ctx: &Ctx,
        call: &Call,
        claim: Option<&Claim>,
        error: &CommandError,
        also: &mut impl Also,
    ) -> Result<(), CommandError> {
        let (refusal, ticket, account) = match error {
            CommandError::Refused(refusal) => (Some(refusal), None, None),
            CommandError::Duplicate { refusal, ticket, account } => (Some(refusal), Some(*ticket), Some(*account)),
            _ => (None, None, None),
        };
        if refusal.is_none() && claim.is_none() {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        if let Some(claim) = claim {
            idempotency::release(&mut tx, claim).await?;
        }
        if let Some(refusal) = refusal {
            if let Some(ticket) = ticket {
                also.repeated(&mut tx, ctx, ticket).await.map_err(CommandError::Also)?;
            }
            let entry = AuditEntry {
                ticket_id: ticket,
                account_id: account,
                error_code: Some(refusal.code.as_str().into()),
                payload: redact(&call.body),
                ..AuditEntry::new(ctx, call.row().tool, Outcome::Denied)
            };
            audit::append(&mut tx, &entry).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// What policy must know about a ticket.
pub(crate) fn facts(ctx: &Ctx, ticket: &Ticket) -> Facts {
    let performers = [ticket.assigned_tech_id.map(|id| id.0), ticket.assigned_provider_id.map(|id| id.0)];
    let performer = match performers {
        [None, None] => Performer::Nobody,
        performers if performers.contains(&Some(ctx.actor.id.0)) => Performer::Actor,
        _ => Performer::Other,
    };
    Facts { account_id: ticket.account_id, site_id: ticket.site_id, state: Some(ticket.state), performer }
}

/// The next code of a prefix in this year: `T-2026-001`.
async fn next_code(tx: &mut Tx, ctx: &Ctx, prefix: &str) -> Result<String, StoreError> {
    let year = ctx.now.year();
    let number = counters::next(tx, &format!("ticket:{prefix}:{year}")).await?;
    Ok(format!("{prefix}-{year}-{number:03}"))
}
