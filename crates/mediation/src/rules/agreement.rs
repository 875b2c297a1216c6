//! What an agreement must hold, who may stand as host, and who may come for a party.

use crate::model::{Form, NewAgreement, NewPromise, Party, Term, Track};
use kernel::rules::RuleSet;
use kernel::{Date, FieldErrors, Refusal, Result, Role, clock};

/// Terms at most in one agreement.
pub const MAX_PROMISES: usize = 12;

/// What stands around an agreement: its track since when, the sessions held on it, and who may host it.
#[derive(Clone, Debug, Default)]
pub struct Setting {
    pub accepted_on: Option<Date>,
    /// Days of the sessions on this track.
    pub held: Vec<Date>,
    /// The committee of the track (people's mediation).
    pub committee: Option<kernel::Uuid>,
    /// Names that may stand as host: the committee's mediators, or the officers.
    pub hosts: Vec<String>,
    /// Who mediates on the spot: the officers who sign, and who else is there.
    pub crew: super::Crew,
    pub paused: bool,
    /// Full years of the parties, where the birth date is known.
    pub ages: Vec<(kernel::Uuid, Option<i64>)>,
    /// Names that stand in two roles ([`doubled`]), each with what it is.
    pub doubled: Vec<String>,
    /// Sides whose sex, birth date or document the register does not know.
    pub unknown: Vec<&'static str>,
}

