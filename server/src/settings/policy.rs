//! The policy of tools: the shipped one, or a file of one's own, checked as a whole before anything runs under it.

use patchbay_core::tool::Policy;
use patchbay_core::tool::catalog::{self, Keeper};

use super::{Settings, SettingsError, TicketingKind};

impl Settings {
    /// The policy that tools are to run under.
    pub fn tool_policy(&self) -> Result<Policy, SettingsError> {
        let file = &self.tool_gateway.policy_file;
        let invalid = |problem: String| SettingsError::Invalid(format!("{}: {problem}", file.display()));
        let policy = if file.as_os_str().is_empty() {
            Policy::default()
        } else {
            let text = std::fs::read_to_string(file).map_err(|_| invalid("cannot be read".into()))?;
            toml::from_str(&text).map_err(|error| invalid(error.message().to_owned()))?
        };
        let keeper = match self.integration.ticketing.kind {
            TicketingKind::Dispatch => Keeper::Ourselves,
            TicketingKind::Http => Keeper::Outside,
        };
        policy.check(&catalog::catalog_of(keeper)).map_err(|error| invalid(error.to_string()))?;
        Ok(policy)
    }
}
