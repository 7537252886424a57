//! `patchbay doctor`.

use patchbay_core::channel::Channel;
use patchbay_http::Chain;
use patchbay_hub::directory::{Health, health};
use patchbay_store::Db;

use super::{CommandError, print};
use crate::settings::Settings;

/// Checks the settings, the stores and the inboxes; one line for each problem.
pub(super) async fn run(settings: &Settings) -> Result<(), CommandError> {
    let mut problems = Vec::new();
    if let Err(error) = std::fs::create_dir_all(&settings.data_dir) {
        problems.push(format!("data_dir: {error}"));
    }
    match Db::open(&settings.database_url, 1).await {
        Ok(db) => {
            if let Err(error) = db.ping().await {
                problems.push(format!("database_url: {}", Chain(&error)));
            }
        }
        Err(error) => problems.push(format!("database_url: {}", Chain(&error))),
    }
    if !settings.redis_url.is_empty()
        && let Err(problem) = patchbay_workers::limits::check_redis(&settings.redis_url).await
    {
        problems.push(format!("redis_url: {problem}"));
    }
    if settings.auth.jwt_secret.is_none() {
        print("note: auth.jwt_secret is not set; a development secret will be used");
    }
    if settings.journal.key.is_none() && settings.journal.enabled != Some(false) {
        print("note: journal.key is not set; accepted requests are kept in development only");
    }
    for inbox in &settings.inboxes {
        match health(inbox) {
            Health::Ok => {}
            // A mailbox that only receives is a choice, and no mistake.
            Health::CannotSend(problem) if inbox.channel == Channel::Email => {
                print(&format!("note: inbox {}: only receives: {problem}", inbox.name));
            }
            Health::CannotSend(problem) => problems.push(format!("inbox {}: cannot send: {problem}", inbox.name)),
            Health::Disabled(problem) => problems.push(format!("inbox {}: disabled: {problem}", inbox.name)),
        }
    }
    let receives = settings.inboxes.iter().find(|inbox| inbox.inbound.as_deref() == Some("smtp"));
    match (settings.smtp_receiver(), receives) {
        (Err(problem), _) => problems.push(problem),
        (Ok(None), Some(inbox)) => {
            problems.push(format!("inbox {}: receives by SMTP, and listen_smtp is not set", inbox.name));
        }
        (Ok(_), _) => {}
    }
    if problems.is_empty() {
        print("everything is well");
        return Ok(());
    }
    for problem in &problems {
        print(problem);
    }
    Err(CommandError::Failed(format!("{} problem(s) found", problems.len())))
}
