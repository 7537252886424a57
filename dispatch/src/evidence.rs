//! Evidence: where its objects lie, what they have to prove, what may be uploaded. Objects are looked at before a
//! command's transaction begins, because transactions talk to nobody else. Source: domain, evidence and closeout gate.

mod http;
mod look;
mod read;

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use patchbay_core::evidence::Proof;
use patchbay_core::ticket::closeout::verify::Separation;
use patchbay_store::objects::Objects;

pub(crate) use http::router;
pub(crate) use look::Seen;
pub(crate) use read::EvidenceBody;

/// What evidence has to prove, and what may be uploaded.
#[derive(Clone, Debug)]
pub struct EvidenceRules {
    /// Schemes of object stores that evidence may point at, beside our own.
    pub schemes: Vec<String>,
    /// Whether the object must be there when it is added and when the gate is passed.
    pub head: Proof,
    /// Whether it must come with a checksum that fits.
    pub checksum: Proof,
    /// How long one look at an object may take.
    pub head_timeout: Duration,
    /// Largest file that may be uploaded, in bytes.
    pub max_upload_bytes: u64,
    /// How long leave to upload holds.
    pub upload_life: TimeDelta,
    /// Whether somebody else than whoever completed the work has to verify it.
    pub verifier: Separation,
}

impl Default for EvidenceRules {
    fn default() -> Self {
        Self {
            schemes: vec!["s3".into(), "minio".into()],
            head: Proof::Waived,
            checksum: Proof::Waived,
            head_timeout: Duration::from_millis(2_500),
            max_upload_bytes: 50 << 20,
            upload_life: TimeDelta::minutes(15),
            verifier: Separation::Required,
        }
    }
}

/// Where evidence is kept, and by which rules. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct EvidenceRoom {
    pub(crate) rules: Arc<EvidenceRules>,
    /// `None`: nothing can be uploaded or looked at here.
    pub(crate) objects: Option<Objects>,
}
