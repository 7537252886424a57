//! The built-in mail receiver: `listen_smtp` and `[smtp]`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use patchbay_ingress::SmtpSettings;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::Deserialize;

use super::Settings;

/// Bounds and certificate of the receiver.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmtpReceiverSettings {
    /// The name it gives itself; empty: the host of `public_url`.
    pub hostname: String,
    /// Largest mail, in MB.
    pub max_mb: usize,
    /// Connections at a time.
    pub max_connections: usize,
    /// Connections at a time of one client.
    pub max_connections_per_client: usize,
    /// Certificate chain for STARTTLS, PEM; empty: none is offered.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
}

impl Default for SmtpReceiverSettings {
    fn default() -> Self {
        Self {
            hostname: String::new(),
            max_mb: 35,
            max_connections: 200,
            max_connections_per_client: 50,
            certificate: PathBuf::new(),
            key: PathBuf::new(),
        }
    }
}

impl Settings {
    /// How the receiver behaves. `None`: there is none. Error: what is wrong with the settings. Reads files: blocks.
    pub fn smtp_receiver(&self) -> Result<Option<SmtpSettings>, String> {
        if self.listen_smtp.is_empty() {
            return Ok(None);
        }
        let listen: SocketAddr = self
            .listen_smtp
            .parse()
            .map_err(|_| format!("listen_smtp: {} is not an address like 127.0.0.1:2525", self.listen_smtp))?;
        let own = &self.smtp;
        let host = self.public_url.split("://").nth(1).and_then(|rest| rest.split(['/', ':']).next());
        let hostname = if own.hostname.is_empty() { host.unwrap_or("localhost") } else { &own.hostname };
        let mut settings = SmtpSettings::new(listen, hostname);
        settings.max_bytes = own.max_mb.clamp(1, 35) << 20;
        settings.max_connections = own.max_connections.max(1);
        settings.max_connections_per_client = own.max_connections_per_client.max(1);
        if !own.certificate.as_os_str().is_empty() {
            settings.tls = Some(Arc::new(tls(&own.certificate, &own.key)?));
        }
        Ok(Some(settings))
    }
}

fn tls(certificate: &Path, key: &Path) -> Result<ServerConfig, String> {
    let unreadable = |path: &Path, error: &dyn std::fmt::Display| format!("smtp: {}: {error}", path.display());
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unreadable(certificate, &error))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, &error))?;
    ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| unreadable(certificate, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_receiver_is_off_until_it_has_an_address() {
        assert!(matches!(Settings::default().smtp_receiver(), Ok(None)));
        let settings = Settings { listen_smtp: "127.0.0.1:2525".into(), ..Settings::default() };
        let receiver = settings.smtp_receiver().unwrap().unwrap();
        assert_eq!((receiver.listen.port(), receiver.max_bytes), (2525, 35 << 20));
        let settings = Settings { listen_smtp: "everywhere".into(), ..Settings::default() };
        assert!(settings.smtp_receiver().unwrap_err().contains("listen_smtp"));
    }
}
