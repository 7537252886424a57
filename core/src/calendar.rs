//! Business hours: weekly openings in a time zone, and days off. Time is counted exactly, also on the days when clocks
//! are set forward or back. Source: domain, triage flow and conversation service levels.

use std::collections::BTreeSet;

use chrono::{
    DateTime, Datelike as _, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _, Utc,
};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::hours::DayMinute;

/// How far ahead an opening is looked for, in days: beyond, there is none.
const HORIZON_DAYS: u64 = 3 * 366;

/// One stretch of a week in which somebody works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// 0 is Monday.
    pub weekday: u8,
    /// From.
    pub open: DayMinute,
    /// Until; when it is earlier than `open`, on the next day.
    pub close: DayMinute,
}

/// Weekly openings in a time zone, and days off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    timezone: Tz,
    openings: Vec<Opening>,
    holidays: BTreeSet<NaiveDate>,
}

/// Why business hours cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarMisfit {
    /// Nobody knows the time zone.
    #[error("no such time zone; write it like America/Toronto")]
    Timezone,
    /// There are seven weekdays.
    #[error("weekday must be between 0 (Monday) and 6")]
    Weekday,
    /// It ends as it begins.
    #[error("open and close must differ; a whole day is 00:00 to 24:00")]
    Empty,
    /// Two openings overlap.
    #[error("two openings overlap")]
    Overlap,
}

/// Checks openings and puts them in order.
pub fn openings_in_order(mut openings: Vec<Opening>) -> Result<Vec<Opening>, CalendarMisfit> {
    if openings.iter().any(|opening| opening.weekday > 6) {
        return Err(CalendarMisfit::Weekday);
    }
    if openings.iter().any(|opening| opening.open == opening.close || opening.open == DayMinute::END) {
        return Err(CalendarMisfit::Empty);
    }
    openings.sort();
    let week = 7 * DayMinute::END.get();
    let mut spans: Vec<(i64, i64)> = openings.iter().map(|opening| opening.in_week()).collect();
    // The last opening of a week may reach into the first of the next.
    if let Some((start, end)) = spans.first().copied() {
        spans.push((start + week, end + week));
    }
    if spans.windows(2).any(|pair| pair[1].0 < pair[0].1) { Err(CalendarMisfit::Overlap) } else { Ok(openings) }
}

/// A time zone by its name.
pub fn timezone(name: &str) -> Result<Tz, CalendarMisfit> {
    name.parse().map_err(|_| CalendarMisfit::Timezone)
}

impl Opening {
    fn minutes(self) -> i64 {
        let span = self.close.get() - self.open.get();
        if span > 0 { span } else { span + DayMinute::END.get() }
    }

    /// Minutes of the week in which it begins and ends.
    fn in_week(self) -> (i64, i64) {
        let start = i64::from(self.weekday) * DayMinute::END.get() + self.open.get();
        (start, start + self.minutes())
    }
}

impl Calendar {
    /// Business hours. Without openings it is always closed.
    pub fn new(
        timezone: &str,
        openings: Vec<Opening>,
        holidays: impl IntoIterator<Item = NaiveDate>,
    ) -> Result<Self, CalendarMisfit> {
        Ok(Self {
            timezone: self::timezone(timezone)?,
            openings: openings_in_order(openings)?,
            holidays: holidays.into_iter().collect(),
        })
    }

    /// Whether it ever opens.
    pub fn has_openings(&self) -> bool {
        !self.openings.is_empty()
    }

