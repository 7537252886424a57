//! The cast of the demo: one WhatsApp number, one SMS number, six invented customers.

use patchbay_core::channel::Channel;
use patchbay_core::secret::Secret;
use rand::RngExt;

use super::{PhoneSeed, SimulatorConfig, Timing, TwilioNumber, WhatsappNumber};

const PHONE_NUMBER_ID: &str = "106550100000001";
const ACCOUNT_SID: &str = "AC5d3a0c1f7e9b4826a0f1c2d3e4b5a697";

impl SimulatorConfig {
    /// Numbers whose webhooks go to `public_url`, and the phones of six invented customers. The secrets are made up
    /// anew each time, so that a demo server can be reached by nobody who guesses them: read them from the result when
    /// making the inboxes.
    pub fn demo(public_url: &str) -> Self {
        let base = public_url.trim_end_matches('/');
        let both = [Channel::Whatsapp, Channel::Sms];
        let phone = |address: &str, name: &str, channels: &[Channel]| PhoneSeed {
            window_open: true,
            ..PhoneSeed::new(address, name, channels)
        };
        Self {
            whatsapp: vec![WhatsappNumber::new(
                PHONE_NUMBER_ID,
                "+15550100001",
                secret(),
                secret(),
                format!("{base}/webhooks/whatsapp"),
            )],
            twilio: vec![TwilioNumber::new(
                ACCOUNT_SID,
                secret(),
                "+15550100003",
                format!("{base}/webhooks/twilio/sms"),
            )],
            phones: vec![
                phone("+15550101001", "Maya Lindqvist", &both),
                phone("+15550101002", "Tomás Herrera", &[Channel::Whatsapp]),
                phone("+15550101003", "Ruth Okafor", &[Channel::Sms]),
                phone("+15550101004", "Ben Castellano", &both),
                phone("+15550101005", "Aiko Marsh", &[Channel::Whatsapp]),
                phone("+15550101006", "Priya Raman", &[Channel::Sms]),
            ],
            timing: Timing::watchable(),
            ..Self::new()
        }
    }
}

fn secret() -> Secret {
    Secret::new(hex::encode(rand::rng().random::<[u8; 16]>()))
}
