//! XLSForm (xlsform.org): the workbook with the sheets `survey`, `choices`, `settings`.

mod book;
mod choices;
mod columns;
mod settings;
mod survey;
mod types;
mod write;

use crate::fault::{Fault, Faults};
use crate::form::Form;
use crate::model::Definition;
use book::Book;

pub use write::write;

/// A workbook that was read.
#[derive(Debug)]
pub struct Workbook {
    pub form: Form,
    /// What was passed over and does no harm, with its place.
    pub remarks: Vec<Fault>,
}

/// Reads an `.xlsx` workbook and checks the form in it.
///
/// # Errors
/// Everything that is wrong with it, with sheet, row, column, reason and what to do.
pub fn read(bytes: &[u8]) -> Result<Workbook, Vec<Fault>> {
    let book = Book::open(bytes).map_err(|f| vec![f])?;
    let mut faults = Faults::default();
    let mut remarks = Faults::default();
    for fault in &book.faults {
        faults.add(fault.clone());
    }
    let mut sheets = [None, None, None];
    for (slot, name) in sheets.iter_mut().zip(["survey", "choices", "settings"]) {
        *slot = book.sheet(name);
        let like = book.sheets.iter().find(|s| s.name != name && s.name.trim().eq_ignore_ascii_case(name));
        if let (None, Some(like)) = (&slot, like) {
            let why = format!("工作表名应为小写的“{name}”，这里写成了“{}”，没有读取。", like.name);
            faults.add(Fault::at(&like.name, 0, "", why, "请把工作表改名后重新导入。"));
        }
    }
    let known = |name: &str| ["survey", "choices", "settings"].iter().any(|k| name.trim().eq_ignore_ascii_case(k));
    for other in book.sheets.iter().filter(|s| !known(&s.name)) {
        remarks.add(Fault::at(
            &other.name,
            0,
            "",
            "这张工作表没有读取。",
            "问卷只读 survey、choices、settings 三张表。",
        ));
    }
    let [survey, choice_sheet, setting_sheet] = sheets;
    let Some(survey) = survey else {
        faults.add(Fault::of_file("文件里没有名为“survey”的工作表。", "请按 XLSForm 格式整理后导入。"));
        return Err(faults.finish());
    };
    let settings = setting_sheet.map_or_else(Default::default, |s| settings::read(s, &mut faults, &mut remarks));
    let mut lists = choice_sheet.map_or_else(Vec::new, |s| choices::read(s, &mut faults));
    let (items, whole) = survey::read(survey, &mut lists, &mut faults, &mut remarks);
    // With a broken outline the form would be blamed for what is not there.
    if !whole || (items.is_empty() && !faults.is_empty()) {
        return Err(faults.finish());
    }
    match Form::new(Definition { settings, items, lists }) {
        Ok(form) if faults.is_empty() => Ok(Workbook { form, remarks: remarks.finish() }),
        Ok(_) => Err(faults.finish()),
        Err(more) => {
            more.into_iter().for_each(|f| faults.add(f));
            Err(faults.finish())
        }
    }
}
