//! The OpenAPI document. A debug build makes it from the code of every route; a release holds what was committed of that,
//! see [the document of a release](../../docs/decisions/document-of-a-release.md).

#[cfg(debug_assertions)]
mod errors;
#[cfg(debug_assertions)]
mod made;

use bytes::Bytes;
use patchbay_http::OpenApiRouter;
use patchbay_hub::Hub;
use utoipa::OpenApi;

/// Facts about the whole API.
#[derive(OpenApi)]
#[openapi(info(
    title = "Patchbay",
    description = "Multi-channel gateway and conversation hub: webhooks, conversations, tickets, realtime. Errors have \
                   one shape everywhere: {\"error\":{\"code\",\"message\",\"request_id\",\"correlation_id\",\
                   \"policy_error\"?}}. Lists are {\"data\":[…],\"next_cursor\"}."
))]
struct Api;

/// The routes of the API without their state.
pub(crate) fn hub_routes() -> OpenApiRouter<Hub> {
    OpenApiRouter::with_openapi(Api::openapi).merge(patchbay_hub::router()).merge(patchbay_dispatch::router::<Hub>())
}

/// The document as `/openapi.json` hands it out: gzip. Made when somebody asks for it first.
#[cfg(debug_assertions)]
pub(crate) fn packed() -> Bytes {
    static PACKED: std::sync::LazyLock<Bytes> =
        std::sync::LazyLock::new(|| crate::packed::gzip(made::text().as_bytes()).into());
    PACKED.clone()
}

/// The document as `/openapi.json` hands it out: gzip.
#[cfg(not(debug_assertions))]
pub(crate) fn packed() -> Bytes {
    Bytes::from_static(include_bytes!(concat!(env!("OUT_DIR"), "/openapi.json.gz")))
}

/// The document as `console/openapi.json` has it.
pub(crate) fn text() -> String {
    String::from_utf8(crate::packed::unpacked(&packed())).expect("JSON is UTF-8")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_document_is_the_one_that_is_committed() {
        let committed = include_str!("../../console/openapi.json");
        assert!(super::text() == committed, "run: make api");
    }
}
