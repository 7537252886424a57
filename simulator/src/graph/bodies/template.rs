//! The body of a template message, checked against the template.

use serde_json::Value;

use super::super::GraphError;
use super::super::limits::Fields;
use super::{Around, Outgoing};
use crate::config::{Template, WhatsappNumber};

pub(super) fn check(
    body: &Value,
    number: &WhatsappNumber,
    around: &Around<'_>,
    outgoing: &mut Outgoing,
) -> Result<(), GraphError> {
    let fields = Fields::of(body, "template", &["name", "language", "components", "category"])?;
    let name = fields.text("name", 512)?;
    let language = Fields::of(&body["template"], "language", &["code", "policy"])?.text("code", 16)?;
    let known = around.templates.iter().find(|known| known.name == name && known.language == language);
    let known = known.ok_or_else(|| {
        GraphError::new(132_001).details(format!("template name ({name}) does not exist in {language}"))
    })?;
    match known.status.as_str() {
        "APPROVED" => {}
        "PAUSED" => return Err(GraphError::new(132_015).details("Template is paused due to low quality")),
        "DISABLED" => return Err(GraphError::new(132_016).details("Template is disabled")),
        _ => return Err(GraphError::new(132_001).details("Template is not approved")),
    }
    let components = fields.get("components").and_then(Value::as_array).map_or(&[] as &[Value], Vec::as_slice);
    let (mut given, mut header, mut buttons) = (Vec::new(), None, Vec::new());
    for component in components {
        let parameters = component.get("parameters").and_then(Value::as_array);
        let parameters = parameters.ok_or_else(|| GraphError::missing("components['parameters']"))?;
        match component.get("type").and_then(Value::as_str).map(str::to_lowercase).as_deref() {
            Some("body") => {
                for parameter in parameters {
                    given.push(parameter_text(parameter)?);
                }
            }
            Some("header") => header = parameters.first(),
            Some("button") => {
                let index = component.get("index").and_then(|index| {
                    index.as_u64().or_else(|| index.as_str()?.parse().ok()).and_then(|at| usize::try_from(at).ok())
                });
                let index = index.ok_or_else(|| GraphError::missing("components['index']"))?;
                let kind = component.get("sub_type").and_then(Value::as_str).unwrap_or_default().to_lowercase();
                buttons.push((index, kind));
            }
            Some("footer") => {}
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
    check_header(known, header, number, around)?;
    check_buttons(known, &buttons)?;
    outgoing.text = Some(fill(known, &given));
    Ok(())
}

fn part<'t>(template: &'t Template, kind: &str) -> Option<&'t Value> {
    template.parts.iter().find(|part| part.get("type").and_then(Value::as_str) == Some(kind))
}

fn check_header(
    template: &Template,
    given: Option<&Value>,
    number: &WhatsappNumber,
    around: &Around<'_>,
) -> Result<(), GraphError> {
    let part = part(template, "HEADER");
    let format = part.and_then(|part| part.get("format")).and_then(Value::as_str).unwrap_or("TEXT").to_lowercase();
    let varies = part.is_some_and(|part| {
        format != "text" || part.get("text").and_then(Value::as_str).is_some_and(|text| text.contains("{{"))
    });
    let mismatch = |what: &str| GraphError::new(132_012).details(format!("header: Format mismatch, {what}"));
    match (varies, given) {
        (false, None) => Ok(()),
        (false, Some(_)) => Err(GraphError::new(132_000).details("header: no parameter is expected")),
        (true, None) => Err(mismatch("expected a parameter")),
        (true, Some(given)) if given.get("type").and_then(Value::as_str) != Some(format.as_str()) => {
            Err(mismatch(&format!("expected {format}")))
        }
        (true, Some(given)) => match given.pointer(&format!("/{format}/id")).and_then(Value::as_str) {
            Some(id) if around.shelf.get(id).is_none_or(|file| file.owner != number.phone_number_id) => {
                Err(GraphError::value(format!("Media ID {id} is not valid or has expired")))
            }
            _ => Ok(()),
        },
    }
}

fn check_buttons(template: &Template, given: &[(usize, String)]) -> Result<(), GraphError> {
    let listed = part(template, "BUTTONS").and_then(|part| part.get("buttons")).and_then(Value::as_array);
    let listed = listed.map(Vec::as_slice).unwrap_or_default();
    for (index, kind) in given {
        let button = listed.get(*index).and_then(|button| button.get("type")).and_then(Value::as_str);
        if button.map(str::to_lowercase).as_deref() != Some(kind.as_str()) {
            return Err(GraphError::new(132_000)
                .details(format!("buttons: Button at index {index} of type {kind} is not expected")));
        }
    }
    for (index, button) in listed.iter().enumerate() {
        let varies = button.get("url").and_then(Value::as_str).is_some_and(|url| url.contains("{{"));
        if varies && !given.iter().any(|(at, _)| *at == index) {
            return Err(GraphError::new(131_008)
                .details(format!("buttons: Button at index {index} of type Url requires a parameter")));
        }
    }
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
