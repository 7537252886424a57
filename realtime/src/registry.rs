//! The sockets of this node, grouped by equal rights and topics, so that an event is judged once for each group and only
//! for groups that could see it at all.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use patchbay_core::actor::{Actor, Scope};
use patchbay_core::ids::{AccountId, SessionId, SiteId, SocketId, TeamId, UserId};
use patchbay_core::role::Role;
use patchbay_http::{ApiError, Claims};
use patchbay_store::feed::Position;
use serde_json::json;
use tokio::sync::Notify;

use crate::frame::{About, Frame, Subject};
use crate::mailbox::{Closing, Mailbox};
use crate::rights;
use crate::topic::Topics;

/// The sockets of this node.
#[derive(Debug)]
pub(crate) struct Registry {
    /// Guards everything; never held across an await.
    state: Mutex<State>,
    capacity: usize,
    max_sockets: usize,
    /// Wakes the tailer when the first socket joins.
    joined: Notify,
}

#[derive(Debug, Default)]
struct State {
    sockets: HashMap<SocketId, Entry>,
    groups: HashMap<u64, Group>,
    group_of: HashMap<Key, u64>,
    next_group: u64,
    /// Groups that may see things of any team: who sees everything, and who sees tickets by account and site.
    everywhere: HashSet<u64>,
    by_team: HashMap<TeamId, HashSet<u64>>,
    by_user: HashMap<UserId, HashSet<u64>>,
    /// Everything up to here was handed to the sockets. `None` until the feed was found.
    position: Option<Position>,
    stopping: bool,
}

#[derive(Debug)]
struct Entry {
    group: u64,
    claims: Arc<Claims>,
    mailbox: Arc<Mailbox>,
}

/// Sockets with equal rights and topics.
#[derive(Debug)]
struct Group {
    key: Key,
    actor: Arc<Actor>,
    members: HashMap<SocketId, Arc<Mailbox>>,
    pending: Vec<Frame>,
    judged: u64,
}

/// Everything of an actor that decides what it may see, and the topics.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    user: UserId,
    role: Role,
    teams: BTreeSet<TeamId>,
    accounts: Scope<AccountId>,
    sites: Scope<SiteId>,
    session: Option<SessionId>,
    topics: Topics,
}

impl Key {
    fn of(actor: &Actor, topics: Topics) -> Self {
        Self {
            user: actor.user_id(),
            role: actor.role,
            teams: actor.teams.clone(),
            accounts: actor.accounts.clone(),
            sites: actor.sites.clone(),
            session: actor.session,
            topics,
        }
    }
}

/// A socket's place.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) id: SocketId,
    pub(crate) mailbox: Arc<Mailbox>,
    /// The mailbox gets everything after this position.
    pub(crate) position: Position,
}

/// Why there is no seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoSeat {
    /// As many sockets as this node takes.
    Full,
    /// The feed was not found yet, or the node stops.
    NotServing,
}

impl Registry {
    pub(crate) fn new(max_sockets: usize, capacity: usize) -> Self {
        Self { state: Mutex::default(), capacity, max_sockets, joined: Notify::new() }
    }

    /// Gives a socket its place. From the seat's position on, its mailbox gets every frame it may see.
    pub(crate) fn join(&self, actor: Arc<Actor>, claims: Arc<Claims>) -> Result<Seat, NoSeat> {
        let mut state = self.lock();
        let position = match state.position {
            Some(position) if !state.stopping => position,
            _ => return Err(NoSeat::NotServing),
        };
        if state.sockets.len() >= self.max_sockets {
            return Err(NoSeat::Full);
        }
        let id = SocketId::new();
        let mailbox = Arc::new(Mailbox::new(self.capacity));
        let group = state.enter(id, actor, Topics::new(), mailbox.clone());
        state.sockets.insert(id, Entry { group, claims, mailbox: mailbox.clone() });
        metrics::gauge!("patchbay_realtime_sockets").set(count(state.sockets.len()));
        drop(state);
        self.joined.notify_one();
        Ok(Seat { id, mailbox, position })
    }

    /// Gives the place up.
    pub(crate) fn leave(&self, id: SocketId) {
        let mut state = self.lock();
        if let Some(entry) = state.sockets.remove(&id) {
            state.exit(id, entry.group);
        }
        metrics::gauge!("patchbay_realtime_sockets").set(count(state.sockets.len()));
    }

