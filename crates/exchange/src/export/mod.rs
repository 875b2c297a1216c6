//! 导出: a register as a table, for a named purpose, masked as on the page, each record logged.
//!
//! The file says who exported it, when and what for. Cells that a spreadsheet would run as a formula
//! are neutralised (OWASP: CSV injection).

use kernel::text::safe_cell;
use kernel::{
    Act, App, Date, DisputeId, Error, IncidentId, Permission as P, PersonId, Purpose, Reader, Refusal, Result, StationId, Timestamp,
    Uuid, clock, text_enum,
};

text_enum! {
    /// 导出的台账
    pub enum What { Incidents = "incidents" / "警情台账", Disputes = "disputes" / "纠纷台账", People = "people" / "人员台账" }
}

text_enum! {
    /// 文件格式
    pub enum Format { Csv = "csv" / "CSV", Xlsx = "xlsx" / "XLSX" }
}

/// The purposes an export may have.
pub const PURPOSES: &[Purpose] = &[Purpose::Statistics, Purpose::Exchange, Purpose::Incident, Purpose::Mediation, Purpose::Complaint];

/// Records in one file at most.
pub const MAX_ROWS: usize = 20_000;
const PAGE: i64 = 500;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Ask {
    pub what: What,
    pub station: StationId,
    pub from: Date,
    pub until: Date,
    pub purpose: Purpose,
    /// In the exporter's words.
    pub reason: String,
}

/// A table ready to be written.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub header: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
    /// Who, when, what for; stands in the file.
    pub mark: String,
    /// `纠纷台账_20260508.csv` without the ending.
    pub name: String,
}

/// Reads the register in the caller's reach. Each record is logged as shown, with the purpose.
/// Errors: right missing, no purpose or reason, a period that does not hold, too many records.
pub async fn export(app: &App, act: &Act, ask: &Ask) -> Result<Sheet> {
    act.actor.must(P::DataExport)?;
    act.actor.must_reach("派出所", ask.station)?;
    let mut e = kernel::FieldErrors::default();
    if !PURPOSES.contains(&ask.purpose) {
        e.add("purpose", "请选择导出的目的。");
    }
    if ask.reason.trim().chars().count() < 4 {
        e.add("reason", "请写明导出的用途，至少 4 个字；会写入审计记录和导出的文件。");
    }
    if ask.until < ask.from {
        e.add("until", "截止日期不能早于起始日期。");
    }
    e.ok(())?;
    let mut look = act.clone().in_station(ask.station);
    look.purpose = ask.purpose;
    look.action = match ask.what {
        What::Incidents => "exchange.export_incidents",
        What::Disputes => "exchange.export_disputes",
        What::People => "exchange.export_people",
    };
    let (header, rows) = app
        .db()
        .read(&look, async |r: &mut Reader| match ask.what {
            What::Incidents => incidents_of(app, r, ask).await,
            What::Disputes => disputes_of(app, r, ask).await,
            What::People => people_of(r, ask).await,
        })
        .await?;
    let now = app.now();
    let who = if act.actor.name.is_empty() { act.actor.role.label().to_string() } else { act.actor.name.clone() };
    let mark = format!(
        "导出人：{who}（{}）；时间：{}；目的：{}（{}）；{} 条；仅限本目的使用，用毕删除。",
        act.actor.unit,
        clock::show(now),
        ask.purpose.label(),
        ask.reason.trim(),
        rows.len()
    );
    Ok(Sheet { header, rows, mark, name: format!("{}_{}", ask.what.label(), clock::day_of(now).strftime("%Y%m%d")) })
}

