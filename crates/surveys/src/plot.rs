//! 分布图 of a question for numbers or times, as SVG made here: no script, no style in the markup, a title and a description;
//! the table beside it has the numbers.

use crate::rules::Bin;
use askama::Template;

/// Wide enough for a phone; larger screens show it larger.
const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 150.0;
const LEFT: f64 = 30.0;
const RIGHT: f64 = 6.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 24.0;
/// Letters below the axis that fit side by side.
const LETTERS: usize = 50;

#[derive(Clone, Debug)]
struct Bar {
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

/// A histogram ready to be written.
#[derive(Template, Clone, Debug)]
#[template(path = "histogram.html")]
pub struct Plot {
    title: String,
    description: String,
    bars: Vec<Bar>,
    ticks: Vec<Tick>,
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

/// A step of whole answers with about four lines.
fn step(most: usize) -> usize {
    (0..).flat_map(|e| [1, 2, 5].map(|x| x * 10usize.pow(e))).find(|s| most.div_ceil(*s) <= 5).unwrap_or(most)
}

impl Plot {
    /// Draws neighbouring bins.
    pub fn new(title: &str, bins: &[Bin]) -> Plot {
        let all: usize = bins.iter().map(|b| b.n).sum();
        let most = bins.iter().map(|b| b.n).max().unwrap_or(0).max(1);
        let step = step(most);
        let top = most.div_ceil(step) * step;
        let wide = (WIDTH - LEFT - RIGHT) / bins.len().max(1) as f64;
        let y = |n: usize| round(TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - n as f64 / top as f64));
        let bar = |(i, b): (usize, &Bin)| Bar {
            x: round(LEFT + i as f64 * wide + 1.0),
            y: y(b.n),
            width: round((wide - 2.0).max(1.0)),
            height: round(y(0) - y(b.n)),
        };
        // Every label, every second, every third …: as many as fit.
        let longest = bins.iter().map(|b| b.label.chars().count() + 1).max().unwrap_or(1);
        let every = (bins.len() * longest).div_ceil(LETTERS).max(1);
        let tick = |(i, b): (usize, &Bin)| Tick { at: round(LEFT + (i as f64 + 0.5) * wide), text: b.label.clone() };
        let description = match bins.iter().max_by_key(|b| b.n) {
            Some(b) => format!("{all} 份回答了数，最多的是 {}，{} 份；其余见旁边的表。", b.label, b.n),
            None => "还没有回答。".into(),
        };
        Plot {
            title: format!("{title}：回答的分布"),
            description,
            bars: bins.iter().enumerate().filter(|(_, b)| b.n > 0).map(bar).collect(),
            ticks: bins.iter().enumerate().step_by(every).map(tick).collect(),
            scale: (0..=top / step).map(|n| Tick { at: y(n * step), text: (n * step).to_string() }).collect(),
            width: WIDTH,
            height: HEIGHT,
            left: LEFT,
            right: WIDTH - RIGHT,
            bottom: HEIGHT - BOTTOM,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Scale, bins};

    #[test]
    fn a_histogram_is_drawn_and_heard_without_script_or_style() {
        let values: Vec<f64> = [18.0; 7].into_iter().chain([19.0, 21.0]).collect();
        let html = Plot::new("晚上<b>几点？", &bins(&values, Scale::Whole)).render().unwrap();
        for needed in ["<title>", "<desc>", "role=\"img\"", "最多的是 18，7 份", "晚上&"] {
            assert!(html.contains(needed), "{needed}: {html}");
        }
        assert_eq!(html.matches("class=\"plot__bar\"").count(), 3, "nobody said 20");
        assert!(!html.contains("style=") && !html.contains("<script") && !html.contains("<b>"));
        let times: Vec<f64> = (0..90).map(|n| 480.0 + f64::from(n) * 8.0).collect();
        let html = Plot::new("几点", &bins(&times, Scale::Clock)).render().unwrap();
        assert!(html.contains("08:00–09:00") && html.matches("plot__label--middle").count() <= 5, "{html}");
        assert!(Plot::new("空", &[]).render().unwrap().contains("还没有回答"));
        assert_eq!((step(1), step(5), step(6), step(60), step(20_000)), (1, 1, 2, 20, 5_000));
    }
}
