//! `patchbay dlq`: the same operations as the endpoints, for an operator at the machine.

use patchbay_core::clock::Clock;
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{DeadLetterId, RequestId};
use patchbay_http::Chain;
use patchbay_hub::dead_letters::{self, DeadLetterBody, Settled};
use patchbay_store::{Db, StoreError};

use super::{CommandError, print};
use crate::cli::DlqAction;
use crate::settings::Settings;

/// Most letters that are listed.
const LISTED: i64 = 200;

/// Lists, shows, replays or discards.
pub(super) async fn run(settings: &Settings, action: DlqAction) -> Result<(), CommandError> {
    let failed = |error: StoreError| CommandError::Failed(Chain(&error).to_string());
    let db = Db::open(&settings.database_url, 2).await.map_err(failed)?;
    let ctx = Ctx::system(Clock::system().now(), RequestId::new().to_string());
    match action {
        DlqAction::List => {
            for letter in dead_letters::page(&db, "open", None, LISTED).await.map_err(failed)? {
                print(&format!("{}  {}  {}  {}", letter.id, letter.created_at.to_rfc3339(), letter.kind, letter.error));
            }
            Ok(())
        }
        DlqAction::Show { id } => {
            let letter = dead_letters::show(&db, DeadLetterId(id)).await.map_err(failed)?;
            let letter = letter.ok_or_else(|| CommandError::Failed("no such dead letter".into()))?;
            let json = serde_json::to_string_pretty(&DeadLetterBody::from(letter))
                .map_err(|error| CommandError::Failed(error.to_string()))?;
            print(&json);
            Ok(())
        }
        DlqAction::Replay { id } => {
            let directory = patchbay_hub::directory::read(&db, &Clock::system()).await.map_err(failed)?;
            told(dead_letters::replay(&db, &ctx, &directory, DeadLetterId(id)).await.map_err(failed)?, "replayed")
        }
        DlqAction::Discard { id } => {
            told(dead_letters::discard(&db, &ctx, DeadLetterId(id)).await.map_err(failed)?, "discarded")
        }
    }
}

fn told(settled: Settled, what: &str) -> Result<(), CommandError> {
    match settled {
        Settled::Done(letter) => print(&format!("{} {what}", letter.id)),
        Settled::Already(letter) => print(&format!("{} was {} before; nothing was done", letter.id, letter.status)),
        Settled::Missing => return Err(CommandError::Failed("no such dead letter".into())),
    }
    Ok(())
}
