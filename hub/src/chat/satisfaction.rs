//! How it was, in the visitor's own words: asked when the conversation is over, answered once.

use chrono::{DateTime, Utc};
use patchbay_core::Code;
use patchbay_core::event::EventName;
use patchbay_core::ids::ConversationId;
use patchbay_core::satisfaction::{self as rule, Rating};
use patchbay_http::ApiError;
use patchbay_store::conversations::ConversationRow;
use patchbay_store::satisfaction::{self, AnswerRow};
use patchbay_store::{StoreError, Tx, annotations, conversations, events};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Desk, Session};
use crate::body::ConversationBody;
use crate::error::HubError;
use crate::feed::conversation_event;

/// What the visitor said, as it stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ShownAnswer {
    /// What it is about.
    pub conversation_id: Uuid,
    /// From 1, the worst, to 5.
    #[schema(value_type = i64, minimum = 1, maximum = 5)]
    pub rating: Rating,
    /// In their own words.
    pub comment: Option<String>,
    /// When they said it.
    pub answered_at: DateTime<Utc>,
}

impl From<AnswerRow> for ShownAnswer {
    fn from(row: AnswerRow) -> Self {
        Self {
            conversation_id: row.conversation_id.into(),
            rating: row.rating,
            comment: row.comment,
            answered_at: row.answered_at,
        }
    }
}

/// What became of an answer.
#[derive(Clone, Debug)]
pub enum Rated {
    /// It is kept.
    Now(ShownAnswer),
    /// The same was said before.
    Before(ShownAnswer),
}

/// Whether the visitor of a conversation is asked.
pub(super) async fn is_asked(tx: &mut Tx, row: &ConversationRow, now: DateTime<Utc>) -> Result<bool, StoreError> {
    Ok(rule::is_asked(row.status, row.close_reason, row.closed_at, now)
        && satisfaction::answers(tx, &[row.id]).await?.is_empty())
}

impl Desk {
    /// Keeps what the visitor says of a conversation of theirs. Errors: 404 when it is not theirs, 409
    /// `INVALID_STATE_TRANSITION` when it is not over, 409 `ALREADY_EXISTS` when they said something else before.
    pub async fn rate(
        &self,
        session: &Session,
        conversation: ConversationId,
        rating: Rating,
        comment: Option<String>,
    ) -> Result<Rated, HubError> {
        let ctx = self.ctx();
        let mut tx = self.hub.db.begin().await?;
        let row = conversations::lock(&mut tx, conversation).await?;
        let is_theirs =
            |row: &ConversationRow| row.inbox_id == session.inbox && row.contact_address == session.address();
        let Some(mut row) = row.filter(is_theirs) else { return Err(ApiError::not_found("conversation").into()) };
        if let Some(said) = satisfaction::answers(&mut tx, &[row.id]).await?.pop() {
            return if said.rating == rating && said.comment == comment {
                Ok(Rated::Before(said.into()))
            } else {
                Err(ApiError::new(Code::AlreadyExists, "this conversation was rated before").into())
            };
        }
        if !rule::is_asked(row.status, row.close_reason, row.closed_at, ctx.now) {
            let error = ApiError::new(Code::InvalidStateTransition, "only a conversation that just ended is rated");
            return Err(error.with("from_state", json!(row.status)).into());
        }
        let agent_id = row.assigned_to.or(row.previous_assignee);
        let answered_at = ctx.now;
        let answer =
            AnswerRow { conversation_id: row.id, team_id: row.team_id, agent_id, rating, comment, answered_at };
        satisfaction::insert(&mut tx, &answer).await?;
        annotations::record_event(&mut tx, &ctx, row.id, "rated", json!({ "rating": rating })).await?;
        row.updated_at = ctx.now;
        conversations::update(&mut tx, std::slice::from_ref(&row)).await?;
        row.version += 1;
        let mut body = ConversationBody::of(&row, &self.hub.directory());
        body.satisfaction = Some(answer.clone().into());
        events::append(&mut tx, &[conversation_event(&ctx, EventName::ConversationRated, &row, body, None)]).await?;
        tx.commit().await?;
        Ok(Rated::Now(answer.into()))
    }
}
