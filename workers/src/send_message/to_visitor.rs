//! Answers in a web chat: nobody carries them but us. What is stored is sent; the visitor's page marks it as delivered and
//! read.

use patchbay_core::ids::MessageId;

use super::{Acceptance, Finding, Sender, Started};
use crate::work::{Verdict, WorkError};

impl Sender<'_> {
    /// Notes that the message is sent, unless it may not be, or the visitor has seen it already.
    pub(super) async fn hand_to_visitor(&self, id: MessageId) -> Result<Verdict, WorkError> {
        let (outgoing, attempt) = match self.begin(id).await? {
            Started::Attempt(outgoing, attempt) => (outgoing, attempt),
            Started::Ended(verdict) => return Ok(verdict),
        };
        let finding = Finding::Accepted(Acceptance::of(outgoing.message.id.to_string()));
        self.count_and_note(id, attempt, &finding).await
    }
}
