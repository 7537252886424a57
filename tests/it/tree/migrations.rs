//! The two engines have the same schema: same migrations, same tables, columns and indexes.

use std::collections::{BTreeMap, BTreeSet};

use patchbay_store::Engine;
use patchbay_tests::{TestDatabase, source_tree};
use sqlx::{Connection as _, PgConnection, Row as _, SqliteConnection};

/// Tables and columns that only one engine needs, and why.
const ONLY_HERE: &[(&str, &str)] = &[
    ("_sqlx_migrations", "the migrator's own"),
    ("search_documents", "full text: a virtual FTS5 table on SQLite, a tsvector column on PostgreSQL"),
];

#[derive(Debug, PartialEq, Eq)]
struct Column {
    kind: &'static str,
    is_nullable: bool,
}

type Schema = BTreeMap<String, Column>;

#[test]
fn migrations_come_in_pairs() {
    let names = |engine: &str| -> BTreeSet<String> {
        source_tree::files(&format!("migrations/{engine}"), &["sql"])
            .into_iter()
            .map(|file| file.path.rsplit('/').next().unwrap_or_default().to_owned())
            .collect()
    };
    let (sqlite, postgres) = (names("sqlite"), names("postgres"));
    assert!(!sqlite.is_empty(), "migrations/sqlite is empty");
    assert_eq!(sqlite, postgres);
}

#[tokio::test]
async fn both_engines_have_the_same_tables_and_columns() {
    let (sqlite, postgres) = (sqlite_columns().await, postgres_columns().await);
    let mut wrong = Vec::new();
    for name in sqlite.keys().chain(postgres.keys()).collect::<BTreeSet<_>>() {
        match (sqlite.get(name), postgres.get(name)) {
            (Some(_), None) => wrong.push(format!("{name} is missing on PostgreSQL")),
            (None, Some(_)) => wrong.push(format!("{name} is missing on SQLite")),
            (one, other) if one != other => wrong.push(format!("{name}: {one:?} on SQLite, {other:?} on PostgreSQL")),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn both_engines_have_the_same_named_indexes() {
    let sqlite = TestDatabase::empty(Engine::Sqlite).await;
    sqlite.open().await.close().await;
    let mut connection = SqliteConnection::connect(sqlite.url()).await.expect("SQLite opens");
    let on_sqlite: BTreeSet<String> =
        sqlx::query_scalar("select name from sqlite_master where type = 'index' and sql is not null")
            .fetch_all(&mut connection)
            .await
            .expect("SQLite lists its indexes")
            .into_iter()
            .collect();
    let postgres = TestDatabase::empty(Engine::Postgres).await;
    postgres.open().await.close().await;
    let mut connection = PgConnection::connect(postgres.url()).await.expect("PostgreSQL answers");
    let on_postgres: BTreeSet<String> = sqlx::query_scalar(
        "select c.relname::text from pg_class c
         where c.relnamespace = current_schema()::regnamespace and c.relkind in ('i', 'I') and not c.relispartition
           and not exists (select 1 from pg_constraint k where k.conindid = c.oid)",
    )
    .fetch_all(&mut connection)
    .await
    .expect("PostgreSQL lists its indexes")
    .into_iter()
    .collect();
    let known: BTreeSet<&str> = ["search_documents_by_body"].into();
    let different: Vec<&String> =
        on_sqlite.symmetric_difference(&on_postgres).filter(|name| !known.contains(name.as_str())).collect();
    assert!(different.is_empty(), "on one engine only: {different:?}");
}

/// Trying to compress what is sealed took a twelfth of PostgreSQL's time at the intake.
#[tokio::test]
async fn postgres_does_not_try_to_compress_what_is_sealed() {
    const EXTERNAL: &str = "e";
    let database = TestDatabase::empty(Engine::Postgres).await;
    database.open().await.close().await;
    let mut connection = PgConnection::connect(database.url()).await.expect("PostgreSQL answers");
    let storage: String = sqlx::query_scalar(
        "select attstorage::text from pg_attribute where attrelid = 'journal_segments'::regclass and attname = 'body'",
    )
    .fetch_one(&mut connection)
    .await
    .expect("the column is there");
    assert_eq!(storage, EXTERNAL);
}

fn is_expected(table: &str, column: &str) -> bool {
    let full = format!("{table}.{column}");
    // FTS5 keeps tables of its own beside the virtual one, named after it.
    ONLY_HERE.iter().any(|(name, _)| *name == full || table.starts_with(name))
}

async fn sqlite_columns() -> Schema {
    let database = TestDatabase::empty(Engine::Sqlite).await;
    database.open().await.close().await;
    let mut connection = SqliteConnection::connect(database.url()).await.expect("SQLite opens");
    let rows = sqlx::query(
        "select t.name, c.name, c.type, c.\"notnull\" or c.pk > 0 from sqlite_master t, pragma_table_info(t.name) c
         where t.type = 'table' and t.name not like 'sqlite_%'",
    )
    .fetch_all(&mut connection)
    .await
    .expect("SQLite lists its columns");
    schema(rows.iter().map(|row| {
        let (table, column, kind): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        (table, column, kind.to_lowercase(), !row.get::<bool, _>(3))
    }))
}

async fn postgres_columns() -> Schema {
    let database = TestDatabase::empty(Engine::Postgres).await;
    database.open().await.close().await;
    let mut connection = PgConnection::connect(database.url()).await.expect("PostgreSQL answers");
    let rows = sqlx::query(
        "select c.relname::text, a.attname::text, format_type(a.atttypid, null), not a.attnotnull
         from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
         where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition",
    )
    .fetch_all(&mut connection)
    .await
    .expect("PostgreSQL lists its columns");
    schema(rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))))
}

/// What a column can hold, in words that both engines share.
fn schema(columns: impl Iterator<Item = (String, String, String, bool)>) -> Schema {
    columns
        .filter(|(table, column, _, _)| !is_expected(table, column))
        .map(|(table, column, kind, is_nullable)| {
            let kind = match kind.as_str() {
                "uuid" | "bytea" | "blob" => "bytes",
                "bigint" | "integer" | "smallint" | "boolean" | "timestamp with time zone" => "integer",
                "text" | "jsonb" => "text",
                "double precision" | "real" => "real",
                _ => "another kind",
            };
            (format!("{table}.{column}"), Column { kind, is_nullable })
        })
        .collect()
}
