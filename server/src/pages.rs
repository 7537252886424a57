//! The pages, embedded into the binary: console, simulator, the chat widget, the API's page. A missing asset is 404,
//! never the page.

mod built;

use axum::extract::{Path, Query};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use patchbay_core::inbox::Provider;
use patchbay_http::SharedDirectory;
use patchbay_hub::administration::DemoPerson;
use serde::Deserialize;
use serde_json::json;

use crate::packed::{self, Encoding};

/// What may run and load in our pages.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; \
                      img-src 'self' data: blob:; font-src 'self'; media-src 'self' blob:; manifest-src 'self'; \
                      frame-ancestors 'none'; base-uri 'none'; object-src 'none'; form-action 'self'";

/// The same for the demo's shop, which embeds the widget like any other site.
const SHOP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; frame-src 'self'; frame-ancestors 'none'; \
                    base-uri 'none'; form-action 'none'";

/// The pages under their prefixes; `/` leads to the console. `people` may sign in to a demo with one click. The sites
/// of the directory say which pages may embed the widget.
pub(crate) fn router(simulator: SimulatorPages, people: &[DemoPerson], sites: SharedDirectory) -> Router {
    let people = Json(json!({ "data": people }));
    let router = Router::new()
        .route(
            "/widget/",
            get(move |Query(asked): Query<Asked>, taken: Encoding| {
                std::future::ready(frame(&sites, &asked.inbox, taken))
            }),
        )
        .route(
            "/widget/{*path}",
            get(|Path(path): Path<String>, taken: Encoding| async move { widget_file(&path, taken) }),
        )
        .route("/", get(|| async { Redirect::temporary("/app/") }))
        .route("/app", get(|| async { Redirect::temporary("/app/") }))
        .route("/app/", get(move |taken: Encoding| std::future::ready(console(simulator, "", taken))))
        .route("/app/demo.json", get(move || std::future::ready(people.clone())))
        .route(
            "/app/{*path}",
            get(move |Path(path): Path<String>, taken: Encoding| std::future::ready(console(simulator, &path, taken))),
        )
        .route("/docs", get(|| async { Redirect::to("/docs/") }))
        .route("/docs/", get(|taken: Encoding| async move { page("docs/index.html", taken) }))
        .route(
            "/docs/{*path}",
            get(|Path(path): Path<String>, taken: Encoding| async move { docs_file(&path, taken) }),
        );
    match simulator {
        SimulatorPages::Hidden => router,
        SimulatorPages::Shown => router
            .route("/sim", get(|| async { Redirect::temporary("/sim/") }))
            .route("/sim/", get(|taken: Encoding| async move { page("sim/index.html", taken) }))
            .route(
                "/demo",
                get(|taken: Encoding| async move { with_policy(page("sim/index.html", taken), &both_sides()) }),
            )
            .route(
                "/sim/shop",
                get(|taken: Encoding| async move { with_policy(page("widget/site.html", taken), SHOP) }),
            )
            .route(
                "/sim/{*path}",
                get(|Path(path): Path<String>, taken: Encoding| async move { file("sim", &path, taken) }),
            ),
    }
}

/// The console. Nobody may frame it but the demo's own page that shows both sides.
fn console(simulator: SimulatorPages, path: &str, taken: Encoding) -> Response {
    let response = file("app", path, taken);
    match simulator {
        SimulatorPages::Hidden => response,
        SimulatorPages::Shown => {
            with_policy(response, &POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'"))
        }
    }
}

/// What the page may do that shows the console beside the phones.
fn both_sides() -> String {
    POLICY.replace("default-src 'none'", "default-src 'none'; frame-src 'self'")
}

/// Whose frame is asked for.
#[derive(Debug, Deserialize)]
struct Asked {
    #[serde(default)]
    inbox: String,
}

/// The widget's frame. Only pages of the inbox's own list may embed it.
fn frame(sites: &SharedDirectory, inbox: &str, taken: Encoding) -> Response {
    let directory = sites.load();
    let site = directory.inboxes.values().filter(|found| found.name == inbox).find_map(|found| match &found.provider {
        Provider::Chat(site) => Some(site),
        _ => None,
    });
    let ancestors = match site {
        // An origin was read as one: it cannot end the directive.
        Some(site) => {
            site.allowed_origins.iter().fold("'self'".to_owned(), |list, origin| format!("{list} {}", origin.as_str()))
        }
        None => "'none'".to_owned(),
    };
    with_policy(
        page("widget/index.html", taken),
        &POLICY.replace("frame-ancestors 'none'", &format!("frame-ancestors {ancestors}")),
    )
}

/// The loader is any page's script, and small enough to be asked for often.
fn widget_file(path: &str, taken: Encoding) -> Response {
    let mut response = file("widget", path, taken);
    if path == "loader.js" {
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
        headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    response
}

fn with_policy(mut response: Response, policy: &str) -> Response {
    if let Ok(policy) = HeaderValue::from_str(policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Whether the simulator's pages are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SimulatorPages {
    /// At `/sim/`.
    Shown,
    /// Not at all.
    Hidden,
}

/// A file of the API's page, which is one page and has no places inside.
fn docs_file(path: &str, taken: Encoding) -> Response {
    built_file(&format!("docs/{path}"), taken).unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}

/// A built file; a path without a dot is a place inside the app and gets its page.
fn file(app: &str, path: &str, taken: Encoding) -> Response {
    if let Some(found) = built_file(&format!("{app}/{path}"), taken) {
        return found;
    }
    let last = path.rsplit('/').next().unwrap_or_default();
    if last.contains('.') || path.starts_with("assets/") {
        return StatusCode::NOT_FOUND.into_response();
    }
    page(&format!("{app}/index.html"), taken)
}

/// A page, or the placeholder where npm did not build it.
fn page(name: &str, taken: Encoding) -> Response {
    built_file(name, taken).unwrap_or_else(|| {
        let missing = "<!doctype html><title>Patchbay</title><p>The pages were not built into this binary. \
                       Run <code>make run</code> with Node installed; the API works without them.";
        (StatusCode::OK, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], missing).into_response()
    })
}

fn built_file(name: &str, taken: Encoding) -> Option<Response> {
    let mut response = packed::answer(built::get(name)?, taken);
    let hashed = name.contains("/assets/");
    let cache = if hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    Some(response)
}

/// What a file is, by its ending. The console's build makes no others.
fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(response: &Response) -> &str {
        let header = response.headers().get(header::CONTENT_SECURITY_POLICY);
        header.and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    #[test]
    fn only_the_demo_may_frame_the_console_and_only_its_own_pages() {
        // Where nothing was built there is a placeholder page, which carries a policy only in a demo.
        assert!(
            !policy(&console(SimulatorPages::Hidden, "inbox/all", Encoding::Gzip)).contains("frame-ancestors 'self'")
        );
        let demo = console(SimulatorPages::Shown, "inbox/all", Encoding::Gzip);
        assert!(policy(&demo).contains("frame-ancestors 'self'; base-uri 'none'"), "{}", policy(&demo));
        assert!(policy(&demo).contains("script-src 'self';"));
    }

    #[test]
    fn the_page_of_both_sides_frames_nothing_but_our_own_pages() {
        let policy = both_sides();
        assert!(policy.contains("frame-src 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    }
}
