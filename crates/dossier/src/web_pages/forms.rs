//! The forms of the dossier: each reads its fields, calls one action, answers with the page or with a PDF.

use super::page;
use crate::actions::{self, Upload};
use crate::model::{NewRecording, NewVolume, Paper, PartyMore, Power, Told};
use crate::print::Printed;
use axum::extract::Path;
use axum::http::header;
use kernel::{DisputeId, Error, ObligationId, Purpose, Uuid};
use web::page::{Again, go};
use web::{Answer, Ctx, Form, IntoResponse};

fn dispute(id: &str) -> kernel::Result<DisputeId> {
    web::page::id(id, "这起纠纷")
}

/// Goes back to the part of the page, or shows it with the failed form.
async fn end_of(ctx: &Ctx, id: DisputeId, form: &Form, (open, anchor): (&str, &str), done: kernel::Result<()>) -> Answer {
    match done {
        Ok(()) => go(format!("/disputes/{id}/dossier#{anchor}")),
        Err(e) => page::show(ctx, id, form, Again::from_error(e)?, open).await,
    }
}

/// A PDF to look at and print, or the page with the refusal.
async fn pdf(ctx: &Ctx, id: DisputeId, form: &Form, name: &str, done: kernel::Result<Printed>) -> Answer {
    let printed = match done {
        Ok(p) => p,
        Err(e) => return page::show(ctx, id, form, Again::from_error(e)?, "").await,
    };
    let encoded: String = format!("{name}.pdf").bytes().map(|b| if b.is_ascii_alphanumeric() { (b as char).to_string() } else { format!("%{b:02X}") }).collect();
    Ok((
        [
            (header::CONTENT_TYPE, "application/pdf".to_string()),
            (header::CONTENT_DISPOSITION, format!("inline; filename*=UTF-8''{encoded}")),
            (header::CACHE_CONTROL, "private, no-store".to_string()),
        ],
        printed.bytes,
    )
        .into_response())
}

/// `POST /disputes/{id}/dossier/file`: 立卷.
pub async fn file(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let v = NewVolume {
        title: form.bounded("title", "卷名", 100),
        mediator: form.bounded("mediator", "调解员", 60),
        from_day: form.date("from_day", "调解开始日期"),
        until_day: form.date("until_day", "调解结束日期"),
        filed_by: form.bounded("filed_by", "立卷人", 60),
        filed_on: form.date("filed_on", "立卷日期"),
        retention: form.required("retention", "保管期限", 20),
        note: form.bounded("note", "卷宗情况说明", 4_000),
    };
    let act = ctx.act("dossier.file", Purpose::Mediation, &form);
    let done = match form.finish(v) {
        Ok(v) => actions::file(&ctx.app, &act, id, &v).await.map(|_| ()),
        Err(e) => Err(e),
    };
    end_of(&ctx, id, &form, ("file", "parts"), done).await
}

/// `POST /disputes/{id}/dossier/apply`: 申请.
pub async fn apply(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let party: Uuid = form.id("party", "申请人");
    let requests = form.bounded("requests", "申请事项", 2_000);
    let on = form.date("applied_on", "申请日期");
    let act = ctx.act("dossier.apply", Purpose::Mediation, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::apply(&ctx.app, &act, id, party, &requests, on).await,
        Err(e) => Err(e),
    };
    end_of(&ctx, id, &form, ("apply", "parts"), done).await
}

/// `POST /disputes/{id}/dossier/party`
pub async fn party(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let m = PartyMore {
        party_id: form.id("party", "当事人"),
        occupation: form.bounded("occupation", "职业", 60),
        guardian_relation: form.bounded("guardian_relation", "关系", 20),
        guardian_told_on: form.optional_date("guardian_told_on", "通知日期"),
        guardian_told_how: form.bounded("guardian_told_how", "通知方式", 20),
        guardian_exempt: form.yes("guardian_exempt"),
        exempt_reason: form.bounded("exempt_reason", "理由", 200),
        power: Power::from_code(form.typed("power")),
        power_scope: form.bounded("power_scope", "权限事项", 500),
        interpreter: form.bounded("interpreter", "翻译人员", 40),
        language: form.bounded("language", "语种", 20),
    };
    let open = format!("party.{}", m.party_id);
    let act = ctx.act("dossier.party", Purpose::Mediation, &form);
    let done = match form.finish(m) {
        Ok(m) => actions::party(&ctx.app, &act, id, &m).await,
        Err(e) => Err(e),
    };
    end_of(&ctx, id, &form, (&open, "parties"), done).await
}

