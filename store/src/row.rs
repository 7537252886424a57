//! Values on their way out of a row.

use chrono::{DateTime, Utc};
use sqlx::postgres::{PgRow, PgValueRef};
use sqlx::sqlite::{SqliteRow, SqliteValueRef};
use sqlx::{Decode, Postgres, Row as _, Sqlite, ValueRef as _};
use uuid::Uuid;

use crate::error::StoreError;

type ColumnError = Box<dyn std::error::Error + Send + Sync>;

/// A row of either engine.
pub enum Row {
    /// From SQLite.
    Sqlite(SqliteRow),
    /// From PostgreSQL.
    Postgres(PgRow),
}

/// One value of a row.
pub enum Cell<'r> {
    /// From SQLite.
    Sqlite(SqliteValueRef<'r>),
    /// From PostgreSQL.
    Postgres(PgValueRef<'r>),
}

impl Cell<'_> {
    fn is_null(&self) -> bool {
        match self {
            Cell::Sqlite(value) => value.is_null(),
            Cell::Postgres(value) => value.is_null(),
        }
    }
}

impl Row {
    /// Reads the column `name`. Error: [`StoreError::Decode`] naming the column.
    pub fn get<T: Column>(&self, name: &str) -> Result<T, StoreError> {
        let cell = match self {
            Row::Sqlite(row) => row.try_get_raw(name).map(Cell::Sqlite),
            Row::Postgres(row) => row.try_get_raw(name).map(Cell::Postgres),
        }?;
        T::read(cell).map_err(|source| StoreError::Decode { column: name.into(), source })
    }

    /// Reads the first column.
    pub fn first<T: Column>(&self) -> Result<T, StoreError> {
        let cell = match self {
            Row::Sqlite(row) => row.try_get_raw(0).map(Cell::Sqlite),
            Row::Postgres(row) => row.try_get_raw(0).map(Cell::Postgres),
        }?;
        T::read(cell).map_err(|source| StoreError::Decode { column: "1".into(), source })
    }
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
    ($($type:ty),+ $(,)?) => {$(
        impl Column for $type {
            fn read(cell: Cell<'_>) -> Result<Self, ColumnError> {
                match cell {
                    Cell::Sqlite(value) => <$type as Decode<'_, Sqlite>>::decode(value),
                    Cell::Postgres(value) => <$type as Decode<'_, Postgres>>::decode(value),
                }
            }
        }
    )+};
}

native!(i64, f64, bool, String, Vec<u8>, Uuid);

impl Column for i32 {
    fn read(cell: Cell<'_>) -> Result<Self, ColumnError> {
        match cell {
            Cell::Sqlite(value) => <i32 as Decode<'_, Sqlite>>::decode(value),
            Cell::Postgres(value) => <i32 as Decode<'_, Postgres>>::decode(value),
        }
    }
}

impl Column for DateTime<Utc> {
    fn read(cell: Cell<'_>) -> Result<Self, ColumnError> {
        match cell {
            Cell::Sqlite(value) => {
                let micros = <i64 as Decode<'_, Sqlite>>::decode(value)?;
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
