//! PDF files of others, page by page as pictures, so that they can be bound into a paper.
//!
//! PDF/A knows no PDF inside a PDF, and a foreign file may bring scripts, attachments, fonts that are not in it. A drawn page
//! brings none of that and prints the same everywhere; the original stays the record. Drawn by hayro, the reader that typst
//! itself is linked with; texts whose font is not in the file are set in the bundled faces.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_interpret::font::{FontData, FontQuery};
use hayro::hayro_syntax::{LoadPdfError, Pdf};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{RenderCache, RenderSettings, render};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, RgbImage};

use crate::fonts;
use crate::limits::MAX_FOREIGN_PAGES;

/// Quality of a drawn page's JPEG; below this, small type gets halos.
const QUALITY: u8 = 82;

/// Why a PDF file cannot be bound. `Display` is a Chinese clause that follows the file's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It opens with a password only.
    #[error("设有打开密码")]
    Locked,
    /// No PDF, cut off, or without a page.
    #[error("已损坏或者不完整，打不开")]
    Broken,
    /// More than [`MAX_FOREIGN_PAGES`].
    #[error("共 {pages} 页，超过可以装订的 {limit} 页")]
    TooManyPages { pages: usize, limit: usize },
    /// Opening or drawing took longer than the caller waits.
    #[error("处理时间过长")]
    TooSlow,
}

/// A PDF file that was opened and may be bound.
pub struct Foreign(Pdf);

impl Foreign {
    /// Opens a file and counts its pages; draws nothing yet.
    pub fn open(bytes: Vec<u8>) -> Result<Foreign, Unreadable> {
        let pdf = catch_unwind(AssertUnwindSafe(|| Pdf::new(bytes))).map_err(|_| Unreadable::Broken)?;
        let pdf = pdf.map_err(|e| match e {
            LoadPdfError::Decryption(_) => Unreadable::Locked,
            LoadPdfError::Invalid => Unreadable::Broken,
        })?;
        match pdf.pages().len() {
            0 => Err(Unreadable::Broken),
            pages if pages > MAX_FOREIGN_PAGES => Err(Unreadable::TooManyPages { pages, limit: MAX_FOREIGN_PAGES }),
            _ => Ok(Foreign(pdf)),
        }
    }

    pub fn pages(&self) -> usize {
        self.0.pages().len()
    }

    /// Draws all pages as JPEG, the longer side `longest` pixels (1,754 is A4 at 150 dots per inch). Takes 0.1 to 1 s a page and
    /// cannot be interrupted: call it from `spawn_blocking`.
    pub fn draw(&self, longest: u16) -> Result<Vec<Vec<u8>>, Unreadable> {
        catch_unwind(AssertUnwindSafe(|| {
            let (cache, settings) = (RenderCache::new(), settings());
            self.0
                .pages()
                .iter()
                .map(|page| {
                    let (width, height) = page.render_dimensions();
                    let scale = f32::from(longest) / width.max(height).max(1.0);
                    let side = |length: f32| Some(((length * scale) as u16).clamp(1, longest));
                    let how = RenderSettings {
                        x_scale: scale,
                        y_scale: scale,
                        width: side(width),
                        height: side(height),
                        bg_color: WHITE,
                    };
                    jpeg(render(page, &cache, &settings, &how))
                })
                .collect()
        }))
        .unwrap_or(Err(Unreadable::Broken))
    }
}

/// The white ground leaves no pixel translucent, so colours are what they are.
fn jpeg(drawn: hayro::vello_cpu::Pixmap) -> Result<Vec<u8>, Unreadable> {
    let (width, height) = (u32::from(drawn.width()), u32::from(drawn.height()));
    let colours: Vec<u8> = drawn.data_as_u8_slice().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
    let grey = colours.chunks_exact(3).all(|p| p[0].abs_diff(p[1]) < 6 && p[1].abs_diff(p[2]) < 6);
    let picture = DynamicImage::ImageRgb8(RgbImage::from_raw(width, height, colours).ok_or(Unreadable::Broken)?);
    let picture = if grey { DynamicImage::ImageLuma8(picture.to_luma8()) } else { picture };
    let mut out = vec![];
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut out, QUALITY)).map_err(|_| Unreadable::Broken)?;
    Ok(out)
}

/// Fonts that the file does not hold: the bundled Song for Chinese, the reader's own for the fourteen standard ones.
fn settings() -> InterpreterSettings {
    let song = fonts::current().faces.first().map(|f| f.data().clone());
    let resolver = move |query: &FontQuery| -> Option<(FontData, u32)> {
        match query {
            FontQuery::Standard(s) => Some(s.get_font_data()),
            FontQuery::Fallback(f) if f.character_collection.is_some() => {
                song.clone().map(|data| (Arc::new(data) as FontData, 0))
            }
            FontQuery::Fallback(f) => Some(f.pick_standard_font().get_font_data()),
        }
    };
    InterpreterSettings { font_resolver: Arc::new(resolver), ..InterpreterSettings::default() }
}
