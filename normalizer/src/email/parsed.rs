//! Mail that a provider took apart: what its fields have in common.

use bytes::Bytes;
use mail_parser::decoders::charsets::map::charset_decoder;
use sha2::{Digest, Sha256};

use super::headers::Headers;
use super::html_text;
use super::mail::{Mail, MailFile};
use super::mime::{lines, within};
use super::report;
use crate::text::without_nul;

/// Longest text that is kept.
const MAX_TEXT_BYTES: usize = 512 << 10;
/// Longest page that is kept.
const MAX_HTML_BYTES: usize = 2 << 20;

/// A mail of its parts.
pub(super) fn mail(headers: Headers, text: Option<String>, html: Option<String>, files: Vec<MailFile>) -> Mail {
    let mut hasher = Sha256::new();
    for part in [headers.plain("From"), headers.plain("Subject"), headers.plain("Date"), text.clone(), html.clone()] {
        hasher.update(part.as_deref().unwrap_or_default().len().to_be_bytes());
        hasher.update(part.unwrap_or_default());
    }
    let html = html.map(|html| without_nul(within(&html, MAX_HTML_BYTES)).into_owned());
    let text = text
        .map(|text| lines(&text))
        .filter(|text| !text.is_empty())
        .or_else(|| html.as_deref().map(html_text::text_of))
        .map(|text| within(&text, MAX_TEXT_BYTES).to_owned())
        .filter(|text| !text.is_empty());
    let report = report(&headers, &files);
    let digest = hex::encode(hasher.finalize());
    Mail { headers, text, html, files, report, digest, ..Mail::default() }
}

/// A report whose parts the provider hands over as files.
fn report(headers: &Headers, files: &[MailFile]) -> Option<report::Report> {
    let declared = headers.plain("Content-Type")?.to_ascii_lowercase();
    let declared = declared.strip_prefix("multipart/report")?;
    let kind = declared.split(';').find_map(|attribute| {
        let (name, value) = attribute.split_once('=')?;
        (name.trim() == "report-type").then(|| value.trim().trim_matches('"').to_owned())
    });
    let parts: Vec<(String, Bytes)> = files.iter().map(|file| (file.mime_type.clone(), file.content.clone())).collect();
    report::of_parts(kind.as_deref(), &parts)
}

/// A declared type without its parameters.
pub(super) fn mime_type(declared: Option<&str>) -> String {
    let essence = declared.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence.contains('/') { without_nul(&essence).into_owned() } else { "application/octet-stream".to_owned() }
}

/// Bytes in a named charset, as text.
pub(super) fn decoded(bytes: &[u8], charset: Option<&str>) -> String {
    let decoder = charset.and_then(|charset| charset_decoder(charset.trim().as_bytes()));
    let text = match decoder {
        Some(decode) => decode(bytes),
        None => String::from_utf8_lossy(bytes).into_owned(),
    };
    without_nul(&text).into_owned()
}
