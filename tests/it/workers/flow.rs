//! What the tests of triage, assignment and service levels stand on, beside the world of the workers.

use std::collections::HashSet;
use std::sync::Arc;

use patchbay_core::channel::{Channel, Direction};
use patchbay_core::directory::Directory;
use patchbay_core::ids::{ConversationId, TeamId, UserId};
use patchbay_core::inbox::{Inbox, Triage};
use patchbay_core::role::Role;
use patchbay_hub::{administration, directory};
use patchbay_store::conversations::ConversationRow;
use patchbay_store::feed::{self, Position};
use patchbay_store::inbox_views::{self, Filter, Visible};
use patchbay_store::users::UserRow;
use patchbay_store::{conversations, messages, teams, users};
use serde_json::Value;

use super::world::World;

pub(super) const DANA: &str = "+15550107788";

impl World {
    /// Takes over what the database says of teams, people, rules and policies; the inboxes stay.
    pub(super) async fn learn(&self) {
        let fresh = directory::read(&self.db, &self.clock).await.expect("the directory");
        let known = self.receiver.directory.load_full();
        let next = Directory { inboxes: known.inboxes.clone(), online: known.online.clone(), ..fresh };
        self.receiver.directory.store(Arc::new(next));
    }

    /// The standard teams; the inbox for SMS is of `support` and does `triage`.
    pub(super) async fn staff(&self, triage: Triage) {
        administration::ensure_standard_teams(&self.db, self.clock.now()).await.expect("teams");
        self.learn().await;
        let mut next = Directory::clone(&self.receiver.directory.load_full());
        let support = next.team("support").expect("a team").id;
        let inbox = Inbox { team_id: Some(support), triage, ..Inbox::clone(&next.inboxes[&self.sms]) };
        next.inboxes.insert(self.sms, Arc::new(inbox));
        self.receiver.directory.store(Arc::new(next));
    }

    pub(super) fn team(&self, slug: &str) -> TeamId {
        self.receiver.directory.load().team(slug).expect("a team").id
    }

    /// Says that a team is there always.
    pub(super) async fn open_always(&self, slug: &str) {
        self.change_team(slug, |row| {
            let day = |weekday| serde_json::json!({ "weekday": weekday, "open": "00:00", "close": "24:00" });
            row.business_hours = (0..7).map(day).collect();
        })
        .await;
    }

    pub(super) async fn change_team(&self, slug: &str, change: impl FnOnce(&mut teams::TeamRow)) {
        let mut tx = self.db.begin().await.expect("a transaction");
        let mut row = teams::by_slug(&mut tx, slug).await.expect("an answer").expect("a team");
        change(&mut row);
        teams::update(&mut tx, &row).await.expect("a change");
        tx.commit().await.expect("a commit");
        self.learn().await;
    }

    /// An agent of a team who is there.
    pub(super) async fn agent(&self, slug: &str, capacity: i64, number: usize) -> UserId {
        let now = self.clock.now();
        let row = UserRow {
            id: UserId::new(),
            email: format!("agent{number}@demo.test"),
            full_name: format!("Agent {number}"),
            password_hash: "!".into(),
            role: Role::SupportAgent,
            is_active: true,
            max_concurrent_conversations: capacity,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let mut tx = self.db.begin().await.expect("a transaction");
        users::insert(&mut tx, &row).await.expect("a user");
        teams::add_member(&mut tx, self.team(slug), row.id, now).await.expect("a member");
        tx.commit().await.expect("a commit");
        self.learn().await;
        row.id
    }

    pub(super) fn come(&self, users: &[UserId]) {
        self.receiver.directory.load().online.replace(users.iter().copied().collect::<HashSet<_>>());
    }

    /// Dana says something by SMS, a second after the last thing, and all that follows is done.
    pub(super) async fn hear(&self, text: &str) -> ConversationRow {
        self.advance(1);
        self.fakes.say(DANA, Channel::Sms, text).expect("a phone");
        self.settle().await;
        self.drain().await;
        self.newest().await
    }

    pub(super) async fn newest(&self) -> ConversationRow {
        let filter = Filter { visible: Visible::All, ..Filter::default() };
        let mut tx = self.db.read().await.expect("a connection");
        inbox_views::page(&mut tx, &filter, None, None, 1).await.expect("an answer").remove(0)
    }

    pub(super) async fn row_of(&self, id: ConversationId) -> ConversationRow {
        let mut tx = self.db.read().await.expect("a connection");
        conversations::by_id(&mut tx, id).await.expect("an answer").expect("the conversation")
    }

    /// What we said in a conversation, in order.
    pub(super) async fn said(&self, id: ConversationId) -> Vec<String> {
        let mut tx = self.db.read().await.expect("a connection");
        let rows = messages::page_after(&mut tx, id, 0, 100).await.expect("an answer");
        rows.into_iter().filter(|row| row.direction == Direction::Outbound).filter_map(|row| row.text).collect()
    }

    /// The data of all events of a name, in order.
    pub(super) async fn told(&self, name: &str) -> Vec<Value> {
        let mut tx = self.db.read().await.expect("a connection");
        // PostgreSQL hands out what is settled: other tests' transactions hold it back for a moment.
        let events = loop {
            let batch = feed::after(&mut tx, Position::START, 1_000).await.expect("an answer");
            if !batch.unsettled {
                break batch.events;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        };
        let data = |payload: &str| serde_json::from_str(payload).expect("JSON");
        events.iter().filter(|event| event.name == name).map(|event| data(&event.payload)).collect()
    }

    /// The codes of all alerts, in order.
    pub(super) async fn alerts(&self) -> Vec<String> {
        let told = self.told("alert.raised").await;
        told.iter().filter_map(|data| data["alert"]["code"].as_str().map(str::to_owned)).collect()
    }
}
