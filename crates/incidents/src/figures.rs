//! 警情统计: one definition each. Counted by the moment of the call, in the state known at the moment asked for
//! (`incidents_history`), with the category as found where found.

use kernel::figure::{Arg, Breakdown, Edition, Parts, Spec};
use kernel::{breakdown, figure};

const BY_CALL: &[Arg] = &[Arg::Station, Arg::From, Arg::Until, Arg::AsOf];

/// Intakes of the period `i` with what they were at the moment asked for, `h`.
macro_rules! known {
    ($columns:expr) => {
        concat!(
            "select i.id, i.number, i.title, i.called_at as at, ", $columns,
            " from incidents_intake i join incidents_history h on h.station_id = i.station_id and h.incident_id = i.id",
            " and h.n = (select max(y.n) from incidents_history y where y.station_id = i.station_id and y.incident_id = i.id and y.at <= $4)",
            " where i.station_id = $1 and i.called_at >= $2 and i.called_at < $3 and i.registered_at <= $4"
        )
    };
    ($columns:expr, valid) => {
        concat!(known!($columns), " and h.state not in ('invalid', 'merged')")
    };
}

/// The figures of this domain.
pub fn all() -> Vec<Spec> {
    vec![
        figure!(
            "incident.received", "警情", "接报", (1, "2026-05-08"),
            "报警时间在期间内的接警单件数，含无效、并单和移交的；统计时刻之后登记的不计。",
            false, "incident", "/incidents/", BY_CALL,
            "select id, number, title, called_at as at, (1 = 1) as hit from incidents_intake where station_id = $1 and called_at >= $2 and called_at < $3 and registered_at <= $4",
            "$5", "$6"
        ),
        figure!(
            "incident.valid", "警情", "有效警情占比", (2, "2026-11-25"),
            "分子：接报中截至统计时刻未标记无效、未并入其他警情的件数；分母：接报件数。",
            true, "incident", "/incidents/", BY_CALL, known!("(h.state not in ('invalid', 'merged')) as hit"), "$5", "$6"
        )
        .older(&[Edition { version: 1, since: "2026-05-08", definition: "分子：接报中未标记无效、未并入其他警情的件数（按提问时的状态，不按统计时刻）；分母：接报件数。" }]),
        figure!(
            "incident.excluded", "警情", "剔除占比", (1, "2026-11-26"),
            "分子：接报中截至统计时刻标记无效（骚扰、误拨等）或者已并入其他警情的件数；分母：接报件数。与有效警情之和等于接报。",
            true, "incident", "/incidents/", BY_CALL, known!("(h.state in ('invalid', 'merged')) as hit"), "$5", "$6"
        ),
        figure!(
            "incident.disputes", "警情", "纠纷类占比", (2, "2026-11-25"),
            "分子：有效警情中截至统计时刻类别为纠纷的件数（有现场核实类别的以核实为准）；分母：有效警情件数。",
            true, "incident", "/incidents/", BY_CALL,
            known!("(coalesce(h.found_category, h.category, '') = 'dispute') as hit", valid), "$5", "$6"
        )
        .older(&[Edition { version: 1, since: "2026-05-08", definition: "分子：有效警情中类别为纠纷的件数（按提问时的类别，不按统计时刻）；分母：有效警情件数。" }]),
        figure!(
            "incident.closed", "警情", "办结率", (2, "2026-11-25"),
            "分子：有效警情中截至统计时刻已审核结案或者已移交的件数；分母：有效警情件数。",
            true, "incident", "/incidents/", BY_CALL,
            known!("(h.state in ('closed', 'handed_over')) as hit", valid), "$5", "$6"
        )
        .older(&[Edition { version: 1, since: "2026-05-08", definition: "分子：有效警情中已审核结案或者已移交的件数（按提问时的状态，不按统计时刻）；分母：有效警情件数。" }]),
        figure!(
            "incident.repeat", "警情", "重复反映占比", (2, "2026-11-25"),
            "分子：有效警情中与更早的来报内容或者地点、起因相近，归为同一事项的件数；分母：截至统计时刻的有效警情件数。",
            true, "incident", "/incidents/", BY_CALL, known!("(h.cluster_id <> i.id) as hit", valid), "$5", "$6"
        )
        .older(&[Edition { version: 1, since: "2026-05-08", definition: "分子：有效警情中与更早的来报内容或者地点、起因相近，归为同一事项的件数；分母：有效警情件数（按提问时的状态，不按统计时刻）。" }]),
        figure!(
            "dispatch.signed", "派警", "5 分钟内签收率", (2, "2026-11-25"),
            "分子：派出后 300 秒内签收的派警单份数；分母：派出时间在期间内、截至统计时刻未撤销的派警单份数。",
            true, "incident", "/incidents/", BY_CALL,
            "select i.id, i.number, i.title, d.sent_at as at, (d.signed_at is not null and d.signed_at <= $4 and d.signed_at - d.sent_at <= 300000000) as hit from incidents_dispatch d join incidents_intake i on i.id = d.incident_id where d.station_id = $1 and d.sent_at >= $2 and d.sent_at < $3 and d.sent_at <= $4 and (d.cancelled_at is null or d.cancelled_at > $4)",
            "$5", "$6"
        )
        .older(&[Edition { version: 1, since: "2026-05-08", definition: "分子：派出后 300 秒内签收的派警单份数；分母：派出时间在期间内、未撤销的派警单份数（按提问时的状态）。" }]),
        figure!(
            "dispatch.fed_back", "派警", "24 小时内反馈率", (2, "2026-11-25"),
            "分子：首次派警后 24 小时内有终结反馈的警情件数；分母：首次派警时间在期间内的警情件数（截至统计时刻未撤销的派警）。",
            true, "incident", "/incidents/", BY_CALL,
            "select i.id, i.number, i.title, d.sent_at as at, exists (select 1 from incidents_feedback k where k.incident_id = i.id and k.kind = 'final' and k.at - d.sent_at <= 86400000000 and k.at <= $4) as hit from incidents_dispatch d join incidents_intake i on i.id = d.incident_id where d.station_id = $1 and d.sent_at >= $2 and d.sent_at < $3 and d.sent_at <= $4 and (d.cancelled_at is null or d.cancelled_at > $4) and not exists (select 1 from incidents_dispatch e where e.incident_id = d.incident_id and (e.cancelled_at is null or e.cancelled_at > $4) and (e.sent_at < d.sent_at or (e.sent_at = d.sent_at and e.id < d.id)))",
            "$5", "$6"
        )
        .older(&[Edition { version: 1, since: "2026-05-08", definition: "分子：首次派警后 24 小时内有终结反馈的警情件数；分母：首次派警时间在期间内的警情件数（按提问时的状态）。" }]),
    ]
}

