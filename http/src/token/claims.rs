//! What a token says. Source: domain, authentication; RFC 7519.

use std::collections::BTreeSet;

use patchbay_core::Code;
use patchbay_core::actor::Scope;
use patchbay_core::tool::Grant;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::error::ApiError;

/// What a token says. Lists may be JSON arrays or one comma-separated text.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Claims {
    /// Who.
    pub sub: String,
    /// As what.
    #[serde(default)]
    pub role: String,
    /// Until when, in seconds since 1970.
    #[serde(deserialize_with = "seconds")]
    pub exp: i64,
    /// Not before, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "maybe_seconds")]
    pub nbf: Option<i64>,
    /// Made when, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "maybe_seconds")]
    pub iat: Option<i64>,
    /// Made by whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Portals it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aud: Option<WordList>,
    /// What kind of being.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_type: Option<String>,
    /// Name to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Teams, by id or slug.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_ids: Option<WordList>,
    /// Accounts, or `*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_ids: Option<WordList>,
    /// Sites, or `*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_ids: Option<WordList>,
    /// The same, as the originals also write it; or the permissions of the token in one text, as OAuth writes it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "scope_claim",
        serialize_with = "scope_as_written"
    )]
    pub scope: Option<ScopeClaim>,
    /// Login the token belongs to. Issuers beside us use the name for sessions of their own, whatever these look like.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "our_session")]
    pub sid: Option<Uuid>,
    /// Conversation an assistant's token is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conv: Option<Uuid>,
    /// Makes two tokens of the same second differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
}

/// `scope: {account_ids, site_ids}`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ScopeClaim {
    /// Accounts, or `*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_ids: Option<WordList>,
    /// Sites, or `*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_ids: Option<WordList>,
    /// Permissions, when the claim is a text or a list of them.
    #[serde(skip)]
    pub permissions: Option<String>,
}

impl ScopeClaim {
    /// A claim of permissions.
    pub fn of_permissions<'w>(words: impl IntoIterator<Item = &'w str>) -> Self {
        let words: Vec<&str> = words.into_iter().collect();
        Self { permissions: Some(words.join(" ")), ..Self::default() }
    }
}

/// A list of words: an array, or one text with commas.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum WordList {
    /// `"a,b"`.
    Text(String),
    /// `["a","b"]`.
    List(Vec<String>),
}

impl WordList {
    /// The words, trimmed, without empty ones.
    pub fn words(&self) -> Vec<&str> {
        let words: Vec<&str> = match self {
            Self::Text(text) => text.split(',').collect(),
            Self::List(list) => list.iter().map(String::as_str).collect(),
        };
        words.into_iter().map(str::trim).filter(|word| !word.is_empty()).collect()
    }
}

impl Claims {
    /// Accounts of the token. Error: `INVALID_AUTH_CLAIMS` when an entry is neither an id nor `*`.
    pub fn accounts<Id: Ord + From<Uuid>>(&self) -> Result<Scope<Id>, ApiError> {
        claimed(self.account_ids.as_ref().or_else(|| self.scope.as_ref()?.account_ids.as_ref()))
    }

    /// Sites of the token. Error: `INVALID_AUTH_CLAIMS` when an entry is neither an id nor `*`.
    pub fn sites<Id: Ord + From<Uuid>>(&self) -> Result<Scope<Id>, ApiError> {
        claimed(self.site_ids.as_ref().or_else(|| self.scope.as_ref()?.site_ids.as_ref()))
    }

    /// Which kinds of tools the token opens.
    pub fn tools(&self) -> Grant {
        let permissions = self.scope.as_ref().and_then(|scope| scope.permissions.as_deref());
        Grant::of(permissions.unwrap_or_default().split_whitespace())
    }
}

fn claimed<Id: Ord + From<Uuid>>(list: Option<&WordList>) -> Result<Scope<Id>, ApiError> {
    let Some(list) = list else { return Ok(Scope::none()) };
    scope_of(list)
        .ok_or_else(|| ApiError::new(Code::InvalidAuthClaims, "the token's scope holds something that is not an id"))
}

/// Ids, or everything when one word is `*`. `None`: a word is neither.
pub(crate) fn scope_of<Id: Ord + From<Uuid>>(list: &WordList) -> Option<Scope<Id>> {
    let words = list.words();
    let ids = words
        .iter()
        .filter(|word| **word != "*")
        .map(|word| Uuid::parse_str(word).ok().map(Id::from))
        .collect::<Option<BTreeSet<Id>>>()?;
    Some(if words.contains(&"*") { Scope::All } else { Scope::Only(ids) })
}

/// A NumericDate: whole seconds, or a fraction that is cut off. Source: RFC 7519, section 2.
#[derive(Deserialize)]
#[serde(untagged)]
enum NumericDate {
    Whole(i64),
    Fraction(f64),
}

impl NumericDate {
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and the far future stays the far future")]
    fn seconds(&self) -> i64 {
        match *self {
            Self::Whole(seconds) => seconds,
            Self::Fraction(seconds) => seconds.floor() as i64,
        }
    }
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    NumericDate::deserialize(deserializer).map(|date| date.seconds())
}

fn maybe_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(Option::<NumericDate>::deserialize(deserializer)?.map(|date| date.seconds()))
}

/// OAuth issuers write `scope` as a text of permissions, which says nothing about accounts and sites.
fn scope_claim<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ScopeClaim>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Ours(ScopeClaim),
        Permissions(WordList),
    }
    Ok(match Option::<Written>::deserialize(deserializer)? {
        Some(Written::Ours(scope)) => Some(scope),
        Some(Written::Permissions(list)) => {
            let words = list.words();
            Some(ScopeClaim::of_permissions(words.iter().flat_map(|word| word.split_whitespace())))
        }
        None => None,
    })
}

fn scope_as_written<S: Serializer>(claim: &Option<ScopeClaim>, serializer: S) -> Result<S::Ok, S::Error> {
    match claim.as_ref().and_then(|claim| claim.permissions.as_deref()) {
        Some(permissions) => serializer.serialize_str(permissions),
        None => claim.serialize(serializer),
    }
}

fn our_session<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Uuid>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.and_then(|text| Uuid::parse_str(&text).ok()))
}
