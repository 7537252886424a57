//! Looking messages up: one by its id, or many by number and time.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use http::{HeaderMap, Uri};
use serde_json::{Value, json};

use super::resource::{prefixed, resource};
use super::{TwilioError, authorize};
use crate::faults::Provider;
use crate::world::Shared;

const PAGE_SIZE: usize = 50;
const LARGEST_PAGE: usize = 1000;

/// `GET /2010-04-01/Accounts/{sid}/Messages/{SM….json}`.
pub(super) async fn fetch(
    State(shared): State<Arc<Shared>>,
    Path((account_sid, file)): Path<(String, String)>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Json<Value>, TwilioError> {
    authorize(&shared, &headers, &account_sid)?;
    let sid = file.strip_suffix(".json").unwrap_or(&file);
    let world = shared.world();
    let entry = world.messages.get(sid).filter(|entry| entry.owner == account_sid);
    entry.map(|entry| Json(resource(entry))).ok_or_else(|| TwilioError::not_found(uri.path()))
}

/// `GET /2010-04-01/Accounts/{sid}/Messages.json` with `To`, `From`, `DateSent`, `DateSent>`, `DateSent<`, `PageSize`,
/// `Page`; newest first.
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    Path(account_sid): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Json<Value>, TwilioError> {
    authorize(&shared, &headers, &account_sid)?;
    let one = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let (to, from) = (one("To"), one("From"));
    let during = span(&query)?;
    let number = |name: &str, default: usize| match one(name) {
        None => Ok(default),
        Some(text) => text.parse().map_err(|_| TwilioError::new(20_001).message(format!("Invalid {name}"))),
    };
    let size = number("PageSize", PAGE_SIZE)?.clamp(1, LARGEST_PAGE);
    let page = number("Page", 0)?;
    let world = shared.world();
    let found = world.messages.values().rev().filter(|entry| {
        entry.message.provider == Provider::Twilio
            && entry.owner == account_sid
            && to.is_none_or(|to| prefixed(entry.message.channel, &entry.message.to) == to)
            && from.is_none_or(|from| prefixed(entry.message.channel, &entry.message.from) == from)
            && during.iter().all(|(bound, at)| bound.admits(entry.message.at, *at))
    });
    let mut messages: Vec<Value> = found.skip(page.saturating_mul(size)).take(size + 1).map(resource).collect();
    let more = messages.len() > size;
    messages.truncate(size);
    let page_uri = |page: usize| {
        let mut pairs: Vec<(String, String)> =
            query.iter().filter(|(key, _)| key != "Page" && key != "PageSize").cloned().collect();
        pairs.push(("PageSize".to_owned(), size.to_string()));
        pairs.push(("Page".to_owned(), page.to_string()));
        let query = String::from_utf8(crate::payload::encode_form(&pairs)).unwrap_or_default();
        format!("/2010-04-01/Accounts/{account_sid}/Messages.json?{query}")
    };
    Ok(Json(json!({
        "start": page * size,
        "end": (page * size + messages.len()).saturating_sub(1),
        "page": page,
        "page_size": size,
        "first_page_uri": page_uri(0),
        "next_page_uri": more.then(|| page_uri(page + 1)),
        "previous_page_uri": (page > 0).then(|| page_uri(page - 1)),
        "uri": uri.path_and_query().map(ToString::to_string),
        "messages": messages,
    })))
}

#[derive(Clone, Copy)]
enum Bound {
    From,
    Until,
}

impl Bound {
    fn admits(self, sent: DateTime<Utc>, at: DateTime<Utc>) -> bool {
        match self {
            // Twilio keeps whole seconds.
            Self::From => sent.timestamp() >= at.timestamp(),
            Self::Until => sent.timestamp() <= at.timestamp(),
        }
    }
}

/// `DateSent>=x` arrives as the key `DateSent>` with the value `x`.
fn span(query: &[(String, String)]) -> Result<Vec<(Bound, DateTime<Utc>)>, TwilioError> {
    let mut bounds = Vec::new();
    for (key, value) in query {
        let at = || moment(value).ok_or_else(|| TwilioError::new(20_001).message("Invalid DateSent"));
        match key.as_str() {
            "DateSent>" | "DateSentAfter" => bounds.push((Bound::From, at()?)),
            "DateSent<" | "DateSentBefore" => bounds.push((Bound::Until, at()?)),
            "DateSent" => {
                let day = at()?.date_naive().and_time(NaiveTime::MIN).and_utc();
                bounds.push((Bound::From, day));
                bounds.push((Bound::Until, day + TimeDelta::seconds(86_399)));
            }
            _ => {}
        }
    }
    Ok(bounds)
}

fn moment(text: &str) -> Option<DateTime<Utc>> {
    let exact = DateTime::parse_from_rfc3339(text).map(|at| at.to_utc()).ok();
    exact.or_else(|| Some(text.parse::<NaiveDate>().ok()?.and_time(NaiveTime::MIN).and_utc()))
}
