//! What a caller asks of a report: which time, whose conversations, cut into what. Whatever does not fit is refused with
//! the parameter named.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use patchbay_core::directory::Team;
use patchbay_core::ids::TeamId;
use patchbay_core::report::{BucketSize, Buckets, Zone};
use patchbay_core::role::Role;
use patchbay_core::{Code, Ctx};
use patchbay_http::ApiError;
use patchbay_store::reports::Reach;
use patchbay_store::{Tx, teams};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use super::require_lead;
use crate::error::HubError;
use crate::state::Hub;

/// How far a report reaches back when nobody says.
const USUAL_REACH: TimeDelta = TimeDelta::days(7);

/// What a report looks at.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReportParams {
    /// From then on: a time of RFC 3339, or a date. Seven days before `to` when absent.
    from: Option<String>,
    /// Until before then: a time of RFC 3339, or a date, which is included. Now when absent.
    to: Option<String>,
    /// Team, by id or slug; all that the caller may see when absent.
    team: Option<String>,
    /// `hour`, `day`, `week` or `month`: one row for each; in one piece when absent.
    bucket: Option<String>,
    /// Time zone of dates and buckets, by its IANA name; that of the team, or UTC, when absent.
    timezone: Option<String>,
}

/// What was asked, checked.
#[derive(Debug)]
pub(super) struct Asked {
    /// Which rows.
    pub(super) reach: Reach,
    /// Cut into what.
    pub(super) buckets: Buckets,
    /// How large the pieces are.
    pub(super) size: Option<BucketSize>,
    /// Whose clocks count.
    pub(super) zone: Zone,
    /// The one team that was named.
    pub(super) team: Option<Team>,
    /// The time of the request.
    pub(super) now: DateTime<Utc>,
}

impl Asked {
    /// Reads the parameters for a caller who may see reports. Errors: 400 `INVALID_QUERY`, 403 `FORBIDDEN`,
    /// `FORBIDDEN_SCOPE`.
    pub(super) async fn read(hub: &Hub, ctx: &Ctx, tx: &mut Tx, params: &ReportParams) -> Result<Self, HubError> {
        require_lead(ctx)?;
        let team = named_team(hub, ctx, params.team.as_deref())?;
        let zone = match (&params.timezone, &team) {
            (Some(name), _) => Zone::named(name.trim()).map_err(|error| bad("timezone", error.to_string()))?,
            (None, Some(team)) => {
                teams::by_id(tx, team.id).await?.and_then(|row| Zone::named(&row.timezone).ok()).unwrap_or(Zone::UTC)
            }
            (None, None) => Zone::UTC,
        };
        let size = params.bucket.as_deref().map(str::parse::<BucketSize>).transpose();
        let size = size.map_err(|_| bad("bucket", format!("must be one of {}", BucketSize::WORDS.join(", "))))?;
        let to = match &params.to {
            // What happens in this very moment belongs to it.
            None => ctx.now + TimeDelta::milliseconds(1),
            Some(text) => moment("to", text, zone, DateEnd::Included)?,
        };
        let from = match &params.from {
            None => to - USUAL_REACH,
            Some(text) => moment("from", text, zone, DateEnd::Excluded)?,
        };
        if from >= to {
            return Err(bad("from", "must be before to").into());
        }
        let buckets = Buckets::cut(from, to, size, zone).map_err(|error| bad("bucket", error.to_string()))?;
        let sees_all = matches!(ctx.actor.role, Role::Admin | Role::Auditor);
        let teams: Option<Vec<TeamId>> = match &team {
            Some(team) => Some(vec![team.id]),
            None if sees_all => None,
            None => Some(ctx.actor.teams.iter().copied().collect()),
        };
        Ok(Self { reach: Reach { from, to, teams }, buckets, size, zone, team, now: ctx.now })
    }
}

/// Whether a date stands for its beginning or for its end.
#[derive(Clone, Copy)]
enum DateEnd {
    Excluded,
    Included,
}

fn moment(field: &str, text: &str, zone: Zone, end: DateEnd) -> Result<DateTime<Utc>, ApiError> {
    let text = text.trim();
    let wrong = || bad(field, "must be a time such as 2026-01-05T12:00:00Z or a date such as 2026-01-05");
    let found = if let Ok(day) = text.parse::<NaiveDate>() {
        let day = match end {
            DateEnd::Excluded => Some(day),
            DateEnd::Included => day.checked_add_days(Days::new(1)),
        };
        zone.midnight(day.ok_or_else(wrong)?)
    } else {
        // A plus sign that was not encoded arrives as a blank.
        let time = DateTime::parse_from_rfc3339(&text.replace(' ', "+")).map_err(|_| wrong())?;
        time.with_timezone(&Utc)
    };
    // What no row can hold, and some of the arithmetic after it could not bear.
    let sane =
        DateTime::<Utc>::UNIX_EPOCH..DateTime::from_timestamp(32_503_680_000, 0).unwrap_or(DateTime::<Utc>::MAX_UTC);
    if sane.contains(&found) { Ok(found) } else { Err(bad(field, "must lie between the years 1970 and 3000")) }
}

/// The team that was named, if the caller may see its figures.
fn named_team(hub: &Hub, ctx: &Ctx, named: Option<&str>) -> Result<Option<Team>, ApiError> {
    let Some(named) = named else { return Ok(None) };
    let team = hub.directory().team(named.trim()).cloned().ok_or_else(|| bad("team", "no such team"))?;
    let is_theirs = matches!(ctx.actor.role, Role::Admin | Role::Auditor) || ctx.actor.teams.contains(&team.id);
    if is_theirs {
        Ok(Some(team))
    } else {
        Err(ApiError::new(Code::ForbiddenScope, "not a team of yours").because("team", team.slug))
    }
}

/// A parameter that does not fit.
fn bad(field: &str, message: impl Into<String>) -> ApiError {
    let message = message.into();
    ApiError::new(Code::InvalidQuery, format!("{field}: {message}"))
        .with("validation_errors", json!([{ "path": field, "message": message }]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_of_the_zone_and_the_last_one_is_included() {
        let zone = Zone::named("America/Toronto").expect("a zone");
        let read = |text: &str, end| moment("from", text, zone, end).expect("fits").to_rfc3339();
        assert_eq!(read("2026-01-05", DateEnd::Excluded), "2026-01-05T05:00:00+00:00");
        assert_eq!(read("2026-01-05", DateEnd::Included), "2026-01-06T05:00:00+00:00");
        assert_eq!(read("2026-01-05T12:00:00 02:00", DateEnd::Included), "2026-01-05T10:00:00+00:00");
    }

    #[test]
    fn what_is_no_time_is_refused_by_name() {
        for text in ["", "yesterday", "2026-13-01", "2026-02-29", "1900-01-01", "9999-12-31"] {
            let error = moment("from", text, Zone::UTC, DateEnd::Included).expect_err(text);
            assert_eq!(error.code(), Code::InvalidQuery, "{text}");
            assert!(error.message().starts_with("from: "), "{text}");
        }
    }
}
