//! How long one payload takes to normalise.
use criterion::{Criterion, criterion_group, criterion_main};
fn codec(_: &mut Criterion) {}
criterion_group!(benches, codec);
criterion_main!(benches);
