//! Threads: those of the caller, new ones, who is in them.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use patchbay_core::directory::Directory;
use patchbay_core::ids::{InternalThreadId, UserId};
use patchbay_core::{Code, Ctx};
use patchbay_http::{ApiError, Caller, Id, Page, Params, decode_cursor, encode_cursor, limit};
use patchbay_store::Tx;
use patchbay_store::internal_chat::{self, ThreadRow};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::body::ThreadBody;
use super::{lock_own, own, require_talker, talks, tell};
use crate::error::HubError;
use crate::resource::text::optional_line;
use crate::resource::{Begun, Stamp, Stamped, Write};
use crate::state::Hub;

/// Most people in a thread.
const MOST_MEMBERS: usize = 200;

/// A page of the caller's threads.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ThreadQuery {
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, 1 to 100; 20 when missing.
    limit: Option<i64>,
}

/// A new thread.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewThread {
    /// Who is in it beside the caller; with one other person and no title it is a direct thread.
    #[serde(default)]
    members: Vec<Uuid>,
    /// All members of a team, by id or slug.
    team: Option<String>,
    /// What it is about.
    title: Option<String>,
}

/// Somebody to take in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewThreadMember {
    /// Who.
    user_id: Uuid,
}

/// The caller's threads, where something was said last first.
#[utoipa::path(get, path = "/api/v1/internal/threads", tag = "internal chat", params(ThreadQuery),
    responses((status = 200, body = Page<ThreadBody>), (status = 400, description = "INVALID_QUERY, INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN")))]
pub(super) async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(query): Params<ThreadQuery>,
) -> Result<Json<Page<ThreadBody>>, HubError> {
    require_talker(&ctx.actor)?;
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(decode_cursor::<(DateTime<Utc>, InternalThreadId)>).transpose()?;
    let user = ctx.actor.user_id();
    let mut tx = hub.db.read().await?;
    let rows = internal_chat::threads_of(&mut tx, user, after, limit + 1).await?;
    let page = Page::of(rows, limit, |row| encode_cursor(&(row.last_message_at, row.id)));
    let ids: Vec<InternalThreadId> = page.data.iter().map(|row| row.id).collect();
    let members = internal_chat::members(&mut tx, &ids).await?;
    let newest = internal_chat::newest(&mut tx, &ids).await?;
    let directory = hub.directory();
    let shown = page.data.iter().map(|row| {
        let last = newest.iter().find(|message| message.thread_id == row.id);
        ThreadBody::of(row, &members, last, &directory, user)
    });
    Ok(Json(Page { data: shown.collect(), next_cursor: page.next_cursor }))
}

