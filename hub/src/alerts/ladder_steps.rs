//! Steps of ladders as they are sent, stored and shown.

use patchbay_core::alert::{NotifyChannel, Step, Target};
use patchbay_core::canonical::canonical_hash;
use patchbay_core::channel::Channel;
use patchbay_core::ids::{InboxId, OnCallScheduleId, UserId};
use patchbay_core::role::Role;
use patchbay_http::ApiError;
use patchbay_store::{Tx, inboxes, on_call_schedules, users};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::administration::fields;
use crate::error::HubError;
use crate::resource::text::within;
use crate::webhooks::door;

/// Most steps of one ladder.
const MOST_STEPS: usize = 20;
/// Most people, teams, roles and schedules of a step.
const MOST_TARGETS: usize = 50;
/// Longest wait: a day.
const LONGEST_WAIT: i64 = 86_400;
/// The wait when nobody says.
const USUAL_WAIT: i64 = 300;

/// Whom a step tells.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LadderTarget {
    /// `user`, `team`, `role` or `schedule`.
    #[serde(rename = "type")]
    kind: String,
    /// Its id; of a team also the slug, of a role the word.
    id: String,
}

/// One step.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LadderStep {
    /// Whom it tells; may be empty when it only tells Slack.
    #[serde(default)]
    notify: Vec<LadderTarget>,
    /// By which ways: `console`, `email`, `sms`, `slack`; `console` when missing.
    #[serde(default = "console")]
    channels: Vec<String>,
    /// Slack's webhook. It is shown shortened; sent back like that, it stays as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    slack_url: Option<String>,
    /// Through which inbox SMS go: its name or id; any of ours when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sms_inbox: Option<String>,
    /// How long an answer is awaited before the next step, in seconds; 300 when missing.
    #[serde(default = "usual_wait")]
    wait_s: i64,
}

fn console() -> Vec<String> {
    vec![NotifyChannel::Console.as_str().to_owned()]
}

fn usual_wait() -> i64 {
    USUAL_WAIT
}

/// Steps as they are shown.
pub(super) fn shown(steps: &[Step]) -> Vec<LadderStep> {
    let target = |target: &Target| {
        let (kind, id) = match target {
            Target::User(id) => ("user", id.to_string()),
            Target::Team(id) => ("team", id.to_string()),
            Target::Role(role) => ("role", role.as_str().to_owned()),
            Target::Schedule(id) => ("schedule", id.to_string()),
        };
        LadderTarget { kind: kind.to_owned(), id }
    };
    let step = |step: &Step| LadderStep {
        notify: step.notify.iter().map(target).collect(),
        channels: step.channels.iter().map(|channel| channel.as_str().to_owned()).collect(),
        slack_url: step.slack_url.as_deref().map(short),
        sms_inbox: step.sms_inbox.map(|id| id.to_string()),
        wait_s: step.wait_s,
    };
    steps.iter().map(step).collect()
}

/// A secret address so that one can be told from another, and nothing more.
fn short(address: &str) -> String {
    let origin: String = address.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    let hash = canonical_hash(&json!(address));
    format!("{origin}/…{}", hash.chars().rev().take(8).collect::<String>())
}

/// Reads steps; everybody they name is there. `hosts`: internal hosts that the operator opened; `known`: the steps as
/// they were.
pub(super) async fn read(
    tx: &mut Tx,
    hosts: &[String],
    steps: Vec<LadderStep>,
    known: &[Step],
) -> Result<Vec<Step>, HubError> {
    if steps.is_empty() || steps.len() > MOST_STEPS {
        return Err(ApiError::invalid("steps", format!("must have 1 to {MOST_STEPS} steps")).into());
    }
    let mut read = Vec::with_capacity(steps.len());
    for (place, step) in steps.into_iter().enumerate() {
        read.push(read_one(tx, hosts, &format!("steps[{place}]"), step, known).await?);
    }
    Ok(read)
}

