//! How the workers behave.

use std::time::Duration;

use patchbay_core::retention::RetentionDays;
use patchbay_core::secret::Secret;
use serde::Deserialize;

use crate::backoff;

/// Settings of the workers.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkersConfig {
    /// Jobs of the high queue that run at once: sends.
    pub high_permits: usize,
    /// Jobs of the default queue that run at once: downloads, relays.
    pub default_permits: usize,
    /// Jobs of the low queue that run at once: sweeps.
    pub low_permits: usize,
    /// Longest time between two looks at the queues, in milliseconds. Wake-ups make it shorter.
    pub poll_ms: u64,
    /// How long a node may be silent before its jobs are taken over, in seconds.
    pub lease_seconds: u64,
    /// How long a stop waits for what is running, in seconds.
    pub drain_seconds: u64,
    /// Longest time for one call to a provider, in seconds.
    pub provider_timeout_seconds: u64,
    /// How long to wait for a report on a message whose send had no usable answer, in seconds.
    /// Source: channels reference, "Sending".
    pub reconcile_after_seconds: u64,
    /// Messages a second of one WhatsApp number.
    pub whatsapp_per_second: u32,
    /// Messages a second of one Twilio number: a long code; toll-free 3, short codes 100.
    pub twilio_per_second: u32,
    /// Whether customers on WhatsApp see that their messages were read, and that somebody is typing.
    pub whatsapp_read_receipts: bool,
    /// Mails a second of one mailbox.
    pub mail_per_second: u32,
    /// How long a number pauses when the provider says that an operator must act, in seconds.
    pub hold_seconds: u64,
    /// Largest file that is fetched, in bytes; a channel may have a smaller limit of its own.
    pub max_media_bytes: u64,
    /// Largest number of events the search index takes in at once.
    pub index_batch: i64,
    /// Hosts, beside each inbox's own API host, from which files are fetched.
    pub media_hosts: Vec<String>,
    /// Whether SMS really go out.
    pub sms: SmsConfig,
    /// How ticket events are handed on.
    pub outbox: OutboxConfig,
    /// How addresses of others hear of events.
    pub webhooks: WebhookConfig,
    /// Hours after which a conversation that waits for its customer is closed; 0: never. Source: domain, auto-close.
    pub close_idle_hours: u32,
    /// Minutes after which an agent who closed their page gives back what waits for them; 0: never.
    pub release_absent_minutes: u32,
    /// How long what is kept.
    pub retention: RetentionDays,
    /// Who is asked what a customer wants when the menu and the rules do not know.
    pub classifier: ClassifierConfig,
}

/// A model behind an OpenAI-compatible interface that sorts what customers write.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClassifierConfig {
    /// Base of the interface, such as `https://api.openai.com/v1`. Empty: nobody is asked.
    pub base_url: String,
    /// Its key. May be `env:NAME` or `file:PATH`.
    pub api_key: Option<Secret>,
    /// The model.
    pub model: String,
    /// Longest wait for an answer, in milliseconds; then the rules decide.
    pub timeout_ms: u64,
    /// Calls a day, of all nodes together; then the rules decide.
    pub calls_per_day: u32,
}

impl Default for ClassifierConfig {
    fn default() -> Self {
        Self { base_url: String::new(), api_key: None, model: String::new(), timeout_ms: 3_000, calls_per_day: 1_000 }
    }
}

/// How addresses of others hear of events.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookConfig {
    /// Hosts with their port, such as `127.0.0.1:9000`, to which webhooks may lead although they are internal.
    pub internal_hosts: Vec<String>,
    /// Longest time for one call, in seconds. Source: domain, integration hub.
    pub timeout_seconds: u64,
    /// Calls to one address at once.
    pub calls_at_once: usize,
    /// Days that settled deliveries stay in the log.
    pub log_days: u32,
}

impl Default for WebhookConfig {
    fn default() -> Self {
        Self { internal_hosts: Vec::new(), timeout_seconds: 10, calls_at_once: 16, log_days: 30 }
    }
}

