//! The curve as SVG made here: no script, no style in the markup, a title and a description; the table beside it has the
//! numbers.

use crate::model::{Line, SLOT};
use askama::Template;

/// Wide enough for a phone; larger screens show it larger.
const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 160.0;
const LEFT: f64 = 24.0;
const RIGHT: f64 = 4.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 22.0;

#[derive(Clone, Debug)]
struct Box {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

#[derive(Clone, Debug)]
struct Tick {
    at: f64,
    text: String,
}

/// A curve ready to be written.
#[derive(Template, Clone, Debug)]
#[template(path = "plot.html")]
pub struct Plot {
    title: String,
    description: String,
    /// Slots that nobody has observed.
    shut: Vec<Box>,
    /// Within which the expected number lies, observed slots.
    interval: Vec<Box>,
    /// Latent demand, 10 to 90 %.
    latent: Vec<Box>,
    /// The expected number, as steps.
    steps: String,
    hours: Vec<Tick>,
    scale: Vec<Tick>,
    width: f64,
    height: f64,
    left: f64,
    right: f64,
    bottom: f64,
}

fn round(x: f64) -> f64 {
    (x * 10.0).round() / 10.0
}

/// Runs of neighbouring lines for which `f` gives the same value, as slots from, until.
fn runs<T: PartialEq + Copy>(lines: &[Line], f: impl Fn(&Line) -> Option<T>) -> Vec<(usize, usize, T)> {
    let mut out: Vec<(usize, usize, T)> = vec![];
    for (i, l) in lines.iter().enumerate() {
        let Some(v) = f(l) else { continue };
        match out.last_mut() {
            Some(last) if last.1 == i && last.2 == v => last.1 += 1,
            _ => out.push((i, i + 1, v)),
        }
    }
    out
}

/// A scale's step: about four lines.
fn step(most: f64) -> f64 {
    [0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0].into_iter().find(|s| most / s <= 5.0).unwrap_or(200.0)
}

impl Plot {
    /// Draws the lines of a curve; `lines` are neighbouring slots.
    pub fn new(title: String, lines: &[Line]) -> Plot {
        let top = |l: &Line| if l.observed() { l.sure.1 } else { l.latent.map_or(0.0, |b| b.high) };
        let most = lines.iter().map(top).fold(0.1, f64::max);
        let step = step(most);
        let most = (most / step).ceil() * step;
        let wide = (WIDTH - LEFT - RIGHT) / lines.len().max(1) as f64;
        let x = |i: usize| round(LEFT + i as f64 * wide);
        let y = |n: f64| round(TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - n / most));
        let bar = |(from, until): (usize, usize), (low, high): (f64, f64)| Box {
            x: x(from),
            y: y(high),
            width: round(x(until) - x(from)),
            height: round((y(low) - y(high)).max(0.8)),
        };
        let shut = runs(lines, |l| (!l.observed()).then_some(())).into_iter().map(|r| bar((r.0, r.1), (0.0, most))).collect();
        let interval = runs(lines, |l| l.observed().then_some(l.sure));
        let interval = interval.into_iter().map(|r| bar((r.0, r.1), r.2)).collect();
        let latent = runs(lines, |l| l.latent.map(|b| (b.low, b.high))).into_iter().map(|r| bar((r.0, r.1), r.2)).collect();
        let mut steps = String::new();
        for (from, until, ()) in runs(lines, |l| l.observed().then_some(())) {
            for (n, l) in lines[from..until].iter().enumerate() {
                let i = from + n;
                let verb = if n == 0 { 'M' } else { 'L' };
                steps.push_str(&format!("{verb}{} {}H{}", x(i), y(l.mean), x(i + 1)));
            }
        }
        let start = lines.first().map_or(0, Line::minute);
        let hours = lines.iter().enumerate().filter(|(_, l)| l.minute() % 120 == 0 || (l.minute() == start && l.minute() % 60 == 0));
        let hours = hours.map(|(i, l)| Tick { at: x(i), text: (l.minute() / 60).to_string() }).collect();
        let count = (most / step).round() as usize;
        let scale = (0..=count).map(|n| Tick { at: y(n as f64 * step), text: format!("{}", (n as f64 * step * 100.0).round() / 100.0) }).collect();
        Plot {
            description: describe(lines),
            title,
            shut,
            interval,
            latent,
            steps,
            hours,
            scale,
            width: WIDTH,
            height: HEIGHT,
            left: LEFT,
            right: WIDTH - RIGHT,
            bottom: HEIGHT - BOTTOM,
        }
    }
}

/// What a listener hears: the busiest quarter hour, the sum, what is only guessed.
fn describe(lines: &[Line]) -> String {
    let seen: Vec<&Line> = lines.iter().filter(|l| l.observed()).collect();
    let guessed = lines.len() - seen.len();
    match seen.iter().max_by(|a, b| a.mean.total_cmp(&b.mean)) {
        Some(l) => format!(
            "一天平均 {:.1} 人，最忙的一刻钟从 {} 开始，平均 {:.2} 人；另有 {} 分钟没有观察过。数字同下面的表。",
            seen.iter().map(|l| l.mean).sum::<f64>(),
            windows::model::clock(l.minute()),
            l.mean,
            guessed as i64 * SLOT
        ),
        None => "这类日子没有观察过。".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Band;

    #[test]
    fn a_curve_is_drawn_and_heard_without_script_or_style() {
        let band = Band { low: 0.1, middle: 0.3, high: 0.9, few_away: 0.2, many_away: 0.6 };
        let line = |slot: usize, days: usize, mean: f64, latent| Line { slot, days, mean, sure: (mean / 2.0, mean * 2.0), low: 0, high: 2, latent };
        let lines: Vec<Line> = (36..44)
            .map(|k| line(k, 20, if k == 40 { 1.5 } else { 0.5 }, None))
            .chain((44..48).map(|k| line(k, 0, 0.4, Some(band))))
            .collect();
        let html = Plot::new("居住证<b>：工作日".into(), &lines).render().unwrap();
        for needed in ["<title", "<desc", "role=\"img\"", "最忙的一刻钟从 10:00 开始", "另有 60 分钟没有观察过", "curve__latent", "curve__shut", "居住证&"] {
            assert!(html.contains(needed), "{needed}: {html}");
        }
        assert!(!html.contains("style=") && !html.contains("<script") && !html.contains("<b>"));
        assert!(html.contains("M24 ") && !html.contains("00000"), "{html}");
        assert!(Plot::new("空".into(), &[]).render().unwrap().contains("没有观察过"));
    }
}
