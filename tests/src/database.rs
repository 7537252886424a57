//! What a test keeps things in, and tests that run on both engines.

pub use patchbay_test_database::{TestDatabase, postgres_url};

/// The private Redis of the run.
pub fn redis_url() -> String {
    std::env::var("TEST_REDIS_URL")
        .expect("TEST_REDIS_URL is set; run the tests with `make test` or `scripts/with-services cargo test`")
}

/// Lists tests that take a [`TestDatabase`]; each runs on SQLite and on PostgreSQL.
#[macro_export]
macro_rules! both_engines {
    ($($(#[$attribute:meta])* $name:ident;)+) => {
        mod sqlite {
            $(
                $(#[$attribute])*
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    Box::pin(super::$name($crate::TestDatabase::fresh(patchbay_store::Engine::Sqlite).await)).await;
                }
            )+
        }
        mod postgres {
            $(
                $(#[$attribute])*
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    Box::pin(super::$name($crate::TestDatabase::fresh(patchbay_store::Engine::Postgres).await)).await;
                }
            )+
        }
    };
}
