//! Decisions, pure: what may be registered, who may watch what, which purpose is enough, what a tile says, what may be taken out.

mod alarm;
mod copy;
mod export;
mod health;
mod register;

pub use alarm::*;
pub use copy::*;
pub use export::*;
pub use health::*;
pub use register::*;

use crate::model::{Camera, CameraForm, Deed, NewVisitor, Relation, Right, StreamForm, Watch, WatchPurpose};
use kernel::rules::RuleSet;
use kernel::{Actor, Date, Error, FieldErrors, Permission, Refusal, Result, Timestamp};
use media::address::{self, Network};
use media::health::{Remark, State};
use std::net::{IpAddr, SocketAddr};

/// Words of places in whose inside no camera may hang (条例 §8).
const PRIVATE_WORDS: &[&str] = &[
    "客房",
    "包间",
    "包房",
    "宿舍",
    "寝室",
    "休息室",
    "浴室",
    "澡堂",
    "卫生间",
    "洗手间",
    "厕所",
    "更衣室",
    "哺乳室",
    "母婴室",
    "试衣间",
];

/// The private place that a text names, if any.
pub fn private_word(text: &str) -> Option<&'static str> {
    PRIVATE_WORDS.iter().copied().find(|w| text.contains(w))
}

/// A camera as the form or a file tells it. `networks` are those that the administrator allowed.
///
/// # Errors
/// Every field that does not fit, or a refusal by the regulation.
pub fn check_camera(rules: &RuleSet, today: Date, f: &CameraForm, networks: &[Network]) -> Result<()> {
    if let Some(bad) = rules
        .list("video.forbidden_place", today)
        .into_iter()
        .find(|c| c.code == f.place_kind || c.name == f.place_kind)
    {
        return Err(Refusal::new(
            "video.forbidden_place",
            format!("“{}”禁止安装图像采集设备，不能登记。", bad.name),
            "已经装了的，请立即停用，并报告所在地公安机关处理。",
        )
        .citing(bad.source.clone())
        .into());
    }
    let mut e = FieldErrors::default();
    let length = |e: &mut FieldErrors, field: &str, label: &str, text: &str, from: usize, most: usize| {
        let n = text.chars().count();
        if n < from || n > most {
            e.add(
                field,
                if from == 0 {
                    format!("{label}最多 {most} 字。")
                } else {
                    format!("{label}应为 {from} 到 {most} 字。")
                },
            );
        }
    };
    length(&mut e, "name", "名称", &f.name, 1, 40);
    length(&mut e, "place", "安装位置", &f.place, 1, 100);
    length(&mut e, "filing_unit", "管理单位", &f.filing_unit, 1, 60);
    length(&mut e, "filing_number", "备案编号", &f.filing_number, 0, 40);
    if f.number.is_empty()
        || f.number.len() > 30
        || !f.number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    {
        e.add("number", "编号应为 1 到 30 位字母、数字或短横线。");
    }
    if let (Some(word), false) = (private_word(&format!("{} {}", f.name, f.place)), f.outside) {
        let by = rules.list("video.forbidden_place", today).first().map_or(String::new(), |c| c.source.clone());
        e.add(
            "place",
            format!(
                "名称或位置里有“{word}”。设在其内部的不能登记（{}）；确在其外的公共区域的，请勾选“不在其内部”。",
                by.trim_end_matches("第一项")
            ),
        );
    }
    if rules.must_know("video.place_kind", &f.place_kind, today).is_err() {
        e.add("place_kind", "请选择场所类别。");
    }
    let least = rules.int("retention.public_video.min_days", today)?;
    if f.keep_days < least || f.keep_days > 3650 {
        let cite = rules.cite("retention.public_video.min_days", today);
        e.add("keep_days", format!("存储期限不得少于 {least} 天（{}），最多 3650 天。", cite.source));
    }
    if let (Some(filed), Some(used)) = (f.filing_day, f.in_use_day)
        && filed > today.max(used)
    {
        e.add("filing_day", "备案日期晚于今天。");
    }
    if f.device_kind.is_none() {
        e.add("device_kind", "请选择设备类型。");
    }
    if f.lon.is_some() != f.lat.is_some()
        || f.lon.is_some_and(|x| !(73.0..=136.0).contains(&x))
        || f.lat.is_some_and(|y| !(3.0..=54.0).contains(&y))
    {
        e.add("lon", "经纬度应成对填写，经度 73 到 136，纬度 3 到 54（WGS-84）。");
    }
    if f.direction.is_some_and(|d| !(0..360).contains(&d)) {
        e.add("direction", "朝向应为 0 到 359 度，正北为 0，顺时针。");
    }
    if f.view_angle.is_some_and(|d| !(1..=360).contains(&d)) {
        e.add("view_angle", "视场角应为 1 到 360 度。");
    }
    if f.reach_m.is_some_and(|m| !(1..=2000).contains(&m)) {
        e.add("reach_m", "可视距离应为 1 到 2000 米。");
    }
    length(&mut e, "sign_in_name", "登录名", &f.sign_in_name, 0, 64);
    length(&mut e, "sign_in_password", "密码", &f.sign_in_password, 0, 128);
    if f.sign_in_name.is_empty() && !f.sign_in_password.is_empty() {
        e.add("sign_in_name", "填了密码，还须填登录名。");
    }
    stream(&mut e, "main", "主码流", &f.main, networks);
    if !f.sub.url.is_empty() {
        stream(&mut e, "sub", "子码流", &f.sub, networks);
        if same_address(&f.sub.url, &f.main.url) {
            e.add("sub_url", "子码流与主码流的地址相同。没有子码流的，请把这一栏空着。");
        }
    }
    e.ok(())
}

