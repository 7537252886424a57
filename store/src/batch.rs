//! Many rows at once: one array for each column on PostgreSQL (`unnest($1::uuid[], $2::text[], …)`). On SQLite either a
//! JSON array of rows as one parameter (`json_each($1)`), or the statement run for each row (`values ($1, $2, …)`), which
//! is quicker where rows are many and wide.
//!
//! In JSON an id travels as 32 hexadecimal digits: read it with `unhex(value ->> n)`. A time travels as microseconds.

use chrono::{DateTime, Utc};
use rusqlite::types::Value;
use sqlx::Arguments as _;
use uuid::Uuid;

use crate::param::{Arguments, ParamError, storable};

/// Columns of equal length.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    columns: Vec<Values>,
}

#[derive(Clone, Debug)]
enum Values {
    Uuid(Vec<Option<Uuid>>),
    Text(Vec<Option<String>>),
    Integer(Vec<Option<i64>>),
    Boolean(Vec<bool>),
    Time(Vec<Option<DateTime<Utc>>>),
}

impl Batch {
    /// No columns yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a column of ids.
    #[must_use]
    pub fn ids<T: Into<Uuid>>(mut self, values: impl IntoIterator<Item = T>) -> Self {
        self.columns.push(Values::Uuid(values.into_iter().map(|id| Some(id.into())).collect()));
        self
    }

    /// Adds a column of ids or nulls.
    #[must_use]
    pub fn optional_ids<T: Into<Uuid>>(mut self, values: impl IntoIterator<Item = Option<T>>) -> Self {
        self.columns.push(Values::Uuid(values.into_iter().map(|id| id.map(Into::into)).collect()));
        self
    }

    /// Adds a column of texts.
    #[must_use]
    pub fn texts<T: Into<String>>(mut self, values: impl IntoIterator<Item = T>) -> Self {
        self.columns.push(Values::Text(values.into_iter().map(|text| Some(storable(text.into()))).collect()));
        self
    }

    /// Adds a column of texts or nulls.
    #[must_use]
    pub fn optional_texts<T: Into<String>>(mut self, values: impl IntoIterator<Item = Option<T>>) -> Self {
        self.columns.push(Values::Text(values.into_iter().map(|text| text.map(Into::into).map(storable)).collect()));
        self
    }

    /// Adds a column of integers.
    #[must_use]
    pub fn integers(mut self, values: impl IntoIterator<Item = i64>) -> Self {
        self.columns.push(Values::Integer(values.into_iter().map(Some).collect()));
        self
    }

    /// Adds a column of integers or nulls.
    #[must_use]
    pub fn optional_integers(mut self, values: impl IntoIterator<Item = Option<i64>>) -> Self {
        self.columns.push(Values::Integer(values.into_iter().collect()));
        self
    }

    /// Adds a column of truth values.
    #[must_use]
    pub fn booleans(mut self, values: impl IntoIterator<Item = bool>) -> Self {
        self.columns.push(Values::Boolean(values.into_iter().collect()));
        self
    }

    /// Adds a column of times.
    #[must_use]
    pub fn times(mut self, values: impl IntoIterator<Item = DateTime<Utc>>) -> Self {
        self.columns.push(Values::Time(values.into_iter().map(Some).collect()));
        self
    }

    /// Adds a column of times or nulls.
    #[must_use]
    pub fn optional_times(mut self, values: impl IntoIterator<Item = Option<DateTime<Utc>>>) -> Self {
        self.columns.push(Values::Time(values.into_iter().collect()));
        self
    }

    pub(crate) fn add_to(self, arguments: &mut Arguments) -> Result<(), ParamError> {
        match arguments {
            Arguments::Sqlite(values) => {
                values.push(Value::Text(self.into_json()));
                Ok(())
            }
            Arguments::Postgres(arguments) => {
                for column in self.columns {
                    match column {
                        Values::Uuid(values) => arguments.add(values)?,
                        Values::Text(values) => arguments.add(values)?,
                        Values::Integer(values) => arguments.add(values)?,
                        Values::Boolean(values) => arguments.add(values)?,
                        Values::Time(values) => arguments.add(values)?,
                    }
                }
                Ok(())
            }
        }
    }

