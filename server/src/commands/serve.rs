//! `patchbay serve` and `patchbay migrate`.

use patchbay_http::Chain;
use patchbay_store::Db;

use super::{CommandError, print};
use crate::app::{self, Mode};
use crate::cli::ServeArgs;
use crate::roles::Roles;
use crate::settings::Settings;
use crate::telemetry;

/// Runs the server until SIGTERM or Ctrl-C.
pub(super) async fn run(settings: Settings, arguments: &ServeArgs) -> Result<(), CommandError> {
    telemetry::log(&settings.log);
    let mode = if arguments.demo { Mode::Demo } else { Mode::Earnest };
    if mode == Mode::Demo && settings.env == crate::settings::Environment::Production {
        return Err(CommandError::Usage("settings: --demo is refused in production".into()));
    }
    let engine = settings.database_url.split(':').next().unwrap_or_default().to_owned();
    let running = app::start(settings, Roles::of(&arguments.roles), mode)
        .await
        .map_err(|error| CommandError::Failed(error.to_string()))?;
    print(&format!("Patchbay {} is ready on {} ({engine})", env!("CARGO_PKG_VERSION"), running.url));
    for line in &running.greeting {
        print(&format!("  {line}"));
    }
    asked_to_stop().await;
    tracing::info!("stopping: finishing what is in flight");
    running.shutdown().await;
    Ok(())
}

pub(super) async fn asked_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate()).expect("a handler for SIGTERM can be installed");
        tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    if let Err(error) = interrupt.await {
        tracing::error!(%error, "Ctrl-C cannot be heard");
    }
}

/// Brings the database to the current schema.
pub(super) async fn migrate(settings: &Settings) -> Result<(), CommandError> {
    let failed = |error: &patchbay_store::StoreError| CommandError::Failed(Chain(error).to_string());
    let db = Db::open(&settings.database_url, 2).await.map_err(|error| failed(&error))?;
    db.migrate().await.map_err(|error| failed(&error))?;
    print("the schema is up to date");
    Ok(())
}
