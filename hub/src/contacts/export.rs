//! Everything we know about a person, as one JSON document: for the person, who may ask for it.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use patchbay_core::ids::{ContactId, ConversationId};
use patchbay_core::role::Role;
use patchbay_http::{ApiError, Caller, Id};
use patchbay_store::contacts::ContactRow;
use patchbay_store::{
    StoreError, annotations, contact_claims, contact_erasure, contact_merges, contact_sites, contacts, conversations,
    messages, satisfaction, tickets,
};
use serde_json::{Value, json};

use super::body::{body, find};
use crate::body::{ConversationBody, MessageBody};
use crate::error::HubError;
use crate::resource::record;
use crate::state::Hub;

/// Messages that are read at once.
const PAGE: i64 = 200;

/// Everything stored about a contact and all that were merged into it: addresses, claims, places, tickets, conversations
/// with all their messages, files by their links. Admins and supervisors only; that it was asked for stands in the audit
/// log.
#[utoipa::path(get, path = "/api/v1/contacts/{id}/export", tag = "contacts", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, description = "the whole, as a JSON document", body = Object,
               content_type = "application/json"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND")))]
pub(crate) async fn export(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ContactId>,
) -> Result<Response, HubError> {
    if !matches!(ctx.actor.role, Role::Admin | Role::Supervisor) {
        return Err(ApiError::forbidden("only admins and supervisors export a contact").into());
    }
    let mut tx = hub.db.begin().await?;
    let row = find(&mut tx, id).await?;
    record(&mut tx, &ctx, row.account_id, "contact.export", json!({ "contact_id": row.id })).await?;
    tx.commit().await?;
    let name = format!("attachment; filename=\"contact-{}.json\"", row.id);
    let head = head(&hub, &row).await?;
    let family = contact_merges::family_of(&mut hub.db.read().await?, row.id).await?;
    let conversations = contact_erasure::conversations_of(&mut hub.db.read().await?, &family).await?;
    let mut response = Body::from_stream(document(hub, &head, conversations)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(value) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// Everything but what was said.
async fn head(hub: &Hub, row: &ContactRow) -> Result<Value, HubError> {
    let mut tx = hub.db.read().await?;
    let family = contact_merges::family_of(&mut tx, row.id).await?;
    let mut merged = Vec::new();
    for member in family.iter().filter(|member| **member != row.id) {
        if let Some(member) = contacts::by_id(&mut tx, *member).await? {
            merged.push(json!({ "id": member.id, "display_name": member.display_name }));
        }
    }
    let claims: Vec<Value> = contact_claims::of_all(&mut tx, &family)
        .await?
        .into_iter()
        .map(|claim| {
            json!({ "kind": claim.kind, "value": claim.value, "source": claim.source,
                             "created_at": claim.created_at })
        })
        .collect();
    let mut named = Vec::new();
    for ticket in contact_erasure::tickets_of(&mut tx, &family).await? {
        if let Some(ticket) = tickets::by_id(&mut tx, ticket).await? {
            named.push(json!({
                "id": ticket.id, "code": ticket.code, "state": ticket.state.as_str(), "summary": ticket.summary,
                "description": ticket.description, "customer_name": ticket.customer_name,
                "contact_phone": ticket.contact_phone, "contact_email": ticket.contact_email,
                "created_at": ticket.created_at,
            }));
        }
    }
    Ok(json!({
        "exported_at": hub.gate.clock.now(),
        "contact": body(&mut tx, row).await?,
        "merged_contacts": merged,
        "claims": claims,
        "sites": contact_sites::sites_of(&mut tx, row.id).await?,
        "tickets": named,
    }))
}

/// The document in pieces: a conversation with ten thousand messages is never whole in memory.
fn document(
    hub: Hub,
    head: &Value,
    conversations: Vec<ConversationId>,
) -> impl futures::Stream<Item = Result<Bytes, StoreError>> + use<> {
    let mut text = head.to_string();
    // The head is an object; the list of conversations is its last field.
    text.pop();
    text.push_str(",\"conversations\":[");
    futures::stream::try_unfold(Writing { hub, conversations, at: 0, after: None, text }, Writing::next)
}

struct Writing {
    hub: Hub,
    conversations: Vec<ConversationId>,
    /// The conversation being written; after the last one, the end.
    at: usize,
    /// The last message written of it; none before its head.
    after: Option<i64>,
    /// What is ready.
    text: String,
}

impl Writing {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, StoreError> {
        while self.text.is_empty() {
            if self.at > self.conversations.len() {
                return Ok(None);
            }
            self.write_more().await?;
        }
        let ready = std::mem::take(&mut self.text);
        Ok(Some((Bytes::from(ready), self)))
    }

    async fn write_more(&mut self) -> Result<(), StoreError> {
        let Some(id) = self.conversations.get(self.at).copied() else {
            self.text.push_str("]}");
            self.at += 1;
            return Ok(());
        };
        let mut tx = self.hub.db.read().await?;
        let Some(after) = self.after else {
            if self.at > 0 {
                self.text.push(',');
            }
            let notes = annotations::notes(&mut tx, id, None, 1000).await?;
            let notes: Vec<Value> =
                notes.iter().map(|note| json!({ "text": note.text, "created_at": note.created_at })).collect();
            let row = conversations::by_id(&mut tx, id).await?;
            let directory = self.hub.directory();
            let said = satisfaction::answers(&mut tx, &[id]).await?.pop();
            let conversation = row.map(|row| {
                let mut body = ConversationBody::of(&row, &directory);
                body.satisfaction = said.map(Into::into);
                body
            });
            self.text.push_str("{\"conversation\":");
            self.text.push_str(&serde_json::to_string(&conversation).unwrap_or_else(|_| "null".into()));
            self.text.push_str(",\"notes\":");
            self.text.push_str(&Value::from(notes).to_string());
            self.text.push_str(",\"messages\":[");
            self.after = Some(0);
            return Ok(());
        };
        let page = messages::page_after(&mut tx, id, after, PAGE).await?;
        for (at, message) in page.iter().enumerate() {
            if after > 0 || at > 0 {
                self.text.push(',');
            }
            self.text.push_str(&serde_json::to_string(&MessageBody::from(message)).unwrap_or_else(|_| "null".into()));
        }
        if let Some(last) = page.last() {
            self.after = Some(last.seq);
        } else {
            self.text.push_str("]}");
            self.after = None;
            self.at += 1;
        }
        Ok(())
    }
}
