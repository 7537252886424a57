//! Who is there: the best of a person's sockets, over all nodes. A node that falls silent takes its people with it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use patchbay_core::actor::Actor;
use patchbay_core::event::Audience;
use patchbay_core::ids::{NodeId, SocketId, TeamId, UserId};
use patchbay_core::notice::{Availability, Notice, Presence, Roster};
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
    /// What was shown last, of everybody who is not offline.
    shown: BTreeMap<UserId, Presence>,
}

#[derive(Debug)]
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

    /// Sets the availability of one socket of `actor`; offline when the socket is gone.
    pub(crate) fn set(&self, realtime: &Realtime, actor: &Actor, socket: SocketId, availability: Availability) {
        let user = actor.user_id();
        let mut known = self.lock();
        let before = known.here.get(&user).map(Person::availability);
        let person =
            known.here.entry(user).or_insert_with(|| Person { name: None, teams: Vec::new(), sockets: HashMap::new() });
        person.name.clone_from(&actor.name);
        person.teams = actor.teams.iter().copied().collect();
        if availability == Availability::Offline {
            person.sockets.remove(&socket);
        } else {
            person.sockets.insert(socket, availability);
        }
        let after = person.availability();
        let presence = Presence { user, name: person.name.clone(), teams: person.teams.clone(), availability: after };
        if person.sockets.is_empty() {
            known.here.remove(&user);
        }
        let changes = known.changes(BTreeSet::from([user]), Some(&presence));
        drop(known);
        if before != Some(after) {
            realtime.db.signals().announce(Notice::PresenceChanged { node: self.node, presence });
        }
        show(realtime, changes);
    }

    /// Takes note of what another node said.
    pub(crate) fn hear(&self, realtime: &Realtime, notice: Notice) {
        let mut known = self.lock();
        let changes = match notice {
            Notice::Present(roster) if roster.node != self.node => {
                let people: HashMap<_, _> = roster.people.into_iter().map(|person| (person.user, person)).collect();
                let mut users: BTreeSet<UserId> = people.keys().copied().collect();
                let heard = Instant::now();
                let old = known.elsewhere.insert(roster.node, Node { heard, people });
                users.extend(old.into_iter().flat_map(|old| old.people.into_keys()));
                known.changes(users, None)
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
                    there.people.insert(user, presence.clone());
                }
                known.changes(BTreeSet::from([user]), Some(&presence))
            }
            Notice::StillHere { node } if node != self.node => {
                let Some(there) = known.elsewhere.get_mut(&node) else {
                    drop(known);
                    // A stranger: ask everybody who is there.
                    realtime.db.signals().announce(Notice::WhoIsThere);
                    return;
                };
                there.heard = Instant::now();
                Vec::new()
            }
            _ => Vec::new(),
        };
        drop(known);
        show(realtime, changes);
    }

    /// Forgets nodes that fell silent.
    pub(crate) fn expire(&self, realtime: &Realtime) {
        let now = Instant::now();
        let mut known = self.lock();
        let users: BTreeSet<UserId> = known
            .elsewhere
            .extract_if(|_, node| node.heard + GONE_AFTER < now)
            .flat_map(|(_, node)| node.people.into_keys())
            .collect();
        let changes = known.changes(users, None);
        drop(known);
        show(realtime, changes);
    }

    /// Everybody who is connected to this node.
    pub(crate) fn roster(&self) -> Notice {
        let known = self.lock();
        let people = known
            .here
            .iter()
            .map(|(user, person)| Presence {
                user: *user,
                name: person.name.clone(),
                teams: person.teams.clone(),
                availability: person.availability(),
            })
            .collect();
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
}

/// Online beats away, away beats offline: the order in which the words are declared.
fn best(all: impl Iterator<Item = Availability>) -> Availability {
    all.min().unwrap_or(Availability::Offline)
}

impl Known {
    /// Works out what `users` are over all nodes, and gives back what is new. `hint` describes somebody who may be
    /// known nowhere any more.
    fn changes(&mut self, users: BTreeSet<UserId>, hint: Option<&Presence>) -> Vec<Presence> {
        let mut changes = Vec::new();
        for user in users {
            let here = self.here.get(&user).map(|person| Presence {
                user,
                name: person.name.clone(),
                teams: person.teams.clone(),
                availability: person.availability(),
            });
            let there = self.elsewhere.values().filter_map(|node| node.people.get(&user).cloned());
            let everywhere: Vec<Presence> = here.into_iter().chain(there).collect();
            let availability = best(everywhere.iter().map(|presence| presence.availability));
            let shown = self.shown.get(&user).cloned();
            let Some(describes) = everywhere.into_iter().next().or_else(|| hint.cloned()).or_else(|| shown.clone())
            else {
                continue;
            };
            let presence = Presence { availability, ..describes };
            if availability == Availability::Offline {
                self.shown.remove(&user);
            } else {
                self.shown.insert(user, presence.clone());
            }
            if shown.map_or(Availability::Offline, |shown| shown.availability) != availability {
                changes.push(presence);
            }
        }
        changes
    }
}

fn show(realtime: &Realtime, changes: Vec<Presence>) {
    if changes.is_empty() {
        return;
    }
    let now = realtime.gate.clock.now();
    let frames = changes
        .into_iter()
        .map(|presence| {
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
        })
        .collect();
    realtime.registry.distribute(frames, None);
}
