//! `ticket.request_info`: the requester is asked for what is missing. Source: domain, command 3.

use serde::Deserialize;
use serde_json::json;

use crate::ticket::decision::{Change, Topic};
use crate::ticket::record::Ticket;
use crate::ticket::state::TicketState;

/// Longest name of a field that others are told; what is longer is a sentence.
const MAX_FIELD_NAME: usize = 60;

/// The fields of `ticket.request_info`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct InfoRequest {
    /// What is missing.
    pub missing_fields: Vec<String>,
    /// What the requester is asked.
    pub message: Option<String>,
}

impl InfoRequest {
    /// The question as the requester reads it.
    pub fn question(&self, ticket: &Ticket) -> String {
        if let Some(message) = &self.message {
            return message.clone();
        }
        let names: Vec<String> = self.missing_fields.iter().map(|name| name.replace('_', " ")).collect();
        format!("About your request {}: to go on we still need to know: {}.", ticket.code, names.join(", "))
    }
}

/// What follows from `ticket.request_info`: the ticket waits for the requester.
pub fn decide(ticket: &Ticket, asked: &InfoRequest) -> Change {
    let mut change = Change::of(ticket);
    change.step(TicketState::NeedsInfo);
    // Names of fields are told, sentences are not.
    let names: Vec<&String> = asked.missing_fields.iter().filter(|name| is_name(name)).collect();
    change.tell_with(
        Topic::InfoRequested,
        json!({ "missing_fields": names, "missing_count": asked.missing_fields.len() }),
    );
    change
}

fn is_name(text: &str) -> bool {
    text.len() <= MAX_FIELD_NAME
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|sign| sign.is_ascii_alphanumeric() || "_.-".contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::create::tests::ticket_in;

    #[test]
    fn names_of_fields_are_told_and_sentences_are_not() {
        let missing = ["gate_code", "call +15550100", "address.unit"].map(str::to_owned).to_vec();
        let ticket = ticket_in(TicketState::New);
        let change = decide(&ticket, &InfoRequest { missing_fields: missing, message: None });
        assert_eq!(change.ticket.state, TicketState::NeedsInfo);
        assert_eq!(change.told[0].facts["missing_fields"], json!(["gate_code", "address.unit"]));
        assert_eq!(change.told[0].facts["missing_count"], 3);
    }

    #[test]
    fn the_question_is_the_message_or_names_what_is_missing() {
        let ticket = ticket_in(TicketState::New);
        let asked = InfoRequest { missing_fields: vec!["gate_code".into(), "unit".into()], message: None };
        assert!(asked.question(&ticket).contains("T-2026-001") && asked.question(&ticket).contains("gate code, unit"));
        let asked = InfoRequest { message: Some("Which door is it?".into()), ..asked };
        assert_eq!(asked.question(&ticket), "Which door is it?");
    }
}
