//! Keeps the snapshot fresh.

use std::time::Duration;

use patchbay_core::clock::Clock;
use patchbay_core::notice::Notice;
use patchbay_http::{Chain, SharedDirectory};
use patchbay_store::directory::{self, DirectoryVersion};
use patchbay_store::{Db, StoreError};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::{refresh, revoked_since};
use crate::Hub;

/// How stale the snapshot can become when a notice was lost.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The task that reads the directory again: when told to, and when its version changed without anybody telling. A
/// database that is away leaves the last snapshot in place.
#[derive(Debug)]
pub struct DirectoryKeeper {
    db: Db,
    shared: SharedDirectory,
    clock: Clock,
    seen: Option<DirectoryVersion>,
}

impl DirectoryKeeper {
    /// A keeper of the hub's directory.
    pub fn new(hub: &Hub) -> Self {
        Self { db: hub.db.clone(), shared: hub.gate.directory.clone(), clock: hub.gate.clock.clone(), seen: None }
    }

    /// Reads the directory now. Call it once before serving.
    pub async fn refresh(&mut self) -> Result<(), StoreError> {
        let version = self.version().await?;
        refresh(&self.db, &self.shared, &self.clock).await?;
        self.seen = Some(version);
        Ok(())
    }

    /// Works until told to stop.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut notices = self.db.signals().notices();
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let outcome = tokio::select! {
                () = stop.cancelled() => return,
                _ = look.tick() => self.refresh_if_changed().await,
                notice = notices.recv() => match notice {
                    Ok(Notice::DirectoryChanged) => self.refresh().await,
                    Ok(Notice::SessionRevoked { .. } | Notice::UserRevoked { .. } | Notice::Missed)
                    | Err(RecvError::Lagged(_)) => self.refresh_if_changed().await,
                    Ok(_) => Ok(()),
                    // Unreachable while we hold a handle on the database, which owns the sender.
                    Err(RecvError::Closed) => return,
                },
            };
            if let Err(error) = outcome {
                tracing::warn!(error = %Chain(&error), "the directory could not be read; the last one stays");
            }
        }
    }

    async fn refresh_if_changed(&mut self) -> Result<(), StoreError> {
        if self.seen.as_ref() == Some(&self.version().await?) { Ok(()) } else { self.refresh().await }
    }

    async fn version(&self) -> Result<DirectoryVersion, StoreError> {
        let mut tx = self.db.read().await?;
        directory::version(&mut tx, revoked_since(&self.clock)).await
    }
}
