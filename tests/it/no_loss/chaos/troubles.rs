//! What goes wrong.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use patchbay_simulator::{Faults, Provider};
use patchbay_store::Engine;
use patchbay_tests::Deployment;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use sqlx::{Connection as _, SqliteConnection};
use tokio::time::{Instant, sleep};

/// How long trouble lasts at most.
const LONGEST: Duration = Duration::from_mins(15);

/// One trouble after the other, as long as somebody speaks. `CHAOS_SEED` chooses them. Says at the end how many there
/// were.
pub(super) async fn trouble(deployment: &mut Deployment, over: &AtomicBool) {
    let seed = std::env::var("CHAOS_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(rand::random);
    eprintln!("CHAOS_SEED={seed}");
    let mut dice = StdRng::seed_from_u64(seed);
    let until = Instant::now() + LONGEST;
    let mut tally: BTreeMap<&str, u32> = BTreeMap::new();
    while !over.load(Ordering::SeqCst) && Instant::now() < until {
        sleep(Duration::from_millis(dice.random_range(200..900))).await;
        let name = match dice.random_range(0..9) {
            0 | 1 => {
                deployment.nodes[0].kill();
                deployment.nodes[0].restart().await;
                "kill"
            }
            2 => {
                store_away(deployment, Duration::from_millis(dice.random_range(100..1_500))).await;
                "store away"
            }
            3 => {
                if let Some(redis) = deployment.redis.as_mut() {
                    redis.stop();
                    sleep(Duration::from_millis(dice.random_range(100..1_000))).await;
                    redis.start().await;
                }
                "redis away"
            }
            4 => {
                let faults =
                    Faults { too_many_requests: 1, server_errors: 1, reorder_callbacks: 1, ..Faults::default() };
                deployment.phones.set_faults(Provider::Meta, faults);
                "meta refuses"
            }
            5 => {
                let faults = Faults { timeout_after_accept: 1, duplicate_callbacks: 2, ..Faults::default() };
                deployment.phones.set_faults(Provider::Twilio, faults);
                "twilio hangs up"
            }
            // The relay takes a mail and hangs up without a word. What says "later" waits a quarter of an hour and more:
            // that is tested with a clock that can be moved.
            6 => {
                let faults = Faults { timeout_after_accept: 1, hold_ms: 0, ..Faults::default() };
                deployment.phones.set_faults(Provider::Mail, faults);
                "relay hangs up"
            }
            // The store accepts connections and says nothing, the way a full disk or a lost network does.
            7 => {
                if let Some(postgres) = deployment.postgres.as_ref() {
                    postgres.freeze();
                    sleep(Duration::from_millis(dice.random_range(100..1_500))).await;
                    postgres.thaw();
                }
                "store frozen"
            }
            _ => {
                let faults = Faults { delay_ms: dice.random_range(100..1_000), ..Faults::default() };
                let providers = [Provider::Meta, Provider::Twilio, Provider::Mail];
                deployment.phones.set_faults(providers[dice.random_range(0..3)], faults);
                "provider slow"
            }
        };
        *tally.entry(name).or_default() += 1;
    }
    eprintln!("troubles: {tally:?}");
}

/// PostgreSQL stops; SQLite is held by somebody else.
async fn store_away(deployment: &mut Deployment, away: Duration) {
    if let Some(postgres) = deployment.postgres.as_mut() {
        postgres.stop();
        sleep(away).await;
        postgres.start().await;
        return;
    }
    assert_eq!(deployment.database().engine(), Engine::Sqlite);
    let mut connection = SqliteConnection::connect(deployment.database().url()).await.expect("SQLite opens");
    for statement in ["pragma busy_timeout = 10000", "begin immediate"] {
        sqlx::query(statement).execute(&mut connection).await.expect("the lock is had in time");
    }
    sleep(away).await;
    sqlx::query("rollback").execute(&mut connection).await.expect("nothing was written");
}
