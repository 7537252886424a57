//! What evidence has to prove, and what may be uploaded.

use std::time::Duration;

use patchbay_core::evidence::Proof;
use patchbay_core::ticket::closeout::verify::Separation;
use patchbay_dispatch::EvidenceRules;
use patchbay_store::objects::S3Settings;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::{Environment, Settings, SettingsError, resolve_secret};

/// Longest time one look at an object may be given, in milliseconds.
const LONGEST_LOOK_MS: u64 = 20_000;

/// What evidence has to prove, and what may be uploaded.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EvidenceSettings {
    /// Schemes of object stores that evidence may point at; a list, or one text with commas.
    /// `DISPATCH_OBJECT_STORE_SCHEMES`.
    #[serde(deserialize_with = "words")]
    pub schemes: Vec<String>,
    /// Whether the object must be there when it is added and when the gate is passed. Default: in production.
    /// `DISPATCH_EVIDENCE_REQUIRE_HEAD`.
    pub require_head: Option<bool>,
    /// Whether it must come with a checksum that fits. Default: in production. `DISPATCH_EVIDENCE_REQUIRE_CHECKSUM`.
    pub require_checksum: Option<bool>,
    /// How long one look at an object may take, in milliseconds. `DISPATCH_EVIDENCE_HEAD_TIMEOUT_MS`.
    pub head_timeout_ms: u64,
    /// Largest file that may be uploaded as evidence, in megabytes.
    pub upload_mb: u64,
    /// How long leave to upload holds, in minutes.
    pub upload_minutes: u32,
    /// Whether somebody else than whoever completed the work has to verify it.
    pub separate_verifier: bool,
}

impl Default for EvidenceSettings {
    fn default() -> Self {
        Self {
            schemes: vec!["s3".into(), "minio".into()],
            require_head: None,
            require_checksum: None,
            head_timeout_ms: 2_500,
            upload_mb: 50,
            upload_minutes: 15,
            separate_verifier: true,
        }
    }
}

/// What evidence has to prove here.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EvidenceProfile {
    /// Where files are kept: `disk` or `s3`.
    pub object_store: &'static str,
    /// Schemes that evidence may point at.
    pub schemes: Vec<String>,
    /// Whether the object must be there.
    pub require_head: bool,
    /// Whether it must come with a checksum that fits.
    pub require_checksum: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    One(String),
    Many(Vec<String>),
}

fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let words = match Words::deserialize(deserializer)? {
        Words::One(text) => text.split(',').map(str::to_owned).collect(),
        Words::Many(words) => words,
    };
    let words = words.into_iter().map(|word| word.trim().to_ascii_lowercase());
    Ok(words.filter(|word| !word.is_empty()).collect())
}

impl Settings {
    /// The rules that the settings of evidence stand for.
    pub fn evidence_rules(&self) -> EvidenceRules {
        let proof = |set: Option<bool>| {
            if set.unwrap_or(self.env == Environment::Production) { Proof::Required } else { Proof::Waived }
        };
        EvidenceRules {
            schemes: self.evidence.schemes.clone(),
            head: proof(self.evidence.require_head),
            checksum: proof(self.evidence.require_checksum),
            head_timeout: Duration::from_millis(self.evidence.head_timeout_ms),
            max_upload_bytes: self.evidence.upload_mb << 20,
            verifier: if self.evidence.separate_verifier { Separation::Required } else { Separation::Waived },
            upload_life: chrono::TimeDelta::minutes(self.evidence.upload_minutes.into()),
        }
    }

    /// The same as the health endpoint tells them.
    pub fn evidence_profile(&self) -> EvidenceProfile {
        let rules = self.evidence_rules();
        EvidenceProfile {
            object_store: if self.object_store.url.is_empty() { "disk" } else { "s3" },
            schemes: rules.schemes,
            require_head: rules.head == Proof::Required,
            require_checksum: rules.checksum == Proof::Required,
        }
    }

    pub(super) fn complete_object_store(&mut self) -> Result<(), SettingsError> {
        let keys = &mut self.object_store;
        for (name, secret) in
            [("object_store.access_key", &mut keys.access_key), ("object_store.secret_key", &mut keys.secret_key)]
        {
            if let Some(given) = secret {
                *secret = Some(resolve_secret(name, given)?);
            }
        }
        Ok(())
    }

    pub(super) fn validate_evidence(&self) -> Result<(), SettingsError> {
        let invalid = |message: &str| Err(SettingsError::Invalid(message.into()));
        let S3Settings { url, endpoint, access_key, secret_key, allow_http, .. } = &self.object_store;
        if !url.is_empty()
            && let Err(problem) = self.object_store.bucket()
        {
            return Err(SettingsError::Invalid(format!("object_store.{problem}")));
        }
        if !endpoint.is_empty() && !endpoint.starts_with("https://") && !endpoint.starts_with("http://") {
            return invalid("object_store.endpoint: must start with http:// or https://");
        }
        if endpoint.starts_with("http://") && !allow_http {
            return invalid("object_store.endpoint: http:// needs object_store.allow_http = true");
        }
        if access_key.is_some() != secret_key.is_some() {
            return invalid("object_store: access_key and secret_key belong together");
        }
        // These would make the server fetch what a caller names.
        let fetched = |scheme: &String| matches!(scheme.as_str(), "http" | "https" | "file" | "ftp" | "data");
        if self.evidence.schemes.iter().any(fetched) {
            return invalid("evidence.schemes: only schemes of object stores, never http or file");
        }
        if !(1..=LONGEST_LOOK_MS).contains(&self.evidence.head_timeout_ms) {
            return invalid("evidence.head_timeout_ms: must lie between 1 and 20000");
        }
        if self.evidence.upload_minutes == 0 || self.evidence.upload_minutes > 7 * 24 * 60 {
            return invalid("evidence.upload_minutes: must lie between 1 and 10080");
        }
        Ok(())
    }
}
