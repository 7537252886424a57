//! Channels and the words shared by everything that travels on them.

use serde::{Deserialize, Serialize};

/// Declares a closed set of words: the enum, its text form both ways, and serde over the text form.
#[macro_export]
macro_rules! vocabulary {
    ($(#[$doc:meta])* $vis:vis enum $name:ident { $($(#[$vdoc:meta])* $variant:ident => $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        $vis enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// Every word of the set, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Every word as it stands on the wire, in the order of declaration.
            pub const WORDS: &'static [&'static str] = &[$($text),+];

            /// The word as it stands on the wire and in the database.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl std::str::FromStr for $name {
            type Err = $crate::UnknownWord;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err($crate::UnknownWord { set: stringify!($name) }),
                }
            }
        }
    };
}

/// A text is not a word of the closed set it was read as. Does not repeat the text: it may be anybody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a known {set}")]
pub struct UnknownWord {
    /// Name of the closed set.
    pub set: &'static str,
}

vocabulary! {
    /// How a message travels. WhatsApp through Twilio is `Whatsapp`: the transport is not the channel.
    pub enum Channel {
        /// WhatsApp, by the Cloud API or through Twilio.
        Whatsapp => "whatsapp",
        /// SMS and MMS.
        Sms => "sms",
        /// E-mail.
        Email => "email",
        /// Web chat.
        Chat => "chat",
        /// Telephone calls.
        Voice => "voice",
    }
}

vocabulary! {
    /// Which way a message went.
    pub enum Direction {
        /// From the customer to us.
        Inbound => "inbound",
        /// From us to the customer.
        Outbound => "outbound",
    }
}

vocabulary! {
    /// Who wrote a message.
    pub enum SenderType {
        /// The customer.
        Customer => "customer",
        /// A person of ours.
        Agent => "agent",
        /// An assistant.
        Ai => "ai",
        /// The system itself.
        System => "system",
        /// A vendor.
        Vendor => "vendor",
    }
}

/// A list of media belongs to content of these kinds; see `item::Content`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A still picture.
    Image,
    /// A film.
    Video,
    /// Sound, also a voice note.
    Audio,
    /// Any other file.
    Document,
    /// A sticker.
    Sticker,
}
