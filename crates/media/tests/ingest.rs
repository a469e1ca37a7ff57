//! Files through the real worker process: what is kept, what is refused, what is given back.
#![allow(clippy::unwrap_used, clippy::panic)]

use axum::body::to_bytes;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use image::{
    DynamicImage, ImageEncoder, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage, codecs::jpeg::JpegEncoder,
};
use landbridge_media::{Config, Error, Limits, MediaStore, Purpose, Refusal, Worker, serve};
use landbridge_model::{Media, MediaKind};
use std::{io::Cursor, path::PathBuf, time::Duration};

fn store(limits: Limits) -> (tempfile::TempDir, MediaStore) {
    let dir = tempfile::tempdir().unwrap();
    let worker = Worker::Process { program: env!("CARGO_BIN_EXE_media-worker").into(), args: Vec::new() };
    let config = Config { dir: dir.path().join("media"), worker, limits, ffmpeg: which("ffmpeg") };
    (dir, MediaStore::open(config).unwrap())
}

fn which(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|d| d.join(program)).find(|p| p.is_file())
}

async fn ingest(bytes: impl Into<Bytes>) -> Result<(Media, Bytes), Error> {
    let (_dir, media) = store(Limits::default());
    let kept = media.ingest(bytes.into(), Purpose::Attachment).await?;
    let bytes = media.read(kept.file.as_deref().unwrap()).await?;
    Ok((kept, bytes))
}

async fn refusal(bytes: impl Into<Bytes>) -> Refusal {
    match ingest(bytes).await {
        Err(Error::Refused(why)) => why,
        Err(other) => panic!("{other}"),
        Ok((kept, _)) => panic!("kept: {kept:?}"),
    }
}

fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    picture.into().write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// Left half red, right half blue.
fn halves(w: u32, h: u32) -> RgbImage {
    RgbImage::from_fn(w, h, |x, _| if x < w / 2 { Rgb([220, 0, 0]) } else { Rgb([0, 0, 220]) })
}

/// A JPEG with an Exif block: orientation 6 (turn by 90 degrees) and a comment that must not survive.
fn jpeg_with_exif() -> Vec<u8> {
    let mut out = Vec::new();
    let picture = halves(200, 100);
    JpegEncoder::new(&mut out)
        .write_image(picture.as_raw(), 200, 100, image::ExtendedColorType::Rgb8)
        .unwrap();
    let tiff = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0GPS 52.5 13.4";
    let segment = [&[0xff, 0xe1][..], &(tiff.len() as u16 + 2).to_be_bytes(), tiff].concat();
    out.splice(2..2, segment);
    out
}

#[tokio::test]
async fn a_photo_is_turned_upright_and_forgets_where_it_was_taken() {
    let (kept, bytes) = ingest(jpeg_with_exif()).await.unwrap();
    assert_eq!((kept.kind, kept.mime.as_str()), (MediaKind::Image, "image/jpeg"));
    assert_eq!((kept.meta.width, kept.meta.height), (Some(100), Some(200)));
    assert!(!bytes.windows(4).any(|w| w == b"Exif" || w == b"52.5"));
    let shown = image::load_from_memory(&bytes).unwrap().into_rgb8();
    let top = shown.get_pixel(50, 20);
    assert!(top[0] > 150 && top[2] < 80, "red is at the top now: {top:?}");
    assert_eq!(kept.meta.size, Some(bytes.len() as u64));
    assert_eq!(kept.file, Some(format!("{}.jpg", kept.meta.sha256.unwrap())));
    assert!(kept.meta.blurhash.unwrap().len() > 10);
    assert_eq!(kept.preview, kept.file, "small enough to be its own preview");
}

#[tokio::test]
async fn big_pictures_shrink_and_get_a_preview() {
    let (_dir, media) = store(Limits { kept_pixels: 500_000, ..Limits::default() });
    let kept = media
        .ingest(encoded(halves(2000, 1000), ImageFormat::Png).into(), Purpose::Attachment)
        .await
        .unwrap();
    assert_eq!((kept.meta.width, kept.meta.height), (Some(1000), Some(500)));
    assert_eq!((kept.meta.preview_width, kept.meta.preview_height), (Some(640), Some(320)));
    let preview = image::load_from_memory(&media.read(&kept.preview.unwrap()).await.unwrap()).unwrap();
    assert_eq!((preview.width(), preview.height()), (640, 320));
}

#[tokio::test]
async fn what_is_see_through_stays_so() {
    let picture = RgbaImage::from_pixel(20, 20, Rgba([10, 200, 30, 100]));
    let (kept, bytes) = ingest(encoded(picture, ImageFormat::WebP)).await.unwrap();
    assert_eq!(kept.mime, "image/png");
    assert_eq!(image::load_from_memory(&bytes).unwrap().into_rgba8().get_pixel(3, 3).0, [10, 200, 30, 100]);
}

