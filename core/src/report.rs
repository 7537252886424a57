//! Figures of the business, from values to what a report shows. Pure: the range, the values and the time zone come in.
//! What each figure means stands in docs/metrics.md.

mod buckets;
mod figures;

pub use buckets::{BadZone, BucketSize, Buckets, MAX_BUCKETS, TooManyBuckets, Zone};
pub use figures::{Figures, Spread};
