//! The token that opens the transaction system: fetched with our credentials, kept until shortly before it ends.

use std::time::Duration;

use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// A token is fetched anew so long before its end.
const MARGIN: Duration = Duration::from_secs(30);
/// How long a token counts whose end nobody says.
const UNSAID: u64 = 300;

#[derive(Debug, Default)]
pub(super) struct Token(Mutex<Option<(String, Instant)>>);

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: Option<u64>,
}

/// The token could not be had.
pub(super) struct NoToken;

impl Token {
    /// The token, fetched when there is none that counts.
    pub(super) async fn get(
        &self,
        client: &reqwest::Client,
        url: &str,
        id: &str,
        secret: &str,
        within: Duration,
    ) -> Result<String, NoToken> {
        let mut kept = self.0.lock().await;
        if let Some((token, until)) = kept.as_ref()
            && Instant::now() + MARGIN < *until
        {
            return Ok(token.clone());
        }
        let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
        let answer = client.post(url).basic_auth(id, Some(secret)).form(&form).timeout(within).send().await;
        let answer = answer.map_err(|_| NoToken)?;
        if !answer.status().is_success() {
            return Err(NoToken);
        }
        let granted: Granted = answer.json().await.map_err(|_| NoToken)?;
        let until = Instant::now() + Duration::from_secs(granted.expires_in.unwrap_or(UNSAID));
        *kept = Some((granted.access_token.clone(), until));
        Ok(granted.access_token)
    }

    /// Forgets the token: it was refused.
    pub(super) async fn forget(&self) {
        *self.0.lock().await = None;
    }
}
