//! The one way a ticket changes: authorize, claim the idempotency key, read the fields, load and lock, check, decide,
//! write, audit, tell, keep the answer, commit; from the claim on in one transaction. Source: domain, order of checks and
//! idempotency.

mod change;
mod create;
mod in_flight;
mod operate;
mod refuse;
mod rounds;

use std::sync::Arc;

use chrono::TimeDelta;
use patchbay_core::event::NewEvent;
use patchbay_core::ids::TicketId;
use patchbay_core::role::Role;
use patchbay_core::ticket::Ticket;
use patchbay_core::ticket::Transition;
use patchbay_core::ticket::command::Kind;
use patchbay_core::ticket::policy::{self, Facts, Performer};
use patchbay_core::{Code, Ctx};
use patchbay_store::idempotency::{self, Claim, UsedKey};
use patchbay_store::objects::Objects;
use patchbay_store::outbox::OutboxRow;
use patchbay_store::ticket_trail::{self, Trail};
use patchbay_store::{Db, StoreError, Tx, audit, technicians, tickets};
use serde_json::Value;
use uuid::Uuid;

use crate::also::Also;
use crate::call::{Call, Given, Reply};
use crate::config::Config;
use crate::counted;
use crate::error::CommandError;
use crate::evidence::{EvidenceRoom, EvidenceRules, Seen};
use crate::work::{Asked, misfits};

use in_flight::InFlight;
use rounds::Rounds;

/// How long an answer can be had again.
const KEPT_FOR: TimeDelta = TimeDelta::days(7);
/// How often a command is tried that lost a deadlock or whose place was taken in between.
const TRIES: usize = 3;

/// The enforcement API. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Dispatch {
    pub(crate) db: Db,
    pub(crate) config: Arc<Config>,
    pub(crate) evidence: EvidenceRoom,
    in_flight: InFlight,
    rounds: Arc<Rounds>,
}

/// What became of a command's transaction.
enum Carried {
    /// Written and committed.
    Out(Reply),
    /// The key was used before.
    Before(UsedKey),
}

impl Dispatch {
    /// The enforcement API over a database.
    pub fn new(db: Db, config: Config) -> Self {
        Self {
            db,
            config: Arc::new(config),
            evidence: EvidenceRoom::default(),
            in_flight: InFlight::default(),
            rounds: Arc::default(),
        }
    }

    /// The same, with a place for the objects of evidence.
    #[must_use]
    pub fn keeping_evidence(mut self, objects: Objects, rules: EvidenceRules) -> Self {
        self.evidence = EvidenceRoom { rules: Arc::new(rules), objects: Some(objects) };
        self
    }

    /// Carries out a command, or answers again what it answered before. `also` adds to the transaction of a command that
    /// makes a ticket.
    ///
    /// Errors change nothing and leave the key free. Refusals are audited on their own.
    pub async fn execute(&self, ctx: &Ctx, call: Call, also: &mut dyn Also) -> Result<Reply, CommandError> {
        let call = Arc::new(call);
        let authorized = policy::authorize(&ctx.actor, call.row(), call.tool.as_deref());
        let result = match authorized {
            Ok(_) => self.execute_once(ctx, &call, also).await,
            Err(refusal) => Err(refusal.into()),
        };
        if let Err(error) = &result {
            self.record_refusal(ctx, &call, error, also).await;
        }
        result
    }

