//! From the flow to a queue: team, urgency, tags, who is told, and the record of why.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::conversation::{ConversationStatus, Priority, Trigger};
use patchbay_core::directory::{Directory, Team};
use patchbay_core::event::{EventName, NewEvent};
use patchbay_core::ids::{EventId, JobId, TeamId, UserId};
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_core::routing::{Notified, OpenTicket, Plan};
use patchbay_core::ticket::TicketPriority;
use patchbay_core::triage::{MenuChoice, RouteReason, TriageState};
use patchbay_store::conversations::ConversationRow;
use patchbay_store::{StoreError, Tx, annotations, assignment_turns, conversations, events, jobs};
use serde_json::{Value, json};

use super::facts::Known;
use crate::body::ConversationBody;
use crate::feed::{audience, conversation_event, placement};
use crate::service_levels;

/// Incident type of a ticket that nobody has looked at. Source: domain, evidence and closeout gate.
const ANY_INCIDENT: &str = "GENERIC_REPAIR";

/// A conversation in the flow.
pub(super) struct Case {
    pub(super) directory: Arc<Directory>,
    pub(super) known: Known,
    pub(super) row: ConversationRow,
    pub(super) state: TriageState,
    pub(super) plan: Option<Plan>,
    pub(super) decided: super::hear::Decided,
}

impl Case {
    pub(super) fn decision(&self) -> Option<Value> {
        self.decided.clone()
    }

    /// When the team of the inbox is there again.
    pub(super) fn opens_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.home().and_then(|team| team.calendar.as_ref()).and_then(|calendar| calendar.opens_at(now))
    }

    /// The team of the inbox.
    fn home(&self) -> Option<&Team> {
        let inbox = self.directory.inboxes.get(&self.row.inbox_id)?;
        self.active(inbox.team_id?)
    }

    fn active(&self, team: TeamId) -> Option<&Team> {
        self.directory.teams.get(&team).filter(|team| team.is_active)
    }

    fn named(&self, slug: &str) -> Option<&Team> {
        self.directory.team(slug).filter(|team| team.is_active)
    }

    /// Whose queue it goes to. `None`: the supervisors decide.
    fn team(&self, reason: RouteReason, plan: &Plan) -> Option<TeamId> {
        let planned = plan.team.and_then(|team| self.active(team));
        let team = match reason {
            RouteReason::Escaped | RouteReason::Unclear => None,
            RouteReason::Emergency => {
                planned.or_else(|| self.named(MenuChoice::Dispatch.as_str())).or_else(|| self.home())
            }
            RouteReason::Answered | RouteReason::Rule | RouteReason::Unanswered | RouteReason::Unreachable => {
                let chosen = || self.state.choice.and_then(|choice| self.named(choice.as_str()));
                planned.or_else(chosen).or_else(|| self.home())
            }
        };
        team.map(|team| team.id)
    }

    fn priority(&self, reason: RouteReason, plan: &Plan) -> Priority {
        let base = plan.priority.unwrap_or(match self.row.priority {
            Priority::Low | Priority::Normal if !self.known.is_open => Priority::Low,
            known => known,
        });
        match reason {
            RouteReason::Emergency => Priority::Urgent,
            RouteReason::Escaped => base.max(Priority::High),
            _ => base,
        }
    }
}

/// Sends a conversation to its queue.
pub(super) async fn route(tx: &mut Tx, ctx: &Ctx, case: &mut Case, reason: RouteReason) -> Result<(), StoreError> {
    let said = case.state.said();
    let facts = case.known.with(&said, case.state.language, case.state.choice);
    let mut plan = case.directory.routing.plan(&facts);
    if plan.applied.is_empty() {
        plan = case.plan.take().unwrap_or_default();
    }
    let before = placement(&case.row);
    let team = case.team(reason, &plan);
    case.row.priority = case.priority(reason, &plan);
    case.row.team_id = team;
    case.row.status = ConversationStatus::Queued;
    case.row.updated_at = ctx.now;
    for name in &plan.tags {
        let tag = annotations::tag(tx, ctx, name).await?;
        annotations::add_tag(tx, ctx, case.row.id, tag, None).await?;
    }
    if !plan.tags.is_empty() {
        case.row.tags = json!(annotations::tags_of(tx, case.row.id).await?);
    }
    let named = named_agent(tx, &case.directory, plan.assign_to, team).await?;
    if let (Some(agent), Some(next)) = (named, case.row.status.after(Trigger::Assign)) {
        case.row.status = next;
        case.row.assigned_to = Some(agent);
        assignment_turns::took(tx, &[agent], ctx.now).await?;
    }
    service_levels::follow(tx, ctx, &case.directory, &mut case.row).await?;
    conversations::update(tx, std::slice::from_ref(&case.row)).await?;
    case.row.version += 1;
    let decision = decision(ctx, case, reason, &plan);
    annotations::record_event(tx, ctx, case.row.id, "triage.completed", decision.clone()).await?;
    case.decided = Some(decision.clone());
    let body = ConversationBody::of(&case.row, &case.directory);
    let name = if named.is_some() { EventName::ConversationAssigned } else { EventName::ConversationUpdated };
    let changed = conversation_event(ctx, name, &case.row, body.clone(), Some(before));
    let completed = NewEvent {
        id: EventId::new(),
        name: EventName::TriageCompleted,
        conversation_id: Some(case.row.id),
        conversation_seq: None,
        ticket_id: None,
        audience: audience(&case.row, Some(before)),
        payload: json!({ "decision": decision, "conversation": body }).to_string(),
        created_at: ctx.now,
    };
    events::append(tx, &[changed, completed]).await?;
    notify(tx, ctx, case, reason, &plan).await?;
    open_ticket(tx, ctx, case, reason, &plan).await?;
    metrics::counter!("triage_completed_total", "reason" => reason.as_str()).increment(1);
    case.plan = Some(plan);
    Ok(())
}

