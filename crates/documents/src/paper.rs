//! One template, one value, one PDF: the world typst sees, and the export.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use serde_json::Value as Json;
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Dict, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World, WorldExt};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use crate::fonts::FontSet;
use crate::limits::MAX_PAGES;
use crate::{DocumentError, data, fonts};

/// The shared look of all papers, which templates import as `/base.typ`. Its functions are described in the file.
pub const BASE: &str = include_str!("../typst/base.typ");

/// What a template may import, by path.
const MODULES: [(&str, &str); 3] = [
    ("/base.typ", BASE),
    ("/forms.typ", include_str!("../typst/forms.typ")),
    ("/agreement.typ", include_str!("../typst/agreement.typ")),
];

/// A printed form: its name for messages and its typst source.
#[derive(Clone, Copy, Debug)]
pub struct Template {
    /// What the person calls the paper, such as 回访记录; part of error sentences and of the PDF id.
    pub name: &'static str,
    /// typst source, compiled into the program with `include_str!`.
    pub source: &'static str,
}

impl Template {
    /// The text that decides how the paper looks: its own source with all it may import. Its digest says by which
    /// form a paper was printed.
    pub fn whole_source(&self) -> String {
        MODULES.iter().map(|(_, text)| *text).chain([self.source]).collect::<Vec<_>>().join("\n")
    }
}

/// A finished paper.
#[derive(Clone, Debug)]
pub struct Pdf {
    /// The file, PDF/A-2b with embedded font subsets. The caller hashes it.
    pub bytes: Vec<u8>,
    /// Number of pages, at least 1.
    pub pages: usize,
    /// Characters of the data that no font can draw, in order of code point; each is printed as 〓. Not empty
    /// means: do not let anyone sign this paper before a font with the character is mounted.
    pub missing: Vec<char>,
}

/// Lays `data` out by `template`.
///
/// `data` is a dictionary with at least `issued_at` (RFC 3339 with offset), the date written into the file; the
/// rest is the template's. Computes on the calling thread: use `spawn_blocking`. typst's cache is emptied on the way
/// out.
///
/// # Errors
/// Before layout [`DocumentError::TooLarge`] and [`DocumentError::Data`]; then [`DocumentError::Template`] when a field
/// the template needs is missing or typst fails, [`DocumentError::TooManyPages`] when the paper is too long.
pub fn render(template: &Template, data: &Json) -> Result<Pdf, DocumentError> {
    let issued_at = data::issued_at(data)?;
    let fonts = fonts::current();
    let inputs = data::inputs(data, &fonts)?;
    let desk = Desk::new(template, inputs.dict, fonts);
    let options = PdfOptions {
        ident: Smart::Custom(format!("{}\n{data}", template.name)),
        creator: Smart::Custom(Some("Fengqiao documents".into())),
        timestamp: Some(issued_at),
        standards: PdfStandards::new(&[PdfStandard::A_2b])
            .map_err(|refusal| desk.failed(refusal.message().to_string()))?,
        ..PdfOptions::default()
    };
    let _forget = Forget;
    // Odd text has made the PDF writer panic (a run of 64 KiB without a break); one paper must not end a worker.
    let (bytes, pages) = catch_unwind(AssertUnwindSafe(|| desk.print(&options)))
        .unwrap_or_else(|_| Err(desk.failed("the typesetter panicked, see the standard error".into())))?;
    Ok(Pdf { bytes, pages, missing: inputs.missing.into_iter().collect() })
}

/// Empties typst's cache of intermediate results on leaving: it would keep people's data and grow with each paper.
/// The cache is the process's; a paper printed at the same time only computes a little more.
struct Forget;

impl Drop for Forget {
    fn drop(&mut self) {
        typst::comemo::evict(0);
    }
}

/// All that a template can reach: its source and the modules, the fonts, the data. No file, no package, no clock.
struct Desk {
    template: &'static str,
    library: LazyHash<Library>,
    fonts: Arc<FontSet>,
    main: Source,
    modules: [Source; MODULES.len()],
}

impl Desk {
    fn new(template: &Template, inputs: Dict, fonts: Arc<FontSet>) -> Desk {
        let source = |path: &str, text: &str| {
            let path = VirtualPath::new(path).expect("fixed path is valid");
            Source::new(RootedPath::new(VirtualRoot::Project, path).intern(), text.into())
        };
        Desk {
            template: template.name,
            library: LazyHash::new(Library::builder().with_inputs(inputs).build()),
            fonts,
            main: source("/main.typ", template.source),
            modules: MODULES.map(|(path, text)| source(path, text)),
        }
    }

    /// Layout, then export, as the file's bytes and its number of pages.
    fn print(&self, options: &PdfOptions) -> Result<(Vec<u8>, usize), DocumentError> {
        let document = typst::compile::<PagedDocument>(self).output.map_err(|errors| self.fault(&errors))?;
        let pages = document.pages().len();
        if pages > MAX_PAGES {
            return Err(DocumentError::TooManyPages { pages, limit: MAX_PAGES });
        }
        let bytes = typst_pdf::pdf(&document, options).map_err(|errors| self.fault(&errors))?;
        Ok((bytes, pages))
    }

    fn failed(&self, detail: String) -> DocumentError {
        DocumentError::Template { template: self.template, detail }
    }

    /// typst's messages, each with file and line.
    fn fault(&self, errors: &[SourceDiagnostic]) -> DocumentError {
        let one = |error: &SourceDiagnostic| {
            let place = error.span.id().and_then(|id| {
                let source = self.source(id).ok()?;
                let line = source.lines().byte_to_line(self.range(error.span)?.start)? + 1;
                Some(format!("{}:{line}: ", id.vpath().get_without_slash()))
            });
            format!("{}{}", place.unwrap_or_default(), error.message)
        };
        self.failed(errors.iter().take(5).map(one).collect::<Vec<_>>().join("; "))
    }
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.fonts.book
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        std::iter::once(&self.main).chain(&self.modules).find(|s| s.id() == id).cloned().ok_or(FileError::AccessDenied)
    }

    fn file(&self, _: FileId) -> FileResult<Bytes> {
        Err(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.faces.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
