//! `patchbay seed`.

use std::time::Duration;

use patchbay_core::clock::Clock;
use patchbay_http::Chain;
use patchbay_hub::seeding::{Seeding, seed};
use patchbay_store::Db;
use tokio::time::Instant;

use super::{CommandError, print};
use crate::cli::SeedArgs;
use crate::settings::{Environment, Settings};

/// Time between two lines of progress.
const EVERY: Duration = Duration::from_secs(1);

/// Writes conversations that never were; progress on standard error, the summary on standard output.
pub(super) async fn run(settings: &Settings, arguments: SeedArgs) -> Result<(), CommandError> {
    if settings.env == Environment::Production && !arguments.in_production {
        let refusal = "settings: seed is refused in production; --in-production says that it is meant";
        return Err(CommandError::Usage(refusal.into()));
    }
    let failed = |error: &patchbay_store::StoreError| CommandError::Failed(Chain(error).to_string());
    let db = Db::open(&settings.database_url, 4).await.map_err(|error| failed(&error))?;
    db.migrate().await.map_err(|error| failed(&error))?;
    let SeedArgs { messages, days, chance, in_production: _ } = arguments;
    let (started, mut told) = (Instant::now(), Instant::now());
    let progress = |done: u64| {
        if told.elapsed() >= EVERY || done == messages {
            told = Instant::now();
            #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
            let rate = done as f64 / started.elapsed().as_secs_f64().max(0.001);
            eprintln!("{done} of {messages} messages ({rate:.0}/s)");
        }
    };
    let plan = Seeding { messages, days, chance };
    let seeded = seed(&db, Clock::system().now(), plan, progress).await.map_err(|error| failed(&error))?;
    db.close().await;
    print(&format!("{} messages in {} conversations", seeded.messages, seeded.conversations));
    Ok(())
}
