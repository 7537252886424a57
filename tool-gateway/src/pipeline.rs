//! The one pipeline of all calls, whatever the surface: known tool, conversation of the token, switches, permission,
//! limits, input, execution, output, record. No other way leads to the tools.

use std::sync::Arc;
use std::time::Duration;

use patchbay_core::ids::{ConversationId, ToolCallId, ToolDraftId};
use patchbay_core::redaction::{Known, PiiKind};
use patchbay_core::role::{Portal, Role};
use patchbay_core::ticket::command::field;
use patchbay_core::tool::catalog::{Tool, ToolSpec};
use patchbay_core::tool::grant;
use patchbay_core::tool::text::{self, Suspicion};
use patchbay_core::tool::{Class, DraftState};
use patchbay_core::trace::{self, SpanContext};
use patchbay_core::{Code, Ctx};
use patchbay_store::tool_scenes::Stop;
use patchbay_store::{tool_drafts, tool_placeholders};
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use crate::adapter::tried::{self, Tried};
use crate::audit::Record;
use crate::gateway::Gateway;
use crate::limits::{self, Purpose};
use crate::outcome::{Outcome, Refusal};
use crate::output::put_back;
use crate::scene::Scene;
use crate::watch;

/// Longest time one call may take: above the longest wait for another system.
const DEADLINE: Duration = Duration::from_secs(28);

/// The face of the pipeline a call came through.
#[derive(Clone, Debug)]
pub struct Surface {
    /// `rest` or `mcp`.
    pub name: &'static str,
    /// Revision of the protocol, where there is one.
    pub protocol_version: Option<String>,
    /// What the caller says it is; nothing is decided by it.
    pub software: Option<String>,
}

/// A call of a tool.
#[derive(Clone, Debug)]
pub struct ToolCall {
    /// The arguments: an object.
    pub arguments: Value,
    /// The conversation, when the caller is a person of the hub.
    pub conversation: Option<ConversationId>,
    /// Names the one call.
    pub key: Option<Uuid>,
}

/// A call that passed everything but the tool itself.
pub(crate) struct Admitted<'a> {
    pub(crate) scene: &'a Scene,
    pub(crate) spec: &'a ToolSpec,
    pub(crate) arguments: &'a Value,
    /// The arguments as they were sent.
    pub(crate) asked: &'a Value,
    pub(crate) key: Option<Uuid>,
    pub(crate) suspicion: &'a Suspicion,
    pub(crate) call_id: ToolCallId,
}

impl Gateway {
    /// The tools a caller may use, in a stable order.
    pub fn tools_for(&self, ctx: &Ctx) -> Vec<&ToolSpec> {
        if require_caller(ctx).is_err() {
            return Vec::new();
        }
        let policy = self.policy();
        let is_open = |spec: &&ToolSpec| spec.allows(ctx.actor.role) && ctx.actor.tools.opens(spec.class);
        self.catalog.iter().filter(is_open).filter(|spec| !policy.is_off(spec)).collect()
    }

    /// Runs a call and writes down how it ended.
    pub async fn run(&self, ctx: &Ctx, surface: &Surface, name: &str, mut call: ToolCall) -> Result<Outcome, Refusal> {
        let started = Instant::now();
        let call_id = ToolCallId::new();
        let mut scene = None;
        let mut suspicion = Suspicion::default();
        let tool = self.tool(name).map_or(name, |spec| spec.name).to_owned();
        let tried = Arc::new(Tried::default());
        let steps = self.steps(ctx, &tool, &mut call, call_id, &mut scene, &mut suspicion);
        let end = tried::within(tried.clone(), Box::pin(steps)).await;
        let end = end.map_err(|refusal| Refusal { policy: Some(self.policy().version), ..refusal });
        let took = started.elapsed();
        metrics::histogram!("tool_call_seconds", "surface" => surface.name).record(took.as_secs_f64());
        metrics::counter!("tool_calls_total", "outcome" => if end.is_ok() { "ok" } else { "refused" }).increment(1);
        let record = Record {
            call_id,
            ctx,
            surface,
            tool: &tool,
            call: &call,
            scene: scene.as_ref(),
            suspicion: &suspicion,
            took,
            tried: &tried,
        };
        let is_written = self.record(record, &end).await;
        // What was read leaves only with its row. An effect happened, and has the row of its intent.
        let is_read = self.tool(&tool).is_some_and(|spec| spec.class == Class::Read);
        if end.is_ok() && is_read && is_written.is_err() {
            let message = "the call could not be written down; nothing is told";
            return Err(Refusal::new(Code::NotReady, "internal.not_ready", message).retry(1));
        }
        end
    }

