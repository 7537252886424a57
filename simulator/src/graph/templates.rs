//! `GET /{version}/{business account}/message_templates`: page by page. Source: WhatsApp Business Management API,
//! "Message templates".

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{GraphError, authorize, check_version};
use crate::config::Template;
use crate::world::Shared;

/// Templates on a page when nobody says.
const PAGE_SIZE: usize = 25;

#[derive(Deserialize)]
pub(super) struct Asked {
    limit: Option<usize>,
    after: Option<String>,
    fields: Option<String>,
}

pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    Path((version, account)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Json<Value>, GraphError> {
    check_version(&version)?;
    let number = authorize(&shared, &headers, None)?;
    if number.business_account_id != account {
        return Err(GraphError::no_such_object(&account));
    }
    let world = shared.world();
    let templates = world.templates.get(&number.phone_number_id).map(Vec::as_slice).unwrap_or_default();
    let start = asked.after.as_deref().map_or(Some(0), place).ok_or_else(|| GraphError::parameter("Invalid cursor"))?;
    let size = asked.limit.unwrap_or(PAGE_SIZE).clamp(1, 100);
    let page: Vec<Value> = templates
        .iter()
        .enumerate()
        .skip(start)
        .take(size)
        .map(|(at, template)| describe(template, at, asked.fields.as_deref()))
        .collect();
    let end = start + page.len();
    let mut answer =
        json!({ "data": page, "paging": { "cursors": { "before": cursor(start), "after": cursor(end) } } });
    if end < templates.len() {
        let next = format!("{}/{version}/{account}/message_templates?after={}", shared.base_url, cursor(end));
        answer["paging"]["next"] = json!(next);
    }
    Ok(Json(answer))
}

fn cursor(at: usize) -> String {
    URL_SAFE_NO_PAD.encode(at.to_string())
}

fn place(cursor: &str) -> Option<usize> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?.parse().ok()
}

fn describe(template: &Template, at: usize, fields: Option<&str>) -> Value {
    let mut components = vec![json!({ "type": "BODY", "text": template.body })];
    components.extend(template.parts.iter().cloned());
    let mut whole = json!({
        "id": (594_425_479_261_000_usize + at).to_string(),
        "name": template.name,
        "language": template.language,
        "status": template.status,
        "category": template.category,
        "components": components,
    });
    if let (Some(fields), Some(object)) = (fields, whole.as_object_mut()) {
        let wanted: Vec<&str> = fields.split(',').map(str::trim).collect();
        object.retain(|key, _| key == "id" || wanted.contains(&key.as_str()));
    }
    whole
}
