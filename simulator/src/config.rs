//! What a simulator is told at its start: our numbers, the customers' phones, and how strict and how fast to be.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use patchbay_core::channel::Channel;
use patchbay_core::clock::Clock;
use patchbay_core::secret::Secret;
use serde_json::Value;

mod demo;
mod mail;

use crate::ledger::LedgerKeys;

pub use mail::{CorrespondentSeed, MailServer, MailboxSeed};

/// Everything a simulator needs. Start from [`SimulatorConfig::new`] or [`SimulatorConfig::demo`] and change fields.
#[derive(Clone, Debug)]
pub struct SimulatorConfig {
    /// Where the fakes listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Our WhatsApp numbers.
    pub whatsapp: Vec<WhatsappNumber>,
    /// Our Twilio numbers.
    pub twilio: Vec<TwilioNumber>,
    /// The mail server, if there is one.
    pub mail: Option<MailServer>,
    /// The customers' phones.
    pub phones: Vec<PhoneSeed>,
    /// Seed of the ids the fakes make up; `None` takes the machine's randomness. A simulator that runs again over the
    /// same database must not repeat its ids, or they are taken for replays.
    pub seed: Option<u64>,
    /// The time for windows and timestamps.
    pub clock: Clock,
    /// How soon callbacks follow.
    pub timing: Timing,
    /// What happens to a free-form WhatsApp message outside the 24 h window.
    pub window: WindowRule,
    /// What becomes of messages to numbers without a phone here.
    pub strangers: Strangers,
    /// Rate limits and memory bounds.
    pub limits: Limits,
    /// How a webhook that failed is tried again.
    pub retries: Retries,
    /// Who may call the transaction system.
    pub ledger: LedgerKeys,
    /// The key of the ticketing system.
    pub desk_key: Secret,
    /// The key of the language model.
    pub model_key: Secret,
}

/// One of our WhatsApp numbers, as Meta knows it.
#[derive(Clone, Debug)]
pub struct WhatsappNumber {
    /// Meta's id of the number.
    pub phone_number_id: String,
    /// Id of the business account, `entry[].id` of webhooks.
    pub business_account_id: String,
    /// The number itself, E.164.
    pub address: String,
    /// Key of the webhook signature.
    pub app_secret: Secret,
    /// Bearer token the API asks for.
    pub access_token: Secret,
    /// Where webhooks go.
    pub webhook_url: String,
    /// Message templates that were approved for this number.
    pub templates: Vec<Template>,
}

/// An approved message template.
#[derive(Clone, Debug)]
pub struct Template {
    /// Name, lowercase with underscores.
    pub name: String,
    /// Language code, such as `en_US`.
    pub language: String,
    /// Text of its body with `{{1}}`, `{{2}}` … for the parameters.
    pub body: String,
    /// Its other parts, as Meta describes them: header, footer, buttons.
    pub parts: Vec<Value>,
    /// Where it stands, in Meta's word.
    pub status: String,
    /// `MARKETING`, `UTILITY` or `AUTHENTICATION`.
    pub category: String,
}

/// A content template of Twilio.
#[derive(Clone, Debug)]
pub struct Content {
    /// `HX` and 32 hexadecimal digits.
    pub sid: String,
    /// Name it was approved under.
    pub name: String,
    /// Language code.
    pub language: String,
    /// Text with `{{1}}`, `{{2}}` … for the variables.
    pub body: String,
    /// Where WhatsApp's approval stands: `approved`, `pending`, `rejected`, `paused`.
    pub status: String,
}

/// One of our Twilio numbers.
#[derive(Clone, Debug)]
pub struct TwilioNumber {
    /// Account that owns the number.
    pub account_sid: String,
    /// Auth token: basic auth of the API and key of the signature.
    pub auth_token: Secret,
    /// The number itself, E.164.
    pub address: String,
    /// Where incoming messages go. Delivery states go to each message's own `StatusCallback`.
    pub webhook_url: String,
    /// Messaging service the number belongs to, if any.
    pub messaging_service_sid: Option<String>,
    /// `Sms`, or `Whatsapp` for a WhatsApp sender.
    pub channel: Channel,
    /// Content templates of the account.
    pub contents: Vec<Content>,
}