    /// Runs a call in a task of its own, for so long as a call may take: a panic or a caller that goes away ends neither
    /// the request nor what was begun.
    pub async fn run_apart(
        &self,
        ctx: &Ctx,
        surface: &Surface,
        name: &str,
        call: ToolCall,
    ) -> Result<Outcome, Refusal> {
        self.run_within(DEADLINE, ctx, surface, name, call).await
    }

    pub(crate) async fn run_within(
        &self,
        deadline: Duration,
        ctx: &Ctx,
        surface: &Surface,
        name: &str,
        call: ToolCall,
    ) -> Result<Outcome, Refusal> {
        let (gateway, own_ctx, own_surface, own_name) = (self.clone(), ctx.clone(), surface.clone(), name.to_owned());
        let work = async move { gateway.run(&own_ctx, &own_surface, &own_name, call).await };
        let run = tokio::spawn(trace::onward(span_of(ctx), work));
        match tokio::time::timeout(deadline, run).await {
            Ok(Ok(end)) => end,
            Ok(Err(_panicked)) => {
                tracing::error!("a tool panicked");
                let broken = Refusal::new(Code::InternalError, "internal", "something went wrong on our side");
                self.refused_unread(ctx, surface, name, broken).await
            }
            // The call goes on and is written down when it ends.
            Err(_late) => {
                let late = "the tool did not answer in time; its outcome is not known yet";
                Err(Refusal::new(Code::IntegrationTimeout, "upstream.timeout", late).retry(30))
            }
        }
    }

    /// Writes down a call whose bytes could not be read, or that broke on the way.
    pub(crate) async fn refused_unread(
        &self,
        ctx: &Ctx,
        surface: &Surface,
        name: &str,
        refusal: Refusal,
    ) -> Result<Outcome, Refusal> {
        let call = ToolCall { arguments: json!({}), conversation: None, key: None };
        let suspicion = Suspicion::default();
        let tool = self.tool(name).map_or(name, |spec| spec.name);
        let (call_id, took) = (ToolCallId::new(), Duration::ZERO);
        let end = Err(refusal);
        let _logged = self
            .record(
                Record {
                    call_id,
                    ctx,
                    surface,
                    tool,
                    call: &call,
                    scene: None,
                    suspicion: &suspicion,
                    took,
                    tried: &Tried::default(),
                },
                &end,
            )
            .await;
        end
    }

    async fn steps(
        &self,
        ctx: &Ctx,
        tool: &str,
        call: &mut ToolCall,
        call_id: ToolCallId,
        kept: &mut Option<Scene>,
        suspicion: &mut Suspicion,
    ) -> Result<Outcome, Refusal> {
        let spec = self.known(ctx, tool)?;
        let conversation = conversation_of(ctx, call)?;
        let scene = kept.insert(Scene::find(self, ctx, conversation).await?);
        let tenant = scene.account.map(|account| account.to_string()).unwrap_or_default();
        if scene.is_stopped("all", "")
            || scene.is_stopped("agent", &ctx.actor.id.to_string())
            || scene.is_stopped("tool", spec.name)
            || !tenant.is_empty() && scene.is_stopped("tenant", &tenant)
        {
            return Err(paused());
        }
        scene.check_open()?;
        let policy = self.policy();
        if !policy.allows_team(spec, scene.team.as_deref()) && !self.ends_what_began_here(scene, spec, call).await? {
            let message = "this tool does not work in conversations of this team";
            return Err(Refusal::new(Code::ToolNotAllowed, "permission.team", message));
        }
        let id = conversation.to_string();
        let handed_over = scene.is_stopped("handover", &id);
        let is_silenced = handed_over || scene.is_stopped("conversation", &id);
        if !is_silenced && let Some(mut outcome) = self.answered_before(scene, spec, call).await? {
            self.finish(scene, spec, &mut outcome).await?;
            return Ok(outcome);
        }
        let standings = self.admit(scene, spec, call).await?;
        let end = async {
            if handed_over && spec.tool != Tool::RequestHuman {
                return Err(Refusal::new(
                    Code::AutonomyDisabled,
                    "context.handed_over",
                    "the conversation was handed to a person",
                ));
            }
            // A person can always be asked for, and what a customer has confirmed is not held up by a flurry of calls.
            let goes_on = |stop: &Stop| {
                spec.tool == Tool::RequestHuman || spec.class == Class::Commit && stop.reason == watch::FLURRY_REASON
            };
            let is_ai = ctx.actor.role == Role::AiAgent;
            let of_this = |stop: &&Stop| stop.scope_type == "conversation" && stop.scope_id == id;
            if is_ai && scene.stops.iter().filter(of_this).any(|stop| !goes_on(stop)) {
                return Err(paused());
            }
            let arguments = self.read_arguments(scene, spec, &call.arguments, suspicion).await?;
            if !policy.allows_party(spec, scene.party()) {
                let message = "this tool does not work in conversations with this party";
                return Err(Refusal::new(Code::ToolNotAllowed, "permission.party", message));
            }
            let admitted = Admitted {
                scene,
                spec,
                arguments: &arguments,
                asked: &call.arguments,
                key: call.key,
                suspicion,
                call_id,
            };
            let mut outcome = self.execute(&admitted).await?;
            self.finish(scene, spec, &mut outcome).await?;
            Ok(outcome)
        }
        .await;
        match end {
            Ok(outcome) => Ok(Outcome { standings, ..outcome }),
            Err(mut refusal) => {
                if refusal.standings.is_empty() {
                    refusal.standings = standings;
                }
                Err(refusal)
            }
        }
    }

