//! Making a draft: the plan of its proofs, the draft of the other system, the question to the customer.

use chrono::TimeDelta;
use patchbay_core::canonical::canonical_hash;
use patchbay_core::channel::Direction;
use patchbay_core::event::EventName;
use patchbay_core::ids::ToolDraftId;
use patchbay_core::tool::draft::{self, HUMAN_ABOVE, amount_text};
use patchbay_core::tool::question::{self, Language};
use patchbay_core::tool::text::Suspicion;
use patchbay_core::tool::{DraftState, Plan};
use patchbay_core::{Code, Ctx};
use patchbay_hub::replies::{Said, say};
use patchbay_store::tool_drafts::{self, DraftRow};
use patchbay_store::tool_invocations::{self, InvocationFilter};
use patchbay_store::tool_windows::{self, WindowKey};
use patchbay_store::{StoreError, Tx, contact_merges, events, messages};
use serde_json::{Value, json};

use crate::audit::{derived_key, event};
use crate::gateway::Gateway;
use crate::outcome::{Outcome, Refusal};
use crate::pipeline::Admitted;
use crate::scene::Scene;

/// Wrong answers that void a draft. Source: domain, drafts and confirmation.
const ATTEMPTS: i64 = 5;
/// How long words to the model ask for a person.
const MARKED_FOR: TimeDelta = TimeDelta::minutes(30);
/// How many messages and calls are looked at for them.
const LOOKED_AT: i64 = 20;

impl Gateway {
    pub(crate) async fn create_draft(&self, call: &Admitted<'_>) -> Result<Outcome, Refusal> {
        let scene = call.scene;
        let (amount_minor, currency) = amount_of(call.arguments)?;
        if amount_minor > HUMAN_ABOVE && !self.policy().human_above_minor.contains_key(&currency) {
            return Err(Refusal::new(
                Code::ApprovalThreshold,
                "amount.currency",
                "amounts of this currency are not taken above 1000.00",
            )
            .at("currency"));
        }
        let system = self.transaction_system()?;
        let mut tx = self.hub.db.begin().await?;
        let mut draft = self.new_draft(&mut tx, call, amount_minor, &currency).await?;
        keep(tx, &draft).await?;
        match system.draft(&draft, &amount_text(amount_minor, &currency)).await {
            Ok(external) => draft.external_id = Some(external),
            Err(refusal) => {
                draft.state = DraftState::Failed;
                draft.failure = Some(refusal.reason.clone());
                self.draft_given_up(&scene.ctx, &draft, "transactions.draft", &refusal.reason).await;
                self.close_draft(&scene.ctx, scene, draft).await?;
                return Err(refusal);
            }
        }
        self.ask_about(scene, draft).await
    }

    /// Lets a draft wait for its proofs and answers it; one whose customer cannot be asked is void.
    pub(super) async fn ask_about(&self, scene: &Scene, mut draft: DraftRow) -> Result<Outcome, Refusal> {
        match self.ask(scene, &mut draft).await {
            Ok(()) => {
                let shown = self.draft_body(&draft);
                Ok(Outcome { draft: Some(shown.clone()), ..Outcome::of(shown) })
            }
            Err(refusal) => {
                draft.state = DraftState::Voided;
                draft.failure = Some("the customer could not be asked".into());
                draft.check_at = draft.external_id.is_some().then_some(scene.ctx.now);
                self.close_draft(&scene.ctx, scene, draft).await?;
                Err(refusal)
            }
        }
    }

