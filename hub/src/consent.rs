//! Consent: every word about what may be written to an address is kept with what proves it; what follows is checked when
//! a reply is accepted and again when it is sent.

mod endpoints;

use chrono::{DateTime, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::consent::{ConsentReason, ConsentScope, Decision};
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::RecordId;
use patchbay_store::consents::{self, ConsentRow, NewConsent, SuppressionRow};
use patchbay_store::{StoreError, Tx};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

pub(crate) use endpoints::router;

/// Entries of an address's ledger that are shown.
const SHOWN: i64 = 20;

/// One word about what may be written to an address.
#[derive(Clone, Debug)]
pub(crate) struct Word<'a> {
    pub(crate) channel: Channel,
    pub(crate) address: &'a str,
    pub(crate) decision: Decision,
    pub(crate) scope: ConsentScope,
    pub(crate) reason: ConsentReason,
    /// What proves it: the message, the keyword, the provider's code.
    pub(crate) evidence: Value,
    /// Who recorded it, when a person did.
    pub(crate) actor_id: Option<Uuid>,
    pub(crate) occurred_at: DateTime<Utc>,
    /// The provider's id of the message or the report that said it, if it has one.
    pub(crate) said_in: Option<&'a str>,
}

impl Word<'_> {
    /// The same for the same word, however often it is delivered and whoever understood it.
    fn id(&self) -> RecordId {
        let at = self.occurred_at.timestamp_micros().to_string();
        let evidence = self.evidence.to_string();
        let mut parts = vec![
            self.channel.as_str(),
            self.address,
            self.decision.as_str(),
            self.scope.as_str(),
            self.reason.as_str(),
        ];
        match self.said_in {
            // The same message is no other word because it came later or with other words around it.
            Some(id) => parts.extend(["said in", id]),
            None => parts.extend([at.as_str(), evidence.as_str()]),
        }
        RecordId(Uuid::new_v5(&Uuid::NAMESPACE_OID, parts.join("\u{1f}").as_bytes()))
    }
}

/// Keeps a word and does what follows from it. `false`: it was known, and what was decided since stands.
pub(crate) async fn keep(tx: &mut Tx, ctx: &Ctx, word: &Word<'_>) -> Result<bool, StoreError> {
    let entry = NewConsent {
        id: word.id(),
        channel: word.channel,
        address: word.address,
        decision: word.decision,
        scope: word.scope,
        reason: word.reason,
        evidence: word.evidence.clone(),
        actor_id: word.actor_id,
        occurred_at: word.occurred_at,
    };
    let is_new = consents::record(tx, ctx, &entry).await?;
    if is_new {
        let (decision, reason) = (word.decision.as_str(), word.reason.as_str());
        metrics::counter!("consent_entries_total", "decision" => decision, "reason" => reason).increment(1);
    }
    Ok(is_new)
}

/// What may be written to an address, and how we know.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ConsentBody {
    /// `allowed` or `withdrawn`: any message.
    pub messages: String,
    /// `allowed` or `withdrawn`: advertising.
    pub marketing: String,
    /// Why something is withdrawn.
    pub suppressions: Vec<SuppressionBody>,
    /// What was decided, newest first.
    pub history: Vec<ConsentEntryBody>,
}

/// Something that may not be written to an address.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SuppressionBody {
    /// Channel.
    pub channel: String,
    /// Canonical address.
    pub address: String,
    /// `everything` or `marketing`.
    pub scope: String,
    /// `keyword`, `unsubscribe`, `complaint`, `bounce`, `provider` or `person`.
    pub reason: String,
    /// What proves it.
    pub evidence: Value,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// One decision about an address.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ConsentEntryBody {
    /// Our id.
    pub id: Uuid,
    /// `withdrawn` or `given`.
    pub decision: String,
    /// `everything` or `marketing`.
    pub scope: String,
    /// How we know.
    pub reason: String,
    /// What proves it.
    pub evidence: Value,
    /// Who recorded it, when a person did.
    pub actor_id: Option<Uuid>,
    /// When it was decided.
    pub occurred_at: DateTime<Utc>,
}

impl From<SuppressionRow> for SuppressionBody {
    fn from(row: SuppressionRow) -> Self {
        Self {
            channel: row.channel.to_string(),
            address: row.address,
            scope: row.scope.to_string(),
            reason: row.reason.to_string(),
            evidence: row.evidence,
            since: row.created_at,
        }
    }
}

impl From<ConsentRow> for ConsentEntryBody {
    fn from(row: ConsentRow) -> Self {
        Self {
            id: row.id.into(),
            decision: row.decision.to_string(),
            scope: row.scope.to_string(),
            reason: row.reason.to_string(),
            evidence: row.evidence,
            actor_id: row.actor_id,
            occurred_at: row.occurred_at,
        }
    }
}

/// What may be written to an address. `opted_out`: what the identity itself says.
pub(crate) async fn of_address(
    tx: &mut Tx,
    channel: Channel,
    address: &str,
    opted_out: Option<DateTime<Utc>>,
) -> Result<ConsentBody, StoreError> {
    let suppressions = consents::suppressions_of(tx, channel, address).await?;
    let has = |scope| suppressions.iter().any(|row| row.scope == scope);
    let word = |withdrawn: bool| if withdrawn { "withdrawn" } else { "allowed" }.to_owned();
    let nothing = opted_out.is_some() || has(ConsentScope::Everything);
    Ok(ConsentBody {
        messages: word(nothing),
        marketing: word(nothing || has(ConsentScope::Marketing)),
        history: consents::history(tx, channel, address, SHOWN).await?.into_iter().map(Into::into).collect(),
        suppressions: suppressions.into_iter().map(Into::into).collect(),
    })
}
