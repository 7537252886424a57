//! The two engines behind one handle: opening, migrating, beginning.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, SqlSafeStr};

use crate::error::StoreError;
use crate::signals::Signals;
use crate::sqlite::{Options, Readers, migrate};
use crate::tx::Tx;
use crate::writer::Writer;

/// Which engine a handle speaks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The embedded default.
    Sqlite,
    /// PostgreSQL 15 or newer.
    Postgres,
}

/// A handle on the database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    pub(crate) pools: Pools,
    signals: Arc<Signals>,
}

#[derive(Clone, Debug)]
pub(crate) enum Pools {
    /// SQLite has one writer; readers see the last commit and never wait for it.
    Sqlite {
        writer: Arc<Writer>,
        readers: Arc<Readers>,
    },
    Postgres(PgPool),
}

/// How long a caller waits for a connection before it is told that the database is away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// Prepared statements that a connection keeps: as many as the store has, so that none is prepared again and again.
const PREPARED_STATEMENTS: usize = 512;
/// How often a node asks again for the migration lock, 4 s each time.
const MIGRATE_TRIES: usize = 30;

/// Every migration: version, name, SQLite text, PostgreSQL text. A pair is never edited once released.
pub const MIGRATIONS: &[(i64, &str, &str, &str)] = &[
    (
        1,
        "ground",
        include_str!("../../migrations/sqlite/0001_ground.sql"),
        include_str!("../../migrations/postgres/0001_ground.sql"),
    ),
    (
        2,
        "directory",
        include_str!("../../migrations/sqlite/0002_directory.sql"),
        include_str!("../../migrations/postgres/0002_directory.sql"),
    ),
    (
        3,
        "commands",
        include_str!("../../migrations/sqlite/0003_commands.sql"),
        include_str!("../../migrations/postgres/0003_commands.sql"),
    ),
    (
        5,
        "observability",
        include_str!("../../migrations/sqlite/0005_observability.sql"),
        include_str!("../../migrations/postgres/0005_observability.sql"),
    ),
    (
        6,
        "reads",
        include_str!("../../migrations/sqlite/0006_reads.sql"),
        include_str!("../../migrations/postgres/0006_reads.sql"),
    ),
    (
        7,
        "mail",
        include_str!("../../migrations/sqlite/0007_mail.sql"),
        include_str!("../../migrations/postgres/0007_mail.sql"),
    ),
    (
        8,
        "sending",
        include_str!("../../migrations/sqlite/0008_sending.sql"),
        include_str!("../../migrations/postgres/0008_sending.sql"),
    ),
    (
        9,
        "chat",
        include_str!("../../migrations/sqlite/0009_chat.sql"),
        include_str!("../../migrations/postgres/0009_chat.sql"),
    ),
    (
        10,
        "media",
        include_str!("../../migrations/sqlite/0010_media.sql"),
        include_str!("../../migrations/postgres/0010_media.sql"),
    ),
    (
        11,
        "recovery",
        include_str!("../../migrations/sqlite/0011_recovery.sql"),
        include_str!("../../migrations/postgres/0011_recovery.sql"),
    ),
    (
        12,
        "gateway",
        include_str!("../../migrations/sqlite/0012_gateway.sql"),
        include_str!("../../migrations/postgres/0012_gateway.sql"),
    ),
    (
        13,
        "triage",
        include_str!("../../migrations/sqlite/0013_triage.sql"),
        include_str!("../../migrations/postgres/0013_triage.sql"),
    ),
    (
        14,
        "service_levels",
        include_str!("../../migrations/sqlite/0014_service_levels.sql"),
        include_str!("../../migrations/postgres/0014_service_levels.sql"),
    ),
    (
        15,
        "reports",
        include_str!("../../migrations/sqlite/0015_reports.sql"),
        include_str!("../../migrations/postgres/0015_reports.sql"),
    ),
    (
        16,
        "webhooks",
        include_str!("../../migrations/sqlite/0016_webhooks.sql"),
        include_str!("../../migrations/postgres/0016_webhooks.sql"),
    ),
    (
        17,
        "alerts",
        include_str!("../../migrations/sqlite/0017_alerts.sql"),
        include_str!("../../migrations/postgres/0017_alerts.sql"),
    ),
    (
        18,
        "gateway",
        include_str!("../../migrations/sqlite/0018_gateway.sql"),
        include_str!("../../migrations/postgres/0018_gateway.sql"),
    ),
    (
        20,
        "idle",
        include_str!("../../migrations/sqlite/0020_idle.sql"),
        include_str!("../../migrations/postgres/0020_idle.sql"),
    ),
    (
        22,
        "gateway",
        include_str!("../../migrations/sqlite/0022_gateway.sql"),
        include_str!("../../migrations/postgres/0022_gateway.sql"),
    ),
    (
        23,
        "hub",
        include_str!("../../migrations/sqlite/0023_hub.sql"),
        include_str!("../../migrations/postgres/0023_hub.sql"),
    ),
    (
        24,
        "activity",
        include_str!("../../migrations/sqlite/0024_activity.sql"),
        include_str!("../../migrations/postgres/0024_activity.sql"),
    ),
    (
        26,
        "retention",
        include_str!("../../migrations/sqlite/0026_retention.sql"),
        include_str!("../../migrations/postgres/0026_retention.sql"),
    ),
    (
        28,
        "satisfaction",
        include_str!("../../migrations/sqlite/0028_satisfaction.sql"),
        include_str!("../../migrations/postgres/0028_satisfaction.sql"),
    ),
    (
        30,
        "hub",
        include_str!("../../migrations/sqlite/0030_hub.sql"),
        include_str!("../../migrations/postgres/0030_hub.sql"),
    ),
    (
        34,
        "gateway",
        include_str!("../../migrations/sqlite/0034_gateway.sql"),
        include_str!("../../migrations/postgres/0034_gateway.sql"),
    ),
    (
        36,
        "hub",
        include_str!("../../migrations/sqlite/0036_hub.sql"),
        include_str!("../../migrations/postgres/0036_hub.sql"),
    ),
    (
        38,
        "ticket_timers",
        include_str!("../../migrations/sqlite/0038_ticket_timers.sql"),
        include_str!("../../migrations/postgres/0038_ticket_timers.sql"),
    ),
    (
        40,
        "months",
        include_str!("../../migrations/sqlite/0040_months.sql"),
        include_str!("../../migrations/postgres/0040_months.sql"),
    ),
    (
        42,
        "days",
        include_str!("../../migrations/sqlite/0042_days.sql"),
        include_str!("../../migrations/postgres/0042_days.sql"),
    ),
    (
        44,
        "sealed",
        include_str!("../../migrations/sqlite/0044_sealed.sql"),
        include_str!("../../migrations/postgres/0044_sealed.sql"),
    ),
    (
        46,
        "on_their_way",
        include_str!("../../migrations/sqlite/0046_on_their_way.sql"),
        include_str!("../../migrations/postgres/0046_on_their_way.sql"),
    ),
];

