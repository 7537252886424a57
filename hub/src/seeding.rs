//! Fills a database with conversations that never were: for measuring, and for looking at reports with something in them.
//! They carry no events, no jobs and no provider's ids: nobody is called for them, and nothing is sent.

use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::channel::{Channel, Direction, SenderType};
use patchbay_core::conversation::{CloseReason, ConversationStatus, Priority};
use patchbay_core::delivery::DeliveryStatus;
use patchbay_core::ids::{ContactId, ConversationId, InboxId, MessageId, TeamId, UserId};
use patchbay_core::item::ContentType;
use patchbay_core::role::Role;
use patchbay_store::contacts::{NewContact, NewIdentity};
use patchbay_store::conversations::ConversationRow;
use patchbay_store::inboxes::InboxRow;
use patchbay_store::messages::MessageRow;
use patchbay_store::search::{self, NewDocument};
use patchbay_store::users::{self, UserRow};
use patchbay_store::{Db, StoreError, Tx, contacts, conversations, messages, teams};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;

use crate::administration::{STANDARD_TEAMS, ensure_standard_teams};
use crate::months;
use crate::reports::rollup;

/// Messages that are written in one transaction, about.
const BATCH: usize = 4_000;
/// Agents that answer.
const AGENTS: usize = 8;
/// Messages of one conversation, at most.
const LONGEST: u64 = 18;
/// A conversation that began before then is over.
const OVER_AFTER: TimeDelta = TimeDelta::days(2);

/// Seconds by which conversations begin out of turn.
const JITTER: i64 = 600;

const CHANNELS: [Channel; 4] = [Channel::Whatsapp, Channel::Sms, Channel::Email, Channel::Chat];
const WORDS: [&str; 24] = [
    "heating", "door", "invoice", "key", "tomorrow", "please", "order", "window", "leak", "technician", "morning",
    "broken", "thanks", "address", "delivery", "payment", "elevator", "battery", "parking", "signal", "garage",
    "meter", "filter", "again",
];
const SYLLABLES: [&str; 16] =
    ["ba", "do", "fi", "ka", "lu", "me", "no", "pi", "ra", "so", "tu", "va", "ze", "gri", "sho", "bel"];
const NAMES: [&str; 8] = ["Dana", "Robin", "Sam", "Alex", "Maya", "Noor", "Luis", "Ines"];

