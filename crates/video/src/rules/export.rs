//! What may be taken out, who decides it, who may have it.

use crate::model::{Clip, ClipState, Export, ExportForm, ExportState, WatchPurpose};
use kernel::{Actor, Error, FieldErrors, Permission, Refusal, Result};

/// Longest span of one export, milliseconds.
pub const MOST_MS: i64 = 4 * 3_600_000;
/// Cameras of one export at most.
pub const MOST_CAMERAS: usize = 16;

/// Purposes for which something may be taken out. Who asks to see may see and take nothing with them (视频条例 §21: 查阅).
pub fn purposes_of_taking() -> Vec<WatchPurpose> {
    WatchPurpose::ALL.iter().copied().filter(|p| *p != WatchPurpose::Visitor).collect()
}

/// Whether a picture of a watch may be kept as a file (截图, 导出).
///
/// # Errors
/// A watch that serves somebody who asked to see.
pub fn may_take(purpose: WatchPurpose) -> Result<()> {
    if purpose != WatchPurpose::Visitor {
        return Ok(());
    }
    let what = "群众申请查阅的只能当场查看，不能截图、导出。";
    Err(Refusal::new("video.view_only", what, "有警情、案件需要录像的，另以接处警、办案查证的目的申请，写明编号和事由。").into())
}

/// A request as the form tells it; the purpose is judged as that of any watch, and it must be one for which something may
/// be taken out.
///
/// # Errors
/// Every field that does not fit.
pub fn check_export(f: &ExportForm, now_ms: i64) -> Result<()> {
    let mut e = FieldErrors::default();
    if f.cameras.is_empty() {
        e.add("camera", "请至少选择一台摄像机。");
    }
    if f.cameras.len() > MOST_CAMERAS {
        e.add("camera", format!("一次最多导出 {MOST_CAMERAS} 台，现在选了 {} 台。请分几次申请。", f.cameras.len()));
    }
    if f.to_ms <= f.from_ms {
        e.add("until", "结束时间应晚于开始时间。");
    } else if f.to_ms - f.from_ms > MOST_MS {
        e.add("until", "一次最长四小时。更长的请分几次申请。");
    } else if f.to_ms > now_ms {
        e.add("until", "结束时间还没有到。");
    }
    if !(4..=100).contains(&f.reason.trim().chars().count()) {
        e.add("reason", "请写明事由，4 到 100 字（视频条例第十六条：如实记录事由）。");
    }
    if f.purpose.is_some_and(|p| may_take(p).is_err()) {
        e.add(
            "purpose",
            "群众申请查阅只能当场查看，不能导出（视频条例第二十一条）。请在监控墙或者录像回放以“群众申请查阅”调阅；有警情、案件的，选接处警或者办案查证。",
        );
    }
    e.ok(())
}

/// Whether `actor` may know of an export: who asked for it, who decides, who keeps the register; others learn nothing of it.
///
/// # Errors
/// Not found.
pub fn sees_export(actor: &Actor, x: &Export) -> Result<()> {
    let role = x.by_user == actor.user || actor.may(Permission::VideoApprove) || actor.may(Permission::VideoLog);
    if role && actor.reach().houses(x.station_id) { Ok(()) } else { Err(Error::NotFound("这次导出")) }
}

/// Whether `actor` may decide: a leader of the station, never the one who asked.
///
/// # Errors
/// The missing right; one's own request, one that is decided already, a refusal without a reason.
pub fn check_decision(actor: &Actor, x: &Export, yes: bool, answer: &str) -> Result<()> {
    actor.must(Permission::VideoApprove)?;
    if x.by_user == actor.user {
        return Err(
            Refusal::new("video.own_export", "不能审批自己申请的导出。", "请由另一名带班领导或者所领导审批。").into()
        );
    }
    if x.state != ExportState::Asked {
        return Err(Refusal::new(
            "video.decided",
            format!("这次导出已经由{}审批：{}。", x.approver, x.state.label()),
            "不用再审批。要改的，请申请人重新申请。",
        )
        .into());
    }
    match answer.trim().chars().count() {
        0..2 if !yes => Err(FieldErrors::one("answer", "不批准的，请写明理由，2 到 200 字。")),
        201.. => Err(FieldErrors::one("answer", "意见最多 200 字。")),
        _ => Ok(()),
    }
}

