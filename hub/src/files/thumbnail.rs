//! Small pictures of pictures: made when first asked for, then kept beside the file. Only formats that are decoded in
//! safe Rust, only pictures of a size that is worth it, one at a time: a picture can be a bomb.

use std::io::Cursor;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits, Rgb, RgbImage};
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStoreExt as _, PutPayload};
use patchbay_core::ids::MediaId;
use patchbay_http::{ApiError, Caller, Disposition, Id, ServedFile};
use patchbay_store::media::{MediaRow, MediaStatus};
use tokio::sync::Semaphore;

use super::visible;
use crate::error::HubError;
use crate::state::Hub;

/// Longest edge of a thumbnail.
const EDGE: u32 = 320;
/// Largest file that is looked into.
const MOST_BYTES: i64 = 20 << 20;
/// Longest edge of a picture that is decoded.
const MOST_EDGE: u32 = 12_000;
/// Most pixels of a picture that is decoded.
const MOST_PIXELS: u64 = 24_000_000;
/// Most memory a decoder may take, in bytes.
const MOST_MEMORY: u64 = 128 << 20;
/// How long somebody waits for the pictures of others.
const PATIENCE: Duration = Duration::from_secs(10);
/// One at a time: each may take [`MOST_MEMORY`].
static TURN: Semaphore = Semaphore::const_new(1);

/// Whether a file of this type has a thumbnail.
pub fn has_thumbnail(mime_type: &str) -> bool {
    format_of(mime_type).is_some()
}

fn format_of(mime_type: &str) -> Option<ImageFormat> {
    match mime_type {
        "image/jpeg" => Some(ImageFormat::Jpeg),
        "image/png" => Some(ImageFormat::Png),
        "image/webp" => Some(ImageFormat::WebP),
        "image/gif" => Some(ImageFormat::Gif),
        _ => None,
    }
}

/// A small JPEG of a picture (JPEG, PNG, WebP or GIF), at most 320 pixels on its longer edge.
#[utoipa::path(get, path = "/api/v1/media/{id}/thumbnail", tag = "media", params(("id" = Uuid, Path)),
    responses((status = 200, content_type = "image/jpeg"), (status = 404, description = "NOT_FOUND"),
              (status = 503, description = "NOT_READY")))]
pub(crate) async fn thumbnail(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<MediaId>,
) -> Result<Response, HubError> {
    let row = visible(&hub, &ctx, id).await?;
    let none = || ApiError::not_found("thumbnail");
    let picture = Picture::of(&row).ok_or_else(none)?;
    let kept = match hub.files.get(&picture.place).await {
        Ok(object) => object.bytes().await.map_err(|error| ApiError::not_ready(&error))?,
        Err(object_store::Error::NotFound { .. }) => make(&hub, &picture).await?,
        Err(error) => return Err(ApiError::not_ready(&error).into()),
    };
    if kept.is_empty() {
        return Err(none().into());
    }
    let file = ServedFile {
        body: kept.into(),
        mime_type: "image/jpeg",
        filename: "thumbnail.jpg",
        disposition: Disposition::Inline,
    };
    Ok(file.into_response())
}

/// Where the thumbnail of the file under this key lies, when it has one.
pub(crate) fn thumbnail_key(key: &str) -> Option<String> {
    place_of(key.rsplit('/').next()?)
}

fn place_of(sum: &str) -> Option<String> {
    Some(format!("media/thumbnails/{}/{sum}.jpg", sum.get(..2)?))
}

/// A picture and where its thumbnail lies.
struct Picture {
    source: ObjectPath,
    place: ObjectPath,
    format: ImageFormat,
}

impl Picture {
    fn of(row: &MediaRow) -> Option<Self> {
        let ready = row.status == MediaStatus::Ready && row.size_bytes.is_none_or(|size| size <= MOST_BYTES);
        let (key, sum) = (row.storage_key.as_deref()?, row.sha256.as_deref()?);
        let format = format_of(&row.mime_type).filter(|_| ready)?;
        let place = place_of(sum)?;
        Some(Self { source: ObjectPath::from(key), place: ObjectPath::from(place), format })
    }
}

