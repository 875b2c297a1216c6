//! 警情统计: one definition each. Counted by the moment of the call, with the state at the time of asking.

use kernel::figure;
use kernel::figure::{Arg, Spec};

const BY_CALL: &[Arg] = &[Arg::Station, Arg::From, Arg::Until, Arg::AsOf];

/// The figures of this domain.
pub fn all() -> Vec<Spec> {
    vec![
        figure!(
            "incident.received", "警情", "接报",
            "报警时间在期间内的接警单件数，含无效、并单和移交的。",
            false, "incident", "/incidents/", BY_CALL,
            "select id, number, title, called_at as at, (1 = 1) as hit from incidents_intake where station_id = $1 and called_at >= $2 and called_at < $3 and registered_at <= $4",
            "$5", "$6"
        ),
        figure!(
            "incident.valid", "警情", "有效警情占比",
            "分子：接报中未标记无效、未并入其他警情的件数；分母：接报件数。",
            true, "incident", "/incidents/", BY_CALL,
            "select id, number, title, called_at as at, (state not in ('invalid', 'merged')) as hit from incidents_intake where station_id = $1 and called_at >= $2 and called_at < $3 and registered_at <= $4",
            "$5", "$6"
        ),
        figure!(
            "incident.disputes", "警情", "纠纷类占比",
            "分子：有效警情中类别为纠纷的件数（有现场核实类别的以核实为准）；分母：有效警情件数。",
            true, "incident", "/incidents/", BY_CALL,
            "select id, number, title, called_at as at, (coalesce(found_category, category, '') = 'dispute') as hit from incidents_intake where station_id = $1 and called_at >= $2 and called_at < $3 and registered_at <= $4 and state not in ('invalid', 'merged')",
            "$5", "$6"
        ),
        figure!(
            "incident.closed", "警情", "办结率",
            "分子：有效警情中已审核结案或者已移交的件数；分母：有效警情件数。",
            true, "incident", "/incidents/", BY_CALL,
            "select id, number, title, called_at as at, (state in ('closed', 'handed_over')) as hit from incidents_intake where station_id = $1 and called_at >= $2 and called_at < $3 and registered_at <= $4 and state not in ('invalid', 'merged')",
            "$5", "$6"
        ),
        figure!(
            "incident.repeat", "警情", "重复反映占比",
            "分子：有效警情中与更早的来报内容或者地点、起因相近，归为同一事项的件数；分母：有效警情件数。",
            true, "incident", "/incidents/", BY_CALL,
            "select id, number, title, called_at as at, (cluster_id <> id) as hit from incidents_intake where station_id = $1 and called_at >= $2 and called_at < $3 and registered_at <= $4 and state not in ('invalid', 'merged')",
            "$5", "$6"
        ),
        figure!(
            "dispatch.signed", "派警", "5 分钟内签收率",
            "分子：派出后 300 秒内签收的派警单份数；分母：派出时间在期间内、未撤销的派警单份数。",
            true, "incident", "/incidents/", BY_CALL,
            "select i.id, i.number, i.title, d.sent_at as at, (d.signed_at is not null and d.signed_at - d.sent_at <= 300000000) as hit from incidents_dispatch d join incidents_intake i on i.id = d.incident_id where d.station_id = $1 and d.sent_at >= $2 and d.sent_at < $3 and d.sent_at <= $4 and d.cancelled_at is null",
            "$5", "$6"
        ),
        figure!(
            "dispatch.fed_back", "派警", "24 小时内反馈率",
            "分子：首次派警后 24 小时内有终结反馈的警情件数；分母：首次派警时间在期间内的警情件数。",
            true, "incident", "/incidents/", BY_CALL,
            "select i.id, i.number, i.title, f.sent as at, exists (select 1 from incidents_feedback k where k.incident_id = i.id and k.kind = 'final' and k.at - f.sent <= 86400000000 and k.at <= $4) as hit from (select incident_id, min(sent_at) as sent from incidents_dispatch where station_id = $1 and cancelled_at is null group by incident_id) f join incidents_intake i on i.id = f.incident_id where f.sent >= $2 and f.sent < $3 and f.sent <= $4",
            "$5", "$6"
        ),
    ]
}
