//! A template as a message carries it: which, and with what filled in.

use serde::{Deserialize, Serialize};

use crate::interactive::Location;

/// A template as a message carries it: `content.metadata.template`. A header's file stands with the message's files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TemplateContent {
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: String,
    /// Values of the placeholders in its text.
    #[serde(default)]
    pub params: Vec<String>,
    /// Names of those placeholders; empty when they are numbered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// What fills its header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<HeaderValue>,
    /// What fills its buttons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<ButtonValue>,
    /// The provider's id of the template, where it is sent by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
}

/// What fills the header of a template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum HeaderValue {
    /// The value of its placeholder.
    Text {
        /// The value.
        text: String,
    },
    /// A still picture.
    Image,
    /// A film.
    Video,
    /// A file.
    Document,
    /// A place.
    Location {
        /// The place.
        location: Location,
    },
}

/// What fills a button of a template. `index` counts all buttons of the template from 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ButtonValue {
    /// A button that answers.
    QuickReply {
        /// Which button.
        index: u8,
        /// Comes back when it is pressed.
        payload: String,
    },
    /// A button with a link whose end varies.
    Url {
        /// Which button.
        index: u8,
        /// The end of the link.
        text: String,
    },
    /// A button that copies a code.
    CopyCode {
        /// Which button.
        index: u8,
        /// The code.
        code: String,
    },
}

impl ButtonValue {
    /// Which button it fills.
    pub fn index(&self) -> u8 {
        match self {
            Self::QuickReply { index, .. } | Self::Url { index, .. } | Self::CopyCode { index, .. } => *index,
        }
    }

    /// The value itself.
    pub fn value(&self) -> &str {
        match self {
            Self::QuickReply { payload: value, .. }
            | Self::Url { text: value, .. }
            | Self::CopyCode { code: value, .. } => value,
        }
    }
}
