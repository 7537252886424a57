//! The earliest time at which somebody is free for long enough.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

use super::candidate::{Candidate, Span};
use crate::hours;

/// How far ahead one looks. Source: domain, recommendation.
pub const LOOK_AHEAD: TimeDelta = TimeDelta::days(30);

/// The earliest start from `from` on of `length` at work, not away and not at another job. `None`: not in 30 days.
pub fn earliest(
    candidate: &Candidate,
    timezone: &str,
    from: DateTime<Utc>,
    length: TimeDelta,
) -> Option<DateTime<Utc>> {
    let until = from + LOOK_AHEAD;
    let mut taken: Vec<Span> = candidate.jobs.iter().filter_map(|job| job.window).collect();
    taken.extend(&candidate.time_off);
    taken.sort();
    at_work(candidate, timezone, from, until).into_iter().find_map(|work| first_gap(work, &taken, length))
}

fn first_gap(work: Span, taken: &[Span], length: TimeDelta) -> Option<DateTime<Utc>> {
    let mut start = work.start;
    for span in taken {
        if start + length <= span.start {
            break;
        }
        start = start.max(span.end);
    }
    (start + length <= work.end).then_some(start)
}

/// When the candidate is at work between the two times; stretches that touch are one.
fn at_work(candidate: &Candidate, timezone: &str, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Span> {
    if candidate.hours.is_empty() {
        return vec![Span { start: from, end: until }];
    }
    let first = hours::local(from, timezone).date() - Days::new(1);
    let days = first.iter_days().take(usize::try_from(LOOK_AHEAD.num_days()).unwrap_or_default() + 3);
    let mut spans: Vec<Span> = Vec::new();
    for span in days.flat_map(|day| of_day(candidate, timezone, day)) {
        let (start, end) = (span.start.max(from), span.end.min(until));
        match spans.last_mut() {
            _ if start >= end => {}
            Some(last) if last.end >= start => last.end = last.end.max(end),
            _ => spans.push(Span { start, end }),
        }
    }
    spans
}

fn of_day(candidate: &Candidate, timezone: &str, day: NaiveDate) -> Vec<Span> {
    let shifts = hours::of_day(&candidate.hours, day);
    shifts
        .map(|(start, end)| Span { start: hours::utc(start, timezone), end: hours::utc(end, timezone) })
        .filter(|span| span.start < span.end)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::candidate::tests::{at, candidate, shift};
    use super::*;

    const HOUR: TimeDelta = TimeDelta::hours(1);

    #[test]
    fn somebody_without_hours_is_free_at_once() {
        assert_eq!(earliest(&candidate(), "UTC", at(5, 3), HOUR), Some(at(5, 3)));
    }

    #[test]
    fn a_slot_lies_within_hours_by_the_clock_of_the_place() {
        // Monday 8 to 17 in Toronto is 13 to 22 UTC in winter.
        let worker = Candidate { hours: vec![shift(0, "08:00", "17:00")], ..candidate() };
        assert_eq!(earliest(&worker, "America/Toronto", at(5, 3), HOUR), Some(at(5, 13)));
        assert_eq!(earliest(&worker, "America/Toronto", at(5, 21), HOUR), Some(at(5, 21)));
        assert_eq!(earliest(&worker, "America/Toronto", at(5, 21), HOUR * 2), Some(at(12, 13)));
        assert_eq!(earliest(&worker, "America/Toronto", at(5, 3), HOUR * 10), None);
    }

    #[test]
    fn a_slot_avoids_time_off() {
        let away = vec![Span { start: at(5, 4), end: at(5, 6) }, Span { start: at(5, 3), end: at(5, 5) }];
        let worker = Candidate { time_off: away, ..candidate() };
        assert_eq!(earliest(&worker, "UTC", at(5, 2), HOUR), Some(at(5, 2)));
        assert_eq!(earliest(&worker, "UTC", at(5, 2), HOUR * 2), Some(at(5, 6)));
    }

    #[test]
    fn hours_that_touch_at_midnight_make_one_slot() {
        let hours = vec![shift(0, "22:00", "24:00"), shift(1, "00:00", "02:00")];
        let worker = Candidate { hours, ..candidate() };
        assert_eq!(earliest(&worker, "UTC", at(5, 0), HOUR * 4), Some(at(5, 22)));
    }
}
