//! The stretches of time that a report is cut into: hours, days, weeks and months as clocks in a time zone show them,
//! also where the clocks are moved.

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;

use crate::vocabulary;

vocabulary! {
    /// How long a stretch is.
    pub enum BucketSize {
        /// From full hour to full hour.
        Hour => "hour",
        /// From midnight to midnight.
        Day => "day",
        /// From Monday to Monday.
        Week => "week",
        /// From the first to the first.
        Month => "month",
    }
}

/// Most stretches of one report.
pub const MAX_BUCKETS: usize = 1_000;

/// Whose clocks count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone(Tz);

/// No time zone has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a time zone, such as America/Toronto")]
pub struct BadZone;

/// The range has more stretches than a report may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the range has more than {MAX_BUCKETS} of them")]
pub struct TooManyBuckets;

impl Zone {
    /// Universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// The zone with a name of the IANA database.
    pub fn named(name: &str) -> Result<Self, BadZone> {
        name.parse::<Tz>().map(Self).map_err(|_| BadZone)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// When a day begins. Where the clocks skip midnight, it begins when they have skipped it.
    pub fn midnight(self, day: NaiveDate) -> DateTime<Utc> {
        let mut at = day.and_time(NaiveTime::MIN);
        // No zone ever skipped more than a day (Samoa, 2011).
        for _ in 0..=96 {
            if let Some(found) = self.0.from_local_datetime(&at).earliest() {
                return found.with_timezone(&Utc);
            }
            at += TimeDelta::minutes(15);
        }
        day.and_time(NaiveTime::MIN).and_utc()
    }

    fn day_of(self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.0).date_naive()
    }

    /// When the stretch begins that `at` lies in.
    fn floor(self, size: BucketSize, at: DateTime<Utc>) -> DateTime<Utc> {
        let day = self.day_of(at);
        match size {
            BucketSize::Hour => {
                let local = at.with_timezone(&self.0).naive_local().and_utc().timestamp();
                at - TimeDelta::seconds(local.rem_euclid(3_600)) - TimeDelta::microseconds(micros(at))
            }
            BucketSize::Day => self.midnight(day),
            BucketSize::Week => {
                let since_monday = u64::from(day.weekday().num_days_from_monday());
                self.midnight(day.checked_sub_days(Days::new(since_monday)).unwrap_or(day))
            }
            BucketSize::Month => self.midnight(day.with_day(1).unwrap_or(day)),
        }
    }

    /// When the stretch after the one that begins at `start` begins.
    fn next(self, size: BucketSize, start: DateTime<Utc>) -> DateTime<Utc> {
        let day = self.day_of(start);
        let on = |day: Option<NaiveDate>| day.map_or(DateTime::<Utc>::MAX_UTC, |day| self.midnight(day));
        let next = match size {
            BucketSize::Hour => self.floor(size, start + TimeDelta::hours(1)),
            BucketSize::Day => on(day.checked_add_days(Days::new(1))),
            BucketSize::Week => on(day.checked_add_days(Days::new(7))),
            BucketSize::Month => on(day.checked_add_months(Months::new(1))),
        };
        // A clock that is set back by half an hour shows the same full hour again.
        if next > start { next } else { start + TimeDelta::hours(1) }
    }
}

fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_subsec_micros().into()
}

/// The stretches of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buckets {
    starts: Vec<DateTime<Utc>>,
}

impl Buckets {
    /// Cuts the range from `from` up to, but not including, `to`. Without a size it stays in one piece.
    pub fn cut(
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        size: Option<BucketSize>,
        zone: Zone,
    ) -> Result<Self, TooManyBuckets> {
        let Some(size) = size else { return Ok(Self { starts: vec![from] }) };
        let mut starts = vec![zone.floor(size, from)];
        loop {
            let next = zone.next(size, *starts.last().unwrap_or(&from));
            if next >= to {
                return Ok(Self { starts });
            }
            if starts.len() == MAX_BUCKETS {
                return Err(TooManyBuckets);
            }
            starts.push(next);
        }
    }

