//! `POST /chat/{inbox}/contact`: where a visitor can be answered when the page is gone. A claim, kept as one.

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use patchbay_http::ApiError;
use patchbay_hub::HubError;
use serde::Deserialize;
use utoipa::ToSchema;

use super::door::{Denied, Visit, desk};
use super::rates::Who;
use crate::config::BODY_BYTES;
use crate::refusal::Refusal;
use crate::webhook::{Ingress, read_body};

/// Longest address. Source: RFC 5321.
const EMAIL_BYTES: usize = 254;
/// Longest name, in characters.
const NAME_CHARS: usize = 120;

/// What a visitor tells of themselves.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ContactClaim {
    /// E-mail address for the answer.
    email: String,
    /// Name to show.
    #[serde(default)]
    name: Option<String>,
}

/// Keeps an e-mail address and a name for the answer. Nobody checks them: they are kept as claimed and prove nothing.
#[utoipa::path(
    post, path = "/chat/{inbox}/contact", tag = "chat", operation_id = "chat_contact",
    params(("inbox" = String, Path, description = "name of the inbox")), request_body = ContactClaim,
    responses((status = 204, description = "kept"), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED, INVALID_AUTH_TOKEN"),
              (status = 403, description = "ORIGIN_NOT_ALLOWED"), (status = 404, description = "no such inbox"),
              (status = 429, description = "RATE_LIMITED")),
)]
pub(super) async fn claim(State(ingress): State<Ingress>, Path(inbox): Path<String>, request: Request) -> Response {
    match Visit::enter(&ingress, &inbox, request.headers(), request.extensions()) {
        Ok(visit) => {
            let answer = keep(&ingress, &visit, request).await;
            visit.answer(answer)
        }
        Err(denied) => super::origin::allow(denied.into_response(), None),
    }
}

async fn keep(ingress: &Ingress, visit: &Visit, request: Request) -> Result<Response, Denied> {
    let session = visit.reader(ingress, request.headers())?;
    ingress.chat().rates.take(Who::Author(visit.inbox.id, session.address()), visit.now)?;
    let body = read_body(ingress.config(), request, BODY_BYTES).await?;
    let claim: ContactClaim = serde_json::from_slice(&body).map_err(|_| Refusal::MalformedPayload)?;
    let email = claim.email.trim().to_lowercase();
    if !is_email(&email) {
        return Err(ApiError::invalid("email", "must be an e-mail address").into());
    }
    let name = claim.name.map(|name| name.replace(char::is_control, "")).map(|name| name.trim().to_owned());
    let name = name.filter(|name| !name.is_empty() && name.chars().count() <= NAME_CHARS);
    desk(ingress)?.claim_contact(&session, &email, name.as_deref()).await.map_err(HubError::from)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Two sides, a dot in the second, and nothing that an address cannot hold.
fn is_email(text: &str) -> bool {
    let Some((user, host)) = text.rsplit_once('@') else { return false };
    let plain = |part: &str| {
        !part.is_empty()
            && !part
                .chars()
                .any(|letter| letter.is_whitespace() || letter.is_control() || "<>\"(),;:\\@".contains(letter))
    };
    text.len() <= EMAIL_BYTES
        && plain(user)
        && plain(host)
        && host.contains('.')
        && !host.starts_with('.')
        && !host.ends_with('.')
}

#[cfg(test)]
mod tests {
    use super::is_email;

    #[test]
    fn an_address_has_two_sides() {
        for good in ["dana@example.test", "a.b+c@mail.example.test"] {
            assert!(is_email(good), "{good}");
        }
        for bad in
            ["", "dana", "@example.test", "dana@", "dana@example", "a b@c.test", "a@b@c.test", "<a@b.test>", "a@.test"]
        {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
