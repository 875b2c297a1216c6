//! 纠纷统计: one definition each. All read the log as it was known at the moment asked for.

use kernel::figure;
use kernel::figure::{Arg, Spec};

const BY_DAY: &[Arg] = &[Arg::Station, Arg::FromDay, Arg::UntilDay, Arg::AsOf];

/// The figures of this domain.
pub fn all() -> Vec<Spec> {
    vec![
        figure!(
            "dispute.registered", "矛盾纠纷", "登记纠纷",
            "登记日期在期间内的纠纷件数；重复来报只关联、不重复登记；统计截止时刻之后写入的不计。",
            false, "dispute", "/disputes/", BY_DAY,
            "select d.id, d.number, d.title, d.opened_at as at, (1 = 1) as hit from mediation_log o join mediation_dispute d on d.id = o.dispute_id where o.station_id = $1 and o.step = 'open' and o.day >= $2 and o.day <= $3 and o.at <= $4",
            "$5", "$6"
        ),
        figure!(
            "dispute.handled", "矛盾纠纷", "调处率",
            "分子：期间内登记、截至统计时刻已受理调解或者已自行和解、告知分流、出具告诫书的件数；分母：期间内登记的件数。",
            true, "dispute", "/disputes/", BY_DAY,
            "select d.id, d.number, d.title, d.opened_at as at, exists (select 1 from mediation_log x where x.dispute_id = o.dispute_id and x.step in ('accept', 'self_settle', 'refer', 'warn') and x.at <= $4) as hit from mediation_log o join mediation_dispute d on d.id = o.dispute_id where o.station_id = $1 and o.step = 'open' and o.day >= $2 and o.day <= $3 and o.at <= $4",
            "$5", "$6"
        ),
        figure!(
            "dispute.resolution_rate", "矛盾纠纷", "化解率",
            "分子：期间内登记、截至统计时刻结果为“化解”或者“自行和解”的件数；分母：期间内登记的件数。四舍五入到 0.01%，同时列出分数。",
            true, "dispute", "/disputes/", BY_DAY,
            "select d.id, d.number, d.title, d.opened_at as at, exists (select 1 from mediation_log x where x.dispute_id = o.dispute_id and x.outcome in ('settled', 'self_settled') and x.n = (select max(y.n) from mediation_log y where y.dispute_id = o.dispute_id and y.at <= $4)) as hit from mediation_log o join mediation_dispute d on d.id = o.dispute_id where o.station_id = $1 and o.step = 'open' and o.day >= $2 and o.day <= $3 and o.at <= $4",
            "$5", "$6"
        ),
        figure!(
            "dispute.success_rate", "矛盾纠纷", "调解成功率",
            "分子：期间内办结、结果为“化解”的件数；分母：期间内办结、结果为“化解”或者“调解不成”的件数。办结后又重新办理的，按统计时刻的结果。",
            true, "dispute", "/disputes/", BY_DAY,
            "select d.id, d.number, d.title, d.opened_at as at, (c.outcome = 'settled') as hit from mediation_log c join mediation_dispute d on d.id = c.dispute_id where c.station_id = $1 and c.step = 'close' and c.day >= $2 and c.day <= $3 and c.at <= $4 and c.outcome in ('settled', 'not_settled') and not exists (select 1 from mediation_log z where z.dispute_id = c.dispute_id and z.n > c.n and z.step = 'reopen' and z.at <= $4)",
            "$5", "$6"
        ),
        figure!(
            "dispute.escalated", "矛盾纠纷", "升级（民转治、民转刑）",
            "分子：期间内登记、截至统计时刻已关联治安或者刑事案件的件数；分母：期间内登记的件数。近期登记的观察期未满，仍可能增加；零升级指分子为零。",
            true, "dispute", "/disputes/", BY_DAY,
            "select d.id, d.number, d.title, d.opened_at as at, exists (select 1 from mediation_log x where x.dispute_id = o.dispute_id and x.step = 'escalate' and x.at <= $4) as hit from mediation_log o join mediation_dispute d on d.id = o.dispute_id where o.station_id = $1 and o.step = 'open' and o.day >= $2 and o.day <= $3 and o.at <= $4",
            "$5", "$6"
        ),
        figure!(
            "dispute.in_time", "矛盾纠纷", "按期调解率",
            "分子：期间内受理、在期限内达成协议或者写明调解不成的件数；分母：期间内受理、期限已到或者已有结果的件数。",
            true, "dispute", "/disputes/", &[Arg::Station, Arg::FromDay, Arg::UntilDay, Arg::AsOf, Arg::UntilDay],
            "select d.id, d.number, d.title, d.opened_at as at, exists (select 1 from mediation_log x where x.dispute_id = a.dispute_id and x.n > a.n and x.step in ('agree', 'fail', 'self_settle') and x.at <= $4 and x.day <= d.deadline) as hit from mediation_log a join mediation_dispute d on d.id = a.dispute_id where a.station_id = $1 and a.step = 'accept' and a.day >= $2 and a.day <= $3 and a.at <= $4 and (d.deadline < $5 or exists (select 1 from mediation_log x where x.dispute_id = a.dispute_id and x.n > a.n and x.step in ('agree', 'fail', 'self_settle') and x.at <= $4))",
            "$6", "$7"
        ),
        figure!(
            "promise.kept", "履行与回访", "协议按期履行率",
            "分子：履行期限在期间内、按期履行的义务项数；分母：履行期限在期间内的义务项数（持续履行、没有期限的不计）。",
            true, "dispute", "/disputes/", BY_DAY,
            "select d.id, d.number, b.text as title, d.opened_at as at, (b.state = 'done' and b.settled_at <= $4) as hit from mediation_obligation b join mediation_dispute d on d.id = b.dispute_id join mediation_agreement g on g.id = b.agreement_id where b.station_id = $1 and b.due >= $2 and b.due <= $3 and g.at <= $4",
            "$5", "$6"
        ),
        figure!(
            "follow_up.rate", "履行与回访", "回访率",
            "分子：应访日期在期间内、截至统计时刻已回访的次数；分母：应访日期在期间内的回访次数（重新办理时取消的不计）。",
            true, "dispute", "/disputes/", BY_DAY,
            "select d.id, d.number, d.title, d.opened_at as at, (f.done_at is not null and f.done_at <= $4) as hit from mediation_follow_up f join mediation_dispute d on d.id = f.dispute_id where f.station_id = $1 and f.due >= $2 and f.due <= $3 and f.planned_at <= $4 and not f.dropped",
            "$5", "$6"
        ),
        figure!(
            "follow_up.satisfied", "履行与回访", "回访满意率",
            "分子：期间内应访并已回访、答“满意”或者“基本满意”的次数；分母：其中作了满意度回答的次数。",
            true, "dispute", "/disputes/", BY_DAY,
            "select d.id, d.number, d.title, d.opened_at as at, (f.satisfaction in ('satisfied', 'basically')) as hit from mediation_follow_up f join mediation_dispute d on d.id = f.dispute_id where f.station_id = $1 and f.due >= $2 and f.due <= $3 and f.done_at <= $4 and f.satisfaction is not null",
            "$5", "$6"
        ),
    ]
}