    /// When each begins, in order. The first may begin before the range does.
    pub fn starts(&self) -> &[DateTime<Utc>] {
        &self.starts
    }

    /// When the one at `place` begins; the last one beyond the end.
    pub fn start(&self, place: usize) -> DateTime<Utc> {
        self.starts.get(place).or(self.starts.last()).copied().unwrap_or_default()
    }

    /// The place of the one that `at` lies in.
    pub fn place(&self, at: DateTime<Utc>) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[track_caller]
    fn check(zone: &str, size: BucketSize, from: &str, to: &str, expect: &[&str]) {
        let zone = Zone::named(zone).expect("a zone");
        let buckets = Buckets::cut(at(from), at(to), Some(size), zone).expect("few enough");
        assert_eq!(buckets.starts(), expect.iter().map(|text| at(text)).collect::<Vec<_>>());
        for (place, start) in buckets.starts().iter().enumerate() {
            assert_eq!(buckets.place(*start), place);
        }
    }

    #[test]
    fn days_are_as_long_as_the_clocks_make_them() {
        // Forward: 23 hours.
        check(
            "America/Toronto",
            BucketSize::Day,
            "2026-03-07T12:00:00Z",
            "2026-03-10T04:00:00Z",
            &["2026-03-07T05:00:00Z", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"],
        );
        // Back: 25 hours.
        check(
            "Europe/Madrid",
            BucketSize::Day,
            "2026-10-24T22:00:00Z",
            "2026-10-26T23:00:00Z",
            &["2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"],
        );
    }

    #[test]
    fn a_day_without_midnight_begins_after_it() {
        // In Santiago the clocks go from 24:00 to 01:00 on this day.
        check(
            "America/Santiago",
            BucketSize::Day,
            "2026-09-05T12:00:00Z",
            "2026-09-07T00:00:00Z",
            &["2026-09-05T04:00:00Z", "2026-09-06T04:00:00Z"],
        );
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_the_first_also_in_leap_years() {
        check(
            "UTC",
            BucketSize::Week,
            "2026-03-01T00:00:00Z",
            "2026-03-09T00:00:01Z",
            &["2026-02-23T00:00:00Z", "2026-03-02T00:00:00Z", "2026-03-09T00:00:00Z"],
        );
        check(
            "UTC",
            BucketSize::Month,
            "2028-02-29T00:00:00Z",
            "2028-03-02T00:00:00Z",
            &["2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"],
        );
    }

    #[test]
    fn hours_are_those_of_the_local_clock() {
        check(
            "Asia/Kolkata",
            BucketSize::Hour,
            "2026-01-01T00:10:00.5Z",
            "2026-01-01T01:31:00Z",
            &["2025-12-31T23:30:00Z", "2026-01-01T00:30:00Z", "2026-01-01T01:30:00Z"],
        );
        // Set back by half an hour at 2:00.
        let zone = Zone::named("Australia/Lord_Howe").expect("a zone");
        let buckets =
            Buckets::cut(at("2026-04-04T12:00:00Z"), at("2026-04-05T12:00:00Z"), Some(BucketSize::Hour), zone);
        let buckets = buckets.expect("few enough");
        assert!(buckets.starts().windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn without_a_size_there_is_one() {
        let buckets = Buckets::cut(at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"), None, Zone::UTC);
        assert_eq!(buckets.expect("one").starts().len(), 1);
    }

    #[test]
    fn too_many_are_refused() {
        let far =
            Buckets::cut(at("2020-01-01T00:00:00Z"), at("2026-01-01T00:00:00Z"), Some(BucketSize::Hour), Zone::UTC);
        assert_eq!(far, Err(TooManyBuckets));
    }

    #[test]
    fn a_wrong_zone_is_refused() {
        assert_eq!(Zone::named("America/Nowhere"), Err(BadZone));
        assert_eq!(Zone::named("Europe/Paris").map(Zone::name), Ok("Europe/Paris"));
    }
}
