//! Acts on what nodes tell each other, and on the passing of time.

use std::time::Duration;

use chrono::TimeDelta;
use patchbay_core::notice::Notice;
use serde_json::json;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::frame::Frame;
use crate::presence::SAY_EVERY;
use crate::service::Realtime;
use crate::typing;

/// How often typing signals are looked through, and changes of presence are shown: a page that is loaded again does not
/// flicker, and many people coming at once make one batch.
const TICK: Duration = Duration::from_millis(250);

/// The clock went on by so much more than time did: the machine slept, or the demo's clock was moved. What pages count down
/// with is wrong then until they hear of it.
const JUMP: TimeDelta = TimeDelta::seconds(5);

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
            Notice::Missed => realtime.db.signals().announce(Notice::WhoIsThere),
            Notice::Present(_) | Notice::PresenceChanged { .. } | Notice::StillHere { .. } => {
                realtime.people.hear(realtime.db.signals(), notice);
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
    let mut said = Instant::now();
    let mut seen = (Instant::now(), realtime.gate.clock.now());
    loop {
        tick.tick().await;
        let now = (Instant::now(), realtime.gate.clock.now());
        let ran = TimeDelta::from_std(now.0 - seen.0).unwrap_or_default();
        if now.1 - seen.1 - ran > JUMP {
            realtime.registry.tell_everybody(Frame::passing("system.clock", now.1, &json!({})));
        }
        seen = now;
        for notice in realtime.signs.expire() {
            realtime.db.signals().announce(notice);
        }
        realtime.people.show(realtime);
        if said.elapsed() >= SAY_EVERY {
            said = Instant::now();
            realtime.db.signals().announce(Notice::StillHere { node: realtime.people.node });
            realtime.people.expire();
        }
    }
}
