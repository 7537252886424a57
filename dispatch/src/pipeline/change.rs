//! Commands that change a ticket.

use patchbay_core::Code;
use patchbay_core::audit::{AuditEntry, Outcome, redact};
use patchbay_core::event::Audience;
use patchbay_core::ids::ConversationId;
use patchbay_core::job::NewJob;
use patchbay_core::ticket::policy::{self, Facts};
use patchbay_core::ticket::{Refusal, Ticket, Told, Topic, Transition, sla};
use patchbay_store::{Tx, jobs, tickets};
use serde_json::{Map, Value};

use super::{Written, facts};
use crate::body::TicketBody;
use crate::call::Call;
use crate::deadlines;
use crate::effect;
use crate::error::CommandError;
use crate::telling::{self, Telling};
use crate::work::{Asked, Done, Effect, Work};

pub(super) async fn carry_out(
    tx: &mut Tx,
    asked: Asked<'_>,
    call: &Call,
    body: &Value,
) -> Result<Written, CommandError> {
    let id = call.ticket().ok_or(CommandError::NoSuchTicket)?;
    let before = tickets::lock(tx, id).await?.ok_or(CommandError::NoSuchTicket)?;
    match decide(tx, asked, call, body, &before).await? {
        Decided::Changed(changed) => {
            tickets::update(tx, &changed.ticket).await?;
            jobs::set_timers(tx, asked.ctx, changed.timer.as_slice()).await?;
            let linked = tickets::audience(tx, id).await?;
            Ok(changed.written(asked, call, &before, linked))
        }
        Decided::AlreadySo(extra) => {
            let reply = answer(&before, extra);
            Ok(Written { ticket: Some(id), ..Written::new(asked, &reply) })
        }
    }
}

/// What became of a command. Whoever has it writes the ticket and its timer.
pub(super) enum Decided {
    /// The ticket changes.
    Changed(Box<Changed>),
    /// What was asked is so already.
    AlreadySo(Map<String, Value>),
}

/// A ticket as it shall be.
pub(super) struct Changed {
    /// The ticket, at its next version.
    pub(super) ticket: Ticket,
    /// Its timer, if that has to be set anew.
    pub(super) timer: Option<NewJob>,
    steps: Vec<Transition>,
    told: Vec<Told>,
    extra: Map<String, Value>,
}

/// Checks and decides a command on a ticket that is locked; the command's own rows are written.
pub(super) async fn decide(
    tx: &mut Tx,
    asked: Asked<'_>,
    call: &Call,
    body: &Value,
    before: &Ticket,
) -> Result<Decided, CommandError> {
    let ctx = asked.ctx;
    check(tx, asked, call, body, before).await.map_err(|error| error.about(before))?;
    let effect = effect::run(&mut Work { tx: &mut *tx, asked, ticket: before, body }).await;
    let Done { change, extra } = match effect.map_err(|error| error.about(before))? {
        Effect::Changed(done) => *done,
        Effect::AlreadySo(extra) => return Ok(Decided::AlreadySo(extra)),
    };
    let clock = sla::follow(before, &change.ticket, ctx.now);
    let ticket = Ticket { version: before.version + 1, updated_at: ctx.now, sla: clock, ..change.ticket };
    let timer = deadlines::timer(ctx, Some(before), &ticket);
    Ok(Decided::Changed(Box::new(Changed { ticket, timer, steps: change.steps, told: change.told, extra })))
}

impl Changed {
    /// What is left to write, and the answer. `linked`: the ticket's conversation, and who sees it.
    pub(super) fn written(
        self,
        asked: Asked<'_>,
        call: &Call,
        before: &Ticket,
        linked: Option<(ConversationId, Audience)>,
    ) -> Written {
        let Self { ticket, steps, mut told, extra, .. } = self;
        let ctx = asked.ctx;
        let (conversation, audience) = linked.unzip();
        let entry = AuditEntry {
            ticket_id: Some(ticket.id),
            conversation_id: conversation,
            account_id: Some(ticket.account_id),
            before_state: Some(before.state.to_string()),
            after_state: Some(ticket.state.to_string()),
            ticket_version: Some(ticket.version),
            on_behalf_of: call.whom(),
            payload: redact(&call.body),
            changes: Some(before.difference(&ticket)),
            ..AuditEntry::new(ctx, asked.row.tool, Outcome::Success)
        };
        let telling = Telling {
            ticket: &ticket,
            previous: Some(before.state),
            conversation,
            audience: audience.unwrap_or_default(),
        };
        if !steps.is_empty() {
            told.push(Told { topic: Topic::TicketStateChanged, facts: Map::new() });
        }
        let told = telling::other_systems(ctx, telling, &told);
        let shown = vec![telling::people(ctx, telling)];
        let reply = answer(&ticket, extra);
        Written { ticket: Some(ticket.id), entry: Some(entry), steps, told, shown, ..Written::new(asked, &reply) }
    }
}

/// Scope, version and state, in this order.
async fn check(tx: &mut Tx, asked: Asked<'_>, call: &Call, body: &Value, ticket: &Ticket) -> Result<(), CommandError> {
    let facts = facts(tx, asked.ctx, ticket).await?;
    policy::may(&asked.ctx.actor, asked.row, asked.tool, &Facts { state: None, ..facts })?;
    if let Some(expected) = call.expected_version(body)?
        && expected != ticket.version
    {
        return Err(Refusal::new(Code::VersionConflict, "the ticket was changed since")
            .because("expected_version", expected)
            .because("current_version", ticket.version)
            .into());
    }
    policy::may(&asked.ctx.actor, asked.row, asked.tool, &facts)?;
    Ok(())
}

/// The ticket, and what the command made beside it.
fn answer(ticket: &Ticket, extra: Map<String, Value>) -> Value {
    let mut reply = serde_json::to_value(TicketBody::from(ticket)).expect("a body is plain data");
    if let Value::Object(fields) = &mut reply {
        fields.extend(extra);
    }
    reply
}
