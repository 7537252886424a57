//! The pages, and the page of the API with its document. They are packed: a client that takes no gzip sees no difference.

use patchbay_tests::{Deployment, Plan, client};
use reqwest::StatusCode;
use serde_json::Value;

/// What a client gets that asks for a coding and unpacks nothing by itself.
async fn raw(url: &str, coding: &str) -> reqwest::Response {
    let client = reqwest::Client::builder().no_gzip().no_proxy().redirect(reqwest::redirect::Policy::none());
    let client = client.build().expect("a client with these settings can be made");
    client.get(url).header("accept-encoding", coding).send().await.expect("the node answers")
}

fn header<'a>(answer: &'a reqwest::Response, name: &str) -> &'a str {
    answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_with_and_without_gzip_get_the_same() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let base = deployment.nodes[0].base_url();
    for (path, kind) in [
        ("/openapi.json", "application/json"),
        ("/docs/", "text/html; charset=utf-8"),
        ("/app/", "text/html; charset=utf-8"),
        ("/app/inbox/all", "text/html; charset=utf-8"),
        ("/widget/?inbox=website", "text/html; charset=utf-8"),
    ] {
        let url = format!("{base}{path}");
        let plain = raw(&url, "identity").await;
        assert_eq!((plain.status(), header(&plain, "content-type")), (StatusCode::OK, kind), "{path}");
        assert_eq!(header(&plain, "content-encoding"), "", "{path}");
        let packed = raw(&url, "gzip, br").await;
        assert_eq!(header(&packed, "content-type"), kind, "{path}");
        // Where npm did not run there is a placeholder, which is not packed.
        if header(&packed, "content-encoding") == "gzip" {
            assert_eq!(header(&packed, "vary"), "accept-encoding", "{path}");
            assert_eq!(header(&plain, "vary"), "accept-encoding", "{path}");
            let packed = packed.bytes().await.expect("a body");
            assert_eq!(packed.get(..2), Some(&[0x1f, 0x8b][..]), "{path}");
        }
        let unpacked = client::http().get(&url).send().await.expect("the node answers");
        let (unpacked, plain) = (unpacked.bytes().await.expect("a body"), plain.bytes().await.expect("a body"));
        assert!(!plain.is_empty() && unpacked == plain, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_document_is_the_one_that_is_committed() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let served: Value = deployment.admin.get("/openapi.json").await.expect(200);
    let committed: Value = serde_json::from_str(include_str!("../../console/openapi.json")).expect("JSON");
    assert!(served == committed, "run: make api");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_of_the_api_has_its_place_and_nothing_that_was_not_built() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let base = deployment.nodes[0].base_url();
    let moved = raw(&format!("{base}/docs"), "gzip").await;
    assert_eq!((moved.status(), header(&moved, "location")), (StatusCode::SEE_OTHER, "/docs/"));
    for path in [
        "/docs/nothing", "/docs/nothing.js", "/docs/assets/gone.js", "/app/assets/gone.js", "/app/gone.svg",
        "/docs/..%2f..%2fopenapi.json", "/app/..%2f..%2fpackage.json", "/docs/%2fetc%2fpasswd",
    ] {
        let answer = raw(&format!("{base}{path}"), "identity").await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
}
