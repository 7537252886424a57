//! Leave to upload one file: bound to a ticket, a type, a size and a content, and for a while only. An S3-compatible
//! store takes the file itself, by an address signed with our key; else the file comes through us.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use object_store::signer::{Method, Signer as _};
use patchbay_core::evidence::Sha256Sum;
use patchbay_core::ids::TicketId;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::presign::{Request, presign};
use super::s3::Bucket;
use super::{ObjectError, Objects, Place};

/// What may be uploaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// Ticket it is evidence of.
    #[serde(rename = "t")]
    pub ticket_id: TicketId,
    /// Its type.
    #[serde(rename = "m")]
    pub mime_type: String,
    /// Its exact size.
    #[serde(rename = "n")]
    pub size_bytes: u64,
    /// Sum of its content.
    #[serde(rename = "h")]
    pub sha256: Sha256Sum,
    /// Until when, in seconds since 1970.
    #[serde(rename = "e")]
    pub expires: i64,
}

/// How to upload it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadGrant {
    /// Where to put the file.
    pub url: String,
    /// Headers that must be sent exactly so.
    pub headers: Vec<(&'static str, String)>,
    /// Address of the object afterwards.
    pub uri: String,
}

impl Upload {
    /// Where the file will lie.
    pub fn key(&self) -> String {
        Objects::evidence_key(self.ticket_id, self.sha256)
    }

    /// Whether the leave has ended.
    pub fn has_ended(&self, now: DateTime<Utc>) -> bool {
        now.timestamp() >= self.expires
    }
}

impl Objects {
    /// Grants an upload.
    pub async fn grant(&self, upload: &Upload, now: DateTime<Utc>) -> Result<UploadGrant, ObjectError> {
        let uri = self.uri(&upload.key());
        match &self.place {
            Place::S3(bucket) => {
                let headers = vec![
                    ("content-type", upload.mime_type.clone()),
                    ("content-length", upload.size_bytes.to_string()),
                    ("x-amz-checksum-sha256", STANDARD.encode(upload.sha256.bytes())),
                    // Never over an object that is there.
                    ("if-none-match", "*".to_owned()),
                ];
                let url = presigned(bucket, upload, &headers, now).await?;
                Ok(UploadGrant { url, headers, uri })
            }
            Place::Disk => {
                let headers =
                    vec![("content-type", upload.mime_type.clone()), ("content-length", upload.size_bytes.to_string())];
                let url = format!("{}/uploads/{}", self.uploads.public_url, self.seal(upload));
                Ok(UploadGrant { url, headers, uri })
            }
        }
    }

    /// What an address that we signed grants. `None`: it is not ours, was changed, or the store takes files itself.
    pub fn granted(&self, token: &str) -> Option<Upload> {
        if !matches!(self.place, Place::Disk) {
            return None;
        }
        let (terms, proof) = token.split_once('.')?;
        let proof = URL_SAFE_NO_PAD.decode(proof).ok()?;
        self.proof(terms).verify_slice(&proof).ok()?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(terms).ok()?).ok()
    }

    fn seal(&self, upload: &Upload) -> String {
        let terms = URL_SAFE_NO_PAD.encode(serde_json::to_vec(upload).expect("an upload is plain data"));
        let proof = URL_SAFE_NO_PAD.encode(self.proof(&terms).finalize().into_bytes());
        format!("{terms}.{proof}")
    }

    fn proof(&self, terms: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.uploads.secret.expose().as_bytes())
            .expect("any length of key is taken");
        mac.update(b"upload:");
        mac.update(terms.as_bytes());
        mac
    }
}

async fn presigned(
    bucket: &Bucket,
    upload: &Upload,
    headers: &[(&'static str, String)],
    now: DateTime<Utc>,
) -> Result<String, ObjectError> {
    // Only for its address: the store's own signer does not bind the length.
    let plain = bucket.signer.signed_url(Method::PUT, &bucket.full_path(&upload.key()), Duration::from_secs(1)).await?;
    let credential = bucket.signer.credentials().get_credential().await?;
    let request = Request {
        method: "PUT",
        origin: &plain.origin().ascii_serialization(),
        path: plain.path(),
        headers,
        seconds: u64::try_from(upload.expires - now.timestamp()).unwrap_or(0),
    };
    Ok(presign(request, &credential, &bucket.region, now))
}
