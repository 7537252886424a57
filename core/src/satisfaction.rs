//! What customers say of how they were helped: asked once, when a web chat is over. Source: console reference, widget.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::conversation::{CloseReason, ConversationStatus};

/// How long after the end it is asked: as long as a conversation can be opened again.
pub const ASKED_WITHIN: TimeDelta = TimeDelta::days(7);

/// Longest comment, in characters.
pub const COMMENT_CHARS: usize = 1000;

/// How content somebody is: from 1, the worst, to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Rating(u8);

impl Rating {
    /// The best.
    pub const BEST: u8 = 5;

    /// A rating from 1 to 5; nothing for other numbers.
    pub fn new(value: i64) -> Option<Self> {
        u8::try_from(value).ok().filter(|value| (1..=Self::BEST).contains(value)).map(Self)
    }

    /// The number.
    pub fn get(self) -> u8 {
        self.0
    }

    /// Whether it counts as content: 4 and 5.
    pub fn is_content(self) -> bool {
        self.0 >= 4
    }
}

/// Whether the customer of a conversation is asked, as long as they did not answer.
pub fn is_asked(
    status: ConversationStatus,
    reason: Option<CloseReason>,
    closed_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> bool {
    let is_theirs = matches!(reason, Some(CloseReason::Resolved | CloseReason::CustomerUnresponsive));
    status == ConversationStatus::Closed && is_theirs && closed_at.is_some_and(|at| now - at < ASKED_WITHIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rating_lies_between_one_and_five() {
        let ratings: Vec<Option<u8>> = [-1, 0, 1, 5, 6, 257].map(|value| Rating::new(value).map(Rating::get)).into();
        assert_eq!(ratings, [None, None, Some(1), Some(5), None, None]);
        assert_eq!([3, 4].map(|value| Rating::new(value).map(Rating::is_content)), [Some(false), Some(true)]);
    }

    #[test]
    fn it_is_asked_at_the_end_and_for_a_week() {
        let now = DateTime::from_timestamp(1_772_719_195, 0).expect("a time");
        let asked = |status, reason, days| is_asked(status, Some(reason), Some(now - TimeDelta::days(days)), now);
        assert!(asked(ConversationStatus::Closed, CloseReason::Resolved, 0));
        assert!(asked(ConversationStatus::Closed, CloseReason::CustomerUnresponsive, 6));
        assert!(!asked(ConversationStatus::Closed, CloseReason::Resolved, 7));
        assert!(!asked(ConversationStatus::Closed, CloseReason::Spam, 0));
        assert!(!asked(ConversationStatus::Closed, CloseReason::Duplicate, 0));
        assert!(!asked(ConversationStatus::Assigned, CloseReason::Resolved, 0));
    }
}
