//! Values on their way out of a row.

use chrono::{DateTime, Utc};
use rusqlite::types::Value;
use sqlx::postgres::{PgRow, PgValueRef};
use sqlx::{Decode, Postgres, Row as _, ValueRef as _};
use uuid::Uuid;

use crate::error::StoreError;
use crate::sqlite::LiteRow;

type ColumnError = Box<dyn std::error::Error + Send + Sync>;

/// A row of either engine.
pub enum Row {
    /// From SQLite.
    Sqlite(LiteRow),
    /// From PostgreSQL.
    Postgres(PgRow),
}

/// One value of a row.
pub enum Cell<'r> {
    /// From SQLite.
    Sqlite(&'r Value),
    /// From PostgreSQL.
    Postgres(PgValueRef<'r>),
}

impl Cell<'_> {
    fn is_null(&self) -> bool {
        match self {
            Cell::Sqlite(value) => **value == Value::Null,
            Cell::Postgres(value) => value.is_null(),
        }
    }
}

impl Row {
    /// Reads the column `name`. Error: [`StoreError::Decode`] naming the column.
    pub fn get<T: Column>(&self, name: &str) -> Result<T, StoreError> {
        let cell = match self {
            Row::Sqlite(row) => Cell::Sqlite(row.named(name).ok_or_else(|| no_column(name))?),
            Row::Postgres(row) => Cell::Postgres(row.try_get_raw(name)?),
        };
        T::read(cell).map_err(|source| StoreError::Decode { column: name.into(), source })
    }

    /// Reads the first column.
    pub fn first<T: Column>(&self) -> Result<T, StoreError> {
        let cell = match self {
            Row::Sqlite(row) => Cell::Sqlite(row.first().ok_or_else(|| no_column("1"))?),
            Row::Postgres(row) => Cell::Postgres(row.try_get_raw(0)?),
        };
        T::read(cell).map_err(|source| StoreError::Decode { column: "1".into(), source })
    }
}

fn no_column(name: &str) -> StoreError {
    StoreError::Decode { column: name.into(), source: "the statement has no such column".into() }
}

/// A value of another kind than its column promises. Says nothing of the value itself.
fn unexpected(value: &Value, promised: &str) -> ColumnError {
    format!("{:?} where {promised} was expected", value.data_type()).into()
}

/// A value that a column of both engines can hold.
pub trait Column: Sized {
    /// Reads it from a cell.
    fn read(cell: Cell<'_>) -> Result<Self, ColumnError>;
}

/// A struct read from a row, column by column. Made by [`crate::record!`].
pub trait Record: Sized {
    /// Reads it from a row.
    fn read(row: &Row) -> Result<Self, StoreError>;
}

impl<T: Column> Column for Option<T> {
    fn read(cell: Cell<'_>) -> Result<Self, ColumnError> {
        if cell.is_null() { Ok(None) } else { T::read(cell).map(Some) }
    }
}

macro_rules! native {
    ($($type:ty: $($lite:pat => $read:expr),+;)+) => {$(
        impl Column for $type {
            fn read(cell: Cell<'_>) -> Result<Self, ColumnError> {
                match cell {
                    Cell::Sqlite(value) => match value {
                        $($lite => $read,)+
                        _ => Err(unexpected(value, stringify!($type))),
                    },
                    Cell::Postgres(value) => <$type as Decode<'_, Postgres>>::decode(value),
                }
            }
        }
    )+};
}

#[expect(clippy::cast_precision_loss, reason = "SQLite answers a whole number where it could be exact")]
fn real(whole: i64) -> f64 {
    whole as f64
}

native! {
    i64: Value::Integer(number) => Ok(*number);
    i32: Value::Integer(number) => Ok(i32::try_from(*number)?);
    f64: Value::Real(number) => Ok(*number), Value::Integer(number) => Ok(real(*number));
    bool: Value::Integer(number) => Ok(*number != 0);
    String: Value::Text(text) => Ok(text.clone());
    Vec<u8>: Value::Blob(bytes) => Ok(bytes.clone());
    Uuid: Value::Blob(bytes) => Ok(Uuid::from_slice(bytes)?);
}

impl Column for DateTime<Utc> {
    fn read(cell: Cell<'_>) -> Result<Self, ColumnError> {
        match cell {
            Cell::Sqlite(_) => {
                let micros = i64::read(cell)?;
                DateTime::from_timestamp_micros(micros).ok_or_else(|| "a time out of range".into())
            }
            Cell::Postgres(value) => <DateTime<Utc> as Decode<'_, Postgres>>::decode(value),
        }
    }
}

impl Column for serde_json::Value {
    fn read(cell: Cell<'_>) -> Result<Self, ColumnError> {
        Ok(serde_json::from_str(&String::read(cell)?)?)
    }
}

/// A list of words, stored as a JSON array.
impl Column for Vec<String> {
    fn read(cell: Cell<'_>) -> Result<Self, ColumnError> {
        Ok(serde_json::from_str(&String::read(cell)?)?)
    }
}

macro_rules! ids {
    ($($id:ident),+) => {$(
        impl Column for patchbay_core::ids::$id {
            fn read(cell: Cell<'_>) -> Result<Self, ColumnError> {
                Uuid::read(cell).map(Into::into)
            }
        }
    )+};
}
patchbay_core::for_each_id!(ids);

/// Declares a struct whose fields are the columns of a row, by name.
#[macro_export]
macro_rules! record {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$fmeta:meta])* $fvis:vis $field:ident : $type:ty),+ $(,)? }) => {
        $(#[$meta])*
        $vis struct $name { $($(#[$fmeta])* $fvis $field: $type),+ }
        impl $crate::row::Record for $name {
            fn read(row: &$crate::row::Row) -> Result<Self, $crate::error::StoreError> {
                Ok(Self { $($field: row.get(stringify!($field))?),+ })
            }
        }
    };
}
