//! One message of a customer in an inbox with a menu. All that follows from it is one transaction: what runs again finds
//! that the message was heard.

use chrono::TimeDelta;
use patchbay_core::Ctx;
use patchbay_core::channel::Channel;
use patchbay_core::conversation::{ConversationStatus, Priority, Trigger};
use patchbay_core::directory::Directory;
use patchbay_core::event::EventName;
use patchbay_core::ids::MessageId;
use patchbay_core::routing::Plan;
use patchbay_core::triage::{
    Classified, Heard, Next, RouteReason, Saying, TriageState, TriageStep, World, asks_for_a_person, choice_of,
    is_emergency, say, step,
};
use patchbay_core::words::{normalized, spaced};
use patchbay_store::conversations::ConversationRow;
use patchbay_store::messages::MessageRow;
use patchbay_store::triage_states::{self, TriageRow};
use patchbay_store::{StoreError, Tx, conversations, events, messages};
use serde_json::{Value, json};
use uuid::Uuid;

use super::facts::Known;
use super::route::{Case, route};
use crate::body::ConversationBody;
use crate::error::HubError;
use crate::feed::conversation_event;
use crate::intake::CALL_BEGINS;
use crate::replies;
use crate::service_levels;
use crate::state::Hub;

/// How long an answer is awaited; then the conversation goes to its team without it.
const PATIENCE: TimeDelta = TimeDelta::minutes(30);
/// Names of texts that are written because of a message: the same again writes nothing.
const QUESTION: &[u8] = b"triage";

/// Takes a message into account. Nothing happens when it was before, or when somebody has taken the conversation.
///
/// `classified`: what a classifier takes it for, where there is one and it answered.
pub async fn hear(
    hub: &Hub,
    tx: &mut Tx,
    ctx: &Ctx,
    id: MessageId,
    classified: Option<&Classified>,
) -> Result<(), StoreError> {
    let Some(message) = messages::by_id(tx, id).await? else { return Ok(()) };
    let Some(row) = conversations::lock(tx, message.conversation_id).await? else { return Ok(()) };
    if !matches!(row.status, ConversationStatus::New | ConversationStatus::Triage) {
        return Ok(());
    }
    let (mut state, stored) = load(tx, &row).await?;
    if message.seq <= state.heard_seq {
        return Ok(());
    }
    let directory = hub.gate.directory.load_full();
    let mut known = Known::of(tx, &directory, &row, ctx.now).await?;
    known.intent = classified.map(|classified| (classified.intent.clone(), classified.confidence));
    if rings(&message) {
        // The line itself greets whoever calls and asks what it is about: what they say is what is heard.
        state.heard_seq = message.seq;
        return keep(tx, ctx, &Case { directory, known, row, state, plan: None, decided: None }).await;
    }
    let text = text_of(&message);
    let plan = plan_before(&directory, &known, &state, &text, stored);
    let ruled = match state.step {
        TriageStep::Start => plan.as_ref().map(|plan| plan.ask),
        _ => plan.as_ref().and_then(|plan| plan.ask).map(Some),
    };
    let heard = Heard { text: Some(&text), seq: message.seq, at: message.created_at };
    let next =
        step(&mut state, heard, World { now: ctx.now, classified: classified.and_then(Classified::chosen), ruled });
    let mut case = Case { directory, known, row, state, plan, decided: None };
    match next {
        Next::Wait => keep(tx, ctx, &case).await,
        Next::Say(saying) => ask(tx, ctx, &mut case, id, saying).await,
        Next::Route(reason) => {
            let farewell = farewell(reason);
            route(tx, ctx, &mut case, reason).await?;
            match farewell {
                Some(saying) => {
                    let text = case.with_notice(ctx, saying);
                    keep(tx, ctx, &case).await?;
                    tell(tx, ctx, &case, id, &text).await.map(drop)
                }
                None => keep(tx, ctx, &case).await,
            }
        }
    }
}

/// What is said when the flow ends.
fn farewell(reason: RouteReason) -> Option<Saying> {
    match reason {
        RouteReason::Emergency => Some(Saying::Emergency),
        RouteReason::Answered | RouteReason::Escaped | RouteReason::Unclear | RouteReason::Rule => {
            Some(Saying::Handover)
        }
        RouteReason::Unanswered | RouteReason::Unreachable => None,
    }
}

/// Where the flow of a conversation stands, and the plan of the rule that had a question.
pub(super) async fn load(tx: &mut Tx, row: &ConversationRow) -> Result<(TriageState, Option<Plan>), StoreError> {
    let stored = triage_states::of(tx, row.id).await?;
    let plan = stored.as_ref().and_then(|stored| stored.plan.clone());
    let state = stored.map(|stored| serde_json::from_value(stored.state).unwrap_or_default()).unwrap_or_default();
    Ok((state, plan.and_then(|plan| serde_json::from_value(plan).ok())))
}

/// What rules make of the message before the flow does: at first those that go by what is written, after the menu all
/// of them.
fn plan_before(
    directory: &Directory,
    known: &Known,
    state: &TriageState,
    text: &str,
    stored: Option<Plan>,
) -> Option<Plan> {
    let said = normalized(text);
    let facts = |choice| known.with(&said, state.language, choice);
    let plan = match state.step {
        TriageStep::Start => directory.routing.plan_by_text(&facts(None)),
        TriageStep::Menu => directory.routing.plan(&facts(Some(choice_of(&spaced(&said))?))),
        TriageStep::FollowUp | TriageStep::Done => return stored,
    };
    (!plan.applied.is_empty()).then_some(plan)
}

