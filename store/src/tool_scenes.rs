//! Where calls of tools happen: the conversation, its customer and the switches that may stop a call there. On PostgreSQL
//! one statement for many conversations, because a trip to the server costs more than what it carries.

use patchbay_core::ids::ConversationId;
use serde_json::Value;

use crate::batch::Batch;
use crate::conversations::{self, ConversationRow};
use crate::db::Engine;
use crate::error::StoreError;
use crate::kill_switches;
use crate::row::{Record, Row};
use crate::tool_views::{self, CustomerRow};
use crate::tx::Tx;

/// A switch that is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// `all`, `agent`, `tool`, `tenant`, `conversation` or `handover`.
    pub scope_type: String,
    /// Which one; empty for all.
    pub scope_id: String,
    /// Why.
    pub reason: String,
}

/// Where a call happens.
#[derive(Clone, Debug)]
pub struct SceneRow {
    /// The conversation.
    pub conversation: ConversationRow,
    /// Its customer.
    pub customer: CustomerRow,
    /// The switches that are set, without those of other conversations.
    pub stops: Vec<Stop>,
}

impl Record for SceneRow {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let conversation = ConversationRow::read(row)?;
        let customer = CustomerRow {
            id: conversation.contact_id,
            account_id: row.get("account_id")?,
            display_name: conversation.contact_name.clone(),
            locale: row.get("locale")?,
            profile: row.get("profile")?,
        };
        let stops: Value = row.get("stops")?;
        let text = |stop: &Value, at: usize| stop[at].as_str().unwrap_or_default().to_owned();
        let stops = stops.as_array().map(Vec::as_slice).unwrap_or_default();
        let stops = stops
            .iter()
            .map(|stop| Stop { scope_type: text(stop, 0), scope_id: text(stop, 1), reason: text(stop, 2) })
            .collect();
        Ok(Self { conversation, customer, stops })
    }
}

/// The scenes of conversations, in no particular order; none for one that is not there.
pub async fn by_ids(tx: &mut Tx, ids: &[ConversationId]) -> Result<Vec<SceneRow>, StoreError> {
    match tx.engine() {
        Engine::Sqlite => {
            let mut scenes = Vec::with_capacity(ids.len());
            for id in ids {
                scenes.extend(by_id(tx, *id).await?);
            }
            Ok(scenes)
        }
        Engine::Postgres => {
            // The limit only says that the ids are few. Without it PostgreSQL expects ten of a list it does not know, and
            // plans the statement again at each run, which takes ten times as long as the run.
            tx.query_postgres(
                "select v.id, v.inbox_id, v.channel, v.contact_id, c.display_name as contact_name, v.contact_address,
                        v.status, v.priority, v.subject, v.team_id, v.assigned_to, v.previous_assignee,
                        v.previous_conversation_id, v.last_seq, v.inbound_count, v.read_inbound_count, v.tags,
                        v.last_message_id, v.last_message_at, v.last_inbound_at, v.last_outbound_at,
                        v.first_response_at, v.waiting_since, v.window_expires_at, v.snoozed_until, v.closed_at,
                        v.closed_by, v.close_reason, v.version, v.created_at, v.updated_at, v.sla,
                        c.account_id, c.locale, a.profile,
                        (select coalesce(json_agg(json_build_array(k.scope_type, k.scope_id, k.reason)), '[]')::text
                         from kill_switches k
                         where k.lifted_at is null
                           and (k.scope_type in ('all', 'agent', 'tool', 'tenant')
                                or k.scope_type in ('conversation', 'handover') and k.scope_id = v.id::text)) as stops
                 from (select unnest($1::uuid[]) as id limit cardinality($1::uuid[])) as asked
                 join conversations v on v.id = asked.id
                 join contacts c on c.id = v.contact_id
                 left join accounts a on a.id = c.account_id",
            )
            .bind_batch(Batch::new().ids(ids.iter().copied()))
            .all()
            .await
        }
    }
}

/// SQLite needs no trips: step by step.
async fn by_id(tx: &mut Tx, id: ConversationId) -> Result<Option<SceneRow>, StoreError> {
    let Some(conversation) = conversations::by_id(tx, id).await? else { return Ok(None) };
    let Some(customer) = tool_views::customer(tx, conversation.contact_id).await? else { return Ok(None) };
    let stops = kill_switches::set_for(tx, id).await?;
    let stops = stops
        .into_iter()
        .map(|stop| Stop { scope_type: stop.scope_type, scope_id: stop.scope_id, reason: stop.reason })
        .collect();
    Ok(Some(SceneRow { conversation, customer, stops }))
}
