//! `GET /v1/ContentAndApprovals`: content templates and where WhatsApp's approval of them stands. Source: Twilio, "Content
//! API".

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{TwilioError, caller};
use crate::config::Content;
use crate::world::Shared;

/// Templates on a page when nobody says.
const PAGE_SIZE: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Asked {
    page_size: Option<usize>,
    page: Option<usize>,
}

pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Json<Value>, TwilioError> {
    let account = caller(&shared, &headers)?;
    let size = asked.page_size.unwrap_or(PAGE_SIZE).clamp(1, 100);
    let page = asked.page.unwrap_or(0);
    let ours = shared.config.twilio.iter().filter(|number| number.account_sid == account.account_sid);
    let all: Vec<&Content> = ours.flat_map(|number| &number.contents).collect();
    let shown: Vec<Value> = all.iter().skip(page * size).take(size).map(|content| describe(content)).collect();
    let more = all.len() > (page + 1) * size;
    let address = |page: usize| {
        format!("{}/v1/ContentAndApprovals?PageSize={size}&Page={page}&PageToken=PT{page}", shared.base_url)
    };
    Ok(Json(json!({
        "contents": shown,
        "meta": {
            "key": "contents", "page": page, "page_size": size, "url": address(page),
            "next_page_url": more.then(|| address(page + 1)),
        },
    })))
}

fn describe(content: &Content) -> Value {
    json!({
        "sid": content.sid,
        "friendly_name": content.name,
        "language": content.language,
        "variables": {},
        "types": { "twilio/text": { "body": content.body } },
        "approval_requests": {
            "name": content.name, "category": "UTILITY", "content_type": "twilio/text", "status": content.status,
            "rejection_reason": "",
        },
    })
}
