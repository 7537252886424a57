//! Files of others, served so that no page of ours can be attacked with them.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

/// A file on its way to a caller.
#[derive(Debug)]
pub struct ServedFile<'a> {
    /// Its content.
    pub body: Body,
    /// Its type.
    pub mime_type: &'a str,
    /// Name to keep it under.
    pub filename: &'a str,
    /// Shown in a page, or kept by the browser.
    pub disposition: Disposition,
}

/// What a browser does with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// Shows it.
    Inline,
    /// Keeps it.
    Attachment,
}

impl Disposition {
    /// Pictures, sounds and films are shown; everything else is kept. Neither runs anything.
    pub fn of_media(mime_type: &str) -> Self {
        let is_safe_image = matches!(mime_type, "image/jpeg" | "image/png" | "image/gif" | "image/webp");
        if is_safe_image || mime_type.starts_with("audio/") || mime_type.starts_with("video/") {
            Self::Inline
        } else {
            Self::Attachment
        }
    }
}

impl IntoResponse for ServedFile<'_> {
    fn into_response(self) -> Response {
        let name = percent_encoding::utf8_percent_encode(self.filename, percent_encoding::NON_ALPHANUMERIC);
        let word = match self.disposition {
            Disposition::Inline => "inline",
            Disposition::Attachment => "attachment",
        };
        let disposition = format!("{word}; filename*=UTF-8''{name}");
        let mut response = self.body.into_response();
        let headers = response.headers_mut();
        let pairs = [
            (header::CONTENT_TYPE, self.mime_type),
            (header::CONTENT_DISPOSITION, disposition.as_str()),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
            (header::CACHE_CONTROL, "private, max-age=86400, immutable"),
            (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        ];
        for (name, value) in pairs {
            let value = HeaderValue::from_str(value);
            headers.insert(name, value.unwrap_or(HeaderValue::from_static("application/octet-stream")));
        }
        response
    }
}