/// Whether an agreement may be written down as it is.
pub fn agreement(a: &NewAgreement, track: Track, parties: &[Party], set: &Setting, rules: &RuleSet, today: Date) -> Result<()> {
    let mut errors = FieldErrors::default();
    if a.facts.trim().is_empty() {
        errors.add("facts", "请写明主要事实。");
    }
    if a.place.trim().is_empty() {
        errors.add("place", "请写明调解地点。");
    }
    for (i, p) in a.promises.iter().enumerate() {
        promise(p, i, a.signed_on, &mut errors);
    }
    if !set.unknown.is_empty() && a.identity_note.trim().is_empty() {
        let text = format!("{}没有登记性别、出生日期或者证件号码：请先在“人员”中补全；确实不能查明的，写明原因。", set.unknown.join("、"));
        errors.add("identity_note", text);
    }
    if !set.doubled.is_empty() && !a.names_checked {
        let text = format!("{}。请核实：是同一个人的，请换人（代理人同时代理双方或者与自己订立的，须被代理人同意或者追认，民法典第一百六十八条）；只是同名或者已经同意的，请勾选。", set.doubled.join("；"));
        errors.add("names_checked", text);
    }
    if a.signed_on > today {
        errors.add("signed_on", "签订日期不能晚于今天。");
    } else if let Some(from) = set.accepted_on.filter(|from| a.signed_on < *from) {
        errors.add("signed_on", format!("签订日期不能早于受理日期 {from}。{}", super::order()));
    } else if let Some(last) = set.held.iter().max().filter(|last| a.signed_on < **last) {
        errors.add("signed_on", format!("签订日期不能早于最后一次调解的日期 {last}。"));
    }
    if clock::day_of(a.held_at) > a.signed_on {
        errors.add("held_at", format!("调解时间不能晚于签订日期。{}", super::order()));
    }
    if !a.signing_recorded && !a.recording_no.trim().is_empty() {
        errors.add("recording_no", "写了录音录像编号，请同时勾选“已同步录音录像”；没有录的，不填编号。");
    }
    errors.ok(())?;
    if a.promises.is_empty() {
        return Err(Refusal::new("mediation.no_term", "协议没有内容：没有写明谁做什么、什么时候之前。", "请至少写一项协议内容，写明义务人、方式和期限。")
            .into());
    }
    if track == Track::PublicOrder && a.promises.iter().all(|p| p.due(a.signed_on).is_none()) {
        return Err(Refusal::new("mediation.no_period", "治安调解协议没有履行期限。", "履行之后才不再处罚：请至少有一项限期履行或者即时履行。")
            .into());
    }
    if set.paused {
        return Err(Refusal::new("mediation.paused", "调解正在中止（鉴定、评估）。", "请先“恢复调解”。").into());
    }
    if parties.len() < 2 {
        return Err(Refusal::new("mediation.parties", "协议至少要有两方当事人。", "请先登记各方当事人。").into());
    }
    if track == Track::Peoples && a.committee.is_none() {
        return Err(Refusal::new("mediation.committee_seals", "人民调解协议由人民调解委员会主持并盖章。", "请选择调解委员会和调解员。")
            .in_force(rules, today)
            .into());
    }
    if track == Track::Peoples && set.committee.is_some_and(|c| a.committee != Some(c)) {
        return Err(Refusal::new("mediation.other_seal", "盖章的调解委员会不是主持调解的那一个。", "请选择主持调解的调解委员会；要换委员会的，请先记为调解不成，再移交另一个委员会。")
            .in_force(rules, today)
            .into());
    }
    hosts(&a.mediator, &set.hosts, track)?;
    if a.form == Form::OnSpot && (track != Track::PublicOrder || !a.signing_recorded) {
        return Err(Refusal::new(
            "mediation.on_spot",
            "当场调解只适用于治安调解，并须全程录音录像。",
            "请确认录音录像中已明确记录当事人情况、事实和协议内容，或者改用书面协议。",
        )
        .in_force(rules, today)
        .into());
    }
    filmed(a, rules, today)?;
    // No session before it says who was there: the crew of the spot is the one that §52 asks for.
    if a.form == Form::OnSpot {
        super::led(&set.crew, a.signing_recorded, &a.recording_no, rules, today)?;
    }
    if a.form == Form::OnSpot && !(a.no_cost_dispute && a.spot_consent) {
        return Err(Refusal::new(
            "mediation.on_spot_conditions",
            "当场调解须不涉及医疗费用、物品损失，或者双方对赔付无争议，并且双方同意当场调解、当场履行。",
            "请逐项核实并确认；有争议或者不能当场履行的，请改用书面协议。",
        )
        .into());
    }
    if a.form == Form::OnSpot && a.promises.iter().any(|p| p.term != Some(Term::AtOnce)) {
        return Err(Refusal::new("mediation.on_spot_later", "当场调解须当场履行，不能约定以后的期限。", "请逐项选“即时履行”；有后续义务的请改用书面协议。")
            .in_force(rules, today)
            .into());
    }
    if a.form == Form::Oral && track != Track::Peoples {
        return Err(Refusal::new("mediation.oral", "口头协议只适用于人民调解。", "请制作书面协议书。")
            .in_force(rules, today)
            .into());
    }
    if a.form != Form::OnSpot && set.held.is_empty() {
        return Err(Refusal::new("mediation.no_session", "还没有调解记录。", "请先记录调解的时间、地点、参加人和经过。").into());
    }
    for p in parties {
        let age = set.ages.iter().find(|(id, _)| *id == p.id).and_then(|(_, age)| *age);
        party(p, age, track, rules, today)?;
    }
    Ok(())
}

/// What is signed on a screen is filmed, and the recording that a rule asks for has its number (程序规定 §178, 263).
fn filmed(a: &NewAgreement, rules: &RuleSet, today: Date) -> Result<(), Refusal> {
    if a.electronic && !a.signing_recorded {
        return Err(Refusal::new(
            "mediation.signing_recorded",
            "电子签名、电子捺印的过程没有录音录像，签名无效。",
            "请在录音录像下重新签署；没有录像条件的，请用纸笔签名、捺印。",
        )
        .in_force(rules, today));
    }
    if !a.recording_no.trim().is_empty() {
        return Ok(());
    }
    if a.form == Form::OnSpot {
        let what = "当场调解以录音录像代替协议书，没有录音录像编号不能登记。";
        return Err(super::recording_no("mediation.on_spot_recording_no", what).in_force(rules, today));
    }
    if a.electronic {
        let what = "电子签名、电子捺印没有写明签署过程的录音录像编号。";
        return Err(super::recording_no("mediation.signing_recording_no", what).in_force(rules, today));
    }
    Ok(())
}

