//! Connecting the shared limits to Redis: a single one or a cluster.

use std::sync::Arc;
use std::time::Duration;

use patchbay_core::clock::Clock;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::cluster::ClusterClient;
use tokio::time::timeout;

use super::{MemoryLimits, RateLimits, RedisLimits};

/// How long a connection may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// The Redis address cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the Redis address cannot be used")]
pub struct BadAddress;

/// Limits shared over the Redis at `url`: `redis://`, `rediss://` or `redis-cluster://` with hosts separated by commas.
/// A single Redis may be away and come back; a cluster that is away at the start leaves this node with its own limits.
pub async fn shared_limits(url: &str, prefix: &str, clock: Clock) -> Result<Arc<dyn RateLimits>, BadAddress> {
    if let Some(hosts) = url.strip_prefix("redis-cluster://") {
        let seeds: Vec<String> = hosts.split(',').map(|host| format!("redis://{host}")).collect();
        let client = ClusterClient::new(seeds).map_err(|_| BadAddress)?;
        let connected = timeout(PATIENCE, client.get_async_connection()).await;
        let Ok(Ok(connection)) = connected else {
            tracing::warn!("the Redis cluster does not answer; this node limits its sending by itself");
            return Ok(Arc::new(MemoryLimits::new(clock)));
        };
        return Ok(Arc::new(RedisLimits::new(connection, prefix, clock)));
    }
    let client = redis::Client::open(url).map_err(|_| BadAddress)?;
    let manager = ConnectionManager::new_lazy_with_config(client, ConnectionManagerConfig::new());
    Ok(Arc::new(RedisLimits::new(manager.map_err(|_| BadAddress)?, prefix, clock)))
}

/// Whether the Redis at `url` answers; what is wrong when it does not.
pub async fn check_redis(url: &str) -> Result<(), &'static str> {
    let seed = match url.strip_prefix("redis-cluster://") {
        Some(hosts) => format!("redis://{}", hosts.split(',').next().unwrap_or_default()),
        None => url.to_owned(),
    };
    let client = redis::Client::open(seed).map_err(|_| "not an address of Redis")?;
    match timeout(PATIENCE, client.get_multiplexed_async_connection()).await {
        Ok(Ok(_)) => Ok(()),
        _ => Err("does not answer"),
    }
}