/// A customer's phone.
#[derive(Clone, Debug)]
pub struct PhoneSeed {
    /// Its number, E.164.
    pub address: String,
    /// Whose it is; the profile name on WhatsApp.
    pub name: String,
    /// Channels it can be reached on: `Whatsapp`, `Sms`.
    pub channels: Vec<Channel>,
    /// Whether its owner is looking at it.
    pub screen: Screen,
    /// Whether the 24 h window is open from the start, as if the owner had just written.
    pub window_open: bool,
    /// Our number it writes to unless another one is named; `None`: the first one of the channel.
    pub writes_to: Option<String>,
    /// Our number it calls unless another one is named; `None`: the one it writes to.
    pub calls: Option<String>,
}

/// Whether the owner of a phone is looking at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// Messages are read as they arrive.
    Open,
    /// Messages are delivered and wait.
    Closed,
}

/// How soon callbacks follow the acceptance of a message.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// From the answer to `sent`.
    pub sent: Duration,
    /// From `sent` to `delivered`.
    pub delivered: Duration,
    /// From `delivered` to `read`, on an open phone.
    pub read: Duration,
    /// Most changes in one webhook of Meta; above 1 it gathers what waits for the same number.
    pub meta_batch: usize,
}

/// What happens to a free-form WhatsApp message when the customer has not written for 24 h.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowRule {
    /// Accepted, then reported failed with 131047, as Meta mostly does.
    Asynchronous,
    /// Refused at once with 131047.
    Synchronous,
    /// Not looked at, for load tests that bypass the phones.
    Ignored,
}

/// What becomes of messages to numbers without a phone here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strangers {
    /// Delivered; nobody reads them.
    Reachable,
    /// Accepted, then reported failed: 131026 on WhatsApp, 30003 on SMS.
    Unreachable,
}

/// Rate limits and memory bounds.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Messages a second of one WhatsApp number, both ways together (130429).
    pub throughput_per_second: u32,
    /// Messages to one WhatsApp user in a burst (131056).
    pub pair_burst: u32,
    /// After the burst, one message to that user in so much time.
    pub pair_interval: Duration,
    /// Messages kept on each phone and channel.
    pub thread: usize,
    /// Messages, requests and webhooks remembered, each.
    pub records: usize,
    /// Media remembered, in bytes.
    pub media_bytes: usize,
    /// Callbacks and webhooks waiting; beyond it the fakes refuse sends.
    pub waiting_callbacks: usize,
    /// Webhooks under way at once.
    pub parallel_webhooks: usize,
}

/// How Meta repeats a webhook that was not answered 200. Twilio repeats once, after a failed connection only, unless
/// the callback URL's fragment says otherwise (`#rc=2&rp=5xx,rt`).
#[derive(Clone, Copy, Debug)]
pub struct Retries {
    /// Delay of the first repetition; doubles from then on.
    pub first: Duration,
    /// Longest delay.
    pub longest: Duration,
    /// Attempts in all; the real one goes on for seven days.
    pub attempts: u32,
    /// Longest wait for an answer.
    pub answer_within: Duration,
}

impl SimulatorConfig {
    /// No numbers, no phones, a free port on loopback, quick callbacks, everything enforced.
    pub fn new() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            whatsapp: Vec::new(),
            twilio: Vec::new(),
            mail: None,
            phones: Vec::new(),
            seed: None,
            clock: Clock::system(),
            timing: Timing::quick(),
            window: WindowRule::Asynchronous,
            strangers: Strangers::Reachable,
            limits: Limits::default(),
            retries: Retries::default(),
            ledger: LedgerKeys {
                client_id: "patchbay".to_owned(),
                client_secret: demo::secret(),
                hmac_secret: demo::secret(),
            },
            desk_key: demo::secret(),
            model_key: demo::secret(),
        }
    }

    /// The number with this id of Meta's.
    pub(crate) fn whatsapp_by_id(&self, phone_number_id: &str) -> Option<&WhatsappNumber> {
        self.whatsapp.iter().find(|number| number.phone_number_id == phone_number_id)
    }
}