/// Whether SMS really go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmsConfig {
    /// Off: every outbound SMS fails with `SMS_DISABLED`. `DISPATCH_SMS_ENABLED` is honored too.
    pub enabled: bool,
    /// On: outbound SMS count as sent, under an id made from the message's own, and nobody is called.
    /// `DISPATCH_SMS_DRY_RUN`.
    pub dry_run: bool,
}

impl Default for SmsConfig {
    fn default() -> Self {
        Self { enabled: true, dry_run: false }
    }
}

/// How ticket events are handed on. Source: domain, outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutboxConfig {
    /// Tries before an event becomes a dead letter. `DISPATCH_OUTBOX_MAX_ATTEMPTS` is honored too.
    pub max_attempts: u32,
    /// Events that are taken at once. `DISPATCH_OUTBOX_BATCH_LIMIT`.
    pub batch_limit: u32,
    /// Wait before the second try, in milliseconds; it doubles from try to try. `DISPATCH_OUTBOX_RETRY_BASE_MS`.
    pub retry_base_ms: u64,
    /// Longest wait between two tries, in milliseconds. `DISPATCH_OUTBOX_RETRY_MAX_MS`.
    pub retry_max_ms: u64,
    /// Longest time between two looks, in milliseconds. Commits wake it sooner. `DISPATCH_OUTBOX_POLL_MS`.
    pub poll_ms: u64,
}

impl Default for OutboxConfig {
    fn default() -> Self {
        Self { max_attempts: 6, batch_limit: 20, retry_base_ms: 5_000, retry_max_ms: 300_000, poll_ms: 2_000 }
    }
}

impl Default for WorkersConfig {
    fn default() -> Self {
        Self {
            high_permits: 32,
            default_permits: 8,
            low_permits: 2,
            poll_ms: 500,
            lease_seconds: 60,
            drain_seconds: 30,
            provider_timeout_seconds: 10,
            reconcile_after_seconds: 60,
            whatsapp_per_second: 80,
            twilio_per_second: 1,
            mail_per_second: 20,
            whatsapp_read_receipts: true,
            hold_seconds: 60,
            max_media_bytes: 100 << 20,
            index_batch: 200,
            media_hosts: [
                "graph.facebook.com", "lookaside.fbsbx.com", "mmg.whatsapp.net", "api.twilio.com",
                "media.twiliocdn.com", "mms.twiliocdn.com", "s3-external-1.amazonaws.com",
            ]
            .map(str::to_owned)
            .to_vec(),
            sms: SmsConfig::default(),
            outbox: OutboxConfig::default(),
            webhooks: WebhookConfig::default(),
            close_idle_hours: 48,
            release_absent_minutes: 10,
            retention: RetentionDays::default(),
            classifier: ClassifierConfig::default(),
        }
    }
}

impl WorkersConfig {
    pub(crate) fn poll(&self) -> Duration {
        Duration::from_millis(self.poll_ms.max(10))
    }

    /// How long a node may be silent.
    pub fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds.max(3))
    }

    pub(crate) fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }

    pub(crate) fn provider_timeout(&self) -> Duration {
        Duration::from_secs(self.provider_timeout_seconds.max(1))
    }

    pub(crate) fn reconcile_after(&self) -> Duration {
        Duration::from_secs(self.reconcile_after_seconds)
    }
}

impl WebhookConfig {
    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds.clamp(1, 60))
    }
}

impl OutboxConfig {
    pub(crate) fn poll(&self) -> Duration {
        Duration::from_millis(self.poll_ms.max(10))
    }

    pub(crate) fn batch(&self) -> u32 {
        self.batch_limit.clamp(1, 1_000)
    }

    pub(crate) fn tries(&self) -> i64 {
        self.max_attempts.max(1).into()
    }

    /// The wait after `failed` failures.
    pub(crate) fn wait(&self, failed: i64) -> Duration {
        backoff::between(failed, Duration::from_millis(self.retry_base_ms), Duration::from_millis(self.retry_max_ms))
    }
}
