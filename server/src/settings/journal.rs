//! The journal of accepted requests.

use std::sync::Arc;

use patchbay_core::secret::Secret;
use patchbay_ingress::{Journal, JournalKey};
use serde::Deserialize;

use super::load::resolve_secret;
use super::{Environment, Settings, SettingsError};

/// The journal of accepted requests.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JournalSettings {
    /// Keep them. Not said: when there is a key.
    pub enabled: Option<bool>,
    /// Seals them: 32 bytes in base64 or 64 hexadecimal digits.
    pub key: Option<Secret>,
    /// Keys of before, to read what they sealed.
    pub old_keys: Vec<Secret>,
    /// How long they are kept.
    pub days: u32,
}

impl Default for JournalSettings {
    fn default() -> Self {
        Self { enabled: None, key: None, old_keys: Vec::new(), days: 30 }
    }
}

impl Settings {
    /// Reads the keys that are referred to and refuses a journal without one.
    pub(super) fn complete_journal(&mut self) -> Result<(), SettingsError> {
        if let Some(key) = &self.journal.key {
            self.journal.key = Some(resolve_secret("journal.key", key)?);
        }
        for key in &mut self.journal.old_keys {
            *key = resolve_secret("journal.old_keys", key)?;
        }
        let invalid = |message: String| Err(SettingsError::Invalid(message));
        for (name, key) in self
            .journal
            .key
            .iter()
            .map(|key| ("key", key))
            .chain(self.journal.old_keys.iter().map(|key| ("old_keys", key)))
        {
            if let Err(error) = JournalKey::parse(key) {
                return invalid(format!("journal.{name}: {error}"));
            }
        }
        if !(1..=3650).contains(&self.journal.days) {
            return invalid("journal.days: must be between 1 and 3650".into());
        }
        let is_wanted = self.journal.enabled == Some(true) && self.env == Environment::Production;
        if is_wanted && self.journal.key.is_none() {
            return invalid("journal.key: in production the journal needs a key; nothing is kept unsealed".into());
        }
        Ok(())
    }

    /// The journal, with the configured keys, or in development one that is made once and kept beside the data. `None`
    /// when it is switched off, and in production without a key.
    pub fn open_journal(&self) -> Result<Option<Arc<Journal>>, std::io::Error> {
        if self.journal.enabled == Some(false) {
            return Ok(None);
        }
        let keys = self.journal_keys()?;
        let keys = keys.iter().filter_map(|key| JournalKey::parse(key).ok()).collect();
        Ok(Journal::new(keys).map(Arc::new))
    }

    /// The keys of the journal, newest first; in development one that is made once and kept beside the data. None in
    /// production without a key.
    pub fn journal_keys(&self) -> Result<Vec<Secret>, std::io::Error> {
        let key = match (&self.journal.key, self.env) {
            (Some(key), _) => key.clone(),
            (None, Environment::Development) => super::development::journal_key(&self.data_dir)?,
            (None, Environment::Production) => return Ok(Vec::new()),
        };
        Ok(std::iter::once(key).chain(self.journal.old_keys.iter().cloned()).collect())
    }
}
