//! Which pages may call: the inbox's own list, and the widget's frame, which is ours. No wildcard, no credentials.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use patchbay_core::chat::{Origin, Site};

use crate::refusal::Refusal;
use crate::webhook::Ingress;

/// The page that calls. `Ok(None)`: it is no page.
pub(super) fn check<'h>(
    ingress: &Ingress,
    site: &Site,
    headers: &'h HeaderMap,
) -> Result<Option<&'h HeaderValue>, Refusal> {
    let mut values = headers.get_all(header::ORIGIN).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value,
        (Some(_), Some(_)) => return Err(Refusal::OriginNotAllowed),
    };
    let text = value.to_str().map_err(|_| Refusal::OriginNotAllowed)?;
    if site.allows(text) || is_ours(ingress, headers, text) { Ok(Some(value)) } else { Err(Refusal::OriginNotAllowed) }
}

/// The frame of the widget, served by us: by our public address, or by the one it was loaded from.
fn is_ours(ingress: &Ingress, headers: &HeaderMap, origin: &str) -> bool {
    let Some(origin) = Origin::parse(origin) else { return false };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let loaded_from = host.and_then(|host| {
        let scheme = origin.as_str().split_once("://").map_or("https", |(scheme, _)| scheme);
        Origin::parse(&format!("{scheme}://{host}"))
    });
    let public = ingress.config().public_url.as_deref().and_then(|url| {
        let rest = url.split_once("://")?;
        Origin::parse(&format!("{}://{}", rest.0, rest.1.split('/').next()?))
    });
    loaded_from.as_ref() == Some(&origin) || public.as_ref() == Some(&origin)
}

/// Lets the page read the answer.
pub(super) fn allow(mut response: Response, origin: Option<&HeaderValue>) -> Response {
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers
            .insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("x-correlation-id, retry-after"));
    }
    response
}

/// Answers a browser that asks before it sends.
fn preflight(ingress: &Ingress, inbox: &str, headers: &HeaderMap) -> Response {
    let routes = ingress.inboxes().now();
    let Some((_, site)) = routes.chat(inbox) else { return StatusCode::NOT_FOUND.into_response() };
    match check(ingress, site, headers) {
        Ok(origin) => {
            let mut response = allow(StatusCode::NO_CONTENT.into_response(), origin);
            let pairs = [
                (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS"),
                (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type, x-filename, x-correlation-id"),
                (header::ACCESS_CONTROL_MAX_AGE, "600"),
            ];
            for (name, value) in pairs {
                response.headers_mut().insert(name, HeaderValue::from_static(value));
            }
            response
        }
        Err(refusal) => allow(refusal.into_response(), None),
    }
}

macro_rules! preflights {
    ($($name:ident $path:literal $operation:literal),+ $(,)?) => {$(
        /// A browser asks before it sends. Error: 403 `ORIGIN_NOT_ALLOWED`.
        #[utoipa::path(
            options, path = $path, tag = "chat", operation_id = $operation,
            params(("inbox" = String, Path, description = "name of the inbox")),
            responses((status = 204, description = "it may"), (status = 403, description = "ORIGIN_NOT_ALLOWED"),
                      (status = 404, description = "no such inbox")),
        )]
        pub(super) async fn $name(
            State(ingress): State<Ingress>,
            Path(inbox): Path<String>,
            headers: HeaderMap,
        ) -> Response {
            preflight(&ingress, &inbox, &headers)
        }
    )+};
}

preflights! {
    preflight_messages "/chat/{inbox}/messages" "chat_messages_preflight",
    preflight_sessions "/chat/{inbox}/sessions" "chat_sessions_preflight",
    preflight_attachments "/chat/{inbox}/attachments" "chat_attachments_preflight",
    preflight_read "/chat/{inbox}/read" "chat_read_preflight",
    preflight_contact "/chat/{inbox}/contact" "chat_contact_preflight",
    preflight_satisfaction "/chat/{inbox}/satisfaction" "chat_satisfaction_preflight",
}