    /// Who is behind the socket now, and its topics.
    pub(crate) fn view(&self, id: SocketId) -> Option<(Arc<Actor>, Topics)> {
        let state = self.lock();
        let group = state.groups.get(&state.sockets.get(&id)?.group)?;
        Some((group.actor.clone(), group.key.topics.clone()))
    }

    /// Narrows or widens what the socket gets.
    pub(crate) fn set_topics(&self, id: SocketId, topics: Topics) {
        let mut state = self.lock();
        let Some(entry) = state.sockets.get(&id) else { return };
        let (group, mailbox) = (entry.group, entry.mailbox.clone());
        let Some(actor) = state.groups.get(&group).map(|group| group.actor.clone()) else { return };
        state.exit(id, group);
        let group = state.enter(id, actor, topics, mailbox);
        if let Some(entry) = state.sockets.get_mut(&id) {
            entry.group = group;
        }
    }

    /// Asks again who everybody is, after the directory changed. Sockets of nobody close; whose rights are others now is
    /// told so, and asks anew for what it shows.
    pub(crate) fn resolve_all(&self, now: DateTime<Utc>, resolve: impl Fn(&Claims) -> Result<Actor, ApiError>) {
        let mut state = self.lock();
        let sockets: Vec<SocketId> = state.sockets.keys().copied().collect();
        for id in sockets {
            let Some(entry) = state.sockets.get(&id) else { continue };
            let (group, mailbox) = (entry.group, entry.mailbox.clone());
            match resolve(&entry.claims) {
                Err(_) => mailbox.close(Closing::Token),
                Ok(actor) => {
                    let Some(old) = state.groups.get(&group) else { continue };
                    let topics = old.key.topics.clone();
                    if old.actor.name == actor.name && old.key == Key::of(&actor, topics.clone()) {
                        continue;
                    }
                    state.exit(id, group);
                    mailbox.push(&Arc::from([Frame::passing("rights.changed", now, &json!({}))]));
                    let group = state.enter(id, Arc::new(actor), topics, mailbox);
                    if let Some(entry) = state.sockets.get_mut(&id) {
                        entry.group = group;
                    }
                }
            }
        }
    }

    /// Closes the sockets of a login.
    pub(crate) fn close_session(&self, session: SessionId) {
        self.close_where(Closing::Token, |group| group.key.session == Some(session));
    }

    /// Closes the sockets of a user.
    pub(crate) fn close_user(&self, user: UserId) {
        self.close_where(Closing::Token, |group| group.key.user == user);
    }

    /// Closes every socket and takes no more.
    pub(crate) fn close_all(&self) {
        self.lock().stopping = true;
        self.close_where(Closing::Restart, |_| true);
    }

    fn close_where(&self, closing: Closing, which: impl Fn(&Group) -> bool) {
        let state = self.lock();
        for group in state.groups.values().filter(|group| which(group)) {
            for mailbox in group.members.values() {
                mailbox.close(closing);
            }
        }
    }

    /// Hands frames to everybody who may see them, and tells to how many sockets. `position`: everything up to it has now
    /// been handed out.
    pub(crate) fn distribute(&self, frames: Vec<(Subject, Frame)>, position: Option<Position>) -> usize {
        let mut state = self.lock();
        let mut touched: Vec<u64> = Vec::new();
        for (turn, (subject, frame)) in frames.into_iter().enumerate() {
            state.judge(turn as u64 + 1, &subject, &frame, &mut touched);
        }
        let (mut sockets, mut sent) = (0, 0);
        for id in touched {
            let Some(group) = state.groups.get_mut(&id) else { continue };
            let batch: Arc<[Frame]> = group.pending.drain(..).collect();
            group.pending.shrink_to(64);
            for mailbox in group.members.values() {
                mailbox.push(&batch);
            }
            sockets += group.members.len();
            sent += batch.len() * group.members.len();
        }
        for group in state.groups.values_mut() {
            group.judged = 0;
        }
        if position.is_some() {
            state.position = position;
        }
        drop(state);
        metrics::counter!("patchbay_realtime_frames_total").increment(sent as u64);
        sockets
    }

