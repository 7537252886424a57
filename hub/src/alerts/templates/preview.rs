//! `POST /api/v1/notification-templates/preview`: what words become before anybody is told in them, and what is said
//! where there are none.

use axum::Json;
use patchbay_core::alert::{self, wording};
use patchbay_core::tool::question::Language;
use patchbay_http::{Body, Caller};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{NotificationExample, Words, code, filled_in, language, sample_code, subject, text};
use crate::error::HubError;
use crate::resource::require_catalog_keeper;

/// Words that are not saved; without them only the standard words are shown.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NotificationPreviewRequest)]
#[serde(deny_unknown_fields)]
pub(in crate::alerts) struct Asked {
    /// For what happened, such as `EMERGENCY`; `*`: for whatever has no words of its own.
    code: String,
    /// `en` or `fr`.
    language: String,
    /// One line.
    subject: Option<String>,
    /// All of it.
    text: Option<String>,
}

/// What they become for an alert that never was.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NotificationPreview)]
pub(in crate::alerts) struct Preview {
    /// In these words; a missing subject or text is the standard one.
    example: NotificationExample,
    /// In the standard words.
    standard: NotificationExample,
}

/// Shows what words become for an alert that never was. Nothing is stored. Admins and supervisors only.
#[utoipa::path(post, path = "/api/v1/notification-templates/preview", tag = "alerts", request_body = Asked,
    responses((status = 200, body = Preview), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN")))]
pub(in crate::alerts) async fn preview(
    Caller(ctx): Caller,
    Body(asked): Body<Asked>,
) -> Result<Json<Preview>, HubError> {
    require_catalog_keeper(&ctx)?;
    let (code, language) = (code(&asked.code)?, language(&asked.language)?);
    let subject = asked.subject.as_deref().map(subject).transpose()?;
    let text = asked.text.as_deref().map(text).transpose()?;
    let spoken = Language::of(Some(&language));
    let telling = wording::example(sample_code(&code));
    let standard =
        NotificationExample { subject: alert::subject(spoken, &telling), text: alert::text(spoken, &telling) };
    let words = Words { code: &code, language: &language, subject: subject.as_deref(), text: text.as_deref() };
    Ok(Json(Preview { example: filled_in(&words), standard }))
}
