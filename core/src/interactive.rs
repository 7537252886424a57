//! Messages with something to press, and places: what an agent may send, within the provider's limits. Source: channels
//! reference, "Sending" (WhatsApp).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Longest text above the buttons.
pub const BODY_CHARACTERS: usize = 1_024;
const HEADER_CHARACTERS: usize = 60;
const FOOTER_CHARACTERS: usize = 60;
const BUTTON_CHARACTERS: usize = 20;
const BUTTON_ID_CHARACTERS: usize = 256;
const MOST_BUTTONS: usize = 3;
const ROW_ID_CHARACTERS: usize = 200;
const TITLE_CHARACTERS: usize = 24;
const DESCRIPTION_CHARACTERS: usize = 72;
const MOST_ROWS: usize = 10;
const URL_CHARACTERS: usize = 2_000;
const PLACE_CHARACTERS: usize = 1_000;

/// Something to press below a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interactive {
    /// Line above the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// Small line below the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    /// What to press.
    #[serde(rename = "kind")]
    pub kind: Kind,
    /// `button`: one to three of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<Button>,
    /// `list`: the label that opens it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub button: Option<String>,
    /// `list`: its parts, ten rows in all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<Section>,
    /// `cta_url`: the label of the link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_text: Option<String>,
    /// `cta_url`: where it leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// `flow`: the provider's id of the form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_id: Option<String>,
    /// `flow`: the label that opens the form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_cta: Option<String>,
    /// `flow`: comes back with the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_token: Option<String>,
}

crate::vocabulary! {
    /// What there is to press.
    pub enum Kind {
        /// Up to three buttons.
        Button => "button",
        /// A list that opens.
        List => "list",
        /// A link.
        CtaUrl => "cta_url",
        /// A request for the customer's place.
        LocationRequest => "location_request_message",
        /// A form of the provider.
        Flow => "flow",
    }
}

/// A button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Button {
    /// Comes back when it is pressed.
    pub id: String,
    /// Its label.
    pub title: String,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Its heading; needed when there is more than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// A row of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Comes back when it is chosen.
    pub id: String,
    /// Its label.
    pub title: String,
    /// Small line below the label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A place to send.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// What is wrong, and where: a path below the object that was checked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct Flaw {
    /// Where.
    pub path: String,
    /// What.
    pub problem: String,
}

fn flaw(path: impl Into<String>, problem: impl Into<String>) -> Flaw {
    Flaw { path: path.into(), problem: problem.into() }
}

/// A text that must be there, and be no longer than `most` characters.
fn needed(path: impl Into<String>, text: Option<&str>, most: usize) -> Result<(), Flaw> {
    match text.map(str::trim).filter(|text| !text.is_empty()) {
        None => Err(flaw(path, "must not be empty")),
        Some(_) => optional(path, text, most),
    }
}

fn optional(path: impl Into<String>, text: Option<&str>, most: usize) -> Result<(), Flaw> {
    if text.is_some_and(|text| text.chars().count() > most) {
        return Err(flaw(path, format!("must have at most {most} characters")));
    }
    Ok(())
}

fn absent(path: &str, is_absent: bool) -> Result<(), Flaw> {
    if is_absent { Ok(()) } else { Err(flaw(path, "does not belong to this kind")) }
}

