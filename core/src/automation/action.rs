//! What is done to a conversation.

use serde::{Deserialize, Serialize};

use super::{Misfit, misfit};
use crate::conversation::{CloseReason, Priority};
use crate::ids::{TeamId, UserId};
use crate::ticket::TicketPriority;

/// Longest reply or note, in characters.
const TEXT_CHARS: usize = 4_000;
/// Longest snooze, in minutes: a year.
const LONGEST_SNOOZE: i64 = 366 * 24 * 60;

/// One action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Puts tags on it.
    Tag {
        /// Which.
        tags: Vec<String>,
    },
    /// Takes tags off it.
    Untag {
        /// Which.
        tags: Vec<String>,
    },
    /// Says how urgent it is.
    Priority {
        /// How urgent.
        priority: Priority,
    },
    /// Gives it into the queue of a team, or to somebody.
    Assign {
        /// To whose queue.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        team: Option<TeamId>,
        /// To whom.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<UserId>,
    },
    /// Writes to the customer.
    Reply {
        /// What; `{{name}}` stands for the customer's name.
        text: String,
    },
    /// Writes a note.
    Note {
        /// What.
        text: String,
    },
    /// Hides it for a while.
    Snooze {
        /// For how long.
        minutes: i64,
    },
    /// Closes it.
    Close {
        /// Why.
        reason: CloseReason,
    },
    /// Makes a ticket of it.
    Ticket {
        /// The kind of incident.
        #[serde(default)]
        incident_type: Option<String>,
        /// The ticket's priority.
        priority: TicketPriority,
    },
}

impl Action {
    /// The words of all.
    pub const WORDS: [&str; 9] = ["tag", "untag", "priority", "assign", "reply", "note", "snooze", "close", "ticket"];

    /// Its word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Tag { .. } => "tag",
            Self::Untag { .. } => "untag",
            Self::Priority { .. } => "priority",
            Self::Assign { .. } => "assign",
            Self::Reply { .. } => "reply",
            Self::Note { .. } => "note",
            Self::Snooze { .. } => "snooze",
            Self::Close { .. } => "close",
            Self::Ticket { .. } => "ticket",
        }
    }

    pub(super) fn check(&self, path: &str) -> Result<(), Misfit> {
        match self {
            Self::Tag { tags } | Self::Untag { tags } => {
                let fits = |tag: &String| {
                    (1..=40).contains(&tag.chars().count())
                        && !tag.contains([',', '/'])
                        && *tag == tag.trim().to_lowercase()
                };
                if tags.is_empty() || tags.len() > 20 {
                    return Err(misfit(format!("{path}.tags"), "must have 1 to 20 tags"));
                }
                match tags.iter().position(|tag| !fits(tag)) {
                    Some(place) => Err(misfit(
                        format!("{path}.tags[{place}]"),
                        "must have 1 to 40 characters in lower case, without comma or slash",
                    )),
                    None => Ok(()),
                }
            }
            Self::Reply { text } | Self::Note { text } => {
                let length = text.trim().chars().count();
                if (1..=TEXT_CHARS).contains(&length) && !text.contains('\0') {
                    Ok(())
                } else {
                    Err(misfit(format!("{path}.text"), "must have 1 to 4000 characters"))
                }
            }
            Self::Snooze { minutes } if !(1..=LONGEST_SNOOZE).contains(minutes) => {
                Err(misfit(format!("{path}.minutes"), "must be from a minute to a year"))
            }
            Self::Assign { team, user } if team.is_some() == user.is_some() => {
                Err(misfit(path, "name either a team or a user"))
            }
            Self::Close { reason: CloseReason::Duplicate } => {
                Err(misfit(format!("{path}.reason"), "nobody knows of what it would be a duplicate"))
            }
            Self::Ticket { incident_type: Some(word), .. } if word.trim().is_empty() || word.chars().count() > 100 => {
                Err(misfit(format!("{path}.incident_type"), "must have 1 to 100 characters"))
            }
            _ => Ok(()),
        }
    }
}
