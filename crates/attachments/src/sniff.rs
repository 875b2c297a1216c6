//! What the bytes are, and a clean version of them.

use bytes::Bytes;
use image::{DynamicImage, ImageFormat, ImageReader, Limits};
use kernel::{Error, Refusal, Result, text};
use std::io::Cursor;

/// Bytes of one file at most, as uploaded.
pub const MAX_BYTES: usize = 20 * 1024 * 1024;
/// The longer side of a stored photo, in pixels.
const MAX_SIDE: u32 = 2_400;
/// The longer side of an uploaded photo at most; larger ones are refused before decoding.
const MAX_INPUT_SIDE: u32 = 16_000;

/// A checked file, ready to be kept.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub file_name: String,
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
}

/// What the first bytes say. Only these kinds are taken.
fn kind(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        [b'%', b'P', b'D', b'F', b'-', ..] => Some("application/pdf"),
        _ => None,
    }
}

fn refuse(key: &'static str, what: String, next: &str) -> Error {
    Refusal::new(key, what, next)
        .into()
}

/// Checks an upload and makes the version that is kept. Decoding runs outside the async threads.
///
/// Errors: [`Error::Refused`] with what is wrong with this file and what to send instead.
pub async fn prepare(file_name: &str, bytes: Bytes) -> Result<Prepared> {
    let name = text::cut(&text::clean(file_name).replace(['/', '\\', '"', '<', '>'], "_"), 100);
    decode(name, bytes)
        .await
        .map_err(|_| refuse("attachments.broken", "这个文件打不开。".into(), "请换一个文件，或拍照上传。"))?
}

/// Apart, so that the picture library is compiled here and not in every crate that takes uploads (0018).
fn decode(name: String, bytes: Bytes) -> tokio::task::JoinHandle<Result<Prepared>> {
    tokio::task::spawn_blocking(move || clean(name, &bytes))
}

fn clean(file_name: String, bytes: &[u8]) -> Result<Prepared> {
    if bytes.len() > MAX_BYTES {
        return Err(refuse(
            "attachments.size",
            format!("“{file_name}”有 {} MB，超过 20 MB。", bytes.len() / 1_048_576),
            "请压缩或拆分后上传。",
        ));
    }
    let Some(kind) = kind(bytes) else {
        return Err(refuse(
            "attachments.type",
            format!("“{file_name}”不是可用的照片或 PDF。"),
            "请上传 JPEG、PNG、WebP 照片或 PDF 文书。",
        ));
    };
    if kind == "application/pdf" {
        return Ok(Prepared { file_name, media_type: kind, bytes: bytes.to_vec() });
    }
    let jpeg = rewrite(bytes).ok_or_else(|| {
        refuse(
            "attachments.image",
            format!("照片“{file_name}”打不开：可能已损坏，或尺寸过大（边长不超过 {MAX_INPUT_SIDE} 像素）。"),
            "请重新拍照，或另存为 JPEG 后上传。",
        )
    })?;
    let stem = file_name.rsplit_once('.').map_or(file_name.as_str(), |(s, _)| s);
    Ok(Prepared { file_name: format!("{stem}.jpg"), media_type: "image/jpeg", bytes: jpeg })
}

/// Decodes within bounds, turns upright, shrinks and writes a plain JPEG.
fn rewrite(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_INPUT_SIDE);
    limits.max_image_height = Some(MAX_INPUT_SIDE);
    limits.max_alloc = Some(512 * 1024 * 1024);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    let turn = image::ImageDecoder::orientation(&mut decoder).ok()?;
    let mut picture = DynamicImage::from_decoder(decoder).ok()?;
    picture.apply_orientation(turn);
    if picture.width().max(picture.height()) > MAX_SIDE {
        picture = picture.resize(MAX_SIDE, MAX_SIDE, image::imageops::FilterType::Triangle);
    }
    let mut out = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture.to_rgb8()).write_to(&mut out, ImageFormat::Jpeg).ok()?;
    Some(out.into_inner())
}

/// For fuzzing: any bytes give an answer, never a panic.
pub fn fuzz_sniff(bytes: &[u8]) {
    let _ = clean("x".into(), bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn png(w: u32, h: u32) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(w, h).write_to(&mut out, ImageFormat::Png).unwrap();
        out.into_inner()
    }

    #[test]
    fn a_photo_is_written_anew_and_shrunk() {
        let p = clean("现场.PNG".into(), &png(3_000, 1_000)).unwrap();
        assert_eq!((p.media_type, p.file_name.as_str()), ("image/jpeg", "现场.jpg"));
        let back = image::load_from_memory(&p.bytes).unwrap();
        assert_eq!((back.width(), back.height()), (2_400, 800));
    }

    #[test]
    fn what_is_not_a_photo_is_refused_with_the_way_on() {
        for bytes in [b"<script>alert(1)</script>".to_vec(), b"MZ\x90".to_vec(), vec![], b"\xff\xd8\xffjunk".to_vec()] {
            let e = clean("a.jpg".into(), &bytes).unwrap_err();
            assert!(e.key().starts_with("attachments."), "{e}");
        }
        let mut cut = png(50, 50);
        cut.truncate(60);
        assert_eq!(clean("b.png".into(), &cut).unwrap_err().key(), "attachments.image");
        assert_eq!(clean("c.pdf".into(), &vec![b'%'; MAX_BYTES + 1]).unwrap_err().key(), "attachments.size");
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_answer(mut bytes in proptest::collection::vec(any::<u8>(), 0..300), head in 0usize..4) {
            let heads: [&[u8]; 4] = [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"%PDF-"];
            let mut all = heads[head].to_vec();
            all.append(&mut bytes);
            fuzz_sniff(&all);
        }
    }
}
