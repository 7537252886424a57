//! What a template asks for, read from its parts as the provider describes them. Source: WhatsApp Business Platform,
//! template components.

use serde_json::Value;

use super::content::{ButtonValue, HeaderValue};

/// Longest value of a placeholder.
const VALUE_CHARACTERS: usize = 1_024;
/// Longest payload of a button.
const PAYLOAD_CHARACTERS: usize = 256;

/// What a template asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Its text.
    pub body: String,
    /// Names of the placeholders in its text, in order; numbers, when they are numbered.
    pub placeholders: Vec<String>,
    header: HeaderShape,
    buttons: Vec<ButtonShape>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum HeaderShape {
    /// None, or one that stands as it is.
    #[default]
    Fixed,
    Text,
    Image,
    Video,
    Document,
    Location,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ButtonShape {
    QuickReply,
    /// A link; whether its end varies.
    Url {
        varies: bool,
    },
    CopyCode,
    /// Nothing to fill in.
    Fixed,
}

/// What does not fit, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct Unfit {
    /// `header` or `buttons`.
    pub field: &'static str,
    /// What is wrong.
    pub problem: String,
}

fn unfit(field: &'static str, problem: impl Into<String>) -> Unfit {
    Unfit { field, problem: problem.into() }
}

impl Shape {
    /// The shape behind the provider's list of components. `None`: it has no text, or is no list.
    pub fn of(components: &Value) -> Option<Self> {
        let mut shape = Self::default();
        for component in components.as_array()? {
            let text = |key: &str| component.get(key).and_then(Value::as_str).unwrap_or_default();
            match text("type").to_ascii_uppercase().as_str() {
                "BODY" => {
                    text("text").clone_into(&mut shape.body);
                    shape.placeholders = placeholders(text("text"));
                }
                "HEADER" => shape.header = HeaderShape::of(text("format"), text("text")),
                "BUTTONS" => {
                    let list = component.get("buttons").and_then(Value::as_array);
                    shape.buttons = list.into_iter().flatten().map(ButtonShape::of).collect();
                }
                _ => {}
            }
        }
        (!shape.body.is_empty()).then_some(shape)
    }

    /// Whether the placeholders of its text have names.
    pub fn is_named(&self) -> bool {
        self.placeholders.iter().any(|name| name.parse::<usize>().is_err())
    }

    /// Whether header and buttons are filled as the template asks.
    pub fn check(&self, header: Option<&HeaderValue>, buttons: &[ButtonValue]) -> Result<(), Unfit> {
        match (self.header, header) {
            (HeaderShape::Fixed, None)
            | (HeaderShape::Text, Some(HeaderValue::Text { .. }))
            | (HeaderShape::Image, Some(HeaderValue::Image))
            | (HeaderShape::Video, Some(HeaderValue::Video))
            | (HeaderShape::Document, Some(HeaderValue::Document))
            | (HeaderShape::Location, Some(HeaderValue::Location { .. })) => {}
            (HeaderShape::Fixed, Some(_)) => return Err(unfit("header", "the template's header takes nothing")),
            (needed, _) => return Err(unfit("header", format!("the template's header needs {}", needed.word()))),
        }
        for (at, shape) in self.buttons.iter().enumerate() {
            let given = buttons.iter().find(|button| usize::from(button.index()) == at);
            match (shape, given) {
                (ButtonShape::Url { varies: true }, Some(ButtonValue::Url { .. }))
                | (ButtonShape::CopyCode, Some(ButtonValue::CopyCode { .. }))
                | (ButtonShape::QuickReply, Some(ButtonValue::QuickReply { .. }) | None)
                | (ButtonShape::Url { varies: false } | ButtonShape::Fixed, None) => {}
                (ButtonShape::Url { varies: true }, None) => {
                    return Err(unfit("buttons", format!("button {at} needs the end of its link")));
                }
                (ButtonShape::CopyCode, None) => return Err(unfit("buttons", format!("button {at} needs its code"))),
                (_, Some(_)) => return Err(unfit("buttons", format!("button {at} does not take this"))),
            }
        }
        match buttons.iter().find(|button| usize::from(button.index()) >= self.buttons.len()) {
            Some(button) => Err(unfit("buttons", format!("the template has no button {}", button.index()))),
            None => Ok(()),
        }
    }
}

