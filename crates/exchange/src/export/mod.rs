//! 导出: a register as a table, for a named purpose, masked as on the page, each record logged.
//!
//! The file says who exported it, when and what for. Cells that a spreadsheet would run as a formula
//! are neutralised (OWASP: CSV injection).

mod asked;
mod file;

pub use file::{Sheet, to_csv, to_xlsx};

use kernel::{
    Act, Actor, App, Date, DisputeId, Error, IncidentId, Permission as P, PersonId, Purpose, Reader, Refusal, Result, Role, StationId,
    Timestamp, Tx, UserId, Uuid, clock, text_enum,
};

text_enum! {
    /// 导出的台账
    pub enum What {
        Incidents = "incidents" / "警情台账",
        Disputes = "disputes" / "纠纷台账",
        People = "people" / "人员台账",
        Surveys = "surveys" / "问卷统计",
        Answers = "answers" / "问卷答卷",
    }
}

impl What {
    /// One questionnaire goes out, whole; not a period of a register.
    pub fn of_survey(self) -> bool {
        matches!(self, What::Surveys | What::Answers)
    }
}

text_enum! {
    /// 文件格式
    pub enum Format { Csv = "csv" / "CSV", Xlsx = "xlsx" / "XLSX" }
}

/// The purposes an export may have.
pub const PURPOSES: &[Purpose] = &[Purpose::Statistics, Purpose::Exchange, Purpose::Incident, Purpose::Mediation, Purpose::Complaint];

/// Records in one file at most.
pub const MAX_ROWS: usize = 20_000;
/// Bytes of text in one file at most: what stands in memory while it is made is a few times as much.
pub const MAX_TEXT: usize = 32_000_000;
const PAGE: i64 = 500;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Ask {
    pub what: What,
    pub station: StationId,
    pub from: Date,
    pub until: Date,
    /// Which questionnaire, where one goes out.
    pub survey: Option<Uuid>,
    pub purpose: Purpose,
    /// In the exporter's words.
    pub reason: String,
}

/// Whether this register may be exported at all: the right to export and the right to see it. The machine's own operator
/// exports what the machine holds, masked like everybody else's file.
fn permit(actor: &Actor, what: What) -> Result<()> {
    actor.must(P::DataExport)?;
    if actor.role == Role::LocalOperator {
        return Ok(());
    }
    actor.must(match what {
        What::Incidents => P::IncidentSee,
        What::Disputes => P::DisputeSee,
        What::People => P::PeopleSee,
        What::Surveys | What::Answers => P::SurveySee,
    })
}

/// Reads the register in the caller's reach. Each record is logged as shown, with the purpose.
/// Errors: right missing, no purpose or reason, a period that does not hold, too many records.
pub async fn export(app: &App, act: &Act, ask: &Ask) -> Result<Sheet> {
    permit(&act.actor, ask.what)?;
    act.actor.must_reach("派出所", ask.station)?;
    let mut e = kernel::FieldErrors::default();
    if !PURPOSES.contains(&ask.purpose) {
        e.add("purpose", "请选择导出的目的。");
    }
    if ask.reason.trim().chars().count() < 4 {
        e.add("reason", "请写明导出的用途，至少 4 个字；写在导出的文件里，审计链记下它的摘要。");
    }
    if ask.what.of_survey() && ask.survey.is_none() {
        e.add("survey", "请选择要导出的问卷。");
    }
    if !ask.what.of_survey() && ask.until < ask.from {
        e.add("until", "截止日期不能早于起始日期。");
    }
    e.ok(())?;
    let mut look = act.clone().in_station(ask.station);
    look.purpose = ask.purpose;
    look.action = match ask.what {
        What::Incidents => "exchange.export_incidents",
        What::Disputes => "exchange.export_disputes",
        What::People => "exchange.export_people",
        What::Surveys => "exchange.export_survey",
        What::Answers => "exchange.export_answers",
    };
    let (header, rows): Table = app
        .db()
        .read(&look, async |r: &mut Reader| match ask.what {
            What::Incidents => incidents_of(app, r, ask).await,
            What::Disputes => disputes_of(app, r, ask).await,
            What::People => people_of(r, ask).await,
            What::Surveys | What::Answers => asked::asked(r, ask).await,
        })
        .await?;
    let now = app.now();
    let who = signed(&act.actor);
    let left_out = match ask.what {
        What::People => "受保护人不列入；",
        What::Surveys => "只有统计数，不含填写的时间；",
        What::Answers => "答卷只记到哪一天，不含填写的时间；",
        What::Incidents | What::Disputes => "",
    };
    let mark = format!(
        "导出人：{who}；时间：{}；目的：{}（{}）；{} 条；{left_out}仅限本目的使用，用毕删除。",
        clock::show(now),
        ask.purpose.label(),
        ask.reason.trim(),
        rows.len()
    );
    // The file itself is an entry too, also one without rows; its mark (with the reason) as a digest.
    let made = app.act(&act.actor, "exchange.export", ask.purpose, app.fresh_command()).in_station(ask.station);
    app.db()
        .write(&made, async |tx: &mut Tx| {
            let mut subjects = vec![("station", ask.station.0)];
            subjects.extend(ask.survey.filter(|_| ask.what.of_survey()).map(|id| ("survey", id)));
            tx.record("exchange.export", &subjects, &mark);
            Ok(())
        })
        .await?;
    Ok(Sheet { header, rows, mark, who, at: now, name: format!("{}_{}", ask.what.label(), clock::day_of(now).strftime("%Y%m%d")) })
}

