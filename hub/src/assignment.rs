//! Conversations of queues that give themselves out: to whoever is there, has room and can do it; the least loaded first,
//! then who waits longest. Level-triggered: what waits and who is free are read again at every change, so that nothing
//! depends on an event that got lost. Source: domain, commands and rules (auto-assign).

mod absence;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::Ctx;
use patchbay_core::conversation::{ConversationStatus, Trigger};
use patchbay_core::directory::{Directory, User};
use patchbay_core::event::EventName;
use patchbay_core::ids::{ConversationId, TeamId, UserId};
use patchbay_core::role::Role;
use patchbay_http::Chain;
use patchbay_store::{StoreError, annotations, assignment_turns, conversations, events, triage_states};
use serde_json::json;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::body::ConversationBody;
use crate::feed::{conversation_event, placement};
use crate::service_levels;
use crate::state::Hub;

/// Conversations that are given out in one transaction.
const BITE: i64 = 50;
/// Longest time between two looks while a queue gives itself out: presence passes without a trace in the database.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How often to look who left.
const LOOK_FOR_ABSENT: Duration = Duration::from_secs(5);

pub use absence::look_for_absent;

/// Gives queues out until `stop`, and takes back what those hold who left. Runs where presence is known.
pub async fn run(hub: Hub, stop: CancellationToken) {
    let mut wake = hub.db.signals().feed();
    let mut looked = Instant::now();
    loop {
        wake.mark_unchanged();
        let began = Instant::now();
        if hub.config.absence_grace > TimeDelta::zero() && looked.elapsed() >= LOOK_FOR_ABSENT {
            looked = began;
            if let Err(error) = look_for_absent(&hub, hub.config.absence_grace).await {
                tracing::warn!(error = %Chain(&error), "could not look who left; trying again");
            }
        }
        if let Err(error) = give_out(&hub).await {
            tracing::warn!(error = %Chain(&error), "the queues could not be given out; trying again");
        }
        // Never more than half of the time: the intake needs the database, too.
        tokio::time::sleep(began.elapsed()).await;
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = wake.changed() => {}
        }
    }
}

/// Gives out all that can be given out now, and tells how much that was.
pub async fn give_out(hub: &Hub) -> Result<usize, StoreError> {
    let directory = hub.gate.directory.load_full();
    let teams: Vec<TeamId> = directory
        .teams
        .values()
        .filter(|team| team.is_active && team.auto_assign && !agents_of(&directory, team.id).is_empty())
        .map(|team| team.id)
        .collect();
    if teams.is_empty() || !assignment_turns::any_waiting(&mut hub.db.read().await?, &teams).await? {
        return Ok(0);
    }
    let mut given = 0;
    for team in teams {
        // Looks before it asks for the writer.
        let ids: Vec<UserId> = agents_of(&directory, team).iter().map(|user| user.id).collect();
        let loads = assignment_turns::loads(&mut hub.db.read().await?, &ids).await?;
        let capacity = |id: UserId| directory.users.get(&id).map_or(0, |user| user.capacity);
        if !loads.iter().any(|load| load.held < capacity(load.user_id)) {
            continue;
        }
        loop {
            let some = give_some(hub, &directory, team).await?;
            given += some;
            if some < usize::try_from(BITE).unwrap_or(usize::MAX) {
                break;
            }
        }
    }
    Ok(given)
}

/// The agents of a team who are there.
fn agents_of(directory: &Arc<Directory>, team: TeamId) -> Vec<&User> {
    let works = |user: &&User| {
        user.is_active
            && matches!(user.role, Role::SupportAgent | Role::TeamLead)
            && user.teams.contains(&team)
            && directory.online.contains(user.id)
    };
    directory.users.values().filter(works).collect()
}

/// Somebody who can be given something.
#[derive(Clone, Debug)]
struct Agent<'d> {
    user: &'d User,
    held: i64,
    assigned_at: Option<DateTime<Utc>>,
    /// Place among those who were given something in this very moment.
    turn: usize,
}