/// A promise of an agreement says who, what, how and by when (人民调解法 §29, 程序规定 §184); `i` is its row on the form.
fn promise(p: &NewPromise, i: usize, signed_on: Date, errors: &mut FieldErrors) {
    if p.text.chars().count() > 400 {
        errors.add(format!("term{i}"), "每项协议内容最多 400 字。");
    }
    if p.party.is_none() && !p.both {
        errors.add(format!("party{i}"), "请选择由谁履行；各方都要做到的，选“双方”。");
    }
    if p.how.trim().is_empty() {
        errors.add(format!("how{i}"), "请写明怎样履行、在哪里履行，例如“在社区调解室当面交付，写收条”。");
    }
    match (p.term, p.by) {
        (None, _) => errors.add(format!("when{i}"), "请选择限期履行、即时履行或者长期履行。"),
        (Some(Term::By), None) => errors.add(format!("by{i}"), "限期履行的，请写明最后一天。"),
        (Some(Term::By), Some(by)) if by < signed_on => errors.add(format!("by{i}"), format!("履行期限不能早于签订日期。{}", super::order())),
        (Some(Term::AtOnce), Some(by)) if by != signed_on => errors.add(format!("by{i}"), "即时履行不写以后的期限；不在当天履行的，选“限期履行”。"),
        (Some(Term::Standing), Some(_)) => errors.add(format!("by{i}"), "长期履行没有最后一天；有期限的，选“限期履行”。"),
        _ => {}
    }
    if p.term == Some(Term::Standing) && p.why.trim().is_empty() {
        errors.add(format!("why{i}"), "长期履行的，请写明为什么没有期限，例如“持续不作为”。");
    }
}

/// Names that stand in two roles of one matter: an agent or a guardian of one side, or the host, called like a party of the
/// other; an agent of two sides; two parties of one name. A name alone proves nothing (two people may be called alike), so it is
/// asked and not refused; what the law says of an agent for both sides is 民法典 §168.
pub fn doubled(people: &[(Party, String)], hosts: &str) -> Vec<String> {
    let mut roles: Vec<(String, String, Option<crate::model::Side>)> = vec![];
    // 父亲 其木格, 其木格（父亲）: the relation stands beside the name.
    let words = |text: &str| -> Vec<String> {
        let cut = |c: char| c.is_whitespace() || "（）()，、,：:；;".contains(c);
        text.split(cut).map(str::trim).filter(|w| w.chars().count() > 1).map(str::to_string).collect()
    };
    for (p, name) in people {
        let side = p.side.label();
        roles.push((name.trim().to_string(), side.to_string(), Some(p.side)));
        roles.extend(words(&p.agent_name).into_iter().map(|n| (n, format!("{side}的代理人"), Some(p.side))));
        roles.extend(words(&p.guardian).into_iter().map(|n| (n, format!("{side}的监护人"), Some(p.side))));
    }
    roles.extend(words(hosts).into_iter().map(|n| (n, "主持人（调解员）".to_string(), None)));
    let mut out = vec![];
    for (i, (name, role, side)) in roles.iter().enumerate() {
        // A guardian or an agent who is a party of the same side is no conflict.
        let other = roles[..i].iter().find(|(n, r, s)| n == name && r != role && (s != side || s.is_none()));
        let twin = roles[..i].iter().find(|(n, r, s)| n == name && r == role && s.is_some_and(|s| role == s.label()));
        if let Some((_, first, _)) = other.or(twin) {
            out.push(format!("“{name}”既写为{first}，又写为{role}"));
        }
    }
    out.dedup();
    out
}

