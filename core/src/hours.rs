//! Weekly hours of technicians and vendors. They have no time zone: whoever asks says what time it is where the work is.

use std::fmt;
use std::str::FromStr;

use chrono::{
    DateTime, Datelike as _, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _, Timelike as _,
    Utc,
};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// A minute of a day, 0 to 1440; 1440 is the end of the day. Written `08:30`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DayMinute(u16);

/// A text or number is not a minute of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a time of day, such as 08:30")]
pub struct NoDayMinute;

impl DayMinute {
    /// The end of the day.
    pub const END: Self = Self(1440);

    /// Minutes since midnight.
    pub fn get(self) -> i64 {
        i64::from(self.0)
    }
}

impl TryFrom<i64> for DayMinute {
    type Error = NoDayMinute;

    fn try_from(minutes: i64) -> Result<Self, NoDayMinute> {
        u16::try_from(minutes).ok().filter(|minutes| *minutes <= Self::END.0).map(Self).ok_or(NoDayMinute)
    }
}

impl FromStr for DayMinute {
    type Err = NoDayMinute;

    fn from_str(text: &str) -> Result<Self, NoDayMinute> {
        let (hour, minute) = text.split_once(':').ok_or(NoDayMinute)?;
        let number = |part: &str| match part.as_bytes() {
            [b'0'..=b'9', b'0'..=b'9'] => part.parse::<i64>().map_err(|_| NoDayMinute),
            _ => Err(NoDayMinute),
        };
        let (hour, minute) = (number(hour)?, number(minute)?);
        if minute > 59 { Err(NoDayMinute) } else { Self::try_from(hour * 60 + minute) }
    }
}

impl TryFrom<String> for DayMinute {
    type Error = NoDayMinute;

    fn try_from(text: String) -> Result<Self, NoDayMinute> {
        text.parse()
    }
}

impl From<DayMinute> for String {
    fn from(minute: DayMinute) -> Self {
        minute.to_string()
    }
}

impl fmt::Display for DayMinute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// One stretch of a weekday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shift {
    /// 0 is Monday.
    pub weekday: u8,
    /// From.
    pub start: DayMinute,
    /// Until; later than `start`.
    pub end: DayMinute,
    /// Switched off, it counts for nothing.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

/// Why weekly hours do not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HoursMisfit {
    /// There are seven weekdays.
    #[error("weekday must be between 0 (Monday) and 6")]
    Weekday,
    /// The end comes first.
    #[error("end must be later than start")]
    Order,
    /// Two stretches of a day overlap.
    #[error("two stretches of a day overlap")]
    Overlap,
}

/// Weekly hours in their order.
pub fn in_order(mut shifts: Vec<Shift>) -> Result<Vec<Shift>, HoursMisfit> {
    if shifts.iter().any(|shift| shift.weekday > 6) {
        return Err(HoursMisfit::Weekday);
    }
    if shifts.iter().any(|shift| shift.start >= shift.end) {
        return Err(HoursMisfit::Order);
    }
    shifts.sort();
    let overlap = |pair: &[Shift]| pair[0].weekday == pair[1].weekday && pair[1].start < pair[0].end;
    if shifts.windows(2).any(overlap) { Err(HoursMisfit::Overlap) } else { Ok(shifts) }
}

/// What the clocks of a time zone show; UTC when nobody knows the zone.
pub fn local(time: DateTime<Utc>, timezone: &str) -> NaiveDateTime {
    timezone.parse::<Tz>().map_or_else(|_| time.naive_utc(), |zone| time.with_timezone(&zone).naive_local())
}

/// When the clocks of a time zone show `local`: the first time when they show it twice; when they skip it, the time it
/// would be had they not been set forward.
pub fn utc(local: NaiveDateTime, timezone: &str) -> DateTime<Utc> {
    let Ok(zone) = timezone.parse::<Tz>() else { return local.and_utc() };
    match zone.from_local_datetime(&local) {
        LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => time.to_utc(),
        // An hour later by the new clocks is the same moment by the old ones.
        LocalResult::None => match zone.from_local_datetime(&(local + TimeDelta::hours(1))) {
            LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => time.to_utc(),
            LocalResult::None => local.and_utc(),
        },
    }
}

/// The stretches of one day that count, as its clocks show them.
pub fn of_day(shifts: &[Shift], day: NaiveDate) -> impl Iterator<Item = (NaiveDateTime, NaiveDateTime)> {
    let weekday = weekday_of(day);
    let midnight = day.and_time(NaiveTime::MIN);
    let at = move |minute: DayMinute| midnight + TimeDelta::minutes(minute.get());
    let of_day = shifts.iter().filter(move |shift| shift.enabled && shift.weekday == weekday);
    of_day.map(move |shift| (at(shift.start), at(shift.end)))
}

