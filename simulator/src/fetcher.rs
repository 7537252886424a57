//! Fetches the files that a message links to, as the providers do before they send it on: a link that does not answer
//! fails the message, later.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::carrier::{self, Fate, Journey};
use crate::faults::Provider;
use crate::media::Attachment;
use crate::message::ThreadMedia;
use crate::world::Shared;

/// Messages that may wait for their files; beyond it they go on without.
const WAITING: usize = 256;
const AT_ONCE: usize = 8;
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest file Twilio takes; Meta's limits are by type and mostly higher.
const TWILIO_BYTES: usize = 5 << 20;
const META_BYTES: usize = 16 << 20;

/// The queue in front of the fetching task.
pub(crate) struct Fetcher {
    queue: mpsc::Sender<Journey>,
    under_way: AtomicUsize,
}

impl Fetcher {
    pub(crate) fn new() -> (Self, mpsc::Receiver<Journey>) {
        let (queue, waiting) = mpsc::channel(WAITING);
        (Self { queue, under_way: AtomicUsize::new(0) }, waiting)
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.under_way.load(Ordering::SeqCst) == 0
    }

    /// Takes a message over, or gives it back when too many wait.
    pub(crate) fn take(&self, journey: Journey) -> Option<Journey> {
        self.under_way.fetch_add(1, Ordering::SeqCst);
        match self.queue.try_send(journey) {
            Ok(()) => None,
            Err(refused) => {
                self.under_way.fetch_sub(1, Ordering::SeqCst);
                Some(refused.into_inner())
            }
        }
    }
}

/// Runs until the simulator stops.
pub(crate) async fn run(shared: Arc<Shared>, client: reqwest::Client, mut waiting: mpsc::Receiver<Journey>) {
    let mut under_way = JoinSet::new();
    loop {
        tokio::select! {
            () = shared.stop.cancelled() => break,
            Some(_) = under_way.join_next() => {}
            journey = waiting.recv(), if under_way.len() < AT_ONCE => {
                let Some(journey) = journey else { break };
                let (shared, client) = (Arc::clone(&shared), client.clone());
                under_way.spawn(async move {
                    let journey = fetch_all(&shared, &client, journey).await;
                    carrier::travel(&shared, journey);
                    shared.fetcher.under_way.fetch_sub(1, Ordering::SeqCst);
                    shared.touch();
                });
            }
        }
    }
    under_way.shutdown().await;
}

/// Puts every linked file on the shelf, so that the phone shows what the provider got.
async fn fetch_all(shared: &Shared, client: &reqwest::Client, mut journey: Journey) -> Journey {
    let provider = journey.message.provider;
    for media in &mut journey.message.media {
        if !is_link(media) {
            continue;
        }
        let Some((mime_type, bytes)) = fetch(client, provider, &media.url).await else {
            journey.fate = Fate::Fails(unfetched(provider));
            return journey;
        };
        let file = Attachment { mime_type: mime_type.clone(), filename: media.filename.clone(), bytes };
        let mut world = shared.world();
        let id = world.hex(16);
        world.media.put(id.clone(), "carrier".to_owned(), file);
        (media.url, media.mime_type) = (format!("/sim/api/media/{id}"), Some(mime_type));
    }
    if let Some(entry) = shared.world().messages.get_mut(&journey.message.id) {
        entry.message.media.clone_from(&journey.message.media);
    }
    journey
}

/// Whether the file lies somewhere else than with the provider.
pub(crate) fn is_link(media: &ThreadMedia) -> bool {
    media.url.starts_with("http")
}

/// The code of a file that could not be had. Meta: "Media upload error"; Twilio: "HTTP retrieval failure".
fn unfetched(provider: Provider) -> u32 {
    match provider {
        Provider::Meta => 131_053,
        // Mail brings its files along.
        Provider::Twilio | Provider::Mail => 11_200,
    }
}

async fn fetch(client: &reqwest::Client, provider: Provider, url: &str) -> Option<(String, Bytes)> {
    let (agent, most) = match provider {
        Provider::Meta => ("facebookexternalua", META_BYTES),
        Provider::Twilio | Provider::Mail => ("TwilioProxy/1.1", TWILIO_BYTES),
    };
    let request = client.get(url).header(USER_AGENT, agent).timeout(PATIENCE);
    let mut response = request.send().await.ok()?.error_for_status().ok()?;
    if !response.status().is_success() {
        return None;
    }
    let mime_type = response.headers().get(CONTENT_TYPE)?.to_str().ok()?.to_owned();
    let mut bytes = BytesMut::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > most {
            return None;
        }
    }
    Some((mime_type, bytes.freeze()))
}
