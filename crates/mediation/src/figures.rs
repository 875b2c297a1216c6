//! 纠纷统计: one definition each. All read what was appended (`mediation_log`, `mediation_history`,
//! `mediation_promise_log`) as it was known at the moment asked for.

use kernel::figure::{Arg, Breakdown, Edition, Parts, Spec};
use kernel::{breakdown, figure};

const BY_DAY: &[Arg] = &[Arg::Station, Arg::FromDay, Arg::UntilDay, Arg::AsOf];

/// Disputes registered in the period; `o` is the line of registration.
macro_rules! registered {
    ($columns:literal) => {
        concat!(
            "select d.id, d.number, d.title, d.opened_at as at, ", $columns,
            " from mediation_log o join mediation_dispute d on d.id = o.dispute_id",
            " where o.station_id = $1 and o.step = 'open' and o.day >= $2 and o.day <= $3 and o.at <= $4",
            " and not exists (select 1 from mediation_log m where m.dispute_id = o.dispute_id and m.outcome = 'merged' and m.n = (select max(y.n) from mediation_log y where y.dispute_id = o.dispute_id and y.at <= $4))"
        )
    };
}

/// Disputes first taken up in the period; `o` is the first line of handling known at the moment asked for.
macro_rules! handled {
    ($columns:literal) => {
        concat!(
            "select d.id, d.number, d.title, d.opened_at as at, ", $columns,
            " from mediation_log o join mediation_dispute d on d.id = o.dispute_id",
            " where o.station_id = $1 and o.step in ('accept', 'self_settle', 'refer', 'warn') and o.day >= $2 and o.day <= $3 and o.at <= $4",
            " and o.n = (select min(y.n) from mediation_log y where y.dispute_id = o.dispute_id and y.step in ('accept', 'self_settle', 'refer', 'warn') and y.at <= $4)",
            " and not exists (select 1 from mediation_log m where m.dispute_id = o.dispute_id and m.outcome = 'merged' and m.n = (select max(y.n) from mediation_log y where y.dispute_id = o.dispute_id and y.at <= $4))"
        )
    };
}

/// Promises due in the period, `p` as they were at the moment asked for.
macro_rules! due {
    ($columns:literal) => {
        concat!(
            "select d.id, d.number, b.text as title, d.opened_at as at, ", $columns,
            " from mediation_promise_log p join mediation_obligation b on b.id = p.obligation_id join mediation_dispute d on d.id = p.dispute_id",
            " where p.station_id = $1 and p.due >= $2 and p.due <= $3 and p.at <= $4",
            " and p.n = (select max(y.n) from mediation_promise_log y where y.station_id = p.station_id and y.obligation_id = p.obligation_id and y.at <= $4)"
        )
    };
}

/// The figures of this domain.
pub fn all() -> Vec<Spec> {
    let mut out = of_disputes();
    out.extend(of_promises());
    out
}