async fn read_one(
    tx: &mut Tx,
    hosts: &[String],
    path: &str,
    step: LadderStep,
    known: &[Step],
) -> Result<Step, HubError> {
    let at = |field: &str| format!("{path}.{field}");
    let mut channels: Vec<NotifyChannel> = Vec::new();
    for (place, word) in step.channels.iter().enumerate() {
        let path = format!("{path}.channels[{place}]");
        let channel = word.parse().map_err(|_| ApiError::invalid(&path, "must be console, email, sms or slack"))?;
        if !channels.contains(&channel) {
            channels.push(channel);
        }
    }
    if channels.is_empty() {
        return Err(ApiError::invalid(&at("channels"), "must name a way").into());
    }
    let tells_people = channels.iter().any(|channel| *channel != NotifyChannel::Slack);
    if step.notify.len() > MOST_TARGETS || (step.notify.is_empty() && tells_people) {
        return Err(ApiError::invalid(&at("notify"), format!("must name 1 to {MOST_TARGETS}")).into());
    }
    let mut notify = Vec::with_capacity(step.notify.len());
    for (place, target) in step.notify.iter().enumerate() {
        notify.push(target_of(tx, &format!("{path}.notify[{place}]"), target).await?);
    }
    let slack_url = match step.slack_url {
        Some(given) => Some(slack(hosts, &at("slack_url"), &given, known)?),
        None if channels.contains(&NotifyChannel::Slack) => {
            return Err(ApiError::invalid(&at("slack_url"), "is needed to tell Slack").into());
        }
        None => None,
    };
    let sms_inbox = match &step.sms_inbox {
        Some(named) => Some(sms_inbox(tx, &at("sms_inbox"), named).await?),
        None => None,
    };
    let wait_s = within(&at("wait_s"), step.wait_s, 0..=LONGEST_WAIT)?;
    Ok(Step { notify, channels, slack_url, sms_inbox, wait_s })
}

fn slack(hosts: &[String], path: &str, given: &str, known: &[Step]) -> Result<String, ApiError> {
    let mut kept = known.iter().filter_map(|step| step.slack_url.as_deref());
    if let Some(address) = kept.find(|address| short(address) == given) {
        return Ok(address.to_owned());
    }
    let (url, _) = door(given, hosts).map_err(|error| ApiError::invalid(path, error.to_string()))?;
    Ok(url.into())
}

async fn sms_inbox(tx: &mut Tx, path: &str, named: &str) -> Result<InboxId, HubError> {
    let known = inboxes::all(tx).await?;
    let found = known.iter().find(|inbox| inbox.name == named || inbox.id.to_string() == named);
    let found = found.filter(|inbox| inbox.is_active).ok_or_else(|| ApiError::invalid(path, "no such inbox"))?;
    if found.channel != Channel::Sms {
        return Err(ApiError::invalid(path, "must be an inbox for SMS").into());
    }
    Ok(found.id)
}

async fn target_of(tx: &mut Tx, path: &str, target: &LadderTarget) -> Result<Target, HubError> {
    let id_path = format!("{path}.id");
    let unknown = |what: &str| ApiError::invalid(&id_path, format!("no such {what}"));
    match target.kind.as_str() {
        "user" => {
            let id = target.id.parse::<Uuid>().map_err(|_| unknown("user"))?;
            let user = users::by_id(tx, UserId(id)).await?.filter(|user| user.is_active);
            Ok(Target::User(user.ok_or_else(|| unknown("active user"))?.id))
        }
        "team" => {
            let team = fields::team(tx, &id_path, &target.id).await?;
            if team.is_active { Ok(Target::Team(team.id)) } else { Err(unknown("active team").into()) }
        }
        "role" => {
            let role = target.id.parse::<Role>().ok();
            let role = role.filter(|role| role.works_conversations() || *role == Role::Dispatcher);
            Ok(Target::Role(role.ok_or_else(|| unknown("role of people who look after alerts"))?))
        }
        "schedule" => {
            let id = target.id.parse::<Uuid>().map_err(|_| unknown("schedule"))?;
            let schedule = on_call_schedules::by_id(tx, OnCallScheduleId(id)).await?.filter(|row| row.is_active);
            Ok(Target::Schedule(schedule.ok_or_else(|| unknown("active schedule"))?.id))
        }
        _ => Err(ApiError::invalid(&format!("{path}.type"), "must be user, team, role or schedule").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_address_is_shown_shortened_and_kept_when_it_comes_back() {
        let address = "https://hooks.slack.com/services/T000/B000/secret";
        let step = Step {
            notify: Vec::new(),
            channels: vec![NotifyChannel::Slack],
            slack_url: Some(address.into()),
            sms_inbox: None,
            wait_s: 60,
        };
        let shown = shown(std::slice::from_ref(&step)).remove(0).slack_url.expect("an address");
        assert!(shown.starts_with("https://hooks.slack.com/…") && !shown.contains("secret"), "{shown}");
        assert_eq!(slack(&[], "url", &shown, &[step]).expect("it is known"), address);
        assert!(slack(&[], "url", "https://169.254.169.254/latest", &[]).is_err());
        assert!(slack(&["127.0.0.1:9000".to_owned()], "url", "http://127.0.0.1:9000/", &[]).is_ok());
    }
}
