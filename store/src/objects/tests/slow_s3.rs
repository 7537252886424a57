//! A store that is slow, refuses or fails: a look at an object ends in time and says what was wrong.

use std::net::SocketAddr;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::any;
use patchbay_core::secret::Secret;
use tokio::task::JoinHandle;

use super::*;
use crate::objects::S3Settings;

/// A stand-in for S3 that gives every request the same answer.
struct Fake {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Fake {
    async fn answering(status: StatusCode, after: Duration) -> Self {
        let answer = any(move || async move {
            tokio::time::sleep(after).await;
            status
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        let serving = tokio::spawn(async move {
            axum::serve(listener, Router::new().fallback(answer)).await.expect("the stand-in serves");
        });
        Self { address, serving }
    }

    fn objects(&self) -> Objects {
        open(&format!("http://{}", self.address))
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn open(endpoint: &str) -> Objects {
    Objects::on_s3(&S3Settings {
        url: "s3://evidence".into(),
        endpoint: endpoint.into(),
        access_key: Some(Secret::new("key")),
        secret_key: Some(Secret::new("secret")),
        allow_http: true,
        ..S3Settings::default()
    })
    .expect("it opens")
}

async fn look(objects: &Objects, timeout: Duration) -> Result<Found, ProbeFailure> {
    let uri = address("s3://evidence/tickets/photo.jpg");
    let expected = Expected { uri: &uri, ticket_id: TicketId::new(), checksum: None, etag: None };
    objects.probe(&expected, Look::Head, timeout).await
}

#[tokio::test]
async fn a_store_that_does_not_answer_in_time_is_not_waited_for() {
    let fake = Fake::answering(StatusCode::OK, Duration::from_mins(1)).await;
    assert_eq!(look(&fake.objects(), Duration::from_millis(100)).await, Err(ProbeFailure::HeadTimeout));
}

#[tokio::test]
async fn a_store_that_refuses_or_fails_is_told_apart() {
    let missing = Fake::answering(StatusCode::NOT_FOUND, Duration::ZERO).await;
    assert_eq!(look(&missing.objects(), PATIENCE).await, Err(ProbeFailure::UnreachableUri));
    let forbidden = Fake::answering(StatusCode::FORBIDDEN, Duration::ZERO).await;
    assert_eq!(look(&forbidden.objects(), PATIENCE).await, Err(ProbeFailure::UnreachableUri));
    let broken = Fake::answering(StatusCode::INTERNAL_SERVER_ERROR, Duration::ZERO).await;
    assert_eq!(look(&broken.objects(), Duration::from_secs(20)).await, Err(ProbeFailure::NetworkError));
    let address = missing.address;
    drop(missing);
    let closed = open(&format!("http://{address}"));
    let away = look(&closed, Duration::from_secs(20)).await;
    assert_eq!(away, Err(ProbeFailure::NetworkError), "nobody listens");
}

#[tokio::test]
async fn another_bucket_is_not_asked_for_with_our_credentials() {
    let fake = Fake::answering(StatusCode::OK, Duration::ZERO).await;
    for elsewhere in ["s3://other/tickets/photo.jpg", "patchbay://files/a"] {
        let failure = probe(&fake.objects(), elsewhere, TicketId::new(), None).await;
        assert_eq!(failure, Err(ProbeFailure::UnreachableUri), "{elsewhere}");
    }
}
