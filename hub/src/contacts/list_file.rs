//! The list of contacts as a CSV file. Cells that a spreadsheet would take for a formula are made harmless.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use patchbay_core::channel::Channel;
use patchbay_core::ids::ContactId;
use patchbay_core::role::Role;
use patchbay_http::{ApiError, Caller, Params};
use patchbay_store::contacts::{self, ContactFilter, ContactRow, IdentityRow};
use patchbay_store::{StoreError, contact_merges};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;
use uuid::Uuid;

use super::read::filter;
use crate::error::HubError;
use crate::resource::record;
use crate::sheet::harmless;
use crate::state::Hub;

/// The columns, as an import takes them.
pub(super) const COLUMNS: &[&str] =
    &["id", "name", "phone", "whatsapp", "email", "account_id", "locale", "timezone", "created_at"];

/// Contacts that are read at once.
const PAGE: i64 = 500;

/// Which contacts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FileParams {
    /// Part of a name or an address.
    q: Option<String>,
    /// Account the contacts belong to.
    account_id: Option<Uuid>,
}

/// All contacts that the filter lets through, as CSV; an import takes it back. Admins and supervisors only.
#[utoipa::path(get, path = "/api/v1/contacts/export", tag = "contacts", params(FileParams),
    responses((status = 200, description = "CSV", body = String, content_type = "text/csv"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN")))]
pub(crate) async fn download(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(params): Params<FileParams>,
) -> Result<Response, HubError> {
    if !matches!(ctx.actor.role, Role::Admin | Role::Supervisor) {
        return Err(ApiError::forbidden("only admins and supervisors take the list of contacts out").into());
    }
    let mut tx = hub.db.begin().await?;
    record(&mut tx, &ctx, None, "contact.export_list", json!({})).await?;
    tx.commit().await?;
    let filter = filter(params.q.as_deref(), params.account_id);
    let writing = Writing { hub, filter, before: None, is_begun: false, is_over: false };
    let mut response = Body::from_stream(futures::stream::try_unfold(writing, Writing::next)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"contacts.csv\""));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

struct Writing {
    hub: Hub,
    filter: ContactFilter,
    before: Option<ContactId>,
    is_begun: bool,
    is_over: bool,
}

impl Writing {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, StoreError> {
        if self.is_over {
            return Ok(None);
        }
        let mut tx = self.hub.db.read().await?;
        let rows = contacts::page(&mut tx, &self.filter, self.before, PAGE).await?;
        let ids: Vec<ContactId> = rows.iter().map(|row| row.id).collect();
        let identities = contact_merges::identities_of_all(&mut tx, &ids).await?;
        drop(tx);
        self.before = ids.last().copied();
        self.is_over = i64::try_from(rows.len()).is_ok_and(|count| count < PAGE);
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        let mut write = |cells: Vec<String>| writer.write_record(cells).is_ok();
        if !std::mem::replace(&mut self.is_begun, true) {
            write(COLUMNS.iter().map(|name| (*name).to_owned()).collect());
        }
        for row in &rows {
            write(cells(row, &identities));
        }
        let bytes = writer.into_inner().unwrap_or_default();
        Ok(Some((Bytes::from(bytes), self)))
    }
}

fn cells(row: &ContactRow, identities: &[IdentityRow]) -> Vec<String> {
    let address = |channels: &[Channel]| {
        identities
            .iter()
            .find(|identity| identity.contact_id == row.id && channels.contains(&identity.channel))
            .map(|identity| identity.address.clone())
            .unwrap_or_default()
    };
    vec![
        row.id.to_string(),
        harmless(&row.display_name),
        address(&[Channel::Sms, Channel::Voice]),
        address(&[Channel::Whatsapp]),
        harmless(&address(&[Channel::Email])),
        row.account_id.map(|id| id.to_string()).unwrap_or_default(),
        harmless(row.locale.as_deref().unwrap_or_default()),
        harmless(row.timezone.as_deref().unwrap_or_default()),
        row.created_at.to_rfc3339(),
    ]
}
