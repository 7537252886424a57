//! One turn: what the customer wrote, what the model and the tools say, and what the customer is answered.

use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::Ctx;
use patchbay_core::actor::{Actor, Scope};
use patchbay_core::conversation::ConversationStatus;
use patchbay_core::ids::{ActorId, ConversationId, MessageId, ToolDraftId};
use patchbay_core::role::{ActorType, Portal, Role};
use patchbay_core::tool::question::Language;
use patchbay_core::tool::text;
use patchbay_core::tool::{Grant, ToolSpec};
use patchbay_hub::replies::say;
use patchbay_store::conversations::ConversationRow;
use patchbay_store::messages::MessageRow;
use patchbay_store::{Tx, contacts, conversations, kill_switches, messages, tool_drafts, tool_placeholders};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Assistant, Offer, prompt};
use crate::audit::derived_key;
use crate::gateway::Gateway;
use crate::outcome::Refusal;
use crate::output::put_back;
use crate::pipeline::{Surface, ToolCall};
use crate::scene::Scene;
use crate::watch;

/// Messages of the conversation that the model is shown.
const REMEMBERED: i64 = 20;
/// How often the model is asked in one turn.
const ROUNDS: usize = 6;
/// A message that has waited so long is not answered any more.
const TOO_LATE: TimeDelta = TimeDelta::minutes(10);
/// Longest answer to a customer, in characters.
const MOST_SAID: usize = 1_000;

const SURFACE: Surface = Surface { name: "assistant", protocol_version: None, software: None };

/// How a turn ends when the assistant has nothing more to say itself.
enum Way {
    /// It says this.
    Say(String),
    /// A person is asked for, for this reason.
    Person(&'static str),
    /// A person was asked for already.
    Handed,
}

/// What a turn is about.
struct Turn {
    /// What gave the assistant something to say: names the calls and the answer of this turn.
    about: Uuid,
    conversation: ConversationRow,
    /// What the customer wrote.
    said: Option<MessageRow>,
    /// What happened instead.
    happened: Option<String>,
}

impl Gateway {
    /// Answers one message of a customer, or goes on after a person's decision; how it ended, for the metrics.
    pub(super) async fn turn(&self, assistant: &Assistant, offer: Offer) -> &'static str {
        match self.try_turn(assistant, offer).await {
            Ok(end) => end,
            Err(refusal) => {
                tracing::warn!(?offer, reason = %refusal.reason, "the assistant could not answer");
                "failed"
            }
        }
    }

