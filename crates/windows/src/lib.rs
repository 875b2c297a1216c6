//! 服务窗口: services with the papers they need, windows that are open when the roster says so, bookings by residents
//! without an account, and service at the door.
//!
//! **Terms.** 票 *ticket* (取号, 叫号, 过号), 上岗 *stand* (somebody at a window), 空岗 *empty* (open by plan, nobody there),
//! 业务 *service* (a kind of the catalogue as this station offers it), 窗口 *window*, 开放时间 *hours* (of the roster
//! or by hand 常用时间), 停办 *closure*, 预约 *booking*, 上门办理 a booking whose channel is the door, 办件 *case*, 补正 papers told as missing,
//! 送达 *delivered*, 居住证 *permit* with its yearly 签注 *endorsement*, suspended (中止) without it, ended (注销) by hand, 一次性告知单 *notice*.
//!
//! **Invariants.** What a station may issue, what it must refuse and with which papers are lists of the rule pack with their
//! sources. Hours of past days never change. A booking never disappears: hours that change mark it, put a task to phone and
//! show it on the receipt page. A ticket is at one window at most, whoever calls at once. Planned minutes of a window are
//! the minutes with somebody there and the empty ones, always. What is missing for a case is told once, in writing; nothing
//! else is asked for afterwards. Numbers of the register run without gaps by channel. The receipt's secret and the code of a
//! display's link (大屏链接) are stored as keyed hashes only; the display names nobody.

pub mod actions;
pub mod figures;
pub mod model;
mod paper;
pub mod rules;
pub mod store;
pub mod web_pages;

#[cfg(test)]
mod tests;

use kernel::Permission as P;
use web::domain::{get, post};
use web::{Domain, Job, MenuItem, Need};

const SEE: Need = Need::Can(P::WindowSee);
const SERVE: Need = Need::Can(P::WindowServe);
const MANAGE: Need = Need::Can(P::WindowManage);

