//! Slows down guessing: after five failed logins in a minute for one account or from one address, the next ones are not
//! even looked at. Source: domain, authentication.

use std::net::{IpAddr, Ipv6Addr};

use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::Code;
use patchbay_http::ApiError;
use patchbay_store::{Db, StoreError, sessions};
use sha2::{Digest as _, Sha256};

use crate::HubError;

const WINDOW: TimeDelta = TimeDelta::minutes(1);
const MOST_FAILURES: i64 = 5;

/// Whose failures are counted: the account that is tried, and the address it is tried from.
#[derive(Debug)]
pub(super) struct Subjects {
    account: String,
    address: Option<String>,
}

impl Subjects {
    /// E-mail addresses are kept as digests: people mistype, and what they type may be a password.
    pub(super) fn new(email: &str, address: Option<IpAddr>) -> Self {
        Self {
            account: format!("account:{}", hex::encode(Sha256::digest(email.as_bytes()))),
            address: address.map(|address| format!("address:{}", network(address))),
        }
    }

    fn all(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.account.as_str()).chain(self.address.as_deref())
    }

    /// Refuses when there were too many. Error: 429 `RATE_LIMITED`.
    pub(super) async fn check(&self, db: &Db, now: DateTime<Utc>) -> Result<(), HubError> {
        let mut tx = db.read().await?;
        for subject in self.all() {
            let Some(found) = sessions::failures(&mut tx, subject, now - WINDOW).await? else { continue };
            if found.failures >= MOST_FAILURES {
                let wait = (found.window_started_at + WINDOW - now).num_seconds() + 1;
                let error = ApiError::new(Code::RateLimited, "too many failed logins; try again later")
                    .retry_after(u64::try_from(wait).unwrap_or(1));
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// Counts one more.
    pub(super) async fn count_failure(&self, db: &Db, now: DateTime<Utc>) -> Result<(), StoreError> {
        let mut tx = db.begin().await?;
        for subject in self.all() {
            sessions::count_failure(&mut tx, subject, now - WINDOW, now).await?;
        }
        tx.commit().await
    }

    /// The account's owner is in. The address stays counted: it may be trying other accounts as well.
    pub(super) fn account(&self) -> &str {
        &self.account
    }

    /// Windows that began before this are over.
    pub(super) fn over(now: DateTime<Utc>) -> DateTime<Utc> {
        now - WINDOW
    }
}

/// An IPv6 client has a whole /64 to come from; that network counts as one address.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}
