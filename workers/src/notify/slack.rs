//! In Slack: a text for its incoming webhook. Source: Slack, "Sending messages using incoming webhooks".

use patchbay_hub::webhooks::{Door, door};
use reqwest::header::CONTENT_TYPE;
use serde_json::json;

use super::Told;
use crate::deps::Deps;
use crate::provider::ProviderClient;

pub(super) async fn post(deps: &Deps, client: &ProviderClient, address: &str, text: &str) -> Told {
    // The settings may have changed since the address was stored.
    let Ok((url, door)) = door(address, &deps.config.webhooks.internal_hosts) else {
        return Told::Never("the address is not allowed");
    };
    let client = match door {
        Door::Outside => client.outside(),
        Door::Named => client.http(),
    };
    // Slack reads `<…>`, `&` and the like as its own markup.
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let call = client.post(url).header(CONTENT_TYPE, "application/json").body(json!({ "text": text }).to_string());
    match call.send().await {
        Ok(response) => match response.status().as_u16() {
            200..=299 => Told::Taken,
            408 | 425 | 429 | 500..=599 => Told::Later("Slack does not take messages now"),
            _ => Told::Never("Slack refused the message"),
        },
        Err(error) if error.is_connect() => Told::Later("Slack could not be reached"),
        Err(_) => Told::Unknown("Slack did not say whether it took the message"),
    }
}