/// `测试所领导（正阳派出所）`; of the machine's operator the user of the operating system.
fn signed(actor: &Actor) -> String {
    let name = if actor.name.is_empty() { actor.role.label() } else { &actor.name };
    let aside: Vec<&str> = [actor.unit.as_str(), actor.os_user.as_deref().unwrap_or("")].into_iter().filter(|s| !s.is_empty()).collect();
    if aside.is_empty() { name.to_string() } else { format!("{name}（{}）", aside.join("，")) }
}

type Table = (Vec<String>, Vec<Vec<String>>);

fn headings(of: &[&str]) -> Vec<String> {
    of.iter().map(|h| (*h).to_string()).collect()
}

fn bounds(ask: &Ask) -> (Timestamp, Timestamp) {
    (clock::start_of(ask.from), clock::start_of(ask.until.tomorrow().unwrap_or(ask.until)))
}

/// What one file holds at most. `next` is what the person can do.
struct Room {
    text: usize,
    next: &'static str,
}

impl Room {
    const PERIOD: Room = Room { text: 0, next: "请缩短期间，分几次导出。" };
    const SURVEY: Room = Room { text: 0, next: "请导出“问卷统计”，或者向系统管理员要备份。" };
    const REGISTER: Room = Room { text: 0, next: "人员台账不分期间：请用限于警务区的账号分几次导出，或向系统管理员要备份。" };

    /// After each page: the rows so far, and how many of them are new.
    fn take(&mut self, rows: &[Vec<String>], fresh: usize) -> Result<()> {
        self.text += rows[rows.len() - fresh..].iter().flatten().map(String::len).sum::<usize>();
        let what = if rows.len() > MAX_ROWS {
            format!("要导出的超过 {MAX_ROWS} 条。")
        } else if self.text > MAX_TEXT {
            format!("要导出的文字超过 {} MB。", MAX_TEXT / 1_000_000)
        } else {
            return Ok(());
        };
        Err(Refusal::new("exchange.too_many", what, self.next).into())
    }
}

async fn incidents_of(app: &App, r: &mut Reader, ask: &Ask) -> Result<Table> {
    let rules = app.rules();
    let header = headings(&[
        "编号", "来源", "报警时间", "事由", "内容", "地址（接报）", "地址（现在）", "类别（接报）", "类别（现在）", "状态", "报警人", "电话",
    ]);
    let (from, until) = bounds(ask);
    let mut after = (Timestamp::MIN, IncidentId(Uuid::nil()));
    let (mut rows, mut room) = (vec![], Room::PERIOD);
    let name = |c: &Option<String>| c.as_deref().map_or(String::new(), |c| rules.name("incident.category1", c).to_string());
    loop {
        let page = incidents::store::pages(r, ask.station, from, until, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = (last.called_at, last.id);
        let (actor, had) = (r.act().actor.clone(), rows.len());
        // Narrowed accounts keep what they took themselves, as on the page.
        let took = |by: UserId| actor.own_beats && by == actor.user;
        for i in page.iter().filter(|i| actor.reach().covers(i.station_id, i.grid_id, i.beat_id) || took(i.registered_by)) {
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
        room.take(&rows, rows.len() - had)?;
    }
    Ok((header, rows))
}

/// Name and phone as the page shows them: hidden and masked by rule; a cleared person stays cleared. Who asked for secrecy
/// is named in no file, whoever exports it.
async fn person(r: &mut Reader, id: PersonId) -> Result<(String, String)> {
    match people::store::person(r, id).await {
        Ok(p) if p.protected => Ok((people::model::Hidden::Protected.label().to_string(), String::new())),
        Ok(p) => Ok((p.name, p.phone_masked)),
        Err(Error::NotFound(_)) => Ok((String::new(), String::new())),
        Err(e) => Err(e),
    }
}

async fn disputes_of(app: &App, r: &mut Reader, ask: &Ask) -> Result<Table> {
    let rules = app.rules();
    let header = headings(&[
        "编号", "登记时间", "来源", "事由", "经过", "地点", "类别", "110细类", "起因", "级别", "途径", "状态", "结果", "受理", "期限", "升级",
        "甲方", "乙方",
    ]);
    let (from, until) = bounds(ask);
    let mut after = (Timestamp::MIN, DisputeId(Uuid::nil()));
    let (mut rows, mut room) = (vec![], Room::PERIOD);
    let day = |d: &Option<Date>| d.map_or(String::new(), |d| d.to_string());
    let name = |list: &str, c: &Option<String>| c.as_deref().map_or(String::new(), |c| rules.name(list, c).to_string());
    loop {
        let page = mediation::store::query::pages(r, ask.station, from, until, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = (last.opened_at, last.id);
        let (local, had) = (r.act().actor.role == Role::LocalOperator, rows.len());
        for d in &page {
            if !local && mediation::actions::visible(r, d).is_err() {
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
        room.take(&rows, rows.len() - had)?;
    }
    Ok((header, rows))
}

async fn people_of(r: &mut Reader, ask: &Ask) -> Result<Table> {
    let header = headings(&["姓名", "性别", "民族", "人口类别", "证件种类", "证件号码", "电话", "住址"]);
    let (mut rows, mut room) = (vec![], Room::REGISTER);
    let mut before = None;
    loop {
        let q = people::store::Query {
            contact: Some(false),
            before,
            station: Some(ask.station),
            unprotected: true,
            ..people::store::Query::default()
        };
        let (page, next) = people::store::register(r, &q).await?;
        let had = rows.len();
        for p in page {
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
        room.take(&rows, rows.len() - had)?;
        match next {
            Some(_) => before = next,
            None => break,
        }
    }
    Ok((header, rows))
}
