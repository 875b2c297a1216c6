//! 数据交换: files in, by a mapping that anyone can read; no row lost, no row twice.
//!
//! 1. [`table::read`] turns bytes (gzip, UTF-8 or GB 18030, CSV or XLSX) into records, strictly.
//! 2. [`judge::judge`] reads one record by the mapping: accepted, refused with a reason, or skipped.
//! 3. [`actions::import`] writes accepted rows in slices through the domain's own action; a row's key
//!    says whether it is known; what was refused goes into an error file that can be mended and run again.
//!
//! [`export`] is the way out: a register for a named purpose, masked, marked and logged by record.

pub mod actions;
mod arrivals;
mod cameras;
pub mod export;
pub mod judge;
pub mod mapping;
mod persons;
pub mod report;
mod store;
pub mod table;
pub mod value;
mod web_pages;

#[cfg(test)]
mod tests;

use kernel::Permission as P;
use web::domain::{get, post};
use web::{Domain, MenuItem, Need};

/// Routes, tables and menu of the domain.
pub fn domain() -> Domain {
    Domain {
        name: "exchange",
        migrations: Some(kernel::migrations!("exchange", "0001_exchange.sql")),
        routes: vec![
            get("/exchange/export", Need::Can(P::DataExport), web_pages::export::page),
            post("/exchange/export", Need::Can(P::DataExport), web_pages::export::send),
            get("/exchange/import", Need::Can(P::DataImport), web_pages::import::page),
            post("/exchange/import", Need::Can(P::DataImport), web_pages::import::send),
            get("/exchange/imports/{id}", Need::Any(&[P::DataImport, P::IncidentDispatch]), web_pages::imported::page),
            post("/exchange/imports/{id}/arranged", Need::Can(P::IncidentDispatch), web_pages::imported::arranged),
        ],
        menu: vec![MenuItem { group: "统计", label: "导入数据", path: "/exchange/import", permission: P::DataImport, order: 42 },
            MenuItem { group: "统计", label: "导出台账", path: "/exchange/export", permission: P::DataExport, order: 41 }],
        ..Domain::default()
    }
}
