//! What happened cannot be changed, and it shows when it is.

use axum::http::StatusCode;
use patchbay_core::audit::chain::Flaw;
use patchbay_core::ids::AuditId;
use patchbay_store::{audit, chains};
use uuid::Uuid;

use super::{App, both_engines, some_id};
use crate::{Checked, check_audit_log};

both_engines! {
    the_database_refuses_to_change_what_happened;
    an_untouched_chain_is_whole;
    a_changed_entry_is_found;
    a_removed_entry_is_found;
    a_removed_end_is_found;
    entries_that_changed_places_are_found;
    an_entry_put_in_is_found;
    an_unreadable_entry_is_found;
}

const ENTRIES: u64 = 6;

/// An account with some entries, and their ids in the order of the chain.
async fn written(app: &App) -> Vec<AuditId> {
    for _ in 0..ENTRIES {
        let made = app.post(&app.token("dispatcher"), "/tickets", some_id(), &app.request()).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    }
    let mut tx = app.db.read().await.expect("reads");
    let rows = audit::of_account(&mut tx, Some(app.account), AuditId(Uuid::nil()), 100).await.expect("rows");
    rows.iter().map(|row| row.entry.id).collect()
}

/// Takes away what protects the log, as somebody with the rights of the owner could.
async fn unprotect(app: &App) {
    if app.is_sqlite() {
        app.raw("drop trigger audit_events_no_update").await.expect("drops");
        app.raw("drop trigger audit_events_no_delete").await.expect("drops");
    } else {
        app.raw("drop trigger audit_events_append_only on audit_events").await.expect("drops");
    }
}

/// The id as it stands in a statement.
fn literal(app: &App, id: AuditId) -> String {
    if app.is_sqlite() { format!("x'{}'", id.0.simple()) } else { format!("'{}'", id.0) }
}

async fn tamper(app: &App, statement: &str) {
    assert_ne!(app.raw(statement).await.expect("tampers"), 0, "{statement}");
}

#[track_caller]
fn broken(checked: Checked, at: Option<AuditId>, flaw: Flaw) {
    match checked {
        Checked::Broken { at: found, flaw: what, .. } => assert_eq!((found, what), (at, flaw)),
        Checked::Whole { .. } => panic!("the chain is found whole"),
    }
}

async fn check(app: &App) -> Checked {
    check_audit_log(&app.db, Some(app.account), |_| {}).await.expect("checks")
}

async fn the_database_refuses_to_change_what_happened(app: App) {
    let ids = written(&app).await;
    let body = serde_json::json!({"scope_type": "GLOBAL", "reason": "a test"});
    app.post(&app.token("admin"), "/ops/autonomy/pause", some_id(), &body).await;
    for statement in [
        "update audit_events set tool_name = 'x'",
        "delete from audit_events",
        "update ticket_state_transitions set command = 'x'",
        "delete from ticket_state_transitions",
        "update autonomy_history set reason = 'x'",
        "delete from autonomy_history",
    ] {
        let refused = app.raw(statement).await.expect_err(statement);
        assert!(refused.to_string().contains("append-only"), "{statement}: {refused}");
    }
    assert_eq!(check(&app).await, Checked::Whole { entries: ids.len() as u64 });
}

async fn an_untouched_chain_is_whole(app: App) {
    assert_eq!(check(&app).await, Checked::Whole { entries: 0 });
    written(&app).await;
    assert_eq!(check(&app).await, Checked::Whole { entries: ENTRIES });
    app.post(&app.token("auditor"), "/tickets", some_id(), &app.request()).await;
    let of_nobody = check_audit_log(&app.db, None, |_| {}).await.expect("checks");
    assert_eq!(of_nobody, Checked::Whole { entries: 1 });
    let chains = chains::of(&mut app.db.read().await.expect("reads"), chains::Log::Audit).await.expect("chains");
    assert_eq!(chains, [None, Some(app.account)]);
}

async fn a_changed_entry_is_found(app: App) {
    let ids = written(&app).await;
    unprotect(&app).await;
    let id = literal(&app, ids[2]);
    tamper(&app, &format!("update audit_events set actor_role = 'admin' where id = {id}")).await;
    broken(check(&app).await, Some(ids[2]), Flaw::Changed);
    // An earlier change counts first, and one that also rewrites the hash shows all the same.
    let id = literal(&app, ids[1]);
    tamper(&app, &format!("update audit_events set hash = 'ffffffffffffffffffff' where id = {id}")).await;
    broken(check(&app).await, Some(ids[1]), Flaw::Changed);
}

async fn a_removed_entry_is_found(app: App) {
    let ids = written(&app).await;
    unprotect(&app).await;
    tamper(&app, &format!("delete from audit_events where id = {}", literal(&app, ids[2]))).await;
    broken(check(&app).await, Some(ids[3]), Flaw::Removed);
    tamper(&app, &format!("delete from audit_events where id = {}", literal(&app, ids[0]))).await;
    broken(check(&app).await, Some(ids[1]), Flaw::Removed);
}

async fn a_removed_end_is_found(app: App) {
    let ids = written(&app).await;
    unprotect(&app).await;
    tamper(&app, &format!("delete from audit_events where id = {}", literal(&app, ids[5]))).await;
    broken(check(&app).await, Some(ids[4]), Flaw::CutOff);
    tamper(&app, "delete from audit_events").await;
    broken(check(&app).await, None, Flaw::CutOff);
}

async fn entries_that_changed_places_are_found(app: App) {
    let ids = written(&app).await;
    unprotect(&app).await;
    let (one, other) = (literal(&app, ids[2]), literal(&app, ids[3]));
    let spare = literal(&app, AuditId::new());
    for (from, to) in [(&one, &spare), (&other, &one), (&spare, &other)] {
        tamper(&app, &format!("update audit_events set id = {to} where id = {from}")).await;
    }
    // The third place now holds the row of the fourth id.
    broken(check(&app).await, Some(ids[3]), Flaw::Changed);
}

async fn an_entry_put_in_is_found(app: App) {
    written(&app).await;
    unprotect(&app).await;
    let mut tx = app.db.read().await.expect("reads");
    let rows = audit::of_account(&mut tx, Some(app.account), AuditId(Uuid::nil()), 100).await.expect("rows");
    drop(tx);
    // A forger who knows how hashes are made, but cannot rewrite all that follows.
    let mut forged = rows[3].clone();
    forged.entry.id = AuditId::new();
    let hash = forged.entry.hash(forged.prev_hash.as_deref());
    let columns = "ticket_id, conversation_id, account_id, actor_type, actor_id, actor_role, on_behalf_of, tool_name, \
                   request_id, correlation_id, before_state, after_state, ticket_version, outcome, error_code, payload, \
                   changes, prev_hash, created_at";
    let (new, old) = (literal(&app, forged.entry.id), literal(&app, rows[3].entry.id));
    let statement = format!(
        "insert into audit_events (id, hash, {columns}) select {new}, '{hash}', {columns} from audit_events where id = {old}"
    );
    tamper(&app, &statement).await;
    broken(check(&app).await, Some(forged.entry.id), Flaw::Forked);
}

async fn an_unreadable_entry_is_found(app: App) {
    let ids = written(&app).await;
    unprotect(&app).await;
    tamper(&app, &format!("update audit_events set payload = 'x' where id = {}", literal(&app, ids[0]))).await;
    broken(check(&app).await, None, Flaw::Unreadable);
}