/// Whether the hours cover all of `start..end`, both told by the clock at the place. Stretches that touch count as one,
/// also over midnight.
pub fn cover(shifts: &[Shift], start: NaiveDateTime, end: NaiveDateTime) -> bool {
    if start >= end || end - start > TimeDelta::days(7) {
        return false;
    }
    let (mut day, mut from) = (start.date(), minute_of(start));
    while day <= end.date() {
        let until = if day == end.date() { minute_of(end) } else { DayMinute::END };
        if from < until && !covers_day(shifts, day, from, until) {
            return false;
        }
        let Some(next) = day.succ_opt() else { return false };
        (day, from) = (next, DayMinute(0));
    }
    true
}

fn covers_day(shifts: &[Shift], day: NaiveDate, from: DayMinute, until: DayMinute) -> bool {
    let weekday = weekday_of(day);
    let mut reached = from;
    for shift in shifts.iter().filter(|shift| shift.enabled && shift.weekday == weekday) {
        if shift.start <= reached {
            reached = reached.max(shift.end);
        }
    }
    reached >= until
}

fn weekday_of(day: NaiveDate) -> u8 {
    u8::try_from(day.weekday().num_days_from_monday()).expect("a week has seven days")
}

fn minute_of(time: NaiveDateTime) -> DayMinute {
    DayMinute(u16::try_from(time.hour() * 60 + time.minute()).expect("a day has 1440 minutes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shift(weekday: u8, start: &str, end: &str) -> Shift {
        Shift { weekday, start: start.parse().unwrap(), end: end.parse().unwrap(), enabled: true }
    }

    /// The 5th of January 2026 is a Monday.
    fn at(day: u32, time: &str) -> NaiveDateTime {
        format!("2026-01-{day:02}T{time}:00").parse().unwrap()
    }

    #[test]
    fn a_time_of_day_reads_and_writes() {
        assert_eq!("08:30".parse::<DayMinute>().unwrap().to_string(), "08:30");
        assert_eq!("24:00".parse::<DayMinute>().unwrap(), DayMinute::END);
        for bad in ["", "8:30", "24:01", "12:60", "-1:00", "noon"] {
            assert_eq!(bad.parse::<DayMinute>(), Err(NoDayMinute), "{bad}");
        }
    }

    #[test]
    fn hours_are_kept_in_order_and_must_not_overlap() {
        let (early, late) = (shift(0, "08:00", "12:00"), shift(0, "12:00", "17:00"));
        assert_eq!(in_order(vec![late, early]), Ok(vec![early, late]));
        assert_eq!(in_order(vec![early, shift(0, "11:00", "13:00")]), Err(HoursMisfit::Overlap));
        assert_eq!(in_order(vec![shift(7, "08:00", "12:00")]), Err(HoursMisfit::Weekday));
        assert_eq!(in_order(vec![shift(1, "12:00", "08:00")]), Err(HoursMisfit::Order));
    }

    #[test]
    fn a_window_must_lie_within_the_hours() {
        let hours = [shift(0, "08:00", "12:00"), shift(0, "12:00", "17:00"), shift(1, "09:00", "17:00")];
        assert!(cover(&hours, at(5, "08:00"), at(5, "17:00")));
        assert!(!cover(&hours, at(5, "07:59"), at(5, "09:00")));
        assert!(!cover(&hours, at(5, "16:00"), at(5, "17:01")));
        assert!(!cover(&hours, at(7, "10:00"), at(7, "11:00")));
        assert!(!cover(&hours, at(5, "10:00"), at(5, "10:00")));
        let off = [Shift { enabled: false, ..hours[0] }];
        assert!(!cover(&off, at(5, "09:00"), at(5, "10:00")));
    }

    #[test]
    fn clocks_are_those_of_the_place() {
        let winter: DateTime<Utc> = "2026-01-05T13:00:00Z".parse().unwrap();
        assert_eq!(local(winter, "America/Toronto"), at(5, "08:00"));
        assert_eq!(utc(at(5, "08:00"), "America/Toronto"), winter);
        assert_eq!(local(winter, "Nowhere/City"), at(5, "13:00"));
        let skipped: NaiveDateTime = "2026-03-08T02:30:00".parse().unwrap();
        assert_eq!(utc(skipped, "America/Toronto").to_rfc3339(), "2026-03-08T07:30:00+00:00");
    }

    #[test]
    fn hours_that_touch_at_midnight_are_one() {
        let night = [shift(0, "22:00", "24:00"), shift(1, "00:00", "06:00")];
        assert!(cover(&night, at(5, "22:30"), at(6, "05:00")));
        assert!(!cover(&night, at(5, "22:30"), at(6, "06:30")));
        assert!(cover(&night, at(5, "22:30"), at(6, "00:00")));
    }
}
