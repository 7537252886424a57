//! One connection, and what it answers.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::types::Value;

use super::brief::Brief;
use super::options::Options;

/// A connection. Its calls return when SQLite has answered.
#[derive(Debug)]
pub(crate) struct Connection {
    engine: rusqlite::Connection,
    /// By the address of the literal, which never moves.
    known: HashMap<(usize, usize), Known>,
    brief: Brief,
}

/// What a statement's text says, found out once.
#[derive(Clone, Debug)]
struct Known {
    columns: Arc<[Box<str>]>,
    /// For each place in the statement, which value goes there: `$2` may stand before `$1`, and more than once.
    places: Arc<[usize]>,
    only_reads: bool,
}

/// What a statement answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) rows: Vec<LiteRow>,
    /// Rows that it inserted, updated or deleted.
    pub(crate) touched: u64,
}

/// How far the log was copied, in pages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Copied {
    /// Of the whole log.
    pub(crate) length: i64,
    /// Held back by somebody who reads. What is committed during the copy counts neither here nor in the length.
    pub(crate) left: i64,
}

/// A row, with the names of its columns.
#[derive(Debug)]
pub struct LiteRow {
    columns: Arc<[Box<str>]>,
    values: Vec<Value>,
    /// Where the next column is looked for first: most are read in the order in which they are selected.
    next: Cell<usize>,
}

impl LiteRow {
    /// The value of the column `name`.
    pub(crate) fn named(&self, name: &str) -> Option<&Value> {
        let guess = self.next.get();
        let is_it = |index: &usize| self.columns.get(*index).is_some_and(|column| **column == *name);
        let index = Some(guess).filter(is_it).or_else(|| (0..self.columns.len()).find(is_it))?;
        self.next.set(index + 1);
        self.values.get(index)
    }

    /// The value of the first column.
    pub(crate) fn first(&self) -> Option<&Value> {
        self.values.first()
    }
}

impl Connection {
    pub(crate) fn open(options: &Options) -> rusqlite::Result<Self> {
        Ok(Self { engine: options.open()?, known: HashMap::new(), brief: Brief::default() })
    }

    /// Runs statements without parameters or rows.
    pub(crate) fn control(&self, sql: &str) -> rusqlite::Result<()> {
        self.engine.execute_batch(sql)
    }

    /// Copies what was committed from the write-ahead log into the database, without waiting for anybody.
    pub(crate) fn copy_log(&self) -> rusqlite::Result<Copied> {
        self.engine.query_row("pragma wal_checkpoint(passive)", [], |row| {
            let (length, copied): (i64, i64) = (row.get(1)?, row.get(2)?);
            Ok(Copied { length, left: length - copied })
        })
    }

    /// Whether a transaction is open.
    pub(crate) fn has_transaction(&self) -> bool {
        !self.engine.is_autocommit()
    }

    /// The engine itself, for what is done once.
    pub(super) fn engine(&mut self) -> &mut rusqlite::Connection {
        &mut self.engine
    }

    /// Runs the statements of a text one after the other; `$n` stands for the n-th value in all of them. Answers with the
    /// rows of the last, and how many all of them touched.
    pub(crate) fn run(&mut self, sql: &'static str, values: &[Value]) -> rusqlite::Result<Answer> {
        let mut answer = Answer { rows: Vec::new(), touched: 0 };
        // No text has a semicolon anywhere else: values are bound.
        for part in sql.split(';') {
            let Answer { rows, touched } = self.run_one(part, values)?;
            answer = Answer { rows, touched: answer.touched + touched };
        }
        Ok(answer)
    }

    /// Runs statements that only read, unless they take so long that they should not hold the caller's thread. `None`: they
    /// do, and are to be run again where they may.
    pub(crate) fn run_briefly(&mut self, sql: &'static str, values: &[Value]) -> rusqlite::Result<Option<Answer>> {
        if !self.brief.begins(&self.engine, sql)? {
            return Ok(None);
        }
        let answer = self.run(sql, values);
        if self.brief.ended(sql) && answer.as_ref().is_err_and(is_interrupted) {
            return Ok(None);
        }
        answer.map(Some)
    }

    /// Runs one statement for each row of values, and answers with all their rows.
    pub(crate) fn run_each(&mut self, sql: &'static str, each: &[Vec<Value>]) -> rusqlite::Result<Answer> {
        let mut statement = self.engine.prepare_cached(sql)?;
        let known = self.known.entry((sql.as_ptr().addr(), sql.len())).or_insert_with(|| Known::of(&statement)).clone();
        let mut answer = Answer { rows: Vec::new(), touched: 0 };
        for values in each {
            step(&mut statement, &known, values, &mut answer.rows)?;
            if !known.only_reads {
                answer.touched += self.engine.changes();
            }
        }
        Ok(answer)
    }