/// Whether `actor` may have the files: the one who asked, while they are there.
///
/// # Errors
/// Forbidden for others who know of it; not found when there are no files.
pub fn may_download(actor: &Actor, x: &Export, c: &Clip) -> Result<()> {
    sees_export(actor, x)?;
    if x.by_user != actor.user {
        return Err(Error::Forbidden("导出的录像只能由申请人下载。需要的，请自己申请导出。".into()));
    }
    if c.state == ClipState::Ready { Ok(()) } else { Err(Error::NotFound("导出的文件")) }
}

/// Whether `actor` may have a film made once more: the one who asked, when it was approved and could not be made.
///
/// # Errors
/// Forbidden for others who know of it; a film that did not fail.
pub fn may_make_again(actor: &Actor, x: &Export, c: &Clip) -> Result<()> {
    sees_export(actor, x)?;
    if x.by_user != actor.user {
        return Err(Error::Forbidden("只有申请人能让它再做一次。".into()));
    }
    if x.state == ExportState::Approved && c.state == ClipState::Failed {
        return Ok(());
    }
    let next = "请刷新页面，看现在做到哪一步。";
    Err(Refusal::new("video.not_failed", format!("这一台现在是“{}”，不用再做。", c.state.label()), next).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::standing;
    use kernel::{Role, StationId, Timestamp, UserId, Uuid};
    use testkit::actor;

    fn form(cameras: usize, span: (i64, i64), reason: &str) -> ExportForm {
        ExportForm {
            cameras: (0..cameras).map(|n| Uuid::from_u128(n as u128)).collect(),
            from_ms: span.0,
            to_ms: span.1,
            purpose: Some(WatchPurpose::Case),
            reason: reason.into(),
            incident: String::new(),
        }
    }

    #[test]
    fn a_request_names_every_field_that_does_not_fit() {
        let hour = 3_600_000;
        let fields = |f: ExportForm| match check_export(&f, 10 * hour) {
            Ok(()) => vec![],
            Err(Error::Invalid(e)) => e.0.into_iter().map(|(k, _)| k).collect(),
            Err(e) => panic!("{e}"),
        };
        assert!(fields(form(1, (0, 4 * hour), "核实经过")).is_empty());
        assert!(fields(form(16, (9 * hour, 10 * hour), "核实经过")).is_empty());
        for (f, wrong) in [
            (form(0, (0, hour), "核实经过"), "camera"),
            (form(17, (0, hour), "核实经过"), "camera"),
            (form(1, (hour, hour), "核实经过"), "until"),
            (form(1, (0, 4 * hour + 1), "核实经过"), "until"),
            (form(1, (9 * hour, 10 * hour + 1), "核实经过"), "until"),
            (form(1, (0, hour), "查看"), "reason"),
        ] {
            assert_eq!(fields(f), [wrong]);
        }
        assert_eq!(fields(form(0, (1, 0), "")), ["camera", "until", "reason"]);
        let visitor = ExportForm { purpose: Some(WatchPurpose::Visitor), ..form(1, (0, hour), "寻找走失的孩子") };
        assert_eq!(fields(visitor), ["purpose"], "who asks to see takes nothing out");
        assert!(may_take(WatchPurpose::Case).is_ok() && may_take(WatchPurpose::Visitor).is_err());
    }

    fn export(by: UserId, station: StationId, state: ExportState) -> Export {
        Export {
            station_id: station,
            id: Uuid::from_u128(1),
            number: "视导〔2026〕1号".into(),
            watch_id: Uuid::from_u128(2),
            from_ms: 0,
            to_ms: 1,
            purpose: WatchPurpose::Case,
            reason: "核实经过".into(),
            incident_id: None,
            incident_number: String::new(),
            state,
            at: Timestamp::UNIX_EPOCH,
            by_user: by,
            user_name: "王强".into(),
            unit: "正阳派出所".into(),
            decided_at: None,
            decided_by: None,
            approver: String::new(),
            answer: String::new(),
        }
    }

    #[test]
    fn another_leader_decides_once_and_says_why_not() {
        let station = StationId(Uuid::from_u128(9));
        let (officer, leader) = (actor(Role::Officer, station), actor(Role::DutyLeader, station));
        let x = export(officer.user, station, ExportState::Asked);
        let key = |r: Result<()>| r.map_or_else(|e| e.key().to_string(), |()| "yes".into());
        assert_eq!(key(check_decision(&leader, &x, true, "")), "yes");
        assert_eq!(key(check_decision(&leader, &x, false, "不需要")), "yes");
        assert_eq!(key(check_decision(&leader, &x, false, " ")), "invalid");
        assert_eq!(key(check_decision(&leader, &x, true, &"好".repeat(201))), "invalid");
        assert_eq!(key(check_decision(&officer, &x, true, "")), "forbidden");
        let own = export(leader.user, station, ExportState::Asked);
        assert_eq!(key(check_decision(&leader, &own, true, "")), "video.own_export");
        let done = export(officer.user, station, ExportState::Refused);
        assert_eq!(key(check_decision(&leader, &done, true, "")), "video.decided");
    }

    #[test]
    fn only_who_asked_has_the_files_and_strangers_know_nothing() {
        let (station, other) = (StationId(Uuid::from_u128(9)), StationId(Uuid::from_u128(8)));
        let officer = actor(Role::Officer, station);
        let x = export(officer.user, station, ExportState::Approved);
        let clip = |state| Clip {
            station_id: station,
            id: Uuid::from_u128(4),
            export_id: x.id,
            camera_id: Uuid::from_u128(5),
            stream_id: Uuid::from_u128(6),
            state,
            made_at: None,
            parts: 1,
            bytes: 1,
            facts: String::new(),
            hold_id: None,
        };
        let key = |r: Result<()>| r.map_or_else(|e| e.key().to_string(), |()| "yes".into());
        assert_eq!(key(may_download(&officer, &x, &clip(ClipState::Ready))), "yes");
        assert_eq!(key(may_download(&officer, &x, &clip(ClipState::Expired))), "not_found");
        assert_eq!(key(may_download(&actor(Role::StationLeader, station), &x, &clip(ClipState::Ready))), "forbidden");
        assert_eq!(key(may_download(&actor(Role::StationLeader, other), &x, &clip(ClipState::Ready))), "not_found");
        let mut colleague = actor(Role::Officer, station);
        colleague.user = UserId(Uuid::from_u128(77));
        assert_eq!(key(sees_export(&colleague, &x)), "not_found");
        assert_eq!(key(sees_export(&actor(Role::AuditAdmin, StationId::NIL), &x)), "yes");
    }

    #[test]
    fn the_word_of_a_list_is_that_of_what_is_left_to_do() {
        use ClipState::*;
        let of = |clips: &[ClipState]| standing(ExportState::Approved, clips);
        assert_eq!(standing(ExportState::Asked, &[Waiting]), "待审批");
        assert_eq!(standing(ExportState::Refused, &[Dropped]), "未批准");
        assert_eq!(of(&[Waiting, Ready]), "已批准，等待制作");
        assert_eq!(of(&[Waiting, Making, Ready]), "正在制作");
        assert_eq!(of(&[Ready, Failed]), "部分可以下载");
        assert_eq!(of(&[Ready, Expired]), "可以下载");
        assert_eq!(of(&[Failed, Expired]), "没有做成");
        assert_eq!(of(&[Expired]), "文件已到期删除");
    }
}
