//! `patchbay openapi`.

use super::{CommandError, print};

/// Prints the OpenAPI document.
pub(super) fn run() -> Result<(), CommandError> {
    let document = crate::document::openapi()
        .to_pretty_json()
        .map_err(|error| CommandError::Failed(format!("the document cannot be written: {error}")))?;
    print(&document);
    Ok(())
}
