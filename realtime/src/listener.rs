//! Acts on what nodes tell each other, and on the passing of time.

use std::time::Duration;

use patchbay_core::ids::SessionId;
use patchbay_core::notice::Notice;
use patchbay_http::Chain;
use patchbay_store::{StoreError, queues};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::presence::SAY_EVERY;
use crate::service::Realtime;
use crate::typing;

/// How often signals that end by themselves are looked through.
const TICK: Duration = Duration::from_millis(250);
/// How often logins are looked up that were revoked without our hearing of it.
const CHECK_SESSIONS_EVERY: Duration = Duration::from_secs(30);

/// Acts on notices for as long as it is polled.
pub(crate) async fn listen(realtime: &Realtime, notices: &mut broadcast::Receiver<Notice>) {
    realtime.db.signals().announce(Notice::WhoIsThere);
    loop {
        let notice = match notices.recv().await {
            Ok(notice) => notice,
            Err(RecvError::Lagged(_)) => Notice::Missed,
            Err(RecvError::Closed) => return,
        };
        match notice {
            Notice::SessionRevoked { session } => realtime.registry.close_session(session),
            Notice::UserRevoked { user } => realtime.registry.close_user(user),
            Notice::Typing(typing) => typing::show(realtime, &typing),
            Notice::WhoIsThere => realtime.db.signals().announce(realtime.people.roster()),
            Notice::Missed => {
                check_sessions(realtime).await;
                realtime.db.signals().announce(Notice::WhoIsThere);
            }
            Notice::Present(_) | Notice::PresenceChanged { .. } | Notice::StillHere { .. } => {
                realtime.people.hear(realtime, notice);
            }
            // Whoever keeps the directory reads it again; the tailer sees that it was replaced.
            Notice::DirectoryChanged | Notice::FeedGrew | Notice::JobsGrew => {}
        }
    }
}

/// Ends what ends by itself, for as long as it is polled.
pub(crate) async fn keep_time(realtime: &Realtime) {
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut said, mut checked) = (Instant::now(), Instant::now());
    loop {
        tick.tick().await;
        for notice in realtime.signs.expire() {
            realtime.db.signals().announce(notice);
        }
        if said.elapsed() >= SAY_EVERY {
            said = Instant::now();
            realtime.db.signals().announce(Notice::StillHere { node: realtime.people.node });
            realtime.people.expire(realtime);
        }
        if checked.elapsed() >= CHECK_SESSIONS_EVERY {
            checked = Instant::now();
            check_sessions(realtime).await;
        }
    }
}

async fn check_sessions(realtime: &Realtime) {
    let sessions: Vec<SessionId> = realtime.registry.sessions().into_iter().collect();
    if sessions.is_empty() {
        return;
    }
    match revoked(realtime, &sessions).await {
        Ok(revoked) => revoked.into_iter().for_each(|session| realtime.registry.close_session(session)),
        Err(error) => tracing::debug!(error = %Chain(&error), "the logins of sockets were not checked"),
    }
}

async fn revoked(realtime: &Realtime, sessions: &[SessionId]) -> Result<Vec<SessionId>, StoreError> {
    queues::revoked_sessions(&mut realtime.db.read().await?, sessions).await
}
