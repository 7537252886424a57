//! One step of a ladder: who it is, by which ways, and when, with what each person wants taken into account.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::alert::{
    Digest, NotificationState, NotifyChannel, Severity, Step, Target, next_digest, quiet_until,
};
use patchbay_core::directory::{Directory, User};
use patchbay_core::event::EventName;
use patchbay_core::ids::{JobId, NotificationId, UserId};
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_core::on_call::on_call;
use patchbay_core::role::Role;
use patchbay_store::alert_notifications::{self, NotificationRow, PersonRow};
use patchbay_store::alerts::AlertRow;
use patchbay_store::{StoreError, Tx, events, jobs, on_call_schedules};
use serde_json::json;

use super::change::event;
use super::schedules::schedule_of;

/// How often somebody is tried to be told before it becomes a dead letter.
const TRIES: i64 = 6;
/// Where mail for nobody goes: people who came with a token and have no address.
const NO_ADDRESS: &str = "@users.invalid";

/// When and how a notification leaves.
enum Way {
    /// At once, or when it is no longer quiet.
    Alone(DateTime<Utc>),
    /// With others, in one mail.
    Together(DateTime<Utc>),
    /// Not at all.
    Muted,
}

/// Takes a step.
pub(super) async fn tell(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    row: &AlertRow,
    (run, place, step): (i64, usize, &Step),
) -> Result<(), StoreError> {
    let place = i64::try_from(place).unwrap_or(i64::MAX);
    let note = |channel, user_id, target: String, state, due_at| NotificationRow {
        id: NotificationId::new(),
        alert_id: row.id,
        run,
        step: place,
        channel,
        user_id,
        target,
        inbox_id: step.sms_inbox.filter(|_| channel == NotifyChannel::Sms),
        state,
        error: None,
        due_at,
        sent_at: (state == NotificationState::Sent).then_some(ctx.now),
        created_at: ctx.now,
    };
    let people = people(tx, ctx, directory, row, step).await?;
    for person in alert_notifications::people(tx, people).await? {
        let user = person.user_id;
        for channel in step.channels.iter().copied().filter(|channel| *channel != NotifyChannel::Slack) {
            if channel == NotifyChannel::Console {
                let told = note(channel, Some(user), user.to_string(), NotificationState::Sent, ctx.now);
                if alert_notifications::insert(tx, &told).await? {
                    events::append(tx, &[event(ctx, directory, EventName::AlertNotified, row, Some(user))]).await?;
                }
                continue;
            }
            let Some(target) = address(&person, channel) else {
                let nowhere = note(channel, Some(user), user.to_string(), NotificationState::Skipped, ctx.now);
                if alert_notifications::insert(tx, &nowhere).await? {
                    let problem = Some("there is no address for this way");
                    alert_notifications::settle(tx, nowhere.id, NotificationState::Skipped, problem, ctx.now).await?;
                }
                continue;
            };
            match way(row.severity, channel, &person, ctx.now) {
                Way::Alone(due_at) => {
                    let pending = note(channel, Some(user), target, NotificationState::Pending, due_at);
                    keep(tx, ctx, row.severity, &pending).await?;
                }
                Way::Together(due_at) => {
                    let waits = note(channel, Some(user), target, NotificationState::Gathered, due_at);
                    if alert_notifications::insert(tx, &waits).await? {
                        jobs::set_timers(tx, ctx, &[digest_job(user, due_at)]).await?;
                    }
                }
                Way::Muted => {
                    let muted = note(channel, Some(user), target, NotificationState::Skipped, ctx.now);
                    alert_notifications::insert(tx, &muted).await?;
                }
            }
        }
    }
    if let Some(url) = step.slack_url.clone().filter(|_| step.channels.contains(&NotifyChannel::Slack)) {
        let pending = note(NotifyChannel::Slack, None, url, NotificationState::Pending, ctx.now);
        keep(tx, ctx, row.severity, &pending).await?;
    }
    Ok(())
}

