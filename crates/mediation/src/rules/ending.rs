//! What a matter needs before it is closed, and the outcome it is closed with.

use super::next;
use crate::model::{Dispute, FollowUp, Kept, Outcome, State, Step};
use kernel::{Refusal, Result};

/// What was done in a matter of domestic violence.
#[derive(Clone, Copy, Debug, Default)]
pub struct Violence {
    pub warned: bool,
    /// Seen in person after the warning.
    pub offender: bool,
    pub victim: bool,
    /// By the station, by the committee of residents.
    pub station: bool,
    pub committee: bool,
}

impl Violence {
    /// Warned, and visited as the law asks.
    pub fn complete(&self) -> bool {
        self.warned && self.lacks().is_empty()
    }
    /// Who has not been visited yet, or has not visited (反家庭暴力法 §17).
    fn lacks(&self) -> Vec<&'static str> {
        let all = [(self.offender, "查访加害人"), (self.victim, "查访受害人"), (self.station, "派出所上门查访"), (self.committee, "居（村）民委员会查访")];
        all.into_iter().filter(|(done, _)| !done).map(|(_, what)| what).collect()
    }
}

/// What was done in a matter of domestic violence: visits in person since the newest warning: whoever got
/// one is visited (反家庭暴力法 §17). To come to the station is none.
pub fn visits(warned_at: Option<kernel::Timestamp>, follow_ups: &[FollowUp]) -> Violence {
    let mut v = Violence { warned: warned_at.is_some(), ..Violence::default() };
    for f in follow_ups.iter().filter(|f| f.done_at.is_some_and(|at| warned_at.is_none_or(|w| at >= w))) {
        let (station, committee) = (f.by_mode.as_deref() == Some("visit"), f.by_mode.as_deref() == Some("committee"));
        if station || committee {
            v.station |= station;
            v.committee |= committee;
            v.offender |= matches!(f.whom.as_str(), "offender" | "both");
            v.victim |= matches!(f.whom.as_str(), "victim" | "both");
        }
    }
    v
}

/// What the matter needs before it may be closed, and the outcome it is closed with.
pub fn close(d: &Dispute, promises: &[Kept], told: &str, violence: &Violence) -> Result<Outcome, Refusal> {
    next(d.state, Step::Close)?;
    match d.state {
        State::Agreed if promises.contains(&Kept::Pending) => Err(Refusal::new(
            "mediation.pending",
            "还有协议义务没有履行结果。",
            "请先登记每项义务的履行情况；不履行的，请登记“未履行”并按规定处理。",
        )),
        State::Agreed if promises.contains(&Kept::Broken) => Err(Refusal::new(
            "mediation.broken",
            "有协议义务没有履行，不能按化解办结。",
            "请记为“调解不成”：治安案件依法处罚，民事部分告知当事人可以起诉；或者另行协商后补登履行。",
        )),
        State::Agreed => Ok(Outcome::Settled),
        State::Failed if told.trim().is_empty() => Err(Refusal::new(
            "mediation.tell_ways",
            "调解不成，须告知当事人其他解决途径。",
            "请写明告知了哪些途径（仲裁、行政处理、向人民法院起诉）。",
        )),
        State::Failed => Ok(Outcome::NotSettled),
        State::Protected if !violence.warned && told.trim().is_empty() => Err(Refusal::new(
            "mediation.no_warning",
            "家暴处置还没有结果。",
            "请出具告诫书并登记查访；已依法处罚或者立案的，请写明案号和处理结果。",
        )),
        State::Protected if violence.warned && !violence.lacks().is_empty() => Err(Refusal::new(
            "mediation.no_visit",
            format!("告诫书送达后还没有登记：{}。", violence.lacks().join("、")),
            "居（村）民委员会和派出所都要查访，加害人、受害人都要访到；“到所”和电话不算查访。请登记查访情况后再办结。",
        )),
        State::Protected => Ok(Outcome::Warned),
        _ => Err(Refusal::new("mediation.state", "现在不能办结。", "请先完成前面的步骤。")),
    }
}
