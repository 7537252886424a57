use std::sync::Arc;

use futures::FutureExt as _;
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
    let rate = Rate::per_second(2, 3);
    for _ in 0..3 {
        assert_eq!(limits.take(&scope, rate).await, Duration::ZERO);
    }
    let wait = limits.take(&scope, rate).await;
    assert!(wait > Duration::from_millis(200) && wait <= Duration::from_millis(500), "{wait:?}");
}

async fn scopes_do_not_share_a_bucket(limits: &dyn RateLimits) {
    let rate = Rate::per_second(1, 1);
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
    let rate = Rate::per_second(80, 4);
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

/// A customer is written to in bursts; what runs ahead is paid back. Source: channels reference, "Limits".
#[tokio::test]
async fn a_pair_has_a_burst_of_45_and_then_one_in_6_seconds() {
    let clock = Clock::manual(chrono::DateTime::from_timestamp(1_772_719_195, 0).unwrap());
    let limits = MemoryLimits::new(clock.clone());
    let scope = Scope::Recipient(InboxId::new(), ContactId::new());
    let rate = Rate::one_in(Duration::from_secs(6), 45);
    let mut at_once = 0;
    while limits.take(&scope, rate).await.is_zero() {
        at_once += 1;
    }
    assert_eq!(at_once, 45);
    let mut later = 0;
    for _ in 0..60 {
        clock.advance(Duration::from_secs(1));
        later += i32::from(limits.take(&scope, rate).await.is_zero());
    }
    assert_eq!(later, 10);
}

proptest::proptest! {
    /// However they come, never more than the rate allows: in any stretch at most the burst and what refilled.
    #[test]
    fn no_stretch_of_time_lets_more_pass_than_burst_and_rate(
        per_second in 1_u32..200, burst in 1_u32..50, pauses in proptest::collection::vec(0_u64..400, 1..300),
    ) {
        let clock = Clock::manual(chrono::DateTime::from_timestamp(1_772_719_195, 0).unwrap());
        let limits = MemoryLimits::new(clock.clone());
        let (scope, rate) = (Scope::Inbox(InboxId::new()), Rate::per_second(per_second, burst));
        let mut passed: Vec<i64> = Vec::new();
        for pause in pauses {
            clock.advance(Duration::from_millis(pause));
            if limits.take(&scope, rate).now_or_never().unwrap().is_zero() {
                passed.push(clock.now().timestamp_micros());
            }
        }
        for (first, from) in passed.iter().enumerate() {
            for (last, to) in passed.iter().enumerate().skip(first) {
                let allowed = i64::from(burst) + (to - from) / rate.interval_micros() + 1;
                proptest::prop_assert!(i64::try_from(last - first + 1).unwrap() <= allowed);
            }
        }
    }

    /// Whoever waits as long as told gets through.
    #[test]
    fn a_wait_is_long_enough(per_second in 1_u32..200, burst in 1_u32..20) {
        let clock = Clock::manual(chrono::DateTime::from_timestamp(1_772_719_195, 0).unwrap());
        let limits = MemoryLimits::new(clock.clone());
        let (scope, rate) = (Scope::Inbox(InboxId::new()), Rate::per_second(per_second, burst));
        for _ in 0..60 {
            let wait = limits.take(&scope, rate).now_or_never().unwrap();
            clock.advance(wait);
            if !wait.is_zero() {
                proptest::prop_assert!(limits.take(&scope, rate).now_or_never().unwrap().is_zero());
            }
        }
    }

    /// A hold holds for its whole time and no longer, whatever else is held.
    #[test]
    fn the_longest_hold_counts(holds in proptest::collection::vec(1_u64..10_000, 1..20)) {
        let clock = Clock::manual(chrono::DateTime::from_timestamp(1_772_719_195, 0).unwrap());
        let limits = MemoryLimits::new(clock);
        let inbox = InboxId::new();
        for millis in &holds {
            limits.hold(&Scope::Lane(inbox, Lane::Bulk), Duration::from_millis(*millis)).now_or_never().unwrap();
        }
        let held = limits.held(&[Scope::Lane(inbox, Lane::Bulk)]).now_or_never().unwrap();
        proptest::prop_assert_eq!(held, Duration::from_millis(*holds.iter().max().unwrap()));
        let other = limits.held(&[Scope::Lane(inbox, Lane::High), Scope::Inbox(inbox)]).now_or_never().unwrap();
        proptest::prop_assert!(other.is_zero(), "a lane pauses alone");
    }
}
