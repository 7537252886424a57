//! The body of the job packet.

use chrono::{DateTime, Utc};
use patchbay_core::ticket::closeout::EvidenceItem;
use patchbay_core::ticket::closeout::gate::{Gate, Presence};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::TimelineEvent;
use super::cockpit::ActorBody;
use crate::actions::ActionBody;

/// All that whoever does the work needs, and nothing else.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = JobPacket)]
pub(crate) struct PacketBody {
    /// When it was made.
    pub generated_at: DateTime<Utc>,
    /// For whom.
    pub actor: ActorBody,
    /// The packet.
    pub packet: Packet,
}

/// The work.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = JobPacketContent)]
pub(crate) struct Packet {
    /// Which ticket.
    pub header: Header,
    /// Where, and how to get in.
    pub site_and_access: SiteAndAccess,
    /// On what.
    pub asset: Option<PacketAsset>,
    /// What is to be done.
    pub work_scope: WorkScope,
    /// What has to be shown.
    pub evidence_requirements: EvidenceRequirements,
    /// What has to be said.
    pub checklist: Checklist,
    /// Whether the work would count as done now.
    pub closeout_gate: GateBody,
    /// What happened.
    pub timeline: PacketTimeline,
    /// What may be done.
    pub actions: Vec<ActionBody>,
}

/// Which ticket.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = JobPacketHeader)]
pub(crate) struct Header {
    /// The ticket.
    pub ticket_id: Uuid,
    /// Its name for people.
    pub code: String,
    /// `EMERGENCY`, `URGENT` or `ROUTINE`.
    pub priority: &'static str,
    /// Kind of work.
    pub incident_type: Option<String>,
    /// Where it stands.
    pub current_state: &'static str,
    /// The committed visit.
    pub scheduled_window: ScheduledWindow,
    /// Vendor who does it.
    pub assigned_provider_id: Option<Uuid>,
    /// Technician who does it.
    pub assigned_tech_id: Option<Uuid>,
    /// Its version.
    pub version: i64,
}

/// The committed visit.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct ScheduledWindow {
    /// From.
    pub start: Option<DateTime<Utc>>,
    /// Until.
    pub end: Option<DateTime<Utc>>,
}

/// Where, and how to get in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SiteAndAccess {
    /// The site.
    pub site_id: Uuid,
    /// Its name.
    pub site_name: String,
    /// Its address.
    pub address: Address,
    /// Its time zone.
    pub timezone: String,
    /// How to get in.
    pub access_instructions: Option<String>,
    /// Dangers.
    pub hazards: Vec<String>,
    /// Whom to ask for.
    pub onsite_contact: Option<Contact>,
}

/// An address.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SiteAddress)]
pub(crate) struct Address {
    /// Street and number.
    pub address1: String,
    /// More of it.
    pub address2: Option<String>,
    /// Flat or suite.
    pub unit: Option<String>,
    /// City.
    pub city: String,
    /// State or province.
    pub region: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Country, two letters.
    pub country: String,
}

/// Whom to ask for.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = OnsiteContact)]
pub(crate) struct Contact {
    /// Name.
    pub name: String,
    /// Telephone.
    pub phone: Option<String>,
    /// What the contact is there.
    pub role: String,
}

/// What the work is on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PacketAsset {
    /// The asset.
    pub id: Uuid,
    /// `vehicle` or `equipment`.
    pub kind: &'static str,
    /// Our label.
    pub tag: Option<String>,
    /// Who made it.
    pub make: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Year.
    pub year: Option<i64>,
    /// Vehicle identification number.
    pub vin: Option<String>,
    /// The dealer's number.
    pub stock_no: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// When it was installed.
    pub install_date: Option<String>,
    /// Until when it is under warranty.
    pub warranty_end: Option<String>,
}

/// What is to be done.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct WorkScope {
    /// One line.
    pub summary: String,
    /// What the customer said.
    pub customer_description: Option<String>,
    /// Lines of work.
    pub services: Vec<PacketService>,
    /// Not to exceed, in minor units; 0: no limit agreed.
    pub nte_cents: i64,
    /// Currency of the limit.
    pub currency: String,
    /// What limits the work: `NTE_LIMIT`, `APPROVAL_PENDING`, `LISTED_SERVICES_ONLY`, `REVIEW_REQUIRED`.
    pub authorized_scope_constraints: Vec<&'static str>,
}