    fn run_one(&mut self, sql: &'static str, values: &[Value]) -> rusqlite::Result<Answer> {
        let mut statement = self.engine.prepare_cached(sql)?;
        let known = self.known.entry((sql.as_ptr().addr(), sql.len())).or_insert_with(|| Known::of(&statement)).clone();
        let mut rows = Vec::new();
        step(&mut statement, &known, values, &mut rows)?;
        let touched = if known.only_reads { 0 } else { self.engine.changes() };
        Ok(Answer { rows, touched })
    }
}

/// Binds the values, runs the statement to its end and keeps its rows.
fn step(
    statement: &mut rusqlite::Statement<'_>,
    known: &Known,
    values: &[Value],
    rows: &mut Vec<LiteRow>,
) -> rusqlite::Result<()> {
    for (index, place) in known.places.iter().enumerate() {
        let value =
            values.get(*place).ok_or(rusqlite::Error::InvalidParameterCount(values.len(), known.places.len()))?;
        statement.raw_bind_parameter(index + 1, value)?;
    }
    let mut answers = statement.raw_query();
    while let Some(row) = answers.next()? {
        let mut values = Vec::with_capacity(known.columns.len());
        for index in 0..known.columns.len() {
            values.push(row.get(index)?);
        }
        rows.push(LiteRow { columns: Arc::clone(&known.columns), values, next: Cell::new(0) });
    }
    Ok(())
}

fn is_interrupted(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted)
}

impl Known {
    fn of(statement: &rusqlite::Statement<'_>) -> Self {
        let place = |index| {
            let name = statement.parameter_name(index).unwrap_or_default();
            name.get(1..).and_then(|number| number.parse::<usize>().ok()).unwrap_or(index).saturating_sub(1)
        };
        Self {
            columns: statement.column_names().into_iter().map(Box::from).collect(),
            places: (1..=statement.parameter_count()).map(place).collect(),
            only_reads: statement.readonly(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection() -> (Connection, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}", folder.path().join("c.db").display());
        let options = Options::of(&url).expect("an address");
        (Connection::open(&options).expect("it opens"), folder)
    }

    #[test]
    fn values_go_where_their_numbers_stand() {
        let (mut connection, _folder) = connection();
        let values = [Value::Integer(10), Value::Text("b".into())];
        let answer = connection.run("select $2 as second, $1 + $1 as twice, $2 as again", &values).expect("it runs");
        let row = &answer.rows[0];
        assert_eq!(row.named("twice"), Some(&Value::Integer(20)));
        assert_eq!(row.named("second"), Some(&Value::Text("b".into())));
        assert_eq!(row.named("again"), Some(&Value::Text("b".into())));
        assert_eq!(row.named("third"), None);
    }

    #[test]
    fn a_missing_value_is_refused() {
        let (mut connection, _folder) = connection();
        assert!(connection.run("select $2", &[Value::Null]).is_err());
    }

    #[test]
    fn a_statement_with_a_bound_limit_is_planned_once() {
        const FEW: &str = "select column1 from (values (1), (2), (3)) limit $1";
        let (mut connection, _folder) = connection();
        for rows in 1..=3 {
            let answer = connection.run(FEW, &[Value::Integer(rows)]).expect("it runs");
            assert_eq!(i64::try_from(answer.rows.len()), Ok(rows));
        }
        let statement = connection.engine.prepare_cached(FEW).expect("it is known");
        assert_eq!(statement.get_status(rusqlite::StatementStatus::RePrepare), 0);
    }

    const COUNT: &str =
        "with recursive n (i) as (select 1 union all select i + 1 from n where i < $1) select count(*) from n";

    #[test]
    fn what_takes_long_is_left_to_another_thread_and_gives_the_same_there() {
        let (mut connection, _folder) = connection();
        let many = [Value::Integer(3_000_000)];
        assert!(connection.run_briefly(COUNT, &many).expect("it runs").is_none());
        let answer = connection.run(COUNT, &many).expect("it runs");
        assert_eq!(answer.rows[0].first(), Some(&many[0]));
    }

    #[test]
    fn what_took_long_is_not_tried_again_at_once_and_other_statements_are() {
        let (mut connection, _folder) = connection();
        assert!(connection.run_briefly(COUNT, &[Value::Integer(3_000_000)]).expect("it runs").is_none());
        let few = [Value::Integer(3)];
        assert!(connection.run_briefly(COUNT, &few).expect("it runs").is_none());
        let answer = connection.run_briefly("select 7", &[]).expect("it runs").expect("it is short");
        assert_eq!(answer.rows[0].first(), Some(&Value::Integer(7)));
        let tries = (0..1_000).find(|_| connection.run_briefly(COUNT, &few).expect("it runs").is_some());
        assert!(tries.is_some(), "it is tried again after a while");
    }

    #[test]
    fn what_changes_is_counted_and_what_reads_is_not() {
        let (mut connection, _folder) = connection();
        connection.control("create table t (n integer)").expect("a table");
        assert_eq!(connection.run("insert into t values (1), (2)", &[]).expect("it runs").touched, 2);
        assert_eq!(connection.run("select n from t", &[]).expect("it runs").touched, 0);
        assert_eq!(connection.run("delete from t where n > 5 returning n", &[]).expect("it runs").touched, 0);
    }
}
