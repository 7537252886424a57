//! Reading: the list, one contact, and what an agent wants to know while answering it.

use std::collections::{BTreeSet, HashMap};

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use patchbay_core::ids::{AccountId, ContactId, ConversationId};
use patchbay_http::{Caller, Id, Page, Params, decode_cursor, encode_cursor, limit};
use patchbay_store::contact_sites::{self, SiteOfContact};
use patchbay_store::contacts::{self, ContactFilter, ContactRow};
use patchbay_store::conversations::ConversationRow;
use patchbay_store::{annotations, contact_merges, inbox_views, satisfaction};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::body::{ContactBody, body, find};
use super::suggest::{SuggestionBody, suggestions};
use super::undo::UNDO_WITHIN;
use crate::body::{ConversationBody, SatisfactionBody, TicketRef};
use crate::conversations::{require_hub, visible_to};
use crate::error::HubError;
use crate::state::Hub;

/// Which contacts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ContactParams {
    /// Part of a name or an address; a telephone number may be written with its punctuation.
    q: Option<String>,
    /// Account the contacts belong to.
    account_id: Option<Uuid>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page, up to 100.
    limit: Option<i64>,
}

/// What a person typed, as a filter.
pub(super) fn filter(q: Option<&str>, account: Option<Uuid>) -> ContactFilter {
    let text = q.map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty());
    let is_number = |text: &String| text.chars().all(|c| c.is_ascii_digit() || " +-.()/".contains(c));
    let digits = text.clone().filter(is_number).map(|text| text.chars().filter(char::is_ascii_digit).collect());
    let digits = digits.filter(|digits: &String| digits.len() >= 3);
    ContactFilter { text, digits, account_id: account.map(AccountId) }
}

/// Contacts, newest first.
#[utoipa::path(get, path = "/api/v1/contacts", tag = "contacts", params(ContactParams),
    responses((status = 200, body = Page<ContactBody>), (status = 400, description = "INVALID_QUERY"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN")))]
pub(crate) async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(params): Params<ContactParams>,
) -> Result<Json<Page<ContactBody>>, HubError> {
    require_hub(&ctx.actor)?;
    let limit = limit(params.limit)?;
    let before: Option<ContactId> = params.cursor.as_deref().map(decode_cursor).transpose()?;
    let mut tx = hub.db.read().await?;
    let rows = contacts::page(&mut tx, &filter(params.q.as_deref(), params.account_id), before, limit + 1).await?;
    let page = Page::of(rows, limit, |row: &ContactRow| encode_cursor(&row.id));
    let mut data = Vec::with_capacity(page.data.len());
    for row in &page.data {
        data.push(body(&mut tx, row).await?);
    }
    Ok(Json(Page { data, next_cursor: page.next_cursor }))
}

/// One contact; the one it was merged into when it was.
#[utoipa::path(get, path = "/api/v1/contacts/{id}", tag = "contacts", params(("id" = Uuid, Path)),
    responses((status = 200, body = ContactBody), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND")))]
pub(crate) async fn get(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ContactId>,
) -> Result<Json<ContactBody>, HubError> {
    require_hub(&ctx.actor)?;
    let mut tx = hub.db.read().await?;
    let row = find(&mut tx, id).await?;
    Ok(Json(body(&mut tx, &row).await?))
}

/// What there is to know about a contact while answering it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContactContext {
    /// The contact with its addresses.
    contact: ContactBody,
    /// Its newest conversations that the caller may see.
    conversations: Vec<ConversationBody>,
    /// Tickets made from these conversations.
    tickets: Vec<TicketRef>,
    /// Where it is something.
    sites: Vec<ContactSiteBody>,
    /// Tags of these conversations, each once.
    tags: Vec<String>,
    /// Contacts that may be the same person.
    suggestions: Vec<SuggestionBody>,
    /// Contacts that were merged into this one.
    merges: Vec<MergeBody>,
}

/// A place where a contact is something.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContactSiteBody {
    /// The place.
    id: Uuid,
    /// Its account.
    account_id: Uuid,
    /// Its name.
    name: String,
    /// Its town.
    city: String,
    /// What the contact is there.
    relation: String,
    /// Whether it is asked first there.
    is_primary: bool,
}

