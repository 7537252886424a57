//! Calls to the transaction system: token, signature, time-out; and what is known when one ends without an answer.

use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use serde_json::Value;
use sha2::Sha256;

use super::token::Token;
use super::{TransactionConfig, Unusable};

/// Largest answer that is read.
const MAX_ANSWER_BYTES: usize = 1 << 20;
/// Longest wait for a connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);
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

/// How a call ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// With an answer: its status, and its JSON if it is any.
    Answer(u16, Value),
    /// Before anything left: certainly not processed.
    NotSent,
    /// Somewhere on the way: it may have been processed.
    Lost,
}

impl Client {
    pub(super) fn new(config: TransactionConfig) -> Result<Self, Unusable> {
        for (name, url) in [("base_url", &config.base_url), ("token_url", &config.token_url)] {
            let parsed = url::Url::parse(url).map_err(|_| Unusable(format!("{name} is no URL")))?;
            if !matches!(parsed.scheme(), "http" | "https") {
                return Err(Unusable(format!("{name} is no http URL")));
            }
        }
        // A slim image has no CA bundle; then the roots that we carry have to do.
        let http = builder().build().or_else(|_| {
            let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS
                .iter()
                .filter_map(|der| reqwest::Certificate::from_der(der).ok());
            builder().tls_certs_only(roots).build()
        });
        let http = http.map_err(|_| Unusable("no HTTP client can be made".into()))?;
        Ok(Self { http, config, token: Token::default() })
    }

    pub(super) async fn get(&self, path: &str, within: Duration) -> Ended {
        self.call(within, |base| self.http.get(format!("{base}{path}"))).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value, key: &str, within: Duration) -> Ended {
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
    async fn call(&self, within: Duration, request: impl Fn(&str) -> reqwest::RequestBuilder) -> Ended {
        let base = self.config.base_url.trim_end_matches('/');
        for refused_before in [false, true] {
            let config = &self.config;
            let secret = config.client_secret.expose();
            let token = self.token.get(&self.http, &config.token_url, &config.client_id, secret, within).await;
            let Ok(token) = token else { return Ended::NotSent };
            match finish(request(base).bearer_auth(token).timeout(within)).await {
                Ended::Answer(401, _) if !refused_before => self.token.forget().await,
                ended => return ended,
            }
        }
        Ended::NotSent
    }
}

fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder().connect_timeout(CONNECT_WITHIN).redirect(Policy::none()).user_agent("patchbay")
}

async fn finish(call: reqwest::RequestBuilder) -> Ended {
    match call.send().await {
        Ok(mut answer) => {
            let status = answer.status().as_u16();
            let mut body = Vec::new();
            loop {
                match answer.chunk().await {
                    Ok(Some(chunk)) if body.len() + chunk.len() <= MAX_ANSWER_BYTES => body.extend_from_slice(&chunk),
                    Ok(_) => break,
                    // The status is known; what the body said is not.
                    Err(_) => return Ended::Lost,
                }
            }
            Ended::Answer(status, serde_json::from_slice(&body).unwrap_or(Value::Null))
        }
        Err(error) if error.is_connect() || error.is_builder() => Ended::NotSent,
        Err(_) => Ended::Lost,
    }
}