/// What to write.
#[derive(Clone, Copy, Debug)]
pub struct Seeding {
    /// How many messages.
    pub messages: u64,
    /// Over how many days up to now they are spread.
    pub days: u32,
    /// Where chance begins: the same number writes the same conversations.
    pub chance: u64,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seeded {
    /// Messages.
    pub messages: u64,
    /// Conversations they belong to.
    pub conversations: u64,
}

/// Where conversations happen and who answers.
struct Stage {
    inboxes: Vec<(InboxId, Channel)>,
    teams: Vec<TeamId>,
    agents: Vec<UserId>,
}

/// Writes conversations; `progress` is told how many messages are written so far.
pub async fn seed(
    db: &Db,
    now: DateTime<Utc>,
    seeding: Seeding,
    mut progress: impl FnMut(u64),
) -> Result<Seeded, StoreError> {
    ensure_standard_teams(db, now).await?;
    months::make(db, now - TimeDelta::days(seeding.days.into()), now).await?;
    let stage = stage(db, now).await?;
    let mut chance = StdRng::seed_from_u64(seeding.chance);
    let mut seeded = Seeded::default();
    while seeded.messages < seeding.messages {
        let mut batch = Batch::default();
        while batch.messages.len() < BATCH {
            let left = seeding.messages - seeded.messages - batch.messages.len() as u64;
            if left == 0 {
                break;
            }
            let began = began(&mut chance, now, seeding, seeding.messages - left);
            batch.add(&stage, &mut chance, (began, now), left);
        }
        let mut tx = db.begin().await?;
        batch.write(&mut tx, now).await?;
        let written: Vec<ConversationId> = batch.conversations.iter().map(|row| row.id).collect();
        rollup::take(&mut tx, &written).await?;
        tx.commit().await?;
        seeded.messages += batch.messages.len() as u64;
        seeded.conversations += batch.conversations.len() as u64;
        progress(seeded.messages);
    }
    // Nothing tells the roll-ups of what was written here.
    while rollup::roll_up(db, now, 1_000).await? > 0 {}
    Ok(seeded)
}

/// Sees to it that there are inboxes and agents; those of an earlier run are taken again. The inboxes are switched off:
/// they take and send nothing.
async fn stage(db: &Db, now: DateTime<Utc>) -> Result<Stage, StoreError> {
    let mut tx = db.begin().await?;
    let mut of_teams = Vec::new();
    for (slug, _) in STANDARD_TEAMS {
        of_teams.extend(teams::by_slug(&mut tx, slug).await?.map(|team| team.id));
    }
    let known = patchbay_store::inboxes::all(&mut tx).await?;
    let mut inboxes = Vec::new();
    for channel in CHANNELS {
        let name = format!("seed-{channel}");
        let id = if let Some(known) = known.iter().find(|inbox| inbox.name == name) {
            known.id
        } else {
            let row = InboxRow {
                id: InboxId::new(),
                settings: json!({ "name": name, "channel": channel.as_str() }),
                name,
                channel,
                address: String::new(),
                team_id: of_teams.first().copied(),
                account_id: None,
                triage: "direct".into(),
                provider: "unserved".into(),
                origin: "api".into(),
                is_active: false,
                version: 1,
                created_at: now,
                updated_at: now,
            };
            patchbay_store::inboxes::insert(&mut tx, &row).await?;
            row.id
        };
        inboxes.push((id, channel));
    }
    let mut agents = Vec::new();
    for place in 0..AGENTS {
        let email = format!("seed-agent-{place}@seed.invalid");
        let row = UserRow {
            id: UserId::new(),
            email: email.clone(),
            full_name: format!("Seed agent {place}"),
            // Lets nobody in.
            password_hash: "!".into(),
            role: Role::SupportAgent,
            is_active: true,
            max_concurrent_conversations: 1_000,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        if users::insert_if_new(&mut tx, &row).await? {
            if let Some(team) = of_teams.get(place % of_teams.len().max(1)) {
                teams::add_member(&mut tx, *team, row.id, now).await?;
            }
            agents.push(row.id);
        } else {
            agents.extend(users::by_email(&mut tx, &email).await?.map(|known| known.id));
        }
    }
    tx.commit().await?;
    Ok(Stage { inboxes, teams: of_teams, agents })
}

/// What one transaction writes.
#[derive(Default)]
struct Batch {
    contacts: Vec<NewContact>,
    identities: Vec<NewIdentity>,
    conversations: Vec<ConversationRow>,
    messages: Vec<MessageRow>,
    documents: Vec<NewDocument>,
}

/// When the next conversation began, after so many messages: one after the other over the days, as they do.
fn began(chance: &mut StdRng, now: DateTime<Utc>, seeding: Seeding, written: u64) -> DateTime<Utc> {
    let reach = i128::from(seeding.days.max(1)) * 86_400;
    let gone = reach * i128::from(written) / i128::from(seeding.messages.max(1));
    let since = i64::try_from(reach - gone).unwrap_or(0);
    now - TimeDelta::seconds(since.saturating_sub(chance.random_range(0..JITTER)).max(0))
}

fn one<T: Copy>(chance: &mut StdRng, of: &[T]) -> Option<T> {
    if of.is_empty() { None } else { of.get(chance.random_range(0..of.len())).copied() }
}

impl Batch {
    /// A conversation of at most `most` messages.
    fn add(&mut self, stage: &Stage, chance: &mut StdRng, (began, now): (DateTime<Utc>, DateTime<Utc>), most: u64) {
        let Some((inbox, channel)) = one(chance, &stage.inboxes) else { return };
        let (id, contact) = (ConversationId::new(), ContactId::new());
        let name = format!("{} {}", one(chance, &NAMES).unwrap_or("Dana"), chance.random_range(1_000..10_000));
        let number = contact.0.as_u128() % 1_000_000_000_000_000;
        let address = match channel {
            Channel::Email => format!("seed-{number:015}@seed.invalid"),
            Channel::Chat => format!("seed-{number:015}"),
            _ => format!("+0{number:015}"),
        };
        let agent = one(chance, &stage.agents);
        // Most are answered within minutes, some within hours.
        let base = 20.0 * 1.4_f64.powf(chance.random_range(0.0..20.0));
        #[expect(clippy::cast_possible_truncation, reason = "some hours in seconds")]
        let answer_after = TimeDelta::seconds(base as i64);
        let mut row = ConversationRow {
            id,
            inbox_id: inbox,
            channel,
            contact_id: contact,
            contact_name: name.clone(),
            contact_address: address.clone(),
            status: ConversationStatus::Queued,
            priority: one(chance, Priority::ALL).unwrap_or(Priority::Normal),
            subject: None,
            team_id: one(chance, &stage.teams),
            assigned_to: None,
            previous_assignee: None,
            previous_conversation_id: None,
            last_seq: 0,
            inbound_count: 0,
            read_inbound_count: 0,
            tags: json!([]),
            last_message_id: None,
            last_message_at: began,
            last_inbound_at: Some(began),
            last_outbound_at: None,
            first_response_at: None,
            waiting_since: Some(began),
            window_expires_at: None,
            snoozed_until: None,
            closed_at: None,
            closed_by: None,
            close_reason: None,
            version: 1,
            created_at: began,
            updated_at: began,
            sla: None,
        };
        let count = chance.random_range(2..=LONGEST).min(most);
        let mut at = began;
        for seq in 1..=count {
            let is_ours = seq % 2 == 0;
            if seq > 1 {
                at += if seq == 2 { answer_after } else { TimeDelta::seconds(chance.random_range(5..900)) };
            }
            // What would lie in the future has not been written.
            at = at.min(now);
            let text = text(chance);
            self.documents.push(NewDocument { conversation_id: Some(id), contact_id: None, body: text.clone() });
            let message = message(&mut row, (is_ours, agent), at, text);
            self.messages.push(message);
        }
        if began < now - OVER_AFTER || chance.random_bool(0.3) {
            row.status = ConversationStatus::Closed;
            row.closed_at = Some((at + TimeDelta::seconds(chance.random_range(1..3_600))).min(now));
            row.closed_by = agent;
            row.close_reason = one(chance, CloseReason::ALL);
            row.waiting_since = None;
        }
        self.documents.push(NewDocument {
            conversation_id: None,
            contact_id: Some(contact),
            body: format!("{name} {address}"),
        });
        self.contacts.push(NewContact { id: contact, account_id: None, display_name: name });
        self.identities.push(NewIdentity { contact_id: contact, channel, address, linked_by: "inbound" });
        self.conversations.push(row);
    }

    async fn write(&self, tx: &mut Tx, now: DateTime<Utc>) -> Result<(), StoreError> {
        contacts::insert(tx, &self.contacts, now).await?;
        contacts::insert_identities(tx, &self.identities, now).await?;
        conversations::insert(tx, &self.conversations).await?;
        messages::insert(tx, &self.messages).await?;
        conversations::update(tx, &self.conversations).await?;
        search::add(tx, &self.documents).await
    }
}

/// The next message of a conversation, which knows of it then.
fn message(
    row: &mut ConversationRow,
    (is_ours, agent): (bool, Option<UserId>),
    at: DateTime<Utc>,
    text: String,
) -> MessageRow {
    row.last_seq += 1;
    row.last_message_at = at;
    row.updated_at = at;
    if is_ours {
        row.assigned_to = agent;
        row.first_response_at = row.first_response_at.or(Some(at));
        row.last_outbound_at = Some(at);
        row.read_inbound_count = row.inbound_count;
        row.waiting_since = None;
        row.status = ConversationStatus::PendingCustomer;
    } else {
        row.inbound_count += 1;
        row.last_inbound_at = Some(at);
        row.waiting_since = row.waiting_since.or(Some(at));
        if row.assigned_to.is_some() {
            row.status = ConversationStatus::PendingAgent;
        }
    }
    let id = MessageId::new();
    row.last_message_id = Some(id);
    MessageRow {
        id,
        conversation_id: row.id,
        seq: row.last_seq,
        inbox_id: row.inbox_id,
        channel: row.channel,
        channel_message_id: None,
        client_message_id: None,
        direction: if is_ours { Direction::Outbound } else { Direction::Inbound },
        sender_type: if is_ours { SenderType::Agent } else { SenderType::Customer },
        sender_id: agent.filter(|_| is_ours).map(Into::into),
        sender_name: None,
        content_type: ContentType::Text,
        text: Some(text),
        content: json!({ "media": [], "metadata": {} }),
        reply_to: None,
        status: if is_ours { DeliveryStatus::Delivered } else { DeliveryStatus::Received },
        error: None,
        metadata: json!({}),
        occurred_at: at,
        sent_at: None,
        delivered_at: None,
        read_at: None,
        failed_at: None,
        version: 1,
        created_at: at,
    }
}

fn text(chance: &mut StdRng) -> String {
    let words = chance.random_range(3..14);
    (0..words).map(|_| word(chance)).collect::<Vec<String>>().join(" ")
}

/// Mostly one of the few words that all use, else one of four thousand, of which some are a hundred times as frequent as
/// others.
fn word(chance: &mut StdRng) -> String {
    if chance.random_bool(0.6) {
        return one(chance, &WORDS).unwrap_or("please").to_owned();
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 4,096")]
    let rank = (4_096.0 * chance.random_range(0.0..1.0_f64).powi(3)) as usize;
    [rank, rank / 16, rank / 256].map(|place| SYLLABLES.get(place % 16).copied().unwrap_or("la")).concat()
}
