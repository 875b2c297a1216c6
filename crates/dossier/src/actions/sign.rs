//! Electronic signatures, which count only with the recording of the signing (程序规定 §263).

use super::{party_of, reach};
use crate::compose::{self, Case};
use crate::model::{NewRecording, NewSignature, Signature};
use crate::{print, rules, store};
use image::{GenericImageView, ImageFormat, Rgba, RgbaImage};
use kernel::{Act, App, DisputeId, Error, FieldErrors, Permission as P, Refusal, Result, Tx, Uuid, clock};
use std::io::Cursor;

/// Bytes of a signature picture as it comes.
const MAX_BYTES: usize = 1024 * 1024;
/// Its sides at most when kept.
const MAX_SIDES: (u32, u32) = (660, 220);

/// Registers the recording of a signing: device, its number, from when.
pub async fn add_recording(app: &App, act: &Act, id: DisputeId, n: &NewRecording) -> Result<Uuid> {
    act.actor.must(P::DisputeAssist)?;
    let mut e = FieldErrors::default();
    if n.device.trim().is_empty() {
        e.add("device", "请写明录制设备，例如“执法记录仪 12 号”。");
    }
    if n.file_no.trim().is_empty() {
        e.add("file_no", "请写明录像编号或者文件名。");
    }
    if n.began_at > act.at {
        e.add("began_at", "开始时间不能晚于现在。");
    }
    if n.ended_at.is_some_and(|x| x < n.began_at) {
        e.add("ended_at", "结束时间不能早于开始时间。");
    }
    e.ok(())?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            let rec = store::insert_recording(tx, d.station_id, id, n).await?;
            tx.record("dossier.recording", &[("dispute", id.0), ("recording", rec)], &n.file_no);
            Ok(rec)
        })
        .await
}

/// Takes the signature of a party, its guardian, agent (with powers) or interpreter for the content of a paper as it stands now. If the content changes later, the signature
/// no longer stands on it.
pub async fn sign(app: &App, act: &Act, id: DisputeId, n: &NewSignature) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    let rules = app.rules();
    let case = Case::load(app, act, id, true).await?;
    let p = party_of(&case, n.party)?;
    rules::signer(n.signer, &p.p, &p.more)?;
    let recording = n.recording.and_then(|r| case.recordings.iter().find(|x| x.id == r));
    rules::signing(recording, act.at, &rules, clock::day_of(act.at))?;
    let recording = recording.map(|r| r.id).ok_or(Error::NotFound("录音录像"))?;
    let content = compose::content(&case, n.paper, n.record)?;
    if !compose::has_place(&compose::sheet(&case, n.paper, n.record)?.data, n.party, n.signer) {
        let what = format!("“{}”上没有{}{}签名的位置。", n.paper.label(), p.p.side.label(), n.signer.label());
        return Err(Refusal::new("dossier.no_place", what, "请选择文书上列有的签名人；登记有变动的，请核对“当事人”后重新打开。").into());
    }
    let picture = n.picture.clone();
    let png = tokio::task::spawn_blocking(move || clean(&picture)).await.map_err(Error::internal)??;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            let sid: Uuid = tx.fresh();
            let sealed = app.vault().seal(print::signature_place(sid).as_bytes(), &png)?;
            let s = Signature {
                id: sid,
                paper: n.paper,
                record_id: n.record,
                party_id: n.party,
                signer: n.signer,
                recording_id: recording,
                content: content.clone(),
                sealed,
                signed_at: tx.now(),
            };
            store::insert_signature(tx, d.station_id, id, &s).await?;
            tx.record("dossier.sign", &[("dispute", id.0), ("recording", recording)], &content);
            Ok(())
        })
        .await
}

fn refuse(what: &str) -> Error {
    Refusal::new("dossier.signature", what, "请在签名框内重新书写，或者上传白底黑字的签名照片（不超过 1 MB）。").into()
}

/// A signature on white, small, cut to its strokes; an empty one is refused.
fn clean(bytes: &[u8]) -> Result<Vec<u8>> {
    if bytes.is_empty() {
        return Err(refuse("还没有签名。"));
    }
    if bytes.len() > MAX_BYTES {
        return Err(refuse("签名图片太大。"));
    }
    let mut reader = image::ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| refuse("签名图片打不开。"))?;
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(6_000);
    limits.max_image_height = Some(6_000);
    limits.max_alloc = Some(160 * 1024 * 1024);
    reader.limits(limits);
    let picture = reader.decode().map_err(|_| refuse("签名图片打不开。"))?;
    let mut flat = RgbaImage::from_pixel(picture.width(), picture.height(), Rgba([255, 255, 255, 255]));
    image::imageops::overlay(&mut flat, &picture.to_rgba8(), 0, 0);
    let dark = |p: &Rgba<u8>| u32::from(p.0[0]) + u32::from(p.0[1]) + u32::from(p.0[2]) < 450;
    let (mut left, mut top, mut right, mut bottom, mut ink) = (u32::MAX, u32::MAX, 0, 0, 0u32);
    for (x, y, p) in flat.enumerate_pixels().filter(|(_, _, p)| dark(p)) {
        (left, top, right, bottom, ink) = (left.min(x), top.min(y), right.max(x), bottom.max(y), ink + u32::from(p.0[3] > 0));
    }
    if ink < 30 {
        return Err(refuse("签名框里没有字迹。"));
    }
    let cut = flat.view(left, top, right - left + 1, bottom - top + 1).to_image();
    let small = image::DynamicImage::ImageRgba8(cut);
    let small = if small.width() > MAX_SIDES.0 || small.height() > MAX_SIDES.1 {
        small.resize(MAX_SIDES.0, MAX_SIDES.1, image::imageops::FilterType::Triangle)
    } else {
        small
    };
    let mut out = Cursor::new(vec![]);
    small.to_luma8().write_to(&mut out, ImageFormat::Png).map_err(Error::internal)?;
    Ok(out.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(draw: bool) -> Vec<u8> {
        let mut im = RgbaImage::from_pixel(600, 200, Rgba([0, 0, 0, 0]));
        if draw {
            for x in 100..300 {
                for y in 90..94 {
                    im.put_pixel(x, y, Rgba([10, 10, 40, 255]));
                }
            }
        }
        let mut out = Cursor::new(vec![]);
        im.write_to(&mut out, ImageFormat::Png).unwrap();
        out.into_inner()
    }

    #[test]
    fn a_signature_is_cut_to_its_strokes_and_an_empty_pad_is_refused() {
        let kept = image::load_from_memory(&clean(&png(true)).unwrap()).unwrap();
        assert_eq!((kept.width(), kept.height()), (200, 4));
        for bad in [png(false), vec![], b"<svg/>".to_vec(), vec![0; MAX_BYTES + 1]] {
            assert_eq!(clean(&bad).unwrap_err().key(), "dossier.signature");
        }
    }
}