/// Routes, tables, jobs and menu of the domain.
pub fn domain() -> Domain {
    use web_pages::{booking, bookings, cases, catalogue, desk, display, hours, monitor, notices, permit, register, services, setup};
    Domain {
        name: "windows",
        migrations: Some(kernel::migrations!("windows", "0001_windows.sql", "0002_tickets.sql", "0003_cases.sql", "0004_posts.sql", "0005_permits.sql", "0006_delivered.sql", "0007_displays.sql")),
        routes: vec![
            get("/windows/desk", SERVE, desk::page),
            get("/windows/desk/live", SERVE, desk::live),
            post("/windows/desk/leave", SERVE, desk::leave),
            post("/windows/desk/{window}/stand", SERVE, desk::stand),
            post("/windows/desk/{window}/call", SERVE, desk::call),
            post("/windows/tickets/{id}/{step}", SERVE, desk::step),
            get("/windows/draw", SEE, desk::draw_page),
            post("/windows/draw", SEE, desk::draw),
            get("/windows/display", SEE, display::page),
            get("/windows/display/live", SEE, display::live),
            get("/windows/displays", SERVE, display::list),
            post("/windows/displays", SERVE, display::make),
            post("/windows/displays/{id}/end", SERVE, display::end),
            get("/windows/monitor", SEE, monitor::page),
            get("/windows/monitor/live", SEE, monitor::live),
            get("/windows/report", SEE, monitor::report),
            get("/windows/report/rows", SEE, monitor::rows),
            get("/windows/hours", SEE, hours::page),
            post("/windows/hours/close", MANAGE, hours::close),
            post("/windows/closures/{id}/lift", MANAGE, hours::lift),
            get("/windows/setup", MANAGE, setup::list),
            get("/windows/setup/new", MANAGE, setup::new_page),
            post("/windows/setup/new", MANAGE, setup::new),
            get("/windows/setup/{id}", MANAGE, setup::page),
            post("/windows/setup/{id}", MANAGE, setup::save),
            post("/windows/setup/{id}/hours", MANAGE, setup::hours),
            post("/windows/setup/{id}/end", MANAGE, setup::end),
            get("/windows/services", SEE, services::list),
            get("/windows/services/new", MANAGE, services::new_page),
            post("/windows/services/new", MANAGE, services::new),
            get("/windows/services/{id}", MANAGE, services::page),
            post("/windows/services/{id}", MANAGE, services::save),
            post("/windows/services/{id}/end", MANAGE, services::end),
            get("/windows/services/{id}/notice", SEE, services::notice),
            get("/windows/catalogue", SEE, catalogue::page),
            post("/windows/catalogue/{code}/notice", SERVE, notices::tell),
            get("/windows/notices", SERVE, notices::list),
            get("/windows/notices/{id}/paper", SERVE, notices::paper),
            get("/windows/cases", SERVE, register::list),
            get("/windows/cases/new", SERVE, cases::new_page),
            post("/windows/cases/new", SERVE, cases::new),
            get("/windows/cases/{id}", SERVE, cases::page),
            get("/windows/cases/{id}/paper", SERVE, cases::paper),
            post("/windows/cases/{id}/supplement", SERVE, cases::supplement),
            post("/windows/cases/{id}/issue", SERVE, cases::issue),
            post("/windows/cases/{id}/refuse", SERVE, cases::refuse),
            post("/windows/cases/{id}/deliver", SERVE, cases::deliver),
            post("/windows/cases/{id}/withdraw", SERVE, cases::withdraw),
            get("/windows/permits", SERVE, register::permits),
            get("/windows/permits/{id}", SERVE, permit::page),
            post("/windows/permits/{id}/end", SERVE, permit::end),
            get("/windows/bookings", SEE, bookings::list),
            get("/windows/bookings/live", SEE, bookings::live),
            get("/windows/bookings/new", SERVE, bookings::new_page),
            post("/windows/bookings/new", SERVE, bookings::new),
            get("/windows/bookings/{id}", SERVE, booking::page),
            post("/windows/bookings/{id}/cancel", SERVE, booking::cancel),
            post("/windows/bookings/{id}/told", SERVE, booking::told),
            post("/windows/bookings/{id}/send", SERVE, booking::send),
            post("/windows/bookings/{id}/decline", SERVE, booking::decline),
            post("/windows/bookings/{id}/visited", SERVE, booking::visited),
        ],
        jobs: vec![Job { name: "windows.keep_up", every_seconds: 60, run: |app| Box::pin(async move { actions::keep_up(&app).await }) }],
        menu: vec![
            MenuItem { group: "窗口", label: "叫号台", path: "/windows/desk", permission: P::WindowServe, order: 31 },
            MenuItem { group: "窗口", label: "取号", path: "/windows/draw", permission: P::WindowSee, order: 31 },
            MenuItem { group: "窗口", label: "大屏", path: "/windows/display", permission: P::WindowSee, order: 31 },
            MenuItem { group: "窗口", label: "预约和上门", path: "/windows/bookings", permission: P::WindowSee, order: 32 },
            MenuItem { group: "窗口", label: "办件", path: "/windows/cases", permission: P::WindowServe, order: 32 },
            MenuItem { group: "窗口", label: "居住证", path: "/windows/permits", permission: P::WindowServe, order: 32 },
            MenuItem { group: "窗口", label: "窗口不空岗", path: "/windows/monitor", permission: P::WindowSee, order: 32 },
            MenuItem { group: "窗口", label: "业务和材料", path: "/windows/services", permission: P::WindowSee, order: 33 },
            MenuItem { group: "窗口", label: "证明目录", path: "/windows/catalogue", permission: P::WindowSee, order: 33 },
            MenuItem { group: "窗口", label: "开放时间", path: "/windows/hours", permission: P::WindowSee, order: 34 },
            MenuItem { group: "窗口", label: "窗口设置", path: "/windows/setup", permission: P::WindowManage, order: 34 },
        ],
        ..Domain::default()
    }
}
