//! The body of a send, checked as strictly as Meta checks it. Source: Cloud API, "Messages"; limits in channels 3.8.

use serde_json::Value;

use crate::config::{Template, WhatsappNumber};
use crate::media::MediaShelf;
use crate::message::ThreadMedia;

use super::GraphError;
use super::limits::Fields;

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

/// Checks everything below `type`, and `context`.
pub(super) fn check(body: &Value, number: &WhatsappNumber, shelf: &MediaShelf) -> Result<Outgoing, GraphError> {
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
        "image" | "video" | "audio" | "document" | "sticker" => media(body, kind, number, shelf, &mut outgoing)?,
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
            outgoing.reply_to = Some(reaction.text("message_id", 256)?.to_owned());
            outgoing.text = reaction.optional_text("emoji", 16)?.map(str::to_owned);
        }
        _ => template(body, number, &mut outgoing)?,
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
    let action = Fields::of(interactive, "action", &["buttons", "button", "sections", "name", "parameters"])?;
    match kind {
        "button" => {
            for button in action.list("buttons", 3)? {
                let reply = Fields::of(button, "reply", &["id", "title"])?;
                reply.text("id", 256)?;
                reply.text("title", 20)?;
            }
        }
        "list" => list_action(&action)?,
        "cta_url" => {
            let parameters = action.get("parameters");
            let text = |key| parameters.and_then(|parameters| parameters.get(key)).and_then(Value::as_str);
            if text("display_text").is_none() || text("url").is_none() {
                return Err(GraphError::missing("interactive['action']['parameters']"));
            }
        }
        "location_request_message" => drop(action.text("name", 64)?),
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
            fields.text("id", 200)?;
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

fn template(body: &Value, number: &WhatsappNumber, outgoing: &mut Outgoing) -> Result<(), GraphError> {
    let fields = Fields::of(body, "template", &["name", "language", "components", "category"])?;
    let name = fields.text("name", 512)?;
    let language = Fields::of(&body["template"], "language", &["code", "policy"])?.text("code", 16)?;
    let known = number.templates.iter().find(|known| known.name == name && known.language == language);
    let known = known.ok_or_else(|| {
        GraphError::new(132_001).details(format!("template name ({name}) does not exist in {language}"))
    })?;
    let components = fields.get("components").and_then(Value::as_array).map_or(&[] as &[Value], Vec::as_slice);
    let mut given = Vec::new();
    for component in components {
        let kind = component.get("type").and_then(Value::as_str).map(str::to_lowercase);
        match kind.as_deref() {
            Some("body") => {
                let parameters = component.get("parameters").and_then(Value::as_array);
                for parameter in parameters.ok_or_else(|| GraphError::missing("components['parameters']"))? {
                    given.push(parameter_text(parameter)?);
                }
            }
            Some("header" | "footer" | "button") => {}
            _ => return Err(GraphError::parameter("Param template['components'][0]['type'] is not valid.")),
        }
    }
    let expected = known.parameters();
    if given.len() != expected {
        let details = format!(
            "body: number of localizable_params ({}) does not match the expected number of params ({expected})",
            given.len()
        );
        return Err(GraphError::new(132_000).details(details));
    }
    outgoing.text = Some(fill(known, &given));
    Ok(())
}

fn parameter_text(parameter: &Value) -> Result<String, GraphError> {
    let text = parameter.get("text").and_then(Value::as_str).filter(|text| !text.is_empty());
    match parameter.get("type").and_then(Value::as_str) {
        Some("text") => text.map(str::to_owned).ok_or_else(|| GraphError::missing("parameters['text']")),
        Some("currency" | "date_time") => Ok("…".to_owned()),
        _ => Err(GraphError::value("Template parameter type is not valid")),
    }
}

fn fill(template: &Template, given: &[String]) -> String {
    given
        .iter()
        .enumerate()
        .fold(template.body.clone(), |text, (at, value)| text.replace(&format!("{{{{{}}}}}", at + 1), value))
}
