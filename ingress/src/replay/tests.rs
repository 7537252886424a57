//! Every recorded case of WhatsApp, Twilio and web chat, through the real router, compared as the cases ask for.

use std::path::Path;

use patchbay_core::delivery::DeliveryStatus;
use serde_json::{Map, Value, json};

use super::{Replay, replay};

/// The recorded cases: name and content.
fn cases() -> Vec<(String, Value)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let mut cases = Vec::new();
    for channel in ["whatsapp", "twilio", "chat"] {
        for entry in std::fs::read_dir(root.join(channel)).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{channel}/{}", path.file_name().unwrap().to_string_lossy());
            cases.push((name, serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap()));
        }
    }
    cases.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(cases.len(), 49 + 66 + 25, "every case has to be here");
    cases
}

fn requests(case: &Value) -> Vec<Value> {
    case.get("request").cloned().into_iter().chain(case["requests"].as_array().cloned().unwrap_or_default()).collect()
}

#[tokio::test]
async fn every_recorded_case_comes_out_as_expected() {
    let mut wrong = Vec::new();
    for (name, case) in cases() {
        let lines = replay(&case.to_string()).await;
        let mut problems = Vec::new();
        check_lines(&case, &lines, &mut problems);
        check_state_and_repetition(&case, &mut problems).await;
        wrong.extend(problems.into_iter().map(|problem| format!("{name}: {problem}")));
    }
    assert!(wrong.is_empty(), "{} problems:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn nothing_that_was_changed_on_its_way_is_accepted() {
    let mut wrong = Vec::new();
    // What a visitor says is not signed, only who says it: see the tests of chat.
    for (name, case) in cases().into_iter().filter(|(name, _)| !name.starts_with("chat/")) {
        for request in requests(&case).iter().filter(|request| request["method"] == "POST") {
            let honest = Replay::new(&case["config"]).send_value(request).await;
            if honest["verified"] != json!(true) {
                continue;
            }
            for (change, changed) in tampered(request) {
                let system = Replay::new(&case["config"]);
                let line = system.send_value(&changed).await;
                if line["verified"] != json!(false) || line["normalized"] != json!([]) {
                    wrong.push(format!("{name}: {change} was accepted"));
                }
                if system.sink().take_deliveries().iter().any(|delivery| !delivery.items.is_empty()) {
                    wrong.push(format!("{name}: {change} left something behind"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn cases_of_other_channels_are_named_as_not_served() {
    for path in ["email/001-mailgun-plain-dkim.json"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors").join(path);
        let lines = replay(&std::fs::read_to_string(path).unwrap()).await;
        assert!(!lines.is_empty());
        assert!(lines.iter().all(|line| line["error"] == "unsupported_channel"), "{lines:?}");
    }
    assert_eq!(replay("{").await[0]["error"], "malformed_vector");
}

/// Requests of accepted cases with the same settings end in the same state, whatever the order they come in.
#[tokio::test]
async fn the_order_of_requests_does_not_change_what_is_kept() {
    let mut groups: std::collections::BTreeMap<String, Vec<Value>> = std::collections::BTreeMap::new();
    // What `YES` means depends on what came before it: consent has an order.
    for (_, case) in cases().into_iter().filter(|(name, _)| !name.contains("-yes-")) {
        groups.entry(case["config"].to_string()).or_default().extend(requests(&case));
    }
    for (config, requests) in groups {
        let config: Value = serde_json::from_str(&config).unwrap();
        let mut reference = None;
        for round in 0..3_usize {
            let system = Replay::new(&config);
            // A different order each time, and everything at once.
            let mut shuffled = requests.clone();
            shuffled
                .sort_by_key(|request| patchbay_normalizer::digest::of(&[&request.to_string(), &round.to_string()]));
            let sent = shuffled.iter().map(|request| system.send_value(request));
            let lines = futures::future::join_all(sent).await;
            let mut kept: Vec<String> = lines
                .iter()
                .flat_map(|line| line["normalized"].as_array().cloned().unwrap_or_default())
                .map(|item| item.to_string())
                .collect();
            kept.sort();
            let mut states: Vec<_> = kept
                .iter()
                .filter_map(|item| {
                    let item: Value = serde_json::from_str(item).ok()?;
                    let id = item["channel_message_id"].as_str()?.to_owned();
                    let status = system.sink().status_of(&id);
                    Some((id, status))
                })
                .collect();
            states.sort_by(|a, b| a.0.cmp(&b.0));
            let reference = reference.get_or_insert_with(|| (kept.clone(), states.clone()));
            assert_eq!(*reference, (kept, states));
        }
    }
}

/// A request with one thing changed: a byte of the body, a character of the signature, the URL.
fn tampered(request: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    let body = request["body"].as_str().unwrap_or_default();
    for place in (0..body.len())
        .step_by(body.len() / 23 + 1)
        .filter(|place| body.is_char_boundary(*place) && body.is_char_boundary(place + 1))
    {
        let mut bytes = body.as_bytes().to_vec();
        bytes[place] ^= 1;
        let mut changed = request.clone();
        changed["body"] = String::from_utf8(bytes).unwrap().into();
        all.push((format!("body byte {place}"), changed));
    }
    let headers = request["headers"].as_object().cloned().unwrap_or_default();
    let signatures = ["x-hub-signature-256", "x-twilio-signature"];
    for (name, value) in headers.iter().filter(|(name, _)| signatures.contains(&name.to_ascii_lowercase().as_str())) {
        let signature = value.as_str().unwrap_or_default();
        for place in 0..signature.len() {
            for flip in [1, 0x20] {
                let mut bytes = signature.as_bytes().to_vec();
                bytes[place] ^= flip;
                let Ok(text) = String::from_utf8(bytes) else { continue };
                let mut changed = request.clone();
                changed["headers"][name] = text.into();
                all.push((format!("signature character {place} by {flip}"), changed));
            }
        }
    }
    if request["url"].as_str().unwrap_or_default().contains("/twilio/") {
        let mut changed = request.clone();
        changed["url"] = format!("{}&x=1", request["url"].as_str().unwrap()).into();
        all.push(("a further query parameter".to_owned(), changed));
    }
    all
}

fn check_lines(case: &Value, lines: &[Value], problems: &mut Vec<String>) {
    let expect = &case["expect"];
    let steps = expect["per_request"].as_array();
    for (step, line) in lines.iter().enumerate() {
        if line["id"] != case["id"] {
            problems.push("wrong id".to_owned());
        }
        let own = steps.and_then(|steps| steps.get(step)).unwrap_or(expect);
        let of = |key: &str| own.get(key).or_else(|| expect.get(key));
        if !expect["http_status"].as_array().is_none_or(|list| list.contains(&line["http_status"])) {
            problems.push(format!("status {}", line["http_status"]));
        }
        for key in ["verified", "error"] {
            if let Some(expected) = of(key)
                && line.get(key) != Some(expected)
            {
                problems.push(format!("{key} is {:?}, not {expected}", line.get(key)));
            }
        }
        if own.get("error").is_none() && expect.get("error").is_none() && line.get("error").is_some() {
            problems.push(format!("unexpected error {}", line["error"]));
        }
        check_response(&expect["response"], &line["response"], problems);
        if let Some(expected) = own.get("normalized") {
            check_items(expected, &line["normalized"], &case["compare"], problems);
        }
    }
    let expected = if steps.is_some() { steps.map_or(0, Vec::len) } else { 1 };
    if lines.len() != expected {
        problems.push(format!("{} lines, not {expected}", lines.len()));
    }
}

fn check_response(expected: &Value, actual: &Value, problems: &mut Vec<String>) {
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let body = text(actual, "body");
    for (key, value) in expected.as_object().into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        let fits = match key.as_str() {
            "body" => body == value,
            "content_type" => text(actual, "content_type").starts_with(value),
            "body_contains" => body.contains(value),
            "body_not_contains" => !body.contains(value),
            _ => false,
        };
        if !fits {
            problems.push(format!("response {key}: {actual}"));
        }
    }
}

async fn check_state_and_repetition(case: &Value, problems: &mut Vec<String>) {
    let system = Replay::new(&case["config"]);
    for request in requests(case) {
        system.send_value(&request).await;
    }
    let state = |id: &str| system.sink().status_of(id).map(DeliveryStatus::as_str);
    for (id, expected) in case["expect"]["final_status"].as_object().into_iter().flatten() {
        if state(id) != expected.as_str() {
            problems.push(format!("{id} ends as {:?}, not {expected}", state(id)));
        }
    }
    // Whatever was accepted once adds nothing when it comes again.
    let again = &case["expect_on_replay"];
    for mut request in requests(case) {
        for (name, value) in again["headers"].as_object().into_iter().flatten() {
            request["headers"][name] = value.clone();
        }
        let line = system.send_value(&request).await;
        if line["normalized"] != json!([]) {
            problems.push(format!("a repetition added {}", line["normalized"]));
        }
        if again["http_status"].as_array().is_some_and(|list| !list.contains(&line["http_status"])) {
            problems.push(format!("a repetition was answered with {}", line["http_status"]));
        }
    }
}

fn check_items(expected: &Value, actual: &Value, compare: &Value, problems: &mut Vec<String>) {
    let empty = Vec::new();
    let (expected, actual) = (expected.as_array().unwrap_or(&empty), actual.as_array().unwrap_or(&empty));
    if expected.len() != actual.len() {
        problems.push(format!("{} items, not {}: {actual:?}", actual.len(), expected.len()));
        return;
    }
    for (expected, actual) in expected.iter().zip(actual) {
        let (mut expected, mut actual) = (expected.clone(), actual.clone());
        relax(&mut expected, compare);
        relax(&mut actual, compare);
        compare_subset("", &expected, &actual, problems);
    }
}

/// `compare.text` and `compare.ignore`.
fn relax(item: &mut Value, compare: &Value) {
    if let Some(object) = item.as_object_mut() {
        for key in compare["ignore"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            object.remove(key);
        }
    }
    let Some(text) = item.pointer_mut("/content/text") else { return };
    let Some(content) = text.as_str() else { return };
    *text = match compare["text"].as_str() {
        Some("trim") => content.trim().into(),
        Some("empty_is_null") if content.is_empty() => Value::Null,
        Some("collapse_whitespace") => content.split_whitespace().collect::<Vec<_>>().join(" ").into(),
        _ => return,
    };
}

/// Every key given must match; further keys are fine.
fn compare_subset(path: &str, expected: &Value, actual: &Value, problems: &mut Vec<String>) {
    match (expected, actual) {
        (Value::Object(expected), actual) => {
            let none = Map::new();
            let actual = actual.as_object().unwrap_or(&none);
            for (key, value) in expected {
                compare_subset(&format!("{path}.{key}"), value, actual.get(key).unwrap_or(&Value::Null), problems);
            }
        }
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
            for (index, (expected, actual)) in expected.iter().zip(actual).enumerate() {
                compare_subset(&format!("{path}[{index}]"), expected, actual, problems);
            }
        }
        (Value::Number(expected), Value::Number(actual)) if expected.as_f64() == actual.as_f64() => {}
        (expected, actual) if expected == actual => {}
        (expected, actual) => problems.push(format!("{path} is {actual}, not {expected}")),
    }
}
