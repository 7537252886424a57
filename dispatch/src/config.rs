//! How intakes are judged.

use chrono::TimeDelta;
use patchbay_core::ticket::intake::IntakeRules;
use serde::Deserialize;

/// Settings of the enforcement API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Least confidence about who asks, 0 to 100, for a blind intake to be scheduled at once.
    /// `DISPATCH_INTAKE_IDENTITY_CONFIDENCE_THRESHOLD` is honored too.
    pub identity_confidence_threshold: u8,
    /// Least confidence about what is asked, 0 to 100. `DISPATCH_INTAKE_CLASSIFICATION_CONFIDENCE_THRESHOLD`.
    pub classification_confidence_threshold: u8,
    /// How long the same request counts as a repetition, in minutes. `DISPATCH_INTAKE_DUPLICATE_WINDOW_MINUTES`.
    pub duplicate_window_minutes: u32,
    /// Whether invoices go on into an accounting system: then account and services must be known there before an invoice
    /// is approved.
    pub accounting: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            identity_confidence_threshold: 85,
            classification_confidence_threshold: 85,
            duplicate_window_minutes: 120,
            accounting: false,
        }
    }
}

impl Config {
    /// The rules these settings stand for.
    pub fn intake_rules(&self) -> IntakeRules {
        IntakeRules {
            identity_threshold: self.identity_confidence_threshold.into(),
            classification_threshold: self.classification_confidence_threshold.into(),
            duplicate_window: TimeDelta::minutes(self.duplicate_window_minutes.into()),
        }
    }
}