/// Who stands as host on a record or an agreement: mediators of the committee (人民调解法 §13, 29),
/// officers on the others. An auxiliary or a grid worker never signs as host.
pub fn hosts(names: &str, may: &[String], track: Track) -> Result<(), Refusal> {
    let wrong = names.split(['、', ',', '，']).map(str::trim).filter(|n| !n.is_empty()).find(|n| !may.iter().any(|m| m == n));
    match (wrong, track) {
        (None, _) => Ok(()),
        (Some(name), Track::Peoples) => Err(Refusal::new(
            "mediation.mediator_unknown",
            format!("“{name}”不是这个人民调解委员会的调解员，不能主持或者签名。"),
            format!("请写本委员会的调解员（{}），多人用顿号分开。", may.join("、")),
        )),
        (Some(name), _) => Err(Refusal::new(
            "mediation.host_role",
            format!("“{name}”不是本所民警，不能作为主持人签名。"),
            "请写主持调解的民警姓名，多人用顿号分开；辅警、网格员只写在参加人中。",
        )),
    }
}

/// A committee's mediators are no accounts of the police: neither officers nor auxiliaries, operators or grid workers
/// (人民调解法 §13, 14; police are not mediators here).
pub fn not_of_the_station(names: &[String], staff: &[(String, Role)]) -> Result<(), Refusal> {
    let found = names.iter().find_map(|n| staff.iter().find(|(s, _)| s == n));
    match found {
        None => Ok(()),
        Some((name, role)) => Err(Refusal::new(
            "mediation.mediator_is_staff",
            format!("“{name}”是本所{}的账号姓名，不能作为人民调解员主持或者签名。", role.label()),
            "请写调解委员会的委员或者聘任的调解员；确是同名的另一人，请在姓名后注明，例如“王芳（社区居委会）”。",
        )),
    }
}

/// Years at which a person is grown up (民法典 §17).
pub const ADULT: i64 = 18;

/// A suspect may not send an agent; a minor's guardian is told and comes, but for one of sixteen who lives on the own work and
/// agrees that nobody is told (程序规定 §181). `age`: full years when the birth date is known; it outweighs what was ticked.
pub fn party(p: &Party, age: Option<i64>, track: Track, rules: &RuleSet, today: Date) -> Result<(), Refusal> {
    if track == Track::PublicOrder && p.suspect && !p.agent_name.is_empty() {
        return Err(Refusal::new("mediation.suspect_agent", "违法嫌疑人不得委托他人参加调解。", "请由本人参加。")
            .in_force(rules, today));
    }
    let minor = age.map_or(p.minor, |a| a < ADULT);
    if minor && p.guardian.trim().is_empty() {
        let least = rules.int("mediation.public_order.minor_exempt_age", today).unwrap_or(16);
        let known = age.map_or_else(|| "没有登记出生日期".to_string(), |a| format!("现年 {a} 周岁"));
        if p.guardian_exempt.trim().is_empty() {
            return Err(Refusal::new(
                "mediation.guardian",
                format!("{}是未成年人（{known}），须通知监护人到场。", p.side.label()),
                format!("请在该当事人的“补充监护人、代理人”中写明监护人；年满 {least} 周岁、以自己的劳动收入为主要生活来源、本人同意不通知的，在“不通知监护人的理由”中写明。"),
            )
            .in_force(rules, today));
        }
        if age.is_none_or(|a| a < least) {
            return Err(Refusal::new(
                "mediation.exempt_age",
                format!("{}{known}，不能免于通知监护人。", p.side.label()),
                format!("年满 {least} 周岁的才可以不通知；请核对出生日期，或者通知监护人到场。"),
            )
            .in_force(rules, today));
        }
    }
    if !p.agent_name.is_empty() && p.agent_power.trim().is_empty() {
        return Err(Refusal::new("mediation.power", "代理人的权限没有写明。", "请写明一般授权或者特别授权，并附授权委托书。"));
    }
    Ok(())
}
