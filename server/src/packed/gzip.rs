//! The packing itself. The build script uses this file too.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

/// The bytes as gzip.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("writing to memory does not fail")
}
