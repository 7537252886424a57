//! SQL stands only in the store, as literals, and every one of them prepares on the engines it is for.

use std::collections::BTreeMap;

use patchbay_store::Engine;
use patchbay_tests::rust_text::{Token, tokens, without_tests};
use patchbay_tests::source_tree::{self, SourceFile};
use patchbay_tests::{TestDatabase, both_engines};
use regex::Regex;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _, SqlSafeStr as _, SqliteConnection};

both_engines! {
    every_statement_prepares;
}

async fn every_statement_prepares(database: TestDatabase) {
    database.open().await.close().await;
    let statements = statements();
    assert!(!statements.is_empty(), "the store has no statements, or this test no longer finds them");
    let mut wrong = Vec::new();
    let mut sqlite = None;
    let mut postgres = None;
    match database.engine() {
        Engine::Sqlite => sqlite = Some(SqliteConnection::connect(database.url()).await.expect("SQLite opens")),
        Engine::Postgres => postgres = Some(PgConnection::connect(database.url()).await.expect("PostgreSQL answers")),
    }
    for statement in &statements {
        let refused = if let Some(connection) = &mut sqlite {
            let Some(text) = &statement.sqlite else { continue };
            connection.prepare(AssertSqlSafe(text.clone()).into_sql_str()).await.err()
        } else if let Some(connection) = &mut postgres {
            let Some(text) = &statement.postgres else { continue };
            connection.prepare(AssertSqlSafe(text.clone()).into_sql_str()).await.err()
        } else {
            None
        };
        let Some(error) = refused else { continue };
        if !needs_a_type(&error) {
            wrong.push(format!("{}: {error}", statement.place));
        }
    }
    assert!(wrong.is_empty(), "{} of {} statements:\n{}", wrong.len(), statements.len(), wrong.join("\n"));
}

/// Whether PostgreSQL only says that the bound value's type has to tell what a parameter is; at run time it is told.
fn needs_a_type(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else { return false };
    match error.code().as_deref() {
        Some("42P18" | "42725") => true,
        Some("42P08") => error.message().starts_with("could not determine data type"),
        _ => false,
    }
}

