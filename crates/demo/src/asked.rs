//! 问卷、意见和议事会: an open questionnaire with a few dozen answers (more women and more old people than live here, so that the
//! weights have something to do), wishes sent online, and one meeting.

use crate::dice::Dice;
use crate::staff::Crew;
use kernel::{Act, Actor, App, Purpose, Reader, Result, Role, ToSpan};
use roster::model::DayType;
use surveys::actions::{self, From};
use surveys::model::{Channel, NewMeeting, NewQuestion, NewSurvey, NewWish, Stretch};

/// Answers to each questionnaire.
const ANSWERS: usize = 44;

fn by(app: &App, who: &Actor, action: &'static str) -> Act {
    app.act(who, action, Purpose::Statistics, app.fresh_command())
}

/// Minutes that they say they waited last time, in turn; "" of who does not remember.
const WAITED: &[&str] = &["10", "15", "5", "20", "", "30", "10", "25", "40", "15", "0", "35", "60", "", "20", "12", "45"];

/// What some of them write.
const WORDS: &[&str] = &["取号机字太小，老人看不清。", "晚上办过一次，很方便。", "周末能不能也办身份证？", "窗口的人很耐心，谢谢。", "楼下有人晚上放鞭炮，希望管管。"];

/// Asks, is answered, meets.
pub async fn ask(app: &App, crew: &Crew, dice: &mut Dice) -> Result<()> {
    let officer = crew.of(Role::Officer)?;
    questionnaire(app, officer, dice).await?;
    wishes(app, officer).await?;
    meeting(app, officer).await
}

async fn questionnaire(app: &App, officer: &Actor, dice: &mut Dice) -> Result<()> {
    let new = NewSurvey {
        title: "窗口什么时候开，您说了算".into(),
        intro: "八道题，一分钟。结果用来排窗口的班，汇总后在社区公布。".into(),
        anonymous: true,
        by_household: false,
        until_day: Some(app.today().saturating_add(30.days())),
    };
    let id = actions::create(app, &by(app, officer, "surveys.create"), new).await?;
    let own = [("integer", "上次来窗口，大约等了多少分钟？"), ("text", "还想对派出所说什么？")];
    for (kind, required) in [("service", true), ("when", true), ("first", false), ("second", false), ("integer", false), ("sex", true), ("age", true), ("text", false)] {
        let label = own.iter().find(|o| o.0 == kind).map_or("", |o| o.1).to_string();
        let q = NewQuestion { label, kind: kind.into(), required, ..NewQuestion::default() };
        actions::add_question(app, &by(app, officer, "surveys.question"), id, &q).await?;
    }
    actions::open(app, &by(app, officer, "surveys.open"), id).await?;
    let station = officer.station;
    let look = app.look(officer, "surveys.see", Purpose::Statistics);
    let s = app.db().read(&look, async |r: &mut Reader| surveys::store::survey(r, station, id).await).await?;
    let services = s.definition.0.lists.first().map_or(1, |l| l.choices.len());
    let resident = Actor::resident(station);
    for n in 0..ANSWERS {
        let age = *dice.pick(&["a18_29", "a30_44", "a30_44", "a45_59", "a45_59", "a60_up", "a60_up", "a60_up"]);
        let sex = if dice.chance(64) { "female" } else { "male" };
        // Who works comes before or after work and on weekends; the old come in the morning.
        let times: &[&[&str]] = match age {
            "a60_up" => &[&["c1"], &["c1", "c2"], &["c1", "c5"], &["c2"]],
            "a45_59" => &[&["c3", "c4"], &["c1", "c3"], &["c5"], &["c4", "c5", "c6"]],
            _ => &[&["c4"], &["c4", "c5"], &["c3", "c4", "c6"], &["c5", "c6"], &["c7"]],
        };
        let suits = *dice.pick(times);
        let mut answers = forms::Answers::new();
        answers.insert("q1".into(), format!("c{}", 1 + dice.below(services)));
        answers.insert("q2".into(), suits.join(" "));
        if suits != ["c7"] && dice.chance(85) {
            let first = *dice.pick(suits);
            answers.insert("q3".into(), first.into());
            // Next to it whatever else suits; every seventh leaves it open.
            if let Some(next) = suits.iter().find(|c| **c != first && n % 7 != 6) {
                answers.insert("q4".into(), (*next).into());
            }
        }
        answers.insert("q5".into(), WAITED[n % WAITED.len()].into());
        answers.insert("sex".into(), sex.into());
        answers.insert("age".into(), age.into());
        if dice.chance(30) {
            answers.insert("q8".into(), (*dice.pick(WORDS)).into());
        }
        let (who, from) = if n % 5 == 4 { (officer, From::Desk) } else { (&resident, From::Page { many: false }) };
        actions::answer(app, &by(app, who, "surveys.answer"), &s, &answers, from, "").await?;
    }
    Ok(())
}

async fn wishes(app: &App, officer: &Actor) -> Result<()> {
    let resident = Actor::resident(officer.station);
    let look = app.look(officer, "surveys.wishes", Purpose::Statistics);
    let services = app.db().read(&look, async |r: &mut Reader| windows::store::services(r, officer.station).await).await?;
    let evening = Stretch { kind: DayType::Work, from: 18 * 60 + 30, until: 20 * 60 + 30 };
    let weekend = Stretch { kind: DayType::Rest, from: 9 * 60, until: 12 * 60 };
    for (content, service, when) in [
        ("我们厂六点下班，赶不上窗口，能不能晚上开两次？", services.first(), Some(evening)),
        ("孩子上学要居住证，周末上午能办就好了。", services.first(), Some(weekend)),
        ("三号楼门口的路灯坏了半个月，晚上看不见台阶。", None, None),
    ] {
        let new = NewWish { channel: Channel::Online, meeting: None, service: service.map(|s| s.id), when, content: content.into(), people: 1 };
        actions::wish(app, &by(app, &resident, "surveys.wish"), new).await?;
    }
    Ok(())
}

async fn meeting(app: &App, officer: &Actor) -> Result<()> {
    let new = NewMeeting {
        title: "楼前停车和夜间照明议事会".into(),
        held_on: app.today().saturating_sub(2.days()),
        place: "社区居民活动室".into(),
        chair: "居委会主任".into(),
        present: 23,
        names: String::new(),
        minutes: "居委会通报上次议定事项：二号楼前的车位线已重画。\n居民反映三号楼门口路灯坏了半个月，物业说等配件，居民希望写明日期。\n民警说明消防通道停车的处理办法，并听取对窗口开放时间的意见。".into(),
        version: 0,
    };
    let id = actions::open_meeting(app, &by(app, officer, "surveys.meeting"), new).await?;
    actions::vote(app, &by(app, officer, "surveys.vote"), id, "消防通道划黄线，晚八点后由物业巡查", [18, 3, 2]).await?;
    actions::vote(app, &by(app, officer, "surveys.vote"), id, "公共收益先用来修路灯", [21, 0, 2]).await?;
    let when = Some(Stretch { kind: DayType::Work, from: 18 * 60, until: 20 * 60 });
    let wish = NewWish { channel: Channel::Meeting, meeting: Some(id), service: None, when, content: "上班的人希望窗口晚上开到八点".into(), people: 9 };
    actions::wish(app, &by(app, officer, "surveys.wish"), wish).await?;
    actions::finish_meeting(app, &by(app, officer, "surveys.finish_meeting"), id).await
}
