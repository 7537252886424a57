//! Objects in an S3-compatible store.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};
use patchbay_core::evidence::ObjectUri;
use patchbay_core::secret::Secret;
use serde::Deserialize;

use super::{ObjectError, Objects, Place, Uploads};

/// Schemes by which callers name the configured bucket.
const SCHEMES: &[&str] = &["s3", "minio"];
/// Longest time for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest time between two pieces of an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(20);

/// Where an S3-compatible store is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct S3Settings {
    /// `s3://bucket` or `s3://bucket/prefix`. Empty: objects lie on our own disk.
    pub url: String,
    /// Address of a store that is not Amazon's.
    pub endpoint: String,
    /// Region; `us-east-1` when empty.
    pub region: String,
    /// Who we are. Without it the machine's own identity is used.
    pub access_key: Option<Secret>,
    /// What proves it. May be `env:NAME` or `file:PATH`.
    pub secret_key: Option<Secret>,
    /// Speak http without TLS: only to a store on the same machine or network.
    pub allow_http: bool,
    /// The bucket stands in the path instead of the host. Default: when an endpoint is set.
    pub path_style: Option<bool>,
}

/// A part of a bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    name: String,
    prefix: Path,
    pub(super) region: String,
    /// Signs addresses; knows nothing of the prefix.
    pub(super) signer: AmazonS3,
}

impl Bucket {
    /// Where a key of ours lies in the bucket.
    pub(super) fn full_path(&self, key: &str) -> Path {
        self.prefix.parts().chain(Path::from(key).parts()).collect()
    }

    pub(super) fn uri(&self, key: &str) -> String {
        format!("s3://{}/{}", self.name, self.full_path(key))
    }

    /// A bucket of another name, and what lies beside our prefix, is not ours to read.
    pub(super) fn key_of(&self, uri: &ObjectUri) -> Option<String> {
        if !SCHEMES.contains(&uri.scheme()) || uri.bucket() != self.name {
            return None;
        }
        if self.prefix.as_ref().is_empty() {
            return Some(uri.key().to_owned());
        }
        uri.key().strip_prefix(self.prefix.as_ref())?.strip_prefix('/').map(str::to_owned)
    }
}

impl S3Settings {
    /// Bucket and prefix. Error: a sentence about `url`.
    pub fn bucket(&self) -> Result<(&str, &str), String> {
        let rest = self.url.strip_prefix("s3://").ok_or("url: must look like s3://bucket or s3://bucket/prefix")?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() || Path::parse(prefix).is_err() {
            return Err("url: must look like s3://bucket or s3://bucket/prefix".into());
        }
        Ok((bucket, prefix))
    }
}

impl Objects {
    /// Objects in a bucket. Nothing is asked of the store yet.
    pub fn on_s3(settings: &S3Settings) -> Result<Self, ObjectError> {
        let (bucket, prefix) = settings.bucket().map_err(ObjectError::Settings)?;
        let region = if settings.region.is_empty() { "us-east-1" } else { &settings.region };
        let path_style = settings.path_style.unwrap_or(!settings.endpoint.is_empty());
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(region)
            .with_virtual_hosted_style_request(!path_style)
            .with_allow_http(settings.allow_http)
            .with_retry(RetryConfig {
                max_retries: 2,
                retry_timeout: Duration::from_secs(30),
                backoff: BackoffConfig {
                    init_backoff: Duration::from_millis(100),
                    max_backoff: Duration::from_secs(2),
                    base: 2.0,
                },
            })
            .with_client_options(
                ClientOptions::new()
                    .with_allow_http(settings.allow_http)
                    .with_connect_timeout(CONNECT_TIMEOUT)
                    .with_read_timeout(READ_TIMEOUT),
            );
        if !settings.endpoint.is_empty() {
            builder = builder.with_endpoint(settings.endpoint.trim_end_matches('/'));
        }
        if let (Some(access), Some(secret)) = (&settings.access_key, &settings.secret_key) {
            builder = builder.with_access_key_id(access.expose()).with_secret_access_key(secret.expose());
        }
        let signer = builder.build().map_err(|error| ObjectError::Settings(error.to_string()))?;
        let prefix = Path::from(prefix);
        let store: Arc<dyn ObjectStore> = if prefix.as_ref().is_empty() {
            Arc::new(signer.clone())
        } else {
            Arc::new(PrefixStore::new(signer.clone(), prefix.clone()))
        };
        let bucket = Bucket { name: bucket.to_owned(), prefix, region: region.to_owned(), signer };
        // The store takes files itself; nothing is uploaded through us.
        let uploads = Uploads { public_url: "".into(), secret: Secret::new("") };
        Ok(Self { store, place: Place::S3(Arc::new(bucket)), uploads })
    }
}
