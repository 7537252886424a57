//! `patchbay journal replay`.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::{CommandError, print};
use crate::app::{Window, replay_journal};
use crate::cli::JournalAction;
use crate::settings::Settings;

/// Entries between two lines of progress.
const EVERY: u64 = 1_000;

/// Replays; progress on standard error, the summary on standard output.
pub(super) async fn run(settings: &Settings, action: JournalAction) -> Result<(), CommandError> {
    let JournalAction::Replay { from, to, inbox } = action;
    if to <= from {
        return Err(CommandError::Usage("--to must be later than --from".into()));
    }
    let window = Window { from, to, inbox };
    let mut told = 0;
    let progress = |done: u64, total: u64| {
        if done >= told + EVERY || done == total {
            told = done;
            eprintln!("{done} of {total} entries");
        }
    };
    let replayed =
        replay_journal(settings, &window, progress).await.map_err(|error| CommandError::Failed(error.to_string()))?;
    print(&format!(
        "{} requests replayed, {} taken, {} new messages",
        replayed.sent, replayed.accepted, replayed.fresh_messages
    ));
    for (reason, count) in &replayed.refused {
        print(&format!("{count} not taken: {reason}"));
    }
    if replayed.unreadable > 0 {
        return Err(CommandError::Failed(format!(
            "{} entries were sealed with a key that is not configured; add it to journal.old_keys",
            replayed.unreadable
        )));
    }
    Ok(())
}

/// A time as RFC 3339, `2026-01-05T12:00:00` or `2026-01-05`; without a zone it is UTC.
pub(crate) fn time(text: &str) -> Result<DateTime<Utc>, String> {
    let zoned = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
    let plain = || text.parse::<NaiveDateTime>().map(|time| time.and_utc());
    let day = || text.parse::<NaiveDate>().map(|day| day.and_time(chrono::NaiveTime::MIN).and_utc());
    zoned
        .or_else(|_| plain())
        .or_else(|_| day())
        .map_err(|_| "give a time such as 2026-01-05T12:00:00Z or a day such as 2026-01-05".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_utc_unless_it_says_otherwise() {
        for text in ["2026-01-05T12:00:00Z", "2026-01-05T12:00:00", "2026-01-05T13:00:00+01:00"] {
            assert_eq!(time(text).expect("a time").to_rfc3339(), "2026-01-05T12:00:00+00:00");
        }
        assert_eq!(time("2026-01-05").expect("a day").to_rfc3339(), "2026-01-05T00:00:00+00:00");
        assert!(time("yesterday").is_err());
    }
}