fn of_disputes() -> Vec<Spec> {
    vec![
        figure!(
            "dispute.registered", "矛盾纠纷", "登记纠纷", (2, "2026-11-25"),
            "登记日期在期间内的纠纷件数；重复来报只关联、不重复登记；截至统计时刻已并入他案的不另计；统计时刻之后写入的不计。",
            false, "dispute", "/disputes/", BY_DAY, registered!("(1 = 1) as hit"), "$5", "$6"
        )
        .older(&[Edition { version: 1, since: "2026-05-08", definition: "登记日期在期间内的纠纷件数；重复来报只关联、不重复登记；统计时刻之后写入的不计。" }]),
        figure!(
            "dispute.handled_total", "矛盾纠纷", "调处纠纷", (1, "2026-11-25"),
            "首次调处日期在期间内的纠纷件数。调处指受理调解、自行和解、告知分流或者出具告诫书；当场调解经受理的计入；同一纠纷只计一次，重复来报不另计。",
            false, "dispute", "/disputes/", BY_DAY, handled!("(1 = 1) as hit"), "$5", "$6"
        ),
        figure!(
            "dispute.taken_up", "矛盾纠纷", "受理处置率", (1, "2026-11-25"),
            "分子：期间内登记、截至统计时刻已受理调解或者已自行和解、告知分流、出具告诫书的件数；分母：期间内登记的件数。",
            true, "dispute", "/disputes/", BY_DAY,
            registered!("exists (select 1 from mediation_log x where x.dispute_id = o.dispute_id and x.step in ('accept', 'self_settle', 'refer', 'warn') and x.at <= $4) as hit"),
            "$5", "$6"
        ),
        figure!(
            "dispute.resolution_rate", "矛盾纠纷", "化解率", (1, "2026-05-08"),
            "化解 ÷ 发现。分子：期间内登记、截至统计时刻结果为“化解”或者“自行和解”的件数；分母：期间内登记的件数。四舍五入到 0.01%，同时列出分数。",
            true, "dispute", "/disputes/", BY_DAY,
            registered!("exists (select 1 from mediation_log x where x.dispute_id = o.dispute_id and x.outcome in ('settled', 'self_settled') and x.n = (select max(y.n) from mediation_log y where y.dispute_id = o.dispute_id and y.at <= $4)) as hit"),
            "$5", "$6"
        ),
        figure!(
            "dispute.handled", "矛盾纠纷", "调处率", (2, "2026-11-25"),
            "调处成功 ÷ 调处。分子：期间内首次调处、截至统计时刻结果为“化解”或者“自行和解”的件数；分母：期间内首次调处的件数。",
            true, "dispute", "/disputes/", BY_DAY,
            handled!("exists (select 1 from mediation_log x where x.dispute_id = o.dispute_id and x.outcome in ('settled', 'self_settled') and x.n = (select max(y.n) from mediation_log y where y.dispute_id = o.dispute_id and y.at <= $4)) as hit"),
            "$5", "$6"
        )
        .older(&[Edition {
            version: 1,
            since: "2026-05-08",
            definition: "分子：期间内登记、截至统计时刻已受理调解或者已自行和解、告知分流、出具告诫书的件数；分母：期间内登记的件数。（现为“受理处置率”）",
        }]),
        figure!(
            "dispute.success_rate", "矛盾纠纷", "调解成功率", (2, "2026-11-27"),
            "分子：期间内办结、结果为“化解”的件数；分母：期间内办结、结果为“化解”或者“调解不成”的件数。调解协议履行后经公安机关认可办结的治安案件，结果是“化解”，计入；当事人自行和解的不计。办结后又重新办理的，按统计时刻的结果。",
            true, "dispute", "/disputes/", BY_DAY,
            "select d.id, d.number, d.title, d.opened_at as at, (c.outcome = 'settled') as hit from mediation_log c join mediation_dispute d on d.id = c.dispute_id where c.station_id = $1 and c.step in ('close', 'self_settle') and c.day >= $2 and c.day <= $3 and c.at <= $4 and c.outcome in ('settled', 'not_settled') and not exists (select 1 from mediation_log z where z.dispute_id = c.dispute_id and z.n > c.n and z.step = 'reopen' and z.at <= $4)",
            "$5", "$6"
        )
        .older(&[Edition {
            version: 1,
            since: "2026-05-08",
            definition: "分子：期间内办结、结果为“化解”的件数；分母：期间内办结、结果为“化解”或者“调解不成”的件数。办结后又重新办理的，按统计时刻的结果。（调解协议履行后经公安机关认可办结的没有计入）",
        }]),
        figure!(
            "dispute.escalated", "矛盾纠纷", "升级（民转治、民转刑）", (1, "2026-05-08"),
            "分子：期间内登记、截至统计时刻已关联由其引起的治安或者刑事案件的件数；分母：期间内登记的件数。“零升级”没有官方定义，这里指分子为零；观察期未满的另列名单，以后仍可能增加。",
            true, "dispute", "/disputes/", BY_DAY,
            registered!("exists (select 1 from mediation_log x where x.dispute_id = o.dispute_id and x.step = 'escalate' and x.at <= $4) as hit"),
            "$5", "$6"
        ),
        figure!(
            "dispute.escalated_public_order", "矛盾纠纷", "民转治", (1, "2026-11-27"),
            "分子：期间内登记、截至统计时刻已关联由其引起的治安案件的件数；分母：期间内登记的件数。同一纠纷又关联刑事案件的，在“民转刑”中也计一次。",
            true, "dispute", "/disputes/", BY_DAY,
            registered!("exists (select 1 from mediation_link x where x.dispute_id = o.dispute_id and x.kind = 'public_order' and x.at <= $4) as hit"),
            "$5", "$6"
        ),
        figure!(
            "dispute.escalated_criminal", "矛盾纠纷", "民转刑", (1, "2026-11-27"),
            "分子：期间内登记、截至统计时刻已关联由其引起的刑事案件的件数；分母：期间内登记的件数。同一纠纷又关联治安案件的，在“民转治”中也计一次。",
            true, "dispute", "/disputes/", BY_DAY,
            registered!("exists (select 1 from mediation_link x where x.dispute_id = o.dispute_id and x.kind = 'criminal' and x.at <= $4) as hit"),
            "$5", "$6"
        ),
        figure!(
            "dispute.unobserved", "矛盾纠纷", "观察期未满", (1, "2026-11-25"),
            "期间内登记、到统计时刻登记未满观察期的纠纷件数；它们是否升级还不能下结论。观察期的天数由规则包规定。",
            false, "dispute", "/disputes/",
            &[Arg::Station, Arg::FromDay, Arg::UntilDay, Arg::AsOf, Arg::ObservedDay],
            concat!(registered!("(1 = 1) as hit"), " and o.day > $5"), "$6", "$7"
        ),
        figure!(
            "dispute.in_time", "矛盾纠纷", "按期调解率", (3, "2026-11-26"),
            "分子：期间内受理、在当时的期限内达成协议、和解或者写明调解不成的件数；分母：期间内受理、期限在期间内已到或者截至统计时刻已有结果的件数。期限按当时所定（中止、延长、第二次调解都计入）；没有规定期限的行政调解不计。",
            true, "dispute", "/disputes/",
            &[Arg::Station, Arg::FromDay, Arg::UntilDay, Arg::AsOf, Arg::UntilDay],
            "select d.id, d.number, d.title, d.opened_at as at, (x.n is not null and coalesce(x.day <= h.deadline, 1 = 0)) as hit from mediation_log a join mediation_dispute d on d.id = a.dispute_id left join mediation_log x on x.dispute_id = a.dispute_id and x.n = (select min(y.n) from mediation_log y where y.dispute_id = a.dispute_id and y.n > a.n and y.step in ('agree', 'fail', 'self_settle') and y.at <= $4) join mediation_history h on h.station_id = a.station_id and h.dispute_id = a.dispute_id and h.n = (select max(y.n) from mediation_history y where y.station_id = a.station_id and y.dispute_id = a.dispute_id and y.at <= coalesce(x.at, $4)) where a.station_id = $1 and a.step = 'accept' and a.day >= $2 and a.day <= $3 and a.at <= $4 and h.deadline is not null and (x.n is not null or h.deadline < $5)",
            "$6", "$7"
        )
        .older(&[
            Edition {
                version: 1,
                since: "2026-05-08",
                definition: "分子：期间内受理、在期限内达成协议或者写明调解不成的件数；分母：期间内受理、期限已到或者已有结果的件数。（期限按提问时的期限）",
            },
            Edition {
                version: 2,
                since: "2026-11-25",
                definition: "分子：期间内受理、在当时的期限内达成协议、和解或者写明调解不成的件数；分母：期间内受理、期限在期间内已到或者截至统计时刻已有结果的件数。期限按当时所定。（没有规定期限的也计入）",
            },
        ]),
    ]
}

