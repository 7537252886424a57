//! Who is there: the best of a person's sockets, over all nodes. A node that falls silent takes its people with it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use patchbay_core::actor::Actor;
use patchbay_core::event::Audience;
use patchbay_core::ids::{NodeId, SocketId, TeamId, UserId};
use patchbay_core::notice::{Availability, Notice, Presence, Roster};
use patchbay_store::Signals;
use serde_json::json;
use tokio::time::Instant;

use crate::frame::{About, Frame, Subject};
use crate::service::Realtime;

/// How often a node says that it is alive, and after which silence it is believed gone.
pub(crate) const SAY_EVERY: Duration = Duration::from_secs(10);
const GONE_AFTER: Duration = Duration::from_secs(30);

/// Who is there, here and elsewhere.
#[derive(Debug)]
pub(crate) struct People {
    /// This node.
    pub(crate) node: NodeId,
    /// Guards everybody; never held across an await.
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    here: HashMap<UserId, Person>,
    elsewhere: HashMap<NodeId, Node>,
    /// Whose availability may have changed since it was shown.
    changed: BTreeSet<UserId>,
    /// What was shown last, of everybody who is not offline.
    shown: BTreeMap<UserId, Presence>,
}

#[derive(Debug, Default)]
struct Person {
    name: Option<String>,
    teams: Vec<TeamId>,
    sockets: HashMap<SocketId, Availability>,
}

#[derive(Debug)]
struct Node {
    heard: Instant,
    people: HashMap<UserId, Presence>,
}

impl People {
    pub(crate) fn new() -> Self {
        Self { node: NodeId::new(), known: Mutex::default() }
    }

    /// Sets the availability of one socket of `actor`; offline when the socket is gone. Other nodes hear of it at once,
    /// sockets with the next [`People::show`].
    pub(crate) fn set(&self, signals: &Signals, actor: &Actor, socket: SocketId, availability: Availability) {
        let user = actor.user_id();
        let mut known = self.lock();
        let before = known.here.get(&user).map(Person::availability);
        let person = known.here.entry(user).or_default();
        person.name.clone_from(&actor.name);
        person.teams = actor.teams.iter().copied().collect();
        if availability == Availability::Offline {
            person.sockets.remove(&socket);
        } else {
            person.sockets.insert(socket, availability);
        }
        let presence = person.presence(user);
        if person.sockets.is_empty() {
            known.here.remove(&user);
        }
        known.changed.insert(user);
        drop(known);
        if before != Some(presence.availability) {
            signals.announce(Notice::PresenceChanged { node: self.node, presence });
        }
    }

    /// Takes note of what another node said.
    pub(crate) fn hear(&self, signals: &Signals, notice: Notice) {
        let mut known = self.lock();
        match notice {
            Notice::Present(roster) if roster.node != self.node => {
                let people: HashMap<_, _> = roster.people.into_iter().map(|person| (person.user, person)).collect();
                known.changed.extend(people.keys().copied());
                let old = known.elsewhere.insert(roster.node, Node { heard: Instant::now(), people });
                known.changed.extend(old.into_iter().flat_map(|old| old.people.into_keys()));
            }
            Notice::PresenceChanged { node, presence } if node != self.node => {
                let user = presence.user;
                let there = known
                    .elsewhere
                    .entry(node)
                    .or_insert_with(|| Node { heard: Instant::now(), people: HashMap::new() });
                there.heard = Instant::now();
                if presence.availability == Availability::Offline {
                    there.people.remove(&user);
                } else {
                    there.people.insert(user, presence);
                }
                known.changed.insert(user);
            }
            Notice::StillHere { node } if node != self.node => {
                let Some(there) = known.elsewhere.get_mut(&node) else {
                    drop(known);
                    // A stranger: ask everybody who is there.
                    signals.announce(Notice::WhoIsThere);
                    return;
                };
                there.heard = Instant::now();
            }
            _ => {}
        }
    }

    /// Forgets nodes that fell silent.
    pub(crate) fn expire(&self) {
        let now = Instant::now();
        let mut known = self.lock();
        let gone: Vec<Node> =
            known.elsewhere.extract_if(|_, node| node.heard + GONE_AFTER < now).map(|(_, node)| node).collect();
        known.changed.extend(gone.into_iter().flat_map(|node| node.people.into_keys()));
    }

    /// Shows what changed since the last time.
    pub(crate) fn show(&self, realtime: &Realtime) {
        let (changes, online, away) = {
            let mut known = self.lock();
            let changes = known.changes();
            let online = known.shown.values().filter(|person| person.availability == Availability::Online);
            let online: HashSet<UserId> = online.map(|person| person.user).collect();
            let away = known.shown.values().filter(|person| person.availability == Availability::Away);
            let away: HashSet<UserId> = away.map(|person| person.user).collect();
            (changes, online, away)
        };
        if changes.is_empty() {
            return;
        }
        // Others give work to who is there.
        let directory = realtime.gate.directory.load();
        directory.online.replace(online);
        directory.online.replace_away(away);
        let now = realtime.gate.clock.now();
        realtime.registry.distribute(changes.into_iter().map(|presence| frame(now, presence)).collect(), None);
    }

    /// Everybody who is connected to this node.
    pub(crate) fn roster(&self) -> Notice {
        let known = self.lock();
        let people = known.here.iter().map(|(user, person)| person.presence(*user)).collect();
        Notice::Present(Roster { node: self.node, people })
    }

    /// Everybody who is there, on any node.
    pub(crate) fn all(&self) -> Vec<Presence> {
        self.lock().shown.values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Person {
    fn availability(&self) -> Availability {
        best(self.sockets.values().copied())
    }

    fn presence(&self, user: UserId) -> Presence {
        Presence { user, name: self.name.clone(), teams: self.teams.clone(), availability: self.availability() }
    }
}

/// Online beats away, away beats offline: the order in which the words are declared.
fn best(all: impl Iterator<Item = Availability>) -> Availability {
    all.min().unwrap_or(Availability::Offline)
}

impl Known {
    /// Works out what everybody who changed is over all nodes, and gives back what is new.
    fn changes(&mut self) -> Vec<Presence> {
        let mut changes = Vec::new();
        for user in std::mem::take(&mut self.changed) {
            let here = self.here.get(&user).map(|person| person.presence(user));
            let there = self.elsewhere.values().filter_map(|node| node.people.get(&user).cloned());
            let everywhere: Vec<Presence> = here.into_iter().chain(there).collect();
            let availability = best(everywhere.iter().map(|presence| presence.availability));
            let shown = self.shown.get(&user).cloned();
            let was = shown.as_ref().map_or(Availability::Offline, |shown| shown.availability);
            let Some(describes) = everywhere.into_iter().next().or(shown) else { continue };
            let presence = Presence { availability, ..describes };
            if availability == Availability::Offline {
                self.shown.remove(&user);
            } else {
                self.shown.insert(user, presence.clone());
            }
            if was != availability {
                changes.push(presence);
            }
        }
        changes
    }
}

fn frame(now: DateTime<Utc>, presence: Presence) -> (Subject, Frame) {
    let data = json!({
        "user": { "id": presence.user, "name": presence.name },
        "status": presence.availability,
    });
    let subject = Subject {
        audience: Audience::default(),
        conversation: None,
        ticket: None,
        about: About::Person { user: presence.user, teams: presence.teams },
    };
    (subject, Frame::passing("agent.presence", now, &data))
}