#[tokio::test]
async fn avatars_are_cut_square() {
    let (_dir, media) = store(Limits::default());
    let avatar =
        media.ingest(encoded(halves(900, 600), ImageFormat::Png).into(), Purpose::Avatar).await.unwrap();
    assert_eq!((avatar.meta.width, avatar.meta.height), (Some(400), Some(400)));
    let header =
        media.ingest(encoded(halves(3000, 400), ImageFormat::Png).into(), Purpose::Header).await.unwrap();
    assert_eq!((header.meta.width, header.meta.height), (Some(1500), Some(200)));
    let sound = media.ingest(Bytes::from_static(b"fLaC\0\0\0\x22"), Purpose::Avatar).await;
    assert!(matches!(sound, Err(Error::Refused(Refusal::NotAPicture))));
}

#[tokio::test]
async fn the_same_picture_is_kept_once_and_can_be_deleted() {
    let (_dir, media) = store(Limits::default());
    let bytes: Bytes = encoded(halves(30, 30), ImageFormat::Png).into();
    let (a, b) = tokio::join!(
        media.ingest(bytes.clone(), Purpose::Attachment),
        media.ingest(bytes, Purpose::Attachment)
    );
    let (a, b) = (a.unwrap(), b.unwrap());
    assert_eq!(a, b);
    let name = a.file.unwrap();
    media.delete(&name).await.unwrap();
    assert!(media.read(&name).await.is_err());
    assert!(media.delete("../secret").await.is_err());
}

#[tokio::test]
async fn scripts_and_strangers_are_refused() {
    assert_eq!(refusal("").await, Refusal::Empty);
    for bytes in [
        "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        "<html>",
        "GIF",
        "\u{0}\u{0}\u{0}\u{18}ftypavif",
    ] {
        assert_eq!(refusal(bytes).await, Refusal::UnknownType, "{bytes}");
    }
}

#[tokio::test]
async fn a_picture_that_is_also_something_else_is_only_a_picture_afterwards() {
    let mut bytes = encoded(halves(30, 30), ImageFormat::Png);
    bytes.extend_from_slice(b"PK\x03\x04<script>alert(1)</script>");
    let (_, kept) = ingest(bytes).await.unwrap();
    assert!(!kept.windows(7).any(|w| w == b"<script") && !kept.windows(4).any(|w| w == b"PK\x03\x04"));
}

#[tokio::test]
async fn truncated_and_bent_files_never_hang_or_panic() {
    let png = encoded(halves(64, 64), ImageFormat::Png);
    for cut in [9, 20, 33, 50, png.len() / 2, png.len() - 20] {
        assert_eq!(refusal(png[..cut].to_vec()).await, Refusal::Damaged, "cut at {cut}");
    }
    let jpeg = jpeg_with_exif();
    for cut in [3, 30, 100, 300] {
        assert_eq!(refusal(jpeg[..cut].to_vec()).await, Refusal::Damaged, "cut at {cut}");
    }
    let webp = encoded(halves(64, 64), ImageFormat::WebP);
    for cut in [13, 20, webp.len() - 10] {
        assert_eq!(refusal(webp[..cut].to_vec()).await, Refusal::Damaged, "cut at {cut}");
    }
}

/// A PNG that says it has that size, with `data` as its only image data.
fn png_claiming(width: u32, height: u32, data: &[u8]) -> Vec<u8> {
    let chunk = |kind: &[u8; 4], content: &[u8]| {
        let body = [&kind[..], content].concat();
        [&(content.len() as u32).to_be_bytes()[..], &body, &crc(&body).to_be_bytes()].concat()
    };
    let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &head), &chunk(b"IDAT", data), &chunk(b"IEND", b"")].concat()
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, b| {
        (0..8).fold(crc ^ u32::from(*b), |c, _| if c & 1 == 1 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 })
    })
}

#[tokio::test]
async fn huge_dimensions_are_refused_before_decoding() {
    for (w, h) in [(100_000, 100_000), (u32::MAX, 1), (20_000, 10), (16_000, 16_000), (0, 10)] {
        let why = refusal(png_claiming(w, h, b"\x78\x01\x03\x00\x00\x00\x00\x01")).await;
        assert!(matches!(why, Refusal::TooManyPixels | Refusal::Damaged), "{w} x {h}: {why:?}");
    }
    let mut gif = b"GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x02\0;".to_vec();
    assert!(matches!(refusal(gif.clone()).await, Refusal::TooManyPixels | Refusal::Damaged));
    gif.truncate(10);
    assert_eq!(refusal(gif).await, Refusal::Damaged);
}

