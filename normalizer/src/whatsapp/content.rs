//! Content by message type.

use patchbay_core::item::{Content, ContentType, Media};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::address::{PhoneNumber, of_whatsapp_id};
use crate::json::{object, put, text, word};

/// An element lacks what its type promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable(pub(super) &'static str);

/// Name and facts of an event.
type Event = (&'static str, Map<String, Value>);

/// The event that a type stands for, when it is no message.
pub(super) fn event_of(kind: &str, value: &Value) -> Result<Option<Event>, Unreadable> {
    let mut data = Map::new();
    let name = match kind {
        "system" => {
            let system = object(value, "system").ok_or(Unreadable("no system object"))?;
            let new_id = word(system, "wa_id").or_else(|| word(system, "new_wa_id"));
            if text(system, "type")
                .is_none_or(|kind| kind == "user_changed_number" || kind == "customer_changed_number")
            {
                let new_id = new_id.ok_or(Unreadable("no new number"))?;
                data.insert("new_address".to_owned(), of_whatsapp_id(&new_id).into());
                put(&mut data, "new_user_id", text(system, "user_id"));
                "contact.phone_changed"
            } else {
                data.insert("field".to_owned(), "messages.system".into());
                data.insert("value".to_owned(), system.clone());
                "provider.notice"
            }
        }
        "edit" | "revoke" => {
            let inner = object(value, kind).unwrap_or(value);
            let target = text(inner, "original_message_id").ok_or(Unreadable("no original message"))?;
            data.insert("target".to_owned(), target.into());
            if kind == "revoke" {
                "message.revoked"
            } else {
                let message = object(inner, "message").ok_or(Unreadable("no edited message"))?;
                data.insert("text".to_owned(), edited_text(message).into());
                "message.edited"
            }
        }
        _ => return Ok(None),
    };
    Ok(Some((name, data)))
}

/// Text or caption of an edited message.
fn edited_text(message: &Value) -> Option<&str> {
    let kind = text(message, "type").unwrap_or("text");
    let inner = object(message, kind)?;
    text(inner, "body").or_else(|| text(inner, "caption"))
}

/// The content of a message of type `kind`. `value_error` explains messages that come without their object.
pub(super) fn of(kind: &str, value: &Value, raw: &str, value_error: Option<&str>) -> Result<Content, Unreadable> {
    let inner = || object(value, kind).ok_or(Unreadable("no object of its type"));
    Ok(match kind {
        "text" => Content::text(inner()?.get("body").and_then(Value::as_str).ok_or(Unreadable("no text body"))?),
        "image" => media(ContentType::Image, inner()?)?,
        "video" => media(ContentType::Video, inner()?)?,
        "audio" => media(ContentType::Audio, inner()?)?,
        "document" => media(ContentType::Document, inner()?)?,
        "sticker" => media(ContentType::Sticker, inner()?)?,
        "voice" => {
            let mut content = media(ContentType::Audio, inner()?)?;
            content.media.iter_mut().for_each(|media| media.voice = Some(true));
            content
        }
        "location" => location(inner()?)?,
        "contacts" => contacts(value)?,
        "interactive" => match object(value, kind).and_then(interactive) {
            Some(content) => content,
            None => unsupported(kind, value, value_error),
        },
        "button" => {
            let button = inner()?;
            let title = text(button, "text");
            chosen(title, json!({"kind": "button", "id": text(button, "payload"), "title": title}))
        }
        "reaction" => reaction(inner()?)?,
        "order" => order(inner()?, raw),
        _ => unsupported(kind, value, None),
    })
}

/// The message that a reaction is on.
pub(super) fn reaction_target(content: &Content) -> Option<String> {
    content.metadata.get("reaction").and_then(|reaction| text(reaction, "message_id")).map(str::to_owned)
}

fn bare(kind: ContentType, text: Option<&str>) -> Content {
    Content { kind, text: text.map(str::to_owned), full_text: None, media: Vec::new(), metadata: Map::new() }
}

fn with(kind: ContentType, text: Option<&str>, key: &str, value: Value) -> Content {
    let mut content = bare(kind, text);
    content.metadata.insert(key.to_owned(), value);
    content
}

fn media(kind: ContentType, inner: &Value) -> Result<Content, Unreadable> {
    let owned = |key| text(inner, key).map(str::to_owned);
    let media = Media {
        id: word(inner, "id"),
        url: owned("url"),
        mime_type: owned("mime_type"),
        filename: owned("filename"),
        sha256: owned("sha256"),
        voice: inner.get("voice").and_then(Value::as_bool),
        animated: inner.get("animated").and_then(Value::as_bool),
        ..Media::default()
    };
    if media.id.is_none() && media.url.is_none() {
        return Err(Unreadable("media without id"));
    }
    let mut content = bare(kind, text(inner, "caption"));
    content.media.push(media);
    Ok(content)
}

fn location(inner: &Value) -> Result<Content, Unreadable> {
    let coordinate = |key| match inner.get(key) {
        Some(Value::Number(number)) => Ok(number.clone()),
        Some(Value::String(text)) => {
            text.parse::<f64>().ok().and_then(serde_json::Number::from_f64).ok_or(Unreadable("no coordinate"))
        }
        _ => Err(Unreadable("no coordinate")),
    };
    let location = json!({
        "latitude": coordinate("latitude")?, "longitude": coordinate("longitude")?,
        "name": text(inner, "name"), "address": text(inner, "address"), "url": text(inner, "url"),
    });
    Ok(with(ContentType::Location, None, "location", location))
}

fn contacts(value: &Value) -> Result<Content, Unreadable> {
    let cards = value.get("contacts").and_then(Value::as_array).ok_or(Unreadable("no cards"))?;
    let cards: Vec<Value> = cards.iter().filter(|card| card.is_object()).map(card).collect();
    Ok(with(ContentType::Contacts, None, "contacts", cards.into()))
}

fn card(card: &Value) -> Value {
    let entries = |key| card.get(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let phones: Vec<String> = entries("phones").iter().filter_map(phone).collect();
    let emails: Vec<&str> = entries("emails").iter().filter_map(|entry| text(entry, "email")).collect();
    let name = object(card, "name").and_then(|name| {
        text(name, "formatted_name").map(str::to_owned).or_else(|| {
            let parts: Vec<_> = ["first_name", "last_name"].iter().filter_map(|key| text(name, key)).collect();
            (!parts.is_empty()).then(|| parts.join(" "))
        })
    });
    json!({"name": name, "phones": phones, "emails": emails})
}

/// E.164 when the card writes it internationally, else as it stands.
fn phone(entry: &Value) -> Option<String> {
    match word(entry, "phone") {
        Some(phone) if phone.trim_start().starts_with('+') => {
            Some(PhoneNumber::parse(&phone).map_or(phone, |number| number.to_string()))
        }
        Some(phone) => Some(phone),
        None => word(entry, "wa_id").map(|id| of_whatsapp_id(&id)),
    }
}

fn interactive(inner: &Value) -> Option<Content> {
    let kind = text(inner, "type")?;
    let reply = object(inner, kind)?;
    let (id, title) = (text(reply, "id"), text(reply, "title"));
    Some(match kind {
        "button_reply" => chosen(title, json!({"kind": kind, "id": id, "title": title})),
        "list_reply" => {
            chosen(title, json!({"kind": kind, "id": id, "title": title, "description": text(reply, "description")}))
        }
        "nfm_reply" => {
            let response = text(reply, "response_json").and_then(crate::json::element).filter(Value::is_object);
            chosen(text(reply, "body"), json!({"kind": kind, "name": text(reply, "name"), "response": response}))
        }
        _ => return None,
    })
}

fn chosen(text: Option<&str>, interactive: Value) -> Content {
    with(ContentType::Interactive, text, "interactive", interactive)
}

fn reaction(inner: &Value) -> Result<Content, Unreadable> {
    let target = text(inner, "message_id").ok_or(Unreadable("no reaction target"))?;
    let emoji = text(inner, "emoji");
    let reaction = json!({"message_id": target, "emoji": emoji, "removed": emoji.is_none()});
    Ok(with(ContentType::Reaction, emoji, "reaction", reaction))
}

/// Kept, shown, and normalised again when we learn the type: the element stands in `raw`.
fn unsupported(kind: &str, value: &Value, value_error: Option<&str>) -> Content {
    let inner = value.get("unsupported");
    let name = match kind {
        "unsupported" => inner.and_then(|inner| text(inner, "type").or_else(|| inner.as_str())).unwrap_or(kind),
        "interactive" => object(value, kind).and_then(|inner| text(inner, "type")).unwrap_or(kind),
        _ => kind,
    };
    let error = value.get("errors").and_then(|errors| errors.get(0));
    let code = error.and_then(|error| word(error, "code")).or_else(|| value_error.map(str::to_owned));
    let placeholder = json!({"type": name, "code": code, "raw": value});
    with(ContentType::Unsupported, None, "unsupported", placeholder)
}

#[derive(Deserialize)]
struct PricedMessage<'a> {
    #[serde(borrow)]
    order: PricedOrder<'a>,
}

#[derive(Deserialize)]
struct PricedOrder<'a> {
    #[serde(borrow)]
    product_items: Vec<PricedItem<'a>>,
}