type Table = (Vec<&'static str>, Vec<Vec<String>>);

fn bounds(ask: &Ask) -> (Timestamp, Timestamp) {
    (clock::start_of(ask.from), clock::start_of(ask.until.tomorrow().unwrap_or(ask.until)))
}

fn room(n: usize) -> Result<()> {
    if n <= MAX_ROWS {
        return Ok(());
    }
    Err(Refusal::new("exchange.too_many", format!("这个期间超过 {MAX_ROWS} 条。"), "请缩短期间，分几次导出。").into())
}

async fn incidents_of(app: &App, r: &mut Reader, ask: &Ask) -> Result<Table> {
    let rules = app.rules();
    let header = vec![
        "编号", "来源", "报警时间", "事由", "内容", "地址（接报）", "地址（现在）", "类别（接报）", "类别（现在）", "状态", "报警人", "电话",
    ];
    let (from, until) = bounds(ask);
    let mut after = (Timestamp::MIN, IncidentId(Uuid::nil()));
    let mut rows = vec![];
    let name = |c: &Option<String>| c.as_deref().map_or(String::new(), |c| rules.name("incident.category1", c).to_string());
    loop {
        let page = incidents::store::pages(r, ask.station, from, until, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = (last.called_at, last.id);
        let reach = r.act().actor.reach();
        for i in page.iter().filter(|i| reach.covers(i.station_id, i.grid_id, i.beat_id)) {
            r.saw("incident", i.id);
            let (who, phone) = match i.reporter_id {
                Some(_) if i.secret => ("保密".to_string(), String::new()),
                Some(p) => person(r, p).await?,
                None => ("匿名".to_string(), String::new()),
            };
            rows.push(vec![
                i.number.clone(),
                rules.name("incident.source", &i.source_code).to_string(),
                clock::show(i.called_at),
                i.title.clone(),
                i.content.clone(),
                i.received_place.clone(),
                i.place_text.clone(),
                name(&i.received_category),
                name(if i.found_category.is_some() { &i.found_category } else { &i.category }),
                i.state.label().to_string(),
                who,
                phone,
            ]);
        }
        room(rows.len())?;
    }
    Ok((header, rows))
}

/// Name and phone as the page shows them: hidden and masked by rule; a cleared person stays cleared.
async fn person(r: &mut Reader, id: PersonId) -> Result<(String, String)> {
    match people::store::person(r, id).await {
        Ok(p) => Ok((p.name, p.phone_masked)),
        Err(Error::NotFound(_)) => Ok((String::new(), String::new())),
        Err(e) => Err(e),
    }
}

async fn disputes_of(app: &App, r: &mut Reader, ask: &Ask) -> Result<Table> {
    let rules = app.rules();
    let header = vec![
        "编号", "登记时间", "来源", "事由", "经过", "地点", "类别", "110细类", "起因", "级别", "途径", "状态", "结果", "受理", "期限", "升级",
        "甲方", "乙方",
    ];
    let (from, until) = bounds(ask);
    let mut after = (Timestamp::MIN, DisputeId(Uuid::nil()));
    let mut rows = vec![];
    let day = |d: &Option<Date>| d.map_or(String::new(), |d| d.to_string());
    let name = |list: &str, c: &Option<String>| c.as_deref().map_or(String::new(), |c| rules.name(list, c).to_string());
    loop {
        let page = mediation::store::query::pages(r, ask.station, from, until, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = (last.opened_at, last.id);
        for d in &page {
            if mediation::actions::visible(r, d).is_err() {
                continue;
            }
            r.saw("dispute", d.id);
            let mut sides = [vec![], vec![]];
            for p in mediation::store::parts::parties(r, d.id).await? {
                let (who, _) = person(r, p.person_id).await?;
                sides[usize::from(p.side != mediation::model::Side::Applicant)].push(who);
            }
            let causes: Vec<&str> = d.cause_codes().iter().map(|c| rules.name("cause_tag", c)).collect();
            rows.push(vec![
                d.number.clone(),
                clock::show(d.opened_at),
                rules.name("dispute.source", &d.source_code).to_string(),
                d.title.clone(),
                d.summary.clone(),
                d.place_text.clone(),
                name("dispute.category.judicial", &d.judicial),
                name("dispute.category.police", &d.police),
                causes.join("、"),
                rules.name("dispute.level", &d.level).to_string(),
                d.track.map_or(String::new(), |t| t.label().into()),
                d.state.label().into(),
                d.outcome.map_or(String::new(), |o| o.label().into()),
                day(&d.accepted_on),
                day(&d.deadline),
                d.escalated.map_or(String::new(), |e| e.label().into()),
                sides[0].join("、"),
                sides[1].join("、"),
            ]);
        }
        room(rows.len())?;
    }
    Ok((header, rows))
}

async fn people_of(r: &mut Reader, ask: &Ask) -> Result<Table> {
    let header = vec!["姓名", "性别", "民族", "人口类别", "证件种类", "证件号码", "电话", "住址"];
    let mut rows = vec![];
    let mut before = None;
    loop {
        let q = people::store::Query { contact: Some(false), before, ..people::store::Query::default() };
        let (page, next) = people::store::register(r, &q).await?;
        for p in page.into_iter().filter(|p| p.station == ask.station) {
            rows.push(vec![
                p.name,
                p.sex.label().into(),
                p.ethnicity,
                p.kind.map_or(String::new(), |k| k.label().into()),
                p.id_kind.label().into(),
                p.id_masked,
                p.phone_masked,
                p.address_line,
            ]);
        }
        room(rows.len())?;
        match next {
            Some(_) => before = next,
            None => break,
        }
    }
    Ok((header, rows))
}

/// UTF-8 with a byte order mark (so that Excel reads Chinese), CRLF, all cells quoted; the mark is the last line.
pub fn to_csv(s: &Sheet) -> Vec<u8> {
    let mut out = String::from("\u{feff}");
    let line = |out: &mut String, cells: &mut dyn Iterator<Item = String>| {
        let quoted: Vec<String> = cells.map(|c| format!("\"{}\"", safe_cell(&c).replace('"', "\"\""))).collect();
        out.push_str(&quoted.join(","));
        out.push_str("\r\n");
    };
    line(&mut out, &mut s.header.iter().map(|h| h.to_string()));
    for row in &s.rows {
        line(&mut out, &mut row.iter().cloned());
    }
    line(&mut out, &mut std::iter::once(s.mark.clone()));
    out.into_bytes()
}

/// One sheet of text cells and a sheet 说明 with the mark.
pub fn to_xlsx(s: &Sheet) -> Result<Vec<u8>> {
    use rust_xlsxwriter::{Format as Style, Workbook};
    let wrong = |e: rust_xlsxwriter::XlsxError| Error::internal(format!("xlsx: {e}"));
    let mut book = Workbook::new();
    let bold = Style::new().set_bold();
    let sheet = book.add_worksheet();
    sheet.set_name("台账").map_err(wrong)?;
    sheet.set_header(format!("&L{}", s.mark.replace('&', "&&").chars().take(200).collect::<String>()));
    for (c, h) in s.header.iter().enumerate() {
        sheet.write_string_with_format(0, c as u16, *h, &bold).map_err(wrong)?;
        sheet.set_column_width(c as u16, 18).map_err(wrong)?;
    }
    for (n, row) in s.rows.iter().enumerate() {
        for (c, cell) in row.iter().enumerate() {
            let text: String = safe_cell(cell).chars().take(32_000).collect();
            sheet.write_string(n as u32 + 1, c as u16, text).map_err(wrong)?;
        }
    }
    sheet.set_freeze_panes(1, 0).map_err(wrong)?;
    let note = book.add_worksheet();
    note.set_name("说明").map_err(wrong)?;
    note.write_string(0, 0, &s.mark).map_err(wrong)?;
    book.save_to_buffer().map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_newlines_stay_inside_their_cell() {
        let s = Sheet {
            header: vec!["编号", "内容"],
            rows: vec![vec!["1".into(), "他说“走”，\n\"不走\"".into()]],
            mark: "导出人：甲".into(),
            name: "x".into(),
        };
        let text = String::from_utf8(to_csv(&s)).unwrap();
        assert!(text.starts_with('\u{feff}') && text.contains("\"\"不走\"\"") && text.ends_with("\"导出人：甲\"\r\n"));
        assert!(to_xlsx(&s).unwrap().starts_with(b"PK"));
    }
}