impl Default for SimulatorConfig {
    fn default() -> Self {
        Self::new()
    }
}

impl WhatsappNumber {
    /// A number with two templates: `hello_world` without and `appointment_update` with two parameters (`en_US`).
    pub fn new(
        phone_number_id: impl Into<String>,
        address: impl Into<String>,
        app_secret: Secret,
        access_token: Secret,
        webhook_url: impl Into<String>,
    ) -> Self {
        Self {
            phone_number_id: phone_number_id.into(),
            business_account_id: "215550100000001".to_owned(),
            address: address.into(),
            app_secret,
            access_token,
            webhook_url: webhook_url.into(),
            templates: vec![
                Template::new("hello_world", "Hello! Write to us here whenever you need us."),
                Template::new("appointment_update", "Hello {{1}}, your appointment is on {{2}}. Reply to change it."),
            ],
        }
    }

    /// The number as `metadata.display_phone_number` shows it.
    pub(crate) fn display(&self) -> &str {
        self.address.trim_start_matches('+')
    }
}

impl Template {
    /// An approved template for service messages in `en_US`, with nothing but a text.
    pub fn new(name: impl Into<String>, body: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            language: "en_US".to_owned(),
            body: body.into(),
            parts: Vec::new(),
            status: "APPROVED".to_owned(),
            category: "UTILITY".to_owned(),
        }
    }

    /// How many parameters the body takes: the highest `{{n}}` in it.
    pub(crate) fn parameters(&self) -> usize {
        (1..=20).rev().find(|n| self.body.contains(&format!("{{{{{n}}}}}"))).unwrap_or(0)
    }
}

impl TwilioNumber {
    /// A number outside any messaging service.
    pub fn new(
        account_sid: impl Into<String>,
        auth_token: Secret,
        address: impl Into<String>,
        webhook_url: impl Into<String>,
    ) -> Self {
        Self {
            account_sid: account_sid.into(),
            auth_token,
            address: address.into(),
            webhook_url: webhook_url.into(),
            messaging_service_sid: None,
            channel: Channel::Sms,
            contents: Vec::new(),
        }
    }
}

impl PhoneSeed {
    /// A phone that lies with its screen off and whose owner has not written yet.
    pub fn new(address: impl Into<String>, name: impl Into<String>, channels: &[Channel]) -> Self {
        Self {
            address: address.into(),
            name: name.into(),
            channels: channels.to_vec(),
            screen: Screen::Closed,
            window_open: false,
            writes_to: None,
            calls: None,
        }
    }
}

impl Timing {
    /// A few milliseconds a step, for tests.
    pub fn quick() -> Self {
        let step = Duration::from_millis(5);
        Self { sent: step, delivered: step, read: step, meta_batch: 1 }
    }

    /// Slow enough to watch the ticks turn.
    pub fn watchable() -> Self {
        Self {
            sent: Duration::from_millis(350),
            delivered: Duration::from_millis(900),
            read: Duration::from_millis(1200),
            meta_batch: 1,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            throughput_per_second: 80,
            pair_burst: 45,
            pair_interval: Duration::from_secs(6),
            thread: 500,
            records: 20_000,
            media_bytes: 64 << 20,
            waiting_callbacks: 50_000,
            parallel_webhooks: 64,
        }
    }
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(250),
            longest: Duration::from_secs(10),
            attempts: 60,
            answer_within: Duration::from_secs(15),
        }
    }
}
