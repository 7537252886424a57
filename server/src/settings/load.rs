//! Reading the settings, and the secrets they refer to.

use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format, Toml};
use patchbay_core::secret::Secret;

use super::{Settings, published};

/// What is wrong with the settings, in one line.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The named file is not there.
    #[error("the settings file {0} does not exist")]
    NoFile(PathBuf),
    /// A key is unknown or a value does not fit.
    #[error("settings: {0}")]
    Invalid(String),
    /// A secret is referred to but cannot be read.
    #[error("settings: {key} refers to {reference}, which {problem}")]
    Secret {
        /// The key.
        key: String,
        /// The reference, never the secret.
        reference: String,
        /// What is wrong.
        problem: &'static str,
    },
}

impl Settings {
    /// Reads the settings: defaults, then the file, then the environment. Without a named file `patchbay.toml` in the
    /// working directory is read if it is there.
    pub fn load(file: Option<&Path>) -> Result<Self, SettingsError> {
        let mut figment = Figment::new();
        match file {
            Some(path) if !path.is_file() => return Err(SettingsError::NoFile(path.to_owned())),
            Some(path) => figment = figment.merge(Toml::file_exact(path)),
            None if Path::new("patchbay.toml").is_file() => {
                figment = figment.merge(Toml::file_exact("patchbay.toml"));
            }
            None => {}
        }
        figment = published::merge(figment, |name| std::env::var(name).ok())?;
        let mut settings: Self = figment
            .merge(Env::prefixed("PATCHBAY_").ignore(&["PATCHBAY_JWT_SECRET", "JWT_SECRET", "BIN"]).split("__"))
            .extract()
            .map_err(|error| SettingsError::Invalid(one_line(&error)))?;
        settings.complete()?;
        Ok(settings)
    }

    fn complete(&mut self) -> Result<(), SettingsError> {
        if self.public_url.is_empty() {
            self.public_url = format!("http://{}", self.listen);
            self.public_url_is_assumed = true;
        }
        self.public_url = self.public_url.trim_end_matches('/').to_owned();
        if self.database_url.is_empty() {
            self.database_url = format!("sqlite://{}", self.data_dir.join("patchbay.db").display());
        }
        if let Some(secret) = &self.auth.jwt_secret {
            self.auth.jwt_secret = Some(resolve_secret("auth.jwt_secret", secret)?);
        } else if let Ok(secret) = std::env::var("PATCHBAY_JWT_SECRET") {
            self.auth.jwt_secret = Some(Secret::new(secret));
        }
        if let Some(token) = &self.observability.scrape_token {
            self.observability.scrape_token = Some(resolve_secret("observability.scrape_token", token)?);
        }
        self.integration.complete()?;
        self.telemetry.complete()?;
        if let Some(key) = &self.workers.classifier.api_key {
            self.workers.classifier.api_key = Some(resolve_secret("workers.classifier.api_key", key)?);
        }
        if let Some(key) = &self.assistant.api_key {
            self.assistant.api_key = Some(resolve_secret("assistant.api_key", key)?);
        }
        self.complete_journal()?;
        self.complete_object_store()?;
        self.validate()
    }
}

fn one_line(error: &figment::Error) -> String {
    let messages: Vec<String> = error.clone().into_iter().map(|error| error.to_string()).collect();
    messages.join("; ").replace('\n', " ")
}

/// A secret that may be given as `env:NAME` or `file:PATH`. The error names the reference, never the secret.
pub fn resolve_secret(key: &str, secret: &Secret) -> Result<Secret, SettingsError> {
    let text = secret.expose();
    let fail = |problem| SettingsError::Secret { key: key.into(), reference: text.into(), problem };
    if let Some(name) = text.strip_prefix("env:") {
        return match std::env::var(name) {
            Ok(value) if !value.is_empty() => Ok(Secret::new(value)),
            _ => Err(fail("is not set")),
        };
    }
    if let Some(path) = text.strip_prefix("file:") {
        return match std::fs::read_to_string(path) {
            Ok(value) if !value.trim().is_empty() => Ok(Secret::new(value.trim())),
            Ok(_) => Err(fail("is empty")),
            Err(_) => Err(fail("cannot be read")),
        };
    }
    Ok(secret.clone())
}