impl Agent<'_> {
    fn has_room(&self) -> bool {
        self.held < self.user.capacity
    }

    fn can(&self, skills: &[String]) -> bool {
        skills.iter().all(|skill| self.user.skills.contains_key(skill))
    }

    /// Who comes first: load against capacity, then who waits longest, then the id.
    fn before(&self, other: &Self) -> Ordering {
        let load = i128::from(self.held) * i128::from(other.user.capacity);
        let other_load = i128::from(other.held) * i128::from(self.user.capacity);
        load.cmp(&other_load)
            .then(self.assigned_at.cmp(&other.assigned_at))
            .then(self.turn.cmp(&other.turn))
            .then(self.user.id.cmp(&other.user.id))
    }
}

async fn give_some(hub: &Hub, directory: &Arc<Directory>, team: TeamId) -> Result<usize, StoreError> {
    let ctx = Ctx::system(hub.gate.clock.now(), "assignment");
    let users: BTreeMap<UserId, &User> = agents_of(directory, team).into_iter().map(|user| (user.id, user)).collect();
    let ids: Vec<UserId> = users.keys().copied().collect();
    let mut tx = hub.db.begin().await?;
    // Whoever is locked gets nothing from elsewhere: what they hold stays true until the commit.
    assignment_turns::lock(&mut tx, &ids).await?;
    let loads = assignment_turns::loads(&mut tx, &ids).await?;
    let mut agents: Vec<Agent<'_>> = loads
        .into_iter()
        .filter_map(|load| {
            let user = users.get(&load.user_id)?;
            Some(Agent { user, held: load.held, assigned_at: load.assigned_at, turn: 0 })
        })
        .collect();
    if !agents.iter().any(Agent::has_room) {
        tx.rollback().await?;
        return Ok(0);
    }
    let waiting = assignment_turns::waiting(&mut tx, team, BITE).await?;
    let given = choose(&mut agents, &waiting, &skills_needed(&mut tx, &waiting).await?, ctx.now);
    let (mut rows, mut news) = (Vec::with_capacity(given.len()), Vec::with_capacity(given.len()));
    let mut known: BTreeMap<ConversationId, _> = conversations::by_ids(&mut tx, &waiting)
        .await?
        .into_iter()
        .filter(|row| row.status == ConversationStatus::Queued && row.assigned_to.is_none())
        .map(|row| (row.id, row))
        .collect();
    for (id, user) in &given {
        let Some(mut row) = known.remove(id) else { continue };
        let Some(next) = row.status.after(Trigger::Assign) else { continue };
        let before = placement(&row);
        row.status = next;
        row.assigned_to = Some(*user);
        row.updated_at = ctx.now;
        service_levels::follow(&mut tx, &ctx, directory, &mut row).await?;
        annotations::record_event(&mut tx, &ctx, row.id, "auto_assigned", json!({ "assigned_to": user })).await?;
        rows.push((row, before));
    }
    let changed: Vec<_> = rows.iter().map(|(row, _)| row.clone()).collect();
    conversations::update(&mut tx, &changed).await?;
    for (row, before) in &mut rows {
        row.version += 1;
        let body = ConversationBody::of(row, directory);
        news.push(conversation_event(&ctx, EventName::ConversationAssigned, row, body, Some(*before)));
    }
    events::append(&mut tx, &news).await?;
    let took: BTreeSet<UserId> = given.iter().map(|(_, user)| *user).collect();
    assignment_turns::took(&mut tx, &took.into_iter().collect::<Vec<_>>(), ctx.now).await?;
    tx.commit().await?;
    metrics::counter!("conversations_auto_assigned_total").increment(changed.len() as u64);
    Ok(changed.len())
}

