//! Logins, their refresh tokens, and failed attempts.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{SessionId, UserId};
use patchbay_core::role::Portal;

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// A refresh token and the login it belongs to.
    #[derive(Clone, Debug)]
    pub struct RefreshToken {
        /// The login.
        pub session_id: SessionId,
        /// Whose login.
        pub user_id: UserId,
        /// Portal of the login.
        pub portal: Portal,
        /// Until when the token can be used.
        pub expires_at: DateTime<Utc>,
        /// When it was used; a second use ends the login.
        pub spent_at: Option<DateTime<Utc>>,
        /// When the login ended.
        pub revoked_at: Option<DateTime<Utc>>,
    }
}

record! {
    /// Failed logins of one subject in its current window.
    #[derive(Clone, Copy, Debug)]
    pub struct Failures {
        /// How many.
        pub failures: i64,
        /// Since when they are counted.
        pub window_started_at: DateTime<Utc>,
    }
}

/// A login about to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewSession {
    /// Our id.
    pub id: SessionId,
    /// Who logs in.
    pub user_id: UserId,
    /// Where.
    pub portal: Portal,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Until when its first refresh token can be used.
    pub expires_at: DateTime<Utc>,
}

/// Stores a login.
pub async fn insert(tx: &mut Tx, session: &NewSession) -> Result<(), StoreError> {
    tx.query("insert into sessions (id, user_id, portal, created_at, expires_at) values ($1, $2, $3, $4, $5)")
        .bind(session.id)
        .bind(session.user_id)
        .bind(session.portal)
        .bind(session.created_at)
        .bind(session.expires_at)
        .execute()
        .await?;
    Ok(())
}

/// Stores a refresh token by its hash, and lets its login live as long.
pub async fn add_refresh_token(
    tx: &mut Tx,
    session: SessionId,
    token_hash: &str,
    issued_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.query("insert into refresh_tokens (token_hash, session_id, issued_at, expires_at) values ($1, $2, $3, $4)")
        .bind(token_hash)
        .bind(session)
        .bind(issued_at)
        .bind(expires_at)
        .execute()
        .await?;
    tx.query("update sessions set expires_at = $2 where id = $1").bind(session).bind(expires_at).execute().await?;
    Ok(())
}

/// The refresh token with a hash.
pub async fn refresh_token(tx: &mut Tx, token_hash: &str) -> Result<Option<RefreshToken>, StoreError> {
    tx.query(
        "select r.session_id, s.user_id, s.portal, r.expires_at, r.spent_at, s.revoked_at
         from refresh_tokens r join sessions s on s.id = r.session_id where r.token_hash = $1",
    )
    .bind(token_hash)
    .optional()
    .await
}

/// Spends a refresh token. `false` when it was spent already: then somebody else has it.
pub async fn spend_refresh_token(tx: &mut Tx, token_hash: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let spent = tx
        .query("update refresh_tokens set spent_at = $2 where token_hash = $1 and spent_at is null")
        .bind(token_hash)
        .bind(now)
        .execute()
        .await?;
    Ok(spent == 1)
}

/// Ends a login. `false` when it had ended.
pub async fn revoke(tx: &mut Tx, session: SessionId, reason: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let revoked = tx
        .query("update sessions set revoked_at = $2, revoke_reason = $3 where id = $1 and revoked_at is null")
        .bind(session)
        .bind(now)
        .bind(reason)
        .execute()
        .await?;
    Ok(revoked == 1)
}

/// Ends every login of a user. Tells how many.
pub async fn revoke_all_of(tx: &mut Tx, user: UserId, reason: &str, now: DateTime<Utc>) -> Result<u64, StoreError> {
    tx.query("update sessions set revoked_at = $2, revoke_reason = $3 where user_id = $1 and revoked_at is null")
        .bind(user)
        .bind(now)
        .bind(reason)
        .execute()
        .await
}

/// Failed logins of a subject in a window that began after `since`.
pub async fn failures(tx: &mut Tx, subject: &str, since: DateTime<Utc>) -> Result<Option<Failures>, StoreError> {
    tx.query("select failures, window_started_at from login_failures where subject = $1 and window_started_at > $2")
        .bind(subject)
        .bind(since)
        .optional()
        .await
}

/// Counts a failed login; a window that began at `since` or before starts anew.
pub async fn count_failure(
    tx: &mut Tx,
    subject: &str,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.query(
        "insert into login_failures (subject, failures, window_started_at) values ($1, 1, $3)
         on conflict (subject) do update set
             failures = case when login_failures.window_started_at > $2 then login_failures.failures + 1 else 1 end,
             window_started_at =
                 case when login_failures.window_started_at > $2 then login_failures.window_started_at else $3 end",
    )
    .bind(subject)
    .bind(since)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// Forgets the failed logins of a subject and of windows that are over.
pub async fn forget_failures(tx: &mut Tx, subject: &str, over: DateTime<Utc>) -> Result<(), StoreError> {
    tx.query("delete from login_failures where subject = $1 or window_started_at <= $2")
        .bind(subject)
        .bind(over)
        .execute()
        .await?;
    Ok(())
}
