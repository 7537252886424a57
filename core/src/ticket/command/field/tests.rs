use proptest::prelude::*;

use super::*;

const FIELDS: &[Field] = &[
    required("site_id", FieldKind::Id, "Where."),
    required("summary", LINE, "One line."),
    optional("nte_cents", CENTS, "Not to exceed."),
    optional("urgency", FieldKind::Word(&["LOW", "HIGH"]), "How urgent."),
    optional("window", FieldKind::Window, "When."),
    optional("options", FieldKind::List { of: &FieldKind::Window, least: 1, most: 2 }, "When else."),
    optional("checklist", FieldKind::Map(&FieldKind::Scalar), "What was done."),
    optional("ok", FieldKind::Flag, "Whether."),
];

fn paths(body: &Value) -> Vec<String> {
    read(&FIELDS.iter(), body).expect_err("does not fit").into_iter().map(|error| error.path).collect()
}

#[test]
fn a_body_that_fits_comes_back_trimmed_and_without_nulls() {
    let body = json!({"site_id": Uuid::nil(), "summary": "  a door ", "nte_cents": null, "urgency": "HIGH",
                      "checklist": {"work_performed": true, "note": "x"}});
    let read = read(&FIELDS.iter(), &body).expect("fits");
    assert_eq!(read["summary"], "a door");
    assert!(read.get("nte_cents").is_none());
    assert_eq!(read["checklist"]["work_performed"], true);
}

#[test]
fn everything_that_does_not_fit_is_told_at_once_with_its_path() {
    let body = json!({"site_id": "x", "nte_cents": -1, "urgency": "high", "state": "CLOSED", "ok": 1,
                      "window": {"start": "2026-01-05T12:00:00Z", "end": "2026-01-05T12:00:00Z"},
                      "options": [{"start": "2026-01-05T12:00:00Z"}, {"start": "now", "end": "2026-01-05T12:00:00Z"}]});
    assert_eq!(
        paths(&body),
        ["site_id", "summary", "nte_cents", "urgency", "window", "options[0].end", "options[1].start", "ok", "state"]
    );
}

#[test]
fn a_body_that_is_no_object_does_not_fit() {
    assert_eq!(paths(&json!([1])), ["body"]);
}

#[test]
fn the_schema_names_the_same_fields() {
    let schema = schema(FIELDS.iter());
    assert_eq!(schema["required"], json!(["site_id", "summary"]));
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["properties"]["urgency"]["enum"], json!(["LOW", "HIGH"]));
    assert_eq!(schema["properties"]["summary"]["maxLength"], MAX_SUMMARY);
}

proptest! {
    /// Whatever is sent is read or refused, and what was read is read again unchanged.
    #[test]
    fn reading_never_fails_otherwise_and_is_stable(text in "\\PC{0,30}", number in any::<i64>(), flag in any::<bool>()) {
        for value in [json!(text), json!(number), json!(flag), json!([text, number]), json!({"start": text})] {
            for field in FIELDS {
                let mut body = json!({"site_id": Uuid::nil(), "summary": "x"});
                body[field.name] = value.clone();
                if let Ok(first) = read(&FIELDS.iter(), &body) {
                    prop_assert_eq!(read(&FIELDS.iter(), &first), Ok(first.clone()));
                }
            }
        }
    }
}
