//! `patchbay dlq`: the same operations as the endpoints, for an operator at the machine.

use std::time::Duration;

use patchbay_core::clock::Clock;
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{DeadLetterId, RequestId};
use patchbay_http::Chain;
use patchbay_hub::recovery::Settled;
use patchbay_hub::recovery::dead_letters::{self, DeadLetterBody};
use patchbay_store::dead_letters::{DeadLetterRow, LetterFilter};
use patchbay_store::{Db, StoreError};
use uuid::Uuid;

use super::{CommandError, print};
use crate::cli::{DlqAction, LetterArgs};
use crate::settings::Settings;

/// Letters that are read at once.
const PAGE: i64 = 200;

/// Lists, shows, replays or discards.
pub(super) async fn run(settings: &Settings, action: DlqAction) -> Result<(), CommandError> {
    let db = Db::open(&settings.database_url, 2).await.map_err(failed)?;
    let ctx = Ctx::system(Clock::system().now(), RequestId::new().to_string());
    match action {
        DlqAction::List { status, letters } => {
            let mut last = None;
            loop {
                let filter = LetterFilter {
                    status: status.as_str(),
                    source: letters.source.as_deref(),
                    kind: letters.kind.as_deref(),
                };
                let page = dead_letters::page(&db, &filter, last, PAGE).await.map_err(failed)?;
                for letter in &page {
                    let (id, at) = (letter.id, letter.created_at.to_rfc3339());
                    print(&format!("{id}  {at}  {}  {}  {}", letter.source, letter.kind, letter.error));
                }
                match page.last() {
                    Some(letter) => last = Some(letter.id),
                    None => return Ok(()),
                }
            }
        }
        DlqAction::Show { id } => {
            let letter = dead_letters::show(&db, DeadLetterId(id)).await.map_err(failed)?;
            let letter = letter.ok_or_else(|| CommandError::Failed("no such dead letter".into()))?;
            let json = serde_json::to_string_pretty(&DeadLetterBody::from(letter))
                .map_err(|error| CommandError::Failed(error.to_string()))?;
            print(&json);
            Ok(())
        }
        DlqAction::Replay { ids, all, letters, per_second } => {
            let directory = patchbay_hub::directory::read(&db, &Clock::system()).await.map_err(failed)?;
            let ids = which(&db, ids, all, &letters).await?;
            let mut tally = Tally::default();
            for id in ids {
                tally.count(
                    id,
                    dead_letters::replay(&db, &ctx, &directory, id, None).await.map_err(failed)?,
                    "replayed",
                );
                if all {
                    tokio::time::sleep(Duration::from_secs(1) / per_second.max(1)).await;
                }
            }
            tally.end()
        }
        DlqAction::Discard { ids, all, letters, reason } => {
            let ids = which(&db, ids, all, &letters).await?;
            let mut tally = Tally::default();
            for id in ids {
                let settled = dead_letters::discard(&db, &ctx, id, reason.as_deref()).await.map_err(failed)?;
                tally.count(id, settled, "discarded");
            }
            tally.end()
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "an error mapper")]
fn failed(error: StoreError) -> CommandError {
    CommandError::Failed(Chain(&error).to_string())
}

/// Those named, or all open ones that the filter lets through, oldest first.
async fn which(db: &Db, ids: Vec<Uuid>, all: bool, letters: &LetterArgs) -> Result<Vec<DeadLetterId>, CommandError> {
    if !all {
        if ids.is_empty() {
            return Err(CommandError::Usage("name dead letters, or say --all".into()));
        }
        return Ok(ids.into_iter().map(DeadLetterId).collect());
    }
    let filter = LetterFilter { status: "open", source: letters.source.as_deref(), kind: letters.kind.as_deref() };
    let mut found = Vec::new();
    loop {
        let page = dead_letters::page(db, &filter, found.last().copied(), PAGE).await.map_err(failed)?;
        if page.is_empty() {
            found.reverse();
            return Ok(found);
        }
        found.extend(page.into_iter().map(|letter| letter.id));
    }
}

#[derive(Default)]
struct Tally {
    done: u64,
    before: u64,
    missing: u64,
}

impl Tally {
    fn count(&mut self, id: DeadLetterId, settled: Settled<DeadLetterRow>, what: &str) {
        match settled {
            Settled::Done(_) => {
                self.done += 1;
                print(&format!("{id} {what}"));
            }
            Settled::Already(letter) => {
                self.before += 1;
                print(&format!("{id} was {} before; nothing was done", letter.status));
            }
            Settled::Refused(_) | Settled::Missing => {
                self.missing += 1;
                print(&format!("{id} is no dead letter"));
            }
        }
    }

    fn end(self) -> Result<(), CommandError> {
        if self.done + self.before + self.missing > 1 {
            print(&format!("{} done, {} settled before, {} missing", self.done, self.before, self.missing));
        }
        if self.missing > 0 { Err(CommandError::Failed("no such dead letter".into())) } else { Ok(()) }
    }
}
