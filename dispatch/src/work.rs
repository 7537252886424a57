//! A command while it is carried out, and what came of it.

use patchbay_core::Ctx;
use patchbay_core::ids::AccountId;
use patchbay_core::ticket::{Change, Command, CommandRow, FieldError, Ticket, Told};
use patchbay_store::Tx;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::config::Config;
use crate::error::{CommandError, InvalidField};
use crate::evidence::{EvidenceRules, Seen};

/// Who asks for what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) ctx: &'a Ctx,
    pub(crate) row: &'static CommandRow,
    pub(crate) tool: Option<&'a str>,
    pub(crate) config: &'a Config,
    /// What evidence has to prove.
    pub(crate) evidence: &'a EvidenceRules,
    /// What a look at the objects of evidence found, before the transaction.
    pub(crate) seen: &'a Seen,
}

/// A command on a ticket: policy has agreed, the ticket is locked, the body has the fields of the table.
#[derive(Debug)]
pub(crate) struct Work<'a> {
    /// The transaction of the command. Write the command's own rows here; an error undoes them.
    pub(crate) tx: &'a mut Tx,
    /// Who asks for what.
    pub(crate) asked: Asked<'a>,
    /// The ticket as it stands.
    pub(crate) ticket: &'a Ticket,
    /// The checked body: texts trimmed, nulls left out.
    pub(crate) body: &'a Value,
}

/// What a command on a ticket did.
#[derive(Debug)]
pub(crate) enum Effect {
    /// It changed the ticket, or wrote something that belongs to it.
    Changed(Box<Done>),
    /// What was asked is so already: nothing is written, the answer is the ticket and these.
    AlreadySo(Map<String, Value>),
}

/// A change of a ticket, and what its answer has beside the ticket's own fields.
#[derive(Debug)]
pub(crate) struct Done {
    /// What follows for the ticket.
    pub(crate) change: Change,
    /// Further fields of the answer: `{"approval": {…}}`.
    pub(crate) extra: Map<String, Value>,
}

/// What a command did that changes how the desk runs.
#[derive(Debug)]
pub(crate) struct Operated {
    /// Body of the answer.
    pub(crate) reply: Value,
    /// Whose chain of audit it belongs to, when it is about one account.
    pub(crate) account: Option<AccountId>,
    /// What others are told, and about which thing: its kind and its id.
    pub(crate) told: Option<(&'static str, Uuid, Told)>,
}

impl Work<'_> {
    /// Which command.
    pub(crate) fn command(&self) -> Command {
        self.asked.row.command
    }

    /// Who asks, and when.
    pub(crate) fn ctx(&self) -> &Ctx {
        self.asked.ctx
    }

    /// The body as the rule wants it. The table has checked the fields, so that a misfit is a rule the table cannot say.
    pub(crate) fn input<T: DeserializeOwned>(&self) -> Result<T, CommandError> {
        typed(self.body)
    }
}

/// A checked body as a type. Error: the field that does not fit.
pub(crate) fn typed<T: DeserializeOwned>(body: &Value) -> Result<T, CommandError> {
    serde_path_to_error::deserialize(body).map_err(|error| {
        CommandError::Fields(vec![InvalidField::new(error.path().to_string(), error.inner().to_string())])
    })
}

/// Fields that do not fit, as the caller is told.
pub(crate) fn misfits(errors: Vec<FieldError>) -> CommandError {
    CommandError::Fields(errors.into_iter().map(Into::into).collect())
}

impl From<Change> for Effect {
    fn from(change: Change) -> Self {
        Self::Changed(Box::new(Done { change, extra: Map::new() }))
    }
}

impl Done {
    /// A change whose answer also has `name`.
    pub(crate) fn with(change: Change, name: &str, value: Value) -> Self {
        Self { change, extra: Map::from_iter([(name.to_owned(), value)]) }
    }
}

impl From<Done> for Effect {
    fn from(done: Done) -> Self {
        Self::Changed(Box::new(done))
    }
}
