//! Not built yet.

use patchbay_core::Code;
use patchbay_core::ticket::Refusal;

use crate::error::CommandError;
use crate::work::{Effect, Work};

/// Carries out a command of this family.
#[expect(clippy::unused_async, reason = "not built yet")]
pub(super) async fn run(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    Err(Refusal::new(Code::NotReady, format!("{} is not built yet", work.asked.row.tool)).into())
}
