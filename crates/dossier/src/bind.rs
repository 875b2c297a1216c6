//! PDF uploads bound into the whole: each page drawn as a sheet, within bounds; what cannot be bound says why.

use crate::compose::Case;
use documents::{Foreign, Unreadable};
use kernel::{App, AttachmentId, Error, Reader, Refusal, Result};

/// Pages of all PDF uploads in one dossier at most.
pub const MOST_PAGES: usize = 80;
/// Up to so many pages are drawn at 150 dots per inch of A4, more of them at 105.
const FINE_PAGES: usize = 30;
const FINE: u16 = 1_754;
const PLAIN: u16 = 1_240;
/// Bytes of all drawn pages; the photos of a dossier take as much again.
const MOST_BYTES: usize = 11 * 1024 * 1024;

/// A PDF upload: its pages as JPEG, or why they are not in the volume.
#[derive(Clone, Debug)]
pub struct Bound {
    pub id: AttachmentId,
    pub pages: std::result::Result<Vec<Vec<u8>>, String>,
}

/// Refuses a PDF file that could never be bound, by name.
pub async fn check(file: &attachments::Prepared) -> Result<()> {
    if file.media_type != "application/pdf" {
        return Ok(());
    }
    let (bytes, name) = (file.bytes.clone(), file.file_name.clone());
    let opened = tokio::task::spawn_blocking(move || Foreign::open(bytes).map(|_| ())).await.map_err(Error::internal)?;
    opened.map_err(|why| {
        let next = match why {
            Unreadable::Locked => "请去掉密码后重新上传，或者打印后拍照上传。",
            Unreadable::Broken => "请重新导出或者扫描后上传，或者拍照上传。",
            Unreadable::TooManyPages { .. } => "请拆分成几个文件上传。",
        };
        Refusal::new("dossier.pdf", format!("“{name}”{why}，不能装订入卷。"), next).by("卷宗附件", "本系统附件规则：PDF 逐页印入卷宗，能直接打开才能装订").into()
    })
}

/// Reads the PDF uploads of the case; bytes are decrypted for the look `r` records.
pub async fn read(app: &App, r: &mut Reader, case: &Case) -> Result<Vec<(AttachmentId, Vec<u8>)>> {
    let mut out = vec![];
    for f in case.pdfs() {
        let owner = attachments::owner_of(r, f.id).await?;
        r.saw("attachment", f.id);
        out.push((f.id, attachments::load(app, r, &owner).await?));
    }
    Ok(out)
}

/// Draws what can be bound, in order, until the volume is full.
pub async fn draw(files: Vec<(AttachmentId, Vec<u8>)>) -> Result<Vec<Bound>> {
    tokio::task::spawn_blocking(move || {
        let opened: Vec<(AttachmentId, std::result::Result<Foreign, Unreadable>)> = files.into_iter().map(|(id, bytes)| (id, Foreign::open(bytes))).collect();
        let all: usize = opened.iter().filter_map(|(_, f)| f.as_ref().ok()).map(Foreign::pages).sum();
        let longest = if all <= FINE_PAGES { FINE } else { PLAIN };
        let (mut pages, mut size) = (0, 0);
        opened
            .into_iter()
            .map(|(id, file)| {
                let drawn = file.map_err(|e| e.to_string()).and_then(|f| {
                    if pages + f.pages() > MOST_PAGES {
                        return Err(format!("全卷 PDF 已满 {MOST_PAGES} 页"));
                    }
                    let drawn = f.draw(longest).map_err(|e| e.to_string())?;
                    let bytes: usize = drawn.iter().map(Vec::len).sum();
                    if size + bytes > MOST_BYTES {
                        return Err("全卷图像过大".to_string());
                    }
                    (pages, size) = (pages + drawn.len(), size + bytes);
                    Ok(drawn)
                });
                Bound { id, pages: drawn }
            })
            .collect()
    })
    .await
    .map_err(Error::internal)
}
