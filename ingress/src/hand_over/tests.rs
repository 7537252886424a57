//! The intake comes and goes; what was acknowledged arrives, in order.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::TempDir;

use super::*;

/// An intake that can be away.
#[derive(Debug, Default)]
struct Fickle {
    is_away: AtomicBool,
    taken: Mutex<Vec<String>>,
}

impl Taker for Arc<Fickle> {
    async fn take(&self, handed: Vec<Handed>) -> Result<(), NotAccepted> {
        if self.is_away.load(Ordering::SeqCst) {
            return Err(NotAccepted::Unavailable);
        }
        let deliveries = handed.into_iter().flat_map(|handed| handed.deliveries);
        self.taken.lock().unwrap().extend(deliveries.filter_map(|delivery| delivery.account));
        Ok(())
    }

    async fn keep(&self, _files: Vec<KeptFile>) -> Result<(), NotAccepted> {
        if self.is_away.load(Ordering::SeqCst) { Err(NotAccepted::Unavailable) } else { Ok(()) }
    }

    async fn use_token(&self, _token: &Token) -> Result<TokenUse, NotAccepted> {
        if self.is_away.load(Ordering::SeqCst) { Err(NotAccepted::Unavailable) } else { Ok(TokenUse::First) }
    }
}

fn delivery(name: usize) -> Vec<Delivery> {
    vec![Delivery {
        source: Source::Twilio,
        inbox: Some(InboxId::new()),
        account: Some(name.to_string()),
        received_at: DateTime::from_timestamp(0, 0).unwrap(),
        items: Vec::new(),
        quarantine: None,
    }]
}

fn names(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|name| name.to_string()).collect()
}

async fn until(intake: &Fickle, count: usize) {
    tokio::time::timeout(Duration::from_secs(20), async {
        while intake.taken.lock().unwrap().len() < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn what_came_while_the_intake_was_away_arrives_in_order() {
    let dir = TempDir::new().unwrap();
    let intake = Arc::new(Fickle::default());
    let spool = Spool::open(dir.path(), 1 << 20).unwrap();
    let stop = CancellationToken::new();
    let (hand_over, draining) = HandOver::start(Arc::clone(&intake), Some(spool.clone()), stop.clone());
    for name in 0..150 {
        intake.is_away.store((20..120).contains(&name), Ordering::SeqCst);
        hand_over.accept(delivery(name)).await.unwrap();
    }
    until(&intake, 150).await;
    assert_eq!(*intake.taken.lock().unwrap(), names(0..150));
    while !spool.is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    hand_over.accept(delivery(150)).await.unwrap();
    assert_eq!(intake.taken.lock().unwrap().len(), 151, "straight through again");
    stop.cancel();
    draining.unwrap().await.unwrap();
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_restart() {
    let dir = TempDir::new().unwrap();
    let intake = Arc::new(Fickle::default());
    intake.is_away.store(true, Ordering::SeqCst);
    let stop = CancellationToken::new();
    let (hand_over, draining) =
        HandOver::start(Arc::clone(&intake), Some(Spool::open(dir.path(), 1 << 20).unwrap()), stop.clone());
    for name in 0..5 {
        hand_over.accept(delivery(name)).await.unwrap();
    }
    stop.cancel();
    draining.unwrap().await.unwrap();
    drop(hand_over);
    intake.is_away.store(false, Ordering::SeqCst);
    let stop = CancellationToken::new();
    let (_hand_over, draining) =
        HandOver::start(Arc::clone(&intake), Some(Spool::open(dir.path(), 1 << 20).unwrap()), stop.clone());
    until(&intake, 5).await;
    assert_eq!(*intake.taken.lock().unwrap(), names(0..5));
    stop.cancel();
    draining.unwrap().await.unwrap();
}

#[tokio::test]
async fn without_room_on_disk_nothing_is_acknowledged() {
    let dir = TempDir::new().unwrap();
    let intake = Arc::new(Fickle::default());
    intake.is_away.store(true, Ordering::SeqCst);
    let stop = CancellationToken::new();
    let (hand_over, draining) =
        HandOver::start(Arc::clone(&intake), Some(Spool::open(dir.path(), 2048).unwrap()), stop.clone());
    let mut kept = 0;
    while hand_over.accept(delivery(kept)).await.is_ok() {
        kept += 1;
    }
    assert!(kept > 3);
    intake.is_away.store(false, Ordering::SeqCst);
    until(&intake, kept).await;
    assert_eq!(*intake.taken.lock().unwrap(), names(0..kept));
    stop.cancel();
    draining.unwrap().await.unwrap();

    let (bare, none) = HandOver::start(Arc::clone(&intake), None, CancellationToken::new());
    intake.is_away.store(true, Ordering::SeqCst);
    assert!(none.is_none());
    assert_eq!(bare.accept(delivery(0)).await, Err(NOT_DURABLE));
}

#[test]
fn a_record_of_another_version_is_not_lost() {
    let kept = read_back(b"[{\"shape\":2}]".to_vec());
    assert_eq!(kept.deliveries[0].quarantine.as_ref().map(|kept| &kept.raw[..]), Some(&b"[{\"shape\":2}]"[..]));
}
