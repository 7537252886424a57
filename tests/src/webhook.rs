//! Provider requests, signed as the providers sign them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::Sha256;

/// `sha256=<hex>` over the raw body. Source: Meta, Graph API webhooks, "Validate payloads".
pub fn sign_meta(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length will do");
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// Base64 of HMAC-SHA1 over the address and the sorted parameters. Source: Twilio, "Validating requests".
pub fn sign_twilio(token: &str, url: &str, parameters: &[(&str, &str)]) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).expect("a key of any length will do");
    mac.update(signed_text(url, parameters).as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// The same over HMAC-SHA256, as a shared key signs. Source: Twilio, "Webhook shared keys".
pub fn sign_twilio_shared(secret: &str, url: &str, parameters: &[(&str, &str)]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length will do");
    mac.update(signed_text(url, parameters).as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

fn signed_text(url: &str, parameters: &[(&str, &str)]) -> String {
    let mut sorted = parameters.to_vec();
    sorted.sort_unstable();
    let pairs = sorted.into_iter().flat_map(|(name, value)| [name, value]);
    std::iter::once(url).chain(pairs).collect()
}

/// A customer's text to our WhatsApp number, as Meta posts it.
pub fn whatsapp_text(phone_number_id: &str, from: &str, name: &str, id: &str, text: &str, at: i64) -> Value {
    let wa_id = from.trim_start_matches('+');
    json!({"object": "whatsapp_business_account", "entry": [{"id": "215550100000001", "changes": [{
        "field": "messages",
        "value": {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550001111", "phone_number_id": phone_number_id},
            "contacts": [{"profile": {"name": name}, "wa_id": wa_id}],
            "messages": [{"from": wa_id, "id": id, "timestamp": at.to_string(), "type": "text", "text": {"body": text}}],
        },
    }]}]})
}
