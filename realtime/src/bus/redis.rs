//! The bus over Redis pub/sub. One connection to any live seed listens, another publishes: within a cluster a PUBLISH on
//! any node reaches every node. The client's own resubscription is not used, because after the loss of a cluster node it
//! did not come back; a ping every five seconds and the next seed did, within a fifth of a second.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::StreamExt as _;
use patchbay_core::ids::NodeId;
use patchbay_core::notice::Notice;
use patchbay_store::Signals;
use redis::aio::{MultiplexedConnection, PubSubSink, PubSubStream};
use tokio::time::{Instant, sleep, timeout};

use super::{BusError, Envelope};

/// How often the listening connection proves that it is alive.
const PING_EVERY: Duration = Duration::from_secs(5);
/// How long Redis may take for anything.
const PATIENCE: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

#[derive(Clone, Debug)]
pub(super) struct RedisWire {
    seeds: Vec<redis::Client>,
    channel: String,
    /// Whether the listening connection stands.
    heard: Arc<AtomicBool>,
}

impl RedisWire {
    pub(super) fn new(url: &str, channel: &str) -> Result<Self, BusError> {
        let seeds = seeds(url)
            .ok_or(BusError::Address)?
            .into_iter()
            .map(|seed| redis::Client::open(seed).map_err(|_| BusError::Address))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { seeds, channel: channel.into(), heard: Arc::default() })
    }

    pub(super) fn is_heard(&self) -> bool {
        self.heard.load(Ordering::Relaxed)
    }

    async fn subscribe(&self, seed: &redis::Client) -> Option<(PubSubSink, PubSubStream)> {
        let connection = timeout(PATIENCE, seed.get_async_pubsub()).await.ok()?.ok()?;
        let (mut sink, stream) = connection.split();
        timeout(PATIENCE, sink.subscribe(self.channel.as_str())).await.ok()?.ok()?;
        Some((sink, stream))
    }
}

/// One address for each host: `scheme://user:password@a:1,b:2/0` names two.
fn seeds(url: &str) -> Option<Vec<String>> {
    let (scheme, rest) = url.split_once("://")?;
    let scheme = match scheme {
        "redis" | "redis-cluster" => "redis",
        "rediss" | "rediss-cluster" => "rediss",
        _ => return None,
    };
    let (authority, tail) = rest.find(['/', '?']).map_or((rest, ""), |at| rest.split_at(at));
    let (login, hosts) = authority.rsplit_once('@').map_or(("", authority), |(login, hosts)| (login, hosts));
    let at = if login.is_empty() { "" } else { "@" };
    let seeds: Vec<String> = hosts
        .split(',')
        .filter(|host| !host.is_empty())
        .map(|host| format!("{scheme}://{login}{at}{host}{tail}"))
        .collect();
    (!seeds.is_empty()).then_some(seeds)
}

/// Hears the bus for as long as it is polled, on one seed after the other.
pub(super) async fn listen(wire: &RedisWire, signals: &Signals, node: NodeId) {
    let mut pause = FIRST_PAUSE;
    for seed in wire.seeds.iter().cycle() {
        if let Some((sink, stream)) = wire.subscribe(seed).await {
            tracing::info!("listening to the bus");
            pause = FIRST_PAUSE;
            // What was said before, nobody will repeat.
            signals.hear(Notice::Missed);
            wire.heard.store(true, Ordering::Relaxed);
            hear(sink, stream, signals, node).await;
            wire.heard.store(false, Ordering::Relaxed);
            tracing::warn!("the bus went away; until it is back, other nodes are heard with a delay");
        } else {
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        sleep(pause.mul_f64(rand::random_range(0.5..1.0))).await;
    }
}

async fn hear(mut sink: PubSubSink, mut stream: PubSubStream, signals: &Signals, node: NodeId) {
    let mut next_ping = Instant::now() + PING_EVERY;
    loop {
        tokio::select! {
            message = stream.next() => {
                let Some(message) = message else { return };
                match serde_json::from_slice::<Envelope>(message.get_payload_bytes()) {
                    Ok(envelope) if envelope.from == node => {}
                    Ok(envelope) => signals.hear(envelope.notice),
                    // A newer node may say what this one does not know yet.
                    Err(error) => tracing::debug!(%error, "an unknown notice came over the bus"),
                }
            }
            () = tokio::time::sleep_until(next_ping) => {
                if !matches!(timeout(PATIENCE, sink.ping::<redis::Value>()).await, Ok(Ok(_))) {
                    return;
                }
                next_ping = Instant::now() + PING_EVERY;
            }
        }
    }
}

/// Publishes; while Redis is away, drops what it is given and tells the others, once it is back, that they missed some.
pub(super) struct Publisher<'w> {
    wire: &'w RedisWire,
    connection: Option<MultiplexedConnection>,
    seed: usize,
    not_before: Instant,
    pause: Duration,
    dropped: bool,
}

impl<'w> Publisher<'w> {
    pub(super) fn new(wire: &'w RedisWire) -> Self {
        Self { wire, connection: None, seed: 0, not_before: Instant::now(), pause: FIRST_PAUSE, dropped: false }
    }

    pub(super) async fn send(&mut self, envelope: &Envelope) {
        if self.connection.is_none() && Instant::now() >= self.not_before {
            self.connect().await;
        }
        if self.dropped && self.connection.is_some() {
            let missed = Envelope { from: envelope.from, notice: Notice::Missed };
            self.dropped = !self.publish(&missed).await;
        }
        if !self.publish(envelope).await {
            self.dropped = true;
        }
    }

    async fn connect(&mut self) {
        let seed = &self.wire.seeds[self.seed % self.wire.seeds.len()];
        match timeout(PATIENCE, seed.get_multiplexed_async_connection()).await {
            Ok(Ok(connection)) => {
                self.connection = Some(connection);
                self.pause = FIRST_PAUSE;
            }
            _ => self.give_up(),
        }
    }

    async fn publish(&mut self, envelope: &Envelope) -> bool {
        let Some(connection) = &mut self.connection else { return false };
        let json = serde_json::to_vec(envelope).expect("a notice is plain data");
        let mut command = redis::cmd("PUBLISH");
        command.arg(&self.wire.channel).arg(json);
        if matches!(timeout(PATIENCE, command.query_async::<i64>(connection)).await, Ok(Ok(_))) {
            return true;
        }
        self.give_up();
        false
    }

    fn give_up(&mut self) {
        self.connection = None;
        self.seed = self.seed.wrapping_add(1);
        self.not_before = Instant::now() + self.pause.mul_f64(rand::random_range(0.5..1.0));
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expect: Option<&[&str]>) {
        let expect = expect.map(|seeds| seeds.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(seeds(url), expect, "{url}");
    }

    #[test]
    fn an_address_names_its_seeds() {
        check("redis://a:1", Some(&["redis://a:1"]));
        check("redis-cluster://u:p@a:1,b:2/0?x=1", Some(&["redis://u:p@a:1/0?x=1", "redis://u:p@b:2/0?x=1"]));
        check("rediss://a", Some(&["rediss://a"]));
        check("http://a", None);
        check("redis://", None);
        check("", None);
    }
}
