//! Pages: the officer's list and builder, the resident's sheet, paper out and in, the results, wishes, meetings.

pub mod answer;
pub mod manage;
pub mod meetings;
pub mod print;
pub mod quick;
pub mod results;
pub mod wishes;

use kernel::Uuid;

fn survey_id(text: &str) -> kernel::Result<Uuid> {
    web::page::id(text, "这份问卷")
}
