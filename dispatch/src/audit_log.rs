//! The check of the audit log: reads a chain page by page and follows it by its hashes.

use patchbay_core::audit::chain::{Flaw, Link, Walk};
use patchbay_core::ids::{AccountId, AuditId};
use patchbay_store::audit::{self, AuditRow};
use patchbay_store::{Db, StoreError, chains};
use uuid::Uuid;

/// Entries that are read at once.
const PAGE: i64 = 1_000;
/// After so many entries progress is told.
const STEP: u64 = 20_000;

/// How a chain was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// Every entry is there and as it was written.
    Whole {
        /// How many.
        entries: u64,
    },
    /// It is not whole.
    Broken {
        /// How many entries are whole before that.
        entries: u64,
        /// The first entry that is not as it should be; none when the chain is gone altogether.
        at: Option<AuditId>,
        /// What is wrong there.
        flaw: Flaw,
    },
}

/// Checks the chain of an account, or that of no account. Entries may be appended meanwhile. `progress` hears now and
/// then how many entries were read.
pub async fn check(db: &Db, account: Option<AccountId>, mut progress: impl FnMut(u64)) -> Result<Checked, StoreError> {
    // First, so that all entries up to it are there to be read.
    let end = chains::head(&mut db.read().await?, chains::Log::Audit, account).await?;
    let mut walk = Walk::new(end);
    let (mut after, mut read) = (AuditId(Uuid::nil()), 0);
    loop {
        let page = match audit::of_account(&mut db.read().await?, account, after, PAGE).await {
            Ok(page) => page,
            Err(StoreError::Decode { .. }) => {
                let at = Some(after).filter(|id| !id.0.is_nil());
                return Ok(Checked::Broken { entries: walk.followed(), at, flaw: Flaw::Unreadable });
            }
            Err(error) => return Err(error),
        };
        let Some(last) = page.last() else { break };
        after = last.entry.id;
        for AuditRow { entry, prev_hash, hash } in page {
            if let Err((id, flaw)) = walk.take(Link { entry, prev_hash, hash }) {
                return Ok(Checked::Broken { entries: walk.followed(), at: Some(id), flaw });
            }
            read += 1;
            if read % STEP == 0 {
                progress(read);
            }
        }
    }
    Ok(match walk.finish() {
        Ok(entries) => Checked::Whole { entries },
        Err((at, flaw)) => Checked::Broken { entries: walk.followed(), at, flaw },
    })
}
