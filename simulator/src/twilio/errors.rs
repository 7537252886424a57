//! Twilio's error bodies. Source: Twilio, "Error and warning dictionary".

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use crate::door::{Noted, Stopped};

/// A refusal, as Twilio words it.
#[derive(Debug)]
pub(crate) struct TwilioError {
    code: u32,
    http: StatusCode,
    message: String,
    retry_after: Option<u32>,
}

impl TwilioError {
    pub(crate) fn new(code: u32) -> Self {
        let (http, message) = match code {
            20_003 => (StatusCode::UNAUTHORIZED, "Authenticate"),
            20_404 => (StatusCode::NOT_FOUND, "The requested resource was not found"),
            20_429 => (StatusCode::TOO_MANY_REQUESTS, "Too Many Requests"),
            20_500 => (StatusCode::INTERNAL_SERVER_ERROR, "An internal server error has occurred"),
            20_503 => (StatusCode::SERVICE_UNAVAILABLE, "Service unavailable"),
            21_602 => (StatusCode::BAD_REQUEST, "Message body is required."),
            21_603 => (StatusCode::BAD_REQUEST, "A 'From' phone number is required."),
            21_604 => (StatusCode::BAD_REQUEST, "A 'To' phone number is required."),
            21_609 => (StatusCode::BAD_REQUEST, "The 'StatusCallback' URL is not a valid URL."),
            21_610 => (StatusCode::BAD_REQUEST, "Attempt to send to unsubscribed recipient"),
            21_611 => {
                (StatusCode::BAD_REQUEST, "This 'From' number has exceeded the maximum number of queued messages")
            }
            21_617 => (StatusCode::BAD_REQUEST, "The concatenated message body exceeds the 1600 character limit"),
            21_620 => (StatusCode::BAD_REQUEST, "Invalid media URL(s)"),
            21_623 => (StatusCode::BAD_REQUEST, "Number of media files exceeds allowed limit"),
            21_655 => (StatusCode::BAD_REQUEST, "The ContentSid is Invalid"),
            21_656 => (StatusCode::BAD_REQUEST, "The ContentVariables Parameter is invalid"),
            21_701 => (StatusCode::BAD_REQUEST, "The Messaging Service does not exist"),
            63_007 => (StatusCode::BAD_REQUEST, "Twilio could not find a Channel with the specified From address"),
            63_021 => (StatusCode::BAD_REQUEST, "Channel invalid content error"),
            63_041 => (StatusCode::BAD_REQUEST, "Template Paused"),
            _ => (StatusCode::BAD_REQUEST, "Bad request"),
        };
        Self { code, http, message: message.to_owned(), retry_after: None }
    }

    pub(crate) fn message(self, message: impl Into<String>) -> Self {
        Self { message: message.into(), ..self }
    }

    pub(crate) fn not_found(path: &str) -> Self {
        Self::new(20_404).message(format!("The requested resource {path} was not found"))
    }
}

impl From<Stopped> for TwilioError {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Unavailable => Self::new(20_503),
            Stopped::TooMany(seconds) => Self { retry_after: Some(seconds), ..Self::new(20_429) },
        }
    }
}

impl IntoResponse for TwilioError {
    fn into_response(self) -> Response {
        let body = json!({
            "code": self.code,
            "message": self.message,
            "more_info": format!("https://www.twilio.com/docs/errors/{}", self.code),
            "status": self.http.as_u16(),
        });
        let mut response = (self.http, Json(body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.http == StatusCode::UNAUTHORIZED {
            let realm = HeaderValue::from_static("Basic realm=\"Twilio API\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, realm);
        }
        response.extensions_mut().insert(Noted { error_code: Some(self.code), message_id: None });
        response
    }
}

impl From<TwilioError> for Response {
    fn from(error: TwilioError) -> Self {
        error.into_response()
    }
}
