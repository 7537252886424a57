//! `/api/v1/notification-preferences`: what somebody wants to be told, and how. What is critical comes whatever they
//! want.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use patchbay_core::Ctx;
use patchbay_core::alert::{Digest, NotifyChannel};
use patchbay_core::hours::DayMinute;
use patchbay_core::role::Role;
use patchbay_http::{ApiError, Caller};
use patchbay_store::alert_notifications::{self, PreferencesRow};
use patchbay_store::users;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::administration::fields;
use crate::directory::ensure_user;
use crate::error::HubError;
use crate::resource::text::optional_e164;
use crate::resource::{Begun, Stamped, Write, record, require_reader};
use crate::state::Hub;

/// What somebody wants to be told, and how.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NotificationPreferences {
    /// `en` or `fr`; `en` when missing.
    #[serde(default)]
    language: Option<String>,
    /// Whose clocks count; `UTC` when missing.
    #[serde(default)]
    timezone: Option<String>,
    /// Where SMS go, such as `+15550100`.
    #[serde(default)]
    phone: Option<String>,
    /// Ways that are not wanted, of what is not critical: `email`, `sms`.
    #[serde(default)]
    muted: Vec<String>,
    /// When what is not critical waits.
    #[serde(default)]
    quiet_hours: Option<QuietHours>,
    /// Mail of what is not critical: `off` (each at once), `hourly` or `daily`; `off` when missing.
    #[serde(default)]
    digest: Option<String>,
}

/// Hours in which only what is critical comes.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct QuietHours {
    /// From, such as `22:00`.
    from: String,
    /// Until; when earlier than `from`, on the next day.
    until: String,
}

/// Whoever may be told of alerts. Error: 403 `FORBIDDEN`.
fn require_person(ctx: &Ctx) -> Result<(), ApiError> {
    require_reader(ctx)?;
    if ctx.actor.role.works_conversations() || ctx.actor.role == Role::Dispatcher {
        return Ok(());
    }
    Err(ApiError::forbidden("this role is not told of alerts").because("role", ctx.actor.role.as_str()))
}

impl From<PreferencesRow> for NotificationPreferences {
    fn from(row: PreferencesRow) -> Self {
        let hours = row.quiet_from.zip(row.quiet_until);
        Self {
            language: Some(row.language),
            timezone: Some(row.timezone),
            phone: row.phone,
            muted: row.muted,
            quiet_hours: hours.map(|(from, until)| QuietHours { from, until }),
            digest: Some(row.digest.as_str().to_owned()),
        }
    }
}

/// What the caller wants to be told, and how.
#[utoipa::path(get, path = "/api/v1/notification-preferences", tag = "alerts", operation_id = "preferences_read",
    responses((status = 200, body = NotificationPreferences), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN")))]
pub(super) async fn read(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
) -> Result<Json<NotificationPreferences>, HubError> {
    require_person(&ctx)?;
    let row = alert_notifications::preferences_of(&mut hub.db.read().await?, ctx.actor.user_id()).await?;
    Ok(Json(row.map_or_else(
        || NotificationPreferences {
            language: Some("en".into()),
            timezone: Some("UTC".into()),
            digest: Some(Digest::Off.as_str().to_owned()),
            ..NotificationPreferences::default()
        },
        NotificationPreferences::from,
    )))
}

/// Says what the caller wants to be told, and how; replaces all of it.
#[utoipa::path(put, path = "/api/v1/notification-preferences", tag = "alerts", operation_id = "preferences_write",
    params(("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    request_body = NotificationPreferences,
    responses((status = 200, body = NotificationPreferences), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 409, description = "IDEMPOTENCY_PAYLOAD_MISMATCH")))]
pub(super) async fn put(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    asked: Stamped<NotificationPreferences>,
) -> Result<Response, HubError> {
    require_person(&ctx)?;
    let mut row = checked(&ctx, asked.body)?;
    let mut begun = match Write::begin(&hub, &ctx, &asked.stamp).await? {
        Begun::Now(begun) => begun,
        Begun::Before(answer) => return Ok(answer),
    };
    ensure_user(&mut begun.tx, &ctx).await?;
    if users::by_id(&mut begun.tx, row.user_id).await?.is_none() {
        return Err(ApiError::not_found("user").into());
    }
    if let Some(before) = alert_notifications::preferences_of(&mut begun.tx, row.user_id).await? {
        row.version = before.version + 1;
        row.created_at = before.created_at;
    }
    alert_notifications::put_preferences(&mut begun.tx, &row).await?;
    let subject = json!({ "user_id": row.user_id, "version": row.version });
    record(&mut begun.tx, &ctx, None, "notification_preferences.update", subject).await?;
    begun.finish(StatusCode::OK, &NotificationPreferences::from(row)).await
}

fn checked(ctx: &Ctx, asked: NotificationPreferences) -> Result<PreferencesRow, ApiError> {
    let language = asked.language.unwrap_or_else(|| "en".into());
    if !["en", "fr"].contains(&language.as_str()) {
        return Err(ApiError::invalid("language", "must be en or fr"));
    }
    let mut muted = Vec::new();
    for (place, word) in asked.muted.into_iter().enumerate() {
        if ![NotifyChannel::Email.as_str(), NotifyChannel::Sms.as_str()].contains(&word.as_str()) {
            return Err(ApiError::invalid(&format!("muted[{place}]"), "must be email or sms"));
        }
        muted.push(word);
    }
    let time = |path: &str, text: &str| -> Result<String, ApiError> {
        let time: DayMinute =
            text.parse().map_err(|_| ApiError::invalid(path, "must be a time of day, such as 22:00"))?;
        Ok(time.to_string())
    };
    let (quiet_from, quiet_until) = match asked.quiet_hours {
        Some(hours) => {
            let from = time("quiet_hours.from", &hours.from)?;
            let until = time("quiet_hours.until", &hours.until)?;
            if from == until {
                return Err(ApiError::invalid("quiet_hours.until", "must differ from from"));
            }
            (Some(from), Some(until))
        }
        None => (None, None),
    };
    let digest = asked.digest.as_deref().unwrap_or(Digest::Off.as_str());
    let digest = digest.parse().map_err(|_| ApiError::invalid("digest", "must be off, hourly or daily"))?;
    Ok(PreferencesRow {
        user_id: ctx.actor.user_id(),
        language,
        timezone: fields::known_timezone("timezone", asked.timezone.as_deref().unwrap_or("UTC"))?,
        phone: optional_e164("phone", asked.phone)?,
        muted,
        quiet_from,
        quiet_until,
        digest,
        version: 1,
        created_at: ctx.now,
        updated_at: ctx.now,
    })
}
