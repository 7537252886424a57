//! The months of what PostgreSQL keeps by months: made ahead of time, at the start and from then on. What comes without a
//! month (a clock that runs ahead, conversations that are made up for measuring) waits in the rest until its month is
//! made; nothing is refused for want of one.

use chrono::{DateTime, Datelike as _, Months, Utc};
use patchbay_store::months::{self, Kept};
use patchbay_store::{Db, StoreError};

/// Months that are there beside the current one.
const AHEAD: u32 = 2;

/// Sees to it that there are months for what comes, and for what has come without one. Safe on every node.
pub async fn look_ahead(db: &Db, now: DateTime<Utc>) -> Result<(), StoreError> {
    make(db, now, now).await?;
    for kept in Kept::ALL {
        if months::are_partitions(&mut db.read().await?, kept).await? {
            let strays = months::of_the_rest(&mut db.read().await?, kept).await?;
            cut(db, kept, strays).await?;
        }
    }
    Ok(())
}

/// Makes the months from that of `from` to some after that of `to`.
pub(crate) async fn make(db: &Db, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<(), StoreError> {
    let end = to.checked_add_months(Months::new(AHEAD)).unwrap_or(to);
    // Every month has a first day.
    let first = from.with_day(1).unwrap_or(from);
    let months = std::iter::successors(Some(first), |month| month.checked_add_months(Months::new(1)));
    let months: Vec<DateTime<Utc>> = months.take_while(|month| *month <= end).collect();
    for kept in Kept::ALL {
        if months::are_partitions(&mut db.read().await?, kept).await? {
            cut(db, kept, months.iter().copied()).await?;
        }
    }
    Ok(())
}

async fn cut(db: &Db, kept: Kept, months: impl IntoIterator<Item = DateTime<Utc>>) -> Result<(), StoreError> {
    for month in months {
        let mut tx = db.begin().await?;
        let moved = patchbay_store::months::cut(&mut tx, kept, month).await?;
        tx.commit().await?;
        if moved > 0 {
            let (month, kept) = (month.format("%Y-%m"), kept.as_str());
            tracing::warn!(rows = moved, "rows of {kept} were written before their month {month} was made");
            metrics::counter!("month_strays_total", "table" => kept).increment(moved.unsigned_abs());
        }
    }
    Ok(())
}
