//! Terms of payment.

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde_json::Value;

/// Longest terms, in days.
const MOST_DAYS: i64 = 365;

/// Until when an invoice is to be paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Terms {
    /// Within 15 days.
    #[default]
    Net15,
    /// Within 30 days.
    Net30,
    /// Within so many days.
    Custom(u16),
}

impl Terms {
    /// Reads an account's setting: `"NET_15"`, `"NET_30"`, or a number of days from 0 to 365. Anything else is the
    /// default.
    pub fn read(setting: Option<&Value>) -> Self {
        match setting {
            Some(Value::String(word)) if word == "NET_30" => Self::Net30,
            Some(Value::Number(days)) => days.as_i64().map_or_else(Self::default, Self::of_days),
            _ => Self::default(),
        }
    }

    /// The terms of so many days; the default when nobody could mean that.
    pub fn of_days(days: i64) -> Self {
        match days {
            15 => Self::Net15,
            30 => Self::Net30,
            0..=MOST_DAYS => u16::try_from(days).map_or_else(|_| Self::default(), Self::Custom),
            _ => Self::default(),
        }
    }

    /// How many days.
    pub const fn days(self) -> u16 {
        match self {
            Self::Net15 => 15,
            Self::Net30 => 30,
            Self::Custom(days) => days,
        }
    }

    /// As it stands on an invoice.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Net15 => "NET_15",
            Self::Net30 => "NET_30",
            Self::Custom(_) => "CUSTOM",
        }
    }

    /// The last day to pay an invoice of `approved_at`.
    pub fn due_on(self, approved_at: DateTime<Utc>) -> NaiveDate {
        let day = approved_at.date_naive();
        day.checked_add_days(Days::new(self.days().into())).unwrap_or(day)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fifteen_days_unless_the_account_says_otherwise() {
        assert_eq!(Terms::read(None), Terms::Net15);
        assert_eq!(Terms::read(Some(&json!("NET_30"))), Terms::Net30);
        assert_eq!(Terms::read(Some(&json!(7))), Terms::Custom(7));
        assert_eq!(Terms::read(Some(&json!(30))), Terms::Net30);
        for odd in [json!("soon"), json!(-1), json!(366), json!(1.5), json!(null), json!({})] {
            assert_eq!(Terms::read(Some(&odd)), Terms::Net15, "{odd}");
        }
    }

    #[test]
    fn the_last_day_counts_from_the_approval() {
        let approved = DateTime::from_timestamp(1_767_614_400, 0).expect("a time");
        assert_eq!(Terms::Net15.due_on(approved).to_string(), "2026-01-20");
        assert_eq!(Terms::Custom(0).due_on(approved).to_string(), "2026-01-05");
        assert_eq!(Terms::Custom(365).due_on(DateTime::<Utc>::MAX_UTC), DateTime::<Utc>::MAX_UTC.date_naive());
    }
}
