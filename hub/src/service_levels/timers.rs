//! What happens when a timer of a conversation rings, and when a policy changes while timers run.

use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::conversation::ConversationStatus;
use patchbay_core::directory::Directory;
use patchbay_core::event::EventName;
use patchbay_core::ids::{ConversationId, TeamId};
use patchbay_core::sla::SlaNews;
use patchbay_store::{StoreError, Tx, annotations, conversations, events, sla_policies};
use serde_json::json;

use super::clocks::{broke, follow_under, raise};
use crate::body::ConversationBody;
use crate::feed::conversation_event;

/// Conversations whose deadlines are set anew in one transaction.
const BITE: i64 = 100;

/// Looks what is due in a conversation, notes and tells it. Answers when to look again; `None`: never, unless something
/// changes. The conversation stays locked until the transaction ends.
pub async fn ring(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    id: ConversationId,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let Some(mut row) = conversations::lock(tx, id).await? else { return Ok(None) };
    let Some(mut track) = row.sla.clone().filter(|_| row.status != ConversationStatus::Closed) else { return Ok(None) };
    let news = track.fire(ctx.now);
    let next = track.next_at();
    if news.is_empty() {
        return Ok(next);
    }
    row.sla = Some(track);
    row.updated_at = ctx.now;
    conversations::update(tx, std::slice::from_ref(&row)).await?;
    row.version += 1;
    for news in news {
        let (kind, details) = match news {
            SlaNews::Warning(target) => ("sla_warning", json!({ "target": target })),
            SlaNews::Breach(target) => ("sla_breach", json!({ "target": target })),
            SlaNews::Escalation => ("sla_escalation", json!({})),
        };
        annotations::record_event(tx, ctx, id, kind, details.clone()).await?;
        match news {
            SlaNews::Warning(_) => raise(tx, ctx, &row, "SLA_WARNING", details).await?,
            SlaNews::Breach(target) => broke(tx, ctx, &directory.sla, &row, target).await?,
            SlaNews::Escalation => raise(tx, ctx, &row, "SLA_ESCALATION", details).await?,
        }
    }
    let body = ConversationBody::of(&row, directory);
    let event = conversation_event(ctx, EventName::ConversationUpdated, &row, body, None);
    events::append(tx, &[event]).await?;
    Ok(next)
}

/// Sets the deadlines of the next conversations of a team anew, by the policies as they are stored now. Answers after
/// which one to go on; `None`: that were all.
pub async fn recompute_some(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    team: TeamId,
    after: Option<ConversationId>,
) -> Result<Option<ConversationId>, StoreError> {
    let mut teams = directory.teams.clone();
    if let Some(stored) = patchbay_store::teams::by_id(tx, team).await?
        && let Some(known) = teams.get_mut(&team)
    {
        let calendar = crate::directory::calendar_of(&stored.timezone, &stored.business_hours, &stored.holidays);
        known.calendar = calendar.map(std::sync::Arc::new);
    }
    let policies = super::policies_of(&sla_policies::in_force(tx).await?, &teams);
    let ids = sla_policies::open_of_team(tx, team, after, BITE).await?;
    for id in &ids {
        let Some(mut row) = conversations::lock(tx, *id).await? else { continue };
        let before = row.sla.clone();
        follow_under(tx, ctx, &policies, &mut row).await?;
        if row.sla == before {
            continue;
        }
        row.updated_at = ctx.now;
        conversations::update(tx, std::slice::from_ref(&row)).await?;
        row.version += 1;
        let body = ConversationBody::of(&row, directory);
        let event = conversation_event(ctx, EventName::ConversationUpdated, &row, body, None);
        events::append(tx, &[event]).await?;
    }
    Ok(ids.last().copied().filter(|_| i64::try_from(ids.len()) == Ok(BITE)))
}
