//! `/api/v1/notification-templates`: what people are told of alerts, in the words of whoever runs this. Every version is
//! kept. Where there are none, the standard words are used.

pub(super) mod history;
pub(super) mod preview;

use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::alert;
use patchbay_core::alert::wording::{self, Wording};
use patchbay_core::ids::NotificationTemplateId;
use patchbay_core::tool::question::Language;
use patchbay_http::ApiError;
use patchbay_store::Tx;
use patchbay_store::notification_templates::{self, ANY, NotificationTemplateRow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::HubError;
use crate::resource::text::line;
use crate::resource::{Mark, Resource, Window, endpoints, require_catalog_keeper};
use crate::state::Hub;

/// Longest text, in characters: an SMS of it should have an end.
const MOST_CHARS: usize = 1_000;
/// Longest code.
const MOST_CODE_CHARS: usize = 64;

/// What people are told of an alert.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NotificationTemplate)]
pub(super) struct TemplateBody {
    /// Our id.
    id: Uuid,
    /// For what happened, such as `EMERGENCY`; `*`: for whatever has no words of its own.
    code: String,
    /// `en` or `fr`.
    language: String,
    /// One line.
    subject: String,
    /// All of it.
    text: String,
    /// Whether it counts; when not, the standard words do.
    enabled: bool,
    /// What it becomes for an alert that never was.
    example: NotificationExample,
    /// Grows with every change.
    version: i64,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

/// What words become for an alert that never was.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct NotificationExample {
    /// One line.
    subject: String,
    /// All of it.
    text: String,
}

/// Which templates to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TemplateQuery {
    /// `true`: those that count; `false`: those that do not.
    enabled: Option<bool>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, 1 to 100; 20 when missing.
    limit: Option<i64>,
}

/// New words. Places to fill in: `{{severity}}`, `{{title}}`, `{{code}}`, `{{rule}}`, `{{count}}`, `{{link}}`,
/// `{{reply}}`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewNotificationTemplate {
    /// For what happened, such as `EMERGENCY`; `*`: for whatever has no words of its own.
    code: String,
    /// `en` or `fr`.
    language: String,
    /// One line.
    subject: String,
    /// All of it, 1,000 characters at most.
    text: String,
    /// Whether it counts; true when missing.
    enabled: Option<bool>,
}

/// A change of words: what is missing stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NotificationTemplateChange {
    /// The version the caller read; `If-Match` says the same.
    #[serde(alias = "expected_version")]
    version: Option<i64>,
    /// One line.
    subject: Option<String>,
    /// All of it.
    text: Option<String>,
    /// Whether it counts.
    enabled: Option<bool>,
}

/// The templates.
pub(super) struct Templates;

impl Resource for Templates {
    const NAME: &'static str = "notification_template";
    type Key = NotificationTemplateId;
    type Row = NotificationTemplateRow;
    type Query = TemplateQuery;
    type New = NewNotificationTemplate;
    type Change = NotificationTemplateChange;
    type Body = TemplateBody;

    fn may_write(ctx: &Ctx) -> Result<(), ApiError> {
        require_catalog_keeper(ctx)
    }

