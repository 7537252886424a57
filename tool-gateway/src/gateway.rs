//! The gateway: what its pipeline works with.

use std::sync::Arc;

use arc_swap::ArcSwap;
use hmac::{Hmac, KeyInit as _, Mac as _};
use patchbay_core::redaction::{Reader, Redactor};
use patchbay_core::tool::Policy;
use patchbay_core::tool::catalog::{self, Keeper, ToolSpec};
use patchbay_core::tool::policy::Origin;
use patchbay_core::tool::question;
use patchbay_http::Gate;
use patchbay_hub::Hub;
use patchbay_store::tool_drafts::DraftRow;
use sha2::Sha256;

use crate::audit::Pen;
use crate::config::GatewayConfig;
use crate::policy::InForce;
use crate::scene::Looks;
use crate::ticketing::Ticketing;
use crate::transactions::Transactions;

/// The door for AI agents. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Gateway(Arc<Inner>);

/// What the gateway works with.
#[derive(Debug)]
pub struct Inner {
    pub(crate) hub: Hub,
    pub(crate) config: GatewayConfig,
    pub(crate) catalog: Vec<ToolSpec>,
    pub(crate) registry_hash: String,
    /// The version of each tool of the catalog, in its order.
    versions: Vec<String>,
    /// What is in force; its version is bound into every draft.
    pub(crate) policy: ArcSwap<InForce>,
    /// Redacts what assistants are shown.
    pub(crate) for_assistants: Redactor,
    /// Redacts what is kept in the audit.
    pub(crate) for_audit: Redactor,
    pub(crate) transactions: Option<Transactions>,
    pub(crate) ticketing: Option<Ticketing>,
    pub(crate) looks: Looks,
    pub(crate) pen: Pen,
}

/// Systems of others that tools reach.
#[derive(Clone, Debug, Default)]
pub struct Systems {
    /// Where a customer's transactions are; none: tools say so.
    pub transactions: Option<Transactions>,
    /// Who keeps the tickets; none: we do.
    pub ticketing: Option<Ticketing>,
}

impl std::ops::Deref for Gateway {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Gateway {
    /// A gateway over a hub with the shipped policy; without a transaction system its tools say that there is none.
    pub fn new(hub: Hub, config: GatewayConfig, transactions: Option<Transactions>) -> Self {
        Self::under(Policy::default(), hub, config, Systems { transactions, ticketing: None })
    }

    /// The same under the policy of the settings, which was checked, with other systems. It is in force once
    /// [`Gateway::begin_policy`] has said so.
    pub fn under(policy: Policy, hub: Hub, config: GatewayConfig, systems: Systems) -> Self {
        let Systems { transactions, ticketing } = systems;
        let keeper = if ticketing.is_some() { Keeper::Outside } else { Keeper::Ourselves };
        let catalog = catalog::catalog_of(keeper);
        let registry_hash = catalog::registry_hash(&catalog);
        let versions = catalog.iter().map(ToolSpec::version).collect();
        let secret = hub.config.link_secret.expose().as_bytes().to_vec();
        let is_shipped = config.policy_file.as_os_str().is_empty();
        let policy = InForce::of(policy, if is_shipped { Origin::Shipped } else { Origin::File });
        tracing::info!(
            tools = catalog.len(),
            registry = %registry_hash,
            policy.version = policy.version,
            policy.hash = %policy.hash,
            "the tool gateway is ready"
        );
        Self(Arc::new(Inner {
            hub,
            config,
            catalog,
            registry_hash,
            versions,
            policy: ArcSwap::from_pointee(policy),
            for_assistants: Redactor::new(&secret, Reader::Assistant),
            for_audit: Redactor::new(&secret, Reader::Sink),
            transactions,
            ticketing,
            looks: Looks::default(),
            pen: Pen::default(),
        }))
    }

    /// The policy that is in force now. Take it once for what belongs together.
    pub(crate) fn policy(&self) -> Arc<InForce> {
        self.policy.load_full()
    }

    /// The tool that answers to a name.
    pub(crate) fn tool(&self, name: &str) -> Option<&ToolSpec> {
        self.catalog.iter().find(|spec| spec.answers_to(name))
    }

    /// The version of a tool of the catalog.
    pub(crate) fn version_of(&self, spec: &ToolSpec) -> &str {
        let place = self.catalog.iter().position(|other| other.name == spec.name);
        place.and_then(|place| self.versions.get(place)).map_or("", String::as_str)
    }

    fn mac(&self, purpose: &str, parts: &[&str]) -> Vec<u8> {
        let secret = self.hub.config.link_secret.expose().as_bytes();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
        mac.update(b"tool gateway ");
        mac.update(purpose.as_bytes());
        for part in parts {
            mac.update(&[0]);
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().to_vec()
    }

    /// The keyed hash of a customer's code, bound to its draft.
    pub(crate) fn code_hash(&self, draft: &DraftRow, code: &str) -> String {
        hex::encode(self.mac("code", &[&draft.id.to_string(), &draft.payload_hash, code]))
    }

    /// The token of a confirmed draft: bound to the draft, its payload, its conversation and its customer. It is never
    /// stored, and worth nothing where these do not meet.
    pub(crate) fn token(&self, draft: &DraftRow) -> String {
        let bound = [
            draft.id.to_string(),
            draft.payload_hash.clone(),
            draft.conversation_id.to_string(),
            draft.contact_id.to_string(),
            draft.contact_address.clone(),
        ];
        let parts: Vec<&str> = bound.iter().map(String::as_str).collect();
        question::code_of(&self.mac("token", &parts))
    }

    /// What stands for an idempotency key in the audit.
    pub(crate) fn fingerprint(&self, text: &str) -> String {
        hex::encode(self.mac("fingerprint", &[text])).chars().take(16).collect()
    }
}

impl axum::extract::FromRef<Gateway> for Gate {
    fn from_ref(gateway: &Gateway) -> Self {
        gateway.hub.gate.clone()
    }
}
