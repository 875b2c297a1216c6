//! 公共安全视频: cameras registered and recorded, the wall of the command room, and a register of every look.
//!
//! **Terms.** 摄像机 *camera*, 码流 *stream* (主码流 main, 子码流 sub), 网段 *network*, 分组 *group*, 监控墙 *wall*, 轮巡 *tour*,
//! 一次调阅 *watch* (the purpose is asked once), 调阅登记 *look*, 保全 *hold*, 导出 *export* (one request), its films *clips*,
//! 遮挡副本 *copy*, 备案 *filing*.
//!
//! **Invariants.** A look stands in the register and in the chain before its first picture leaves. A tile shows its own
//! camera or says why it shows nothing. Cameras are reached on networks that the administrator named; their sign-in is
//! sealed and stands in no page, log or chain. Places that the regulation forbids cannot be registered, footage is kept for
//! no less than it demands. Who maintains cameras does not watch them, who grants rights neither. What is taken out is the
//! recorded main stream bit for bit, with a signed manifest; who asks for it does not approve it, and alone may have it. Nothing is published
//! unless somebody else saw the copy in which faces and plates are hidden; the original stays.

pub mod actions;
mod hls;
pub mod jobs;
mod map;
pub mod model;
pub mod moment;
pub mod nearby;
mod replay;
pub mod rules;
pub mod run;
mod socket;
pub mod store;
mod web_pages;

#[cfg(test)]
mod tests;

use kernel::Permission as P;
use web::domain::{get, post};
use web::{Domain, MenuItem, Need};

/// Higher domains hang into the replay what they know of its moment: units on their way, duty posts and who held them. The id
/// is [`moment::id`], the station that of the caller; the answer is list items or paragraphs. Without an answer the part is hidden.
pub const REPLAY_SLOT: web::Slot = "video.replay";

/// Higher domains hang into 值守情况 who was on watch duty. The id is [`moment::id`] of the beginning, the span ends now, the
/// station is that of the caller; the answer is a table or paragraphs. Without an answer the part is hidden.
pub const DUTY_SLOT: web::Slot = "video.duty";

const SEE: Need = Need::Can(P::VideoSee);
const REPLAY: Need = Need::Can(P::VideoReplay);
const ADMIN: Need = Need::Can(P::VideoAdmin);
/// Those who ask for exports, decide about them, or keep the register.
const EXPORTS: Need = Need::Any(&[P::VideoExport, P::VideoApprove, P::VideoLog]);
/// Those who watch, and those who look whether it was done.
const DUTY: Need = Need::Any(&[P::VideoSee, P::VideoLog]);
/// Those who may know which cameras there are.
const LIST: Need = Need::Any(&[P::VideoSee, P::VideoAdmin, P::GrantAdmin, P::VideoLog]);

