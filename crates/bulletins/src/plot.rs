//! Plots as SVG made here: no script, no style in the markup, a title and a description for those who
//! hear them, and the same numbers as a table.

use askama::Template;

/// How bars stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Few parts with long names: lying bars.
    Rows,
    /// Parts in an order of time: standing bars.
    Columns,
}

/// One bar: name, number, where its rows open; and its place in the picture.
#[derive(Clone, Debug)]
pub struct Bar {
    pub label: String,
    pub n: i64,
    pub href: String,
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    text_x: f64,
    text_y: f64,
    label_x: f64,
    label_y: f64,
}

/// A plot ready to be written.
#[derive(Template, Clone, Debug)]
#[template(path = "plot.html")]
pub struct Plot {
    shape: Shape,
    id: String,
    title: String,
    definition: &'static str,
    bars: Vec<Bar>,
    width: f64,
    height: f64,
    sum: i64,
}

/// Wide enough for a phone; larger screens show it larger.
const WIDTH: f64 = 360.0;
const LABEL: f64 = 104.0;
const ROW: f64 = 26.0;
const TALL: f64 = 190.0;

impl Plot {
    pub fn new(shape: Shape, key: &str, title: String, definition: &'static str, bars: Vec<(String, i64, String)>) -> Plot {
        let most = bars.iter().map(|b| b.1).max().unwrap_or(0).max(1) as f64;
        let sum = bars.iter().map(|b| b.1).sum();
        let count = bars.len().max(1) as f64;
        let placed = bars.into_iter().enumerate().map(|(i, (label, n, href))| {
            let (i, part) = (i as f64, n as f64 / most);
            match shape {
                Shape::Rows => {
                    let width = round(part * (WIDTH - LABEL - 40.0));
                    let y = i * ROW + 4.0;
                    let (text_x, text_y) = (round(LABEL + width + 5.0), y + 13.0);
                    Bar { label, n, href, x: LABEL, y, width, height: 18.0, text_x, text_y, label_x: LABEL - 6.0, label_y: y + 13.0 }
                }
                Shape::Columns => {
                    let slot = WIDTH / count;
                    let height = round(part * (TALL - 44.0));
                    let (x, y) = (round(i * slot + slot * 0.14), round(TALL - 22.0 - height));
                    let middle = round((i + 0.5) * slot);
                    let width = round(slot * 0.72);
                    Bar { label, n, href, x, y, width, height, text_x: middle, text_y: y - 4.0, label_x: middle, label_y: TALL - 7.0 }
                }
            }
        });
        let bars: Vec<Bar> = placed.collect();
        let height = if shape == Shape::Rows { count * ROW + 4.0 } else { TALL };
        Plot { shape, id: key.replace('.', "-"), title, definition, bars, width: WIDTH, height, sum }
    }

    fn is_rows(&self) -> bool {
        self.shape == Shape::Rows
    }

    /// What a listener hears: the largest part and the sum.
    fn description(&self) -> String {
        match self.bars.iter().max_by_key(|b| b.n) {
            Some(b) if b.n > 0 => format!("共 {}，最多的是{}（{}）。数字同旁边的表。", self.sum, b.label, b.n),
            _ => "这个期间没有记录。".into(),
        }
    }
}

fn round(x: f64) -> f64 {
    (x * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plot_is_heard_and_read_and_has_no_style() {
        let bars = vec![("纠纷".to_string(), 12, "/a".to_string()), ("求助<b>".to_string(), 3, "/b".to_string())];
        for shape in [Shape::Rows, Shape::Columns] {
            let html = Plot::new(shape, "incident.by_category", "有效警情：按类别".into(), "定义", bars.clone()).render().unwrap();
            for needed in ["<title", "<desc", "role=\"img\"", "<table", "共 15，最多的是纠纷（12）", "href=\"/a\""] {
                assert!(html.contains(needed), "{needed}");
            }
            assert!(!html.contains("style=") && !html.contains("<script") && !html.contains("<b>"));
        }
        let empty = Plot::new(Shape::Rows, "k", "空".into(), "定义", vec![]).render().unwrap();
        assert!(empty.contains("没有记录"));
    }
}
