//! The body of a send, checked as strictly as Meta checks it. Source: Cloud API, "Messages"; limits in channels 3.8.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::config::{Template, WhatsappNumber};
use crate::media::MediaShelf;
use crate::message::ThreadMedia;

use super::GraphError;
use super::limits::Fields;

mod template;

const TYPES: &[&str] = &[
    "text", "image", "video", "audio", "document", "sticker", "location", "contacts", "interactive", "reaction",
    "template",
];

/// A body that would be accepted.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) kind: String,
    pub(super) text: Option<String>,
    pub(super) media: Vec<ThreadMedia>,
    pub(super) reply_to: Option<String>,
}

/// What a body may refer to.
pub(super) struct Around<'a> {
    pub(super) shelf: &'a MediaShelf,
    pub(super) templates: &'a [Template],
    /// Whether there is a message of this id.
    pub(super) known: &'a dyn Fn(&str) -> bool,
}

/// Checks everything below `type`, and `context`.
pub(super) fn check(body: &Value, number: &WhatsappNumber, around: &Around<'_>) -> Result<Outgoing, GraphError> {
    let kind = match body.get("type") {
        None => "text",
        Some(kind) => kind.as_str().filter(|kind| TYPES.contains(kind)).ok_or_else(|| {
            GraphError::parameter(format!("Param type must be one of {{{}}} - got {kind}.", TYPES.join(", ")))
        })?,
    };
    let mut outgoing = Outgoing { kind: kind.to_owned(), text: None, media: Vec::new(), reply_to: context(body)? };
    match kind {
        "text" => {
            let text = Fields::of(body, "text", &["body", "preview_url"])?;
            outgoing.text = Some(text.text("body", 4096)?.to_owned());
        }
        "image" | "video" | "audio" | "document" | "sticker" => media(body, kind, number, around.shelf, &mut outgoing)?,
        "location" => {
            let place = Fields::of(body, "location", &["latitude", "longitude", "name", "address"])?;
            let (latitude, longitude) = (place.number("latitude")?, place.number("longitude")?);
            let name = place.optional_text("name", 1000)?.map(|name| format!("{name} "));
            outgoing.text = Some(format!("{}({latitude}, {longitude})", name.unwrap_or_default()));
        }
        "contacts" => {
            let cards = body.get("contacts").and_then(Value::as_array).filter(|cards| !cards.is_empty());
            let cards = cards.ok_or_else(|| GraphError::missing("contacts"))?;
            for card in cards {
                let name = card.pointer("/name/formatted_name").and_then(Value::as_str);
                outgoing.text = Some(name.ok_or_else(|| GraphError::missing("contacts['name']"))?.to_owned());
            }
        }
        "interactive" => interactive(body, &mut outgoing)?,
        "reaction" => {
            let reaction = Fields::of(body, "reaction", &["message_id", "emoji"])?;
            let target = reaction.text("message_id", 256)?;
            if !(around.known)(target) {
                return Err(GraphError::value("Message id of the reaction is not valid"));
            }
            outgoing.reply_to = Some(target.to_owned());
            outgoing.text = reaction.optional_text("emoji", 16)?.map(str::to_owned);
        }
        _ => template::check(body, number, around, &mut outgoing)?,
    }
    Ok(outgoing)
}

fn context(body: &Value) -> Result<Option<String>, GraphError> {
    if body.get("context").is_none() {
        return Ok(None);
    }
    let context = Fields::of(body, "context", &["message_id"])?;
    Ok(Some(context.text("message_id", 256)?.to_owned()))
}

fn media(
    body: &Value,
    kind: &str,
    number: &WhatsappNumber,
    shelf: &MediaShelf,
    outgoing: &mut Outgoing,
) -> Result<(), GraphError> {
    let allowed: &[&str] = match kind {
        "document" => &["id", "link", "caption", "filename"],
        "image" | "video" => &["id", "link", "caption"],
        _ => &["id", "link"],
    };
    let fields = Fields::of(body, kind, allowed)?;
    outgoing.text = fields.optional_text("caption", 1024)?.map(str::to_owned);
    let filename = fields.optional_text("filename", 240)?.map(str::to_owned);
    let (url, mime_type) = match (fields.optional_text("id", 256)?, fields.optional_text("link", 2048)?) {
        (Some(id), None) => {
            let file = shelf.get(id).filter(|file| file.owner == number.phone_number_id);
            let file = file.ok_or_else(|| GraphError::value(format!("Media ID {id} is not valid or has expired")))?;
            (format!("/sim/api/media/{id}"), Some(file.mime_type.clone()))
        }
        (None, Some(link)) if link.starts_with("https://") || link.starts_with("http://") => (link.to_owned(), None),
        (None, Some(_)) => return Err(GraphError::value(format!("Param {kind}['link'] is not a valid URI."))),
        (Some(_), Some(_)) => {
            return Err(GraphError::parameter(format!("Only one of {kind}['id'] and {kind}['link'] may be given.")));
        }
        (None, None) => return Err(GraphError::missing(&format!("{kind}['id'] or {kind}['link']"))),
    };
    outgoing.media.push(ThreadMedia { url, mime_type, filename });
    Ok(())
}

