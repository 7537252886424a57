//! Something to look at: teams, people, places, answers, templates and inboxes for `serve --demo`. Running it again changes
//! nothing that is there.

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;
use chrono::{DateTime, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::ids::{CannedResponseId, TemplateId, UserId};
use patchbay_core::role::Role;
use patchbay_core::template::{TemplateCategory, TemplateStatus, count_parameters};
use patchbay_store::canned_responses::{self, CannedResponseRow};
use patchbay_store::templates::{self, TemplateRow};
use patchbay_store::users::{self, UserRow};
use patchbay_store::{Db, StoreError, Tx, inboxes, teams};
use serde::Serialize;
use serde_json::json;

use super::demo_directory::{seed_directory, seed_ranking};
use super::demo_places::seed_places;
use super::start::{STANDARD_TEAMS, StartError, new_team, store_inboxes};
use crate::directory::{DEFAULT_CAPACITY, InboxSettings};

/// The password of every demo user. Only for a demo, which listens on this machine.
const DEMO_PASSWORD: &str = "patchbay-demo";

/// E-mail address, name, role and teams of the demo users.
const PEOPLE: [(&str, &str, Role, &[&str]); 5] = [
    ("admin@demo.test", "Ada Admin", Role::Admin, &["support", "sales", "customer_service", "dispatch"]),
    ("supervisor@demo.test", "Sam Supervisor", Role::Supervisor, &["support", "sales", "customer_service", "dispatch"]),
    ("maya@demo.test", "Maya Martin", Role::SupportAgent, &["support", "sales"]),
    ("alex@demo.test", "Alex Adler", Role::SupportAgent, &["support", "customer_service"]),
    ("dispatcher@demo.test", "Dana Dispatch", Role::Dispatcher, &["dispatch"]),
];

/// Team (none: everybody's), shortcut, title and text of the demo's canned responses.
const ANSWERS: [(Option<&str>, &str, &str, &str); 5] = [
    (None, "hello", "Greeting", "Hello! Thanks for writing. How can we help?"),
    (None, "moment", "One moment", "One moment please, I am looking into it."),
    (None, "bye", "Goodbye", "Thank you, and have a good day!"),
    (
        Some("support"),
        "photo",
        "Ask for a photo",
        "Could you send a photo of the problem, and of the label if there is one?",
    ),
    (Some("support"), "address", "Ask for the address", "At which address is it, and who can let our technician in?"),
];

/// Name, language, category and text of the demo's WhatsApp templates; the simulator knows the same.
const TEMPLATES: [(&str, &str, TemplateCategory, &str); 2] = [
    ("hello_world", "en_US", TemplateCategory::Utility, "Hello! Write to us here whenever you need us."),
    (
        "appointment_update",
        "en_US",
        TemplateCategory::Utility,
        "Hello {{1}}, your appointment is on {{2}}. Reply to change it.",
    ),
];

/// Why the demo could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The store did not do it.
    #[error("the demo's rows could not be stored")]
    Store(#[from] StoreError),
    /// The inboxes do not fit.
    #[error("the demo's inboxes could not be stored")]
    Inboxes(#[from] StartError),
    /// The password could not be hashed.
    #[error("the demo's password could not be hashed")]
    Password,
}

/// Somebody who can sign in to a demo. Public: the sign-in page of a demo offers it to whoever looks.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct DemoPerson {
    /// E-mail address.
    pub email: &'static str,
    /// Password; the same for all.
    pub password: &'static str,
    /// Full name.
    pub name: &'static str,
    /// Role.
    pub role: Role,
}

/// Sets the demo up. `inboxes` are those that the simulator serves. Tells who can sign in.
pub async fn seed_demo(db: &Db, inboxes: &[InboxSettings], now: DateTime<Utc>) -> Result<Vec<DemoPerson>, DemoError> {
    seed_people(db, now).await?;
    store_inboxes(db, inboxes, now).await?;
    let mut tx = db.begin().await?;
    seed_places(&mut tx, now).await?;
    seed_directory(&mut tx, now).await?;
    seed_ranking(&mut tx, now).await?;
    seed_answers(&mut tx, now).await?;
    seed_templates(&mut tx, now).await?;
    tx.commit().await?;
    let people = PEOPLE.iter();
    Ok(people.map(|&(email, name, role, _)| DemoPerson { email, password: DEMO_PASSWORD, name, role }).collect())
}

async fn seed_people(db: &Db, now: DateTime<Utc>) -> Result<(), DemoError> {
    let missing = {
        let mut tx = db.read().await?;
        let mut missing = Vec::new();
        for person in PEOPLE {
            if users::by_email(&mut tx, person.0).await?.is_none() {
                missing.push(person);
            }
        }
        missing
    };
    let hash = if missing.is_empty() { String::new() } else { hash_demo_password().await? };
    let mut tx = db.begin().await?;
    for (slug, name) in STANDARD_TEAMS {
        teams::insert_if_new(&mut tx, &new_team(slug, name, now)).await?;
    }
    for (email, full_name, role, slugs) in missing {
        let row = UserRow {
            id: UserId::new(),
            email: email.to_owned(),
            full_name: full_name.to_owned(),
            password_hash: hash.clone(),
            role,
            is_active: true,
            max_concurrent_conversations: DEFAULT_CAPACITY,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        if !users::insert_if_new(&mut tx, &row).await? {
            continue;
        }
        for slug in slugs {
            if let Some(team) = teams::by_slug(&mut tx, slug).await? {
                teams::add_member(&mut tx, team.id, row.id, now).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(())
}

async fn hash_demo_password() -> Result<String, DemoError> {
    tokio::task::spawn_blocking(|| {
        Argon2::default().hash_password(DEMO_PASSWORD.as_bytes()).map(|hash| hash.to_string())
    })
    .await
    .map_err(|_| DemoError::Password)?
    .map_err(|_| DemoError::Password)
}

async fn seed_answers(tx: &mut Tx, now: DateTime<Utc>) -> Result<(), StoreError> {
    if canned_responses::any(tx).await? {
        return Ok(());
    }
    for (slug, shortcut, title, text) in ANSWERS {
        let team_id = match slug {
            None => None,
            Some(slug) => teams::by_slug(tx, slug).await?.map(|team| team.id),
        };
        let row = CannedResponseRow {
            id: CannedResponseId::new(),
            team_id,
            shortcut: shortcut.to_owned(),
            title: title.to_owned(),
            text: text.to_owned(),
            is_active: true,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        canned_responses::insert(tx, &row).await?;
    }
    Ok(())
}

async fn seed_templates(tx: &mut Tx, now: DateTime<Utc>) -> Result<(), StoreError> {
    for inbox in inboxes::all(tx).await?.iter().filter(|inbox| inbox.channel == Channel::Whatsapp) {
        for (name, language, category, body) in TEMPLATES {
            if templates::by_name(tx, inbox.id, name, language).await?.is_some() {
                continue;
            }
            let row = TemplateRow {
                id: TemplateId::new(),
                inbox_id: inbox.id,
                name: name.to_owned(),
                language: language.to_owned(),
                category,
                status: TemplateStatus::Approved,
                body: body.to_owned(),
                param_count: count_parameters(body).map_or(0, |count| i64::try_from(count).unwrap_or(0)),
                provider_id: None,
                components: json!([]),
                synced_at: None,
                version: 1,
                created_at: now,
                updated_at: now,
            };
            templates::insert(tx, &row).await?;
        }
    }
    Ok(())
}