/// A line of work.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PacketService {
    /// The service.
    pub service_id: Uuid,
    /// Its short name.
    pub code: String,
    /// Its name.
    pub name: String,
    /// How many.
    pub qty: f64,
}

/// What has to be shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct EvidenceRequirements {
    /// Version of the template that asks for it.
    pub template_version: Option<i64>,
    /// Each required piece.
    pub required_evidence: Vec<RequiredEvidence>,
    /// What is there.
    pub evidence_items: Vec<PacketEvidence>,
}

/// A required piece of evidence.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RequiredEvidence {
    /// Which.
    pub key: String,
    /// Whether it is there.
    pub present: bool,
}

/// A piece of evidence.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PacketEvidence {
    /// Its id.
    pub id: Uuid,
    /// What it is.
    pub kind: String,
    /// Which requirement it meets.
    pub evidence_key: Option<String>,
    /// Where its object is.
    pub uri: String,
    /// Whether it was verified, and is frozen.
    pub is_immutable: bool,
}

impl From<&EvidenceItem> for PacketEvidence {
    fn from(item: &EvidenceItem) -> Self {
        Self {
            id: item.id.into(),
            kind: item.kind.clone(),
            evidence_key: item.evidence_key.clone(),
            uri: item.uri.clone(),
            is_immutable: item.is_immutable,
        }
    }
}

/// What has to be said.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = JobChecklist)]
pub(crate) struct Checklist {
    /// Each required point.
    pub required_items: Vec<ChecklistItem>,
    /// `latest_completion_attempt` or `none_recorded`.
    pub source: &'static str,
}

/// A point of the checklist.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ChecklistItem {
    /// Which.
    pub key: String,
    /// Whether it was said.
    pub checked: bool,
}

/// Whether the work would count as done now.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CloseoutGate)]
pub(crate) struct GateBody {
    /// Whether nothing is missing.
    pub ready: bool,
    /// What the gate says: `READY`, `MISSING_EVIDENCE`, …
    pub code: &'static str,
    /// Kind of work.
    pub incident_type: Option<String>,
    /// Version of the template that was asked.
    pub template_version: Option<i64>,
    /// Required evidence that is not there.
    pub missing_evidence_keys: Vec<String>,
    /// Required evidence that is not there and need not be, for now.
    pub waived_evidence_keys: Vec<String>,
    /// Required points of the checklist that were not said.
    pub missing_checklist_keys: Vec<String>,
    /// Evidence that cannot be accepted.
    pub invalid_evidence_refs: Vec<InvalidEvidence>,
    /// Whether somebody signed, or there is a reason why not.
    pub signature_satisfied: bool,
    /// That reason.
    pub no_signature_reason: Option<String>,
}

/// Evidence that cannot be accepted.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct InvalidEvidence {
    /// Its id or uri, as it was named.
    pub reference: String,
    /// Why.
    pub reason: &'static str,
}

impl From<&Gate> for GateBody {
    fn from(gate: &Gate) -> Self {
        Self {
            ready: gate.is_ready(),
            code: gate.code.as_str(),
            incident_type: gate.incident_type.clone(),
            template_version: gate.template_version,
            missing_evidence_keys: gate.missing_evidence_keys.clone(),
            waived_evidence_keys: gate.waived_evidence_keys.clone(),
            missing_checklist_keys: gate.missing_checklist_keys.clone(),
            invalid_evidence_refs: gate
                .invalid_evidence_refs
                .iter()
                .map(|found| InvalidEvidence { reference: found.reference.clone(), reason: found.reason })
                .collect(),
            signature_satisfied: gate.signature_satisfied,
            no_signature_reason: gate.no_signature_reason.clone(),
        }
    }
}

impl RequiredEvidence {
    /// Each required piece of a gate.
    pub(crate) fn of(gate: &Gate) -> Vec<Self> {
        let is_there = |presence: &Presence| *presence == Presence::Present;
        gate.required_evidence.iter().map(|(key, there)| Self { key: key.clone(), present: is_there(there) }).collect()
    }
}

/// What happened.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = JobPacketTimeline)]
pub(crate) struct PacketTimeline {
    /// How many events there are.
    pub events: i64,
    /// The latest 10, oldest first.
    pub latest_events: Vec<TimelineEvent>,
}
