//! What npm built, packed. A release holds it; anything else reads the folder when it is asked, so that a page that was
//! built anew shows without compiling.

use bytes::Bytes;

/// A file as gzip.
#[cfg(debug_assertions)]
pub(super) fn get(name: &str) -> Option<Bytes> {
    use std::path::{Component, Path};

    // A path of the request must not lead out of the folder.
    if !Path::new(name).components().all(|part| matches!(part, Component::Normal(_))) {
        return None;
    }
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../console/dist"));
    let bytes = std::fs::read(folder.join(name)).ok()?;
    Some(crate::packed::gzip(&bytes).into())
}

/// A file as gzip.
#[cfg(not(debug_assertions))]
pub(super) fn get(name: &str) -> Option<Bytes> {
    /// All files, one behind the other.
    static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/pages.bin"));
    /// Their names, and where each begins and ends.
    static FILES: &[(&str, usize, usize)] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

    let (_, begin, end) = FILES.iter().find(|file| file.0 == name)?;
    PACKED.get(*begin..*end).map(Bytes::from_static)
}
