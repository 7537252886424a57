//! `patchbay simulate`.

use patchbay_hub::directory::inbox_of;
use patchbay_simulator::{LedgerKeys, Simulator, SimulatorConfig};

use super::{CommandError, print};
use crate::cli::Simulated;
use crate::settings::Settings;

/// Runs the fakes until SIGTERM or Ctrl-C.
pub(super) async fn run(settings: &Settings, what: Simulated) -> Result<(), CommandError> {
    crate::telemetry::log(&settings.log);
    let Simulated::Providers { listen } = what;
    let inboxes: Vec<_> = settings.inboxes.iter().map(inbox_of).collect();
    let mut config = SimulatorConfig::for_inboxes(&settings.public_url, &inboxes);
    config.listen = listen;
    if let Some(system) = &settings.integration.transactions {
        config.ledger = LedgerKeys {
            client_id: system.client_id.clone(),
            client_secret: system.client_secret.clone(),
            hmac_secret: system.hmac_secret.clone(),
        };
    }
    if let Some(key) = &settings.integration.ticketing.api_key {
        config.desk_key = key.clone();
    }
    if let Some(key) = &settings.assistant.api_key {
        config.model_key = key.clone();
    }
    let running = Simulator::start(config).await.map_err(|error| CommandError::Failed(error.to_string()))?;
    print(&format!("the providers answer on {}", running.base_url()));
    print(&format!("  WhatsApp    api_base = \"{}\"", running.graph_base()));
    print(&format!("  Twilio      api_base = \"{}\"", running.base_url()));
    if let Some(url) = running.smtp_url() {
        print(&format!("  E-mail      smtp_url = \"{url}\""));
    }
    print(&format!("  Transactions base_url = \"{}\", token_url = \"{0}/token\"", running.ledger_base()));
    print(&format!("  Ticketing   base_url = \"{}\"", running.desk_base()));
    print(&format!("  Assistant   base_url = \"{}\", model = \"simulated\"", running.model_base()));
    super::serve::asked_to_stop().await;
    running.shutdown().await;
    Ok(())
}
