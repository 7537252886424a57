//! Reading: the list, one conversation, its messages.

use std::collections::HashMap;

use axum::extract::State;
use patchbay_core::Code;
use patchbay_core::conversation::ConversationStatus;
use patchbay_core::ids::{ConversationId, MessageId, UserId};
use patchbay_http::{ApiError, Caller, Id, Page, Params, decode_cursor, encode_cursor, limit};
use patchbay_store::conversations::ConversationRow;
use patchbay_store::inbox_views::{self, Filter, Position};
use patchbay_store::messages::{self, MessageRow};
use patchbay_store::{Tx, annotations};
use serde::Deserialize;
use utoipa::IntoParams;

use super::access::{load_visible, require_hub, visible_to};
use super::change::body_of;
use crate::body::{ConversationBody, MessageBody, TicketRef};
use crate::error::HubError;
use crate::state::Hub;

/// Which conversations to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// One state or several with commas; `open` stands for all but `closed`.
    status: Option<String>,
    /// Team, by id or slug.
    team: Option<String>,
    /// `me`, `none` or a user's id.
    assigned_to: Option<String>,
    /// Channel.
    channel: Option<String>,
    /// Inbox, by id or name.
    inbox: Option<String>,
    /// Name of a tag.
    tag: Option<String>,
    /// Words in names, addresses and message texts.
    q: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page, up to 100.
    limit: Option<i64>,
}

/// Conversations the caller may see, newest activity first.
#[utoipa::path(get, path = "/api/v1/conversations", tag = "conversations", params(ListParams),
    responses((status = 200, body = Page<ConversationBody>), (status = 400, description = "INVALID_QUERY")))]
pub(crate) async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(params): Params<ListParams>,
) -> Result<axum::Json<Page<ConversationBody>>, HubError> {
    require_hub(&ctx.actor)?;
    let filter = filter_of(&hub, &params, ctx.actor.user_id(), visible_to(&ctx.actor))?;
    let limit = limit(params.limit)?;
    let position: Option<Position> = params.cursor.as_deref().map(decode_cursor).transpose()?;
    let mut tx = hub.db.read().await?;
    let rows = match filter {
        Some(filter) => inbox_views::page(&mut tx, &filter, params.q.as_deref(), position, limit + 1).await?,
        None => Vec::new(),
    };
    let page = Page::of(rows, limit, |row: &ConversationRow| encode_cursor(&(row.last_message_at, row.id)));
    let data = bodies(&hub, &mut tx, &page.data).await?;
    Ok(axum::Json(Page { data, next_cursor: page.next_cursor }))
}

/// `None`: the filter names something that does not exist, so nothing matches.
fn filter_of(
    hub: &Hub,
    params: &ListParams,
    caller: UserId,
    visible: inbox_views::Visible,
) -> Result<Option<Filter>, ApiError> {
    let directory = hub.directory();
    let bad = |what: &str| ApiError::new(Code::InvalidQuery, format!("{what} is not one we know"));
    let mut filter = Filter { visible, tag: params.tag.as_deref().map(str::to_lowercase), ..Filter::default() };
    for word in params.status.iter().flat_map(|list| list.split(',')).filter(|word| !word.is_empty()) {
        if word == "open" {
            let open = ConversationStatus::ALL.iter().filter(|status| **status != ConversationStatus::Closed);
            filter.statuses.extend(open);
        } else {
            filter.statuses.push(word.parse().map_err(|_| bad("status"))?);
        }
    }
    if let Some(team) = &params.team {
        match directory.team(team) {
            Some(team) => filter.team_id = Some(team.id),
            None => return Ok(None),
        }
    }
    match params.assigned_to.as_deref() {
        None => {}
        Some("me") => filter.assigned_to = Some(caller),
        Some("none") => filter.is_unassigned = true,
        Some(id) => filter.assigned_to = Some(id.parse().map_err(|_| bad("assigned_to"))?),
    }
    if let Some(channel) = &params.channel {
        filter.channel = Some(channel.parse().map_err(|_| bad("channel"))?);
    }
    if let Some(inbox) = &params.inbox {
        let by_id = inbox.parse().ok();
        match directory.inboxes.values().find(|known| Some(known.id) == by_id || known.name == *inbox) {
            Some(known) => filter.inbox_id = Some(known.id),
            None => return Ok(None),
        }
    }
    Ok(Some(filter))
}

