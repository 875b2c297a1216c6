//! Typesetting: pictures put in place, rendered, compared with what was printed before.

use crate::bind::Bound;
use crate::compose::{Picture, Sheet, walk};
use crate::model::{Paper, Print};
use crate::store;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kernel::{App, AttachmentId, DisputeId, Error, Reader, Result, StationId, Tx, Uuid};
use serde_json::{Value, json};
use std::io::Cursor;
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// The typesetter takes a core and up to 600 MB for a paper at its bounds.
static ADMIT: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(2));

/// Bytes of all photos in one dossier before they are made smaller.
const ROOMY: i64 = 12 * 1024 * 1024;
/// The longer side of a photo made smaller: A4 at 150 dots per inch.
const SMALLER: u32 = 1_240;

/// Lower-case hexadecimal SM3.
pub fn digest(text: &str) -> String {
    hex::encode(vault::digest(vault::HashAlg::Sm3, &[text.as_bytes()]))
}

/// The form by which a paper is printed: template text, fonts and program.
pub fn form_of(template: &documents::Template) -> String {
    digest(&format!("{}\n{}", documents::edition(), template.whole_source()))
}

/// A finished print.
#[derive(Clone, Debug)]
pub struct Printed {
    pub bytes: Vec<u8>,
    pub pages: usize,
    pub template_hash: String,
    pub data_hash: String,
    pub pdf_hash: String,
}

/// Renders a sheet. Refuses it when a character has no glyph, naming the character.
pub async fn render(sheet: Sheet) -> Result<Printed> {
    let (template_hash, data_hash) = (form_of(&sheet.template), digest(&sheet.data.to_string()));
    let permit = ADMIT.acquire().await.map_err(Error::internal)?;
    let pdf = tokio::task::spawn_blocking(move || documents::render(&sheet.template, &sheet.data)).await.map_err(Error::internal)?;
    drop(permit);
    let pdf = pdf.map_err(|e| match &e {
        documents::DocumentError::TooLarge { .. } | documents::DocumentError::TooManyPages { .. } => Error::TooLarge(e.to_string()),
        _ => Error::internal(e.detail()),
    })?;
    web::paper::drawable(&pdf.missing)?;
    let pdf_hash = hex::encode(vault::digest(vault::HashAlg::Sm3, &[&pdf.bytes]));
    Ok(Printed { bytes: pdf.bytes, pages: pdf.pages, template_hash, data_hash, pdf_hash })
}

/// Records the print: the same data by the same form is a reprint and must be byte-equal, else it is a new edition.
pub async fn record(tx: &mut Tx, station: StationId, id: DisputeId, paper: Paper, record: Uuid, p: &Printed) -> Result<i64> {
    let last = store::last_print(tx, id, paper, record).await?;
    if let Some(last) = last.as_ref().filter(|l| l.template_hash == p.template_hash && l.data_hash == p.data_hash) {
        if last.pdf_hash != p.pdf_hash {
            return Err(Error::internal(format!("a reprint of {paper} differs from edition {}", last.edition)));
        }
        tx.record("dossier.reprint", &[("dispute", id.0), ("paper", record)], &p.pdf_hash);
        return Ok(last.edition);
    }
    let edition = last.map_or(1, |l| l.edition + 1);
    let (by_user, at) = (tx.act().actor.user, tx.now());
    let row = Print {
        paper,
        record_id: record,
        edition,
        template_hash: p.template_hash.clone(),
        data_hash: p.data_hash.clone(),
        pdf_hash: p.pdf_hash.clone(),
        pages: p.pages as i64,
        by_user,
        at,
    };
    store::insert_print(tx, station, id, &row).await?;
    tx.record("dossier.print", &[("dispute", id.0), ("paper", record)], &p.pdf_hash);
    Ok(edition)
}

/// What a signature's ciphertext is bound to.
pub fn signature_place(id: Uuid) -> String {
    format!("dossier_signature|sealed|{id}")
}

/// Puts the opened signature pictures in place of their marks.
pub fn put_signatures(app: &App, signatures: &[crate::model::Signature], data: &mut Value) -> Result<()> {
    let mut failed = None;
    walk(data, &mut |fields| {
        let Some(id) = fields.get("signature").and_then(|s| s["$signature"].as_str()?.parse::<Uuid>().ok()) else { return };
        let Some(s) = signatures.iter().find(|s| s.id == id) else { return };
        match app.vault().open(signature_place(id).as_bytes(), &s.sealed) {
            Ok(png) => {
                fields.insert("signature".into(), json!({ "$png": STANDARD.encode(&*png) }));
            }
            Err(e) => failed = Some(Error::internal(e)),
        }
    });
    failed.map_or(Ok(()), Err)
}

/// Runs work of the typesetter's weight when it is admitted.
pub async fn admitted<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let _permit = ADMIT.acquire().await.map_err(Error::internal)?;
    work.await
}

/// Puts the drawn pages of PDF uploads in place.
pub fn put_pages(bound: &[Bound], data: &mut Value) {
    walk(data, &mut |fields| {
        let Some(mark) = fields.get("picture").and_then(|p| p["$page"].as_array()) else { return };
        let id = mark.first().and_then(|v| v.as_str()?.parse::<Uuid>().ok());
        let n = mark.get(1).and_then(Value::as_u64).unwrap_or(0) as usize;
        let page = bound.iter().find(|b| Some(b.id.0) == id).and_then(|b| b.pages.as_ref().ok()?.get(n));
        if let Some(page) = page {
            fields.insert("picture".into(), json!({ "$jpeg": STANDARD.encode(page) }));
        }
    });
}

/// Loads the photos of a dossier and puts them in place; when they are many, smaller.
pub async fn put_photos(app: &App, r: &mut Reader, pictures: &[Picture], data: &mut Value) -> Result<()> {
    let roomy = pictures.iter().map(|p| p.size).sum::<i64>() <= ROOMY;
    let mut loaded: Vec<(AttachmentId, String)> = vec![];
    for p in pictures {
        let owner = attachments::owner_of(r, p.id).await?;
        r.saw("attachment", p.id);
        let bytes = attachments::load(app, r, &owner).await?;
        let bytes = if roomy { bytes } else { tokio::task::spawn_blocking(move || smaller(&bytes)).await.map_err(Error::internal)?? };
        loaded.push((p.id, STANDARD.encode(bytes)));
    }
    walk(data, &mut |fields| {
        let Some(id) = fields.get("picture").and_then(|s| s["$photo"].as_str()?.parse::<Uuid>().ok()) else { return };
        if let Some((_, text)) = loaded.iter().find(|(x, _)| x.0 == id) {
            fields.insert("picture".into(), json!({ "$jpeg": text }));
        }
    });
    Ok(())
}

/// The same photo in fewer pixels.
fn smaller(bytes: &[u8]) -> Result<Vec<u8>> {
    let picture = image::load_from_memory(bytes).map_err(Error::internal)?;
    let picture = picture.resize(SMALLER, SMALLER, image::imageops::FilterType::Triangle);
    let mut out = Cursor::new(vec![]);
    picture.to_rgb8().write_to(&mut out, image::ImageFormat::Jpeg).map_err(Error::internal)?;
    Ok(out.into_inner())
}