    async fn execute_once(&self, ctx: &Ctx, call: &Arc<Call>, also: &mut dyn Also) -> Result<Reply, CommandError> {
        let key = call.request_key(ctx)?;
        let _entered = self.in_flight.enter(&key).ok_or(CommandError::InProgress)?;
        let claim = Claim { key, request_hash: call.hash(), expires_at: ctx.now + KEPT_FOR, locked_until: ctx.now };
        if let Some(end) = self.carry_out_together(ctx, call, &claim).await {
            return end.map(|written| written.told(call, &call.body));
        }
        let seen = self.look(ctx, call).await?;
        let mut left = TRIES;
        loop {
            left -= 1;
            match self.carry_out(ctx, call, &claim, &seen, also).await {
                Ok(Carried::Out(reply)) => return Ok(reply),
                Ok(Carried::Before(used)) => return self.answer_again(ctx, call, used).await,
                // Somebody recorded the same message between our look and our write, or a deadlock was ours to lose:
                // look again.
                Err(CommandError::Store(error)) if left > 0 && error.is_worth_repeating() => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn carry_out(
        &self,
        ctx: &Ctx,
        call: &Call,
        claim: &Claim,
        seen: &Seen,
        also: &mut dyn Also,
    ) -> Result<Carried, CommandError> {
        let row = call.row();
        let mut tx = self.db.begin().await?;
        if !idempotency::claim(&mut tx, claim, ctx.now).await? {
            let used = idempotency::find(&mut tx, &claim.key).await?;
            tx.rollback().await?;
            // Gone between the two statements: its first user failed just now.
            let used = used.filter(|used| used.response_code.is_some()).ok_or(CommandError::InProgress)?;
            return if used.request_hash == claim.request_hash {
                Ok(Carried::Before(used))
            } else {
                Err(CommandError::Key {
                    code: Code::IdempotencyPayloadMismatch,
                    message: "the idempotency key was used for a different request".into(),
                })
            };
        }
        let body = row.read(&call.body).map_err(misfits)?;
        let asked = self.asked(ctx, call, seen);
        let written = match row.kind {
            Kind::Creates => create::carry_out(&mut tx, asked, call, &body, also).await?,
            Kind::Changes => change::carry_out(&mut tx, asked, call, &body).await?,
            Kind::Operates => operate::carry_out(&mut tx, asked, call, &body).await?,
            Kind::Reads => unreachable!("reads do not come through the pipeline of commands"),
        };
        // Last, because the entry of the audit log locks its account's chain.
        written.leave(&mut tx, ctx, claim).await?;
        tx.commit().await?;
        Ok(Carried::Out(written.told(call, &body)))
    }

    fn asked<'a>(&'a self, ctx: &'a Ctx, call: &'a Call, seen: &'a Seen) -> Asked<'a> {
        let (config, evidence) = (&self.config, &self.evidence.rules);
        Asked { ctx, row: call.row(), tool: call.tool.as_deref(), config, evidence, seen }
    }

    /// The answer of an earlier request, if its caller may still see the ticket.
    async fn answer_again(&self, ctx: &Ctx, call: &Call, used: UsedKey) -> Result<Reply, CommandError> {
        if let Some(id) = used.ticket_id {
            let mut tx = self.db.read().await?;
            let ticket = tickets::by_id(&mut tx, id).await?.ok_or(CommandError::NoSuchTicket)?;
            // The state has moved on since, and with it the assignment; only scope is asked again.
            let facts = Facts { state: None, performer: Performer::Actor, ..facts(&mut tx, ctx, &ticket).await? };
            policy::may(&ctx.actor, call.row(), call.tool.as_deref(), &facts)?;
        }
        let status = used.response_code.and_then(|code| u16::try_from(code).ok()).unwrap_or(call.row().status);
        Ok(Reply { status, body: used.response_body.unwrap_or_default(), given: Given::Before })
    }
}

/// What a command's transaction still has to write, and its answer.
#[derive(Debug)]
struct Written {
    status: u16,
    body: String,
    ticket: Option<TicketId>,
    /// `None`: nothing happened, so that there is nothing to say.
    entry: Option<patchbay_core::audit::AuditEntry>,
    /// Steps of the ticket's state.
    steps: Vec<Transition>,
    /// What other systems are told of the ticket.
    told: Vec<OutboxRow>,
    /// What people see of the ticket.
    shown: Vec<NewEvent>,
}

impl Written {
    fn new(asked: Asked<'_>, reply: &Value) -> Self {
        Self {
            status: asked.row.status,
            body: reply.to_string(),
            ticket: None,
            entry: None,
            steps: Vec::new(),
            told: Vec::new(),
            shown: Vec::new(),
        }
    }

    /// Counts and tells what is committed now, and answers. `body`: what was asked.
    fn told(self, call: &Call, body: &Value) -> Reply {
        let row = call.row();
        counted::carried_out(row.command, body, &self.steps);
        // The audit log and the record of the request say the same for good.
        tracing::debug!(ticket.id = self.ticket.map(tracing::field::display), tool = row.tool, "command carried out");
        Reply { status: self.status, body: self.body, given: Given::Now }
    }

    /// What a change of a ticket leaves.
    fn trail<'a>(&'a self, ctx: &Ctx, claim: &'a Claim) -> Option<Trail<'a>> {
        let Self { status, body, ticket, entry, steps, told, shown } = self;
        let (ticket, entry) = ((*ticket)?, entry.as_ref()?);
        Some(Trail { ticket, steps, told, shown, claim, status: (*status).into(), answer: body, entry, at: ctx.now })
    }

    /// Writes what is left to write.
    async fn leave(&self, tx: &mut Tx, ctx: &Ctx, claim: &Claim) -> Result<(), StoreError> {
        if let Some(trail) = self.trail(ctx, claim) {
            return ticket_trail::leave(tx, trail).await;
        }
        idempotency::settle(tx, claim, self.status.into(), &self.body, self.ticket).await?;
        if let Some(entry) = &self.entry {
            audit::append(tx, entry).await?;
        }
        Ok(())
    }
}

/// The ids under which the caller does work, when it sees nobody else's: technicians and vendors.
pub(crate) async fn performs_as(tx: &mut Tx, ctx: &Ctx) -> Result<Option<Vec<Uuid>>, StoreError> {
    match ctx.actor.role {
        Role::Technician => {
            let technician = technicians::of_actor(tx, ctx.actor.id).await?;
            Ok(Some(technician.map(|id| id.0).into_iter().chain([ctx.actor.id.0]).collect()))
        }
        Role::Vendor => Ok(Some(vec![ctx.actor.id.0])),
        _ => Ok(None),
    }
}

/// What policy must know about a ticket. A technician acts under a login, or under the technician's own id.
pub(crate) async fn facts(tx: &mut Tx, ctx: &Ctx, ticket: &Ticket) -> Result<Facts, StoreError> {
    let performers = [ticket.assigned_tech_id.map(|id| id.0), ticket.assigned_provider_id.map(|id| id.0)];
    let does_it = |id: &Uuid| performers.contains(&Some(*id));
    let performer = if performers == [None, None] {
        Performer::Nobody
    } else if does_it(&ctx.actor.id.0) || performs_as(tx, ctx).await?.is_some_and(|ids| ids.iter().any(does_it)) {
        Performer::Actor
    } else {
        Performer::Other
    };
    Ok(Facts { account_id: ticket.account_id, site_id: ticket.site_id, state: Some(ticket.state), performer })
}