async fn skills_needed(
    tx: &mut patchbay_store::Tx,
    waiting: &[ConversationId],
) -> Result<BTreeMap<ConversationId, Vec<String>>, StoreError> {
    let rows = triage_states::skills_needed(tx, waiting).await?;
    Ok(rows.into_iter().map(|row| (row.conversation_id, row.required_skills)).collect())
}

/// Who gets what, in the order of what waits. What nobody here can do or has room for stays.
fn choose(
    agents: &mut [Agent<'_>],
    waiting: &[ConversationId],
    skills: &BTreeMap<ConversationId, Vec<String>>,
    now: DateTime<Utc>,
) -> Vec<(ConversationId, UserId)> {
    let mut given = Vec::new();
    for id in waiting {
        let needed = skills.get(id).map(Vec::as_slice).unwrap_or_default();
        let free = agents.iter_mut().filter(|agent| agent.has_room() && agent.can(needed));
        let Some(agent) = free.min_by(|one, other| one.before(other)) else { continue };
        agent.held += 1;
        agent.assigned_at = Some(now);
        given.push((*id, agent.user.id));
        agent.turn = given.len();
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(capacity: i64, skills: &[&str]) -> User {
        User {
            id: UserId::new(),
            full_name: "Some Body".into(),
            role: Role::SupportAgent,
            is_active: true,
            capacity,
            teams: BTreeSet::new(),
            skills: skills.iter().map(|skill| ((*skill).to_owned(), 3)).collect(),
        }
    }

    fn agent(user: &User, held: i64, idle_since: i64) -> Agent<'_> {
        Agent { user, held, assigned_at: DateTime::from_timestamp(idle_since, 0), turn: 0 }
    }

    fn given_to(agents: &mut [Agent<'_>], count: usize) -> Vec<UserId> {
        let waiting: Vec<ConversationId> = (0..count).map(|_| ConversationId::new()).collect();
        let now = DateTime::from_timestamp(1_000, 0).unwrap();
        choose(agents, &waiting, &BTreeMap::new(), now).into_iter().map(|(_, user)| user).collect()
    }

    #[test]
    fn the_least_loaded_come_first_then_who_waits_longest() {
        let (ada, bo, cy) = (user(4, &[]), user(2, &[]), user(4, &[]));
        let mut agents = [agent(&ada, 2, 10), agent(&bo, 1, 5), agent(&cy, 1, 20)];
        assert_eq!(given_to(&mut agents, 3), [cy.id, bo.id, ada.id]);
    }

    #[test]
    fn nobody_gets_more_than_they_can_hold_and_shares_are_fair() {
        let people: Vec<User> = (0..3).map(|_| user(3, &[])).collect();
        let mut agents: Vec<Agent<'_>> = people.iter().map(|user| agent(user, 0, 0)).collect();
        assert_eq!(given_to(&mut agents, 20).len(), 9);
        assert!(agents.iter().all(|agent| agent.held == 3));
        let mut agents: Vec<Agent<'_>> = people.iter().map(|user| agent(user, 0, 0)).collect();
        given_to(&mut agents, 5);
        let held: BTreeSet<i64> = agents.iter().map(|agent| agent.held).collect();
        assert_eq!(held, BTreeSet::from([1, 2]));
    }

    #[test]
    fn what_needs_a_skill_waits_for_it_and_holds_up_nobody() {
        let (ada, bo) = (user(5, &["billing"]), user(5, &[]));
        let mut agents = [agent(&ada, 4, 0), agent(&bo, 0, 0)];
        let (billing, welding, any) = (ConversationId::new(), ConversationId::new(), ConversationId::new());
        let skills = BTreeMap::from([(billing, vec!["billing".to_owned()]), (welding, vec!["welding".to_owned()])]);
        let now = DateTime::from_timestamp(1_000, 0).unwrap();
        let given = choose(&mut agents, &[billing, welding, any], &skills, now);
        assert_eq!(given, [(billing, ada.id), (any, bo.id)]);
    }
}
