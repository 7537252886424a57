//! Agents who leave: whoever had a page open, has none any more and does not come back in time gives back the
//! conversations in which a customer waits for them. Who never had a page open works by other means, and keeps what they
//! hold. Who is there is written down: leaving outlives the node that saw it.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use patchbay_core::Ctx;
use patchbay_core::ids::UserId;
use patchbay_store::{StoreError, agent_absences};

use crate::conversations::{Leaving, release};
use crate::state::Hub;

/// Looks once at who came, who left, and who did not come back. Tells how many conversations went back to their queues.
pub async fn look_for_absent(hub: &Hub, grace: TimeDelta) -> Result<usize, StoreError> {
    let now = hub.gate.clock.now();
    let directory = hub.gate.directory.load_full();
    let here = directory.online.with_a_page();
    let known = agent_absences::all(&mut hub.db.read().await?).await?;
    let present: BTreeSet<UserId> =
        known.iter().filter(|person| person.since.is_none()).map(|person| person.user_id).collect();
    let came: Vec<UserId> = here.iter().filter(|user| !present.contains(user)).copied().collect();
    let left: Vec<UserId> = present.iter().filter(|user| !here.contains(user)).copied().collect();
    if !came.is_empty() || !left.is_empty() {
        let mut tx = hub.db.begin().await?;
        agent_absences::put(&mut tx, &came, None).await?;
        agent_absences::put(&mut tx, &left, Some(now)).await?;
        tx.commit().await?;
    }
    let ctx = Ctx::system(now, "absence");
    let mut released = 0;
    for person in known {
        let is_due = person.since.is_some_and(|since| now - since >= grace);
        if !is_due || here.contains(&person.user_id) {
            continue;
        }
        let mut tx = hub.db.begin().await?;
        // Only one node gives it back.
        if agent_absences::forget(&mut tx, person.user_id, person.since).await? {
            released += release(&mut tx, &directory, &ctx, person.user_id, Leaving::Absent).await?;
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
    }
    Ok(released)
}
