//! On a real S3-compatible server (moto), when `TEST_S3_URL` is set.

use patchbay_core::secret::Secret;

use super::*;
use crate::objects::{S3Settings, UploadGrant};

/// A part of a fresh bucket of the server that the test run started.
async fn ground() -> Option<(Objects, String)> {
    let endpoint = std::env::var("TEST_S3_URL").ok()?;
    let bucket = format!("evidence-{}", TicketId::new());
    let made = client().put(format!("{endpoint}/{bucket}")).send().await.expect("the server answers");
    assert!(made.status().is_success(), "{}", made.status());
    let settings = S3Settings {
        url: format!("s3://{bucket}/patchbay"),
        endpoint,
        access_key: Some(Secret::new("key")),
        secret_key: Some(Secret::new("secret")),
        allow_http: true,
        ..S3Settings::default()
    };
    Some((Objects::on_s3(&settings).expect("it opens"), bucket))
}

/// For a server on loopback: no certificate of anybody is asked for.
fn client() -> reqwest::Client {
    reqwest::Client::builder().tls_certs_only([]).build().expect("a client can be built")
}

async fn put(grant: &UploadGrant, bytes: &[u8]) -> u16 {
    let mut request = client().put(&grant.url).body(bytes.to_vec());
    for (name, value) in &grant.headers {
        request = request.header(*name, value);
    }
    request.send().await.expect("the server answers").status().as_u16()
}

#[tokio::test]
async fn a_presigned_upload_arrives_under_the_tickets_prefix_and_is_found() {
    let Some((objects, bucket)) = ground().await else { return };
    let (ticket, now) = (TicketId::new(), now());
    let upload = upload(ticket, PHOTO, "image/jpeg", now);
    let grant = objects.grant(&upload, now).await.expect("it is granted");
    assert_eq!(grant.uri, format!("s3://{bucket}/patchbay/evidence/{ticket}/{}", sum(PHOTO)));
    for bound in ["content-type", "content-length", "x-amz-checksum-sha256", "if-none-match"] {
        assert!(grant.url.contains(bound), "{bound} is signed");
    }
    assert_eq!(put(&grant, PHOTO).await, 200);
    assert_eq!(content(&objects, &upload.key()).await, PHOTO);
    let found = probe(&objects, &grant.uri, ticket, Some(sum(PHOTO))).await.expect("it is there");
    assert_eq!(found.size_bytes, PHOTO.len() as u64);
    assert!(found.etag.is_some());
    let by_its_other_name = grant.uri.replace("s3://", "minio://");
    assert_eq!(probe(&objects, &by_its_other_name, ticket, None).await, Ok(found));
}

#[tokio::test]
async fn an_object_that_is_there_is_never_written_over() {
    let Some((objects, _)) = ground().await else { return };
    let (ticket, now) = (TicketId::new(), now());
    let grant = objects.grant(&upload(ticket, PHOTO, "image/jpeg", now), now).await.expect("it is granted");
    assert_eq!(put(&grant, PHOTO).await, 200);
    // Of the same length: another length is another request than the one that was signed.
    assert_eq!(put(&grant, &vec![b'x'; PHOTO.len()]).await, 412);
    assert!(probe(&objects, &grant.uri, ticket, Some(sum(PHOTO))).await.is_ok());
}

#[tokio::test]
async fn an_object_whose_content_is_not_its_sum_is_not_accepted() {
    let Some((objects, _)) = ground().await else { return };
    let (ticket, now) = (TicketId::new(), now());
    let upload = upload(ticket, PHOTO, "image/jpeg", now);
    // Written past us, by somebody who has the bucket's keys.
    let key = object_store::path::Path::from(upload.key());
    let files = objects.files();
    object_store::ObjectStoreExt::put(&files, &key, b"something else".to_vec().into()).await.expect("it is written");
    let uri = objects.uri(&upload.key());
    assert_eq!(probe(&objects, &uri, ticket, Some(sum(PHOTO))).await, Err(ProbeFailure::ChecksumMismatch));
    assert_eq!(probe(&objects, &uri, ticket, None).await, Err(ProbeFailure::ChecksumMismatch), "its name is a promise");
}

#[tokio::test]
async fn an_object_that_changed_since_it_was_read_is_not_accepted() {
    let Some((objects, bucket)) = ground().await else { return };
    let ticket = TicketId::new();
    let key = object_store::path::Path::from("from-elsewhere/photo.jpg");
    let uri = address(&format!("s3://{bucket}/patchbay/from-elsewhere/photo.jpg"));
    let files = objects.files();
    object_store::ObjectStoreExt::put(&files, &key, PHOTO.to_vec().into()).await.expect("it is written");
    let expected = Expected { uri: &uri, ticket_id: ticket, checksum: Some(sum(PHOTO)), etag: None };
    let found = objects.probe(&expected, Look::Content, PATIENCE).await.expect("it is there");
    let again = Expected { etag: found.etag.as_deref(), ..expected };
    assert_eq!(objects.probe(&again, Look::Head, PATIENCE).await, Ok(found.clone()));
    object_store::ObjectStoreExt::put(&files, &key, b"something else".to_vec().into()).await.expect("it is written");
    assert_eq!(objects.probe(&again, Look::Head, PATIENCE).await, Err(ProbeFailure::ChecksumMismatch));
}

#[tokio::test]
async fn what_lies_beside_our_prefix_is_not_ours() {
    let Some((objects, bucket)) = ground().await else { return };
    for elsewhere in [format!("s3://{bucket}/other/photo.jpg"), format!("s3://{bucket}/patchbayish/photo.jpg")] {
        let failure = probe(&objects, &elsewhere, TicketId::new(), None).await;
        assert_eq!(failure, Err(ProbeFailure::UnreachableUri), "{elsewhere}");
    }
    assert!(objects.ping().await.is_ok());
}
