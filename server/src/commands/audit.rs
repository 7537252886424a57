//! `patchbay audit`.

use patchbay_core::clock::Clock;
use patchbay_core::ids::AccountId;
use patchbay_core::secret::Secret;
use patchbay_dispatch::{Checked, check_audit_log};
use patchbay_http::Chain as Causes;
use patchbay_hub::audit_heads;
use patchbay_store::{Db, StoreError, chains};
use patchbay_tool_gateway::{CallsChecked, check_calls};

use super::{CommandError, print};
use crate::app::{open_objects, signer};
use crate::cli::{AuditAction, Chain};
use crate::settings::Settings;

/// Carries out `patchbay audit`.
pub(super) async fn run(settings: &Settings, action: AuditAction) -> Result<(), CommandError> {
    match action {
        AuditAction::Verify { account } => verify(settings, account).await,
        AuditAction::Sign => sign(settings).await,
    }
}

fn failed(error: impl std::error::Error + 'static) -> CommandError {
    CommandError::Failed(Causes(&error).to_string())
}

/// Signs where all chains end.
async fn sign(settings: &Settings) -> Result<(), CommandError> {
    let db = Db::open(&settings.database_url, 2).await.map_err(failed)?;
    // Nothing is uploaded here: the secret of upload links is not needed.
    let objects = open_objects(settings, &Secret::new("")).map_err(failed)?;
    let keys = signer(settings).map_err(failed)?;
    let now = Clock::system().now();
    let signed = audit_heads::sign(&db, &*objects.files(), keys.as_ref(), now).await.map_err(failed)?;
    print(&format!("the ends of {signed} chains are signed"));
    Ok(())
}

/// Whether the chains hold what was signed of them.
async fn check_signed(settings: &Settings, db: &Db) -> Result<(), CommandError> {
    let objects = open_objects(settings, &Secret::new("")).map_err(failed)?;
    let keys = signer(settings).map_err(failed)?;
    let checked = audit_heads::check(db, &*objects.files(), keys.as_ref()).await.map_err(failed)?;
    for flaw in &checked.flaws {
        print(&format!("signed heads: BROKEN: {flaw}"));
    }
    if checked.flaws.is_empty() {
        print(&format!("signed heads: {} files, held", checked.files));
        return Ok(());
    }
    Err(CommandError::Failed("the logs are not what was signed".into()))
}

/// Checks one chain or all of them; one line for each.
async fn verify(settings: &Settings, account: Option<Chain>) -> Result<(), CommandError> {
    let db = Db::open(&settings.database_url, 2).await.map_err(failed)?;
    let chains = match account {
        Some(Chain::Account(id)) => vec![Some(AccountId(id))],
        Some(Chain::None) => vec![None],
        None => chains::of(&mut db.read().await.map_err(failed)?, chains::Log::Audit).await.map_err(failed)?,
    };
    let (mut entries, mut broken) = (0, 0);
    for chain in &chains {
        let name = chain.map_or_else(|| "none".to_owned(), |account| account.to_string());
        let progress = |read: u64| eprintln!("account {name}: {read} entries read");
        match check_audit_log(&db, *chain, progress).await.map_err(failed)? {
            Checked::Whole { entries: count } => {
                entries += count;
                print(&format!("account {name}: {count} entries, whole"));
            }
            Checked::Broken { entries: count, at, flaw } => {
                entries += count;
                broken += 1;
                let at = at.map_or_else(|| "the beginning".to_owned(), |id| format!("entry {id}"));
                print(&format!("account {name}: BROKEN at {at} after {count} whole entries: {flaw}"));
            }
        }
    }
    let (rows, torn) = calls(&db, account).await.map_err(failed)?;
    if torn > 0 {
        return Err(CommandError::Failed(format!("{torn} chains of tool calls are broken")));
    }
    print(&format!("tool calls: {rows} rows, whole"));
    if broken > 0 {
        return Err(CommandError::Failed(format!("{broken} of {} chains are broken", chains.len())));
    }
    print(&format!("{} chains with {entries} entries are whole", chains.len()));
    check_signed(settings, &db).await
}

/// Checks the calls of assistants' tools in the same way: rows that are whole, and chains that are not.
async fn calls(db: &Db, account: Option<Chain>) -> Result<(u64, u64), StoreError> {
    let chains = match account {
        Some(Chain::Account(id)) => vec![Some(AccountId(id))],
        Some(Chain::None) => vec![None],
        None => chains::of(&mut db.read().await?, chains::Log::Calls).await?,
    };
    let (mut whole, mut broken) = (0, 0);
    for chain in chains {
        match check_calls(db, chain).await? {
            CallsChecked::Whole { rows } => whole += rows,
            CallsChecked::Broken { rows, at } => {
                whole += rows;
                broken += 1;
                let name = chain.map_or_else(|| "none".to_owned(), |account| account.to_string());
                let at = at.map_or_else(|| "a missing row".to_owned(), |id| format!("row {id}"));
                print(&format!("tool calls of account {name}: BROKEN at {at} after {rows} whole rows"));
            }
        }
    }
    Ok((whole, broken))
}
