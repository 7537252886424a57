//! The life of a message: a lattice, so that the order in which reports arrive does not matter.
//! Source: channels reference, "Merging statuses"; domain, messages.

use crate::item::ReportedStatus;
use crate::vocabulary;

vocabulary! {
    /// Where a message stands.
    pub enum DeliveryStatus {
        /// Inbound: it is here.
        Received => "received",
        /// Outbound: waits to be handed to the provider.
        Pending => "pending",
        /// Handed to the provider, no answer yet.
        Sending => "sending",
        /// The call ended without a usable answer: it may or may not have been sent.
        Unknown => "unknown",
        /// The provider has it.
        Sent => "sent",
        /// Will not arrive.
        Failed => "failed",
        /// On the recipient's device.
        Delivered => "delivered",
        /// Displayed to the recipient.
        Read => "read",
    }
}

impl DeliveryStatus {
    /// Rank in the lattice. `Sending` and `Unknown` rank like `Pending`: no provider reports them.
    pub fn rank(self) -> i64 {
        match self {
            Self::Received | Self::Pending | Self::Sending | Self::Unknown => 0,
            Self::Sent => 1,
            Self::Failed => 2,
            Self::Delivered => 3,
            Self::Read => 4,
        }
    }

    /// What a message stands at after a report: the higher of both. `None` when the report changes nothing.
    #[must_use]
    pub fn merged_with(self, report: Self) -> Option<Self> {
        (self != Self::Received && report.rank() > self.rank()).then_some(report)
    }
}

impl From<ReportedStatus> for DeliveryStatus {
    fn from(reported: ReportedStatus) -> Self {
        match reported {
            ReportedStatus::Pending => Self::Pending,
            ReportedStatus::Sent => Self::Sent,
            ReportedStatus::Delivered => Self::Delivered,
            ReportedStatus::Read => Self::Read,
            ReportedStatus::Failed | ReportedStatus::Canceled => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_report() -> impl Strategy<Value = DeliveryStatus> {
        proptest::sample::select(ReportedStatus::ALL).prop_map(DeliveryStatus::from)
    }

    fn settle(reports: &[DeliveryStatus]) -> DeliveryStatus {
        reports.iter().fold(DeliveryStatus::Sending, |state, report| state.merged_with(*report).unwrap_or(state))
    }

    proptest! {
        #[test]
        fn the_order_of_reports_does_not_matter(mut reports in proptest::collection::vec(any_report(), 0..8)) {
            let forward = settle(&reports).rank();
            reports.reverse();
            prop_assert_eq!(forward, settle(&reports).rank());
        }

        #[test]
        fn a_report_never_lowers_a_message(reports in proptest::collection::vec(any_report(), 0..8), late in any_report()) {
            let state = settle(&reports);
            prop_assert!(state.merged_with(late).unwrap_or(state).rank() >= state.rank());
        }
    }

    #[test]
    fn sent_after_read_changes_nothing() {
        assert_eq!(DeliveryStatus::Read.merged_with(DeliveryStatus::Sent), None);
        assert_eq!(DeliveryStatus::Failed.merged_with(DeliveryStatus::Delivered), Some(DeliveryStatus::Delivered));
        assert_eq!(DeliveryStatus::Sent.merged_with(DeliveryStatus::Failed), Some(DeliveryStatus::Failed));
    }
}