fn of_promises() -> Vec<Spec> {
    vec![
        figure!(
            "promise.due", "履行与回访", "到期义务", (1, "2026-11-25"),
            "履行期限在期间内的协议义务项数（持续履行、没有期限的不计）。",
            false, "dispute", "/disputes/", BY_DAY, due!("(1 = 1) as hit"), "$5", "$6"
        ),
        figure!(
            "promise.kept", "履行与回访", "协议按期履行率", (2, "2026-11-25"),
            "分子：履行期限在期间内、截至统计时刻登记为按期履行的义务项数；分母：履行期限在期间内的义务项数（持续履行、没有期限的不计）。",
            true, "dispute", "/disputes/", BY_DAY, due!("(p.state = 'done') as hit"), "$5", "$6"
        )
        .older(&[Edition {
            version: 1,
            since: "2026-05-08",
            definition: "分子：履行期限在期间内、按期履行的义务项数（按提问时的状态）；分母：履行期限在期间内的义务项数。",
        }]),
        figure!(
            "promise.late", "履行与回访", "逾期履行占比", (1, "2026-11-25"),
            "分子：履行期限在期间内、截至统计时刻登记为逾期才履行的义务项数；分母：履行期限在期间内的义务项数。",
            true, "dispute", "/disputes/", BY_DAY, due!("(p.state = 'late') as hit"), "$5", "$6"
        ),
        figure!(
            "promise.broken", "履行与回访", "未履行占比", (1, "2026-11-25"),
            "分子：履行期限在期间内、截至统计时刻登记为未履行的义务项数；分母：履行期限在期间内的义务项数。",
            true, "dispute", "/disputes/", BY_DAY, due!("(p.state = 'broken') as hit"), "$5", "$6"
        ),
        figure!(
            "dispute.kept", "履行与回访", "守约化解率", (1, "2026-11-25"),
            "以履行论成功，与官方的化解率、调解成功率并列。分母：期间内签订、载有期限义务、且截至统计时刻每项义务都已到期或者已有结果的协议份数；分子：其中全部期限义务已履行（含逾期）的协议份数。",
            true, "dispute", "/disputes/",
            &[Arg::Station, Arg::FromDay, Arg::UntilDay, Arg::AsOf, Arg::AsOfDay],
            "select d.id, d.number, d.title, d.opened_at as at, not exists (select 1 from mediation_promise_log p where p.dispute_id = g.dispute_id and p.agreement_id = g.id and p.at <= $4 and p.due is not null and p.state not in ('done', 'late') and p.n = (select max(y.n) from mediation_promise_log y where y.station_id = p.station_id and y.obligation_id = p.obligation_id and y.at <= $4)) as hit from mediation_agreement g join mediation_dispute d on d.id = g.dispute_id where g.station_id = $1 and g.signed_on >= $2 and g.signed_on <= $3 and g.at <= $4 and exists (select 1 from mediation_promise_log p where p.dispute_id = g.dispute_id and p.agreement_id = g.id and p.at <= $4 and p.due is not null) and not exists (select 1 from mediation_promise_log p where p.dispute_id = g.dispute_id and p.agreement_id = g.id and p.at <= $4 and p.due >= $5 and p.state = 'pending' and p.n = (select max(y.n) from mediation_promise_log y where y.station_id = p.station_id and y.obligation_id = p.obligation_id and y.at <= $4))",
            "$6", "$7"
        ),
        figure!(
            "follow_up.rate", "履行与回访", "回访率", (2, "2026-11-25"),
            "分子：应访日期在期间内、截至统计时刻已回访的次数；分母：应访日期在期间内、截至统计时刻未取消的回访次数（重新办理时取消的不计）。",
            true, "dispute", "/disputes/", BY_DAY,
            "select d.id, d.number, d.title, d.opened_at as at, (f.done_at is not null and f.done_at <= $4) as hit from mediation_follow_up f join mediation_dispute d on d.id = f.dispute_id where f.station_id = $1 and f.due >= $2 and f.due <= $3 and f.planned_at <= $4 and (f.dropped_at is null or f.dropped_at > $4)",
            "$5", "$6"
        )
        .older(&[Edition {
            version: 1,
            since: "2026-05-08",
            definition: "分子：应访日期在期间内、截至统计时刻已回访的次数；分母：应访日期在期间内的回访次数（取消的按提问时的状态不计）。",
        }]),
        figure!(
            "follow_up.satisfied", "履行与回访", "回访满意率", (1, "2026-05-08"),
            "分子：期间内应访并已回访、答“满意”或者“基本满意”的次数；分母：其中作了满意度回答的次数。",
            true, "dispute", "/disputes/", BY_DAY,
            "select d.id, d.number, d.title, d.opened_at as at, (f.satisfaction in ('satisfied', 'basically')) as hit from mediation_follow_up f join mediation_dispute d on d.id = f.dispute_id where f.station_id = $1 and f.due >= $2 and f.due <= $3 and f.done_at <= $4 and f.satisfaction is not null",
            "$5", "$6"
        ),
    ]
}

