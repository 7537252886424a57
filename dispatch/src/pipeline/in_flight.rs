//! The requests this node carries out just now. A repetition of one of them is told so at once instead of waiting for
//! the first one's transaction; repetitions on other nodes wait at the unique key of the claim.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use patchbay_store::idempotency::RequestKey;

#[derive(Clone, Debug, Default)]
pub(super) struct InFlight(Arc<Mutex<HashSet<RequestKey>>>);

/// Holds a key until it is dropped.
#[derive(Debug)]
pub(super) struct Entered {
    keys: InFlight,
    key: RequestKey,
}

impl InFlight {
    /// `None`: the same request is carried out already.
    pub(super) fn enter(&self, key: &RequestKey) -> Option<Entered> {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.insert(key.clone()).then(|| Entered { keys: self.clone(), key: key.clone() })
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.keys.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use patchbay_core::ids::{ActorId, RequestId};

    use super::*;

    #[test]
    fn a_key_is_free_again_when_its_request_is_over() {
        let keys = InFlight::default();
        let key = RequestKey {
            actor_id: ActorId::new(),
            endpoint: "POST /tickets".into(),
            request_id: RequestId::new().into(),
        };
        let entered = keys.enter(&key);
        assert!(entered.is_some());
        assert!(keys.enter(&key).is_none());
        drop(entered);
        assert!(keys.enter(&key).is_some());
    }
}
