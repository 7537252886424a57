//! Calls to the transaction system: token, signature, time-out.

use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use sha2::Sha256;

use super::token::Token;
use super::{TransactionConfig, Unusable};
use crate::adapter::{Ended, Reply, finish, http_client};

/// The header of the signature. Source: contract, settings.
const SIGNATURE: &str = "X-HMAC-Signature";
/// The header of the key under which something is carried out once. Source: contract, settings.
const KEY: &str = "idempotency_key";

#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    config: TransactionConfig,
    token: Token,
}

impl Client {
    pub(super) fn new(config: TransactionConfig) -> Result<Self, Unusable> {
        for (name, url) in [("base_url", &config.base_url), ("token_url", &config.token_url)] {
            let parsed = url::Url::parse(url).map_err(|_| Unusable(format!("{name} is no URL")))?;
            if !matches!(parsed.scheme(), "http" | "https") {
                return Err(Unusable(format!("{name} is no http URL")));
            }
        }
        let http = http_client().ok_or_else(|| Unusable("no HTTP client can be made".into()))?;
        Ok(Self { http, config, token: Token::default() })
    }

    pub(super) async fn get(&self, path: &str, within: Duration) -> Reply {
        self.call(within, |base| self.http.get(format!("{base}{path}"))).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value, key: &str, within: Duration) -> Reply {
        let raw = body.to_string();
        let signature = format!("sha256={}", hex::encode(self.sign(raw.as_bytes())));
        self.call(within, |base| {
            self.http
                .post(format!("{base}{path}"))
                .header(CONTENT_TYPE, "application/json")
                .header(SIGNATURE, signature.clone())
                .header(KEY, key)
                .body(raw.clone())
        })
        .await
    }

    fn sign(&self, body: &[u8]) -> Vec<u8> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.config.hmac_secret.expose().as_bytes())
            .expect("HMAC takes keys of any length");
        mac.update(body);
        mac.finalize().into_bytes().to_vec()
    }

    pub(super) fn is_signed(&self, body: &[u8], signature: &str) -> bool {
        use subtle::ConstantTimeEq as _;
        let given = signature.strip_prefix("sha256=").and_then(|hex| hex::decode(hex).ok()).unwrap_or_default();
        !given.is_empty() && bool::from(self.sign(body).as_slice().ct_eq(&given))
    }

    /// Calls with a token; when that is refused, once more with a new one.
    async fn call(&self, within: Duration, request: impl Fn(&str) -> reqwest::RequestBuilder) -> Reply {
        let base = self.config.base_url.trim_end_matches('/');
        for refused_before in [false, true] {
            let config = &self.config;
            let secret = config.client_secret.expose();
            let token = self.token.get(&self.http, &config.token_url, &config.client_id, secret, within).await;
            let Ok(token) = token else { return Ended::NotSent.into() };
            let reply = finish(request(base).bearer_auth(token).timeout(within)).await;
            match reply.ended {
                Ended::Answer(401, _) if !refused_before => self.token.forget().await,
                _ => return reply,
            }
        }
        Ended::NotSent.into()
    }
}
