//! How alerts are shown.

use chrono::{DateTime, Utc};
use patchbay_core::alert::{AlertState, Severity, title};
use patchbay_core::directory::Directory;
use patchbay_core::ids::UserId;
use patchbay_core::tool::question::Language;
use patchbay_store::alert_notifications::NotificationRow;
use patchbay_store::alerts::AlertRow;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::body::{InboxRef, TeamRef, UserRef};

/// Something that needs somebody's eye.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Alert)]
pub(super) struct AlertBody {
    /// Our id.
    id: Uuid,
    /// What happened, such as `EMERGENCY`.
    code: String,
    /// The same in a few words.
    title: String,
    /// `info`, `warning` or `critical`.
    #[schema(value_type = String)]
    severity: Severity,
    /// `open`, `acknowledged`, `snoozed` or `resolved`.
    #[schema(value_type = String)]
    state: AlertState,
    /// The rule that made it, as it was then.
    rule: AlertRuleRef,
    /// How often it happened.
    count: i64,
    /// When it first happened.
    first_at: DateTime<Utc>,
    /// When it last happened.
    last_at: DateTime<Utc>,
    /// The conversation it is about.
    conversation_id: Option<Uuid>,
    /// The ticket it is about.
    ticket_id: Option<Uuid>,
    /// The team it is about.
    team: Option<TeamRef>,
    /// The inbox it is about.
    inbox: Option<InboxRef>,
    /// Who looks after it.
    owner: Option<UserRef>,
    /// When somebody said so.
    acknowledged_at: Option<DateTime<Utc>>,
    /// Who.
    acknowledged_by: Option<Uuid>,
    /// By which way: `console`, `sms` or `email`.
    acknowledged_via: Option<String>,
    /// Until when nobody is told.
    snoozed_until: Option<DateTime<Utc>>,
    /// When it was over.
    resolved_at: Option<DateTime<Utc>>,
    /// Who said so; null when it ended by itself.
    resolved_by: Option<Uuid>,
    /// Why.
    resolved_reason: Option<String>,
    /// The step of its ladder that comes next, from 0.
    next_step: i64,
    /// When; null when nobody else will be told.
    next_step_at: Option<DateTime<Utc>>,
    /// Grows with every change.
    version: i64,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

/// The rule that made an alert.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct AlertRuleRef {
    /// Its id.
    id: Uuid,
    /// What it was called.
    name: String,
    /// Its version.
    version: i64,
}

impl AlertBody {
    pub(super) fn of(row: &AlertRow, directory: &Directory) -> Self {
        let team = row.team_id.and_then(|id| directory.teams.get(&id));
        let inbox = row.inbox_id.and_then(|id| directory.inboxes.get(&id));
        Self {
            id: row.id.into(),
            code: row.code.clone(),
            title: title(Language::English, &row.code),
            severity: row.severity,
            state: row.state,
            rule: AlertRuleRef { id: row.rule_id.into(), name: row.rule_name.clone(), version: row.rule_version },
            count: row.count,
            first_at: row.first_at,
            last_at: row.last_at,
            conversation_id: row.conversation_id.map(Into::into),
            ticket_id: row.ticket_id.map(Into::into),
            team: team.map(|team| TeamRef { id: team.id.into(), slug: team.slug.clone() }),
            inbox: inbox.map(|inbox| InboxRef { id: inbox.id.into(), name: inbox.name.clone() }),
            owner: row.owner_id.map(|id| named(directory, id)),
            acknowledged_at: row.acknowledged_at,
            acknowledged_by: row.acknowledged_by.map(Into::into),
            acknowledged_via: row.acknowledged_via.clone(),
            snoozed_until: row.snoozed_until,
            resolved_at: row.resolved_at,
            resolved_by: row.resolved_by.map(Into::into),
            resolved_reason: row.resolved_reason.clone(),
            next_step: row.step,
            next_step_at: row.next_step_at,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// An alert and who was told of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AlertDetail)]
pub(super) struct AlertDetailBody {
    #[serde(flatten)]
    alert: AlertBody,
    /// Who was told, in order.
    notifications: Vec<NotificationBody>,
}

/// Somebody was told, or is about to be.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AlertNotification)]
pub(super) struct NotificationBody {
    /// Our id.
    id: Uuid,
    /// How often the ladder had been begun.
    run: i64,
    /// The step, from 0.
    step: i64,
    /// `console`, `email`, `sms` or `slack`.
    channel: &'static str,
    /// Who; null for Slack.
    user: Option<UserRef>,
    /// `pending`, `gathered`, `sent`, `skipped` or `failed`.
    state: &'static str,
    /// Why it failed.
    error: Option<String>,
    /// When it is due.
    due_at: DateTime<Utc>,
    /// When it was told.
    sent_at: Option<DateTime<Utc>>,
}

impl AlertDetailBody {
    pub(super) fn of(row: &AlertRow, told: &[NotificationRow], directory: &Directory) -> Self {
        let notification = |row: &NotificationRow| NotificationBody {
            id: row.id.into(),
            run: row.run,
            step: row.step,
            channel: row.channel.as_str(),
            user: row.user_id.map(|id| named(directory, id)),
            state: row.state.as_str(),
            error: row.error.clone(),
            due_at: row.due_at,
            sent_at: row.sent_at,
        };
        Self { alert: AlertBody::of(row, directory), notifications: told.iter().map(notification).collect() }
    }
}

pub(super) fn named(directory: &Directory, id: UserId) -> UserRef {
    let name = directory.users.get(&id).map(|user| user.full_name.clone()).unwrap_or_default();
    UserRef { id: id.into(), name }
}
