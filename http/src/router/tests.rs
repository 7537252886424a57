use axum::body::Body;
use axum::http::{Method, StatusCode};
use tower::ServiceExt as _;

use super::*;
use crate::routes;

mod inner {
    #[utoipa::path(get, path = "/things", responses((status = 200, description = "All.")))]
    pub(super) async fn list() -> &'static str {
        "list"
    }
}

#[utoipa::path(post, path = "/things", tag = "things", responses((status = 200, description = "Made.")))]
async fn make() -> &'static str {
    "made"
}

#[utoipa::path(method(get, delete), path = "/things/{id}", responses((status = 200, description = "One.")))]
async fn one() -> &'static str {
    "one"
}

fn router() -> OpenApiRouter {
    let listed = OpenApiRouter::new().routes(routes!(inner::list, make,));
    OpenApiRouter::new().routes(routes!(one)).merge(listed)
}

async fn status(method: Method, path: &str) -> StatusCode {
    let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    router().into_router().oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn path_and_methods_are_those_beside_the_handler() {
    for (method, path, expected) in [
        (Method::GET, "/things", StatusCode::OK),
        (Method::HEAD, "/things", StatusCode::OK),
        (Method::POST, "/things", StatusCode::OK),
        (Method::DELETE, "/things", StatusCode::METHOD_NOT_ALLOWED),
        (Method::GET, "/things/1", StatusCode::OK),
        (Method::DELETE, "/things/1", StatusCode::OK),
        (Method::POST, "/things/1", StatusCode::METHOD_NOT_ALLOWED),
        (Method::GET, "/list", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(status(method.clone(), path).await, expected, "{method} {path}");
    }
}

#[test]
#[should_panic(expected = "one `routes!` is one path")]
fn handlers_of_two_paths_do_not_pass_for_one() {
    let _endpoints: Endpoints<()> = routes!(make, one);
}

#[test]
#[cfg(debug_assertions)]
fn the_document_has_every_operation() {
    let document = serde_json::to_value(router().into_openapi()).unwrap();
    assert_eq!(document["paths"]["/things"]["post"]["tags"], serde_json::json!(["things"]));
    assert_eq!(document["paths"]["/things"]["get"]["operationId"], "list");
    let one = document["paths"]["/things/{id}"].as_object().unwrap();
    assert!(one.contains_key("get") && one.contains_key("delete"), "{document}");
}
