//! The page of a mail, made harmless, and the mail as it came. The page runs nothing, loads nothing from elsewhere unless
//! asked to, and stands in a sandbox of its own.

use std::borrow::Cow;
use std::collections::HashMap;

use ammonia::{Builder, UrlRelative};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use object_store::ObjectStoreExt as _;
use object_store::path::Path as ObjectPath;
use patchbay_core::ids::MessageId;
use patchbay_http::{ApiError, Caller, Disposition, Id, OpenApiRouter, Params, ServedFile, routes};
use patchbay_store::messages::{self, MessageRow};
use serde::Deserialize;
use serde_json::Value;

use crate::conversations::load_visible;
use crate::error::HubError;
use crate::state::Hub;
use patchbay_store::objects::media_key;

/// Longest page that is shown as one; a longer one is shown as text.
const MAX_PAGE_BYTES: usize = 512 << 10;
/// Most tags of a page that is shown as one.
const MAX_TAGS: usize = 20_000;
/// Inline pictures of one page, all together.
const MAX_PICTURE_BYTES: usize = 8 << 20;

/// The endpoints under `/api/v1/messages/{id}`.
pub(crate) fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new().routes(routes!(page)).routes(routes!(raw))
}

/// Which pictures a page shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Pictures {
    /// Those that came with the mail.
    #[default]
    Own,
    /// Those from elsewhere too: their servers learn that the mail was read.
    All,
}

/// How a page is asked for.
#[derive(Debug, Deserialize)]
pub(crate) struct PageParams {
    #[serde(default)]
    images: Pictures,
}

/// The page of a mail, sanitized, for a sandboxed frame. Pictures from elsewhere are left out unless `images=all`.
#[utoipa::path(get, path = "/api/v1/messages/{id}/html", tag = "conversations",
    params(("id" = Uuid, Path), ("images" = Option<String>, Query, description = "`own` (default) or `all`")),
    responses((status = 200, content_type = "text/html", body = String),
              (status = 404, description = "NOT_FOUND: no such message, or it has no page")))]
pub(crate) async fn page(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<MessageId>,
    Params(params): Params<PageParams>,
) -> Result<Response, HubError> {
    let message = load(&hub, &ctx, id).await?;
    let sha256 = fact(&message, "html_sha256").ok_or_else(|| ApiError::not_found("page"))?;
    let html = object(&hub, &sha256).await?;
    let pictures = pictures(&hub, &message).await;
    let text = message.text.clone().unwrap_or_default();
    let images = params.images;
    let html = tokio::task::spawn_blocking(move || render(&String::from_utf8_lossy(&html), &text, images, &pictures))
        .await
        .map_err(|error| ApiError::internal(&error))?;
    let sources = match images {
        Pictures::Own => "data:",
        Pictures::All => "data: https: http:",
    };
    let policy = format!(
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; \
         img-src {sources}; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    );
    let mut response = Body::from(html).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_str(&policy).map_err(|error| ApiError::internal(&error))?,
    );
    Ok(response)
}

/// The mail as it came, to be kept.
#[utoipa::path(get, path = "/api/v1/messages/{id}/raw", tag = "conversations", params(("id" = Uuid, Path)),
    responses((status = 200, content_type = "message/rfc822", body = Vec<u8>),
              (status = 404, description = "NOT_FOUND: no such message, or its raw form was never given to us")))]
pub(crate) async fn raw(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<MessageId>,
) -> Result<Response, HubError> {
    let message = load(&hub, &ctx, id).await?;
    let sha256 = fact(&message, "raw_sha256").ok_or_else(|| ApiError::not_found("mail"))?;
    let bytes = object(&hub, &sha256).await?;
    let filename = format!("{id}.eml");
    let file = ServedFile {
        body: bytes.into(),
        mime_type: "message/rfc822",
        filename: &filename,
        disposition: Disposition::Attachment,
    };
    Ok(file.into_response())
}

/// A message that the caller may see.
async fn load(hub: &Hub, ctx: &patchbay_core::ctx::Ctx, id: MessageId) -> Result<MessageRow, HubError> {
    let mut tx = hub.db.read().await?;
    let message = messages::by_id(&mut tx, id).await?.ok_or_else(|| ApiError::not_found("message"))?;
    load_visible(&mut tx, ctx, message.conversation_id).await?;
    Ok(message)
}

fn fact(message: &MessageRow, key: &str) -> Option<String> {
    message.metadata.get(key).and_then(Value::as_str).map(str::to_owned)
}

async fn object(hub: &Hub, sha256: &str) -> Result<Bytes, HubError> {
    let found = hub.files.get(&ObjectPath::from(media_key(sha256))).await;
    let found = found.map_err(|error| match error {
        object_store::Error::NotFound { .. } => ApiError::not_found("mail"),
        other => ApiError::internal(&other),
    })?;
    Ok(found.bytes().await.map_err(|error| ApiError::internal(&error))?)
}

