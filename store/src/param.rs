//! Values on their way into a statement.

use chrono::{DateTime, Utc};
use patchbay_core::item::{ContentType, ErrorClass, ReportedStatus};
use rusqlite::types::Value;
use sqlx::Arguments as _;
use sqlx::postgres::PgArguments;
use uuid::Uuid;

pub(crate) type ParamError = Box<dyn std::error::Error + Send + Sync>;

/// The parameter buffer of one of the engines.
pub enum Arguments {
    /// For SQLite.
    Sqlite(Vec<Value>),
    /// For PostgreSQL.
    Postgres(PgArguments),
}

/// A value that both engines can take as a parameter.
pub trait Param: Sized {
    /// Adds the value to the buffer.
    fn add_to(self, arguments: &mut Arguments) -> Result<(), ParamError> {
        Self::add_option(Some(self), arguments)
    }

    /// Adds the value, or null of its type.
    fn add_option(value: Option<Self>, arguments: &mut Arguments) -> Result<(), ParamError>;
}

impl<T: Param> Param for Option<T> {
    fn add_to(self, arguments: &mut Arguments) -> Result<(), ParamError> {
        T::add_option(self, arguments)
    }

    fn add_option(value: Option<Self>, arguments: &mut Arguments) -> Result<(), ParamError> {
        T::add_option(value.flatten(), arguments)
    }
}

macro_rules! native {
    ($($type:ty => $lite:expr),+ $(,)?) => {$(
        impl Param for $type {
            fn add_option(value: Option<Self>, arguments: &mut Arguments) -> Result<(), ParamError> {
                match arguments {
                    Arguments::Sqlite(values) => {
                        values.push(value.map_or(Value::Null, $lite));
                        Ok(())
                    }
                    Arguments::Postgres(arguments) => arguments.add(value),
                }
            }
        }
    )+};
}

native!(
    i64 => Value::Integer,
    f64 => Value::Real,
    bool => |value| Value::Integer(value.into()),
    Vec<u8> => Value::Blob,
    Uuid => |id: Uuid| Value::Blob(id.into_bytes().into()),
);

impl Param for &str {
    fn add_option(value: Option<Self>, arguments: &mut Arguments) -> Result<(), ParamError> {
        String::add_option(value.map(str::to_owned), arguments)
    }
}

impl Param for String {
    fn add_option(value: Option<Self>, arguments: &mut Arguments) -> Result<(), ParamError> {
        let value = value.map(storable);
        match arguments {
            Arguments::Sqlite(values) => {
                values.push(value.map_or(Value::Null, Value::Text));
                Ok(())
            }
            Arguments::Postgres(arguments) => arguments.add(value),
        }
    }
}

/// A text as both engines can keep it: PostgreSQL refuses U+0000, wherever it comes from. The replacement keeps two
/// texts different that differ in it alone.
pub(crate) fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

/// Microseconds since 1970 on SQLite, `timestamptz` on PostgreSQL: both order and compare as times do.
impl Param for DateTime<Utc> {
    fn add_option(value: Option<Self>, arguments: &mut Arguments) -> Result<(), ParamError> {
        match arguments {
            Arguments::Sqlite(_) => i64::add_option(value.map(|time| time.timestamp_micros()), arguments),
            Arguments::Postgres(arguments) => arguments.add(value.map(in_range)),
        }
    }
}

/// PostgreSQL knows no time before 4713 BC and refuses a statement with one; such a time comes from a forged cursor.
pub(crate) fn in_range(time: DateTime<Utc>) -> DateTime<Utc> {
    // The year 2000 BC.
    DateTime::from_timestamp(-125_000_000_000, 0).map_or(time, |oldest| time.max(oldest))
}

/// A JSON document, stored as the text it is written as.
impl Param for serde_json::Value {
    fn add_option(value: Option<Self>, arguments: &mut Arguments) -> Result<(), ParamError> {
        String::add_option(value.map(|value| value.to_string()), arguments)
    }
}

/// A list of words, stored as a JSON array.
impl Param for Vec<String> {
    fn add_option(value: Option<Self>, arguments: &mut Arguments) -> Result<(), ParamError> {
        serde_json::Value::add_option(value.map(serde_json::Value::from), arguments)
    }
}

macro_rules! ids {
    ($($id:ident),+) => {$(
        impl Param for patchbay_core::ids::$id {
            fn add_option(value: Option<Self>, arguments: &mut Arguments) -> Result<(), ParamError> {
                Uuid::add_option(value.map(Uuid::from), arguments)
            }
        }
    )+};
}
patchbay_core::for_each_id!(ids);

/// Teaches the store closed sets of words: parameters and columns in their text form.
#[macro_export]
macro_rules! stored_words {
    ($($word:ty),+ $(,)?) => {$(
        impl $crate::param::Param for $word {
            fn add_option(
                value: Option<Self>,
                arguments: &mut $crate::param::Arguments,
            ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
                <&str as $crate::param::Param>::add_option(value.map(<$word>::as_str), arguments)
            }
        }
        impl $crate::row::Column for $word {
            fn read(value: $crate::row::Cell<'_>) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                let text = <String as $crate::row::Column>::read(value)?;
                Ok(text.parse::<$word>()?)
            }
        }
    )+};
}

stored_words!(
    patchbay_core::channel::Channel,
    patchbay_core::channel::Direction,
    patchbay_core::channel::SenderType,
    ContentType,
    ReportedStatus,
    ErrorClass,
    patchbay_core::delivery::DeliveryStatus,
    patchbay_core::conversation::ConversationStatus,
    patchbay_core::conversation::Priority,
    patchbay_core::conversation::CloseReason,
    patchbay_core::role::Role,
    patchbay_core::role::ActorType,
    patchbay_core::role::Portal,
    patchbay_core::template::TemplateCategory,
    patchbay_core::template::TemplateStatus,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_postgresql_refuses_is_made_one_that_it_takes() {
        assert_eq!(storable("a\0b".into()), "a\u{fffd}b");
        assert_eq!(storable("a b".into()), "a b");
    }

    #[test]
    fn a_time_that_postgresql_does_not_know_becomes_one_long_ago() {
        assert!(in_range(DateTime::<Utc>::MIN_UTC).timestamp() > -210_000_000_000);
        assert_eq!(in_range(DateTime::<Utc>::UNIX_EPOCH), DateTime::<Utc>::UNIX_EPOCH);
        assert_eq!(in_range(DateTime::<Utc>::MAX_UTC), DateTime::<Utc>::MAX_UTC);
    }
}
