//! Evidence as files: where an object may lie, what may be uploaded, why one cannot be accepted. Source: domain, evidence
//! and closeout gate.

mod checksum;
mod file_type;
mod uri;

pub use checksum::Sha256Sum;
pub use file_type::{UPLOADABLE, is_uploadable, recognized, sniff};
pub use uri::{OWN_SCHEME, ObjectUri};

use crate::vocabulary;

vocabulary! {
    /// Why an object that evidence points at was not accepted.
    pub enum ProbeFailure {
        /// The scheme is none of those that object stores here have.
        UnsupportedScheme => "UNSUPPORTED_SCHEME",
        /// There is no such object, or not in a store that we may read.
        UnreachableUri => "UNREACHABLE_URI",
        /// The object is not the one that was named, or nothing proves that it is.
        ChecksumMismatch => "CHECKSUM_MISMATCH",
        /// The store did not answer in time.
        HeadTimeout => "HEAD_TIMEOUT",
        /// The store could not be reached, or answered with an error.
        NetworkError => "NETWORK_ERROR",
    }
}

/// Whether a proof is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Nothing counts without it.
    Required,
    /// Taken on trust.
    Waived,
}
