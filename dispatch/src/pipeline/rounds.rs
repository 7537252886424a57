//! Commands on different tickets that are asked at the same time share a transaction on PostgreSQL, where a trip to the
//! server costs more than what it carries: one look at all their tickets, one write of all that follows.
//!
//! This is the short way. A command that was asked before, or whose round meets any trouble, goes the long way, alone, and
//! is answered there: its key was not used, or is found used by what the round has committed.

use std::collections::HashSet;
use std::sync::Arc;

use patchbay_core::Ctx;
use patchbay_core::ids::TicketId;
use patchbay_core::job::NewJob;
use patchbay_core::ticket::Ticket;
use patchbay_store::idempotency::{self, Claim};
use patchbay_store::ticket_trail;
use patchbay_store::tickets::{self, Scene};
use patchbay_store::together::{Together, Turn};
use patchbay_store::{Engine, StoreError, Tx, jobs};

use super::change::{self, Changed, Decided};
use super::{Dispatch, Written};
use crate::call::Call;
use crate::effect;
use crate::error::CommandError;
use crate::evidence::Seen;
use crate::work::misfits;

/// Rounds at the same time: while the server works for one, the other is decided.
const LANES: usize = 2;
/// Most of one round: nobody waits for long.
const MOST: usize = 32;

/// What became of a command in a round. `None`: it has to be carried out alone.
type End = Option<Result<Written, CommandError>>;

/// Where commands wait for each other. Those on one ticket wait in the same lane.
#[derive(Debug)]
pub(super) struct Rounds([Together<Member, End, ()>; LANES]);

impl Default for Rounds {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Together::new(MOST)))
    }
}

/// A command in a round.
#[derive(Debug)]
struct Member {
    ticket: TicketId,
    ctx: Ctx,
    call: Arc<Call>,
    claim: Claim,
}

impl Dispatch {
    /// Carries a command out together with others. `None`: it has to be carried out alone, and may or may not have been
    /// carried out already; its key tells.
    pub(super) async fn carry_out_together(&self, ctx: &Ctx, call: &Arc<Call>, claim: &Claim) -> End {
        let ticket = call.ticket()?;
        if self.db.engine() == Engine::Sqlite || !effect::keeps_to_its_ticket(call.command) {
            return None;
        }
        let lane = usize::from(ticket.0.as_bytes().last().copied().unwrap_or_default()) % LANES;
        let member = Member { ticket, ctx: ctx.clone(), call: call.clone(), claim: claim.clone() };
        let mut wait = self.rounds.0.get(lane)?.enter(member);
        let end = loop {
            match wait.turn().await {
                Turn::Over(end) => break end.flatten()?,
                Turn::Mine(round) => {
                    let ends = self.carry_out_round(&round.items).await.unwrap_or_else(|error| {
                        tracing::debug!(error = %error, commands = round.items.len(), "a round was undone");
                        Vec::new()
                    });
                    round.end(ends);
                }
            }
        };
        // While the round waited for the ticket, another node may have carried out the same request.
        if end.is_err() && !matches!(self.is_unused(claim).await, Ok(true)) {
            return None;
        }
        Some(end)
    }

    async fn is_unused(&self, claim: &Claim) -> Result<bool, StoreError> {
        let mut tx = self.db.read().await?;
        Ok(idempotency::find(&mut tx, &claim.key).await?.is_none())
    }

    /// What became of each member; errors undo the whole round.
    async fn carry_out_round(&self, members: &[Member]) -> Result<Vec<End>, CommandError> {
        let mut ends: Vec<End> = members.iter().map(|_| None).collect();
        let mut tickets_taken = HashSet::new();
        // A second command on a ticket sees what the first one did: later, and alone.
        let first: Vec<usize> =
            members.iter().enumerate().filter(|(_, one)| tickets_taken.insert(one.ticket)).map(|(at, _)| at).collect();
        let asked: Vec<_> =
            first.iter().filter_map(|at| members.get(*at)).map(|one| (one.ticket, &one.claim.key)).collect();
        let mut tx = self.db.begin().await?;
        let mut changed: Vec<(usize, &Member, Scene, Box<Changed>)> = Vec::new();
        for scene in tickets::scenes(&mut tx, &asked).await? {
            let Some((at, member)) = first.get(scene.place).and_then(|at| Some((*at, members.get(*at)?))) else {
                continue;
            };
            match self.decide_in_round(&mut tx, member, &scene).await? {
                Ok(Some(change)) => changed.push((at, member, scene, change)),
                Ok(None) => {}
                Err(refusal) => set(&mut ends, at, Err(refusal)),
            }
        }
        let (Some(ctx), true) = (members.first().map(|one| &one.ctx), !changed.is_empty()) else {
            tx.rollback().await?;
            return Ok(ends);
        };
        let after: Vec<&Ticket> = changed.iter().map(|(.., change)| &change.ticket).collect();
        tickets::update_all(&mut tx, &after).await?;
        let timers: Vec<NewJob> = changed.iter_mut().filter_map(|(.., change)| change.timer.take()).collect();
        jobs::set_timers(&mut tx, ctx, &timers).await?;
        let written: Vec<(usize, &Member, Written)> = changed
            .into_iter()
            .map(|(at, member, scene, change)| {
                let seen = Seen::default();
                let asked = self.asked(&member.ctx, &member.call, &seen);
                (at, member, change.written(asked, &member.call, &scene.ticket, scene.linked))
            })
            .collect();
        let trails: Vec<_> =
            written.iter().filter_map(|(_, member, written)| written.trail(&member.ctx, &member.claim)).collect();
        ticket_trail::leave_all(&mut tx, &trails).await?;
        tx.commit().await?;
        for (at, _, written) in written {
            set(&mut ends, at, Ok(written));
        }
        Ok(ends)
    }

    /// What a member changes, or why it is refused. `None`: what it asks is so already. Errors undo the whole round: a
    /// member has written something before it was refused, or the database refused.
    async fn decide_in_round(
        &self,
        tx: &mut Tx,
        member: &Member,
        scene: &Scene,
    ) -> Result<Result<Option<Box<Changed>>, CommandError>, CommandError> {
        let writes = tx.writes();
        let seen = Seen::default();
        let asked = self.asked(&member.ctx, &member.call, &seen);
        let decided = match asked.row.read(&member.call.body).map_err(misfits) {
            Ok(body) => change::decide(tx, asked, &member.call, &body, &scene.ticket).await,
            Err(error) => Err(error),
        };
        match decided {
            Ok(Decided::Changed(change)) => Ok(Ok(Some(change))),
            Ok(Decided::AlreadySo(_)) => Ok(Ok(None)),
            Err(error) if matches!(error, CommandError::Store(_)) || tx.writes() > writes => Err(error),
            Err(error) => Ok(Err(error)),
        }
    }
}

fn set(ends: &mut [End], at: usize, end: Result<Written, CommandError>) {
    if let Some(place) = ends.get_mut(at) {
        *place = Some(end);
    }
}