async fn keep(tx: &mut Tx, ctx: &Ctx, severity: Severity, row: &NotificationRow) -> Result<(), StoreError> {
    if !alert_notifications::insert(tx, row).await? {
        return Ok(());
    }
    let job = NewJob {
        id: JobId::new(),
        queue: if severity == Severity::Critical { JobQueue::High } else { JobQueue::Default },
        kind: JobKind::Notify,
        lane: None,
        dedupe_key: Some(format!("notify:{}", row.id)),
        payload: json!({ "notification_id": row.id }),
        run_at: row.due_at,
        max_attempts: TRIES,
    };
    jobs::enqueue(tx, ctx, &job).await.map(drop)
}

/// The job that tells somebody of several alerts in one mail.
pub(super) fn digest_job(user: UserId, run_at: DateTime<Utc>) -> NewJob {
    NewJob {
        id: JobId::new(),
        queue: JobQueue::Default,
        kind: JobKind::NotifyDigest,
        lane: None,
        dedupe_key: Some(format!("notify_digest:{user}")),
        payload: json!({ "user_id": user }),
        run_at,
        max_attempts: TRIES,
    }
}

/// Whom a step tells, each once.
async fn people(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    row: &AlertRow,
    step: &Step,
) -> Result<BTreeSet<UserId>, StoreError> {
    let active = |fits: &dyn Fn(&User) -> bool| -> Vec<UserId> {
        directory.users.values().filter(|user| user.is_active && fits(user)).map(|user| user.id).collect()
    };
    let mut people = BTreeSet::new();
    for target in &step.notify {
        match *target {
            Target::User(id) => people.extend(active(&|user| user.id == id)),
            Target::Team(id) => people.extend(active(&|user| user.teams.contains(&id))),
            Target::Role(role) => {
                // Those of the team come first; when it has none, all of the role.
                let of_team = |user: &User| {
                    user.role == role
                        && (role == Role::Admin || row.team_id.is_none_or(|team| user.teams.contains(&team)))
                };
                let near = active(&of_team);
                people.extend(if near.is_empty() { active(&|user| user.role == role) } else { near });
            }
            Target::Schedule(id) => {
                let schedule = on_call_schedules::by_id(tx, id).await?.filter(|row| row.is_active);
                let turn = schedule.and_then(|row| on_call(&schedule_of(&row), ctx.now));
                people.extend(turn.map(|turn| turn.user).into_iter().flat_map(|id| active(&|user| user.id == id)));
            }
        }
    }
    Ok(people)
}

fn address(person: &PersonRow, channel: NotifyChannel) -> Option<String> {
    match channel {
        NotifyChannel::Email => Some(&person.email).filter(|email| !email.ends_with(NO_ADDRESS)).cloned(),
        NotifyChannel::Sms => person.phone.clone(),
        NotifyChannel::Console | NotifyChannel::Slack => None,
    }
}

/// What a person wants; what is critical comes at once, whatever they want.
fn way(severity: Severity, channel: NotifyChannel, person: &PersonRow, now: DateTime<Utc>) -> Way {
    let Some(timezone) = person.timezone.as_deref().filter(|_| severity != Severity::Critical) else {
        return Way::Alone(now);
    };
    if person.muted.iter().flatten().any(|word| word == channel.as_str()) {
        return Way::Muted;
    }
    if channel == NotifyChannel::Email
        && let Some(digest) = person.digest.filter(|digest| *digest != Digest::Off)
        && let Some(at) = next_digest(digest, timezone, now)
    {
        return Way::Together(at);
    }
    let hours = person.quiet_from.as_deref().zip(person.quiet_until.as_deref());
    let end = hours.and_then(|(from, until)| quiet_until(from.parse().ok()?, until.parse().ok()?, timezone, now));
    Way::Alone(end.unwrap_or(now))
}