    /// Hands a frame to everybody, whatever they may see.
    pub(crate) fn tell_everybody(&self, frame: Frame) {
        let batch: Arc<[Frame]> = Arc::new([frame]);
        for mailbox in self.lock().groups.values().flat_map(|group| group.members.values()) {
            mailbox.push(&batch);
        }
    }

    /// Moves the position forward when nobody is here to be handed anything. `false`: somebody is.
    pub(crate) fn skip_to(&self, position: Position) -> bool {
        let mut state = self.lock();
        if state.position.is_some() && !state.sockets.is_empty() {
            return false;
        }
        state.position = state.position.max(Some(position));
        true
    }

    /// Up to where everything was handed out.
    pub(crate) fn position(&self) -> Option<Position> {
        self.lock().position
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lock().sockets.is_empty()
    }

    /// Waits until a socket joins.
    pub(crate) async fn joined(&self) {
        self.joined.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn enter(&mut self, id: SocketId, actor: Arc<Actor>, topics: Topics, mailbox: Arc<Mailbox>) -> u64 {
        let key = Key::of(&actor, topics);
        if let Some(number) = self.group_of.get(&key).copied() {
            if let Some(group) = self.groups.get_mut(&number) {
                group.members.insert(id, mailbox);
            }
            return number;
        }
        let number = self.next_group;
        self.next_group += 1;
        if reaches_everywhere(&actor) {
            self.everywhere.insert(number);
        }
        for team in &key.teams {
            self.by_team.entry(*team).or_default().insert(number);
        }
        self.by_user.entry(key.user).or_default().insert(number);
        self.group_of.insert(key.clone(), number);
        let members = HashMap::from([(id, mailbox)]);
        self.groups.insert(number, Group { key, actor, members, pending: Vec::new(), judged: 0 });
        number
    }

    fn exit(&mut self, id: SocketId, number: u64) {
        let Some(group) = self.groups.get_mut(&number) else { return };
        group.members.remove(&id);
        if !group.members.is_empty() {
            return;
        }
        let Some(group) = self.groups.remove(&number) else { return };
        self.everywhere.remove(&number);
        for team in &group.key.teams {
            remove(&mut self.by_team, team, number);
        }
        remove(&mut self.by_user, &group.key.user, number);
        self.group_of.remove(&group.key);
    }

    fn judge(&mut self, turn: u64, subject: &Subject, frame: &Frame, touched: &mut Vec<u64>) {
        let State { groups, everywhere, by_team, by_user, .. } = self;
        let teams: &[TeamId] = match &subject.about {
            About::Person { teams, .. } => teams,
            _ => subject.audience.team_id.as_slice(),
        };
        let person = match subject.about {
            About::Person { user, .. } => Some(user),
            _ => None,
        };
        let users = [subject.audience.assigned_to, subject.audience.previous_assigned_to, person];
        let candidates = everywhere
            .iter()
            .chain(teams.iter().filter_map(|team| by_team.get(team)).flatten())
            .chain(users.iter().flatten().filter_map(|user| by_user.get(user)).flatten());
        for number in candidates {
            let Some(group) = groups.get_mut(number) else { continue };
            if group.judged == turn {
                continue;
            }
            group.judged = turn;
            let topics = &group.key.topics;
            let wanted = topics.is_empty() || topics.iter().any(|topic| topic.holds(subject));
            if wanted && rights::may_know(&group.actor, subject) {
                if group.pending.is_empty() {
                    touched.push(*number);
                }
                group.pending.push(frame.clone());
            }
        }
    }
}

/// Whether the actor may see things that belong neither to its teams nor to itself.
fn reaches_everywhere(actor: &Actor) -> bool {
    rights::sees_everything(actor)
        || (matches!(actor.role, Role::Supervisor | Role::Dispatcher)
            && !actor.accounts.is_empty()
            && !actor.sites.is_empty())
}

fn remove<K: Eq + std::hash::Hash>(index: &mut HashMap<K, HashSet<u64>>, key: &K, number: u64) {
    if let Some(set) = index.get_mut(key) {
        set.remove(&number);
        if set.is_empty() {
            index.remove(key);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a gauge; a node has far fewer than 2^52 sockets")]
fn count(sockets: usize) -> f64 {
    sockets as f64
}
