//! What a statement may answer beside rows.

/// What the driver of the engine said.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a statement or a transaction did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A unique constraint refused the row.
    #[error("a row with the same key exists")]
    Duplicate,
    /// A reference points at a row that does not exist.
    #[error("a referenced row does not exist")]
    MissingReference,
    /// The row was changed since its version was read.
    #[error("the row was changed by somebody else")]
    Conflict,
    /// The database cannot be reached or has no connection to give; trying later may help.
    #[error("the database is not available")]
    Unavailable(#[source] Cause),
    /// A stored value is not what its column promises.
    #[error("column {column} holds an unexpected value")]
    Decode {
        /// Name of the column.
        column: String,
        /// What the driver or the type said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A row was expected.
    #[error("the row does not exist")]
    NoRow,
    /// Anything else the engine refused: a bug of ours.
    #[error("the statement was refused")]
    Statement(#[source] Cause),
    /// The schema could not be brought up to date.
    #[error("the schema could not be brought up to date")]
    Migrate(#[source] Cause),
    /// The database address cannot be used.
    #[error("the database address cannot be used: {0}")]
    Address(String),
}

impl StoreError {
    /// Whether the same work may succeed later without any change: the database is away, locked or overloaded.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// Whether the same transaction, begun anew, may well succeed at once: it lost a deadlock, or somebody else wrote the
    /// same row first.
    pub fn is_worth_repeating(&self) -> bool {
        match self {
            Self::Duplicate => true,
            Self::Unavailable(cause) => cause
                .downcast_ref::<sqlx::Error>()
                .and_then(sqlx::Error::as_database_error)
                .is_some_and(|error| matches!(error.code().as_deref(), Some("40001" | "40P01"))),
            _ => false,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => {
                if database.is_unique_violation() {
                    return Self::Duplicate;
                }
                if database.is_foreign_key_violation() {
                    return Self::MissingReference;
                }
                match database.code().as_deref() {
                    // Connection exceptions, operator intervention, insufficient resources, serialization failures,
                    // deadlocks, lock time-outs.
                    Some(code)
                        if code.starts_with("08")
                            || code.starts_with("57P")
                            || code.starts_with("53")
                            || matches!(code, "57014" | "40001" | "40P01" | "55P03") =>
                    {
                        Self::Unavailable(error.into())
                    }
                    _ => Self::Statement(error.into()),
                }
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Protocol(_)
            | sqlx::Error::BeginFailed => Self::Unavailable(error.into()),
            sqlx::Error::RowNotFound => Self::NoRow,
            _ => Self::Statement(error.into()),
        }
    }
}
