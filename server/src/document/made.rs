//! Makes the document from what the routes say.

use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};

use super::{errors, hub_routes};

/// The document as it is committed.
pub(super) fn text() -> String {
    let mut text = openapi().to_pretty_json().expect("a document is plain data");
    text.push('\n');
    text
}

fn openapi() -> OpenApi {
    let mut api = hub_routes().into_openapi();
    api.merge(patchbay_ingress::openapi());
    api.merge(patchbay_realtime::openapi());
    api.merge(crate::health::openapi());
    api.merge(patchbay_tool_gateway::openapi());
    api.merge(patchbay_dispatch::alerts::alerts_openapi());
    complete(api)
}

/// Adds what every document says to the parts of the routes.
fn complete(mut api: OpenApi) -> OpenApi {
    let components = api.components.get_or_insert_default();
    components.add_security_scheme(
        "bearer",
        SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build()),
    );
    api.security = Some(vec![SecurityRequirement::new::<_, _, &str>("bearer", [])]);
    errors::documented(api)
}
