//! The API document of the commands, made from their table.

use patchbay_core::ticket::command::{Actors, Kind};
use patchbay_core::ticket::{CommandRow, Method, Reach, commands};
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

/// The paths of all commands. Reads document themselves.
pub(crate) fn of_commands() -> OpenApi {
    let mut paths = Map::new();
    for row in commands().filter(|row| row.is_mutating()) {
        let path = paths.entry(row.route).or_insert_with(|| json!({}));
        path[method(row)] = operation(row);
    }
    let document = json!({
        "openapi": "3.1.0",
        "info": {"title": "", "version": ""},
        "paths": paths,
    });
    serde_json::from_value(document).expect("a test reads the document")
}

fn method(row: &CommandRow) -> &'static str {
    match row.method {
        Method::Get => "get",
        Method::Post => "post",
        Method::Patch => "patch",
    }
}

fn operation(row: &CommandRow) -> Value {
    let header = |name: &str, presence: bool, schema: Value, about: &str| json!({"name": name, "in": "header", "required": presence, "schema": schema, "description": about});
    let uuid = json!({"type": "string", "format": "uuid"});
    let mut parameters = vec![
        header("Idempotency-Key", true, uuid.clone(), "Names the one request; repeat it with the same key."),
        header(
            "X-Tool-Name",
            false,
            json!({"type": "string", "enum": [row.tool]}),
            "The tool the caller acts with; this endpoint's own when missing.",
        ),
    ];
    if row.kind == Kind::Changes {
        parameters.insert(
            0,
            json!({"name": "ticket_id", "in": "path", "required": true, "schema": uuid, "description": "The ticket."}),
        );
        parameters.push(header(
            "If-Match",
            false,
            json!({"type": "string", "pattern": "^(\\*|\"[0-9]{1,18}\")$"}),
            "The version the caller has seen, in quotes; another one is refused.",
        ));
    }
    json!({
        "tags": [if row.kind == Kind::Operates { "operations" } else { "tickets" }],
        "operationId": row.tool.replace('.', "_"),
        "summary": row.about,
        "description": description(row),
        "parameters": parameters,
        "requestBody": {
            "required": true,
            "content": {"application/json": {"schema": row.schema()}},
        },
        "responses": responses(row),
        "security": [{"bearer": []}],
    })
}

fn description(row: &CommandRow) -> String {
    let states = |states: &[patchbay_core::ticket::TicketState]| {
        states.iter().map(|state| state.as_str()).collect::<Vec<_>>().join(", ")
    };
    let roles: Vec<String> = row
        .roles
        .iter()
        .map(|(role, reach)| format!("{role}{}", if *reach == Reach::Own { " (own)" } else { "" }))
        .collect();
    let mut lines = vec![format!("Tool: `{}`.", row.tool)];
    if !row.guards.is_empty() {
        lines.push(row.guards.to_owned());
    }
    if !row.from.is_empty() {
        lines.push(format!("From: {}.", states(row.from)));
    }
    if !row.to.is_empty() {
        lines.push(format!("To: {}.", states(row.to)));
    }
    lines.push(format!("Roles: {}.", roles.join(", ")));
    if row.actors == Actors::Humans {
        lines.push("Only people.".into());
    }
    lines.join("\n\n")
}

fn responses(row: &CommandRow) -> Value {
    let success = match row.kind {
        Kind::Creates => json!({"$ref": "#/components/schemas/Ticket"}),
        Kind::Changes => json!({
            "allOf": [{"$ref": "#/components/schemas/Ticket"}],
            "description": "The ticket, and under names of their own what the command made beside it.",
        }),
        Kind::Operates | Kind::Reads => json!({"type": "object"}),
    };
    let refusals = [
        (400, "The body does not fit, the ticket id or the idempotency key is no UUID, or the key is missing."),
        (401, "No valid token."),
        (403, "Not with this role, tool or scope."),
        (404, "No such ticket."),
        (409, "The key is in use, the version has moved on, or the state or a rule is against it."),
        (413, "Larger than 256 KiB."),
        (415, "Not JSON."),
        (429, "Too many requests."),
        (503, "The database is away; try again."),
    ];
    let mut responses = Map::new();
    responses.insert(
        row.status.to_string(),
        json!({
            "description": "Done; also when the request was carried out before.",
            "content": {"application/json": {"schema": success}},
        }),
    );
    for (status, about) in refusals {
        responses.insert(status.to_string(), json!({"description": about}));
    }
    Value::Object(responses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_documented_with_its_fields() {
        let document = serde_json::to_value(of_commands()).expect("a document is plain data");
        for row in commands().filter(|row| row.is_mutating()) {
            let operation = &document["paths"][row.route][method(row)];
            assert_eq!(operation["operationId"], row.tool.replace('.', "_"));
            let properties = &operation["requestBody"]["content"]["application/json"]["schema"]["properties"];
            for field in row.body() {
                assert!(properties.get(field.name).is_some(), "{} lacks {}", row.tool, field.name);
            }
        }
    }
}
