//! Why a command was not carried out, and how HTTP says so.

use patchbay_core::Code;
use patchbay_core::ids::{AccountId, TicketId};
use patchbay_core::ticket::{FieldError, Refusal, Ticket};
use patchbay_http::ApiError;
use patchbay_store::StoreError;
use serde_json::{Value, json};

/// Why a command was not carried out. Nothing changed, and its idempotency key is free again.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Policy or state is against it.
    #[error("refused: {}", .0.code.as_str())]
    Refused(Refusal),
    /// Policy or state is against it, and which ticket it was about.
    #[error("refused: {}", .refusal.code.as_str())]
    About {
        /// What the caller is told.
        refusal: Refusal,
        /// The ticket.
        ticket: TicketId,
        /// Its account.
        account: AccountId,
    },
    /// The same request is a ticket already.
    #[error("the same request is a ticket already")]
    Duplicate {
        /// What the caller is told.
        refusal: Refusal,
        /// The ticket it is.
        ticket: TicketId,
        /// Its account.
        account: AccountId,
    },
    /// Fields are missing, unknown or do not fit.
    #[error("{} fields do not fit", .0.len())]
    Fields(Vec<InvalidField>),
    /// The idempotency key is missing, is not one, or stands for something else.
    #[error("{message}")]
    Key {
        /// Which of these.
        code: Code,
        /// What the caller is told.
        message: String,
    },
    /// The first request with this key is still carried out.
    #[error("a request with this key is carried out")]
    InProgress,
    /// There is no such ticket, or it is not the caller's to know.
    #[error("no such ticket")]
    NoSuchTicket,
    /// What was to happen in the same transaction could not.
    #[error("the rest of the transaction could not be done: {}", .0.code().as_str())]
    Also(ApiError),
    /// The store.
    #[error("keeping a ticket")]
    Store(#[from] StoreError),
}

/// A field of a body that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidField {
    /// Where.
    pub path: String,
    /// What it should be.
    pub message: String,
}

impl From<FieldError> for InvalidField {
    fn from(error: FieldError) -> Self {
        Self { path: error.path, message: error.message }
    }
}

impl InvalidField {
    pub(crate) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}

impl CommandError {
    /// The same error, known to be about `ticket`.
    #[must_use]
    pub(crate) fn about(self, ticket: &Ticket) -> Self {
        match self {
            Self::Refused(refusal) => Self::About { refusal, ticket: ticket.id, account: ticket.account_id },
            other => other,
        }
    }
}

impl From<Refusal> for CommandError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<CommandError> for ApiError {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Refused(refusal)
            | CommandError::About { refusal, .. }
            | CommandError::Duplicate { refusal, .. } => refused(refusal),
            CommandError::Fields(fields) => {
                let message = match fields.as_slice() {
                    [field] => format!("{}: {}", field.path, field.message),
                    fields => format!("{} fields do not fit", fields.len()),
                };
                let errors: Vec<Value> =
                    fields.iter().map(|field| json!({"path": field.path, "message": field.message})).collect();
                ApiError::new(Code::InvalidRequest, message).with("validation_errors", errors)
            }
            CommandError::Key { code, message } => ApiError::new(code, message),
            CommandError::InProgress => {
                ApiError::new(Code::IdempotencyInProgress, "the first request with this key is still carried out")
                    .retry_after(1)
            }
            CommandError::NoSuchTicket => ApiError::new(Code::TicketNotFound, "no such ticket"),
            CommandError::Also(error) => error,
            CommandError::Store(StoreError::Conflict) => {
                ApiError::new(Code::VersionConflict, "somebody else was faster; read again and repeat")
            }
            CommandError::Store(error) if error.is_unavailable() => ApiError::not_ready(&error),
            CommandError::Store(error) => ApiError::internal(&error),
        }
    }
}

/// The facts of a refusal stand beside its code and once more in `policy_error`, where the console looks for them.
fn refused(refusal: Refusal) -> ApiError {
    refusal.facts.into_iter().fold(ApiError::new(refusal.code, refusal.message), |error, (fact, value)| {
        error.with(&fact, value.clone()).because(&fact, value)
    })
}
