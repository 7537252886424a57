//! From a JSON body to typed fields. Unknown and missing fields are found with the table of commands and told all at
//! once; a field of the wrong kind is told with its path.

use patchbay_core::ticket::CommandRow;
use patchbay_core::ticket::create::Request;
use patchbay_core::ticket::intake::{BlindIntake, IntakeMisfit};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::body::{CreateBody, IntakeBody};
use crate::error::{CommandError, InvalidField};

/// The fields of `ticket.create`.
pub(crate) fn create(row: &CommandRow, body: &Value) -> Result<Request, CommandError> {
    let body: CreateBody = typed(row, body)?;
    Request::from(body).checked().map_err(misfits)
}

/// The fields of `ticket.blind_intake`.
pub(crate) fn intake(row: &CommandRow, body: &Value) -> Result<BlindIntake, CommandError> {
    let body: IntakeBody = typed(row, body)?;
    BlindIntake::from(body).checked().map_err(|misfit| match misfit {
        IntakeMisfit::Fields(errors) => misfits(errors),
        IntakeMisfit::Refused(refusal) => refusal.into(),
    })
}

fn misfits(errors: Vec<patchbay_core::ticket::FieldError>) -> CommandError {
    CommandError::Fields(errors.into_iter().map(Into::into).collect())
}

fn typed<T: DeserializeOwned>(row: &CommandRow, body: &Value) -> Result<T, CommandError> {
    let Value::Object(fields) = body else {
        return Err(CommandError::Fields(vec![InvalidField::new("body", "must be an object")]));
    };
    let known = |name: &str| row.required.iter().chain(row.optional).any(|field| *field == name);
    let mut wrong: Vec<InvalidField> = row
        .required
        .iter()
        .filter(|name| fields.get(**name).is_none_or(Value::is_null))
        .map(|name| InvalidField::new(*name, "is required"))
        .collect();
    wrong.extend(fields.keys().filter(|name| !known(name)).map(|name| InvalidField::new(name, "is not a known field")));
    if !wrong.is_empty() {
        return Err(CommandError::Fields(wrong));
    }
    serde_path_to_error::deserialize(body).map_err(|error| {
        CommandError::Fields(vec![InvalidField::new(error.path().to_string(), error.inner().to_string())])
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use patchbay_core::ticket::Command;
    use serde_json::json;
    use utoipa::PartialSchema;
    use uuid::Uuid;

    use super::*;

    /// The table and the typed body must name the same fields, and require the same ones.
    #[track_caller]
    fn check<T: PartialSchema>(command: Command) {
        let schema = serde_json::to_value(T::schema()).expect("a schema is plain data");
        let names = |value: &Value| -> BTreeSet<String> {
            match value {
                Value::Object(fields) => fields.keys().cloned().collect(),
                Value::Array(names) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
                _ => BTreeSet::new(),
            }
        };
        let row = command.row();
        let listed = |fields: &[&str]| -> BTreeSet<String> { fields.iter().map(|field| (*field).to_owned()).collect() };
        assert_eq!(names(&schema["required"]), listed(row.required), "{}", row.tool);
        assert_eq!(names(&schema["properties"]), listed(&[row.required, row.optional].concat()), "{}", row.tool);
    }

    #[test]
    fn bodies_have_the_fields_of_the_table() {
        check::<CreateBody>(Command::TicketCreate);
        check::<IntakeBody>(Command::TicketBlindIntake);
    }

    #[test]
    fn missing_and_unknown_fields_are_told_at_once() {
        let error = create(Command::TicketCreate.row(), &json!({"summary": "x", "state": "CLOSED", "site_id": null}))
            .expect_err("does not fit");
        match error {
            CommandError::Fields(fields) => {
                let paths: Vec<&str> = fields.iter().map(|field| field.path.as_str()).collect();
                assert_eq!(paths, ["account_id", "site_id", "state"]);
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_field_of_the_wrong_kind_is_told_with_its_path() {
        let body = json!({"account_id": Uuid::nil(), "site_id": Uuid::nil(), "summary": "x",
                          "requested_window": {"start": "2026-01-05T12:00:00Z", "end": "2026-01-05T13:00:00Z"},
                          "nte_cents": "a lot"});
        match create(Command::TicketCreate.row(), &body) {
            Err(CommandError::Fields(fields)) => assert_eq!(fields[0].path, "nte_cents"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_body_that_is_no_object_does_not_fit() {
        assert!(matches!(create(Command::TicketCreate.row(), &json!([1])), Err(CommandError::Fields(_))));
    }
}