async fn bodies(hub: &Hub, tx: &mut Tx, rows: &[ConversationRow]) -> Result<Vec<ConversationBody>, HubError> {
    let newest: Vec<MessageId> = rows.iter().filter_map(|row| row.last_message_id).collect();
    let newest: HashMap<MessageId, MessageRow> =
        messages::by_ids(tx, &newest).await?.into_iter().map(|message| (message.id, message)).collect();
    let ids: Vec<ConversationId> = rows.iter().map(|row| row.id).collect();
    let mut tickets: HashMap<ConversationId, Vec<TicketRef>> = HashMap::new();
    for link in annotations::tickets_of(tx, &ids).await? {
        let ticket = TicketRef { id: link.ticket_id.into(), code: link.code, state: link.state };
        tickets.entry(link.conversation_id).or_default().push(ticket);
    }
    let directory = hub.directory();
    Ok(rows
        .iter()
        .map(|row| {
            let last = row.last_message_id.and_then(|id| newest.get(&id));
            let mut body = ConversationBody::of(row, &directory).with_last_message(last);
            body.tickets = Some(tickets.remove(&row.id).unwrap_or_default());
            body
        })
        .collect())
}

/// One conversation.
#[utoipa::path(get, path = "/api/v1/conversations/{id}", tag = "conversations",
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = ConversationBody), (status = 404, description = "NOT_FOUND")))]
pub(crate) async fn get(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ConversationId>,
) -> Result<axum::Json<ConversationBody>, HubError> {
    let mut tx = hub.db.read().await?;
    let seen = load_visible(&mut tx, &ctx, id).await?;
    Ok(axum::Json(body_of(&mut tx, &hub, &seen.0).await?))
}

/// Which messages to read.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MessageParams {
    /// Those before this sequence, the newest of them.
    before_seq: Option<i64>,
    /// Those after this sequence, the oldest of them.
    after_seq: Option<i64>,
    /// Rows of a page, up to 100.
    limit: Option<i64>,
}

/// Messages of a conversation in the order of their sequence: the newest page unless told otherwise. `next_cursor` is
/// the `before_seq` (or with `after_seq` the next `after_seq`) of the next page.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/messages", tag = "conversations",
    params(("id" = uuid::Uuid, Path), MessageParams),
    responses((status = 200, body = Page<MessageBody>), (status = 404, description = "NOT_FOUND")))]
pub(crate) async fn messages(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ConversationId>,
    Params(params): Params<MessageParams>,
) -> Result<axum::Json<Page<MessageBody>>, HubError> {
    let limit = limit(params.limit.or(Some(50)))?;
    let mut tx = hub.db.read().await?;
    load_visible(&mut tx, &ctx, id).await?;
    let page = match (params.before_seq, params.after_seq) {
        (Some(_), Some(_)) => {
            return Err(ApiError::new(Code::InvalidQuery, "give before_seq or after_seq, not both").into());
        }
        (None, Some(after)) => {
            let rows = messages::page_after(&mut tx, id, after, limit + 1).await?;
            Page::of(rows, limit, |row| row.seq.to_string())
        }
        (before, None) => {
            let rows = messages::page_before(&mut tx, id, before.unwrap_or(i64::MAX), limit + 1).await?;
            let mut page = Page::of(rows, limit, |row| row.seq.to_string());
            page.data.reverse();
            page
        }
    };
    let data = page.data.iter().map(MessageBody::from).collect();
    Ok(axum::Json(Page { data, next_cursor: page.next_cursor }))
}
