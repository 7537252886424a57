//! What every route may answer beside its own statuses, and the one shape of an error.

use patchbay_dispatch::IDEMPOTENCY_KEY;
use serde_json::json;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder, Schema};

/// Gives every error of the document its body, and every route the statuses that come from in front of it: the token,
/// the limits, the reading of path, query and body, an idempotency key, a store that is away.
pub(super) fn documented(mut api: OpenApi) -> OpenApi {
    api.components.get_or_insert_default().schemas.insert("Error".into(), error_schema());
    for operation in api.paths.paths.values_mut().flat_map(operations) {
        complete(operation);
    }
    api
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete]
        .into_iter()
        .filter_map(Option::as_mut)
}

fn complete(operation: &mut Operation) {
    let nobody = SecurityRequirement::default();
    let is_open = operation.security.as_ref().is_some_and(|ways| ways.iter().all(|way| *way == nobody));
    let is_in_path = operation
        .parameters
        .iter()
        .flatten()
        .any(|one| matches!(one, RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Path));
    let takes_a_key =
        operation.parameters.iter().flatten().any(
            |one| matches!(one, RefOr::T(parameter) if parameter.name.eq_ignore_ascii_case(IDEMPOTENCY_KEY.as_str())),
        );
    let mut also = vec![
        (400, "A parameter, a header or the body is not what it should be."),
        (429, "Too many requests; `Retry-After` says when to come again."),
        (503, "A store is away; `Retry-After` says when to come again."),
    ];
    if !is_open {
        also.push((401, "No valid token."));
        also.push((403, "Not with this role, portal or scope, or from this origin."));
    }
    if is_in_path {
        also.push((404, "No such thing, or not the caller's to know."));
    }
    if takes_a_key {
        also.push((409, "The idempotency key was used for a different request."));
    }
    if operation.request_body.is_some() {
        also.push((413, "The body is too large."));
        also.push((415, "The body is of a kind that is not taken here."));
    }
    let responses = &mut operation.responses.responses;
    for (status, about) in also {
        let response = || RefOr::T(ResponseBuilder::new().description(about).build());
        responses.entry(status.to_string()).or_insert_with(response);
    }
    for (status, response) in responses {
        if let RefOr::T(response) = response
            && status.starts_with(['4', '5'])
            && response.content.is_empty()
        {
            has_the_one_shape(response);
        }
    }
}

fn has_the_one_shape(response: &mut Response) {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Error"))).build();
    response.content.insert("application/json".into(), RefOr::T(content));
}

/// The envelope. Facts of a code stand beside its message and, when policy refused, in `policy_error`.
fn error_schema() -> RefOr<Schema> {
    let schema = json!({
        "type": "object",
        "description": "Why a request was not carried out.",
        "required": ["error"],
        "properties": {"error": {
            "type": "object",
            "required": ["code", "message", "request_id", "correlation_id"],
            "properties": {
                "code": {"type": "string", "description": "A stable word."},
                "message": {"type": "string", "description": "One sentence for people."},
                "request_id": {"type": "string", "description": "Names this one request."},
                "correlation_id": {"type": "string", "description": "Follows the request through logs and events."},
                "policy_error": {
                    "type": "object",
                    "description": "Which dimension of policy refused, and its facts.",
                    "required": ["code", "message", "dimension"],
                    "properties": {
                        "code": {"type": "string"},
                        "message": {"type": "string"},
                        "dimension": {"type": "string"},
                    },
                },
                "validation_errors": {
                    "type": "array",
                    "description": "What does not fit, field by field.",
                    "items": {
                        "type": "object",
                        "required": ["path", "message"],
                        "properties": {"path": {"type": "string"}, "message": {"type": "string"}},
                    },
                },
            },
        }},
    });
    serde_json::from_value(schema).expect("a test makes the document")
}

#[cfg(test)]
mod tests {

    #[test]
    fn every_error_of_every_route_has_the_one_shape() {
        let document = serde_json::from_str::<serde_json::Value>(&crate::document::text()).expect("a document is JSON");
        let mut seen = 0;
        for (path, item) in document["paths"].as_object().expect("paths") {
            for operation in ["get", "post", "put", "patch", "delete"].iter().filter_map(|method| item.get(*method)) {
                for (status, response) in operation["responses"].as_object().expect("responses") {
                    if status.starts_with(['4', '5']) {
                        assert!(response["content"].is_object(), "{path} {status}");
                        seen += 1;
                    }
                }
                assert!(operation["responses"].get("503").is_some(), "{path}");
            }
        }
        assert!(seen > 100);
    }
}