#[tokio::test]
async fn a_bomb_stays_within_the_memory_of_the_worker() {
    // A single colour: 40 million pixels in half a megabyte. Accepted with the memory it needs, refused with less.
    let bomb: Bytes = encoded(RgbImage::new(8000, 5000), ImageFormat::Png).into();
    assert!(bomb.len() < 1_000_000, "{}", bomb.len());
    let (_dir, media) = store(Limits::default());
    let kept = media.ingest(bomb.clone(), Purpose::Attachment).await.unwrap();
    assert!(kept.meta.width.unwrap() < 4000);
    let (_dir, media) = store(Limits { memory: 100 << 20, ..Limits::default() });
    assert!(matches!(media.ingest(bomb, Purpose::Attachment).await, Err(Error::Refused(_))));
}

#[tokio::test]
async fn a_slow_file_is_given_up() {
    let (_dir, media) = store(Limits { time: Duration::from_millis(5), ..Limits::default() });
    let big = encoded(RgbImage::new(6000, 5000), ImageFormat::Png);
    assert!(matches!(
        media.ingest(big.into(), Purpose::Attachment).await,
        Err(Error::Refused(Refusal::TooSlow))
    ));
}

#[tokio::test]
async fn too_many_bytes_are_refused() {
    let (_dir, media) = store(Limits { image_bytes: 1000, video_bytes: 2000, ..Limits::default() });
    let mut png = encoded(halves(10, 10), ImageFormat::Png);
    png.resize(1001, 0);
    assert!(matches!(
        media.ingest(png.into(), Purpose::Attachment).await,
        Err(Error::Refused(Refusal::TooBig))
    ));
}

#[tokio::test]
async fn video_is_kept_and_previewed_where_ffmpeg_is() {
    let Some(ffmpeg) = which("ffmpeg") else {
        eprintln!("ffmpeg is not installed: nothing to try");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    for (name, mime) in [("a.mp4", "video/mp4"), ("a.webm", "video/webm"), ("a.mov", "video/quicktime")] {
        let path = dir.path().join(name);
        let made = std::process::Command::new(&ffmpeg)
            .args([
                "-v",
                "error",
                "-f",
                "lavfi",
                "-i",
                "testsrc=size=320x180:rate=10:duration=1",
                "-metadata",
                "location=+52.5+013.4/",
                "-pix_fmt",
                "yuv420p",
            ])
            .arg(&path)
            .status()
            .unwrap();
        assert!(made.success());
        let (_dir, media) = store(Limits::default());
        let kept = media.ingest(std::fs::read(&path).unwrap().into(), Purpose::Attachment).await.unwrap();
        assert_eq!((kept.kind, kept.mime.as_str()), (MediaKind::Video, mime));
        assert_eq!((kept.meta.width, kept.meta.height), (Some(320), Some(180)));
        assert!(kept.meta.blurhash.is_some());
        let preview = media.read(&kept.preview.unwrap()).await.unwrap();
        assert_eq!(image::load_from_memory(&preview).unwrap().width(), 320);
        if mime != "video/webm" {
            let bytes = media.read(&kept.file.unwrap()).await.unwrap();
            assert!(!bytes.windows(5).any(|w| w == b"+52.5"));
        }
    }
}

#[tokio::test]
async fn files_are_served_so_that_they_cannot_act() {
    let (_dir, media) = store(Limits::default());
    let kept =
        media.ingest(encoded(halves(300, 300), ImageFormat::Png).into(), Purpose::Attachment).await.unwrap();
    let name = kept.file.unwrap();
    let whole = media.read(&name).await.unwrap();

    let answer = serve(&media, &name, &HeaderMap::new()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[header::CONTENT_SECURITY_POLICY], "default-src 'none'; sandbox");
    assert_eq!(answer.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(answer.headers()[header::CONTENT_TYPE], kept.mime.as_str());
    let etag = answer.headers()[header::ETAG].clone();
    assert_eq!(to_bytes(answer.into_body(), 1 << 20).await.unwrap(), whole);

    let part =
        serve(&media, &name, &HeaderMap::from_iter([(header::RANGE, "bytes=5-14".parse().unwrap())])).await;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.headers()[header::CONTENT_RANGE], format!("bytes 5-14/{}", whole.len()));
    assert_eq!(to_bytes(part.into_body(), 1 << 20).await.unwrap(), whole[5..15]);

    let known = serve(&media, &name, &HeaderMap::from_iter([(header::IF_NONE_MATCH, etag)])).await;
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    let beyond =
        serve(&media, &name, &HeaderMap::from_iter([(header::RANGE, "bytes=999999-".parse().unwrap())]))
            .await;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    for other in ["x.png", "..%2f..%2fetc%2fpasswd", &format!("{}.png", "0".repeat(64))] {
        assert_eq!(serve(&media, other, &HeaderMap::new()).await.status(), StatusCode::NOT_FOUND);
    }
}
