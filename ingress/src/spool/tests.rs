//! The spool against crashes, full disks and crowds.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

const ROOMY: u64 = 64 * 1024 * 1024;

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

async fn drain(spool: &Spool) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    loop {
        let batch = spool.read_batch(7).await.unwrap();
        let Some(last) = batch.last() else { return all };
        spool.remove(last.position).await.unwrap();
        all.extend(batch.into_iter().map(|spooled| spooled.record));
    }
}

fn segments(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "seg"))
        .collect();
    paths.sort();
    paths
}

#[test]
fn records_come_back_in_order_and_files_go() {
    let dir = TempDir::new().unwrap();
    block_on(async {
        let spool = Spool::open(dir.path(), ROOMY).unwrap();
        for number in 0..50_u8 {
            spool.append(vec![number; usize::from(number)]).await.unwrap();
        }
        assert_eq!(spool.records(), 50);
        let again = spool.read_batch(3).await.unwrap();
        assert_eq!(again, spool.read_batch(3).await.unwrap(), "nothing was removed yet");
        assert_eq!(drain(&spool).await, (0..50_u8).map(|number| vec![number; usize::from(number)]).collect::<Vec<_>>());
        assert!(spool.is_empty());
        assert_eq!(spool.bytes(), 0);
    });
    assert_eq!(segments(dir.path()), Vec::<PathBuf>::new());
}

#[test]
fn what_was_not_removed_comes_again_after_a_restart() {
    let dir = TempDir::new().unwrap();
    block_on(async {
        let spool = Spool::open(dir.path(), ROOMY).unwrap();
        for number in 0..10_u8 {
            spool.append(vec![number]).await.unwrap();
        }
        let batch = spool.read_batch(4).await.unwrap();
        spool.remove(batch[3].position).await.unwrap();
        assert_eq!(spool.records(), 6);
    });
    block_on(async {
        let spool = Spool::open(dir.path(), ROOMY).unwrap();
        spool.append(vec![99]).await.unwrap();
        let all = drain(&spool).await;
        // The segment was not finished, so its removed records come again: at least once, in order.
        assert_eq!(all, (0..10_u8).chain([99]).map(|number| vec![number]).collect::<Vec<_>>());
    });
}

#[test]
fn a_crowd_shares_the_disk_and_loses_nothing() {
    let dir = TempDir::new().unwrap();
    block_on(async {
        let spool = Spool::open(dir.path(), ROOMY).unwrap();
        let appends = (0..300_u32).map(|number| {
            let spool = spool.clone();
            tokio::spawn(async move { spool.append(number.to_le_bytes().to_vec()).await })
        });
        for append in appends.collect::<Vec<_>>() {
            append.await.unwrap().unwrap();
        }
        let mut all = drain(&spool).await;
        all.sort();
        let mut expected: Vec<_> = (0..300_u32).map(|number| number.to_le_bytes().to_vec()).collect();
        expected.sort();
        assert_eq!(all, expected);
    });
}

#[test]
fn a_full_spool_refuses_and_takes_again_when_it_is_drained() {
    let dir = TempDir::new().unwrap();
    block_on(async {
        let spool = Spool::open(dir.path(), 8 * 1024).unwrap();
        let mut kept = 0;
        let refusal = loop {
            match spool.append(vec![7; 500]).await {
                Ok(()) => kept += 1,
                Err(refusal) => break refusal,
            }
        };
        assert_eq!(refusal, SpoolError::Full);
        assert!(kept >= 10 && spool.bytes() <= 8 * 1024, "{kept} records in {} bytes", spool.bytes());
        assert!(segments(dir.path()).len() > 1, "a small spool has small segments");
        let first = spool.read_batch(6).await.unwrap();
        spool.remove(first[5].position).await.unwrap();
        spool.append(vec![8; 500]).await.unwrap();
        assert_eq!(drain(&spool).await.len(), kept - 6 + 1);
        assert_eq!(spool.append(vec![0; MAX_RECORD_BYTES + 1]).await, Err(SpoolError::TooLarge));
    });
}

#[test]
fn two_processes_cannot_share_a_spool() {
    let dir = TempDir::new().unwrap();
    let first = Spool::open(dir.path(), ROOMY).unwrap();
    assert_eq!(Spool::open(dir.path(), ROOMY).unwrap_err(), SpoolError::InUse);
    drop(first);
    Spool::open(dir.path(), ROOMY).unwrap();
}

#[test]
fn a_damaged_segment_is_set_aside_after_its_good_records() {
    let dir = TempDir::new().unwrap();
    block_on(async {
        let spool = Spool::open(dir.path(), ROOMY).unwrap();
        for number in 0..3_u8 {
            spool.append(vec![number; 100]).await.unwrap();
        }
    });
    let path = segments(dir.path()).remove(0);
    let mut bytes = std::fs::read(&path).unwrap();
    let place = bytes.len() - 50;
    bytes[place] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    block_on(async {
        let spool = Spool::open(dir.path(), ROOMY).unwrap();
        assert_eq!(drain(&spool).await, [vec![0; 100], vec![1; 100]]);
    });
    assert!(path.with_extension("damaged").exists());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// A crash leaves any prefix of what was being written. Whatever was acknowledged before it is there, nothing else
    /// than what was appended ever is.
    #[test]
    fn a_crash_at_any_byte_loses_nothing_acknowledged(
        records in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 1..20),
        cut in 0.0_f64..=1.0,
    ) {
        let dir = TempDir::new().unwrap();
        // Length of the file when each record was acknowledged.
        let acknowledged: Vec<u64> = block_on(async {
            let spool = Spool::open(dir.path(), ROOMY).unwrap();
            let mut lengths = Vec::new();
            for record in &records {
                spool.append(record.clone()).await.unwrap();
                lengths.push(std::fs::metadata(segments(dir.path()).remove(0)).unwrap().len());
            }
            lengths
        });
        let path = segments(dir.path()).remove(0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a share of a small file")]
        let left = (*acknowledged.last().unwrap() as f64 * cut) as u64;
        std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(left).unwrap();
        let survivors = acknowledged.iter().filter(|length| **length <= left).count();
        block_on(async {
            let spool = Spool::open(dir.path(), ROOMY).unwrap();
            prop_assert_eq!(spool.records(), survivors as u64);
            spool.append(b"after".to_vec()).await.unwrap();
            let mut all = drain(&spool).await;
            prop_assert_eq!(all.pop(), Some(b"after".to_vec()));
            prop_assert_eq!(&all[..], &records[..survivors]);
            Ok(())
        })?;
    }

    #[test]
    fn a_flipped_bit_never_yields_a_wrong_record(
        records in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 1..10),
        place in any::<proptest::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let dir = TempDir::new().unwrap();
        block_on(async {
            let spool = Spool::open(dir.path(), ROOMY).unwrap();
            for record in &records {
                spool.append(record.clone()).await.unwrap();
            }
        });
        let path = segments(dir.path()).remove(0);
        let mut bytes = std::fs::read(&path).unwrap();
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        std::fs::write(&path, bytes).unwrap();
        block_on(async {
            let all = drain(&Spool::open(dir.path(), ROOMY).unwrap()).await;
            prop_assert!(all.len() < records.len());
            prop_assert_eq!(&all[..], &records[..all.len()]);
            Ok(())
        })?;
    }
}
