//! Places for calls at once. Reads leave the last one to what carries something out, and one tenant's reads leave most of
//! them to the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::breaker::Call;

/// Calls at once.
const SLOTS: usize = 16;
/// Of one tenant.
const OF_A_TENANT: usize = 4;
/// How long a call waits for a place: less than it may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Tenants beyond which those without a call are forgotten.
const MOST_TENANTS: usize = 1_000;

#[derive(Debug)]
pub(super) struct Lanes {
    all: Semaphore,
    reads: Semaphore,
    tenants: Mutex<HashMap<String, Arc<Semaphore>>>,
    patience: Duration,
}

/// A place, given back when it is dropped.
pub(crate) struct Slot<'a> {
    _of_all: SemaphorePermit<'a>,
    _of_reads: Option<(OwnedSemaphorePermit, SemaphorePermit<'a>)>,
}

impl Default for Lanes {
    fn default() -> Self {
        Self {
            all: Semaphore::new(SLOTS),
            reads: Semaphore::new(SLOTS - 1),
            tenants: Mutex::default(),
            patience: PATIENCE,
        }
    }
}

impl Lanes {
    /// A place; `None` when there was none in time.
    pub(super) async fn slot(&self, tenant: &str, call: Call) -> Option<Slot<'_>> {
        timeout(self.patience, async {
            let of_reads = match call {
                Call::Commit => None,
                // First among its own tenant's, so that a waiting crowd holds nothing that others need.
                Call::Ordinary => {
                    Some((self.tenant(tenant).acquire_owned().await.ok()?, self.reads.acquire().await.ok()?))
                }
            };
            Some(Slot { _of_all: self.all.acquire().await.ok()?, _of_reads: of_reads })
        })
        .await
        .ok()?
    }

    fn tenant(&self, name: &str) -> Arc<Semaphore> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if tenants.len() >= MOST_TENANTS {
            tenants.retain(|_, places| Arc::strong_count(places) > 1);
        }
        Arc::clone(tenants.entry(name.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(OF_A_TENANT))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_tenant_leaves_places_to_others_and_reads_leave_one_to_commits() {
        let lanes = Lanes { patience: Duration::from_millis(20), ..Lanes::default() };
        let mut held = Vec::new();
        for _ in 0..OF_A_TENANT {
            held.push(lanes.slot("one", Call::Ordinary).await.expect("a place"));
        }
        assert!(lanes.slot("one", Call::Ordinary).await.is_none(), "one tenant has its share");
        for tenant in ["two", "three", "four"] {
            while held.len() < SLOTS - 1
                && let Some(slot) = lanes.slot(tenant, Call::Ordinary).await
            {
                held.push(slot);
            }
        }
        assert_eq!(held.len(), SLOTS - 1);
        assert!(lanes.slot("five", Call::Ordinary).await.is_none(), "the last place is not for reads");
        assert!(lanes.slot("five", Call::Commit).await.is_some());
    }
}
