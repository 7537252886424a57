//! On our own disk.

use patchbay_core::secret::Secret;
use tempfile::TempDir;

use super::*;

fn ground() -> (Objects, TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let secret = Secret::new("a secret of thirty-two bytes, all told");
    let objects = Objects::on_disk(&folder.path().join("files"), "https://gate.test/", secret).expect("it opens");
    (objects, folder)
}

#[tokio::test]
async fn a_granted_file_is_kept_found_and_read_back() {
    let (objects, _folder) = ground();
    let (ticket, now) = (TicketId::new(), now());
    let upload = upload(ticket, PHOTO, "image/jpeg", now);
    let grant = objects.grant(&upload, now).await.expect("it is granted");
    let token = grant.url.strip_prefix("https://gate.test/uploads/").expect("it comes through us");
    let granted = objects.granted(token).expect("the address is ours");
    assert_eq!(granted, upload);
    assert!(!granted.has_ended(now) && granted.has_ended(now + TimeDelta::minutes(15)));
    assert!(matches!(receive(&objects, &granted, PHOTO).await, Ok(Received::Kept)));
    assert!(matches!(receive(&objects, &granted, PHOTO).await, Ok(Received::Known)), "nothing is written over");
    assert_eq!(content(&objects, &upload.key()).await, PHOTO);
    let found = probe(&objects, &grant.uri, ticket, Some(sum(PHOTO))).await.expect("it is there");
    assert_eq!(found, Found { size_bytes: PHOTO.len() as u64, etag: None });
}

#[tokio::test]
async fn an_address_that_was_changed_grants_nothing() {
    let (objects, folder) = ground();
    let now = now();
    let grant = objects.grant(&upload(TicketId::new(), PHOTO, "image/jpeg", now), now).await.expect("it is granted");
    let token = grant.url.rsplit('/').next().expect("the address ends in its token");
    let (terms, proof) = token.split_once('.').expect("terms and proof");
    let strangers =
        Objects::on_disk(folder.path(), "https://gate.test", Secret::new("another secret")).expect("it opens");
    for wrong in ["", ".", terms, &format!("{terms}."), &format!("{terms}A.{proof}"), &format!("{terms}.{proof}A")] {
        assert!(objects.granted(wrong).is_none(), "{wrong}");
    }
    assert!(strangers.granted(token).is_none(), "signed by somebody else");
}

#[tokio::test]
async fn a_file_that_is_not_the_granted_one_leaves_nothing_behind() {
    let (objects, folder) = ground();
    let granted = upload(TicketId::new(), PHOTO, "image/jpeg", now());
    let mut other = PHOTO.to_vec();
    other[5] ^= 1;
    assert!(matches!(receive(&objects, &granted, &other).await, Err(ReceiveError::Checksum)));
    assert!(matches!(receive(&objects, &granted, &PHOTO[..9]).await, Err(ReceiveError::Size(_))));
    assert!(matches!(receive(&objects, &granted, &[PHOTO, b"more"].concat()).await, Err(ReceiveError::Size(_))));
    let page = upload(TicketId::new(), b"<script>", "image/png", now());
    assert!(matches!(receive(&objects, &page, b"<script>").await, Err(ReceiveError::Type)));
    let torn = futures::stream::iter([Ok(Bytes::from_static(PHOTO)), Err(std::io::Error::other("gone"))]);
    assert!(matches!(objects.receive(&granted, torn).await, Err(ReceiveError::BrokeOff)));
    let left: Vec<_> = walk(folder.path());
    assert!(left.is_empty(), "{left:?}");
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries =
        std::fs::read_dir(folder).expect("the folder can be read").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn only_the_tickets_own_objects_are_looked_at() {
    let (objects, _folder) = ground();
    let (ticket, stranger) = (TicketId::new(), TicketId::new());
    let upload = upload(ticket, PHOTO, "image/jpeg", now());
    receive(&objects, &upload, PHOTO).await.expect("it is kept");
    let uri = objects.uri(&upload.key());
    assert_eq!(probe(&objects, &uri, stranger, None).await, Err(ProbeFailure::UnreachableUri), "another ticket's");
    assert_eq!(probe(&objects, &uri, ticket, Some(sum(b"x"))).await, Err(ProbeFailure::ChecksumMismatch));
    for elsewhere in
        ["s3://files/evidence/a", "patchbay://other/a", "patchbay://files/media/ab/ab", "patchbay://files/no"]
    {
        assert_eq!(probe(&objects, elsewhere, ticket, None).await, Err(ProbeFailure::UnreachableUri), "{elsewhere}");
    }
}

#[tokio::test]
async fn no_key_leads_out_of_the_folder() {
    let (objects, folder) = ground();
    std::fs::write(folder.path().join("secret"), "x").expect("a file beside the store");
    for key in ["../secret", "a/../../secret", "/etc/passwd", ""] {
        assert!(objects.get(key).await.is_err(), "{key}");
    }
}