/// What a promise is, in the order of the papers.
const KEPT: &[(&str, &str)] = &[("done", "按期履行"), ("late", "逾期履行"), ("broken", "未履行"), ("pending", "尚未登记")];

/// What registered disputes and due promises are divided into.
pub fn breakdowns() -> Vec<Breakdown> {
    vec![
        breakdown!(
            "dispute.by_category", "dispute.registered", "按类别", (1, "2026-11-25"),
            "登记的纠纷按司法行政类别分，取统计时刻所登记的类别。",
            "dispute", "/disputes/", Parts::List("dispute.category.judicial"), BY_DAY,
            "select d.id, d.number, d.title, d.opened_at as at, coalesce(h.judicial, '') as part from mediation_log o join mediation_dispute d on d.id = o.dispute_id join mediation_history h on h.station_id = o.station_id and h.dispute_id = o.dispute_id and h.n = (select max(y.n) from mediation_history y where y.station_id = o.station_id and y.dispute_id = o.dispute_id and y.at <= $4) where o.station_id = $1 and o.step = 'open' and o.day >= $2 and o.day <= $3 and o.at <= $4 and not exists (select 1 from mediation_log m where m.dispute_id = o.dispute_id and m.outcome = 'merged' and m.n = (select max(y.n) from mediation_log y where y.dispute_id = o.dispute_id and y.at <= $4))",
            "$5", "$6"
        ),
        breakdown!(
            "promise.by_state", "promise.due", "按履行情况", (1, "2026-11-25"),
            "到期义务按统计时刻登记的履行情况分。",
            "dispute", "/disputes/", Parts::Fixed(KEPT), BY_DAY, due!("p.state as part"), "$5", "$6"
        ),
    ]
}
