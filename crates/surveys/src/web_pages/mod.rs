//! Pages: the officer's list and builder, the resident's sheet, paper out and in, the results.

pub mod answer;
pub mod manage;
pub mod print;
pub mod quick;
pub mod results;

use kernel::Uuid;

fn survey_id(text: &str) -> kernel::Result<Uuid> {
    web::page::id(text, "这份问卷")
}
