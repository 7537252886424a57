//! The policy that is in force: read and swapped as a whole, kept with who changed it and when, and changed by two people
//! while the server runs. Source: tool gateway reference, policy as data.

mod change;
mod follow;

pub(crate) use change::Decided;

use patchbay_core::tool::Policy;
use patchbay_core::tool::policy::Origin;

/// A policy that was checked, with its hash.
#[derive(Clone, Debug)]
pub(crate) struct InForce {
    /// What it says.
    pub(crate) policy: Policy,
    /// Hash of everything it says.
    pub(crate) hash: String,
    /// Where it comes from.
    pub(crate) origin: Origin,
}

impl InForce {
    pub(crate) fn of(policy: Policy, origin: Origin) -> Self {
        Self { hash: policy.hash(), policy, origin }
    }
}

impl std::ops::Deref for InForce {
    type Target = Policy;

    fn deref(&self) -> &Policy {
        &self.policy
    }
}

/// The policy cannot come into force.
#[derive(Debug, thiserror::Error)]
pub enum UnusablePolicy {
    /// It says something else than the policy of the same version did.
    #[error("version {0} was used for another policy; give the changed one a higher version")]
    VersionUsed(i64),
    /// What was in force before does not fit the tools of this program.
    #[error("version {0}, which is in force, cannot be used: {1}")]
    Kept(i64, String),
    /// The store did not do it.
    #[error("the policy cannot be stored")]
    Store(#[from] patchbay_store::StoreError),
}
