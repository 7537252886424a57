//! Who may look at metrics and alerts. Source: domain, decision D-22.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, header};
use patchbay_core::role::{Portal, Role};
use patchbay_core::secret::Secret;
use subtle::ConstantTimeEq as _;

use crate::credentials;
use crate::error::ApiError;
use crate::gate::Gate;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The door to metrics and alerts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct OperationsDoor {
    is_private: bool,
    scrape_token: Option<Arc<Secret>>,
}

impl OperationsDoor {
    /// The door of a server that listens at `address`. Whoever has `scrape_token` passes too.
    pub fn new(address: IpAddr, scrape_token: Option<Secret>) -> Self {
        Self { is_private: is_private(address), scrape_token: scrape_token.map(Arc::new) }
    }

    /// Lets a request through: on a private address everybody but those whom a proxy brings from elsewhere, else the
    /// roles that operate, and the scrape token. Errors: 401, 403 `FORBIDDEN`.
    pub async fn admit(&self, gate: &Gate, headers: &HeaderMap) -> Result<(), ApiError> {
        let came_through_a_proxy = headers.contains_key(FORWARDED_FOR) || headers.contains_key(header::FORWARDED);
        if self.is_private && !came_through_a_proxy {
            return Ok(());
        }
        if let (Some(expected), Ok(Some((token, _)))) = (&self.scrape_token, credentials::token(headers))
            && bool::from(expected.expose().as_bytes().ct_eq(token.as_bytes()))
        {
            return Ok(());
        }
        let (actor, _) = gate.admit(headers).await?;
        let operates =
            matches!(actor.role, Role::Admin | Role::Supervisor | Role::Dispatcher | Role::Auditor | Role::System);
        if !operates || matches!(actor.portal, Some(Portal::Technician | Portal::Customer)) {
            return Err(
                ApiError::forbidden("this role does not look at operations").because("actor_role", actor.role.as_str())
            );
        }
        Ok(())
    }
}

/// Whether an address is reached from its own machine or network only.
fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_ones_own_network_are_private() {
        let private = |text: &str| is_private(text.parse().expect("an address"));
        for address in
            ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.7.7", "169.254.1.1", "::1", "fd00::1", "fe80::1"]
        {
            assert!(private(address), "{address}");
        }
        for address in ["0.0.0.0", "::", "8.8.8.8", "172.32.0.1", "2001:db8::1", "::ffff:8.8.8.8"] {
            assert!(!private(address), "{address}");
        }
    }
}
