//! PDF uploads bound into the whole: each page drawn as a sheet, within bounds; what cannot be bound says why.

use crate::compose::Case;
use documents::{Foreign, Unreadable};
use kernel::{App, AttachmentId, Error, Reader, Refusal, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

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
    let opened = aside(PATIENCE, move || Foreign::open(bytes).map(|_| ())).await?;
    opened.map_err(|why| {
        let next = match why {
            Unreadable::Locked => "请去掉密码后重新上传，或者打印后拍照上传。",
            Unreadable::Broken => "请重新导出或者扫描后上传，或者拍照上传。",
            Unreadable::TooManyPages { .. } => "请拆分成几个文件上传。",
            Unreadable::TooSlow => "请打印后拍照上传，或者过几分钟再试。",
        };
        Refusal::new("dossier.pdf", format!("“{name}”{why}，不能装订入卷。"), next)
            .into()
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

/// How long one file may take to be opened, and to be drawn. Sound pages take a tenth of a second to a second each.
const PATIENCE: Duration = Duration::from_secs(60);
/// Work on files that was given up and has not ended; above this nothing new is begun.
const MOST_GIVEN_UP: usize = 2;
static GIVEN_UP: AtomicUsize = AtomicUsize::new(0);

/// Given up, and ended: the second of the two takes the work off the count. A thread cannot be ended from outside.
struct Mark(Arc<AtomicBool>);

impl Drop for Mark {
    fn drop(&mut self) {
        if self.0.swap(true, Ordering::SeqCst) {
            GIVEN_UP.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// Runs work on a foreign file aside; a file made to keep its reader busy for ever is given up after [`PATIENCE`].
async fn aside<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> std::result::Result<T, Unreadable> + Send + 'static,
) -> Result<std::result::Result<T, Unreadable>> {
    if GIVEN_UP.load(Ordering::SeqCst) >= MOST_GIVEN_UP {
        return Ok(Err(Unreadable::TooSlow));
    }
    let first = Arc::new(AtomicBool::new(false));
    let mark = Mark(first.clone());
    let running = tokio::task::spawn_blocking(move || {
        let done = work();
        drop(mark);
        done
    });
    match tokio::time::timeout(patience, running).await {
        Ok(done) => done.map_err(Error::internal),
        Err(_) => {
            GIVEN_UP.fetch_add(1, Ordering::SeqCst);
            drop(Mark(first));
            Ok(Err(Unreadable::TooSlow))
        }
    }
}

/// Draws what can be bound, in order, until the volume is full.
pub async fn draw(files: Vec<(AttachmentId, Vec<u8>)>) -> Result<Vec<Bound>> {
    let mut opened = vec![];
    for (id, bytes) in files {
        opened.push((id, aside(PATIENCE, || Foreign::open(bytes)).await?));
    }
    let all: usize = opened.iter().filter_map(|(_, f)| f.as_ref().ok()).map(Foreign::pages).sum();
    let longest = if all <= FINE_PAGES { FINE } else { PLAIN };
    let (mut pages, mut size) = (0, 0);
    let mut out = vec![];
    for (id, file) in opened {
        let drawn = match file {
            Err(why) => Err(why.to_string()),
            Ok(f) if pages + f.pages() > MOST_PAGES => Err(format!("全卷 PDF 已满 {MOST_PAGES} 页")),
            Ok(f) => match aside(PATIENCE, move || f.draw(longest)).await? {
                Err(why) => Err(why.to_string()),
                Ok(drawn) if size + drawn.iter().map(Vec::len).sum::<usize>() > MOST_BYTES => {
                    Err("全卷图像过大".to_string())
                }
                Ok(drawn) => Ok(drawn),
            },
        };
        if let Ok(drawn) = &drawn {
            (pages, size) = (pages + drawn.len(), size + drawn.iter().map(Vec::len).sum::<usize>());
        }
        out.push(Bound { id, pages: drawn });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_file_that_keeps_its_reader_busy_is_given_up_and_counted_until_it_ends() {
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let busy = aside(Duration::from_millis(20), move || {
            let _ = ended.recv();
            Ok(())
        });
        assert_eq!(busy.await.unwrap(), Err(Unreadable::TooSlow));
        assert_eq!(GIVEN_UP.load(Ordering::SeqCst), 1);
        end.send(()).unwrap();
        while GIVEN_UP.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(aside(PATIENCE, || Ok(7)).await.unwrap(), Ok(7));
    }
}
