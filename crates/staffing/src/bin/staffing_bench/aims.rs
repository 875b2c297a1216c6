//! What the bench must reach; what is missed is told and makes the exit code.

use serde_json::Value;

/// Both losses against the best of the simple rules.
const RATIO: f64 = 0.97;
/// Points between the share of hours that were promised and that were kept.
const POINTS: f64 = 2.0;

/// Every aim that was missed, in words; a number that is not there misses its aim.
pub fn missed(all: &Value) -> Vec<String> {
    let mut out = vec![];
    let number = |v: &Value| v.as_f64().unwrap_or(f64::NAN);
    let part = |name: &str| all[name].as_array().cloned().unwrap_or_default();
    let mut must = |good: bool, what: String| if !good { out.push(what) };
    for v in part("forecast") {
        for key in ["ratio_mae", "ratio_pinball80"] {
            let n = number(&v[key]);
            must(n <= RATIO, format!("forecast, {} a slot: {key} {n:.4}, aim {RATIO}", v["mean_a_slot"]));
        }
    }
    for v in part("promise") {
        let n = number(&v["points_windows"]);
        must(n.abs() <= POINTS, format!("promise, {} in five minutes: {n:+.2} points, aim ±{POINTS}", v["mean_a_slot"]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_aim_that_is_missed_or_was_not_measured_is_told() {
        let good = json!({
            "forecast": [{ "mean_a_slot": 0.5, "ratio_mae": 0.97, "ratio_pinball80": 0.9 }],
            "promise": [{ "mean_a_slot": 0.5, "points_windows": -2.0 }],
        });
        assert_eq!(missed(&good), Vec::<String>::new());
        assert_eq!(missed(&json!({ "seed": 1 })), Vec::<String>::new());
        let bad = json!({
            "forecast": [{ "mean_a_slot": 0.5, "ratio_mae": 0.9701 }],
            "promise": [{ "mean_a_slot": 2.0, "points_windows": 2.1 }],
        });
        assert_eq!(missed(&bad).len(), 3);
    }
}
