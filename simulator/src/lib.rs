//! Strict fakes of the Meta Graph API and of the Twilio REST API on a real port, and of a mail server on another, with
//! the phones and mailboxes of the customers behind them. They refuse what the real ones refuse, with the real bodies and codes; they sign and send the webhooks that
//! follow; and they misbehave on request: delay, 429, 5xx, time-out after accepting, duplicated, reordered and dropped
//! callbacks. Used by the project's own tests, by `patchbay simulate providers` and by `patchbay serve --demo`.

mod capped;
mod carrier;
mod config;
mod courier;
mod desk;
mod door;
mod faults;
mod fetcher;
mod graph;
mod handle;
mod ledger;
mod listener;
mod mail;
mod media;
mod message;
mod model;
mod payload;
mod phones;
mod sign;
mod simulator;
mod slack;
mod twilio;
mod world;

pub use config::{
    Content, CorrespondentSeed, Limits, MailServer, MailboxSeed, PhoneSeed, Retries, Screen, SimulatorConfig,
    Strangers, Template, Timing, TwilioNumber, WhatsappNumber, WindowRule,
};
pub use desk::{DESK_PATH, DeskFaults};
pub use faults::{Faults, Provider};
pub use handle::Handle;
pub use ledger::{LEDGER_PATH, LedgerFaults, LedgerKeys};
pub use mail::{Letter, MailRecord, MailSaying, Way};
pub use media::Attachment;
pub use message::{Author, DeliveryState, RequestRecord, Sent, Shown, ThreadMedia, ThreadMessage, WebhookRecord};
pub use model::{MODEL_PATH, ModelFaults};
pub use payload::{
    encode_form, escape_like_meta, twilio_sms_form, twilio_status_form, whatsapp_status_payload, whatsapp_text_payload,
};
pub use phones::{SayError, Saying};
pub use sign::{META_SIGNATURE_HEADER, TWILIO_SIGNATURE_HEADER, sign_meta, sign_twilio};
pub use simulator::{Running, Simulator, StartError};
pub use slack::{SLACK_HOOK, SLACK_PATH, SlackFaults};
