//! The signed address that replies go to: `r+<cid>.<mac>@<reply domain>`. A right token proves the conversation, not the
//! person. Source: channel reference, e-mail, reply tokens.

use hmac::{Hmac, KeyInit as _, Mac as _};
use patchbay_core::secret::Secret;
use sha2::Sha256;

/// Length of a conversation's name in an address.
const NAME_CHARS: usize = 16;
/// Bytes of the signature that are written.
const MAC_BYTES: usize = 8;

/// The address that answers to the conversation called `name` (`core::letter::conversation_name`) go to.
pub fn address(name: &str, domain: &str, secret: &Secret) -> String {
    let mac = signature(name, secret).finalize().into_bytes();
    format!("r+{name}.{}@{domain}", hex::encode(&mac[..MAC_BYTES]))
}

/// The name of the conversation in an address that carries a right token; letters may have changed their case on the way.
/// `None`: it carries none, or a forged one.
pub fn verify(address: &str, domain: &str, secret: &Secret) -> Option<String> {
    if secret.is_empty() || domain.is_empty() {
        return None;
    }
    let address = address.trim().to_ascii_lowercase();
    let (local, host) = address.rsplit_once('@')?;
    if host != domain.to_ascii_lowercase() {
        return None;
    }
    let (name, mac) = local.strip_prefix("r+")?.split_once('.')?;
    let is_name = name.len() == NAME_CHARS && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9'));
    let mac = hex::decode(mac).ok().filter(|mac| is_name && mac.len() == MAC_BYTES)?;
    signature(name, secret).verify_truncated_left(&mac).ok()?;
    Some(name.to_owned())
}

fn signature(name: &str, secret: &Secret) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("HMAC takes a key of any length");
    mac.update(b"reply:");
    mac.update(name.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use patchbay_core::ids::ConversationId;
    use patchbay_core::letter::conversation_name as name_of;

    use super::*;

    fn secret() -> Secret {
        Secret::new("reply-secret-9b1f27c4")
    }

    #[test]
    fn a_known_token_is_right_in_any_case() {
        let known = "r+k7m2q9x4t1b8w3zd.4fee68b072b1f35f@reply.acme-homes.test";
        assert_eq!(address("k7m2q9x4t1b8w3zd", "reply.acme-homes.test", &secret()), known);
        for address in [known.to_owned(), known.to_ascii_uppercase()] {
            assert_eq!(verify(&address, "Reply.acme-homes.test", &secret()).as_deref(), Some("k7m2q9x4t1b8w3zd"));
        }
    }

    #[test]
    fn a_forged_token_is_none() {
        for forged in [
            "r+k7m2q9x4t1b8w3zd.06ec30c2b592de66@reply.acme-homes.test",
            "r+k7m2q9x4t1b8w3zd.4fee68b072b1f3@reply.acme-homes.test",
            "r+k7m2q9x4t1b8w3zd.4fee68b072b1f35f00@reply.acme-homes.test",
            "r+k7m2q9x4t1b8w3zd@reply.acme-homes.test",
            "r+k7m2q9x4t1b8w3z.4fee68b072b1f35f@reply.acme-homes.test",
            "r+k7m2q9x4t1b8w3zd.4fee68b072b1f35f@acme-homes.test",
            "support@reply.acme-homes.test",
            "",
        ] {
            assert_eq!(verify(forged, "reply.acme-homes.test", &secret()), None, "{forged}");
        }
        assert_eq!(verify("r+k7m2q9x4t1b8w3zd.0000000000000000@d.test", "d.test", &Secret::new("")), None);
    }

    #[test]
    fn conversations_have_names_of_their_own() {
        let (one, other) = (ConversationId::new(), ConversationId::new());
        assert_ne!(name_of(one), name_of(other));
        assert_eq!(name_of(one), name_of(one));
        assert_eq!(verify(&address(&name_of(one), "d.test", &secret()), "d.test", &secret()), Some(name_of(one)));
    }
}