/// What a classifier has to look at: what a customer wrote in a conversation that waits for the menu, when neither the
/// words of the menu nor a rule know it. `None`: nothing is to be asked.
pub async fn unclear_text(hub: &Hub, tx: &mut Tx, ctx: &Ctx, id: MessageId) -> Result<Option<String>, StoreError> {
    let Some(message) = messages::by_id(tx, id).await? else { return Ok(None) };
    let Some(row) = conversations::by_id(tx, message.conversation_id).await? else { return Ok(None) };
    if !matches!(row.status, ConversationStatus::New | ConversationStatus::Triage) {
        return Ok(None);
    }
    let (state, stored) = load(tx, &row).await?;
    let is_asked = matches!(state.step, TriageStep::Start | TriageStep::Menu) && message.seq > state.heard_seq;
    let text = text_of(&message);
    let words = spaced(&normalized(&text));
    // What cannot wait does not wait for this either.
    let is_known = choice_of(&words).is_some() || is_emergency(&words) || asks_for_a_person(&words);
    if !is_asked || is_known || text.trim().is_empty() {
        return Ok(None);
    }
    let directory = hub.gate.directory.load_full();
    let known = Known::of(tx, &directory, &row, ctx.now).await?;
    Ok(plan_before(&directory, &known, &state, &text, stored).is_none().then_some(text))
}

/// Whether a message tells that a call began.
fn rings(message: &MessageRow) -> bool {
    message.channel == Channel::Voice
        && message.channel_message_id.as_deref().is_some_and(|id| id.ends_with(CALL_BEGINS))
}

/// The text of a message, or what its customer chose on a button or a list.
fn text_of(message: &MessageRow) -> String {
    if let Some(text) = message.text.as_deref().filter(|text| !text.trim().is_empty()) {
        return text.to_owned();
    }
    let metadata = message.content.get("metadata");
    let chosen = ["title", "text", "payload", "id"].iter().find_map(|key| metadata?.get(key)?.as_str());
    chosen.unwrap_or_default().to_owned()
}

/// Asks, and awaits the answer; to the queue with whoever cannot be asked.
async fn ask(tx: &mut Tx, ctx: &Ctx, case: &mut Case, message: MessageId, saying: Saying) -> Result<(), StoreError> {
    let before = crate::feed::placement(&case.row);
    if let Some(next) = case.row.status.after(Trigger::TriageStarted) {
        case.row.status = next;
    }
    if !case.known.is_open && case.row.priority == Priority::Normal {
        case.row.priority = Priority::Low;
    }
    case.row.updated_at = ctx.now;
    service_levels::follow(tx, ctx, &case.directory, &mut case.row).await?;
    conversations::update(tx, std::slice::from_ref(&case.row)).await?;
    case.row.version += 1;
    let body = ConversationBody::of(&case.row, &case.directory);
    events::append(tx, &[conversation_event(ctx, EventName::ConversationUpdated, &case.row, body, Some(before))])
        .await?;
    let text = case.with_notice(ctx, saying);
    keep(tx, ctx, case).await?;
    if tell(tx, ctx, case, message, &text).await? {
        return Ok(());
    }
    case.reload(tx).await?;
    case.state.leave(RouteReason::Unreachable);
    route(tx, ctx, case, RouteReason::Unreachable).await?;
    keep(tx, ctx, case).await
}

/// Writes a text to the customer. `false`: they cannot be written to.
async fn tell(tx: &mut Tx, ctx: &Ctx, case: &Case, message: MessageId, text: &str) -> Result<bool, StoreError> {
    let name = Uuid::new_v5(&message.0, QUESTION);
    match replies::say(tx, ctx, &case.directory, case.row.id, name, text).await {
        Ok(_) => Ok(true),
        Err(HubError::Store(error)) => Err(error),
        Err(HubError::Refused(refusal)) => {
            tracing::debug!(conversation.id = %case.row.id, code = refusal.code().as_str(), "the menu cannot be sent");
            Ok(false)
        }
    }
}

/// Keeps where the flow stands.
pub(super) async fn keep(tx: &mut Tx, ctx: &Ctx, case: &Case) -> Result<(), StoreError> {
    let is_over = case.state.step == TriageStep::Done;
    let decision = triage_states::of(tx, case.row.id).await?.and_then(|stored| stored.decision);
    let row = TriageRow {
        conversation_id: case.row.id,
        state: json!(case.state),
        plan: case.plan.as_ref().map(|plan| json!(plan)),
        decision: case.decision().or(decision),
        required_skills: case.plan.as_ref().map(|plan| plan.required_skills.clone()).unwrap_or_default(),
        deadline_at: if is_over { None } else { Some(ctx.now + PATIENCE) },
    };
    triage_states::put(tx, &row, ctx.now).await
}

impl Case {
    /// A text, after the notice that nobody is there, once in a closed period.
    fn with_notice(&mut self, ctx: &Ctx, saying: Saying) -> String {
        let text = say(saying, self.state.language);
        if self.known.is_open || saying == Saying::Emergency {
            return text;
        }
        let period = self.opens_at(ctx.now).map_or_else(|| "never".to_owned(), |at| at.to_rfc3339());
        if self.state.told_closed.as_ref() == Some(&period) {
            return text;
        }
        self.state.told_closed = Some(period);
        format!("{}\n\n{text}", say(Saying::Closed, self.state.language))
    }

    async fn reload(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        if let Some(row) = conversations::lock(tx, self.row.id).await? {
            self.row = row;
        }
        Ok(())
    }
}

/// What was decided, as it is kept.
pub(super) type Decided = Option<Value>;
