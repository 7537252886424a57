use std::sync::Arc;

use patchbay_core::clock::Clock;

use super::*;

/// What every implementation has to do.
async fn suite(limits: Arc<dyn RateLimits>) {
    a_burst_passes_and_then_the_rate_holds(&*limits).await;
    scopes_do_not_share_a_bucket(&*limits).await;
    a_hold_lasts_and_is_never_shortened(&*limits).await;
}

async fn a_burst_passes_and_then_the_rate_holds(limits: &dyn RateLimits) {
    let scope = Scope::Inbox(InboxId::new());
    let rate = Rate { per_second: 2, burst: 3 };
    for _ in 0..3 {
        assert_eq!(limits.take(&scope, rate).await, Duration::ZERO);
    }
    let wait = limits.take(&scope, rate).await;
    assert!(wait > Duration::from_millis(200) && wait <= Duration::from_millis(500), "{wait:?}");
}

async fn scopes_do_not_share_a_bucket(limits: &dyn RateLimits) {
    let rate = Rate { per_second: 1, burst: 1 };
    let (one, other) = (Scope::Inbox(InboxId::new()), Scope::Inbox(InboxId::new()));
    assert_eq!(limits.take(&one, rate).await, Duration::ZERO);
    assert_eq!(limits.take(&other, rate).await, Duration::ZERO);
    assert_ne!(limits.take(&one, rate).await, Duration::ZERO);
}

async fn a_hold_lasts_and_is_never_shortened(limits: &dyn RateLimits) {
    let inbox = InboxId::new();
    let scopes = [Scope::Inbox(inbox), Scope::Recipient(inbox, ContactId::new())];
    assert_eq!(limits.held(&scopes).await, Duration::ZERO);
    limits.hold(&scopes[1], Duration::from_secs(64)).await;
    limits.hold(&scopes[1], Duration::from_secs(4)).await;
    let held = limits.held(&scopes).await;
    assert!(held > Duration::from_mins(1) && held <= Duration::from_secs(64), "{held:?}");
    assert_eq!(limits.held(&scopes[..1]).await, Duration::ZERO);
}

#[tokio::test]
async fn memory_limits_do_what_limits_do() {
    let clock = Clock::manual(chrono::DateTime::from_timestamp(1_772_719_195, 0).unwrap());
    suite(Arc::new(MemoryLimits::new(clock))).await;
}

#[tokio::test]
async fn a_bucket_refills_with_time() {
    let clock = Clock::manual(chrono::DateTime::from_timestamp(1_772_719_195, 0).unwrap());
    let limits = MemoryLimits::new(clock.clone());
    let scope = Scope::Inbox(InboxId::new());
    let rate = Rate { per_second: 80, burst: 4 };
    let mut sent = 0;
    for _ in 0..10_000 {
        clock.advance(Duration::from_micros(100));
        if limits.take(&scope, rate).await.is_zero() {
            sent += 1;
        }
    }
    assert!((80..=84).contains(&sent), "{sent} in a second");
}

#[tokio::test]
async fn redis_limits_do_what_limits_do() {
    // Set by `make test`; a bare `cargo test` has no Redis.
    let Ok(url) = std::env::var("TEST_REDIS_URL") else { return };
    let client = ::redis::Client::open(url).unwrap();
    let connection = ::redis::aio::ConnectionManager::new(client).await.unwrap();
    let prefix = format!("test-{}", InboxId::new());
    suite(Arc::new(RedisLimits::new(connection, prefix, Clock::system()))).await;
}

#[tokio::test]
async fn without_redis_every_node_keeps_its_own_limits() {
    let client = ::redis::Client::open("redis://127.0.0.1:1/").unwrap();
    let config = ::redis::aio::ConnectionManagerConfig::new().set_number_of_retries(0);
    let connection = ::redis::aio::ConnectionManager::new_lazy_with_config(client, config).unwrap();
    suite(Arc::new(RedisLimits::new(connection, "test", Clock::system()))).await;
}