/// The pictures that came with a mail, by Content-ID, as `data:` URLs: a sandboxed page may ask us for nothing.
async fn pictures(hub: &Hub, message: &MessageRow) -> HashMap<String, String> {
    let mut pictures = HashMap::new();
    let mut room = MAX_PICTURE_BYTES;
    for file in message.content.get("media").and_then(Value::as_array).into_iter().flatten() {
        let text = |key: &str| file.get(key).and_then(Value::as_str);
        let size = file.get("size").and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok());
        let (Some(id), Some(sha256), Some(mime_type), Some(size)) =
            (text("content_id"), text("sha256_hex"), text("mime_type"), size)
        else {
            continue;
        };
        if size > room || Disposition::of_media(mime_type) != Disposition::Inline || !mime_type.starts_with("image/") {
            continue;
        }
        if let Ok(bytes) = object(hub, sha256).await {
            room -= size;
            pictures.insert(id.to_owned(), format!("data:{mime_type};base64,{}", STANDARD.encode(&bytes)));
        }
    }
    pictures
}

/// The whole document.
fn render(html: &str, text: &str, images: Pictures, pictures: &HashMap<String, String>) -> String {
    let is_reasonable = html.len() <= MAX_PAGE_BYTES && html.bytes().filter(|byte| *byte == b'<').count() <= MAX_TAGS;
    let body = if is_reasonable {
        sanitized(html, images, pictures)
    } else {
        format!("<pre>{}</pre>", ammonia::clean_text(text))
    };
    format!(
        "<!doctype html><html><head><meta charset=\"utf-8\"><style>body{{font:14px/1.5 system-ui,sans-serif;margin:8px;\
         overflow-wrap:anywhere}}img{{max-width:100%;height:auto}}pre{{white-space:pre-wrap}}</style></head>\
         <body>{body}</body></html>"
    )
}

fn sanitized(html: &str, images: Pictures, pictures: &HashMap<String, String>) -> String {
    let pictures = pictures.clone();
    Builder::default()
        .add_url_schemes(["cid", "data"])
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"))
        .add_tag_attributes("td", ["bgcolor", "width", "valign"])
        .add_tag_attributes("table", ["bgcolor", "width", "border", "cellpadding", "cellspacing"])
        .set_tag_attribute_value("a", "target", "_blank")
        // The builder keeps the closure for longer than a borrow would live.
        .attribute_filter(move |element, attribute, value| match (element, attribute) {
            ("img", "src") => picture(value, images, &pictures).map(Cow::Owned),
            (_, "href" | "cite" | "src") => {
                let scheme = value.trim_start().split(':').next().unwrap_or_default().to_ascii_lowercase();
                (!matches!(scheme.as_str(), "data" | "cid")).then_some(Cow::Borrowed(value))
            }
            _ => Some(Cow::Borrowed(value)),
        })
        .clean(html)
        .to_string()
}

/// Where a picture of a page comes from. `None`: it is left out.
fn picture(source: &str, images: Pictures, pictures: &HashMap<String, String>) -> Option<String> {
    let source = source.trim();
    let lower = source.get(..64.min(source.len())).unwrap_or(source).to_ascii_lowercase();
    if lower.starts_with("cid:") {
        return source.get(4..).and_then(|id| pictures.get(id)).cloned();
    }
    let is_safe_data =
        ["png", "jpeg", "gif", "webp"].iter().any(|kind| lower.starts_with(&format!("data:image/{kind};")));
    let is_remote = lower.starts_with("https:") || lower.starts_with("http:");
    (is_safe_data || is_remote && images == Pictures::All).then(|| source.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, expected: &str) {
        let pictures = HashMap::from([("leak@x".to_owned(), "data:image/png;base64,AA==".to_owned())]);
        // The attributes come in any order.
        let found = sanitized(html, Pictures::Own, &pictures);
        let ordered = found.replace(
            "target=\"_blank\" rel=\"noopener noreferrer nofollow\"",
            "rel=\"noopener noreferrer nofollow\" target=\"_blank\"",
        );
        assert_eq!(ordered, expected, "{html}");
    }

    #[test]
    fn what_runs_or_calls_home_is_left_out() {
        check("<p onclick=\"x()\">a<script>x()</script></p>", "<p>a</p>");
        check("<img src=\"https://spy.test/p.gif\">b", "<img>b");
        check("<img src=\"cid:leak@x\"><img src=\"cid:other\">", "<img src=\"data:image/png;base64,AA==\"><img>");
        check("<img src=\"data:image/svg+xml;base64,AA==\">", "<img>");
        check("<a href=\"javascript:x()\">a</a>", "<a rel=\"noopener noreferrer nofollow\" target=\"_blank\">a</a>");
        check("<a href=\"data:text/html,x\">a</a>", "<a rel=\"noopener noreferrer nofollow\" target=\"_blank\">a</a>");
        check(
            "<form action=\"/x\"><input name=a></form><iframe src=\"/\"></iframe><style>p{}</style><base href=\"/\">",
            "",
        );
        check("<img src=\"/api/v1/auth/logout\">", "<img>");
    }

    #[test]
    fn pictures_from_elsewhere_are_shown_when_asked_for() {
        let html = sanitized("<img src=\"https://a.test/p.gif\">", Pictures::All, &HashMap::new());
        assert_eq!(html, "<img src=\"https://a.test/p.gif\">");
    }

    #[test]
    fn a_page_made_to_hurt_is_shown_as_text() {
        let html = render(&"<div>".repeat(100_000), "a < b", Pictures::Own, &HashMap::new());
        assert!(html.contains("<pre>a&#32;&lt;&#32;b</pre>"), "{html}");
    }
}