/// Makes and keeps a thumbnail. Empty: there is none to be made, and nobody need try again.
async fn make(hub: &Hub, picture: &Picture) -> Result<Bytes, ApiError> {
    let busy = |what: &'static str| ApiError::new(patchbay_core::Code::NotReady, what).retry_after(1);
    let turn = tokio::time::timeout(PATIENCE, TURN.acquire()).await;
    let _turn = turn.ok().and_then(Result::ok).ok_or_else(|| busy("other pictures are being made; try again"))?;
    let object = hub.files.get(&picture.source).await.map_err(|error| ApiError::not_ready(&error))?;
    let bytes = object.bytes().await.map_err(|error| ApiError::not_ready(&error))?;
    let format = picture.format;
    let made = tokio::task::spawn_blocking(move || shrink(&bytes, format)).await;
    let made = made.map_err(|_| busy("the picture could not be made; try again"))?.map_or_else(Bytes::new, Bytes::from);
    let put = hub.files.put(&picture.place, PutPayload::from_bytes(made.clone())).await;
    if let Err(error) = put {
        tracing::warn!(error = %patchbay_http::Chain(&error), "a thumbnail could not be kept");
    }
    Ok(made)
}

/// The picture at most [`EDGE`] long, upright, on white. `None`: it is none, or one that is not worth its memory.
fn shrink(bytes: &[u8], format: ImageFormat) -> Option<Vec<u8>> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_EDGE);
    limits.max_image_height = Some(MOST_EDGE);
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return None;
    }
    let turned = decoder.orientation().ok();
    let mut picture = DynamicImage::from_decoder(decoder).ok()?;
    if picture.width().max(picture.height()) > EDGE {
        picture = picture.thumbnail(EDGE, EDGE);
    }
    if let Some(turned) = turned {
        picture.apply_orientation(turned);
    }
    let mut out = Vec::new();
    JpegEncoder::new_with_quality(&mut out, 80).encode_image(&on_white(&picture)).ok()?;
    Some(out)
}

/// JPEG knows no transparency.
fn on_white(picture: &DynamicImage) -> RgbImage {
    let source = picture.to_rgba8();
    RgbImage::from_fn(source.width(), source.height(), |x, y| {
        let [red, green, blue, alpha] = source.get_pixel(x, y).0;
        let over = |value: u8| {
            let mixed = (u32::from(value) * u32::from(alpha) + 255 * (255 - u32::from(alpha))) / 255;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        Rgb([over(red), over(green), over(blue)])
    })
}

#[cfg(test)]
mod tests {
    use image::RgbaImage;

    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        let picture = DynamicImage::ImageRgba8(RgbaImage::new(width, height));
        picture.write_to(&mut out, ImageFormat::Png).expect("a picture can be written");
        out.into_inner()
    }

    #[test]
    fn a_picture_gets_small_and_loses_its_transparency() {
        let small = shrink(&png(1_000, 500), ImageFormat::Png).expect("a thumbnail");
        let small = image::load_from_memory_with_format(&small, ImageFormat::Jpeg).expect("a JPEG");
        assert_eq!((small.width(), small.height()), (EDGE, EDGE / 2));
        assert_eq!(small.to_rgb8().get_pixel(3, 3).0, [255, 255, 255]);
    }

    #[test]
    fn a_bomb_or_something_else_has_no_thumbnail() {
        let mut bomb = png(10, 10);
        // The size that the head of a PNG promises: 60,000 by 60,000.
        bomb.splice(16..24, [0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
        assert!(shrink(&bomb, ImageFormat::Png).is_none());
        assert!(shrink(b"\xff\xd8\xff\xe0 not a picture", ImageFormat::Jpeg).is_none());
        assert!(shrink(b"", ImageFormat::Gif).is_none());
    }
}
