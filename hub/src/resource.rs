//! The one shape of administration: what is kept is listed, made, read, changed and taken out of use in the same way
//! everywhere. A resource says what is particular about it ([`Resource`]); order of checks, pages, versions, idempotency
//! keys and audit entries are here. `endpoints!` writes its five documented routes.

mod edit;
mod endpoints;
mod right;
mod stamp;
pub(crate) mod text;
mod write;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use patchbay_core::Ctx;
use patchbay_core::ids::AccountId;
use patchbay_http::{ApiError, Page, decode_cursor, encode_cursor, limit};
use patchbay_store::Tx;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

pub(crate) use edit::Edit;
pub(crate) use endpoints::endpoints;
pub(crate) use right::{require_admin, require_catalog_keeper, require_dispatch_lead, require_reader};
pub(crate) use stamp::{Stamp, Stamped};
pub(crate) use write::{Begun, Write, changed_fields, record};
use write::{record_changes, told_values};

use crate::error::HubError;
use crate::state::Hub;

/// Something that administrators keep.
pub(crate) trait Resource {
    /// What the audit and refusals call it: `service`.
    const NAME: &'static str;
    /// What stands in its path.
    type Key;
    /// How it is stored.
    type Row: Clone;
    /// Which ones a list shows.
    type Query;
    /// A new one, as it is sent.
    type New;
    /// A change, as it is sent.
    type Change;
    /// How it is shown.
    type Body: Serialize;

    /// Whether the caller may look. Error: 403 `FORBIDDEN`.
    fn may_read(ctx: &Ctx) -> Result<(), ApiError> {
        require_reader(ctx)
    }

    /// Whether the caller may make and change. Error: 403 `FORBIDDEN`.
    fn may_write(ctx: &Ctx) -> Result<(), ApiError>;

    /// Where the page begins and how long it is.
    fn window(query: &Self::Query) -> Window<'_>;

    /// What names a row.
    fn mark(row: &Self::Row) -> Mark;

    /// Which version a change was made from, when its body says so.
    fn made_from(change: &Self::Change) -> Option<i64>;

    /// How a row is shown.
    fn body(hub: &Hub, row: &Self::Row) -> Self::Body;

    /// Rows in the order they were made that the caller may see, after `after`.
    async fn page(
        tx: &mut Tx,
        hub: &Hub,
        ctx: &Ctx,
        query: Self::Query,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<Self::Row>, HubError>;

    /// One row that the caller may see.
    async fn find(tx: &mut Tx, ctx: &Ctx, key: &Self::Key) -> Result<Option<Self::Row>, HubError>;

    /// Checks and stores a new one.
    async fn make(tx: &mut Tx, ctx: &Ctx, new: Self::New) -> Result<Self::Row, HubError>;

    /// Checks a change and makes it on the row.
    async fn apply(tx: &mut Tx, ctx: &Ctx, row: &mut Self::Row, change: Self::Change) -> Result<(), HubError>;

    /// Stores a changed row, which then has its new version.
    async fn save(tx: &mut Tx, ctx: &Ctx, row: &mut Self::Row) -> Result<(), HubError>;

    /// Takes the row out of use, on the row alone. `false`: it was out of use already.
    fn retire(row: &mut Self::Row) -> bool;

    /// After the commit: tells whoever keeps a copy.
    async fn written(_hub: &Hub) {}
}

/// Where a page begins and how long it is, as the caller said.
pub(crate) struct Window<'q> {
    /// Where the page before ended.
    pub(crate) cursor: Option<&'q str>,
    /// How many rows.
    pub(crate) limit: Option<i64>,
}

/// What names a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    /// Its id.
    pub(crate) id: Uuid,
    /// Its version.
    pub(crate) version: i64,
    /// The account it belongs to: its changes stand in that account's chain of audit entries.
    pub(crate) account: Option<AccountId>,
}

/// `GET` on the whole.
pub(crate) async fn list<R: Resource>(hub: &Hub, ctx: &Ctx, query: R::Query) -> Result<Json<Page<R::Body>>, HubError> {
    R::may_read(ctx)?;
    let Window { cursor, limit: asked } = R::window(&query);
    let limit = limit(asked)?;
    let after = cursor.map(decode_cursor::<Uuid>).transpose()?;
    let rows = R::page(&mut hub.db.read().await?, hub, ctx, query, after, limit + 1).await?;
    let page = Page::of(rows, limit, |row| encode_cursor(&R::mark(row).id));
    let data = page.data.iter().map(|row| R::body(hub, row)).collect();
    Ok(Json(Page { data, next_cursor: page.next_cursor }))
}

