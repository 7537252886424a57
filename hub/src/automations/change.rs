//! One change of a conversation in a transaction that goes on: written, recorded and told.

use patchbay_core::Ctx;
use patchbay_core::conversation::Placement;
use patchbay_core::event::EventName;
use patchbay_core::ids::ConversationId;
use patchbay_http::ApiError;
use patchbay_store::conversations::{self, ConversationRow};
use patchbay_store::{Tx, annotations, events};
use serde_json::Value;

use crate::conversations::body_of;
use crate::error::HubError;
use crate::feed::{conversation_event, placement};
use crate::service_levels;
use crate::state::Hub;

/// A conversation under its lock.
pub(super) struct Held {
    pub(super) row: ConversationRow,
    before: Placement,
}

impl Held {
    /// Locks a conversation. Error: 404 `NOT_FOUND`.
    pub(super) async fn lock(tx: &mut Tx, id: ConversationId) -> Result<Self, HubError> {
        let row = conversations::lock(tx, id).await?.ok_or_else(|| ApiError::not_found("conversation"))?;
        let before = placement(&row);
        Ok(Self { row, before })
    }

    /// Writes it with its record and its event.
    pub(super) async fn write(
        mut self,
        tx: &mut Tx,
        hub: &Hub,
        ctx: &Ctx,
        (name, kind, details): (EventName, &str, Value),
    ) -> Result<(), HubError> {
        self.row.updated_at = ctx.now;
        service_levels::follow(tx, ctx, &hub.gate.directory.load_full(), &mut self.row).await?;
        conversations::update(tx, std::slice::from_ref(&self.row)).await?;
        self.row.version += 1;
        annotations::record_event(tx, ctx, self.row.id, kind, details).await?;
        let body = body_of(tx, hub, &self.row).await?;
        let event = conversation_event(ctx, name, &self.row, body, Some(self.before));
        events::append(tx, &[event]).await?;
        Ok(())
    }
}
