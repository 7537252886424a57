//! The demo: simulated providers, seeded people and places.

use std::net::SocketAddr;

use patchbay_core::channel::Channel;
use patchbay_core::chat::Origin;
use patchbay_core::inbox::Triage;
use patchbay_hub::administration::{DemoPerson, seed_demo};
use patchbay_hub::directory::{InboxSettings, KeptSecret};
use patchbay_simulator::{Simulator, SimulatorConfig, Way};
use patchbay_tool_gateway::AssistantConfig;

use super::parts::Parts;
use super::{Mode, StartError};
use crate::settings::{Settings, TransactionSettings};

/// The chat site of the demo.
const SITE: &str = "website";
/// The inboxes of the demo's telephone numbers, their teams and their triage, in the order of the simulator's numbers.
/// Callers are asked what it is about: there an emergency is heard.
const NUMBERS: [(&str, &str, Triage); 3] = [
    ("sms-main", "support", Triage::Direct),
    (ASSISTED, "sales", Triage::Direct),
    ("calls-main", "support", Triage::Menu),
];
/// The inbox whose conversations the assistant answers.
const ASSISTED: &str = "sms-sales";

/// What the demo needs beside an earnest server.
pub(super) enum Simulated {
    /// Nothing.
    No,
    /// Phones at `/sim/`, and the seeded people when there are any.
    Yes {
        /// Who can sign in.
        people: Vec<DemoPerson>,
    },
}

impl Simulated {
    /// Who can sign in to the demo; nobody outside one.
    pub(super) fn people(&self) -> &[DemoPerson] {
        match self {
            Self::No => &[],
            Self::Yes { people } => people,
        }
    }

    /// Lines for whoever started the server.
    pub(super) fn greeting(&self, url: &str) -> Vec<String> {
        match self {
            Self::No => Vec::new(),
            Self::Yes { people } => {
                let mut lines = vec![
                    format!("Console     {url}/app/"),
                    format!("Both sides  {url}/demo (console and phones on one page)"),
                    format!("Phones      {url}/sim/ (and mailboxes)"),
                    format!("Shop        {url}/sim/shop (web chat)"),
                    format!("Assistant   answers Nora Belanger at {url}/sim/; try \"I want to order pads for 1500\""),
                    format!("API         {url}/docs"),
                ];
                lines.extend(people.iter().map(|person| format!("Login       {} / {}", person.email, person.password)));
                lines
            }
        }
    }
}

/// Starts the simulator and seeds the demo, when asked for. Wires the inboxes of the demo to the simulator.
pub(super) async fn prepare(settings: &mut Settings, mode: Mode, parts: &mut Parts) -> Result<Simulated, StartError> {
    if mode == Mode::Earnest && !settings.simulator.enabled {
        return Ok(Simulated::No);
    }
    let mut config =
        SimulatorConfig { clock: parts.hub.gate.clock.clone(), ..SimulatorConfig::demo(&settings.public_url) };
    if !settings.simulator.listen.is_empty() {
        config.listen = settings.simulator.listen.parse::<SocketAddr>().map_err(|_| StartError::Part {
            what: "the simulator",
            problem: "simulator.listen is not an address".into(),
        })?;
    }
    let simulator = Simulator::start(config)
        .await
        .map_err(|error| StartError::Part { what: "the simulator", problem: error.to_string() })?;
    let mut people = Vec::new();
    if mode == Mode::Demo {
        settings.inboxes.extend(inboxes(&simulator));
        let keys = &simulator.config().ledger;
        settings.integration.transactions.get_or_insert_with(|| TransactionSettings {
            base_url: simulator.ledger_base(),
            token_url: format!("{}/token", simulator.ledger_base()),
            client_id: keys.client_id.clone(),
            client_secret: keys.client_secret.clone(),
            hmac_secret: keys.hmac_secret.clone(),
        });
        if settings.assistant.base_url.is_empty() {
            settings.assistant = AssistantConfig {
                base_url: simulator.model_base(),
                api_key: Some(simulator.config().model_key.clone()),
                model: "simulated".into(),
                inboxes: vec![ASSISTED.into()],
                ..settings.assistant.clone()
            };
        }
        if settings.inboxes.iter().all(|inbox| inbox.name != SITE) {
            settings.inboxes.push(site(&settings.public_url));
        }
        people = seed_demo(&parts.hub.db, &settings.inboxes, parts.hub.gate.clock.now())
            .await
            .map_err(|error| StartError::Database(patchbay_http::Chain(&error).to_string()))?;
    }
    parts.simulator = Some(simulator);
    Ok(Simulated::Yes { people })
}

/// The chat of the demo's shop, `/sim/shop`. Its pages are ours, so they need no place in a list; a page beside them may
/// call with the secret below.
fn site(public_url: &str) -> InboxSettings {
    InboxSettings {
        team: Some("support".into()),
        identity_mode: Some("hmac".into()),
        identity_secrets: vec![KeptSecret::new("demo-identity-secret")],
        require_identity: Some(false),
        allowed_origins: Origin::parse(public_url).map(|origin| origin.as_str().to_owned()).into_iter().collect(),
        ..InboxSettings::new(SITE, Channel::Chat)
    }
}

/// The inboxes of the demo, wired to the fakes.
fn inboxes(simulator: &patchbay_simulator::Running) -> Vec<InboxSettings> {
    let config = simulator.config();
    let whatsapp = config.whatsapp.iter().map(|number| InboxSettings {
        team: Some("support".into()),
        address: Some(number.address.clone()),
        phone_number_id: Some(number.phone_number_id.clone()),
        app_secrets: vec![KeptSecret::new(number.app_secret.expose())],
        verify_token: Some(KeptSecret::new("demo-verify-token")),
        access_token: Some(KeptSecret::new(number.access_token.expose())),
        api_base: Some(simulator.graph_base()),
        ..InboxSettings::new("whatsapp-main", Channel::Whatsapp)
    });
    let sms = config.twilio.iter().zip(NUMBERS).map(|(number, (name, team, triage))| InboxSettings {
        team: Some(team.into()),
        triage,
        address: Some(number.address.clone()),
        account_sid: Some(number.account_sid.clone()),
        auth_tokens: vec![KeptSecret::new(number.auth_token.expose())],
        api_base: Some(simulator.base_url()),
        ..InboxSettings::new(name, Channel::Sms)
    });
    let mailboxes = config.mail.iter().flat_map(|server| &server.mailboxes);
    let mail = mailboxes.filter_map(|mailbox| {
        let Way::Mailgun { signing_key, .. } = &mailbox.way else { return None };
        Some(InboxSettings {
            team: Some("support".into()),
            address: Some(mailbox.address.clone()),
            inbound: Some("mailgun".into()),
            signing_keys: vec![KeptSecret::new(signing_key.expose())],
            smtp_url: simulator.smtp_url().map(KeptSecret::new),
            reply_domain: Some(mailbox.reply_domain.clone()),
            reply_token_secret: Some(KeptSecret::new(signing_key.expose())),
            // The customers' domains exist nowhere: nobody could be asked for their keys.
            dkim: Some("off".into()),
            ..InboxSettings::new("support-mail", Channel::Email)
        })
    });
    whatsapp.chain(sms).chain(mail).collect()
}