/// `POST /disputes/{id}/dossier/files`
pub async fn files(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let what = Upload::parse(form.typed("what"));
    if what.is_none() {
        form.errors.add("what", "请选择材料的种类。");
    }
    let mut ready = vec![];
    for upload in form.files("files").into_iter().cloned().collect::<Vec<_>>() {
        match attachments::prepare(&upload.file_name, upload.bytes).await {
            Ok(f) => ready.push(f),
            Err(Error::Refused(r)) => form.errors.add("files", r.to_string()),
            Err(e) => return Err(e.into()),
        }
    }
    let act = ctx.act("dossier.files", Purpose::Mediation, &form);
    let done = match (form.finish(()), what) {
        (Ok(()), Some(what)) => actions::add_files(&ctx.app, &act, id, what, &ready).await,
        (Err(e), _) => Err(e),
        (Ok(()), None) => Err(Error::internal("upload")),
    };
    end_of(&ctx, id, &form, ("files", "parts"), done).await
}

/// `POST /disputes/{id}/dossier/recording`
pub async fn recording(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let n = NewRecording {
        device: form.bounded("device", "录制设备", 60),
        file_no: form.bounded("file_no", "录像编号", 80),
        began_at: form.moment("began_at", "开始时间"),
        ended_at: form.optional_moment("ended_at", "结束时间"),
        kept_at: form.bounded("kept_at", "存放处", 100),
    };
    let act = ctx.act("dossier.recording", Purpose::Mediation, &form);
    let done = match form.finish(n) {
        Ok(n) => actions::add_recording(&ctx.app, &act, id, &n).await.map(|_| ()),
        Err(e) => Err(e),
    };
    end_of(&ctx, id, &form, ("recording", "recording"), done).await
}

/// `POST /disputes/{id}/dossier/print`: one paper as a PDF.
pub async fn print(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let paper = Paper::from_code(form.typed("paper")).ok_or(Error::NotFound("这份文书"))?;
    let record: Uuid = form.id("record", "文书");
    form.finish(())?;
    let act = ctx.act("dossier.print", Purpose::Mediation, &form);
    let done = actions::print(&ctx.app, &act, id, paper, record).await;
    pdf(&ctx, id, &form, paper.label(), done).await
}

/// `POST /disputes/{id}/dossier/whole`: the dossier as one PDF.
pub async fn whole(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id = dispute(&id)?;
    let act = ctx.act("dossier.print_whole", Purpose::Mediation, &form);
    let done = actions::print_whole(&ctx.app, &act, id).await;
    pdf(&ctx, id, &form, "卷宗", done).await
}

/// `POST /disputes/{id}/dossier/pass`: the party's paper with the code.
pub async fn pass(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let party: Uuid = form.id("party", "当事人");
    let secret = form.text("secret");
    form.finish(())?;
    let act = ctx.act("dossier.pass", Purpose::Mediation, &form);
    let done = actions::issue(&ctx.app, &act, id, party, &secret).await;
    pdf(&ctx, id, &form, Paper::Pass.label(), done).await
}

/// `POST /disputes/{id}/dossier/revoke`
pub async fn revoke(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let party: Uuid = form.id("party", "当事人");
    let act = ctx.act("dossier.pass_revoke", Purpose::Mediation, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::revoke(&ctx.app, &act, id, party).await,
        Err(e) => Err(e),
    };
    end_of(&ctx, id, &form, ("pass", "pass"), done).await
}

/// `POST /disputes/{id}/dossier/remind`
pub async fn remind(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let o: ObligationId = form.id("obligation", "义务");
    let how = Told::from_code(form.typed("how"));
    let party = form.optional_id::<Uuid>("party");
    let note = form.bounded("note", "情况", 300);
    let act = ctx.act("dossier.remind", Purpose::FollowUp, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::remind(&ctx.app, &act, id, o, party, how, &note).await,
        Err(e) => Err(e),
    };
    end_of(&ctx, id, &form, (&format!("remind.{o}"), "remind"), done).await
}

/// `POST /disputes/{id}/dossier/reminder`: the note as a PDF.
pub async fn reminder(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let o: ObligationId = form.id("obligation", "义务");
    form.finish(())?;
    let act = ctx.act("dossier.reminder", Purpose::FollowUp, &form);
    let done = actions::reminder_paper(&ctx.app, &act, id, o).await;
    pdf(&ctx, id, &form, Paper::Reminder.label(), done).await
}