/// A batch that SQLite reads once for each row of a table makes the time grow with the table: write `cross join`, which
/// keeps the order of the tables.
#[tokio::test]
async fn batches_come_first_in_their_joins() {
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    database.open().await.close().await;
    let mut connection = SqliteConnection::connect(database.url()).await.expect("SQLite opens");
    let mut wrong = Vec::new();
    let all = statements();
    let batches = all.iter().flat_map(|statement| {
        statement.sqlite.iter().flat_map(|text| text.split(';')).map(move |text| (statement, text))
    });
    for (statement, text) in batches.filter(|(_, text)| text.contains("json_each") || text.contains("jsonb_each")) {
        let explain = AssertSqlSafe(format!("explain query plan {text}"));
        let plan = sqlx::query(explain).fetch_all(&mut connection).await.expect("SQLite explains what it prepares");
        let mut loops: BTreeMap<i64, Vec<String>> = BTreeMap::new();
        for row in &plan {
            let detail: String = row.get("detail");
            if detail.starts_with("SCAN") || detail.starts_with("SEARCH") {
                loops.entry(row.get("parent")).or_default().push(detail);
            }
        }
        if loops.values().any(|nested| nested.iter().skip(1).any(|inner| inner.contains("VIRTUAL TABLE INDEX 1"))) {
            wrong.push(format!("{}: {loops:?}", statement.place));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_statement_is_a_literal() {
    let mut wrong = Vec::new();
    for file in store_files() {
        wrong.extend(calls(&file).filter_map(Result::err));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn sql_stands_nowhere_outside_the_store() {
    let sql = Regex::new(
        r"(?is)\binsert\s+into\s+\w|\bdelete\s+from\s+\w+\s+(where|returning)|\bupdate\s+\w+\s+set\s+\w+\s*=|\bselect\s.+\sfrom\s+\w+(\s+(where|order|group|join|limit)\b|\s*$)",
    )
    .expect("the pattern is valid");
    let mut wrong = Vec::new();
    for file in source_tree::files("", &["rs"]) {
        if file.path.starts_with("store/") || file.path.starts_with("tests/") || file.path.contains("/tests/") {
            continue;
        }
        for token in tokens(without_tests(&file.text)) {
            if let Token::Text(text, line) = token
                && sql.is_match(&text)
            {
                wrong.push(format!("{}:{line}", file.path));
            }
        }
    }
    assert!(wrong.is_empty(), "SQL belongs into store/src:\n{}", wrong.join("\n"));
}

/// One statement: the same text twice, one for each engine, or one for PostgreSQL alone.
pub(super) struct Statement {
    pub(super) place: String,
    /// `None`: the engine is not asked.
    pub(super) sqlite: Option<String>,
    pub(super) postgres: Option<String>,
}

fn store_files() -> Vec<SourceFile> {
    let mut files = source_tree::files("store/src", &["rs"]);
    // Defines these calls.
    files.retain(|file| file.path != "store/src/tx.rs");
    files
}

pub(super) fn statements() -> Vec<Statement> {
    store_files().iter().flat_map(|file| calls(file).filter_map(Result::ok).collect::<Vec<_>>()).collect()
}

/// Every `.query("…")`, `.query_for("…", "…")`, `.query_sqlite("…")` and `.query_postgres("…")` of a file; an error for one whose text is not a literal or a constant
/// of the same file.
fn calls(file: &SourceFile) -> impl Iterator<Item = Result<Statement, String>> {
    let tokens = tokens(without_tests(&file.text));
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        let [Token::Sign('.'), Token::Word(name), Token::Sign('(')] = &tokens[at..(at + 3).min(tokens.len())] else {
            continue;
        };
        let mut rest = &tokens[at + 3..];
        let mut texts = Vec::new();
        let wanted = match name.as_str() {
            "query" | "query_sqlite" | "query_postgres" => 1,
            "query_for" => 2,
            _ => continue,
        };
        while texts.len() < wanted {
            let Some((text, line, used)) = argument(&tokens, rest) else { break };
            texts.push((text, line));
            rest = &rest[used..];
            if rest.first() == Some(&Token::Sign(',')) {
                rest = &rest[1..];
            }
        }
        found.push(match texts.as_slice() {
            [(text, line)] if wanted == 1 => Ok(Statement {
                place: format!("{}:{line}", file.path),
                sqlite: Some(text.clone()).filter(|_| name != "query_postgres"),
                postgres: Some(text.clone()).filter(|_| name != "query_sqlite"),
            }),
            [(sqlite, line), (postgres, _)] => Ok(Statement {
                place: format!("{}:{line}", file.path),
                sqlite: Some(sqlite.clone()),
                postgres: Some(postgres.clone()),
            }),
            _ => Err(format!("{}: a `.{name}(…)` without literals near {:?}", file.path, rest.first())),
        });
    }
    found.into_iter()
}

/// The text of the argument that `rest` begins with, its line, and how many tokens it takes: a literal, a constant of the
/// file, or `concat!` of these.
fn argument(all: &[Token], rest: &[Token]) -> Option<(String, usize, usize)> {
    match rest {
        [Token::Text(text, line), ..] => Some((text.clone(), *line, 1)),
        [Token::Word(word), Token::Sign('!'), Token::Sign('('), inside @ ..] if word == "concat" => {
            let (mut text, mut first_line, mut used) = (String::new(), None, 0);
            while inside.get(used) != Some(&Token::Sign(')')) {
                let (piece, line, taken) = argument(all, &inside[used..])?;
                text.push_str(&piece);
                first_line.get_or_insert(line);
                used += taken;
                if inside.get(used) == Some(&Token::Sign(',')) {
                    used += 1;
                }
            }
            Some((text, first_line?, used + 4))
        }
        [Token::Word(name), ..] => {
            let at = all.windows(2).position(
                |pair| matches!(pair, [Token::Word(word), Token::Word(found)] if word == "const" && found == name),
            )?;
            let equals = at + all[at..].iter().position(|token| *token == Token::Sign('='))?;
            let (text, line, _) = argument(all, &all[equals + 1..])?;
            Some((text, line, 1))
        }
        _ => None,
    }
}
