//! Objects on our own disk.

use std::path::Path;
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use patchbay_core::secret::Secret;

use super::{ObjectError, Objects, Place, Uploads};

impl Objects {
    /// Objects in a folder, which is made when it is missing. Clients upload through `public_url`, under addresses that
    /// `secret` signs.
    pub fn on_disk(folder: &Path, public_url: &str, secret: Secret) -> Result<Self, ObjectError> {
        std::fs::create_dir_all(folder).map_err(|error| ObjectError::Settings(error.to_string()))?;
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self {
            store: Arc::new(store),
            place: Place::Disk,
            uploads: Uploads { public_url: public_url.trim_end_matches('/').into(), secret },
        })
    }
}
