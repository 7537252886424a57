//! Quiet hours, and when mails about several alerts are due.

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};

use super::Digest;
use crate::hours::{DayMinute, local, utc};

/// When the mail about a day comes: at eight.
const MORNING: TimeDelta = TimeDelta::hours(8);

/// Until when it is quiet. `None`: it is not. Quiet hours that end before they begin last over midnight.
pub fn quiet_until(from: DayMinute, until: DayMinute, timezone: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let today = local(now, timezone).date();
    let (start, end) = (TimeDelta::minutes(from.get()), TimeDelta::minutes(until.get()));
    if start == end {
        return None;
    }
    let days = [today.checked_sub_days(Days::new(1)), Some(today)];
    days.into_iter().flatten().find_map(|day| {
        let midnight = day.and_time(NaiveTime::MIN);
        let last = if end > start { midnight + end } else { midnight + TimeDelta::days(1) + end };
        let (begin, last) = (utc(midnight + start, timezone), utc(last, timezone));
        (begin <= now && now < last).then_some(last)
    })
}

/// When the next mail about several is due. `None`: each comes at once.
pub fn next_digest(digest: Digest, timezone: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match digest {
        Digest::Off => None,
        Digest::Hourly => {
            let hour = now.timestamp().div_euclid(3_600) + 1;
            DateTime::from_timestamp(hour * 3_600, 0)
        }
        Digest::Daily => {
            let today = local(now, timezone).date();
            let days = [Some(today), today.checked_add_days(Days::new(1))];
            days.into_iter()
                .flatten()
                .map(|day| utc(day.and_time(NaiveTime::MIN) + MORNING, timezone))
                .find(|morning| *morning > now)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn quiet_hours_end_when_the_clocks_there_say_so() {
        let quiet = |now| quiet_until("22:00".parse().unwrap(), "07:00".parse().unwrap(), "America/Toronto", at(now));
        assert_eq!(quiet("2026-01-06T02:59:59Z"), None);
        assert_eq!(quiet("2026-01-06T03:00:00Z"), Some(at("2026-01-06T12:00:00Z")));
        assert_eq!(quiet("2026-01-06T11:59:59Z"), Some(at("2026-01-06T12:00:00Z")));
        assert_eq!(quiet("2026-01-06T12:00:00Z"), None);
        // The clocks go forward in this night: it is an hour shorter.
        assert_eq!(quiet("2026-03-08T05:00:00Z"), Some(at("2026-03-08T11:00:00Z")));
        let noon = quiet_until("12:00".parse().unwrap(), "13:00".parse().unwrap(), "UTC", at("2026-01-06T12:30:00Z"));
        assert_eq!(noon, Some(at("2026-01-06T13:00:00Z")));
    }

    #[test]
    fn mails_about_several_come_on_the_hour_or_in_the_morning() {
        let next = |digest, now| next_digest(digest, "America/Toronto", at(now));
        assert_eq!(next(Digest::Off, "2026-01-06T02:59:59Z"), None);
        assert_eq!(next(Digest::Hourly, "2026-01-06T02:59:59Z"), Some(at("2026-01-06T03:00:00Z")));
        assert_eq!(next(Digest::Hourly, "2026-01-06T03:00:00Z"), Some(at("2026-01-06T04:00:00Z")));
        assert_eq!(next(Digest::Daily, "2026-01-06T12:59:00Z"), Some(at("2026-01-06T13:00:00Z")));
        assert_eq!(next(Digest::Daily, "2026-01-06T13:00:00Z"), Some(at("2026-01-07T13:00:00Z")));
    }
}
