//! Whole messages: the table of `cases.txt`, and what must hold for any text.

#![expect(clippy::string_slice, reason = "the offsets are under test, or those of ASCII signs just found")]

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// A case: the text, what is to be found in it, and who is known.
struct Case {
    text: String,
    spans: Vec<(u32, u32, String)>,
    known: Known,
}

/// Reads a line `text with {KIND=personal data} || known name`.
fn case(line: &str) -> Case {
    let (marked, known) = line.split_once("||").map_or((line, ""), |(marked, known)| (marked.trim_end(), known.trim()));
    let marked = marked.replace("\\n", "\n");
    let mut text = String::new();
    let mut spans = Vec::new();
    let mut rest = marked.as_str();
    while let Some(open) = rest.find('{') {
        let inner = &rest[open + 1..];
        let label = inner.split_once('=').filter(|(kind, _)| kind.parse::<PiiKind>().is_ok());
        let Some((kind, value)) = label else {
            text.push_str(&rest[..=open]);
            rest = inner;
            continue;
        };
        let value = &value[..value.find('}').expect("a label ends")];
        text.push_str(&rest[..open]);
        let start = u32::try_from(text.chars().count()).expect("short");
        text.push_str(value);
        spans.push((start, u32::try_from(text.chars().count()).expect("short"), kind.to_owned()));
        rest = &inner[kind.len() + 1 + value.len() + 1..];
    }
    text.push_str(rest);
    let known = if known.is_empty() { Known::default() } else { Known::new([known]) };
    Case { text, spans, known }
}

fn sink() -> Redactor {
    Redactor::new(b"test", Reader::Sink)
}

#[test]
fn each_case_is_found_and_nothing_else() {
    let redactor = sink();
    let mut wrong = Vec::new();
    for line in include_str!("cases.txt").lines() {
        let case = case(line);
        let found: Vec<_> = redactor
            .find(&case.text, &case.known)
            .iter()
            .map(|span| (span.start, span.end, span.kind.to_string()))
            .collect();
        if found != case.spans {
            wrong.push(format!("{line}\n   found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn placeholders_keep_what_the_rules_leave() {
    let redactor = sink();
    let text = |text: &str| redactor.redact(text, &Known::default()).text;
    assert_eq!(text("pay with 4111 1111 1111 1111 today"), "pay with <CREDIT_CARD:1111> today");
    assert_eq!(text("iban DE89 3704 0044 0532 0130 00"), "iban <IBAN:DE:3000>");
    assert_eq!(text("at H2X 1Y4"), "at <POSTAL_CODE:H2X>");
    assert_eq!(text("from 203.0.113.77"), "from <IP:203.0.113.0/24>");
    assert_eq!(text("my sin 046 454 286"), "my sin <CA_SIN>");
    assert!(text("VIN 1HGCM82633A004352").starts_with("VIN <VIN:004352:"));
}

#[test]
fn an_assistant_sees_the_number_of_a_vehicle_whole() {
    let redactor = Redactor::new(b"test", Reader::Assistant);
    let redacted = redactor.redact("VIN 1HGCM82633A004352, call 514-555-0123", &Known::default());
    assert!(redacted.text.starts_with("VIN 1HGCM82633A004352, call <PHONE:"));
}

#[test]
fn equal_values_have_equal_placeholders_within_a_conversation_and_others_elsewhere() {
    let text = "514-555-0123 or +1 514 555 0123";
    let one = sink().within(crate::ids::ConversationId::new());
    let other = sink().within(crate::ids::ConversationId::new());
    let placeholders = one.redact(text, &Known::default()).placeholders;
    assert_eq!(placeholders[0], placeholders[1]);
    assert_ne!(placeholders, other.redact(text, &Known::default()).placeholders);
}

#[test]
fn a_text_between_angle_brackets_hides_nothing() {
    let redacted = sink().redact("<PHONE:514-555-0123> <EMAIL:me@example.org>", &Known::default());
    assert!(!redacted.text.contains("0123") && !redacted.text.contains("example"), "{}", redacted.text);
}

#[test]
fn the_key_of_a_field_decides_before_any_pattern() {
    let fields = json!({"password": "swordfish", "ticket_id": "5145550123", "note": "call 514-555-0123", "n": [1, "ssn 219-09-9999"]});
    let redacted = sink().redact_json(&fields, &Known::default());
    assert_eq!(redacted["password"], "<SECRET>");
    assert_eq!(redacted["ticket_id"], "5145550123");
    assert!(redacted["note"].as_str().is_some_and(|note| note.starts_with("call <PHONE:")));
    assert_eq!(redacted["n"], json!([1, "ssn <US_SSN>"]));
}

#[test]
fn hostile_texts_take_linear_time() {
    let redactor = sink();
    for piece in ["1 ", "514-", "a@", "4111 ", "password ", "<", "(", "::", "DE89 ", "one two ", "Mr. A ", "12 rue "] {
        let long = piece.repeat(40_000 / piece.len());
        let begun = std::time::Instant::now();
        redactor.redact(&long, &Known::new(["Luc Gagnon"]));
        assert!(begun.elapsed().as_secs() < 5, "{piece:?} took {:?}", begun.elapsed());
    }
}

/// Texts made of the pieces that rules look for, so that they meet in unexpected ways.
fn text() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "514", "-555-", "0123", " ", "\n", "(", ")", "+1", "Luc", "Gagnon", "Mr. ", "4111 1111 1111 1111",
        "@example.org", "me", "sin ", "046 454 286", "password", "=", ": ", "x", "<PHONE:ab12>", "<", ">", "12 rue ",
        "Laurier", "é", "\u{200b}", "５", "1HGCM82633A004352", "::", "203.0.113.9", "H2X 1Y4", "'",
        "-----BEGIN PRIVATE KEY-----", "Bearer ", "eyJabcdefgh.ijklmnop", "🙂", "DE89370400440532013000",
    ]);
    prop_oneof![
        prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat()),
        ".{0,80}".prop_map(|text: String| text),
    ]
}

proptest! {
    #[test]
    fn spans_are_ordered_apart_and_on_character_borders(text in text()) {
        let spans = sink().find(&text, &Known::new(["Luc Gagnon"]));
        let mut last = (0, 0);
        for span in spans {
            prop_assert!(span.start >= last.0 && span.byte_start >= last.1);
            prop_assert!(span.start < span.end && span.byte_end as usize <= text.len());
            prop_assert!(text.is_char_boundary(span.byte_start as usize) && text.is_char_boundary(span.byte_end as usize));
            prop_assert_eq!(text[..span.byte_start as usize].chars().count(), span.start as usize);
            prop_assert_eq!(text[..span.byte_end as usize].chars().count(), span.end as usize);
            last = (span.end, span.byte_end);
        }
    }

    #[test]
    fn what_was_redacted_once_stays_as_it_is(text in text()) {
        let redactor = sink();
        let known = Known::new(["Luc Gagnon"]);
        // What a removal brings together may be a new match; after that nothing moves any more.
        let mut once = redactor.redact(&text, &known).text;
        for _ in 0..4 {
            once = redactor.redact(&once, &known).text;
        }
        prop_assert_eq!(&redactor.redact(&once, &known).text, &once);
    }
}
