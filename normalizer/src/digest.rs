//! Short digests that identify things which carry no id of their own.

use sha2::{Digest, Sha256};

/// `sha256:` and 32 hex digits over the parts; the same parts always give the same text.
pub fn of(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let full = hex::encode(hasher.finalize());
    format!("sha256:{}", full.get(..32).unwrap_or(&full))
}
