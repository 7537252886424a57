//! The body of `POST /chat/{inbox}/messages`.

use patchbay_core::item::ContentType;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::json::{element, object, text};

/// Most files of one message.
const MAX_ATTACHMENTS: usize = 10;

/// What was sent, before anybody looked who sent it.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// The sender's own id of it: a retry carries the same one.
    pub client_message_id: Option<String>,
    /// Which visitor says it.
    pub visitor_id: Option<String>,
    /// Whom the body claims it is from.
    pub user: ClaimedUser,
    /// The proof of that claim, in `hmac` mode.
    pub hash: Option<String>,
    /// What kind of thing.
    pub kind: Kind,
    /// The text, or the caption of the files.
    pub text: Option<String>,
    /// Attached files.
    pub attachments: Vec<Attachment>,
    /// The message it answers.
    pub reply_to: Option<String>,
    /// When the sender's clock says it was written: a hint.
    pub sent_at: Option<String>,
    /// Facts of the content type: `location`, `contacts`, `interactive`, `reaction`, `order`.
    pub facts: Map<String, Value>,
}

/// What is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Somebody writes.
    Typing,
    /// Something.
    Message(ContentType),
}

/// Whom a body claims to be from. Proves nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimedUser {
    /// The id exactly as it is hashed: a text as it is, a number as its decimal text. An empty one is none.
    pub id: Option<String>,
    /// Name to show.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
}

/// One attached file, as the sender describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachment {
    /// Id of the upload.
    pub id: Option<String>,
    /// Where the sender says it lies. Never fetched.
    pub url: Option<String>,
    /// Type.
    pub mime_type: Option<String>,
    /// Name.
    pub filename: Option<String>,
    /// Size in bytes.
    pub size: Option<u64>,
}

/// The body is not what the channel takes; the word says which part. Never repeats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} does not fit")]
pub struct Malformed(pub &'static str);

/// The parts that must be looked at as they were written. A key that stands twice is nobody's: the type refuses it.
#[derive(Deserialize)]
struct Raw<'b> {
    #[serde(borrow, default)]
    user: Option<&'b RawValue>,
    #[serde(borrow, default)]
    identity: Option<&'b RawValue>,
}

#[derive(Deserialize)]
struct RawUser<'b> {
    #[serde(borrow, default)]
    id: Option<&'b RawValue>,
}

#[derive(Deserialize)]
struct RawIdentity<'b> {
    #[serde(borrow, default)]
    hash: Option<&'b RawValue>,
}

/// Reads a body.
pub fn parse(body: &[u8]) -> Result<Said, Malformed> {
    let written = std::str::from_utf8(body).map_err(|_| Malformed("body"))?;
    let value = element(written).filter(Value::is_object).ok_or(Malformed("body"))?;
    let raw: Raw<'_> = serde_json::from_str(written).map_err(|_| Malformed("body"))?;
    let kind = kind(&value)?;
    let said = Said {
        client_message_id: optional_text(&value, "client_message_id")?,
        visitor_id: optional_text(&value, "visitor_id")?,
        user: claimed_user(&value, raw.user)?,
        hash: hash(raw.identity)?,
        kind,
        text: optional_text(&value, "text")?,
        attachments: attachments(&value)?,
        reply_to: optional_text(&value, "reply_to")?,
        sent_at: text(&value, "sent_at").map(str::to_owned),
        facts: facts(&value, kind),
    };
    match kind {
        Kind::Typing => {}
        Kind::Message(content) => check_content(&said, content)?,
    }
    Ok(said)
}

/// What a session is asked for with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionRequest {
    /// The visitor to go on as.
    pub visitor_id: Option<String>,
    /// The session before this one.
    pub session_token: Option<String>,
    /// Whom the body claims to be.
    pub user: ClaimedUser,
    /// The proof of that claim, in `hmac` mode.
    pub hash: Option<String>,
    /// The proof in `jwt` mode, where it does not stand in `Authorization`.
    pub token: Option<String>,
}

/// Reads what a session is asked for with. Nothing at all asks for a new visitor.
pub fn parse_session(body: &[u8]) -> Result<SessionRequest, Malformed> {
    if body.is_empty() {
        return Ok(SessionRequest::default());
    }
    let written = std::str::from_utf8(body).map_err(|_| Malformed("body"))?;
    let value = element(written).filter(Value::is_object).ok_or(Malformed("body"))?;
    let raw: Raw<'_> = serde_json::from_str(written).map_err(|_| Malformed("body"))?;
    Ok(SessionRequest {
        visitor_id: optional_text(&value, "visitor_id")?,
        session_token: optional_text(&value, "session_token")?,
        user: claimed_user(&value, raw.user)?,
        hash: hash(raw.identity)?,
        token: object(&value, "identity").and_then(|identity| text(identity, "token")).map(str::to_owned),
    })
}

