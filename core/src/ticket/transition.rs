//! Which state may follow which. The database carries the same list as a check; a test keeps the two equal.
//! Source: domain, allowed transition pairs.

use crate::ticket::state::TicketState;
use crate::ticket::state::TicketState as S;

/// One step of a ticket; `None` before it existed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// From where.
    pub from: Option<TicketState>,
    /// To where.
    pub to: TicketState,
}

/// For each state (`None`: not yet a ticket) the states that may follow.
pub const FOLLOWERS: &[(Option<TicketState>, &[TicketState])] = &[
    (None, &[S::New, S::Triaged, S::ReadyToSchedule]),
    (Some(S::New), &[S::NeedsInfo, S::Triaged, S::Cancelled]),
    (Some(S::NeedsInfo), &[S::Triaged, S::Cancelled]),
    (Some(S::Triaged), &[S::NeedsInfo, S::ApprovalRequired, S::ReadyToSchedule, S::Dispatched, S::Cancelled]),
    (Some(S::ApprovalRequired), &[S::ReadyToSchedule, S::Triaged, S::InProgress, S::Cancelled]),
    (Some(S::ReadyToSchedule), &[S::ScheduleProposed, S::Dispatched, S::Cancelled]),
    (Some(S::ScheduleProposed), &[S::Scheduled, S::ReadyToSchedule, S::PendingCustomerConfirmation, S::Cancelled]),
    (Some(S::PendingCustomerConfirmation), &[S::ScheduleProposed, S::Scheduled, S::ReadyToSchedule, S::Cancelled]),
    (Some(S::Scheduled), &[S::Scheduled, S::Dispatched, S::PendingCustomerConfirmation, S::Cancelled]),
    (Some(S::Dispatched), &[S::OnSite, S::Scheduled, S::ReadyToSchedule, S::OnHold, S::Cancelled]),
    (Some(S::OnSite), &[S::InProgress]),
    (
        Some(S::InProgress),
        &[
            S::OnHold,
            S::ApprovalRequired,
            S::CompletedPendingVerification,
            S::Scheduled,
            S::ReadyToSchedule,
            S::Cancelled,
        ],
    ),
    (Some(S::OnHold), &[S::InProgress, S::Dispatched, S::ReadyToSchedule, S::Scheduled, S::Cancelled]),
    (Some(S::CompletedPendingVerification), &[S::Verified, S::InProgress, S::Closed]),
    (Some(S::Verified), &[S::Invoiced, S::InProgress, S::Closed]),
    (Some(S::Invoiced), &[S::InProgress, S::Closed]),
];

/// Whether `to` may follow `from`.
pub fn may_follow(from: Option<TicketState>, to: TicketState) -> bool {
    FOLLOWERS.iter().any(|(state, next)| *state == from && next.contains(&to))
}

/// The check of the transitions table, as it must stand in both migrations.
pub fn check_clause() -> String {
    let lines: Vec<String> = FOLLOWERS
        .iter()
        .map(|(from, next)| {
            let from = match from {
                None => "from_state is null".to_owned(),
                // A comparison with null is unknown, and a check lets the unknown pass.
                Some(state) => format!("coalesce(from_state, '') = '{state}'"),
            };
            let next: Vec<String> = next.iter().map(|state| format!("'{state}'")).collect();
            format!("({from} and to_state in ({}))", next.join(", "))
        })
        .collect();
    format!("check (\n        {}\n    )", lines.join("\n        or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_migrations_carry_the_same_pairs() {
        let clause = check_clause();
        for text in [
            include_str!("../../../migrations/sqlite/0001_ground.sql"),
            include_str!("../../../migrations/postgres/0001_ground.sql"),
        ] {
            assert!(text.contains(&clause), "a migration must carry:\n{clause}");
        }
    }

    #[test]
    fn nothing_follows_the_end_and_nothing_else_is_a_dead_end() {
        for state in TicketState::ALL {
            let has_followers = FOLLOWERS.iter().any(|(from, _)| *from == Some(*state));
            assert_eq!(has_followers, !state.is_terminal(), "{state}");
        }
    }

    #[test]
    fn every_state_can_be_reached() {
        let mut reached = vec![None];
        let mut index = 0;
        while let Some(from) = reached.get(index).copied() {
            index += 1;
            for (state, next) in FOLLOWERS.iter().filter(|(state, _)| *state == from) {
                assert_eq!(*state, from);
                for to in *next {
                    if !reached.contains(&Some(*to)) {
                        reached.push(Some(*to));
                    }
                }
            }
        }
        assert_eq!(reached.len(), TicketState::ALL.len() + 1);
    }

    #[test]
    fn a_closed_ticket_stays_closed() {
        assert!(!may_follow(Some(S::Closed), S::InProgress));
        assert!(!may_follow(None, S::Closed));
        assert!(may_follow(None, S::Triaged));
    }
}
