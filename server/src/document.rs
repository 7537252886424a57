//! The OpenAPI document, generated from the code of every route.

mod errors;

use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;

use patchbay_hub::Hub;

/// Facts about the whole API.
#[derive(OpenApi)]
#[openapi(info(
    title = "Patchbay",
    description = "Multi-channel gateway and conversation hub: webhooks, conversations, tickets, realtime. Errors have \
                   one shape everywhere: {\"error\":{\"code\",\"message\",\"request_id\",\"correlation_id\",\
                   \"policy_error\"?}}. Lists are {\"data\":[…],\"next_cursor\"}."
))]
struct Api;

/// The routes of the API without their state, for the document alone.
pub(crate) fn hub_routes() -> OpenApiRouter<Hub> {
    OpenApiRouter::with_openapi(Api::openapi()).merge(patchbay_hub::router()).merge(patchbay_dispatch::router::<Hub>())
}

/// Adds what every document says to the parts of the routes.
pub(crate) fn complete(mut api: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    let components = api.components.get_or_insert_default();
    components.add_security_scheme(
        "bearer",
        SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build()),
    );
    api.security = Some(vec![utoipa::openapi::security::SecurityRequirement::new::<_, _, &str>("bearer", [])]);
    errors::documented(api)
}

/// The OpenAPI document, as `/openapi.json` and `patchbay openapi` show it.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut api = hub_routes().into_openapi();
    api.merge(patchbay_ingress::openapi());
    api.merge(patchbay_realtime::openapi());
    api.merge(crate::health::openapi());
    api.merge(patchbay_tool_gateway::openapi());
    api.merge(patchbay_dispatch::alerts::alerts_openapi());
    complete(api)
}