    /// Whether it is open at `now`.
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.spans_from(now).next().is_some_and(|(start, _)| start <= now)
    }

    /// When it opens next; `now` when it is open, `None` when it does not within three years.
    pub fn opens_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.spans_from(now).next().map(|(start, _)| start.max(now))
    }

    /// The moment at which `work` has passed since `from`, counted in open time only. `None`: never.
    pub fn after(&self, from: DateTime<Utc>, work: TimeDelta) -> Option<DateTime<Utc>> {
        let mut left = work.max(TimeDelta::zero());
        for (start, end) in self.spans_from(from) {
            let start = start.max(from);
            let span = end - start;
            if left <= span {
                return start.checked_add_signed(left);
            }
            left -= span;
        }
        None
    }

    /// How much open time lies between two moments.
    pub fn between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
        self.spans_from(from)
            .take_while(|(start, _)| *start < to)
            .map(|(start, end)| end.min(to) - start.max(from))
            .filter(|span| *span > TimeDelta::zero())
            .sum()
    }

    /// The open stretches that end after `from`, in order.
    fn spans_from(&self, from: DateTime<Utc>) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> + '_ {
        let today = from.with_timezone(&self.timezone).date_naive();
        // An opening of the day before may last over midnight.
        let first = today.checked_sub_days(Days::new(1)).unwrap_or(today);
        let days = if self.openings.is_empty() { 0 } else { HORIZON_DAYS };
        (0..days)
            .filter_map(move |ahead| first.checked_add_days(Days::new(ahead)))
            .filter(|day| !self.holidays.contains(day))
            .flat_map(move |day| self.spans_of(day))
            .filter(move |(_, end)| *end > from)
    }

    fn spans_of(&self, day: NaiveDate) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> + '_ {
        let weekday = u8::try_from(day.weekday().num_days_from_monday()).unwrap_or_default();
        let midnight = day.and_time(NaiveTime::MIN);
        self.openings.iter().filter(move |opening| opening.weekday == weekday).filter_map(move |opening| {
            let start = midnight + TimeDelta::minutes(opening.open.get());
            let end = start + TimeDelta::minutes(opening.minutes());
            let (start, end) = (self.moment(start), self.moment(end));
            (start < end).then_some((start, end))
        })
    }

    /// When the clocks show `local`: the first time when they show it twice; when they skip it, the moment they are set.
    fn moment(&self, local: NaiveDateTime) -> DateTime<Utc> {
        match self.timezone.from_local_datetime(&local) {
            LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => time.to_utc(),
            LocalResult::None => crate::hours::utc(local, self.timezone.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opening(weekday: u8, open: &str, close: &str) -> Opening {
        Opening { weekday, open: open.parse().unwrap(), close: close.parse().unwrap() }
    }

    fn nine_to_five() -> Vec<Opening> {
        (0..5).map(|weekday| opening(weekday, "09:00", "17:00")).collect()
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn toronto(openings: Vec<Opening>, holidays: &[&str]) -> Calendar {
        let days = holidays.iter().map(|day| day.parse::<NaiveDate>().unwrap());
        Calendar::new("America/Toronto", openings, days).unwrap()
    }

    #[test]
    fn impossible_hours_are_refused() {
        let refused = |openings| openings_in_order(openings).unwrap_err();
        assert_eq!(refused(vec![opening(7, "09:00", "17:00")]), CalendarMisfit::Weekday);
        assert_eq!(refused(vec![opening(0, "09:00", "09:00")]), CalendarMisfit::Empty);
        assert_eq!(refused(vec![opening(0, "09:00", "12:00"), opening(0, "11:00", "13:00")]), CalendarMisfit::Overlap);
        // Sunday night reaches into Monday morning.
        assert_eq!(refused(vec![opening(6, "22:00", "06:00"), opening(0, "05:00", "09:00")]), CalendarMisfit::Overlap);
        assert_eq!(Calendar::new("Mars/Base", nine_to_five(), []).unwrap_err(), CalendarMisfit::Timezone);
        assert!(openings_in_order(vec![opening(6, "22:00", "06:00"), opening(0, "06:00", "09:00")]).is_ok());
    }

    #[test]
    fn it_is_open_within_its_hours_and_not_on_days_off() {
        let calendar = toronto(nine_to_five(), &["2026-01-06"]);
        // 2026-01-05 is a Monday; Toronto is five hours behind.
        assert!(calendar.is_open(at("2026-01-05T14:00:00Z")));
        assert!(!calendar.is_open(at("2026-01-05T13:59:59Z")));
        assert!(!calendar.is_open(at("2026-01-05T22:00:00Z")));
        assert!(!calendar.is_open(at("2026-01-06T15:00:00Z")));
        assert_eq!(calendar.opens_at(at("2026-01-05T22:00:00Z")), Some(at("2026-01-07T14:00:00Z")));
        assert!(!toronto(Vec::new(), &[]).is_open(at("2026-01-05T14:00:00Z")));
        assert_eq!(toronto(Vec::new(), &[]).opens_at(at("2026-01-05T14:00:00Z")), None);
    }

    #[test]
    fn an_opening_may_last_over_midnight() {
        let calendar = toronto(vec![opening(0, "22:00", "06:00")], &[]);
        assert!(calendar.is_open(at("2026-01-06T10:59:59Z")));
        assert!(!calendar.is_open(at("2026-01-06T11:00:00Z")));
        assert!(!calendar.is_open(at("2026-01-05T10:00:00Z")));
        let hours = calendar.between(at("2026-01-05T00:00:00Z"), at("2026-01-12T00:00:00Z"));
        assert_eq!(hours, TimeDelta::hours(8));
    }

    #[test]
    fn only_open_time_counts() {
        let calendar = toronto(nine_to_five(), &[]);
        // Friday 16:30 local, two hours of work: Monday 10:30.
        assert_eq!(calendar.after(at("2026-01-09T21:30:00Z"), TimeDelta::hours(2)), Some(at("2026-01-12T15:30:00Z")));
        assert_eq!(calendar.between(at("2026-01-09T21:30:00Z"), at("2026-01-12T15:30:00Z")), TimeDelta::hours(2));
        assert_eq!(calendar.after(at("2026-01-10T12:00:00Z"), TimeDelta::zero()), Some(at("2026-01-12T14:00:00Z")));
    }

    #[test]
    fn clocks_that_are_set_forward_take_an_hour_of_the_night() {
        // Toronto skips 02:00 to 03:00 on 2026-03-08, a Sunday.
        let calendar = toronto(vec![opening(6, "00:00", "24:00")], &[]);
        let day = calendar.between(at("2026-03-08T00:00:00Z"), at("2026-03-10T00:00:00Z"));
        assert_eq!(day, TimeDelta::hours(23));
        // 01:30 local and one hour of work: 03:30 local.
        assert_eq!(calendar.after(at("2026-03-08T06:30:00Z"), TimeDelta::hours(1)), Some(at("2026-03-08T07:30:00Z")));
        let skipped = toronto(vec![opening(6, "02:15", "02:45")], &[]);
        assert!(skipped.opens_at(at("2026-03-07T12:00:00Z")).is_some());
    }

    #[test]
    fn clocks_that_are_set_back_give_an_hour_more() {
        // Toronto shows 01:00 to 02:00 twice on 2026-11-01, a Sunday.
        let calendar = toronto(vec![opening(6, "00:00", "24:00")], &[]);
        let day = calendar.between(at("2026-10-31T00:00:00Z"), at("2026-11-03T00:00:00Z"));
        assert_eq!(day, TimeDelta::hours(25));
        let business = toronto(nine_to_five(), &[]);
        // Friday 16:00 summer time and two hours: Monday 10:00 winter time.
        assert_eq!(business.after(at("2026-10-30T20:00:00Z"), TimeDelta::hours(2)), Some(at("2026-11-02T15:00:00Z")));
    }

    #[test]
    fn a_leap_day_is_a_day() {
        // 2028-02-29 is a Tuesday.
        let calendar = Calendar::new("UTC", nine_to_five(), []).unwrap();
        assert!(calendar.is_open(at("2028-02-29T12:00:00Z")));
        assert_eq!(calendar.after(at("2028-02-28T16:00:00Z"), TimeDelta::hours(2)), Some(at("2028-02-29T10:00:00Z")));
        let off = Calendar::new("UTC", nine_to_five(), ["2028-02-29".parse().unwrap()]).unwrap();
        assert_eq!(off.after(at("2028-02-28T16:00:00Z"), TimeDelta::hours(2)), Some(at("2028-03-01T10:00:00Z")));
    }
}
