//! The fonts a paper may use: the bundled ones, and those the administrator mounts.
//!
//! One set for the whole process, replaced as a whole when a directory is added, so a running [`crate::render`]
//! keeps the set it began with. How the bundled files were made: `fonts/README.md`.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use typst::foundations::Bytes;
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;

use crate::DocumentError;
use crate::limits::{MAX_FONT_BYTES, MAX_FONT_FILES, MAX_FONT_TOTAL_BYTES};

/// Song for text (every character of the source font), bold Song for titles, Hei for headings (both GB/T 2312;
/// other characters fall back to the text face), Mongolian script. Gzip of TrueType.
const BUNDLED: [&[u8]; 4] = [
    include_bytes!("../fonts/NotoSerifSC-Regular.ttf.gz"),
    include_bytes!("../fonts/NotoSerifSC-Bold-GB2312.ttf.gz"),
    include_bytes!("../fonts/NotoSansSC-Medium-GB2312.ttf.gz"),
    include_bytes!("../fonts/NotoSansMongolian-Regular.ttf.gz"),
];

static FONTS: LazyLock<RwLock<Arc<FontSet>>> = LazyLock::new(|| RwLock::new(Arc::new(FontSet::bundled())));

/// What decides how papers look besides their template: the program's version and the faces, in order.
pub fn edition() -> String {
    let faces: Vec<String> =
        current().faces.iter().map(|f| format!("{}/{}", f.info().family, f.data().len())).collect();
    format!("{} {}", env!("CARGO_PKG_VERSION"), faces.join(" "))
}

/// Faces and their index, in a fixed order: bundled first, then mounted files by directory and name.
pub(crate) struct FontSet {
    pub(crate) book: LazyHash<FontBook>,
    pub(crate) faces: Vec<Font>,
    mounted_files: usize,
    mounted_bytes: u64,
}

impl FontSet {
    fn bundled() -> FontSet {
        let faces = BUNDLED.iter().flat_map(|packed| {
            let mut plain = Vec::with_capacity(2 * packed.len());
            flate2::read::GzDecoder::new(*packed).read_to_end(&mut plain).expect("bundled font is whole gzip");
            Font::iter(Bytes::new(plain))
        });
        FontSet::of(faces.collect(), 0, 0)
    }

    fn of(faces: Vec<Font>, mounted_files: usize, mounted_bytes: u64) -> FontSet {
        FontSet { book: LazyHash::new(FontBook::from_fonts(&faces)), faces, mounted_files, mounted_bytes }
    }

    /// Whether any face can draw `c`.
    pub(crate) fn covers(&self, c: char) -> bool {
        self.faces.iter().any(|face| face.info().coverage.contains(c as u32))
    }
}

/// The set in use now.
pub(crate) fn current() -> Arc<FontSet> {
    Arc::clone(&FONTS.read().unwrap_or_else(PoisonError::into_inner))
}

/// Adds the fonts of a directory (licensed 小标宋, 仿宋, 楷体, or a font with rarer characters), for the whole
/// process. Reads `.ttf`, `.otf`, `.ttc` files directly in `dir`, in the order of their names, no subdirectories.
/// [`crate::BASE`] prefers 方正小标宋, 仿宋 and 楷体 by their family names when they are there; any other font
/// serves characters the rest cannot draw. Call it once at the start of the program: the set is not reloaded.
///
/// Returns the number of faces added. Errors, adding nothing: `dir` cannot be read, a file is no font, or a bound
/// of [`crate::limits`] is passed; the sentence names the file.
pub fn add_font_dir(dir: impl AsRef<Path>) -> Result<usize, DocumentError> {
    let files = font_files(dir.as_ref())?;
    let mut slot = FONTS.write().unwrap_or_else(PoisonError::into_inner);
    let mut faces = slot.faces.clone();
    let mut bytes = slot.mounted_bytes;
    let count = slot.mounted_files + files.len();
    if count > MAX_FONT_FILES {
        return Err(DocumentError::Font(format!("共有 {count} 个字体文件，上限 {MAX_FONT_FILES} 个")));
    }
    for file in &files {
        let plain = read_bounded(file)?;
        bytes += plain.len() as u64;
        if bytes > MAX_FONT_TOTAL_BYTES {
            let sentence = format!("字体文件合计超过 {} MB", MAX_FONT_TOTAL_BYTES >> 20);
            return Err(DocumentError::Font(sentence));
        }
        let before = faces.len();
        faces.extend(Font::iter(Bytes::new(plain)));
        if faces.len() == before {
            return Err(DocumentError::Font(format!("{} 不是可用的字体", file.display())));
        }
    }
    let added = faces.len() - slot.faces.len();
    *slot = Arc::new(FontSet::of(faces, count, bytes));
    Ok(added)
}

/// The font files of `dir` by name. Stops reading the directory at the first file over the bound.
fn font_files(dir: &Path) -> Result<Vec<PathBuf>, DocumentError> {
    let fail = |error: std::io::Error| DocumentError::Font(format!("{}：{error}", dir.display()));
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        let extension = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
        if path.is_file() && matches!(extension.as_deref(), Some("ttf" | "otf" | "ttc")) {
            files.push(path);
        }
        if files.len() > MAX_FONT_FILES {
            return Err(DocumentError::Font(format!("{} 中的字体文件多于 {MAX_FONT_FILES} 个", dir.display())));
        }
    }
    files.sort();
    Ok(files)
}

fn read_bounded(file: &Path) -> Result<Vec<u8>, DocumentError> {
    let fail = |error: std::io::Error| DocumentError::Font(format!("{}：{error}", file.display()));
    let mut plain = Vec::new();
    fs::File::open(file).map_err(fail)?.take(MAX_FONT_BYTES + 1).read_to_end(&mut plain).map_err(fail)?;
    if plain.len() as u64 > MAX_FONT_BYTES {
        return Err(DocumentError::Font(format!("{} 大于 {} MB", file.display(), MAX_FONT_BYTES >> 20)));
    }
    Ok(plain)
}
