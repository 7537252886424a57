//! Our own accept loop: unlike a plain server it can close a connection without answering.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::door::Vanish;

const MOST_CONNECTIONS: usize = 2048;
/// Time for answers under way when the simulator stops.
const DRAIN: Duration = Duration::from_secs(2);

/// Serves until `stop`, then lets answers under way finish for a moment.
pub(crate) async fn run(listener: TcpListener, router: Router, stop: CancellationToken) {
    let slots = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let slot = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            slot = Arc::clone(&slots).acquire_owned() => slot.expect("the semaphore is never closed"),
        };
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((socket, _)) => {
                let (router, stop) = (router.clone(), stop.clone());
                connections.spawn(async move {
                    serve(socket, router, stop).await;
                    drop(slot);
                });
            }
            // Out of file descriptors, mostly: wait a moment instead of spinning.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    let drained = tokio::time::timeout(DRAIN, async { while connections.join_next().await.is_some() {} }).await;
    if drained.is_err() {
        connections.shutdown().await;
    }
}

async fn serve(socket: TcpStream, router: Router, stop: CancellationToken) {
    let _ = socket.set_nodelay(true);
    let inner = TowerToHyperService::new(router);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let answer = inner.call(request);
        async move {
            let response: hyper::Response<Body> = answer.await.map_err(std::io::Error::other)?;
            match response.extensions().get::<Vanish>() {
                Some(_) => Err(std::io::Error::other("the connection is closed on purpose")),
                None => Ok(response),
            }
        }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(10));
    let connection = builder.serve_connection(TokioIo::new(socket), service);
    tokio::pin!(connection);
    tokio::select! {
        // An error here is a caller that went away, or a connection closed on purpose.
        _ = connection.as_mut() => {}
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}
