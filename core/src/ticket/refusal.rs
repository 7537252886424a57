//! A command that may not be: which code, and the facts that explain it.

use serde_json::{Map, Value, json};

use crate::code::Code;
use crate::ticket::command::CommandRow;
use crate::ticket::state::TicketState;

/// Why a command is refused. The code decides status and dimension.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// Which refusal.
    pub code: Code,
    /// One sentence for the caller.
    pub message: String,
    /// Facts that explain it: what was measured, what was allowed.
    pub facts: Map<String, Value>,
}

/// A field of a body that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Name of the field.
    pub path: String,
    /// What it should be.
    pub message: String,
}

impl Refusal {
    /// A refusal without further facts.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), facts: Map::new() }
    }

    /// A field of the body that does not fit what the ticket or the clock says.
    pub fn misfit(path: &str, message: &str) -> Self {
        Self::new(Code::InvalidRequest, format!("{path}: {message}"))
            .because("validation_errors", json!([{"path": path, "message": message}]))
    }

    /// Adds a fact.
    #[must_use]
    pub fn because(mut self, fact: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(fact.into(), value.into());
        self
    }

    /// What is asked for is so already.
    pub fn nothing_changes(row: &CommandRow, state: TicketState) -> Self {
        let refusal = Self::wrong_state(row, state).because("reason", "nothing_changes");
        Self { message: format!("{} would change nothing", row.tool), ..refusal }
    }

    /// Not from this state.
    pub fn wrong_state(row: &CommandRow, from: TicketState) -> Self {
        let allowed: Vec<&str> = row.from.iter().map(|state| state.as_str()).collect();
        let to: Vec<&str> = row.to.iter().map(|state| state.as_str()).collect();
        Self::new(Code::InvalidStateTransition, format!("{} is not possible while the ticket is {from}", row.tool))
            .because("from_state", from.as_str())
            .because("allowed_from_states", json!(allowed))
            .because("to_state", json!(to))
    }
}

impl FieldError {
    /// `path` should be what `message` says.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}
