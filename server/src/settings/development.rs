//! Secrets that nobody need configure.

use std::io::Write as _;
use std::path::Path;

use patchbay_core::secret::Secret;

/// The token secret of a development server: made once, kept beside the data, readable by its owner only.
pub fn development_secret(data_dir: &Path) -> Result<Secret, std::io::Error> {
    kept_secret(data_dir, "development-jwt-secret")
}

/// Signs the links to our files where tokens are the business of an outside issuer. Nodes that share their files share it
/// with them.
pub fn link_secret(data_dir: &Path) -> Result<Secret, std::io::Error> {
    kept_secret(data_dir, "link-secret")
}

/// Seals the journal of a development server.
pub(super) fn journal_key(data_dir: &Path) -> Result<Secret, std::io::Error> {
    kept_secret(data_dir, "development-journal-key")
}

fn kept_secret(data_dir: &Path, name: &str) -> Result<Secret, std::io::Error> {
    let path = data_dir.join(name);
    if let Ok(text) = std::fs::read_to_string(&path)
        && text.trim().len() >= patchbay_http::MIN_SECRET_BYTES
    {
        return Ok(Secret::new(text.trim()));
    }
    std::fs::create_dir_all(data_dir)?;
    let secret: [u8; 32] = rand::random();
    let text = hex::encode(secret);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(&path)?.write_all(text.as_bytes())?;
    Ok(Secret::new(text))
}