fn interactive(body: &Value, outgoing: &mut Outgoing) -> Result<(), GraphError> {
    let fields = Fields::of(body, "interactive", &["type", "header", "body", "footer", "action"])?;
    let kind = fields.text("type", 64)?;
    let interactive = &body["interactive"];
    outgoing.text = match interactive.get("body") {
        None => None,
        Some(_) => Some(Fields::of(interactive, "body", &["text"])?.text("text", 1024)?.to_owned()),
    };
    if outgoing.text.is_none() && kind != "flow" {
        return Err(GraphError::missing("interactive['body']"));
    }
    if interactive.get("footer").is_some() {
        Fields::of(interactive, "footer", &["text"])?.text("text", 60)?;
    }
    if interactive.get("header").is_some() {
        let header = Fields::of(interactive, "header", &["type", "text", "image", "video", "document"])?;
        if header.text("type", 16)? == "text" {
            header.text("text", 60)?;
        }
    }
    let action = Fields::of(interactive, "action", &["buttons", "button", "sections", "name", "parameters"])?;
    match kind {
        "button" => {
            let (mut ids, mut titles) = (BTreeSet::new(), BTreeSet::new());
            for button in action.list("buttons", 3)? {
                let reply = Fields::of(button, "reply", &["id", "title"])?;
                if !ids.insert(reply.text("id", 256)?) || !titles.insert(reply.text("title", 20)?) {
                    return Err(GraphError::value("Duplicate button id or title"));
                }
            }
        }
        "list" => list_action(&action)?,
        "cta_url" => {
            let parameters = action.get("parameters");
            let text = |key| parameters.and_then(|parameters| parameters.get(key)).and_then(Value::as_str);
            let url = text("url").filter(|url| url.starts_with("https://") || url.starts_with("http://"));
            if text("display_text").is_none_or(|label| label.is_empty() || label.chars().count() > 20) || url.is_none()
            {
                return Err(GraphError::missing("interactive['action']['parameters']"));
            }
            if action.text("name", 64)? != "cta_url" {
                return Err(GraphError::value("interactive['action']['name'] must be cta_url"));
            }
        }
        "location_request_message" if action.text("name", 64)? == "send_location" => {}
        "location_request_message" => {
            return Err(GraphError::value("interactive['action']['name'] must be send_location"));
        }
        "flow" => {
            let id = action.get("parameters").and_then(|parameters| parameters.get("flow_id"));
            id.ok_or_else(|| GraphError::missing("interactive['action']['parameters']['flow_id']"))?;
        }
        other => return Err(GraphError::value(format!("Interactive type {other} is not supported"))),
    }
    Ok(())
}

fn list_action(action: &Fields<'_>) -> Result<(), GraphError> {
    action.text("button", 20)?;
    let sections = action.list("sections", 10)?;
    let mut rows = 0;
    let mut ids = BTreeSet::new();
    for section in sections {
        let section = serde_json::json!({ "section": section });
        let fields = Fields::of(&section, "section", &["title", "rows"])?;
        match sections.len() {
            1 => drop(fields.optional_text("title", 24)?),
            _ => drop(fields.text("title", 24)?),
        }
        for row in fields.list("rows", 10)? {
            let row = serde_json::json!({ "row": row });
            let fields = Fields::of(&row, "row", &["id", "title", "description"])?;
            if !ids.insert(fields.text("id", 200)?.to_owned()) {
                return Err(GraphError::value("Duplicate row id"));
            }
            fields.text("title", 24)?;
            fields.optional_text("description", 72)?;
            rows += 1;
        }
    }
    if rows > 10 {
        return Err(GraphError::value("Total row count exceed max allowed count: 10"));
    }
    Ok(())
}
