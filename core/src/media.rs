//! Which files a channel carries, and how large. Source: channels reference, "Media download" (WhatsApp), "Sending"
//! (Twilio).

use crate::channel::Channel;
use crate::inbox::Provider;
use crate::item::ContentType;
use crate::vocabulary;

const MB: u64 = 1 << 20;
/// Most files of one SMS (then an MMS).
pub const MMS_FILES: usize = 10;
/// Most bytes of all files of one MMS.
pub const MMS_BYTES: u64 = 5 * MB;
/// Most bytes of all files of one mail: larger ones are refused by most servers.
pub const MAIL_BYTES: u64 = 25 * MB;
/// Most files of one message elsewhere than on WhatsApp and by SMS.
pub const MOST_FILES: usize = 20;

vocabulary! {
    /// Why a received file could not be had.
    pub enum MediaFailure {
        /// The provider does not have it any more.
        Gone => "gone",
        /// It is larger than the channel allows.
        TooLarge => "too_large",
        /// It lies on a host that is not the provider's.
        ForbiddenHost => "forbidden_host",
        /// It is not the file that was announced.
        HashMismatch => "hash_mismatch",
        /// The provider or its storage did not hand it out, in all the tries there were.
        Unavailable => "unavailable",
    }
}

/// Why a file cannot be sent on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// Not a file of the kind that was named.
    Kind,
    /// The channel does not take this type; these it takes.
    Type(&'static str),
    /// More bytes than the channel takes.
    TooLarge(u64),
    /// More files than the channel takes in one message.
    TooMany(usize),
}

/// A file about to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// Its type, as the content tells.
    pub mime_type: &'a str,
    /// Its size.
    pub size_bytes: u64,
}

/// Whether a message of type `kind` can carry `files` on this channel, through this provider.
pub fn check(channel: Channel, provider: &Provider, kind: ContentType, files: &[Outgoing<'_>]) -> Result<(), Misfit> {
    let most_files = match channel {
        Channel::Whatsapp => 1,
        Channel::Sms => MMS_FILES,
        _ => MOST_FILES,
    };
    if files.len() > most_files {
        return Err(Misfit::TooMany(most_files));
    }
    for file in files {
        if !is_of_kind(kind, file.mime_type) {
            return Err(Misfit::Kind);
        }
        if channel == Channel::Whatsapp {
            let most = whatsapp(provider, kind, file.mime_type)?;
            if file.size_bytes > most {
                return Err(Misfit::TooLarge(most));
            }
        }
    }
    let all: u64 = files.iter().map(|file| file.size_bytes).sum();
    match channel {
        Channel::Sms if all > MMS_BYTES => Err(Misfit::TooLarge(MMS_BYTES)),
        Channel::Email if all > MAIL_BYTES => Err(Misfit::TooLarge(MAIL_BYTES)),
        _ => Ok(()),
    }
}

fn is_of_kind(kind: ContentType, mime_type: &str) -> bool {
    let main_type = mime_type.split('/').next().unwrap_or_default();
    match kind {
        ContentType::Image => main_type == "image",
        ContentType::Video => main_type == "video",
        ContentType::Audio => main_type == "audio" || mime_type == "video/mp4",
        ContentType::Sticker => mime_type == "image/webp",
        _ => true,
    }
}

/// Most bytes of a file of this kind and type on WhatsApp.
fn whatsapp(provider: &Provider, kind: ContentType, mime_type: &str) -> Result<u64, Misfit> {
    let (types, most): (&str, u64) = match kind {
        ContentType::Image => ("image/jpeg, image/png", 5 * MB),
        ContentType::Video => ("video/mp4, video/3gpp", 16 * MB),
        ContentType::Audio => ("audio/aac, audio/amr, audio/mpeg, audio/mp4, audio/ogg, video/mp4", 16 * MB),
        ContentType::Sticker => ("image/webp", 500 << 10),
        _ => ("", 100 * MB),
    };
    if !types.is_empty() && !types.split(", ").any(|taken| taken == mime_type) {
        return Err(Misfit::Type(types));
    }
    // Through Twilio everything has the smaller limit.
    Ok(if matches!(provider, Provider::Twilio(_)) { most.min(16 * MB) } else { most })
}

/// Most bytes of a received file that says it is of this type.
pub fn inbound_limit(channel: Channel, mime_type: &str) -> u64 {
    let main_type = mime_type.split('/').next().unwrap_or_default();
    match (channel, main_type) {
        (Channel::Whatsapp, "image") => 5 * MB,
        (Channel::Whatsapp, "audio" | "video") => 16 * MB,
        (Channel::Whatsapp, _) => 100 * MB,
        _ => 25 * MB,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(channel: Channel, kind: ContentType, files: &[(&str, u64)]) -> Result<(), Misfit> {
        let files: Vec<Outgoing<'_>> =
            files.iter().map(|(mime_type, size_bytes)| Outgoing { mime_type, size_bytes: *size_bytes }).collect();
        check(channel, &Provider::Unserved, kind, &files)
    }

    #[test]
    fn whatsapp_takes_one_file_of_a_type_and_size_it_knows() {
        use ContentType::{Audio, Document, Image, Sticker, Video};
        let on = |kind, mime_type, size| fits(Channel::Whatsapp, kind, &[(mime_type, size)]);
        assert_eq!(on(Image, "image/png", 5 * MB), Ok(()));
        assert_eq!(on(Image, "image/png", 5 * MB + 1), Err(Misfit::TooLarge(5 * MB)));
        assert_eq!(on(Image, "image/gif", 1), Err(Misfit::Type("image/jpeg, image/png")));
        assert_eq!(on(Image, "application/pdf", 1), Err(Misfit::Kind));
        assert_eq!(on(Video, "video/mp4", 16 * MB + 1), Err(Misfit::TooLarge(16 * MB)));
        assert_eq!(on(Audio, "audio/ogg", 16 * MB), Ok(()));
        assert_eq!(on(Document, "application/zip", 100 * MB), Ok(()));
        assert_eq!(on(Sticker, "image/webp", 501 << 10), Err(Misfit::TooLarge(500 << 10)));
        assert_eq!(fits(Channel::Whatsapp, Image, &[("image/png", 1); 2]), Err(Misfit::TooMany(1)));
    }

    #[test]
    fn an_mms_has_ten_files_and_five_megabytes() {
        let on = |files: &[(&str, u64)]| fits(Channel::Sms, ContentType::Image, files);
        assert_eq!(on(&[("image/gif", MB); 5]), Ok(()));
        assert_eq!(on(&[("image/gif", MB); 6]), Err(Misfit::TooLarge(MMS_BYTES)));
        assert_eq!(on(&[("image/gif", 1); 11]), Err(Misfit::TooMany(MMS_FILES)));
    }
}
