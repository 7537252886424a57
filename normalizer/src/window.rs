//! The customer service window of WhatsApp: free-form messages only for 24 hours after the customer's last message.

use chrono::{DateTime, TimeDelta, Utc};

/// How long the window is. Source: WhatsApp Business Platform, "Customer service windows".
pub const WINDOW: TimeDelta = TimeDelta::hours(24);

/// How long before the provider's end we stop, so that a message still arrives inside.
pub const MARGIN: TimeDelta = TimeDelta::seconds(60);

/// When we stop sending free-form messages, from the provider's timestamp of the customer's last message.
pub fn closes_at(last_customer_message: DateTime<Utc>) -> DateTime<Utc> {
    last_customer_message.checked_add_signed(WINDOW - MARGIN).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Whether a free-form message may be sent at `now`. `None` means that the customer never wrote.
pub fn is_open(last_customer_message: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    last_customer_message.is_some_and(|last| now < closes_at(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(seconds_since_last: i64, open: bool) {
        let last = DateTime::from_timestamp(1_772_719_195, 0).unwrap();
        assert_eq!(is_open(Some(last), last + TimeDelta::seconds(seconds_since_last)), open);
    }

    #[test]
    fn the_window_closes_a_minute_before_a_day_is_over() {
        check(0, true);
        check(24 * 3600 - 61, true);
        check(24 * 3600 - 60, false);
        check(24 * 3600, false);
    }

    #[test]
    fn it_is_closed_when_the_customer_never_wrote() {
        assert!(!is_open(None, DateTime::from_timestamp(0, 0).unwrap()));
    }
}
