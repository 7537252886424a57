//! Where verified events go in the server: into the hub's intake, and onto the disk spool while the database is away.
//!
//! Once something was spooled, everything that follows is spooled too until the spool is empty, so that a customer's
//! messages keep their order.

use std::sync::Arc;
use std::time::Duration;

use patchbay_core::channel::Channel;
use patchbay_core::ids::InboxId;
use patchbay_hub::intake::{Inbound, Intake, NotAccepted, SetAside};
use patchbay_normalizer::twilio::Consent;
use tokio::sync::RwLock;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::delivery::{Accepted, Delivery, NotDurable, Sink, SinkFuture};
use crate::spool::Spool;

/// How long to wait before the spool is tried again.
const RETRY: Duration = Duration::from_millis(500);
/// Records taken from the spool at once.
const DRAIN_RECORDS: usize = 256;

/// Hands over to the intake, or to the spool. Cheap to clone.
#[derive(Clone, Debug)]
pub struct HandOver {
    intake: Intake,
    spool: Spool,
    /// Where events go now. Held for writing only while the way changes.
    way: Arc<RwLock<Way>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Direct,
    Spool,
}

impl HandOver {
    /// Starts with what a former run left in the spool. The task drains it and ends with `stop`.
    pub fn start(intake: Intake, spool: Spool, stop: CancellationToken) -> (Self, JoinHandle<()>) {
        let way = if spool.is_empty() { Way::Direct } else { Way::Spool };
        let this = Self { intake, spool, way: Arc::new(RwLock::new(way)) };
        let task = tokio::spawn(this.clone().drain(stop));
        (this, task)
    }

    /// Records that wait for the database.
    pub fn spooled(&self) -> u64 {
        self.spool.records()
    }

    async fn deliver(&self, deliveries: &[Delivery]) -> Result<(), NotAccepted> {
        let mut inbound = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            match (&delivery.quarantine, delivery.inbox) {
                (None, Some(inbox_id)) => {
                    inbound.push(Inbound { inbox_id, items: delivery.items.clone(), received_at: delivery.received_at })
                }
                (quarantine, inbox_id) => {
                    let (reason, raw) = match quarantine {
                        Some(quarantine) => (quarantine.reason.as_str(), quarantine.raw.to_vec()),
                        None => ("unknown_account", serde_json::to_vec(&delivery.items).unwrap_or_default()),
                    };
                    let event = SetAside {
                        inbox_id,
                        provider: delivery.source.as_str().to_owned(),
                        reason: reason.to_owned(),
                        raw,
                        received_at: delivery.received_at,
                    };
                    self.intake.set_aside(event).await?;
                }
            }
        }
        self.intake.accept(inbound).await
    }

    async fn keep(&self, deliveries: &[Delivery]) -> Result<(), NotDurable> {
        let record = serde_json::to_vec(deliveries).map_err(|_| NotDurable { retry_after_seconds: 5 })?;
        self.spool.append(record).await.map_err(|error| {
            tracing::error!(%error, "an event could be kept neither in the database nor in the spool");
            NotDurable { retry_after_seconds: 5 }
        })?;
        metrics::counter!("ingress_spooled_total").increment(1);
        Ok(())
    }

    async fn take(&self, deliveries: Vec<Delivery>) -> Result<Accepted, NotDurable> {
        let fresh = deliveries.iter().map(|delivery| delivery.items.len()).sum();
        {
            // Many hold this at once; only the change of way waits for them.
            let way = self.way.read().await;
            if *way == Way::Spool {
                self.keep(&deliveries).await?;
                return Ok(Accepted { fresh, duplicates: 0 });
            }
            if self.deliver(&deliveries).await.is_ok() {
                return Ok(Accepted { fresh, duplicates: 0 });
            }
        }
        let mut way = self.way.write().await;
        if *way == Way::Direct {
            tracing::warn!("the database is away or too slow; events go to the spool");
        }
        *way = Way::Spool;
        self.keep(&deliveries).await?;
        Ok(Accepted { fresh, duplicates: 0 })
    }

    async fn drain(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(RETRY) => {}
            }
            while !self.spool.is_empty() && !stop.is_cancelled() {
                if !self.drain_some().await {
                    break;
                }
            }
            let mut way = self.way.write().await;
            if *way == Way::Spool && self.spool.is_empty() {
                *way = Way::Direct;
                tracing::info!("the spool is empty; events go straight to the database again");
            }
        }
    }

    /// Takes the oldest records to the database. `false`: not now.
    async fn drain_some(&self) -> bool {
        let records = match self.spool.read_batch(DRAIN_RECORDS).await {
            Ok(records) => records,
            Err(error) => {
                tracing::error!(%error, "the spool cannot be read");
                return false;
            }
        };
        let Some(last) = records.last().map(|spooled| spooled.position) else { return false };
        for spooled in records {
            let delivered = match serde_json::from_slice::<Vec<Delivery>>(&spooled.record) {
                Ok(deliveries) => self.deliver(&deliveries).await,
                // Written by another release: a person has to look at it.
                Err(_) => {
                    let event = SetAside {
                        inbox_id: None,
                        provider: "spool".into(),
                        reason: "unreadable_record".into(),
                        raw: spooled.record,
                        received_at: self.intake.now(),
                    };
                    self.intake.set_aside(event).await
                }
            };
            if delivered.is_err() {
                return false;
            }
        }
        match self.spool.remove(last).await {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(%error, "drained records stay in the spool and will be drained again");
                false
            }
        }
    }
}

impl Sink for HandOver {
    fn accept(&self, deliveries: Vec<Delivery>) -> SinkFuture<'_, Result<Accepted, NotDurable>> {
        Box::pin(self.take(deliveries))
    }

    fn consent<'a>(&'a self, _inbox: Option<InboxId>, channel: Channel, address: &'a str) -> SinkFuture<'a, Consent> {
        Box::pin(async move {
            if self.intake.has_opted_out(channel, address).await { Consent::Withdrawn } else { Consent::Given }
        })
    }
}
