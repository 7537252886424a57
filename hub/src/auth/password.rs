//! Passwords: argon2id, off the async threads, few at a time.

use std::sync::Arc;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use patchbay_core::Code;
use patchbay_http::ApiError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Shortest password, in characters.
pub const MIN_PASSWORD_CHARS: usize = 10;
/// Longest password, in characters; a bound on what is hashed.
const MAX_PASSWORD_CHARS: usize = 256;
/// How many passwords are hashed at once: each takes 19 MiB and a core for a few hundredths of a second.
const AT_ONCE: usize = 2;
/// How long a login waits for its turn before it is told to come back.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// A hash with the parameters of real ones that no password has: an unknown address takes as long as a known one.
const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZSBzYWx0IG9mIG91cnM$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes and checks passwords. Cheap to clone: all clones share their turns.
#[derive(Clone, Debug)]
pub struct Passwords {
    turns: Arc<Semaphore>,
}

/// The right to hash one password now.
#[derive(Debug)]
pub(super) struct Turn {
    _permit: OwnedSemaphorePermit,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Passwords {
    /// Waits for a turn. Error: 503 `NOT_READY` when too many wait.
    pub(super) async fn turn(&self) -> Result<Turn, ApiError> {
        match tokio::time::timeout(LONGEST_WAIT, self.turns.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Turn { _permit: permit }),
            Ok(Err(_)) | Err(_) => {
                Err(ApiError::new(Code::NotReady, "too many logins at once; try again shortly").retry_after(5))
            }
        }
    }

    /// The argon2id hash of a password, in PHC form. Error: 503 `NOT_READY` when too many wait.
    pub async fn hash(&self, password: String) -> Result<String, ApiError> {
        let turn = self.turn().await?;
        let hash = tokio::task::spawn_blocking(move || {
            let hash = Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string());
            drop(turn);
            hash
        })
        .await;
        match hash {
            Ok(Ok(hash)) => Ok(hash),
            Ok(Err(error)) => Err(ApiError::internal(&error)),
            Err(error) => Err(ApiError::internal(&error)),
        }
    }
}

impl Turn {
    /// Whether `password` has the hash. Takes the same time when there is no hash, or none that a password can have.
    pub(super) async fn verify(self, password: String, hash: Option<String>) -> bool {
        let checked = tokio::task::spawn_blocking(move || {
            let known = hash.as_deref().and_then(|hash| PasswordHash::new(hash).ok());
            let is_known = known.is_some();
            let hash = known.unwrap_or_else(|| PasswordHash::new(NOBODYS_HASH).expect("the constant is a hash"));
            let matches = Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
            drop(self);
            is_known && matches
        });
        checked.await.unwrap_or(false)
    }
}

/// Refuses a password that is too short or too long.
pub(crate) fn check_policy(password: &str) -> Result<(), ApiError> {
    let chars = password.chars().count();
    if chars < MIN_PASSWORD_CHARS {
        return Err(ApiError::invalid("password", format!("at least {MIN_PASSWORD_CHARS} characters")));
    }
    if chars > MAX_PASSWORD_CHARS {
        return Err(ApiError::invalid("password", format!("at most {MAX_PASSWORD_CHARS} characters")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_lets_only_its_password_in() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.turn().await.unwrap().verify("correct horse".into(), Some(hash.clone())).await);
        assert!(!passwords.turn().await.unwrap().verify("battery staple".into(), Some(hash)).await);
    }

    #[tokio::test]
    async fn nobody_gets_in_without_a_hash() {
        let passwords = Passwords::default();
        for hash in [None, Some("!".to_owned()), Some(String::new())] {
            assert!(!passwords.turn().await.unwrap().verify(String::new(), hash).await);
        }
        assert!(PasswordHash::new(NOBODYS_HASH).is_ok());
    }
}
