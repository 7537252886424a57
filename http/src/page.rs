//! Lists: `{"data":[…],"next_cursor":string|null}` with opaque cursors.

use patchbay_core::Code;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use crate::error::ApiError;

/// Most rows of one page.
pub const MAX_LIMIT: i64 = 100;
/// Rows of a page when the caller does not say.
pub const DEFAULT_LIMIT: i64 = 20;

/// One page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The rows.
    pub data: Vec<T>,
    /// Pass it as `cursor` to get the next page; null at the end.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// All there is.
    pub fn whole(data: Vec<T>) -> Self {
        Self { data, next_cursor: None }
    }

    /// A page from up to `limit + 1` rows: the extra one only tells that there are more.
    pub fn of(mut rows: Vec<T>, limit: i64, position: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = if more { rows.last().map(position) } else { None };
        Self { data: rows, next_cursor }
    }
}

/// A limit within 1 to [`MAX_LIMIT`]. Error: 400 `INVALID_QUERY`.
pub fn limit(asked: Option<i64>) -> Result<i64, ApiError> {
    match asked {
        None => Ok(DEFAULT_LIMIT),
        Some(limit) if (1..=MAX_LIMIT).contains(&limit) => Ok(limit),
        Some(_) => Err(ApiError::new(Code::InvalidQuery, format!("limit must be between 1 and {MAX_LIMIT}"))),
    }
}

/// Writes a position as an opaque cursor.
pub fn encode_cursor<T: Serialize>(position: &T) -> String {
    use base64::Engine as _;
    let json = serde_json::to_vec(position).expect("a position is plain data");
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json)
}

/// Reads a cursor that [`encode_cursor`] wrote. Error: 400 `INVALID_QUERY`.
pub fn decode_cursor<T: DeserializeOwned>(cursor: &str) -> Result<T, ApiError> {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|json| serde_json::from_slice(&json).ok())
        .ok_or_else(|| ApiError::new(Code::InvalidQuery, "the cursor is not one of ours"))
}