impl Db {
    /// Opens `sqlite://path` (created when missing) or `postgres://…`. Does not migrate.
    ///
    /// PostgreSQL connections are made lazily, so that a node starts while the database is away.
    /// Errors: [`StoreError::Address`] when the address is of neither kind, [`StoreError::Unavailable`] when a SQLite
    /// file cannot be opened.
    #[expect(clippy::unused_async, reason = "whoever opens a database must be prepared to wait for it")]
    pub async fn open(url: &str, max_connections: u32) -> Result<Self, StoreError> {
        if url.starts_with("sqlite:") {
            Self::open_sqlite(url)
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let options = PgConnectOptions::from_str(url)
                .map_err(|_| StoreError::Address("not a PostgreSQL address".into()))?
                .options([("statement_timeout", "5000"), ("lock_timeout", "4000"), ("timezone", "UTC")])
                .application_name("patchbay")
                .statement_cache_capacity(PREPARED_STATEMENTS)
                .disable_statement_logging();
            let pool = PgPoolOptions::new()
                .max_connections(max_connections)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .max_lifetime(Duration::from_mins(30))
                .test_before_acquire(false)
                .connect_lazy_with(options);
            Ok(Self { pools: Pools::Postgres(pool), signals: Arc::default() })
        } else {
            Err(StoreError::Address("it must start with sqlite:// or postgres://".into()))
        }
    }