/// 时段: bounds by domain practice (0–6, 6–9, 9–12, 12–14, 14–18, 18–21, 21–24 o'clock in China).
const BANDS: &[(&str, &str)] = &[
    ("00", "0–6 时"),
    ("06", "6–9 时"),
    ("09", "9–12 时"),
    ("12", "12–14 时"),
    ("14", "14–18 时"),
    ("18", "18–21 时"),
    ("21", "21–24 时"),
];

/// The hour band of the call.
macro_rules! band {
    () => {
        "case when (i.called_at / 1000000 + 28800) % 86400 < 21600 then '00' when (i.called_at / 1000000 + 28800) % 86400 < 32400 then '06' when (i.called_at / 1000000 + 28800) % 86400 < 43200 then '09' when (i.called_at / 1000000 + 28800) % 86400 < 50400 then '12' when (i.called_at / 1000000 + 28800) % 86400 < 64800 then '14' when (i.called_at / 1000000 + 28800) % 86400 < 75600 then '18' else '21' end"
    };
}

/// What valid incidents are divided into.
pub fn breakdowns() -> Vec<Breakdown> {
    vec![
        breakdown!(
            "incident.by_category",
            "incident.valid",
            "按类别",
            (1, "2026-11-25"),
            "有效警情按一级类别分（有现场核实类别的以核实为准），截至统计时刻。",
            "incident",
            "/incidents/",
            Parts::List("incident.category1"),
            BY_CALL,
            known!("coalesce(h.found_category, h.category, '') as part", valid),
            "$5",
            "$6"
        ),
        breakdown!(
            "incident.by_hour",
            "incident.valid",
            "按时段",
            (1, "2026-11-25"),
            "有效警情按报警时间（北京时间）所在的时段分，每段含起点、不含终点。",
            "incident",
            "/incidents/",
            Parts::Fixed(BANDS),
            BY_CALL,
            known!(concat!(band!(), " as part"), valid),
            "$5",
            "$6"
        ),
    ]
}

/// A division of each category: parts are `category|x`, so that those of one category sum to its part of `incident.by_category`.
macro_rules! crossed {
    ($key:literal, $name:literal, $definition:literal, $parts:expr, $x:expr) => {
        breakdown!(
            $key,
            "incident.by_category",
            $name,
            (1, "2026-11-26"),
            $definition,
            "incident",
            "/incidents/",
            $parts,
            BY_CALL,
            known!(concat!("coalesce(h.found_category, h.category, '') || '|' || ", $x, " as part"), valid),
            "$5",
            "$6"
        )
    };
}

/// What each category of valid incidents is divided into, for the analysis report (domain.md §8: fine type, hours, place, cause,
/// means, beat). What nobody wrote down counts as not told, beside 不详, which somebody chose.
pub fn crossings() -> Vec<Breakdown> {
    vec![
        crossed!(
            "incident.cross_fine",
            "细类",
            "该类有效警情按细类分，截至统计时刻（有现场核实类别的以核实的细类为准）；没有定细类的列为未登记。",
            Parts::Lists(crate::rules::FINE_LISTS),
            "coalesce(h.sub_category, '')"
        ),
        crossed!(
            "incident.cross_hour",
            "时段",
            "该类有效警情按报警时间（北京时间）所在的时段分，每段含起点、不含终点。",
            Parts::Fixed(BANDS),
            band!()
        ),
        crossed!(
            "incident.cross_place",
            "地点类型",
            "该类有效警情按终结反馈登记的地点类型分，截至统计时刻；没有登记的列为未登记。",
            Parts::List("incident.place_kind"),
            "coalesce(h.place_kind, '')"
        ),
        crossed!(
            "incident.cross_cause",
            "起因",
            "该类有效警情按终结反馈登记的起因分，截至统计时刻；没有登记的列为未登记。",
            Parts::List("cause_tag"),
            "coalesce(h.cause, '')"
        ),
        crossed!(
            "incident.cross_means",
            "手段",
            "该类有效警情按终结反馈登记的手段分，截至统计时刻；没有登记的列为未登记。",
            Parts::List("incident.means"),
            "coalesce(h.means, '')"
        ),
        crossed!(
            "incident.cross_beat",
            "警务区",
            "该类有效警情按统计时刻归属的警务区分；还没有定位的列为未登记。",
            Parts::Units,
            "coalesce(@hex(h.beat_id), '')"
        ),
    ]
}