fn kind(value: &Value) -> Result<Kind, Malformed> {
    match value.get("type").and_then(Value::as_str) {
        Some("typing") => Ok(Kind::Typing),
        // Templates are ours to send.
        Some("template") | None => Err(Malformed("type")),
        Some(word) => word.parse().map(Kind::Message).map_err(|_| Malformed("type")),
    }
}

fn check_content(said: &Said, kind: ContentType) -> Result<(), Malformed> {
    let id = said.client_message_id.as_deref().ok_or(Malformed("client_message_id"))?;
    if !is_uuid(id) {
        return Err(Malformed("client_message_id"));
    }
    let has_text = said.text.as_deref().is_some_and(|text| !text.trim().is_empty());
    let has_files = !said.attachments.is_empty();
    match kind {
        ContentType::Text if !has_text && !has_files => Err(Malformed("text")),
        ContentType::Image | ContentType::Video | ContentType::Audio | ContentType::Document | ContentType::Sticker
            if !has_files =>
        {
            Err(Malformed("attachments"))
        }
        _ => Ok(()),
    }
}

/// Five groups of hex digits with hyphens: the one spelling that ids travel in.
fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// A text field; absent, null and empty are the same.
fn optional_text(value: &Value, key: &'static str) -> Result<Option<String>, Malformed> {
    match value.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Some(_) => Err(Malformed(key)),
    }
}

fn claimed_user(value: &Value, raw: Option<&RawValue>) -> Result<ClaimedUser, Malformed> {
    let user = match value.get("user") {
        None | Some(Value::Null) => return Ok(ClaimedUser::default()),
        Some(user) if user.is_object() => user,
        Some(_) => return Err(Malformed("user")),
    };
    let raw = raw.ok_or(Malformed("user"))?;
    let raw: RawUser<'_> = serde_json::from_str(raw.get()).map_err(|_| Malformed("user"))?;
    Ok(ClaimedUser {
        id: raw.id.map(|id| id_text(id, "user.id")).transpose()?.flatten(),
        name: text(user, "name").map(str::to_owned),
        email: text(user, "email").map(str::to_owned),
    })
}

/// An id as it is hashed: `"42"` and `42` are both `42`, and no digit of a long number is lost.
fn id_text(raw: &RawValue, path: &'static str) -> Result<Option<String>, Malformed> {
    let written = raw.get();
    match written.as_bytes().first() {
        Some(b'"') => {
            let id: String = serde_json::from_str(written).map_err(|_| Malformed(path))?;
            Ok(Some(id).filter(|id| !id.is_empty()))
        }
        Some(b'0'..=b'9' | b'-') => Ok(Some(written.to_owned())),
        Some(b'n') => Ok(None),
        _ => Err(Malformed(path)),
    }
}

fn hash(identity: Option<&RawValue>) -> Result<Option<String>, Malformed> {
    let Some(raw) = identity.filter(|raw| raw.get() != "null") else { return Ok(None) };
    let identity: RawIdentity<'_> = serde_json::from_str(raw.get()).map_err(|_| Malformed("identity"))?;
    match identity.hash.map(RawValue::get) {
        None | Some("null") => Ok(None),
        // Something else than a text is a proof all the same, and a wrong one.
        Some(written) => {
            let hash = serde_json::from_str::<String>(written).unwrap_or_else(|_| written.to_owned());
            Ok(Some(hash).filter(|hash| !hash.is_empty()))
        }
    }
}

fn attachments(value: &Value) -> Result<Vec<Attachment>, Malformed> {
    let list = match value.get("attachments") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) if list.len() <= MAX_ATTACHMENTS => list,
        Some(_) => return Err(Malformed("attachments")),
    };
    let read = |file: &Value| {
        file.is_object().then(|| Attachment {
            id: text(file, "id").map(str::to_owned),
            url: text(file, "url").map(str::to_owned),
            mime_type: text(file, "mime_type").map(str::to_owned),
            filename: text(file, "filename").map(str::to_owned),
            size: file.get("size").and_then(Value::as_u64),
        })
    };
    list.iter().map(|file| read(file).ok_or(Malformed("attachments"))).collect()
}

fn facts(value: &Value, kind: Kind) -> Map<String, Value> {
    let Kind::Message(kind) = kind else { return Map::new() };
    let key = kind.as_str();
    let fact = match kind {
        ContentType::Location | ContentType::Interactive | ContentType::Reaction | ContentType::Order => {
            object(value, key)
        }
        ContentType::Contacts => value.get(key).filter(|list| list.is_array()),
        _ => None,
    };
    fact.map(|fact| (key.to_owned(), fact.clone())).into_iter().collect()
}
