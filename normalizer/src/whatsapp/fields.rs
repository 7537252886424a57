//! Changes of other fields than messages: template reviews, account updates, history. Shown to an operator.

use chrono::{DateTime, Utc};
use patchbay_core::item::EventItem;
use serde_json::Map;

use super::envelope::event;
use crate::json::element;

/// Notices longer than this (bytes) are named without their content: whole histories come this way.
const LONGEST_VALUE_BYTES: usize = 8 * 1024;

pub(super) fn notice(field: &str, value: &str, account: Option<&str>, at: DateTime<Utc>) -> EventItem {
    let mut data = Map::new();
    data.insert("field".to_owned(), field.replace('\0', "").into());
    if value.len() <= LONGEST_VALUE_BYTES
        && let Some(value) = element(value)
    {
        data.insert("value".to_owned(), value);
    }
    event("provider.notice", account, None, at, data)
}
