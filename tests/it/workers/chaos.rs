//! Days of provider faults on a clock that can be moved: what the waits of mail are too long for elsewhere.

use std::collections::BTreeMap;
use std::time::Duration;

use patchbay_core::delivery::DeliveryStatus::{Failed, Pending, Sending, Unknown};
use patchbay_core::ids::MessageId;
use patchbay_simulator::{Faults, Provider};
use patchbay_tests::{TestDatabase, both_engines};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::mail::letter;
use super::world::World;

both_engines! {
    days_of_faults_lose_nothing_double_nothing_and_keep_every_order;
}

const PROVIDERS: [Provider; 3] = [Provider::Meta, Provider::Twilio, Provider::Mail];
/// Answers written in all.
const ANSWERS: i64 = 60;
/// Hours in which everything that is tried again is tried again.
const HOURS: u64 = 60;

/// What a provider does next. Nothing here loses a report: without one nobody could know.
fn fault(dice: &mut StdRng, provider: Provider) -> Faults {
    let calm = Faults { hold_ms: 0, ..Faults::default() };
    match (dice.random_range(0..7), provider) {
        (0, _) => Faults { too_many_requests: 2, ..calm },
        (1, _) => Faults { outage: true, ..calm },
        (2, _) => Faults { timeout_after_accept: 1, ..calm },
        (3, _) => Faults { server_errors_after_accept: 1, ..calm },
        (4, _) => Faults { delay_ms: 40, duplicate_callbacks: 2, reorder_callbacks: 1, ..calm },
        // A mail server's refusal for good would end all mail to the address.
        (5, Provider::Meta | Provider::Twilio) => Faults { server_errors: 2, ..calm },
        _ => calm,
    }
}

async fn days_of_faults_lose_nothing_double_nothing_and_keep_every_order(database: TestDatabase) {
    let seed = std::env::var("CHAOS_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(rand::random);
    eprintln!("CHAOS_SEED={seed}");
    let mut dice = StdRng::seed_from_u64(seed);
    let world = World::new(database).await;
    let places = [
        world.conversation(world.whatsapp, "+15550107788").await,
        world.conversation(world.sms, "+15550107788").await,
        world.conversation(world.mail, "dana@tenants.test").await,
    ];
    let mut written: Vec<Vec<(MessageId, String)>> = vec![Vec::new(); places.len()];
    for seq in 1..=ANSWERS {
        let place = dice.random_range(0..places.len());
        let text = format!("Answer {seq}.");
        let id = match PROVIDERS[place] {
            Provider::Mail => world.write_row(letter(&world, &places[place], seq, &text)).await,
            _ => world.reply(&places[place], seq, &text).await,
        };
        written[place].push((id, text));
        let provider = PROVIDERS[dice.random_range(0..PROVIDERS.len())];
        world.fakes.set_faults(provider, fault(&mut dice, provider));
        if dice.random_range(0..4) == 0 {
            // Killed while it was at work: what it held is free when its lease is over.
            let work = tokio::time::timeout(Duration::from_millis(dice.random_range(1..30)), world.runner.drain_once());
            drop(Box::pin(work).await);
        } else {
            world.drain().await;
        }
        world.settle().await;
        world.advance(dice.random_range(1..90));
    }
    for provider in PROVIDERS {
        world.fakes.set_faults(provider, Faults::default());
    }
    for _ in 0..HOURS {
        world.drain().await;
        world.settle().await;
        // Soon enough that nobody came late.
        world.advance(61);
        world.drain().await;
        world.settle().await;
        if world.jobs_left().await == 0 {
            break;
        }
        world.advance(3_600);
    }
    assert_eq!(world.jobs_left().await, 0, "everything comes to an end");
    for (provider, written) in PROVIDERS.into_iter().zip(written) {
        let taken: Vec<String> =
            world.fakes.sent(provider).into_iter().map(|sent| sent.text.unwrap().trim().to_owned()).collect();
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for text in &taken {
            *times.entry(text).or_default() += 1;
        }
        assert!(times.values().all(|times| *times == 1), "{provider}: one was sent twice: {taken:?}");
        let mut left = taken.iter();
        for (id, text) in written {
            let status = world.status(id).await;
            assert!(!matches!(status, Pending | Sending), "{provider}: {text} is {status}");
            // Nobody can ask a mail server; elsewhere, not to know is no end.
            assert!(status != Unknown || provider == Provider::Mail, "{provider}: {text} is {status}");
            let found = times.contains_key(text.as_str());
            assert!(found || matches!(status, Failed | Unknown), "{provider}: {text} is {status} and was never taken");
            if found {
                assert!(left.any(|taken| *taken == text), "{provider}: {text} was overtaken: {taken:?}");
            }
        }
    }
}
