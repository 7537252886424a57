//! Tokens that this node saw, for a while.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

use crate::delivery::{Token, TokenUse};

/// Most tokens that are remembered here; the database remembers all.
const MOST: usize = 50_000;

/// The tokens, each with the digest of its body.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    /// Held for a few instructions.
    seen: Mutex<HashMap<String, Seen>>,
}

#[derive(Debug)]
struct Seen {
    digest: String,
    forget_at: DateTime<Utc>,
}

impl Tokens {
    pub(super) fn use_token(&self, token: &Token) -> TokenUse {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = seen.get(&token.text) {
            return if known.digest == token.digest { TokenUse::Repeated } else { TokenUse::Replayed };
        }
        if seen.len() >= MOST {
            // A new token ends later than the old ones: what ends before the middle of them goes.
            let mut ends: Vec<_> = seen.values().map(|known| known.forget_at).collect();
            ends.sort_unstable();
            let middle = ends.get(ends.len() / 2).copied().unwrap_or(token.forget_at);
            seen.retain(|_, known| known.forget_at > middle);
        }
        seen.insert(token.text.clone(), Seen { digest: token.digest.clone(), forget_at: token.forget_at });
        TokenUse::First
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_fits_one_body() {
        let tokens = Tokens::default();
        let token = |text: &str, digest: &str| Token {
            text: text.to_owned(),
            digest: digest.to_owned(),
            forget_at: DateTime::UNIX_EPOCH,
        };
        assert_eq!(tokens.use_token(&token("a", "1")), TokenUse::First);
        assert_eq!(tokens.use_token(&token("a", "1")), TokenUse::Repeated);
        assert_eq!(tokens.use_token(&token("a", "2")), TokenUse::Replayed);
        assert_eq!(tokens.use_token(&token("b", "2")), TokenUse::First);
    }
}
