//! The customer side of web chat: `/chat/{inbox}/…`. Messages and sessions, the visitor's own history, uploads and the
//! socket. Who may call from where is decided here for all of them.

mod contact;
mod door;
mod history;
mod messages;
mod origin;
mod rates;
mod satisfaction;
mod sessions;
mod socket;
mod uploads;

use patchbay_http::{OpenApiRouter, routes};
use patchbay_hub::chat::{Desk, SessionKeys};
use utoipa::OpenApi;

use crate::webhook::Ingress;

use rates::ChatRates;

/// What serves visitors beyond taking their messages; absent in `patchbay replay`.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChatParts {
    /// Sessions, history, marks.
    pub(crate) desk: Option<Desk>,
    /// Reads sessions.
    pub(crate) keys: Option<SessionKeys>,
    /// How much a visitor and an address may send.
    pub(crate) rates: ChatRates,
}

/// The OpenAPI part of web chat.
#[derive(Debug, OpenApi)]
#[openapi(tags((name = "chat", description = "The customer side of web chat: visitors' browsers and sites' servers.")))]
struct ApiDoc;

/// What is taken like every other message.
pub(crate) fn routes() -> OpenApiRouter<Ingress> {
    OpenApiRouter::with_openapi(ApiDoc::openapi).routes(routes!(
        messages::post,
        history::list,
        origin::preflight_messages
    ))
}

/// What visitors ask for beyond telling us something: nothing of it is kept in the journal.
pub(crate) fn visitor_routes() -> OpenApiRouter<Ingress> {
    OpenApiRouter::new()
        .routes(routes!(sessions::create, origin::preflight_sessions))
        .routes(routes!(uploads::create, origin::preflight_attachments))
        .routes(routes!(history::read, origin::preflight_read))
        .routes(routes!(contact::claim, origin::preflight_contact))
        .routes(routes!(satisfaction::answer, origin::preflight_satisfaction))
        .routes(routes!(socket::connect))
}

#[cfg(test)]
mod tests;