#[derive(Deserialize)]
struct PricedItem<'a> {
    #[serde(borrow)]
    item_price: Option<&'a RawValue>,
}

/// Prices are read from the JSON text: a float would change them.
fn order(inner: &Value, raw: &str) -> Content {
    let prices: Vec<Option<String>> = serde_json::from_str::<PricedMessage<'_>>(raw)
        .map(|message| message.order.product_items)
        .unwrap_or_default()
        .into_iter()
        .map(|item| item.item_price.and_then(|price| decimal(price.get())))
        .collect();
    let items = inner.get("product_items").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let items: Vec<Value> = items
        .iter()
        .enumerate()
        .map(|(index, item)| {
            let price = prices
                .get(index)
                .cloned()
                .flatten()
                .or_else(|| word(item, "item_price").and_then(|price| decimal(&price)));
            json!({
                "product_id": word(item, "product_retailer_id"), "quantity": item.get("quantity"),
                "unit_price": price, "currency": text(item, "currency"),
            })
        })
        .collect();
    let order = json!({"catalog_id": word(inner, "catalog_id"), "items": items});
    with(ContentType::Order, text(inner, "text"), "order", order)
}

/// A JSON number (or a number inside a JSON string) as a plain decimal, digit by digit.
fn decimal(text: &str) -> Option<String> {
    let text = text.trim_matches('"').trim();
    let (sign, magnitude) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (mantissa, exponent) = match magnitude.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok().filter(|exponent| exponent.abs() <= 30)?),
        None => (magnitude, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) || magnitude.ends_with('.') {
        return None;
    }
    if exponent == 0 {
        return Some(format!("{sign}{mantissa}"));
    }
    let digits = format!("{whole}{fraction}");
    let point = i32::try_from(whole.len()).ok()? + exponent;
    let plain = if point <= 0 {
        format!("0.{}{digits}", "0".repeat(point.unsigned_abs() as usize))
    } else {
        let point = point.unsigned_abs() as usize;
        match digits.get(point..) {
            Some("") | None => format!("{digits}{}", "0".repeat(point - digits.len())),
            Some(rest) => format!("{}.{rest}", digits.get(..point)?),
        }
    };
    let trimmed = plain.trim_start_matches('0');
    Some(if trimmed.is_empty() || trimmed.starts_with('.') {
        format!("{sign}0{trimmed}")
    } else {
        format!("{sign}{trimmed}")
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn prices_keep_every_digit() {
        for (text, plain) in [
            ("7.99", "7.99"),
            ("30", "30"),
            ("7.90", "7.90"),
            ("\"12.50\"", "12.50"),
            ("0.1", "0.1"),
            ("-3", "-3"),
            ("1e2", "100"),
            ("1.25E1", "12.5"),
            ("5e-3", "0.005"),
            ("0", "0"),
            ("123456789012345678901.123456789", "123456789012345678901.123456789"),
        ] {
            assert_eq!(decimal(text).as_deref(), Some(plain), "{text}");
        }
        for text in ["", "abc", "1.2.3", "1e999", ".5", "5.", "null", "--1"] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn decimals_never_panic(text in any::<String>(), number in "-?[0-9]{1,20}(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,3})?") {
            let _ = decimal(&text);
            let _ = decimal(&number);
        }
    }
}