fn stream(e: &mut FieldErrors, field: &str, label: &str, s: &StreamForm, networks: &[Network]) {
    if let Err(why) = check_url(&s.url, networks) {
        e.add(format!("{field}_url"), format!("{label}：{why}"));
    }
    if s.record && !(1..=20_000_000).contains(&s.quota_mb) {
        e.add(format!("{field}_quota"), format!("{label}的容量应为 1 到 20000000 MB。"));
    }
}

/// Whether a camera may be pulled from this address. A host name is looked at again whenever it is connected to, after it
/// was resolved; here only its form can be judged.
///
/// # Errors
/// The sentence that says what is wrong with it.
pub fn check_url(url: &str, networks: &[Network]) -> std::result::Result<(), String> {
    let form = "地址应写成 rtsp://主机/路径，例如 rtsp://10.20.1.5/Streaming/Channels/101。";
    if url.len() > 300 || url.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(form.into());
    }
    let rest = url.strip_prefix("rtsp://").ok_or(form)?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    if authority.contains('@') {
        return Err("地址里不能带用户名和密码，请填在登录名和密码栏，那里加密存放。".into());
    }
    if rest.contains('#') || authority.is_empty() {
        return Err(form.into());
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(v6) => {
            let (host, after) = v6.split_once(']').ok_or(form)?;
            (host.to_string(), after.strip_prefix(':'))
        }
        None => authority.split_once(':').map_or((authority.to_string(), None), |(h, p)| (h.to_string(), Some(p))),
    };
    if host.is_empty() || port.is_some_and(|p| p.parse::<u16>().is_ok_and(|n| n == 0) || p.parse::<u16>().is_err()) {
        return Err(form.into());
    }
    if networks.is_empty() {
        return Err("本所还没有设允许的网段，任何摄像机都不能接入。请先在“允许的网段”里登记。".into());
    }
    let Ok(ip) = host.parse::<IpAddr>() else {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        // What looks like a number and is no address (`010.1`, `2130706433`) is another machine's idea of one.
        let numeric = host
            .rsplit('.')
            .next()
            .is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()) || last.starts_with("0x"));
        return if host.chars().all(plain) && !numeric { Ok(()) } else { Err(form.into()) };
    };
    match address::choose(&[SocketAddr::new(ip, 554)], networks) {
        Ok(_) => Ok(()),
        Err(_) => Err(format!("{ip} 不在允许的网段内，没有接入。需要时请先由系统管理员登记网段。")),
    }
}

/// A network for the list.
///
/// # Errors
/// A sentence for the field: not a network, or one that allows too much.
pub fn check_network(text: &str, note: &str) -> Result<Network> {
    let parsed: std::result::Result<Network, _> = text.parse();
    let bits = text.rsplit('/').next().and_then(|b| b.trim().parse::<u8>().ok()).unwrap_or(0);
    let least = if text.contains(':') { 32 } else { 8 };
    let mut e = FieldErrors::default();
    if parsed.is_err() {
        e.add("network", "网段应写成 10.20.0.0/16 的样子。");
    } else if bits < least {
        e.add("network", format!("这个网段太大。前缀至少 /{least}，只登记摄像机所在的网段。"));
    }
    if note.trim().is_empty() || note.chars().count() > 60 {
        e.add("note", "请写明是哪里的网，60 字以内。");
    }
    match parsed {
        Ok(n) => e.ok(n),
        Err(_) => Err(Error::Invalid(e)),
    }
}

/// Whether `actor` may do `deed` with a camera; `rights` are those of the camera.
///
/// # Errors
/// Not found for another station's camera; forbidden for a missing right, with the words why.
pub fn may(actor: &Actor, camera: &Camera, rights: &[Right], deed: Deed) -> Result<()> {
    // The three administrators see all stations and no pictures; others see their own.
    actor.must_reach("这台摄像机", camera.station_id)?;
    if actor.station != camera.station_id {
        return Err(Error::NotFound("这台摄像机"));
    }
    actor.must(match deed {
        Deed::Live => Permission::VideoSee,
        Deed::Replay => Permission::VideoReplay,
        Deed::Export => Permission::VideoExport,
    })?;
    if !camera.restricted {
        return Ok(());
    }
    let right = rights.iter().find(|r| r.camera_id == camera.id && r.role == actor.role);
    let open = right.is_some_and(|r| match deed {
        Deed::Live => r.live,
        Deed::Replay => r.replay,
        Deed::Export => r.export,
    });
    if open {
        return Ok(());
    }
    let what = match deed {
        Deed::Live => "看实时画面",
        Deed::Replay => "回放",
        Deed::Export => "导出",
    };
    Err(Error::Forbidden(format!(
        "摄像机“{}”没有向“{}”开放{what}。需要时请由安全管理员调整这台摄像机的授权。",
        camera.name,
        actor.role.label()
    )))
}