/// Routes, tables and menu of the domain.
pub fn domain() -> Domain {
    use web_pages::{cameras, copies, duty, exports, form, health, looks, rights, setup, verify, wall};
    Domain {
        name: "video",
        migrations: Some(kernel::migrations!("video", "0001_video.sql", "0002_exports.sql", "0003_copies.sql", "0004_reach.sql", "0005_visitors.sql", "0006_health.sql", "0007_end_filed.sql", "0008_picture.sql")),
        routes: vec![
            get("/video", LIST, cameras::list),
            get("/video/cameras/new", ADMIN, form::new_page),
            post("/video/cameras/new", ADMIN, form::new),
            get("/video/cameras/{id}", LIST, cameras::page),
            get("/video/cameras/{id}/edit", ADMIN, form::edit_page),
            post("/video/cameras/{id}/edit", ADMIN, form::edit),
            post("/video/cameras/{id}/end", ADMIN, form::end),
            post("/video/cameras/{id}/end-filed", ADMIN, form::end_filed),
            post("/video/cameras/{id}/rights", Need::Can(P::GrantAdmin), rights::set),
            get("/video/setup", ADMIN, setup::page),
            post("/video/networks", ADMIN, setup::add_network),
            post("/video/networks/{id}/end", ADMIN, setup::end_network),
            post("/video/groups", ADMIN, setup::add_group),
            post("/video/groups/{id}/end", ADMIN, setup::end_group),
            get("/video/holds", REPLAY, rights::holds),
            post("/video/holds", Need::Can(P::VideoApprove), rights::hold),
            post("/video/holds/{id}/release", Need::Can(P::VideoApprove), rights::release),
            get("/video/wall", SEE, wall::page),
            post("/video/watch", SEE, wall::start),
            post("/video/watch/{id}/end", SEE, wall::end),
            post("/video/watch/{id}/snapshot", SEE, wall::snapshot),
            get("/video/live", SEE, socket::open),
            get("/video/health", LIST, health::page),
            get("/video/health/live", LIST, health::part),
            get("/video/duty", DUTY, duty::page),
            get("/video/looks", Need::Can(P::VideoLog), looks::page),
            get("/video/report", Need::Can(P::VideoLog), looks::report),
            get("/video/replay", REPLAY, web_pages::replay::page),
            get("/video/replay/piece", REPLAY, replay::piece),
            get("/video/replay/line", REPLAY, replay::line),
            get("/video/hls/live/{watch}/{camera}/{file}", SEE, hls::live),
            get("/video/hls/replay/{watch}/{camera}/{file}", REPLAY, hls::replay),
            get("/video/exports", EXPORTS, exports::page),
            post("/video/exports", Need::Can(P::VideoExport), exports::ask),
            get("/video/exports/{id}", EXPORTS, exports::one),
            get("/video/exports/{id}/live", EXPORTS, exports::live),
            post("/video/exports/{id}/decide", Need::Can(P::VideoApprove), exports::decide),
            post("/video/exports/{id}/hold", Need::Can(P::VideoApprove), exports::hold),
            get("/video/clips/{id}/parts/{n}", Need::Can(P::VideoExport), exports::download),
            get("/video/clips/{id}/manifest", Need::Can(P::VideoExport), exports::manifest),
            post("/video/clips/{id}/again", Need::Can(P::VideoExport), exports::again),
            post("/video/clips/{id}/copies", Need::Can(P::VideoExport), copies::start),
            get("/video/exports/copies/{id}", EXPORTS, copies::one),
            get("/video/exports/copies/{id}/live", EXPORTS, copies::live),
            post("/video/exports/copies/{id}/regions", Need::Can(P::VideoExport), copies::place),
            post("/video/exports/copies/{id}/decide", Need::Can(P::VideoApprove), copies::decide),
            get("/video/exports/copies/{id}/original", EXPORTS, copies::original),
            get("/video/exports/copies/{id}/film", EXPORTS, copies::film),
            get("/video/exports/copies/{id}/download", Need::Can(P::VideoExport), copies::download),
            get("/video/exports/copies/{id}/manifest", Need::Can(P::VideoExport), copies::manifest),
            get("/video/verify", Need::Public, verify::page),
            get("/video/verify/page", Need::Public, verify::stand_alone),
        ],
        menu: vec![
            MenuItem { group: "视频", label: "监控墙", path: "/video/wall", permission: P::VideoSee, order: 38 },
            MenuItem { group: "视频", label: "摄像机", path: "/video", permission: P::VideoSee, order: 39 },
            MenuItem { group: "视频", label: "摄像机", path: "/video", permission: P::VideoAdmin, order: 39 },
            MenuItem {
                group: "视频", label: "摄像机授权", path: "/video", permission: P::GrantAdmin, order: 39
            },
            MenuItem {
                group: "视频", label: "网段和分组", path: "/video/setup", permission: P::VideoAdmin, order: 39
            },
            MenuItem {
                group: "视频", label: "录像回放", path: "/video/replay", permission: P::VideoReplay, order: 38
            },
            MenuItem {
                group: "视频", label: "录像导出", path: "/video/exports", permission: P::VideoExport, order: 39
            },
            MenuItem {
                group: "视频", label: "设备健康", path: "/video/health", permission: P::VideoSee, order: 39
            },
            MenuItem {
                group: "视频", label: "设备健康", path: "/video/health", permission: P::VideoAdmin, order: 39
            },
            MenuItem {
                group: "视频", label: "调阅登记", path: "/video/looks", permission: P::VideoLog, order: 39
            },
            MenuItem {
                group: "视频", label: "值守情况", path: "/video/duty", permission: P::VideoSee, order: 39
            },
            MenuItem {
                group: "视频", label: "录像保全", path: "/video/holds", permission: P::VideoReplay, order: 39
            },
        ],
        jobs: vec![web::Job { name: "video.retention", every_seconds: 86_400, run: jobs::retention }],
        slots: vec![
            web::SlotFill { slot: incidents::ACTIONS_SLOT, fill: nearby::on_incident },
            web::SlotFill { slot: places::map::MAP_SLOT, fill: map::layers },
        ],
        ..Domain::default()
    }
}