    /// A draft with the plan that its amount and the day's sum ask for. The sum stays as it is until the transaction ends:
    /// drafts that are made at once see each other.
    async fn new_draft(
        &self,
        tx: &mut Tx,
        call: &Admitted<'_>,
        amount_minor: i64,
        currency: &str,
    ) -> Result<DraftRow, Refusal> {
        let scene = call.scene;
        let now = scene.ctx.now;
        let since = now - TimeDelta::hours(24);
        let names = [format!("money:{}", scene.contact.id), format!("money:{}", scene.conversation.id)];
        tool_windows::lock(tx, &names.map(|name| WindowKey { name, expires_at: now })).await?;
        // Whatever the currency: who takes turns with them is not asked less often.
        let sum = tool_drafts::sum_since(tx, scene.conversation.id, scene.contact.id, None, since).await?;
        let policy = self.policy();
        let mut plan = policy.plan(call.spec, amount_minor, sum, currency);
        if contact_merges::merged_since(tx, scene.contact.id, since).await? {
            // Who the customer is was decided today; somebody looks whether that was right.
            plan = plan.with_human();
        }
        let mut payload = json!({
            "customer_id": scene.contact.id,
            "amount_minor": amount_minor,
            "currency": currency,
            "description": call.arguments["description"],
        });
        for name in ["ticket_id", "metadata"] {
            if let Some(value) = call.arguments.get(name) {
                payload[name] = value.clone();
            }
        }
        if let Some(ticket) = call.arguments["ticket_id"].as_str().and_then(|id| id.parse().ok()) {
            // What is agreed to is agreed to as things stand: a ticket that moves on takes the agreement with it.
            payload["ticket_version"] = scene.ticket(tx, ticket).await?.version.into();
        }
        let money = Some((amount_minor, currency));
        self.wanted_row(tx, call, Wanted { payload, plan, money, policy_version: policy.version }).await
    }

    /// The row of a new draft. Words to the model, here or a short while ago, ask for a person.
    pub(super) async fn wanted_row(
        &self,
        tx: &mut Tx,
        call: &Admitted<'_>,
        wanted: Wanted<'_>,
    ) -> Result<DraftRow, Refusal> {
        let Wanted { payload, mut plan, money, policy_version } = wanted;
        let scene = call.scene;
        let now = scene.ctx.now;
        let mut suspicion = call.suspicion.clone();
        if is_marked(tx, scene).await? {
            suspicion.add("conversation", Suspicion::NEEDS_A_PERSON);
        }
        if suspicion.needs_a_person() {
            plan = plan.with_human();
        }
        let minutes = TimeDelta::minutes(self.config.draft_minutes);
        Ok(DraftRow {
            id: ToolDraftId::new(),
            tool: call.spec.name.to_owned(),
            conversation_id: scene.conversation.id,
            contact_id: scene.contact.id,
            contact_address: scene.conversation.contact_address.clone(),
            account_id: scene.account,
            requested_by: scene.ctx.actor.id,
            requested_role: scene.ctx.actor.role,
            payload_hash: draft::payload_hash(call.spec.name, &payload, policy_version),
            payload,
            policy_version,
            plan,
            state: DraftState::Open,
            amount_minor: money.map(|(amount, _)| amount),
            currency: money.map(|(_, currency)| currency.to_owned()),
            suspicion: json!(suspicion),
            request_key: call.key,
            request_hash: canonical_hash(call.asked),
            external_id: None,
            reference: None,
            failure: None,
            question_message_id: None,
            code_hash: None,
            attempts_left: ATTEMPTS,
            asked_at: None,
            proof_message_id: None,
            proved_at: None,
            decided_by: None,
            decided_at: None,
            decision_reason: None,
            hash_seen: None,
            commit_attempts: 0,
            committing_at: None,
            check_at: None,
            expires_at: now + minutes,
            created_at: now,
            updated_at: now,
            version: 1,
        })
    }

