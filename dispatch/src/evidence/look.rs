//! Looking at the objects of evidence before the gate is asked.

use std::collections::HashMap;

use futures::StreamExt as _;
use patchbay_core::Ctx;
use patchbay_core::evidence::{ObjectUri, ProbeFailure, Proof, Sha256Sum};
use patchbay_core::ids::{EvidenceId, TicketId};
use patchbay_core::ticket::Command;
use patchbay_core::ticket::policy::{self, Facts};
use patchbay_store::evidence::{self, EvidenceRow};
use patchbay_store::objects::{Expected, Found, Look};
use patchbay_store::tickets;
use serde_json::Value;

use super::{EvidenceRoom, EvidenceRules};
use crate::call::Call;
use crate::error::CommandError;
use crate::pipeline::{Dispatch, facts};

/// How many objects are looked at once.
const AT_ONCE: usize = 32;

/// What a look at the objects found. Nothing, when nobody has to look.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The object of evidence that is about to be added.
    pub(crate) added: Option<Result<Found, ProbeFailure>>,
    /// Whether the object of each piece of evidence that is there can be accepted.
    kept: HashMap<EvidenceId, Result<(), ProbeFailure>>,
}

impl Seen {
    /// Whether the object of a piece of evidence can be accepted. `None`: nobody looked.
    pub(crate) fn looked_at(&self, id: EvidenceId) -> Option<Result<(), ProbeFailure>> {
        self.kept.get(&id).copied()
    }
}

impl Dispatch {
    /// Looks at the objects that a command is about, when the rules ask for it and the caller may touch the ticket.
    pub(crate) async fn look(&self, ctx: &Ctx, call: &Call) -> Result<Seen, CommandError> {
        let command = call.row().command;
        let asks_the_gate =
            matches!(command, Command::Complete | Command::Candidate | Command::QaVerify | Command::Close);
        let (Proof::Required, Some(id)) = (self.evidence.rules.head, call.ticket()) else { return Ok(Seen::default()) };
        if !asks_the_gate && command != Command::AddEvidence {
            return Ok(Seen::default());
        }
        let mut tx = self.db.read().await?;
        let Some(ticket) = tickets::by_id(&mut tx, id).await? else { return Ok(Seen::default()) };
        let facts = Facts { state: None, ..facts(&mut tx, ctx, &ticket).await? };
        if policy::may(&ctx.actor, call.row(), call.tool.as_deref(), &facts).is_err() {
            // The command itself will say so.
            return Ok(Seen::default());
        }
        let rows = if asks_the_gate { evidence::of_ticket(&mut tx, id).await? } else { Vec::new() };
        drop(tx);
        let mut seen = Seen::default();
        if command == Command::AddEvidence {
            // As it was sent: whether it fits is told later.
            let text = |name: &str| call.body.get(name).and_then(Value::as_str).unwrap_or_default();
            let checksum = text("checksum").parse().ok();
            seen.added = Some(self.evidence.look_at(id, text("uri"), checksum, None, Look::Content).await);
        }
        seen.kept = self.evidence.look_at_all(id, rows).await;
        Ok(seen)
    }
}

impl EvidenceRoom {
    async fn look_at_all(
        &self,
        ticket: TicketId,
        rows: Vec<EvidenceRow>,
    ) -> HashMap<EvidenceId, Result<(), ProbeFailure>> {
        let looks: Vec<_> = rows.into_iter().map(|row| self.clone().look_again(ticket, row)).collect();
        futures::stream::iter(looks).buffer_unordered(AT_ONCE).collect().await
    }

    async fn look_again(self, ticket: TicketId, row: EvidenceRow) -> (EvidenceId, Result<(), ProbeFailure>) {
        let checksum = row.checksum.as_deref().and_then(|sum| sum.parse().ok());
        let found = self.look_at(ticket, &row.uri, checksum, row.etag.as_deref(), Look::Head).await;
        (row.id, found.map(drop))
    }

    async fn look_at(
        &self,
        ticket_id: TicketId,
        uri: &str,
        checksum: Option<Sha256Sum>,
        etag: Option<&str>,
        look: Look,
    ) -> Result<Found, ProbeFailure> {
        let uri = ObjectUri::parse(uri.trim(), &self.rules.schemes)?;
        let objects = self.objects.as_ref().ok_or(ProbeFailure::NetworkError)?;
        let expected = Expected { uri: &uri, ticket_id, checksum, etag };
        objects.probe(&expected, look, self.rules.head_timeout).await
    }
}

impl EvidenceRules {
    /// What is wrong with a piece of evidence, as far as one can tell without looking at its object.
    pub(crate) fn problem(&self, row: &EvidenceRow) -> Option<ProbeFailure> {
        if let Err(failure) = ObjectUri::parse(&row.uri, &self.schemes) {
            return Some(failure);
        }
        (self.checksum == Proof::Required && row.checksum.is_none()).then_some(ProbeFailure::ChecksumMismatch)
    }
}