    async fn try_turn(&self, assistant: &Assistant, offer: Offer) -> Result<&'static str, Refusal> {
        let now = self.hub.gate.clock.now();
        let mut tx = self.hub.db.read().await?;
        let found = match offer {
            Offer::Said(id) => self.after_a_message(&mut tx, id, now).await?,
            Offer::Decided(id) => self.after_a_decision(&mut tx, assistant, id, now).await?,
        };
        let Some(turn) = found else { return Ok("silent") };
        let ctx = acting(assistant, &turn.conversation, now, turn.about);
        if !self.is_the_assistants(&mut tx, assistant, &ctx, &turn.conversation).await? {
            return Ok("silent");
        }
        let contact = contacts::by_id(&mut tx, turn.conversation.contact_id).await?;
        let language = Language::of(contact.and_then(|contact| contact.locale).as_deref());
        drop(tx);
        let wrote = turn.said.as_ref().and_then(|message| message.text.as_deref()).unwrap_or_default();
        let way = if prompt::asks_for_a_person(wrote) {
            Way::Person("customer_asked")
        } else {
            self.think(assistant, &ctx, &turn).await?
        };
        let way = match way {
            // Nothing that it was shown holds one: wherever this comes from, it stays here.
            Way::Say(text) if self.holds_a_secret(&Value::from(text.as_str())) => Way::Person("cannot_help"),
            way => way,
        };
        let (text, end) = match way {
            Way::Say(text) => (text, "answered"),
            Way::Handed => (prompt::handed_over(language).to_owned(), "handed_over"),
            Way::Person(reason) => {
                let arguments = json!({"reason": reason});
                let call = ToolCall { arguments, conversation: None, key: None };
                self.run_apart(&ctx, &SURFACE, "request_human", call).await?;
                (prompt::handed_over(language).to_owned(), "handed_over")
            }
        };
        if self.answer(assistant, &ctx, &turn, &text).await? { Ok(end) } else { Ok("too_late") }
    }

    /// A turn about a customer's message, if it is the newest and not old: an answer that comes hours late, after the
    /// server was away, is a person's.
    async fn after_a_message(&self, tx: &mut Tx, id: MessageId, now: DateTime<Utc>) -> Result<Option<Turn>, Refusal> {
        let Some(message) = messages::by_id(tx, id).await? else { return Ok(None) };
        let Some(conversation) = conversations::by_id(tx, message.conversation_id).await? else { return Ok(None) };
        let newest = messages::last_inbound(tx, conversation.id).await?;
        let is_newest = newest.is_some_and(|newest| newest.id == id && now - newest.created_at < TOO_LATE);
        let turn = Turn { about: id.into(), conversation, said: Some(message), happened: None };
        Ok(is_newest.then_some(turn))
    }

    /// A turn about a person's decision, if the draft is this assistant's.
    async fn after_a_decision(
        &self,
        tx: &mut Tx,
        assistant: &Assistant,
        id: ToolDraftId,
        now: DateTime<Utc>,
    ) -> Result<Option<Turn>, Refusal> {
        let Some(draft) = tool_drafts::by_id(tx, id).await? else { return Ok(None) };
        let Some(conversation) = conversations::by_id(tx, draft.conversation_id).await? else { return Ok(None) };
        let is_recent = draft.decided_at.is_some_and(|at| now - at < TOO_LATE);
        let is_own = draft.requested_by == actor_of(assistant);
        let happened = Some(prompt::decided(&draft));
        let turn = Turn { about: id.into(), conversation, said: None, happened };
        Ok((is_recent && is_own).then_some(turn))
    }

    /// Whether the assistant is to speak in a conversation: of a chosen inbox, open, with no person in it, not paused.
    async fn is_the_assistants(
        &self,
        tx: &mut Tx,
        assistant: &Assistant,
        ctx: &Ctx,
        conversation: &ConversationRow,
    ) -> Result<bool, Refusal> {
        let directory = self.hub.directory();
        let inbox = directory.inboxes.get(&conversation.inbox_id);
        if conversation.status == ConversationStatus::Closed
            || conversation.assigned_to.is_some()
            || !inbox.is_some_and(|inbox| assistant.serves(&inbox.name))
        {
            return Ok(false);
        }
        let (own, actor) = (conversation.id.to_string(), ctx.actor.id.to_string());
        let contact = contacts::by_id(tx, conversation.contact_id).await?;
        let tenant = contact.and_then(|contact| contact.account_id).map(|account| account.to_string());
        let stops = |switch: &kill_switches::SwitchRow| match switch.scope_type.as_str() {
            "all" => true,
            "agent" => switch.scope_id == actor,
            "tenant" => Some(&switch.scope_id) == tenant.as_ref(),
            "handover" => switch.scope_id == own,
            // A flurry of calls stops the tools; the assistant then hands over.
            "conversation" => switch.scope_id == own && switch.reason != watch::FLURRY_REASON,
            _ => false,
        };
        Ok(!kill_switches::set_now(tx).await?.iter().any(stops))
    }

    /// Lets the model call tools until it has something to say.
    async fn think(&self, assistant: &Assistant, ctx: &Ctx, turn: &Turn) -> Result<Way, Refusal> {
        let mut said = vec![prompt::system(&assistant.0.config.instructions)];
        said.extend(self.remembered(ctx, turn.conversation.id).await?);
        said.extend(turn.happened.as_ref().map(|happened| json!({"role": "system", "content": happened})));
        let tools: Vec<&ToolSpec> = self.tools_for(ctx);
        for round in 0..ROUNDS {
            let Some(answer) = assistant.0.model.ask(&said, &tools).await else {
                return Ok(Way::Person("cannot_help"));
            };
            if answer.wanted.is_empty() {
                return Ok(Way::Say(answer.text));
            }
            said.push(answer.message);
            for (place, wanted) in answer.wanted.into_iter().enumerate() {
                let result = match wanted.arguments {
                    None => json!({"error": {"code": "INVALID_JSON", "message": "the arguments cannot be read"}}),
                    Some(arguments) => {
                        let key = derived_key(&["assistant", &turn.about.to_string(), &format!("{round}.{place}")]);
                        let call = ToolCall { arguments, conversation: None, key: Some(key) };
                        match self.run_apart(ctx, &SURFACE, &wanted.name, call).await {
                            Ok(_) if wanted.name == "request_human" => return Ok(Way::Handed),
                            Ok(outcome) => outcome.body(),
                            Err(refusal) if refusal.reason == "rate.exceeded" => {
                                return Ok(Way::Person("limit_reached"));
                            }
                            Err(refusal) => refusal.into_api().envelope(&ctx.request_id, &ctx.correlation_id),
                        }
                    }
                };
                said.push(json!({"role": "tool", "tool_call_id": wanted.id, "content": result.to_string()}));
            }
        }
        Ok(Way::Person("cannot_help"))
    }

    /// The conversation as the model sees it: the newest messages, without personal data and without codes.
    async fn remembered(&self, ctx: &Ctx, conversation: ConversationId) -> Result<Vec<Value>, Refusal> {
        let scene = Scene::find(self, ctx, conversation).await?;
        let mut tx = self.hub.db.read().await?;
        let mut rows = messages::page_before(&mut tx, conversation, i64::MAX, REMEMBERED).await?;
        drop(tx);
        rows.reverse();
        let mut told = Vec::with_capacity(rows.len());
        for row in rows {
            let Some(text) = row.text.as_deref() else { continue };
            let (visible, _) = text::visible(text);
            let shown = self.hidden(&scene, &visible).await?;
            told.push(prompt::told(&row, &shown));
        }
        Ok(told)
    }

    /// Writes the answer, if the conversation is still the assistant's and nobody wrote in between. `false`: it is not.
    async fn answer(&self, assistant: &Assistant, ctx: &Ctx, turn: &Turn, text: &str) -> Result<bool, Refusal> {
        let conversation = turn.conversation.id;
        let mut tx = self.hub.db.begin().await?;
        let Some(row) = conversations::lock(&mut tx, conversation).await? else { return Ok(false) };
        let newest = messages::last_inbound(&mut tx, conversation).await?;
        // After a hand-over the one sentence about it is still said.
        let is_free = row.assigned_to.is_none()
            && row.status != ConversationStatus::Closed
            && turn.said.as_ref().is_none_or(|said| newest.is_some_and(|newest| newest.id == said.id));
        if !is_free {
            tx.rollback().await?;
            return Ok(false);
        }
        let kept = tool_placeholders::of(&mut tx, conversation).await?;
        let mut said = Value::from(prompt::without_codes(text));
        put_back(&mut said, &kept);
        text::clean(&mut said);
        let said: String = said.as_str().unwrap_or_default().chars().take(MOST_SAID).collect();
        let directory = self.hub.gate.directory.load_full();
        let client_id = derived_key(&["assistant answer", &turn.about.to_string()]);
        let name = assistant.0.config.model.as_str();
        tracing::debug!(conversation.id = %conversation, model = name, "the assistant answers");
        say(&mut tx, ctx, &directory, conversation, client_id, &said).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// Under which id the assistant acts.
fn actor_of(assistant: &Assistant) -> ActorId {
    ActorId(derived_key(&["assistant", &assistant.0.config.model]))
}

/// The assistant as an actor: bound to one conversation, with nothing of its own.
fn acting(assistant: &Assistant, conversation: &ConversationRow, now: DateTime<Utc>, about: Uuid) -> Ctx {
    let actor = Actor {
        id: actor_of(assistant),
        name: Some("Assistant".into()),
        role: Role::AiAgent,
        actor_type: ActorType::Agent,
        accounts: Scope::none(),
        sites: Scope::none(),
        teams: std::collections::BTreeSet::new(),
        portal: Some(Portal::Service),
        session: None,
        conversation: Some(conversation.id),
        tools: Grant::Everything,
    };
    let correlation_id = about.to_string();
    Ctx { actor, now, request_id: correlation_id.clone(), correlation_id, traceparent: None }
}