/// The purpose as typed; the incident's number where one is needed.
///
/// # Errors
/// What is missing, by field.
pub fn check_watch(purpose: Option<WatchPurpose>, reason: &str, has_incident: bool) -> Result<WatchPurpose> {
    let mut e = FieldErrors::default();
    let chars = reason.chars().count();
    let needed = match purpose {
        None => {
            e.add("purpose", "请选择调阅目的。");
            0
        }
        Some(WatchPurpose::Incident) if !has_incident => {
            e.add("incident", "接处警须写警情编号，例如 正阳警〔2026〕15号。");
            0
        }
        Some(WatchPurpose::Incident | WatchPurpose::Patrol) => 0,
        Some(_) => 4,
    };
    if chars < needed || chars > 100 {
        e.add(
            "reason",
            match purpose {
                Some(WatchPurpose::Visitor) => {
                    "请写明申请人、与当事人的关系和要找什么，4 到 100 字（视频条例第二十一条）。".into()
                }
                _ => format!("请写明事由，{needed} 到 100 字（视频条例第十六条：如实记录事由）。"),
            },
        );
    }
    match purpose {
        Some(p) => e.ok(p),
        None => Err(Error::Invalid(e)),
    }
}

/// What must be known of a visitor before a picture is shown.
///
/// # Errors
/// By field, with the article (视频条例 §21: the person, close relatives, guardians and carers may see what concerns
/// them, with the consent of who keeps the pictures, and must not spread it).
pub fn check_visitor(v: &NewVisitor) -> Result<Relation> {
    let mut e = FieldErrors::default();
    for (field, text, most, says) in [
        ("visitor_name", &v.name, 50, "请写申请人的姓名。"),
        ("visitor_about", &v.about, 100, "请写明查阅与谁、与什么事有关。"),
        ("visitor_allowed_by", &v.allowed_by, 50, "请写明由谁同意查阅（管理单位同意，视频条例第二十一条）。"),
    ] {
        let n = text.trim().chars().count();
        if n == 0 || n > most {
            e.add(field, says);
        }
    }
    if v.relation.is_none() {
        e.add("visitor_relation", "请选择与画面中人的关系；其他人不能查阅（视频条例第二十一条）。");
    }
    if !v.checked {
        e.add("visitor_checked", "请先核对身份和关系的证明。");
    }
    if !v.told {
        e.add("visitor_told", "请先告知不得非法对外提供、公开传播。");
    }
    match v.relation {
        Some(r) => e.ok(r),
        None => Err(Error::Invalid(e)),
    }
}

/// Whether a watch still counts for this person.
///
/// # Errors
/// Not found for another's; a refusal when it ended or is too old.
pub fn watch_holds(w: &Watch, actor: &Actor, now: Timestamp, hours: i64) -> Result<()> {
    if w.user_id != actor.user || w.station_id != actor.station {
        return Err(Error::NotFound("这次调阅"));
    }
    if w.ended_at.is_some() || now.as_second() - w.at.as_second() > hours * 3600 {
        return Err(Refusal::new("video.watch_over", "这次调阅已经结束。", "请重新填写调阅目的后再看。").into());
    }
    Ok(())
}

/// What a tile says about a state.
pub fn words(state: State) -> &'static str {
    match state {
        State::Live => "正常",
        State::Offline => "离线",
        State::NoFrames => "连着，没有画面",
        State::StalledClock => "画面时钟停走",
        State::NoKey => "等待可解码的画面",
        State::SuspectedFrozen => "疑似画面静止",
    }
}

/// What is said beside the state.
pub fn remark(r: Remark) -> &'static str {
    match r {
        Remark::RecordingGap => "没有在录",
        Remark::ClockSkew => "设备时钟不准",
        Remark::FewFrames => "帧数过低",
        Remark::LowBitRate => "码率过低",
        Remark::HighBitRate => "码率过高",
    }
}

/// A trouble of the adapter in words for a person.
pub fn trouble(t: &media::camera::Trouble) -> String {
    use media::camera::Trouble as T;
    match t {
        T::BadAddress => "地址写错了".into(),
        T::NotAllowed => "地址不在允许的网段内".into(),
        T::UnknownName => "网内没有这个主机名".into(),
        T::Unreachable => "连不上".into(),
        T::WrongPassword => "登录名或者密码不对".into(),
        T::NotFound => "设备上没有这路码流".into(),
        T::Refused(461) => "设备只用 UDP 发画面，请在设备上打开 TCP 取流".into(),
        T::Refused(code) => format!("设备拒绝（{code}）"),
        T::NoVideo => "不是 H.264 或者 H.265".into(),
        T::Broken(_) => "发来的内容读不懂".into(),
        T::Silent => "连着，但不发画面".into(),
        T::Ended => "设备断开了连接".into(),
        T::Flood => "发得太多太快".into(),
    }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