/// Begins a thread. The direct thread of two people is begun once: after that it is the answer (200).
#[utoipa::path(post, path = "/api/v1/internal/threads", tag = "internal chat",
    params(("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    request_body = NewThread,
    responses((status = 201, body = ThreadBody), (status = 200, body = ThreadBody),
              (status = 400, description = "INVALID_REQUEST"), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN"), (status = 409, description = "IDEMPOTENCY_PAYLOAD_MISMATCH")))]
pub(super) async fn create(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Stamped { body, stamp }: Stamped<NewThread>,
) -> Result<Response, HubError> {
    require_talker(&ctx.actor)?;
    let directory = hub.gate.directory.load_full();
    let title = optional_line("title", body.title)?;
    let caller = ctx.actor.user_id();
    let mut people = BTreeSet::from([caller]);
    for (place, id) in body.members.iter().take(MOST_MEMBERS + 1).enumerate() {
        people.insert(known(&directory, &format!("members[{place}]"), UserId(*id))?);
    }
    let team = match &body.team {
        Some(named) => {
            let team = directory.team(named).filter(|team| team.is_active).map(|team| team.id);
            Some(team.ok_or_else(|| ApiError::invalid("team", "no such team"))?)
        }
        None => None,
    };
    if let Some(team) = team {
        let members = directory.users.values().filter(|user| user.is_active && user.teams.contains(&team));
        people.extend(members.filter(|user| talks(user.role)).map(|user| user.id));
    }
    if !(2..=MOST_MEMBERS).contains(&people.len()) {
        return Err(ApiError::invalid("members", "a thread has 2 to 200 people, the caller included").into());
    }
    let mut write = match Write::begin(&hub, &ctx, &stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    let tx = &mut write.tx;
    crate::directory::ensure_user(tx, &ctx).await?;
    let is_direct = people.len() == 2 && title.is_none() && team.is_none();
    let pair = is_direct.then(|| people.iter().map(ToString::to_string).collect::<Vec<_>>().join(":"));
    let row = ThreadRow {
        id: InternalThreadId::new(),
        kind: if is_direct { "direct" } else { "group" }.to_owned(),
        title,
        team_id: team,
        pair: pair.clone(),
        last_seq: 0,
        last_message_at: ctx.now,
        created_by: ctx.actor.id,
        created_at: ctx.now,
    };
    if !internal_chat::insert_thread(tx, &row).await? {
        let known = internal_chat::thread_of_pair(tx, pair.as_deref().unwrap_or_default()).await?;
        let known = known.ok_or(patchbay_store::StoreError::Conflict)?;
        let answer = shown(tx, &ctx, &directory, &known).await?;
        return write.finish(StatusCode::OK, &answer).await;
    }
    for user in &people {
        internal_chat::join(tx, &row, *user, ctx.now).await?;
    }
    let members = internal_chat::members(tx, &[row.id]).await?;
    tell::of_thread(tx, &ctx, &directory, (&row, &members), None).await?;
    let answer = ThreadBody::of(&row, &members, None, &directory, caller);
    write.finish(StatusCode::CREATED, &answer).await
}

/// A colleague who takes part.
fn known(directory: &Directory, path: &str, id: UserId) -> Result<UserId, ApiError> {
    let user = directory.users.get(&id).filter(|user| user.is_active && talks(user.role));
    user.map(|user| user.id).ok_or_else(|| ApiError::invalid(path, "no active colleague has this id"))
}

async fn shown(tx: &mut Tx, ctx: &Ctx, directory: &Directory, row: &ThreadRow) -> Result<ThreadBody, HubError> {
    let members = internal_chat::members(tx, &[row.id]).await?;
    let newest = internal_chat::newest(tx, &[row.id]).await?;
    Ok(ThreadBody::of(row, &members, newest.first(), directory, ctx.actor.user_id()))
}

/// One thread of the caller's.
#[utoipa::path(get, path = "/api/v1/internal/threads/{id}", tag = "internal chat", params(("id" = Uuid, Path)),
    responses((status = 200, body = ThreadBody), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND")))]
pub(super) async fn read(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<InternalThreadId>,
) -> Result<Json<ThreadBody>, HubError> {
    require_talker(&ctx.actor)?;
    let mut tx = hub.db.read().await?;
    let (row, _) = own(&mut tx, &ctx.actor, id).await?;
    Ok(Json(shown(&mut tx, &ctx, &hub.gate.directory.load_full(), &row).await?))
}

/// Takes somebody into a group; nothing happens when they are in it. Errors: 409 `INVALID_STATE_TRANSITION` for a direct
/// thread.
#[utoipa::path(post, path = "/api/v1/internal/threads/{id}/members", tag = "internal chat",
    params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    request_body = NewThreadMember,
    responses((status = 200, body = ThreadBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"), (status = 409, description = "INVALID_STATE_TRANSITION")))]
pub(super) async fn add_member(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<InternalThreadId>,
    Stamped { body, stamp }: Stamped<NewThreadMember>,
) -> Result<Response, HubError> {
    require_talker(&ctx.actor)?;
    let mut write = match Write::begin(&hub, &ctx, &stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    let tx = &mut write.tx;
    let directory = hub.gate.directory.load_full();
    let (row, members) = lock_own(tx, &ctx.actor, id).await?;
    let user = known(&directory, "user_id", UserId(body.user_id))?;
    require_group(&row)?;
    if members.len() >= MOST_MEMBERS {
        return Err(ApiError::invalid("user_id", "the thread is full").into());
    }
    if internal_chat::join(tx, &row, user, ctx.now).await? {
        let members = internal_chat::members(tx, &[id]).await?;
        tell::of_thread(tx, &ctx, &directory, (&row, &members), None).await?;
    }
    let answer = shown(tx, &ctx, &directory, &row).await?;
    write.finish(StatusCode::OK, &answer).await
}

/// Takes somebody out of a group, or the caller leaves it. Whoever leaves keeps nothing of it.
#[utoipa::path(delete, path = "/api/v1/internal/threads/{id}/members/{user_id}", tag = "internal chat",
    params(("id" = Uuid, Path), ("user_id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    responses((status = 200, body = ThreadBody), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "INVALID_STATE_TRANSITION")))]
pub(super) async fn remove_member(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id((id, user)): Id<(InternalThreadId, UserId)>,
    stamp: Stamp,
) -> Result<Response, HubError> {
    require_talker(&ctx.actor)?;
    let mut write = match Write::begin(&hub, &ctx, &stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    let tx = &mut write.tx;
    let directory = hub.gate.directory.load_full();
    let (row, _) = lock_own(tx, &ctx.actor, id).await?;
    require_group(&row)?;
    if !internal_chat::leave(tx, id, user, ctx.now).await? {
        return Err(ApiError::not_found("member of this thread").into());
    }
    let members = internal_chat::members(tx, &[id]).await?;
    tell::of_thread(tx, &ctx, &directory, (&row, &members), Some(user)).await?;
    let answer = shown(tx, &ctx, &directory, &row).await?;
    write.finish(StatusCode::OK, &answer).await
}

fn require_group(row: &ThreadRow) -> Result<(), ApiError> {
    if row.pair.is_none() {
        return Ok(());
    }
    Err(ApiError::new(Code::InvalidStateTransition, "a direct thread stays between the two; begin a group")
        .because("from_state", "direct"))
}