impl Interactive {
    /// Whether the provider will take it.
    pub fn check(&self) -> Result<(), Flaw> {
        optional("header", self.header.as_deref(), HEADER_CHARACTERS)?;
        optional("footer", self.footer.as_deref(), FOOTER_CHARACTERS)?;
        absent("buttons", self.kind == Kind::Button || self.buttons.is_empty())?;
        absent("button", self.kind == Kind::List || self.button.is_none())?;
        absent("sections", self.kind == Kind::List || self.sections.is_empty())?;
        absent("display_text", self.kind == Kind::CtaUrl || self.display_text.is_none())?;
        absent("url", self.kind == Kind::CtaUrl || self.url.is_none())?;
        absent("flow_id", self.kind == Kind::Flow || self.flow_id.is_none())?;
        absent("flow_cta", self.kind == Kind::Flow || self.flow_cta.is_none())?;
        absent("flow_token", self.kind == Kind::Flow || self.flow_token.is_none())?;
        match self.kind {
            Kind::Button => self.check_buttons(),
            Kind::List => self.check_list(),
            Kind::CtaUrl => {
                needed("display_text", self.display_text.as_deref(), BUTTON_CHARACTERS)?;
                needed("url", self.url.as_deref(), URL_CHARACTERS)?;
                let url = self.url.as_deref().unwrap_or_default();
                let leads_to_the_web = ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme));
                if leads_to_the_web { Ok(()) } else { Err(flaw("url", "must be an address of the web")) }
            }
            Kind::LocationRequest => {
                absent("header", self.header.is_none())?;
                absent("footer", self.footer.is_none())
            }
            Kind::Flow => {
                needed("flow_id", self.flow_id.as_deref(), 64)?;
                needed("flow_cta", self.flow_cta.as_deref(), BUTTON_CHARACTERS)?;
                optional("flow_token", self.flow_token.as_deref(), 256)
            }
        }
    }

    fn check_buttons(&self) -> Result<(), Flaw> {
        if self.buttons.is_empty() || self.buttons.len() > MOST_BUTTONS {
            return Err(flaw("buttons", format!("must be 1 to {MOST_BUTTONS}")));
        }
        let (mut ids, mut titles) = (BTreeSet::new(), BTreeSet::new());
        for (at, button) in self.buttons.iter().enumerate() {
            needed(format!("buttons.{at}.id"), Some(&button.id), BUTTON_ID_CHARACTERS)?;
            needed(format!("buttons.{at}.title"), Some(&button.title), BUTTON_CHARACTERS)?;
            if !ids.insert(&button.id) {
                return Err(flaw(format!("buttons.{at}.id"), "another button has it"));
            }
            if !titles.insert(&button.title) {
                return Err(flaw(format!("buttons.{at}.title"), "another button has it"));
            }
        }
        Ok(())
    }

    fn check_list(&self) -> Result<(), Flaw> {
        needed("button", self.button.as_deref(), BUTTON_CHARACTERS)?;
        let rows: usize = self.sections.iter().map(|section| section.rows.len()).sum();
        if rows == 0 || rows > MOST_ROWS {
            return Err(flaw("sections", format!("must have 1 to {MOST_ROWS} rows in all")));
        }
        let mut ids = BTreeSet::new();
        for (at, section) in self.sections.iter().enumerate() {
            match self.sections.len() {
                1 => optional(format!("sections.{at}.title"), section.title.as_deref(), TITLE_CHARACTERS)?,
                _ => needed(format!("sections.{at}.title"), section.title.as_deref(), TITLE_CHARACTERS)?,
            }
            if section.rows.is_empty() {
                return Err(flaw(format!("sections.{at}.rows"), "must not be empty"));
            }
            for (place, row) in section.rows.iter().enumerate() {
                let path = |field: &str| format!("sections.{at}.rows.{place}.{field}");
                needed(path("id"), Some(&row.id), ROW_ID_CHARACTERS)?;
                needed(path("title"), Some(&row.title), TITLE_CHARACTERS)?;
                optional(path("description"), row.description.as_deref(), DESCRIPTION_CHARACTERS)?;
                if !ids.insert(&row.id) {
                    return Err(flaw(path("id"), "another row has it"));
                }
            }
        }
        Ok(())
    }
}