/// Whether the values themselves can be sent, whatever the template asks for.
pub fn check_values(params: &[String], header: Option<&HeaderValue>, buttons: &[ButtonValue]) -> Result<(), Unfit> {
    let fits = |text: &str, most: usize| !text.trim().is_empty() && text.chars().count() <= most;
    if let Some(at) = params.iter().position(|param| !fits(param, VALUE_CHARACTERS)) {
        return Err(unfit("params", format!("{at}: must have 1 to {VALUE_CHARACTERS} characters")));
    }
    if let Some(HeaderValue::Text { text }) = header
        && !fits(text, 60)
    {
        return Err(unfit("header", "text: must have 1 to 60 characters"));
    }
    if let Some(HeaderValue::Location { location }) = header {
        location.check().map_err(|flaw| unfit("header", flaw.to_string()))?;
    }
    for (at, button) in buttons.iter().enumerate() {
        if !fits(button.value(), PAYLOAD_CHARACTERS) {
            return Err(unfit("buttons", format!("{at}: must have 1 to {PAYLOAD_CHARACTERS} characters")));
        }
        if buttons.iter().skip(at + 1).any(|other| other.index() == button.index()) {
            return Err(unfit("buttons", format!("{at}: filled twice")));
        }
    }
    Ok(())
}

impl HeaderShape {
    fn of(format: &str, text: &str) -> Self {
        match format.to_ascii_uppercase().as_str() {
            "IMAGE" => Self::Image,
            "VIDEO" => Self::Video,
            "DOCUMENT" => Self::Document,
            "LOCATION" => Self::Location,
            _ if placeholders(text).is_empty() => Self::Fixed,
            _ => Self::Text,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Fixed => "nothing",
            Self::Text => "a text",
            Self::Image => "an image",
            Self::Video => "a video",
            Self::Document => "a document",
            Self::Location => "a location",
        }
    }
}

impl ButtonShape {
    fn of(button: &Value) -> Self {
        let text = |key: &str| button.get(key).and_then(Value::as_str).unwrap_or_default();
        match text("type").to_ascii_uppercase().as_str() {
            "QUICK_REPLY" => Self::QuickReply,
            "URL" => Self::Url { varies: !placeholders(text("url")).is_empty() },
            "COPY_CODE" => Self::CopyCode,
            _ => Self::Fixed,
        }
    }
}

/// What stands between `{{` and `}}`, each once, in order.
fn placeholders(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for piece in text.split("{{").skip(1) {
        if let Some((name, _)) = piece.split_once("}}") {
            let name = name.trim().to_owned();
            if !name.is_empty() && !found.contains(&name) {
                found.push(name);
            }
        }
    }
    // Numbered ones count, whatever order the text has them in.
    if found.iter().all(|name| name.parse::<usize>().is_ok()) {
        found.sort_by_key(|name| name.parse::<usize>().unwrap_or_default());
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shape() -> Shape {
        Shape::of(&json!([
            {"type": "HEADER", "format": "IMAGE"},
            {"type": "BODY", "text": "Hello {{2}}, {{1}}"},
            {"type": "FOOTER", "text": "Bye"},
            {"type": "BUTTONS", "buttons": [
                {"type": "QUICK_REPLY", "text": "Yes"},
                {"type": "URL", "text": "Open", "url": "https://example.test/{{1}}"},
                {"type": "PHONE_NUMBER", "text": "Call"},
            ]},
        ]))
        .expect("a template")
    }

    fn url(index: u8) -> ButtonValue {
        ButtonValue::Url { index, text: "a".into() }
    }

    #[test]
    fn a_template_says_what_it_asks_for() {
        let shape = shape();
        assert_eq!(shape.placeholders, ["1", "2"]);
        assert!(!shape.is_named());
        assert_eq!(shape.check(Some(&HeaderValue::Image), &[url(1)]), Ok(()));
        let of = |header: Option<&HeaderValue>, buttons: &[ButtonValue]| {
            shape.check(header, buttons).unwrap_err().to_string()
        };
        assert_eq!(of(None, &[url(1)]), "header: the template's header needs an image");
        assert_eq!(of(Some(&HeaderValue::Video), &[url(1)]), "header: the template's header needs an image");
        assert_eq!(of(Some(&HeaderValue::Image), &[]), "buttons: button 1 needs the end of its link");
        assert_eq!(of(Some(&HeaderValue::Image), &[url(0), url(1)]), "buttons: button 0 does not take this");
        assert_eq!(of(Some(&HeaderValue::Image), &[url(1), url(3)]), "buttons: the template has no button 3");
    }

    #[test]
    fn placeholders_with_names_keep_their_order() {
        let shape =
            Shape::of(&json!([{"type": "BODY", "text": "{{last}}, {{first}} and {{last}}"}])).expect("a template");
        assert_eq!(shape.placeholders, ["last", "first"]);
        assert!(shape.is_named());
        assert_eq!(shape.check(None, &[]), Ok(()));
        assert!(Shape::of(&json!([])).is_none() && Shape::of(&json!("x")).is_none());
    }

    #[test]
    fn a_value_is_neither_empty_nor_endless() {
        assert!(check_values(&["a".into()], None, &[url(0)]).is_ok());
        assert!(check_values(&[" ".into()], None, &[]).is_err());
        assert!(check_values(&["x".repeat(1_025)], None, &[]).is_err());
        assert!(check_values(&[], None, &[url(0), url(0)]).is_err());
        assert!(check_values(&[], Some(&HeaderValue::Text { text: String::new() }), &[]).is_err());
    }
}
