//! The evidence of a ticket, as it is read.

use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::ids::TicketId;
use patchbay_core::ticket::Command;
use patchbay_store::evidence::{self, EvidenceRow, ExceptionRow};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::CommandError;
use crate::pipeline::Dispatch;
use crate::read::visible;

/// A piece of evidence.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Evidence)]
pub(crate) struct EvidenceBody {
    /// Our id.
    id: Uuid,
    /// Ticket it belongs to.
    ticket_id: Uuid,
    /// What it is.
    kind: String,
    /// Which requirement it meets.
    evidence_key: Option<String>,
    /// Where its object is.
    uri: String,
    /// SHA-256 of its object.
    checksum: Option<String>,
    /// Size of its object in bytes, when we looked at it.
    size_bytes: Option<i64>,
    /// Type of its object.
    content_type: Option<String>,
    /// Anything else about it.
    #[schema(value_type = Object)]
    metadata: Value,
    /// Whether it was verified, and is frozen.
    is_immutable: bool,
    /// Since when it is frozen.
    immutable_at: Option<DateTime<Utc>>,
    /// Who froze it.
    immutable_by: Option<Uuid>,
    /// By what.
    immutable_reason: Option<String>,
    /// Who added it.
    created_by: Uuid,
    /// As what.
    created_by_role: &'static str,
    /// When.
    created_at: DateTime<Utc>,
}

/// Evidence that may be missing for a while.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = EvidenceException)]
pub(crate) struct ExceptionBody {
    /// Our id.
    id: Uuid,
    /// What may be missing.
    evidence_keys: Vec<String>,
    /// Why.
    reason: String,
    /// Who said so.
    granted_by: Uuid,
    /// As what.
    granted_by_role: &'static str,
    /// Until when.
    expires_at: DateTime<Utc>,
    /// Since when.
    created_at: DateTime<Utc>,
}

/// The evidence of a ticket.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TicketEvidence)]
pub(crate) struct EvidenceListBody {
    /// The ticket.
    ticket_id: Uuid,
    /// All of it, oldest first.
    evidence: Vec<EvidenceBody>,
    /// What may be missing, oldest first; also what expired.
    exceptions: Vec<ExceptionBody>,
}

impl Dispatch {
    /// The evidence of a ticket. Errors: as for one ticket.
    pub(crate) async fn evidence(
        &self,
        ctx: &Ctx,
        id: TicketId,
        tool: Option<&str>,
    ) -> Result<EvidenceListBody, CommandError> {
        let mut tx = self.db.read().await?;
        visible(&mut tx, ctx, Command::TicketEvidence.row(), id, tool).await?;
        let rows = evidence::of_ticket(&mut tx, id).await?;
        let exceptions = evidence::exceptions(&mut tx, id).await?;
        Ok(EvidenceListBody {
            ticket_id: id.into(),
            evidence: rows.into_iter().map(Into::into).collect(),
            exceptions: exceptions.into_iter().map(Into::into).collect(),
        })
    }
}

impl From<EvidenceRow> for EvidenceBody {
    fn from(row: EvidenceRow) -> Self {
        Self {
            id: row.id.into(),
            ticket_id: row.ticket_id.into(),
            kind: row.kind,
            evidence_key: row.evidence_key,
            uri: row.uri,
            checksum: row.checksum,
            size_bytes: row.size_bytes,
            content_type: row.content_type,
            metadata: row.metadata,
            is_immutable: row.immutable_at.is_some(),
            immutable_at: row.immutable_at,
            immutable_by: row.immutable_by.map(Into::into),
            immutable_reason: row.immutable_reason,
            created_by: row.created_by.into(),
            created_by_role: row.created_by_role.as_str(),
            created_at: row.created_at,
        }
    }
}

impl From<ExceptionRow> for ExceptionBody {
    fn from(row: ExceptionRow) -> Self {
        Self {
            id: row.id.into(),
            evidence_keys: row.evidence_keys,
            reason: row.reason,
            granted_by: row.granted_by.into(),
            granted_by_role: row.granted_by_role.as_str(),
            expires_at: row.expires_at,
            created_at: row.created_at,
        }
    }
}