    /// Writes the question into the conversation, as the system, and lets the draft wait for its answer. The code is in
    /// the message to the customer and nowhere else.
    async fn ask(&self, scene: &Scene, draft: &mut DraftRow) -> Result<(), Refusal> {
        let now = scene.ctx.now;
        let mut tx = self.hub.db.begin().await?;
        draft.state = draft.plan.first_state();
        draft.updated_at = now;
        let mut told = vec![Self::draft_event(&scene.ctx, EventName::DraftOpened, scene, draft)];
        if draft.plan.asks_customer() {
            let code = question::new_code();
            draft.code_hash = Some(self.code_hash(draft, &code));
            draft.asked_at = Some(now);
            let language = Language::of(scene.contact.locale.as_deref());
            let text = question_about(draft, language, &code, self.config.draft_minutes);
            let system = Ctx::system(now, scene.ctx.correlation_id.clone());
            let directory = self.hub.gate.directory.load_full();
            let client_id = derived_key(&["question", &draft.id.to_string()]);
            match say(&mut tx, &system, &directory, draft.conversation_id, client_id, &text).await? {
                Said::Now(message) | Said::Before(message) => draft.question_message_id = Some(message),
                Said::Nowhere => return Err(Refusal::not_found("conversation")),
            }
            told.push(Self::draft_event(&scene.ctx, EventName::DraftAwaitingCustomer, scene, draft));
        } else if draft.plan == Plan::Human {
            draft.expires_at = now + TimeDelta::minutes(self.config.approval_minutes);
            told.push(Self::draft_event(&scene.ctx, EventName::DraftAwaitingHuman, scene, draft));
            told.push(super::proof::approval_wanted(&scene.ctx, &scene.conversation, draft));
        }
        if !tool_drafts::update(&mut tx, draft).await? {
            return Err(super::moved(draft));
        }
        draft.version += 1;
        events::append(&mut tx, &told).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Writes a draft that came to nothing.
    pub(crate) async fn close_draft(&self, ctx: &Ctx, scene: &Scene, mut draft: DraftRow) -> Result<(), Refusal> {
        draft.updated_at = ctx.now;
        let mut tx = self.hub.db.begin().await?;
        if tool_drafts::update(&mut tx, &draft).await? {
            let told = Self::draft_event(ctx, EventName::DraftFailed, scene, &draft);
            events::append(&mut tx, &[told]).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    pub(crate) fn draft_event(
        ctx: &Ctx,
        name: EventName,
        scene: &Scene,
        draft: &DraftRow,
    ) -> patchbay_core::event::NewEvent {
        let body = person_body(draft, &scene.conversation.contact_name);
        event(ctx, name, &scene.conversation, &json!({"draft": body}))
    }
}

/// What a new draft is to do and needs.
pub(super) struct Wanted<'a> {
    pub(super) payload: Value,
    pub(super) plan: Plan,
    /// How much, of which currency.
    pub(super) money: Option<(i64, &'a str)>,
    pub(super) policy_version: i64,
}

/// Writes a new draft and ends the transaction.
pub(super) async fn keep(mut tx: Tx, draft: &DraftRow) -> Result<(), Refusal> {
    match tool_drafts::insert(&mut tx, draft).await {
        Ok(()) => Ok(tx.commit().await?),
        Err(StoreError::Duplicate) => {
            let message = "the same call is made now";
            Err(Refusal::new(Code::IdempotencyInProgress, "idempotency.in_flight", message).retry(1))
        }
        Err(error) => Err(error.into()),
    }
}

/// The question to the customer: our own sentence about what the draft would do.
fn question_about(draft: &DraftRow, language: Language, code: &str, minutes: i64) -> String {
    let said = |name: &str| draft.payload[name].as_str().unwrap_or_default();
    match draft.tool.as_str() {
        super::job::NAME => {
            let service = draft.payload["service"]["name"].as_str().unwrap_or_default();
            question::job(language, service, said("vehicle_text"), code, minutes)
        }
        super::visit::NAME => question::visit(language, said("ticket_code"), said("window_text"), code, minutes),
        _ => {
            let currency = draft.currency.as_deref().unwrap_or_default();
            let amount = amount_text(draft.amount_minor.unwrap_or_default(), currency);
            question::payment(language, &amount, currency, said("description"), code, minutes)
        }
    }
}

/// Whether somebody talked to the model in this conversation a short while ago: the customer in a message, or the
/// assistant in a call.
async fn is_marked(tx: &mut Tx, scene: &Scene) -> Result<bool, Refusal> {
    let (id, since) = (scene.conversation.id, scene.ctx.now - MARKED_FOR);
    let said = messages::page_before(tx, id, i64::MAX, LOOKED_AT).await?;
    let said = said.iter().filter(|message| message.direction == Direction::Inbound && message.created_at > since);
    for text in said.filter_map(|message| message.text.as_deref()) {
        if Suspicion::of(&Value::from(text)).needs_a_person() {
            return Ok(true);
        }
    }
    let filter = InvocationFilter { conversation: Some(id), ..InvocationFilter::default() };
    let called = tool_invocations::page(tx, &filter, LOOKED_AT).await?;
    let least = u64::from(Suspicion::NEEDS_A_PERSON);
    Ok(called.iter().map(|row| &row.invocation).any(|call| {
        call.at > since && call.details["suspicious"]["score"].as_u64().is_some_and(|score| score >= least)
    }))
}

/// A draft as people see it: what it would do, what was proven and by whom, never a code or a token.
/// `customer` is what the conversation calls them.
pub(crate) fn person_body(draft: &DraftRow, customer: &str) -> Value {
    json!({
        "id": draft.id,
        "draft_id": draft.id,
        "tool": draft.tool,
        "conversation_id": draft.conversation_id,
        "contact_id": draft.contact_id,
        "account_id": draft.account_id,
        "requested_by": {"id": draft.requested_by, "role": draft.requested_role},
        "state": draft.state,
        "status": draft.state,
        "plan": draft.plan,
        "awaits": draft.state.awaits(),
        "payload": draft.payload,
        "payload_hash": draft.payload_hash,
        "policy_version": draft.policy_version,
        "preview": super::preview(draft),
        "rendered": super::view::sentence(draft, customer),
        "amount_minor": draft.amount_minor,
        "currency": draft.currency,
        "suspicious": draft.suspicion,
        "question_message_id": draft.question_message_id,
        "asked_at": draft.asked_at,
        "proof": draft.proof_message_id.map(|id| json!({"kind": "customer", "message_id": id, "at": draft.proved_at})),
        "decision": draft.decided_by.map(|by| json!({
            "by": by, "at": draft.decided_at, "reason": draft.decision_reason, "payload_hash": draft.hash_seen,
        })),
        "reference": draft.reference,
        "failure": draft.failure,
        "expires_at": draft.expires_at,
        "created_at": draft.created_at,
        "updated_at": draft.updated_at,
        "version": draft.version,
    })
}

/// The amount of a call in minor units, however it was given, and its currency.
fn amount_of(arguments: &Value) -> Result<(i64, String), Refusal> {
    let wrong = |message: &str| Refusal::new(Code::InvalidRequest, "input.schema", message).at("amount");
    let currency = arguments["currency"].as_str().unwrap_or("USD").to_owned();
    let places = draft::decimals(&currency);
    let from_number = match arguments["amount"].as_f64() {
        None => None,
        Some(number) => {
            let hundredths = patchbay_core::ticket::command::field::hundredths(number)
                .ok_or_else(|| wrong("amount: must not have more than two decimals"))?;
            Some(match places {
                0 if hundredths % 100 != 0 => return Err(wrong("amount: this currency has no decimals")),
                0 => hundredths / 100,
                3 => hundredths * 10,
                _ => hundredths,
            })
        }
    };
    match (from_number, arguments["amount_minor"].as_i64()) {
        (Some(one), Some(other)) if one != other => Err(wrong("amount: amount and amount_minor differ")),
        (Some(minor), _) | (None, Some(minor)) => Ok((minor, currency)),
        (None, None) => Err(wrong("amount: is required")),
    }
}