/// `GET` on one; its version is also the `ETag`.
pub(crate) async fn read<R: Resource>(hub: &Hub, ctx: &Ctx, key: R::Key) -> Result<Response, HubError> {
    R::may_read(ctx)?;
    let row = existing::<R>(&mut hub.db.read().await?, ctx, &key).await?;
    let mut response = (StatusCode::OK, Json(R::body(hub, &row))).into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", R::mark(&row).version)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

/// `POST` on the whole.
pub(crate) async fn create<R: Resource>(hub: &Hub, ctx: &Ctx, asked: Stamped<R::New>) -> Result<Response, HubError> {
    R::may_write(ctx)?;
    let mut write = match Write::begin(hub, ctx, &asked.stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    let row = R::make(&mut write.tx, ctx, asked.body).await?;
    finish::<R>(hub, ctx, write, None, &row, Deed::Create).await
}

/// `PATCH` on one. Error: 409 `VERSION_CONFLICT` when it is newer than the version the change was made from.
pub(crate) async fn change<R: Resource>(
    hub: &Hub,
    ctx: &Ctx,
    key: R::Key,
    asked: Stamped<R::Change>,
) -> Result<Response, HubError> {
    R::may_write(ctx)?;
    let mut write = match Write::begin(hub, ctx, &asked.stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    let before = existing::<R>(&mut write.tx, ctx, &key).await?;
    asked.stamp.check_version(R::made_from(&asked.body), R::mark(&before).version)?;
    let mut row = before.clone();
    R::apply(&mut write.tx, ctx, &mut row, asked.body).await?;
    R::save(&mut write.tx, ctx, &mut row).await?;
    finish::<R>(hub, ctx, write, Some(&before), &row, Deed::Update).await
}

/// `DELETE` on one: takes it out of use; nothing is deleted. Doing it again changes nothing.
pub(crate) async fn deactivate<R: Resource>(
    hub: &Hub,
    ctx: &Ctx,
    key: R::Key,
    stamp: Stamp,
) -> Result<Response, HubError> {
    R::may_write(ctx)?;
    let mut write = match Write::begin(hub, ctx, &stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    let before = existing::<R>(&mut write.tx, ctx, &key).await?;
    stamp.check_version(None, R::mark(&before).version)?;
    let mut row = before.clone();
    if !R::retire(&mut row) {
        return write.finish(StatusCode::OK, &R::body(hub, &before)).await;
    }
    R::save(&mut write.tx, ctx, &mut row).await?;
    finish::<R>(hub, ctx, write, Some(&before), &row, Deed::Deactivate).await
}

async fn existing<R: Resource>(tx: &mut Tx, ctx: &Ctx, key: &R::Key) -> Result<R::Row, HubError> {
    Ok(R::find(tx, ctx, key).await?.ok_or_else(|| ApiError::not_found(&R::NAME.replace('_', " ")))?)
}

/// What was done, for the audit.
#[derive(Clone, Copy)]
enum Deed {
    Create,
    Update,
    Deactivate,
}

impl Deed {
    fn verb(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Deactivate => "deactivate",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::Create => StatusCode::CREATED,
            Self::Update | Self::Deactivate => StatusCode::OK,
        }
    }
}

async fn finish<R: Resource>(
    hub: &Hub,
    ctx: &Ctx,
    mut write: Write,
    before: Option<&R::Row>,
    row: &R::Row,
    deed: Deed,
) -> Result<Response, HubError> {
    let Mark { id, version, account } = R::mark(row);
    let body = R::body(hub, row);
    let mut subject = json!({ (format!("{}_id", R::NAME)): id, "version": version });
    let mut changes = None;
    if let Some(before) = before {
        let before = R::body(hub, before);
        subject["fields"] = changed_fields(&before, &body).into();
        changes = told_values(&before, &body);
    }
    record_changes(&mut write.tx, ctx, account, &format!("{}.{}", R::NAME, deed.verb()), (subject, changes)).await?;
    let answer = write.finish(deed.status(), &body).await?;
    R::written(hub).await;
    Ok(answer)
}