    /// The tool, if the caller's role may use it. A tool that is not the caller's is unknown to an assistant.
    fn known(&self, ctx: &Ctx, tool: &str) -> Result<&ToolSpec, Refusal> {
        let unknown = || Refusal::new(Code::UnknownTool, "tool.unknown", "no such tool");
        let role = ctx.actor.role;
        require_caller(ctx)?;
        let policy = self.policy();
        let spec = self.tool(tool).filter(|spec| !policy.is_off(spec)).ok_or_else(unknown)?;
        if spec.allows(role) && !ctx.actor.tools.opens(spec.class) {
            let message = "the token does not open tools of this kind";
            Err(Refusal::new(Code::ForbiddenScope, "auth.scope", message).wanting(grant::word(spec.class)))
        } else if spec.allows(role) {
            Ok(spec)
        } else if role == Role::AiAgent {
            Err(unknown())
        } else {
            Err(Refusal::new(Code::ToolRoleForbidden, "permission.role", "this role may not use this tool"))
        }
    }

    /// The answer to a draft's call that was made before with the same key: it is no new call.
    async fn answered_before(
        &self,
        scene: &Scene,
        spec: &ToolSpec,
        call: &ToolCall,
    ) -> Result<Option<Outcome>, Refusal> {
        let makes_a_draft = matches!(spec.tool, Tool::CreateTransaction | Tool::CreateJob | Tool::ConfirmSchedule);
        let (true, Some(key)) = (makes_a_draft, call.key) else { return Ok(None) };
        let mut tx = self.hub.db.read().await?;
        let Some(draft) = tool_drafts::by_request(&mut tx, scene.conversation.id, spec.name, key).await? else {
            return Ok(None);
        };
        if draft.request_hash != patchbay_core::canonical::canonical_hash(&call.arguments) {
            return Err(Refusal::new(
                Code::IdempotencyPayloadMismatch,
                "idempotency.conflict",
                "the idempotency key was used for a different call",
            ));
        }
        let shown = self.draft_body(&draft);
        Ok(Some(Outcome { draft: Some(shown.clone()), ..Outcome::of(shown) }))
    }

    /// Whether a call carries out, or calls off, a draft of this conversation whose own tool may be used in it: what a
    /// team may begin it may also end.
    async fn ends_what_began_here(&self, scene: &Scene, spec: &ToolSpec, call: &ToolCall) -> Result<bool, Refusal> {
        if !matches!(spec.tool, Tool::CommitTransaction | Tool::CancelTransaction) {
            return Ok(false);
        }
        let Some(id) = call.arguments["draft_id"].as_str().and_then(|id| id.parse::<ToolDraftId>().ok()) else {
            return Ok(false);
        };
        let draft = tool_drafts::by_id(&mut self.hub.db.read().await?, id).await?;
        let maker = draft
            .filter(|draft| draft.conversation_id == scene.conversation.id)
            .and_then(|draft| self.tool(&draft.tool));
        Ok(maker.is_some_and(|maker| self.policy().allows_team(maker, scene.team.as_deref())))
    }

    async fn admit(
        &self,
        scene: &Scene,
        spec: &ToolSpec,
        call: &ToolCall,
    ) -> Result<Vec<patchbay_core::tool::window::Standing>, Refusal> {
        if spec.tool == Tool::RequestHuman {
            return Ok(Vec::new());
        }
        let mut purpose = Purpose::Ordinary;
        if spec.class == Class::Commit {
            let id = call.arguments["draft_id"].as_str().and_then(|id| id.parse::<ToolDraftId>().ok());
            if let Some(id) = id {
                let draft = tool_drafts::by_id(&mut self.hub.db.read().await?, id).await?;
                let ready = draft.is_some_and(|draft| {
                    draft.conversation_id == scene.conversation.id && draft.state == DraftState::Confirmed
                });
                if ready {
                    purpose = Purpose::ConfirmedCommit;
                }
            }
        }
        limits::admit(&self.hub.db, &self.config, (spec, self.policy().per_hour(spec)), scene, purpose).await
    }

