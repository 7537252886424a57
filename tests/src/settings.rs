//! Settings of a node under test: two inboxes, no limits that would hide what a test looks for.

use std::fmt::Write as _;
use std::path::Path;

use patchbay_core::actor::Scope;
use patchbay_core::ids::{ActorId, SiteId};
use patchbay_core::secret::Secret;
use patchbay_http::{Claims, TokenKeys, WordList};

/// Signs the tokens of all tests.
pub const JWT_SECRET: &str = "a-secret-of-tests-that-is-long-enough-to-sign-with";
/// Meta's id of the WhatsApp number.
pub const PHONE_NUMBER_ID: &str = "106550100000001";
/// Our WhatsApp number.
pub const WHATSAPP_ADDRESS: &str = "+15550100001";
/// Signs WhatsApp webhooks.
pub const APP_SECRET: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
/// Token of the subscription handshake.
pub const VERIFY_TOKEN: &str = "a-verify-token-of-tests";
/// Bearer token of the Graph API.
pub const ACCESS_TOKEN: &str = "an-access-token-of-tests";
/// Account of the SMS number.
pub const ACCOUNT_SID: &str = "AC5d3a0c1f7e9b4826a0f1c2d3e4b5a697";
/// Signs Twilio webhooks.
pub const AUTH_TOKEN: &str = "f0e1d2c3b4a5968778695a4b3c2d1e0f";
/// Our mailbox, where a test makes an inbox of it.
pub const MAIL_ADDRESS: &str = "desk@ours.test";
/// Our SMS number.
pub const SMS_ADDRESS: &str = "+15550100003";

/// What differs from node to node and from test to test.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Port of the node.
    pub port: u16,
    /// What providers call: the address of the first node.
    pub public_url: String,
    /// Database address.
    pub database_url: String,
    /// Redis address; empty for none.
    pub redis_url: String,
    /// Where the fakes of the providers listen.
    pub providers_url: String,
    /// More lines, in front of the inboxes.
    pub more: String,
}

impl Settings {
    /// Writes `patchbay.toml` into `folder`.
    pub fn write(&self, folder: &Path) {
        let Self { port, public_url, database_url, redis_url, providers_url, more } = self;
        let mut text = format!(
            r#"env = "development"
listen = "127.0.0.1:{port}"
public_url = "{public_url}"
data_dir = "data"
database_url = "{database_url}"
redis_url = "{redis_url}"
"#
        );
        let _written = write!(
            text,
            r#"{more}
[auth]
jwt_secret = "{JWT_SECRET}"

[limits]
messages_per_contact_minute = 0
conversations_per_contact_hour = 0
webhooks_per_second = 0
api_per_second = 0

[[inbox]]
name = "whatsapp-main"
channel = "whatsapp"
team = "support"
phone_number_id = "{PHONE_NUMBER_ID}"
address = "{WHATSAPP_ADDRESS}"
app_secrets = ["{APP_SECRET}"]
verify_token = "{VERIFY_TOKEN}"
access_token = "{ACCESS_TOKEN}"
api_base = "{providers_url}/v23.0"

[[inbox]]
name = "sms-main"
channel = "sms"
team = "support"
account_sid = "{ACCOUNT_SID}"
auth_tokens = ["{AUTH_TOKEN}"]
address = "{SMS_ADDRESS}"
api_base = "{providers_url}"
"#
        );
        std::fs::write(folder.join("patchbay.toml"), text).expect("the settings can be written");
    }
}

/// A token for `role` that may touch every account and site and is valid for an hour.
pub fn token(role: &str) -> String {
    token_for(role, ActorId::new(), &[], Scope::All)
}

/// A token for somebody in particular.
pub fn token_for(role: &str, subject: ActorId, teams: &[&str], sites: Scope<SiteId>) -> String {
    let now = patchbay_core::clock::Clock::system().now().timestamp();
    let sites = match sites {
        Scope::All => vec!["*".to_owned()],
        Scope::Only(ids) => ids.iter().map(ToString::to_string).collect(),
    };
    let claims = Claims {
        sub: subject.to_string(),
        role: role.to_owned(),
        exp: now + 3600,
        iat: Some(now),
        name: Some(format!("The {role} of the tests")),
        team_ids: Some(WordList::List(teams.iter().map(|&team| team.to_owned()).collect())),
        account_ids: Some(WordList::List(vec!["*".to_owned()])),
        site_ids: Some(WordList::List(sites)),
        ..Claims::default()
    };
    let keys =
        TokenKeys::new(&Secret::new(JWT_SECRET.to_owned()), None, None).expect("the tests' secret is long enough");
    keys.issue(claims).expect("a token can be signed")
}
