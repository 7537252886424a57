//! The mail server's door.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::session::Session;
use crate::world::Shared;

const MOST_CONNECTIONS: usize = 512;

/// Serves until the simulator stops; what is under way then is abandoned.
pub(crate) async fn run(shared: Arc<Shared>, listener: TcpListener) {
    let slots = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut sessions = JoinSet::new();
    loop {
        let slot = tokio::select! {
            () = shared.stop.cancelled() => break,
            Some(_) = sessions.join_next() => continue,
            slot = Arc::clone(&slots).acquire_owned() => slot.expect("the semaphore is never closed"),
        };
        let accepted = tokio::select! {
            () = shared.stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((socket, _)) => {
                let shared = Arc::clone(&shared);
                sessions.spawn(async move {
                    // A client that hangs up ends its session; nobody needs to know.
                    let _ = Session::new(shared, socket).run().await;
                    drop(slot);
                });
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    sessions.shutdown().await;
}