    /// The arguments in their canonical form: placeholders put back, invisible characters gone, checked against the
    /// closed schema, what the gateway owns filled in.
    async fn read_arguments(
        &self,
        scene: &Scene,
        spec: &ToolSpec,
        given: &Value,
        suspicion: &mut Suspicion,
    ) -> Result<Value, Refusal> {
        let mut arguments = given.clone();
        if arguments.to_string().contains('<') {
            let kept = tool_placeholders::of(&mut self.hub.db.read().await?, scene.conversation.id).await?;
            put_back(&mut arguments, &kept);
        }
        if let Some(name) = text::hidden_in_a_name(&spec.fields, &arguments) {
            let message = format!("{name}: must not hold characters that do not show");
            return Err(Refusal::new(Code::InvalidRequest, "input.schema", message).at(name));
        }
        *suspicion = Suspicion::of(&arguments);
        if text::clean(&mut arguments) {
            suspicion.add("invisible_characters", 2);
        }
        if spec.class == Class::Draft && self.holds_a_secret(&arguments) {
            suspicion.add("secret", Suspicion::NEEDS_A_PERSON);
        }
        let read = field::read(&spec.fields.iter(), &arguments).map_err(|errors| {
            let first = errors.first().map(|error| error.path.clone()).unwrap_or_default();
            let shown: Vec<Value> =
                errors.iter().map(|error| json!({"path": error.path, "message": error.message})).collect();
            let message = errors.first().map_or_else(
                || "the arguments do not fit".to_owned(),
                |error| format!("{}: {}", error.path, error.message),
            );
            let mut refusal = Refusal::new(Code::InvalidRequest, "input.schema", message).at(&first);
            refusal.error = refusal.error.with("validation_errors", shown);
            refusal
        })?;
        if let Some(customer) = read.get("customer_id").and_then(Value::as_str)
            && customer != scene.contact.id.to_string()
        {
            return Err(Refusal::not_found("customer").at("customer_id"));
        }
        Ok(read)
    }

    /// Whether a text that is to be written somewhere holds a key or a password.
    pub(crate) fn holds_a_secret(&self, arguments: &Value) -> bool {
        match arguments {
            Value::String(text) => {
                self.for_audit.find(text, &Known::default()).iter().any(|span| span.kind == PiiKind::Secret)
            }
            Value::Array(items) => items.iter().any(|item| self.holds_a_secret(item)),
            Value::Object(fields) => fields.values().any(|field| self.holds_a_secret(field)),
            _ => false,
        }
    }
}

/// Whether the caller uses tools at all: before anything of the call is read. Error: 403 `TOOL_ROLE_FORBIDDEN`.
pub(crate) fn require_caller(ctx: &Ctx) -> Result<(), Refusal> {
    let role = ctx.actor.role;
    let elsewhere = matches!(ctx.actor.portal, Some(Portal::Technician | Portal::Customer));
    if !elsewhere && (role == Role::AiAgent || role.works_conversations()) {
        return Ok(());
    }
    Err(Refusal::new(Code::ToolRoleForbidden, "permission.role", "this role does not use tools"))
}

fn paused() -> Refusal {
    let mut refusal = Refusal::new(Code::AutonomyDisabled, "agent.paused", "assistants are paused here");
    refusal.error = refusal.error.because("scope_type", "assistant");
    refusal
}

/// Where a call stands in a trace. MCP answers in a task of its own, which knows only what the request told it.
fn span_of(ctx: &Ctx) -> Option<SpanContext> {
    let told = || ctx.traceparent.as_deref()?.parse().ok();
    if trace::is_on() { trace::current().or_else(told) } else { None }
}

/// The conversation of a call: the token's, or for a person the one that is named. An assistant that names another one
/// learns nothing about it.
fn conversation_of(ctx: &Ctx, call: &mut ToolCall) -> Result<ConversationId, Refusal> {
    let named = match call.arguments.as_object_mut().and_then(|fields| fields.remove("conversation_id")) {
        None => call.conversation,
        Some(Value::String(id)) => {
            Some(id.parse().map_err(|_| Refusal::not_found("conversation").at("conversation_id"))?)
        }
        Some(_) => return Err(Refusal::not_found("conversation").at("conversation_id")),
    };
    match (ctx.actor.conversation, named) {
        (Some(own), Some(named)) if own != named => Err(Refusal::not_found("conversation").at("conversation_id")),
        (Some(own), _) => Ok(own),
        (None, Some(named)) if ctx.actor.role != Role::AiAgent => Ok(named),
        (None, _) if ctx.actor.role == Role::AiAgent => Err(Refusal::new(
            Code::ForbiddenScope,
            "context.missing",
            "an assistant's token is bound to a conversation; this one is not",
        )),
        (None, _) => Err(Refusal::new(
            Code::InvalidRequest,
            "context.missing",
            "conversation_id: name the conversation the tool is used in",
        )
        .at("conversation_id")),
    }
}
