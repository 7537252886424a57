//! Not built yet.

use patchbay_core::Code;
use patchbay_core::ticket::Refusal;
use patchbay_store::Tx;
use serde_json::Value;

use crate::error::CommandError;
use crate::work::{Asked, Operated};

/// Carries out a command that changes how the desk runs.
#[expect(clippy::unused_async, reason = "not built yet")]
pub(crate) async fn run(_: &mut Tx, asked: Asked<'_>, _: &Value) -> Result<Operated, CommandError> {
    Err(Refusal::new(Code::NotReady, format!("{} is not built yet", asked.row.tool)).into())
}
