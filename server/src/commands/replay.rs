//! `patchbay replay`.

use std::path::PathBuf;

use super::{CommandError, print};

/// Runs recorded requests through the real adapters and prints one JSON line for each.
pub(super) async fn run(files: &[PathBuf]) -> Result<(), CommandError> {
    for file in files {
        let vector = std::fs::read_to_string(file)
            .map_err(|error| CommandError::Failed(format!("{}: {error}", file.display())))?;
        for line in patchbay_ingress::replay(&vector).await {
            print(&line.to_string());
        }
    }
    Ok(())
}
