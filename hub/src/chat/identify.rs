//! A visitor proves to be a user of the site: what the visitor wrote becomes the user's. From then on the visitor alone
//! sees nothing of it: a computer may be shared. Source: channel reference, web chat; domain, contacts and identity.

use patchbay_core::channel::Channel;
use patchbay_core::conversation::CloseReason;
use patchbay_core::conversation::ConversationStatus;
use patchbay_core::ctx::Ctx;
use patchbay_core::event::EventName;
use patchbay_core::ids::{ContactId, ConversationId, NoteId};
use patchbay_store::annotations::{self, NoteRow};
use patchbay_store::chat::ChatIdentity;
use patchbay_store::contacts::NewIdentity;
use patchbay_store::{StoreError, Tx, chat, contacts, conversations, events};
use serde_json::json;

use super::{Desk, Session};
use crate::body::ConversationBody;
use crate::conversations::end;
use crate::feed::{conversation_event, placement};
use crate::service_levels;

/// How often it is tried again when somebody was faster with one of the rows.
const RACES: usize = 3;

impl Desk {
    /// Whether the visitor was another user's once, or any user's without `user`: then it must not be taken up again.
    pub async fn is_claimed(&self, visitor: &str, user: Option<&str>) -> Result<bool, StoreError> {
        let mut tx = self.hub.db.read().await?;
        let Some(identity) = chat::identity(&mut tx, &format!("visitor:{visitor}")).await? else { return Ok(false) };
        let addresses = contacts::identities_of(&mut tx, identity.contact_id).await?;
        let own = user.map(|user| format!("user:{user}"));
        Ok(addresses.iter().any(|row| {
            row.channel == Channel::Chat && row.address.starts_with("user:") && own.as_ref() != Some(&row.address)
        }))
    }

    /// Makes what the session's visitor wrote the user's. Nothing to do for a visitor who wrote nothing.
    pub async fn identify(&self, session: &Session) -> Result<(), StoreError> {
        let mut races = 0;
        loop {
            match self.identify_once(session).await {
                Err(StoreError::Conflict | StoreError::Duplicate) if races < RACES => races += 1,
                done => return done,
            }
        }
    }

    async fn identify_once(&self, session: &Session) -> Result<(), StoreError> {
        let (from, to) = (session.visitor_address(), session.address());
        {
            let mut tx = self.hub.db.read().await?;
            let visitor = chat::identity(&mut tx, &from).await?;
            let user = chat::identity(&mut tx, &to).await?;
            let is_done = match (&visitor, &user) {
                (Some(visitor), Some(user)) => visitor.contact_id == user.contact_id && user.verified_at.is_some(),
                (None, Some(user)) => user.verified_at.is_some(),
                (Some(_), None) => false,
                (None, None) => true,
            };
            let waits = chat::conversation_of(&mut tx, session.inbox, &from).await?.is_some();
            if is_done && !waits {
                return Ok(());
            }
        }
        let ctx = self.ctx();
        let mut tx = self.hub.db.begin().await?;
        let visitor = chat::identity(&mut tx, &from).await?;
        let user = chat::identity(&mut tx, &to).await?;
        let contact = match (visitor, user) {
            (None, None) => return tx.rollback().await,
            (None, Some(user)) => user.contact_id,
            (Some(visitor), None) => {
                introduce(&mut tx, &ctx, &visitor, &to, session.name.as_deref()).await?;
                visitor.contact_id
            }
            (Some(visitor), Some(user)) => {
                if visitor.contact_id != user.contact_id {
                    chat::move_identity(&mut tx, visitor.id, user.contact_id).await?;
                    chat::merged_into(&mut tx, visitor.contact_id, user.contact_id, ctx.now).await?;
                }
                user.contact_id
            }
        };
        chat::verified(&mut tx, &to, ctx.now).await?;
        let moved = self.move_conversations(&mut tx, &ctx, session, contact).await?;
        tx.commit().await?;
        if moved > 0 {
            tracing::info!(inbox.id = %session.inbox, conversations = moved, "a visitor proved to be a user");
        }
        Ok(())
    }

    async fn move_conversations(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        session: &Session,
        to: ContactId,
    ) -> Result<usize, StoreError> {
        let address = session.address();
        let ids = chat::lock_conversations(tx, session.inbox, &session.visitor_address()).await?;
        for id in &ids {
            let Some(row) = conversations::by_id(tx, *id).await? else { continue };
            let open = chat::open_of(tx, to, session.inbox).await?.filter(|open| open != id);
            if let Some(open) = open.filter(|_| row.status != ConversationStatus::Closed) {
                self.close_as_duplicate(tx, ctx, *id, open).await?;
            }
            chat::move_conversation(tx, *id, to, &address, ctx.now).await?;
            annotations::record_event(tx, ctx, *id, "identified", json!({ "contact_id": to })).await?;
            let Some(row) = conversations::by_id(tx, *id).await? else { continue };
            let body = ConversationBody::of(&row, &self.hub.directory());
            let event = conversation_event(ctx, EventName::ConversationUpdated, &row, body, None);
            events::append(tx, &[event]).await?;
        }
        Ok(ids.len())
    }

    /// One person has one open conversation in an inbox: the user's own goes on.
    async fn close_as_duplicate(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        id: ConversationId,
        of: ConversationId,
    ) -> Result<(), StoreError> {
        let Some(mut row) = conversations::lock(tx, id).await? else { return Ok(()) };
        let before = placement(&row);
        end(&mut row, ctx, CloseReason::Duplicate, None);
        row.updated_at = ctx.now;
        service_levels::follow(tx, ctx, &self.hub.gate.directory.load_full(), &mut row).await?;
        conversations::update(tx, std::slice::from_ref(&row)).await?;
        row.version += 1;
        annotations::record_event(tx, ctx, id, "closed", json!({ "close_reason": "duplicate", "duplicate_of": of }))
            .await?;
        let body = ConversationBody::of(&row, &self.hub.directory());
        let event = conversation_event(ctx, EventName::ConversationUpdated, &row, body, Some(before));
        events::append(tx, &[event]).await?;
        let note = NoteRow {
            id: NoteId::new(),
            conversation_id: of,
            author_id: None,
            author_name: "Patchbay".to_owned(),
            text: "The visitor of another conversation proved to be this person; it was closed as a duplicate and \
                   belongs to this contact now."
                .to_owned(),
            created_at: ctx.now,
        };
        annotations::insert_note(tx, &note).await
    }
}

/// The user is new to us: the visitor's contact becomes theirs.
async fn introduce(
    tx: &mut Tx,
    ctx: &Ctx,
    visitor: &ChatIdentity,
    address: &str,
    name: Option<&str>,
) -> Result<(), StoreError> {
    let identity = NewIdentity {
        contact_id: visitor.contact_id,
        channel: Channel::Chat,
        address: address.to_owned(),
        linked_by: "proof",
    };
    contacts::insert_identities(tx, &[identity], ctx.now).await?;
    if let Some(name) = name.filter(|name| !name.trim().is_empty())
        && let Some(mut row) = contacts::by_id(tx, visitor.contact_id).await?
    {
        name.clone_into(&mut row.display_name);
        row.updated_at = ctx.now;
        contacts::update(tx, &row).await?;
    }
    Ok(())
}
