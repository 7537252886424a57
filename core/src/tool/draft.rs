//! Drafts: what an assistant wants done and what must be shown before it is. Source: tool gateway reference, draft and
//! commit; domain, drafts and confirmation.

use serde_json::{Value, json};

use crate::canonical::canonical_hash;
use crate::role::Role;
use crate::vocabulary;

vocabulary! {
    /// Where a draft stands.
    pub enum DraftState {
        /// Being made; the payload may still change.
        Open => "OPEN",
        /// The customer was asked.
        AwaitingCustomer => "AWAITING_CUSTOMER",
        /// A person of ours has to decide.
        AwaitingHuman => "AWAITING_HUMAN",
        /// All proofs are there.
        Confirmed => "CONFIRMED",
        /// The other system was or is being asked.
        Committing => "COMMITTING",
        /// It is done.
        Committed => "COMMITTED",
        /// The other system said no.
        Failed => "FAILED",
        /// The other system's answer was lost.
        Unknown => "UNKNOWN",
        /// Called off by the assistant or the customer.
        Cancelled => "CANCELLED",
        /// A person of ours said no.
        Rejected => "REJECTED",
        /// Nobody confirmed it in time.
        Expired => "EXPIRED",
        /// What it was bound to has changed, or the code was guessed at.
        Voided => "VOIDED",
    }
}

vocabulary! {
    /// Which proofs a draft needs. Fixed when it is made.
    pub enum Plan {
        /// None.
        None => "none",
        /// The customer's own message.
        Customer => "customer",
        /// A person of ours.
        Human => "human",
        /// The customer first, then a person of ours.
        CustomerAndHuman => "customer+human",
    }
}

impl Plan {
    /// Whether the customer has to confirm.
    pub fn asks_customer(self) -> bool {
        matches!(self, Self::Customer | Self::CustomerAndHuman)
    }

    /// Whether a person of ours has to agree.
    pub fn asks_human(self) -> bool {
        matches!(self, Self::Human | Self::CustomerAndHuman)
    }

    /// The same plan, with a person of ours.
    #[must_use]
    pub fn with_human(self) -> Self {
        match self {
            Self::None | Self::Human => Self::Human,
            Self::Customer | Self::CustomerAndHuman => Self::CustomerAndHuman,
        }
    }

    /// Where a draft with this plan waits first.
    pub fn first_state(self) -> DraftState {
        match self {
            Self::None => DraftState::Confirmed,
            Self::Customer | Self::CustomerAndHuman => DraftState::AwaitingCustomer,
            Self::Human => DraftState::AwaitingHuman,
        }
    }
}

impl DraftState {
    /// Whether nothing follows.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Committed | Self::Failed | Self::Cancelled | Self::Rejected | Self::Expired | Self::Voided)
    }

    /// Whether it can still be called off.
    pub fn can_be_cancelled(self) -> bool {
        matches!(self, Self::Open | Self::AwaitingCustomer | Self::AwaitingHuman | Self::Confirmed)
    }

    /// Whether its amount counts toward the sum of the day.
    pub fn counts_toward_sum(self) -> bool {
        !matches!(self, Self::Failed | Self::Cancelled | Self::Rejected | Self::Expired | Self::Voided)
    }

    /// What the draft waits for, for its assistant.
    pub fn awaits(self) -> Option<&'static str> {
        match self {
            Self::AwaitingCustomer => Some("customer"),
            Self::AwaitingHuman => Some("human"),
            Self::Confirmed => Some("commit"),
            Self::Committing | Self::Unknown => Some("outcome"),
            _ => None,
        }
    }
}

/// Amounts that ask for a person, in minor units. Source: S3, security rules.
pub const HUMAN_ABOVE: i64 = 100_000;
/// Most that a supervisor may approve. Source: domain, amount tiers.
pub const SUPERVISOR_MOST: i64 = 500_000;
/// Most that anybody may approve.
pub const MOST: i64 = 1_000_000;
/// Currencies whose amounts are compared with these numbers as they are.
pub const COMPARED: &[&str] = &["CAD", "USD"];

/// Whether a role may approve an amount.
pub fn may_approve(role: Role, amount_minor: Option<i64>) -> bool {
    match role {
        Role::Admin => amount_minor.is_none_or(|amount| amount <= MOST),
        Role::Supervisor => amount_minor.is_none_or(|amount| amount <= SUPERVISOR_MOST),
        _ => false,
    }
}

/// The hash that binds proofs to exactly this call.
pub fn payload_hash(tool: &str, payload: &Value, policy_version: i64) -> String {
    canonical_hash(&json!({"tool": tool, "payload": payload, "policy_version": policy_version}))
}

/// How many decimals a currency has. Source: ISO 4217.
pub fn decimals(currency: &str) -> u32 {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV"
        | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

/// An amount as people write it: `1250.00`.
pub fn amount_text(minor: i64, currency: &str) -> String {
    let places = decimals(currency);
    let unit = 10_i64.pow(places);
    if places == 0 {
        return minor.to_string();
    }
    let width = usize::try_from(places).unwrap_or(2);
    format!("{}.{:0width$}", minor / unit, (minor % unit).abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_with_the_decimals_of_their_currency() {
        assert_eq!(amount_text(125_005, "USD"), "1250.05");
        assert_eq!(amount_text(1_250, "JPY"), "1250");
        assert_eq!(amount_text(1_250, "KWD"), "1.250");
    }
}