/// Whoever a rule names, when they may have it and have room.
async fn named_agent(
    tx: &mut Tx,
    directory: &Directory,
    named: Option<UserId>,
    team: Option<TeamId>,
) -> Result<Option<UserId>, StoreError> {
    let user = named.and_then(|id| directory.users.get(&id)).filter(|user| {
        user.is_active && user.role.works_conversations() && team.is_some_and(|team| user.teams.contains(&team))
    });
    let Some(user) = user else { return Ok(None) };
    assignment_turns::lock(tx, &[user.id]).await?;
    let has_room = conversations::held_by(tx, user.id).await? < user.capacity;
    Ok(has_room.then_some(user.id))
}

/// Why the conversation goes where it goes. Source: domain, triage flow.
fn decision(ctx: &Ctx, case: &Case, reason: RouteReason, plan: &Plan) -> Value {
    let team = case.row.team_id.and_then(|id| case.directory.teams.get(&id));
    json!({
        "conversation_id": case.row.id,
        "team": team.map(|team| team.slug.as_str()),
        "team_id": case.row.team_id,
        "priority": case.row.priority,
        "reason": reason,
        "rule_id": plan.rule.map(|rule| rule.id),
        "rule_version": plan.rule.map(|rule| rule.version),
        "rules": plan.applied,
        "metadata": {
            "triage_responses": case.state.answers,
            "menu_choice": case.state.choice,
            "question": case.state.question,
            "language": case.state.language,
            "in_business_hours": case.known.is_open,
        },
        "routed_at": ctx.now,
    })
}

/// Tells whoever must look now.
async fn notify(tx: &mut Tx, ctx: &Ctx, case: &Case, reason: RouteReason, plan: &Plan) -> Result<(), StoreError> {
    let code = match reason {
        RouteReason::Emergency => "EMERGENCY",
        RouteReason::Escaped => "PERSON_REQUESTED",
        RouteReason::Unclear => "TRIAGE_UNCLEAR",
        _ if !plan.notify.is_empty() => "ROUTED",
        _ => return Ok(()),
    };
    let mut notify = plan.notify.clone();
    let always = if reason == RouteReason::Emergency { Notified::OnCall } else { Notified::Supervisors };
    if code != "ROUTED" && !notify.contains(&always) {
        notify.push(always);
    }
    service_levels::raise(tx, ctx, &case.row, code, json!({ "notify": notify, "reason": reason })).await
}

/// Promises the ticket that an emergency, a service request or a rule asks for.
async fn open_ticket(tx: &mut Tx, ctx: &Ctx, case: &Case, reason: RouteReason, plan: &Plan) -> Result<(), StoreError> {
    let any = |priority| OpenTicket { incident_type: ANY_INCIDENT.to_owned(), priority };
    let wanted = match (&plan.open_ticket, reason, case.state.choice) {
        (Some(ticket), RouteReason::Emergency, _) => {
            Some(OpenTicket { priority: TicketPriority::Emergency, ..ticket.clone() })
        }
        (Some(ticket), _, _) => Some(ticket.clone()),
        (None, RouteReason::Emergency, _) => Some(any(TicketPriority::Emergency)),
        (None, RouteReason::Answered, Some(MenuChoice::Dispatch)) => Some(any(TicketPriority::Routine)),
        _ => None,
    };
    let Some(ticket) = wanted else { return Ok(()) };
    let id = case.row.id;
    let job = NewJob {
        id: JobId::new(),
        queue: JobQueue::High,
        kind: JobKind::OpenTicket,
        lane: None,
        dedupe_key: Some(format!("open_ticket:{id}")),
        payload: json!({ "conversation_id": id, "ticket": ticket }),
        run_at: ctx.now,
        max_attempts: 10,
    };
    jobs::enqueue(tx, ctx, &job).await.map(drop)
}
