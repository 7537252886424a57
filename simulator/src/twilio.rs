//! The Twilio REST API, as far as messaging uses it.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};
use patchbay_core::secret::Secret;

use crate::config::TwilioNumber;
use crate::door::{self, Door};
use crate::faults::Provider;
use crate::world::Shared;

pub(crate) mod consent;
mod contents;
mod errors;
mod indicators;
mod listing;
mod media;
mod messages;
mod resource;

pub(crate) use errors::TwilioError;
pub(crate) use resource::{prefixed, word};

/// Longest form.
const BODY_BYTES: usize = 256 << 10;

/// Routes below `/2010-04-01`, and the host of stored media.
pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    let door = Door {
        shared: Arc::clone(shared),
        provider: Provider::Twilio,
        unavailable: || TwilioError::new(20_503).into(),
    };
    let messages = "/2010-04-01/Accounts/{account_sid}/Messages";
    Router::new()
        .route(&format!("{messages}.json"), post(messages::create).get(listing::list))
        .route(&format!("{messages}/{{file}}"), get(listing::fetch))
        .route(&format!("{messages}/{{sid}}/Media/{{media_sid}}"), get(media::fetch))
        .route("/v3/Indicators/Typing.json", post(indicators::typing))
        .route("/v1/ContentAndApprovals", get(contents::list))
        .route("/2010-04-01/{*rest}", get(nothing_here).post(nothing_here))
        .route("/twilio-media/{token}", get(media::stored))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(from_fn_with_state(door, door::record))
        .with_state(Arc::clone(shared))
}

async fn nothing_here(uri: http::Uri) -> TwilioError {
    TwilioError::not_found(uri.path())
}

/// The account whose SID and token came along.
fn caller<'a>(shared: &'a Shared, headers: &HeaderMap) -> Result<&'a TwilioNumber, TwilioError> {
    let refused = || TwilioError::new(20_003);
    let basic = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(refused)?;
    let pair = basic.strip_prefix("Basic ").and_then(|encoded| STANDARD.decode(encoded).ok()).ok_or_else(refused)?;
    let pair = String::from_utf8(pair).map_err(|_| refused())?;
    let (user, password) = pair.split_once(':').ok_or_else(refused)?;
    let mut accounts = shared.config.twilio.iter();
    accounts.find(|number| number.account_sid == user && number.auth_token.expose() == password).ok_or_else(refused)
}

/// The same, for a path that names the account: it must be the caller's own.
fn authorize<'a>(shared: &'a Shared, headers: &HeaderMap, account_sid: &str) -> Result<&'a Secret, TwilioError> {
    let account = caller(shared, headers)?;
    if account.account_sid == account_sid { Ok(&account.auth_token) } else { Err(TwilioError::new(20_003)) }
}