impl Location {
    /// Whether it is on this planet.
    pub fn check(&self) -> Result<(), Flaw> {
        let within = |path: &str, degrees: f64, most: f64| {
            if degrees.is_finite() && degrees.abs() <= most {
                Ok(())
            } else {
                Err(flaw(path, format!("must be between -{most} and {most}")))
            }
        };
        within("latitude", self.latitude, 90.0)?;
        within("longitude", self.longitude, 180.0)?;
        optional("name", self.name.as_deref(), PLACE_CHARACTERS)?;
        optional("address", self.address.as_deref(), PLACE_CHARACTERS)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[track_caller]
    fn check(value: Value, flaw_at: Option<&str>) {
        let shown = value.to_string();
        let interactive: Interactive = serde_json::from_value(value).expect("the shape fits");
        assert_eq!(interactive.check().err().map(|flaw| flaw.path).as_deref(), flaw_at, "{shown}");
    }

    fn buttons(count: usize) -> Value {
        (0..count).map(|at| json!({"id": format!("b{at}"), "title": format!("Button {at}")})).collect()
    }

    fn rows(count: usize) -> Value {
        (0..count).map(|at| json!({"id": format!("r{at}"), "title": "Row"})).collect()
    }

    #[test]
    fn one_to_three_different_buttons_are_taken() {
        check(json!({"kind": "button", "buttons": buttons(3), "header": "Hello", "footer": "Bye"}), None);
        check(json!({"kind": "button", "buttons": buttons(4)}), Some("buttons"));
        check(json!({"kind": "button"}), Some("buttons"));
        let long = json!([{"id": "a", "title": "x".repeat(21)}]);
        check(json!({"kind": "button", "buttons": long}), Some("buttons.0.title"));
        let long = json!([{"id": "a".repeat(257), "title": "x"}]);
        check(json!({"kind": "button", "buttons": long}), Some("buttons.0.id"));
        let same = json!([{"id": "a", "title": "x"}, {"id": "a", "title": "y"}]);
        check(json!({"kind": "button", "buttons": same}), Some("buttons.1.id"));
        check(json!({"kind": "button", "buttons": buttons(1), "url": "https://x"}), Some("url"));
        check(json!({"kind": "button", "buttons": buttons(1), "header": "x".repeat(61)}), Some("header"));
    }

    #[test]
    fn a_list_has_ten_rows_in_all() {
        check(json!({"kind": "list", "button": "Choose", "sections": [{"rows": rows(10)}]}), None);
        check(json!({"kind": "list", "button": "Choose", "sections": [{"rows": rows(11)}]}), Some("sections"));
        check(json!({"kind": "list", "button": "Choose", "sections": []}), Some("sections"));
        check(json!({"kind": "list", "sections": [{"rows": rows(1)}]}), Some("button"));
        let two = json!([{"title": "A", "rows": rows(1)}, {"rows": [{"id": "x", "title": "y"}]}]);
        check(json!({"kind": "list", "button": "Choose", "sections": two}), Some("sections.1.title"));
        let long = json!([{"rows": [{"id": "a", "title": "b", "description": "x".repeat(73)}]}]);
        check(json!({"kind": "list", "button": "Choose", "sections": long}), Some("sections.0.rows.0.description"));
    }

    #[test]
    fn links_requests_and_forms_need_their_parts() {
        check(json!({"kind": "cta_url", "display_text": "Open", "url": "https://example.test/a"}), None);
        check(json!({"kind": "cta_url", "display_text": "Open", "url": "javascript:alert(1)"}), Some("url"));
        check(json!({"kind": "cta_url", "url": "https://example.test"}), Some("display_text"));
        check(json!({"kind": "location_request_message"}), None);
        check(json!({"kind": "location_request_message", "buttons": buttons(1)}), Some("buttons"));
        check(json!({"kind": "flow", "flow_id": "1", "flow_cta": "Open"}), None);
        check(json!({"kind": "flow", "flow_cta": "Open"}), Some("flow_id"));
    }

    #[test]
    fn a_place_is_on_this_planet() {
        let at = |latitude, longitude| Location { latitude, longitude, name: None, address: None }.check().is_ok();
        assert!(at(0.0, 0.0) && at(-90.0, 180.0));
        assert!(!at(90.1, 0.0) && !at(0.0, -180.1) && !at(f64::NAN, 0.0));
    }
}
