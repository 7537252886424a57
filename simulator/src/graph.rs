//! The Meta Graph API, as far as WhatsApp messaging uses it.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use http::{HeaderMap, header};

use crate::config::WhatsappNumber;
use crate::door::{self, Door};
use crate::faults::Provider;
use crate::world::Shared;

mod bodies;
mod errors;
mod limits;
mod media;
mod messages;
mod status;
mod templates;

pub(crate) use errors::GraphError;
pub(crate) use messages::wamid;
pub(crate) use status::post_status;

/// Uploads above this are refused; the largest thing the fake keeps.
const UPLOAD_BYTES: usize = 24 << 20;
/// Any other body.
const BODY_BYTES: usize = 256 << 10;

/// Routes below `/{version}`.
pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    let door =
        Door { shared: Arc::clone(shared), provider: Provider::Meta, unavailable: || GraphError::new(131_016).into() };
    Router::new()
        .route("/{version}/{phone_number_id}/messages", post(messages::send))
        .route("/{version}/{phone_number_id}/media", post(media::upload).layer(DefaultBodyLimit::max(UPLOAD_BYTES)))
        .route("/{version}/{business_account_id}/message_templates", get(templates::list))
        .route("/{version}/{media_id}", get(media::describe).delete(media::delete))
        .route("/whatsapp_business/attachments/", get(media::download))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(from_fn_with_state(door, door::record))
        .with_state(Arc::clone(shared))
}

/// The version segment must look like `v23.0`.
fn check_version(version: &str) -> Result<(), GraphError> {
    let known = version
        .strip_prefix('v')
        .and_then(|rest| rest.split_once('.'))
        .is_some_and(|(major, minor)| [major, minor].iter().all(|part| part.parse::<u16>().is_ok()));
    if known { Ok(()) } else { Err(GraphError::unknown_path(version)) }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// The number whose token came along: the named one, or for media any one the token fits.
fn authorize<'a>(
    shared: &'a Shared,
    headers: &HeaderMap,
    phone_number_id: Option<&str>,
) -> Result<&'a WhatsappNumber, GraphError> {
    let token = bearer(headers).ok_or_else(GraphError::no_token)?;
    let mut known = shared.config.whatsapp.iter().filter(|number| number.access_token.expose() == token).peekable();
    if known.peek().is_none() {
        return Err(GraphError::wrong_token());
    }
    let mut fitting = known.filter(|number| phone_number_id.is_none_or(|id| number.phone_number_id == id));
    fitting.next().ok_or_else(|| GraphError::no_such_object(phone_number_id.unwrap_or_default()))
}