impl From<SiteOfContact> for ContactSiteBody {
    fn from(row: SiteOfContact) -> Self {
        Self {
            id: row.site_id.into(),
            account_id: row.account_id.into(),
            name: row.name,
            city: row.city,
            relation: row.relation,
            is_primary: row.is_primary,
        }
    }
}

/// A contact that was merged into another.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MergeBody {
    /// Names the merge.
    pub(super) id: Uuid,
    /// The contact that was merged.
    pub(super) contact_id: Uuid,
    /// Its name.
    pub(super) name: String,
    /// Why.
    pub(super) reason: String,
    /// Who did it.
    pub(super) merged_by: Uuid,
    /// When.
    pub(super) merged_at: DateTime<Utc>,
    /// Until when it can be undone.
    pub(super) undo_until: DateTime<Utc>,
}

impl From<contact_merges::MergeRow> for MergeBody {
    fn from(row: contact_merges::MergeRow) -> Self {
        Self {
            id: row.id.into(),
            contact_id: row.merged_id.into(),
            name: row.merged_name,
            reason: row.reason,
            merged_by: row.merged_by.into(),
            merged_at: row.merged_at,
            undo_until: row.merged_at + UNDO_WITHIN,
        }
    }
}

/// A contact with its conversations, tickets and places, and who else it may be.
#[utoipa::path(get, path = "/api/v1/contacts/{id}/context", tag = "contacts", params(("id" = Uuid, Path)),
    responses((status = 200, body = ContactContext), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND")))]
pub(crate) async fn context(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ContactId>,
) -> Result<Json<ContactContext>, HubError> {
    require_hub(&ctx.actor)?;
    let mut tx = hub.db.read().await?;
    let row = find(&mut tx, id).await?;
    let filter = inbox_views::Filter {
        contact_id: Some(row.id),
        visible: visible_to(&ctx.actor),
        ..inbox_views::Filter::default()
    };
    let rows = inbox_views::page(&mut tx, &filter, None, None, 20).await?;
    let directory = hub.directory();
    let ids: Vec<ConversationId> = rows.iter().map(|row| row.id).collect();
    let mut seen = BTreeSet::new();
    let mut tickets = Vec::new();
    for link in annotations::tickets_of(&mut tx, &ids).await? {
        if seen.insert(link.ticket_id) {
            tickets.push(TicketRef { id: link.ticket_id.into(), code: link.code, state: link.state });
        }
    }
    let tags: BTreeSet<String> = rows
        .iter()
        .flat_map(|row| row.tags.as_array().into_iter().flatten())
        .filter_map(|tag| tag.as_str().map(str::to_owned))
        .collect();
    let mut said: HashMap<ConversationId, SatisfactionBody> = HashMap::new();
    for answer in satisfaction::answers(&mut tx, &ids).await? {
        said.insert(answer.conversation_id, answer.into());
    }
    let conversation = |row: &ConversationRow| {
        let mut body = ConversationBody::of(row, &directory);
        body.satisfaction = said.remove(&row.id);
        body
    };
    let conversations = rows.iter().map(conversation).collect();
    let sites = contact_sites::sites_of(&mut tx, row.id).await?;
    let merges = contact_merges::into_contact(&mut tx, row.id).await?;
    Ok(Json(ContactContext {
        conversations,
        tickets,
        sites: sites.into_iter().map(Into::into).collect(),
        tags: tags.into_iter().collect(),
        suggestions: suggestions(&mut tx, &row).await?,
        merges: merges.into_iter().map(Into::into).collect(),
        contact: body(&mut tx, &row).await?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_looked_for_by_its_digits() {
        assert_eq!(filter(Some("(555) 010-77"), None).digits.as_deref(), Some("55501077"));
        assert_eq!(filter(Some("Maya 5"), None).digits, None);
        assert_eq!(filter(Some("12"), None).digits, None);
        assert_eq!(filter(Some("  "), None).text, None);
    }
}