    /// The rows, one after the other, for a statement that is run for each of them.
    pub(crate) fn into_rows(self) -> Vec<Vec<Value>> {
        let count = self.columns.iter().map(Values::len).max().unwrap_or(0);
        let mut rows: Vec<Vec<Value>> = (0..count).map(|_| Vec::with_capacity(self.columns.len())).collect();
        for column in self.columns {
            match column {
                Values::Uuid(values) => spread(&mut rows, values, |id| Value::Blob(id.into_bytes().into())),
                Values::Text(values) => spread(&mut rows, values, Value::Text),
                Values::Integer(values) => spread(&mut rows, values, Value::Integer),
                Values::Boolean(values) => {
                    spread(&mut rows, values.into_iter().map(Some), |truth| Value::Integer(truth.into()));
                }
                Values::Time(values) => spread(&mut rows, values, |time| Value::Integer(time.timestamp_micros())),
            }
        }
        rows
    }

    fn into_json(self) -> String {
        let rows = self.columns.iter().map(Values::len).max().unwrap_or(0);
        let mut json = String::with_capacity(rows * self.columns.len() * 24 + 2);
        json.push('[');
        for row in 0..rows {
            json.push_str(if row == 0 { "[" } else { ",[" });
            for (index, column) in self.columns.iter().enumerate() {
                if index > 0 {
                    json.push(',');
                }
                column.write(row, &mut json);
            }
            json.push(']');
        }
        json.push(']');
        json
    }
}

fn spread<T>(rows: &mut [Vec<Value>], column: impl IntoIterator<Item = Option<T>>, value: impl Fn(T) -> Value) {
    for (row, cell) in rows.iter_mut().zip(column) {
        row.push(cell.map_or(Value::Null, &value));
    }
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Values::Uuid(values) => values.len(),
            Values::Text(values) => values.len(),
            Values::Integer(values) => values.len(),
            Values::Boolean(values) => values.len(),
            Values::Time(values) => values.len(),
        }
    }

    fn write(&self, row: usize, json: &mut String) {
        use std::fmt::Write as _;
        let written = match self {
            Values::Uuid(values) => match values.get(row).copied().flatten() {
                Some(id) => {
                    json.push('"');
                    json.push_str(id.simple().encode_lower(&mut Uuid::encode_buffer()));
                    json.push('"');
                    Ok(())
                }
                None => write!(json, "null"),
            },
            Values::Text(values) => match values.get(row).and_then(Option::as_deref) {
                Some(text) => {
                    quote(text, json);
                    Ok(())
                }
                None => write!(json, "null"),
            },
            Values::Integer(values) => match values.get(row).copied().flatten() {
                Some(number) => write!(json, "{number}"),
                None => write!(json, "null"),
            },
            Values::Boolean(values) => write!(json, "{}", i32::from(values.get(row).copied().unwrap_or_default())),
            Values::Time(values) => match values.get(row).copied().flatten() {
                Some(time) => write!(json, "{}", time.timestamp_micros()),
                None => write!(json, "null"),
            },
        };
        written.expect("writing into a string cannot fail");
    }
}

/// Writes a text as JSON does. Most texts here are long and need few escapes: what lies between is copied as a whole.
fn quote(text: &str, json: &mut String) {
    use std::fmt::Write as _;
    json.push('"');
    let mut copied = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        json.push_str(text.get(copied..at).unwrap_or_default());
        copied = at + 1;
        match byte {
            b'"' => json.push_str("\\\""),
            b'\\' => json.push_str("\\\\"),
            b'\n' => json.push_str("\\n"),
            control => write!(json, "\\u{control:04x}").expect("writing into a string cannot fail"),
        }
    }
    json.push_str(text.get(copied..).unwrap_or_default());
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_text_reads_back_as_it_was() {
        for text in ["", "plain", "\"", "a\\\"b\\", "\u{1}\t\r\n\u{7f}", "ñ\"é\u{1f600}\\", "{\"a\":\"b\"}"] {
            let mut json = String::new();
            quote(text, &mut json);
            assert_eq!(serde_json::from_str::<String>(&json).expect("it is JSON"), text);
        }
    }
}