    fn window(query: &TemplateQuery) -> Window<'_> {
        Window { cursor: query.cursor.as_deref(), limit: query.limit }
    }

    fn mark(row: &NotificationTemplateRow) -> Mark {
        Mark { id: row.id.into(), version: row.version, account: None }
    }

    fn made_from(change: &NotificationTemplateChange) -> Option<i64> {
        change.version
    }

    fn body(_: &Hub, row: &NotificationTemplateRow) -> TemplateBody {
        let row = row.clone();
        TemplateBody {
            id: row.id.into(),
            example: example(&row),
            code: row.code,
            language: row.language,
            subject: row.subject,
            text: row.body,
            enabled: row.enabled,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }

    async fn page(
        tx: &mut Tx,
        _: &Hub,
        _: &Ctx,
        query: TemplateQuery,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<NotificationTemplateRow>, HubError> {
        Ok(notification_templates::page(tx, query.enabled, after.map(NotificationTemplateId), limit).await?)
    }

    async fn find(
        tx: &mut Tx,
        _: &Ctx,
        key: &NotificationTemplateId,
    ) -> Result<Option<NotificationTemplateRow>, HubError> {
        Ok(notification_templates::by_id(tx, *key).await?)
    }

    async fn make(tx: &mut Tx, ctx: &Ctx, new: NewNotificationTemplate) -> Result<NotificationTemplateRow, HubError> {
        let row = NotificationTemplateRow {
            id: NotificationTemplateId::new(),
            code: code(&new.code)?,
            language: language(&new.language)?,
            subject: subject(&new.subject)?,
            body: text(&new.text)?,
            enabled: new.enabled.unwrap_or(true),
            version: 1,
            created_at: ctx.now,
            updated_at: ctx.now,
        };
        if notification_templates::of(tx, &row.code, &row.language).await?.is_some() {
            return Err(ApiError::invalid("code", "there are words for this code in this language already").into());
        }
        notification_templates::insert(tx, ctx, &row).await?;
        Ok(row)
    }

    async fn apply(
        _: &mut Tx,
        _: &Ctx,
        row: &mut NotificationTemplateRow,
        change: NotificationTemplateChange,
    ) -> Result<(), HubError> {
        if let Some(line) = &change.subject {
            row.subject = subject(line)?;
        }
        if let Some(words) = &change.text {
            row.body = text(words)?;
        }
        row.enabled = change.enabled.unwrap_or(row.enabled);
        Ok(())
    }

    async fn save(tx: &mut Tx, ctx: &Ctx, row: &mut NotificationTemplateRow) -> Result<(), HubError> {
        row.updated_at = ctx.now;
        Ok(notification_templates::update(tx, ctx, row).await?)
    }

    fn retire(row: &mut NotificationTemplateRow) -> bool {
        std::mem::replace(&mut row.enabled, false)
    }
}

fn example(row: &NotificationTemplateRow) -> NotificationExample {
    let NotificationTemplateRow { code, language, subject, body, .. } = row;
    filled_in(&Words { code, language, subject: Some(subject), text: Some(body) })
}

/// Words for a code and a language.
struct Words<'a> {
    code: &'a str,
    language: &'a str,
    subject: Option<&'a str>,
    text: Option<&'a str>,
}

/// What happened to the alert that never was.
fn sample_code(code: &str) -> &str {
    if code == ANY { "EMERGENCY" } else { code }
}

/// What they become; what is missing is the standard words.
fn filled_in(words: &Words<'_>) -> NotificationExample {
    let (language, telling) = (Language::of(Some(words.language)), wording::example(sample_code(words.code)));
    let kept = |subject, text| Wording { subject, text };
    NotificationExample {
        subject: words.subject.map_or_else(
            || alert::subject(language, &telling),
            |subject| kept(subject, "").subject(language, &telling),
        ),
        text: words
            .text
            .map_or_else(|| alert::text(language, &telling), |text| kept("", text).text(language, &telling)),
    }
}

fn code(word: &str) -> Result<String, ApiError> {
    let word = word.trim();
    let fits = |letter: u8| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == b'_';
    let is_code = !word.is_empty() && word.len() <= MOST_CODE_CHARS && word.bytes().all(fits);
    if word == ANY || is_code {
        return Ok(word.to_owned());
    }
    Err(ApiError::invalid("code", "must be a code such as EMERGENCY, or *"))
}

fn language(word: &str) -> Result<String, ApiError> {
    match word {
        "en" | "fr" => Ok(word.to_owned()),
        _ => Err(ApiError::invalid("language", "must be en or fr")),
    }
}

fn subject(words: &str) -> Result<String, ApiError> {
    let words = line("subject", words)?;
    wording::check(&words).map_err(|problem| ApiError::invalid("subject", problem.to_string()))?;
    Ok(words)
}

fn text(words: &str) -> Result<String, ApiError> {
    let words = words.trim();
    if words.is_empty() || words.chars().count() > MOST_CHARS {
        return Err(ApiError::invalid("text", format!("must have 1 to {MOST_CHARS} characters")));
    }
    if words.chars().any(|letter| letter.is_control() && letter != '\n') {
        return Err(ApiError::invalid("text", "must hold no control characters"));
    }
    wording::check(words).map_err(|problem| ApiError::invalid("text", problem.to_string()))?;
    Ok(words.to_owned())
}

endpoints! {
    Templates at "/api/v1/notification-templates" and "/api/v1/notification-templates/{id}" tagged "alerts", named by Uuid;
    /// What people are told of alerts, in the order it was made.
    list TemplateQuery;
    /// Makes words for a code and a language. Admins and supervisors only.
    create NewNotificationTemplate;
    /// One of them.
    read TemplateBody;
    /// Changes words; the version before is kept. Admins and supervisors only.
    change by patch NotificationTemplateChange;
    /// Goes back to the standard words. Admins and supervisors only.
    deactivate;
}