    fn open_sqlite(url: &str) -> Result<Self, StoreError> {
        let options = Options::of(url).ok_or_else(|| StoreError::Address("it must name a file".into()))?;
        if let Some(folder) = options.path().parent().filter(|folder| *folder != Path::new("")) {
            std::fs::create_dir_all(folder).map_err(|error| StoreError::Unavailable(error.into()))?;
        }
        let writer = Arc::new(Writer::open(options.clone())?);
        let readers = Arc::new(Readers::new(options.for_reading()));
        Ok(Self { pools: Pools::Sqlite { writer, readers }, signals: Arc::default() })
    }

    /// Which engine this handle speaks to.
    pub fn engine(&self) -> Engine {
        match self.pools {
            Pools::Sqlite { .. } => Engine::Sqlite,
            Pools::Postgres(_) => Engine::Postgres,
        }
    }

    /// Brings the schema up to date. Safe to call on several nodes at once.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        match &self.pools {
            Pools::Sqlite { writer, .. } => {
                return writer.alone(|connection| migrate(connection, &migrator(Engine::Sqlite))).await;
            }
            Pools::Postgres(pool) => {
                let mut result = migrator(Engine::Postgres).run(pool).await;
                // Another node migrates and holds the lock for longer than a statement may wait.
                for _ in 0..MIGRATE_TRIES {
                    if !result.as_ref().is_err_and(is_lock_timeout) {
                        break;
                    }
                    result = migrator(Engine::Postgres).run(pool).await;
                }
                result
            }
        }
        .map_err(refused)
    }

    /// Begins a write transaction. On SQLite it holds the one writer: keep it short and talk to nobody else. It may share
    /// its commit with others: what it reads of theirs is durable only once its own commit or rollback has returned.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        match &self.pools {
            Pools::Sqlite { writer, .. } => Ok(Tx::sqlite(writer.begin().await?, &self.signals)),
            Pools::Postgres(pool) => Ok(Tx::postgres(pool.begin().await?, &self.signals)),
        }
    }

    /// A connection for reading. Each statement sees the last commit; there is nothing to commit.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        match &self.pools {
            Pools::Sqlite { readers, .. } => Ok(Tx::sqlite_read(readers.acquire().await?, &self.signals)),
            Pools::Postgres(pool) => Ok(Tx::postgres_read(pool.acquire().await?, &self.signals)),
        }
    }

    /// Tells this process that something was committed through this handle.
    pub fn signals(&self) -> &Signals {
        &self.signals
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read().await?.query("select 1").execute().await.map(drop)
    }

    /// Whether the schema is the one that this program was built for, or a newer one that it can live with.
    pub async fn is_migrated(&self) -> Result<bool, StoreError> {
        let newest: Option<i64> = self
            .read()
            .await?
            .query("select cast(max(version) as bigint) as version from _sqlx_migrations where success")
            .scalar()
            .await?;
        Ok(newest >= MIGRATIONS.iter().map(|migration| migration.0).max())
    }

    /// Ends all connections; what is in flight finishes first.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

fn refused(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(error) if matches!(error, sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut) => {
            StoreError::Unavailable(error.into())
        }
        error => StoreError::Migrate(error.into()),
    }
}

/// PostgreSQL: `lock_not_available`.
fn is_lock_timeout(error: &MigrateError) -> bool {
    match error {
        MigrateError::Execute(error) => {
            error.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref() == Some("55P03")
        }
        _ => false,
    }
}

fn migrator(engine: Engine) -> Migrator {
    Migrator::with_migrations(
        MIGRATIONS
            .iter()
            .map(|(version, name, sqlite, postgres)| {
                let text = match engine {
                    Engine::Sqlite => *sqlite,
                    Engine::Postgres => *postgres,
                };
                Migration::new(*version, (*name).into(), MigrationType::Simple, text.into_sql_str(), false)
            })
            .collect(),
    )
}
