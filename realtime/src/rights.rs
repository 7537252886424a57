//! Who may see what: asked for every event, and for every topic when it is subscribed to.

use patchbay_core::actor::Actor;
use patchbay_core::directory::Directory;
use patchbay_core::event::Audience;
use patchbay_core::ids::{TeamId, UserId};
use patchbay_core::role::Role;
use patchbay_store::{Db, StoreError, queues};

use crate::frame::{About, Subject};
use crate::topic::Topic;

/// Whether `actor` may know of `subject`.
pub(crate) fn may_know(actor: &Actor, subject: &Subject) -> bool {
    match &subject.about {
        About::Work | About::Alert => subject.audience.includes(actor),
        About::Private { user } => *user == Some(actor.user_id()),
        About::Person { user, teams } => may_know_person(actor, *user, teams),
    }
}

/// Whether `actor` may know how available a person is: oneself, people of own teams, everybody for who sees everything.
pub(crate) fn may_know_person(actor: &Actor, user: UserId, teams: &[TeamId]) -> bool {
    sees_everything(actor)
        || actor.user_id() == user
        || (actor.role.works_conversations() && teams.iter().any(|team| actor.teams.contains(team)))
}

/// Whether no conversation is hidden from `actor`.
pub(crate) fn sees_everything(actor: &Actor) -> bool {
    matches!(actor.role, Role::Admin | Role::Auditor | Role::System)
}

/// Whether the availability of `actor` is anybody's concern.
pub(crate) fn is_present(actor: &Actor) -> bool {
    actor.role.works_conversations() || actor.role == Role::Dispatcher
}

/// Whether `actor` may subscribe to `topic`. What does not exist is refused like what is hidden.
pub(crate) async fn may_follow(
    actor: &Actor,
    topic: Topic,
    directory: &Directory,
    db: &Db,
) -> Result<bool, StoreError> {
    Ok(match topic {
        Topic::Alerts => sees_everything(actor) || actor.role.leads() || actor.role == Role::Dispatcher,
        Topic::User(user) => sees_everything(actor) || actor.user_id() == user,
        Topic::Team(team) => {
            sees_everything(actor) || (actor.role.works_conversations() && actor.teams.contains(&team))
        }
        Topic::Inbox(inbox) => directory.inboxes.get(&inbox).is_some_and(|inbox| {
            sees_everything(actor)
                || (actor.role.works_conversations() && inbox.team_id.is_some_and(|team| actor.teams.contains(&team)))
        }),
        Topic::Conversation(conversation) => {
            let mut tx = db.read().await?;
            queues::audience_of_conversation(&mut tx, conversation)
                .await?
                .is_some_and(|audience: Audience| audience.includes(actor))
        }
        Topic::Ticket(ticket) => {
            let mut tx = db.read().await?;
            queues::audiences_of_ticket(&mut tx, ticket).await?.iter().any(|audience| audience.includes(actor))
        }
    })
}

/// The topics a socket of `actor` could subscribe to without asking about single conversations.
pub(crate) fn own_topics(actor: &Actor, directory: &Directory) -> Vec<String> {
    let teams: Vec<TeamId> = if sees_everything(actor) {
        directory.teams.keys().copied().collect()
    } else if actor.role.works_conversations() {
        actor.teams.iter().copied().collect()
    } else {
        Vec::new()
    };
    let mut topics = vec![Topic::User(actor.user_id())];
    topics.extend(teams.into_iter().map(Topic::Team));
    if sees_everything(actor) || actor.role.leads() || actor.role == Role::Dispatcher {
        topics.push(Topic::Alerts);
    }
    topics.into_iter().map(|topic| topic.name(directory)).collect()
}
