//! The picture without scripts or WebGL: the same layers as SVG, drawn by the server.

use crate::map::{Geometry, Layer, Point};
use std::fmt::Write;

/// Width of the picture in its own units.
const WIDTH: f64 = 1000.0;

/// The box around the given layers, widened a little: west, south, east, north. `None` when nothing stands anywhere.
fn bounds(layers: &[Layer]) -> Option<[f64; 4]> {
    let points = |base: bool| {
        layers.iter().filter(move |l| l.base == base).flat_map(|l| &l.features).flat_map(|f| f.geometry.points())
    };
    let fit = |points: &mut dyn Iterator<Item = Point>| {
        points.fold(None, |b: Option<[f64; 4]>, [x, y]| {
            let [w, s, e, n] = b.unwrap_or([x, y, x, y]);
            Some([w.min(x), s.min(y), e.max(x), n.max(y)])
        })
    };
    let [w, s, e, n] = fit(&mut points(false)).or_else(|| fit(&mut points(true)))?;
    let (x, y) = (((e - w) * 0.04).max(0.001), ((n - s) * 0.04).max(0.001));
    Some([w - x, s - y, e + x, n + y])
}

struct Sheet {
    west: f64,
    north: f64,
    /// Units for a degree, to the east and to the south.
    x: f64,
    y: f64,
    height: f64,
}

impl Sheet {
    fn at(&self, [lon, lat]: Point) -> (f64, f64) {
        ((lon - self.west) * self.x, (self.north - lat) * self.y)
    }
    fn path(&self, d: &mut String, line: &[Point]) {
        for (i, p) in line.iter().enumerate() {
            let (x, y) = self.at(*p);
            let _ = write!(d, "{}{x:.1} {y:.1}", if i == 0 { "M" } else { "L" });
        }
    }
}

/// The layers as an SVG element; `None` when there is nothing to draw. Areas lie below lines, lines below points, names on top.
pub(crate) fn plot(layers: &[Layer]) -> Option<String> {
    let [west, south, east, north] = bounds(layers)?;
    let x = WIDTH / (east - west);
    let y = x / ((north + south) / 2.0).to_radians().cos().max(0.1);
    let height = ((north - south) * y).clamp(WIDTH / 4.0, WIDTH * 1.5);
    let sheet = Sheet { west, north, x, y, height };
    let mut shapes: Vec<(u8, String)> = vec![];
    for (l, f) in layers.iter().flat_map(|l| l.features.iter().map(move |f| (l, f))) {
        let key = escape(&l.key);
        let class = format!("map-{key} map-{key}--{}", f.tone.code());
        match &f.geometry {
            Geometry::Point(p) => {
                let (cx, cy) = sheet.at(*p);
                let name = escape(&f.name);
                shapes.push((
                    3,
                    format!(
                        "<circle class=\"{class}\" cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"6\"><title>{name}</title></circle>"
                    ),
                ));
            }
            Geometry::Lines(lines) => {
                let mut d = String::new();
                lines.iter().for_each(|l| sheet.path(&mut d, l));
                shapes.push((if l.base { 1 } else { 2 }, format!("<path class=\"{class} map-line\" d=\"{d}\"/>")));
            }
            Geometry::Areas(areas) => {
                let mut d = String::new();
                areas.iter().flatten().for_each(|r| sheet.path(&mut d, r));
                let kind = if l.base { escape(&f.detail) } else { String::new() };
                shapes.push((
                    if l.base { 0 } else { 2 },
                    format!("<path class=\"{class} map-area map-base--{kind}\" d=\"{d}Z\"/>"),
                ));
            }
        }
        let named = matches!(f.geometry, Geometry::Areas(_)) && !l.base;
        if let Some(p) = f.geometry.middle().filter(|_| named) {
            let (x, y) = sheet.at(p);
            shapes.push((
                4,
                format!(
                    "<text class=\"map-name map-name--{key}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>",
                    escape(&f.name)
                ),
            ));
        }
    }
    shapes.sort_by_key(|(level, _)| *level);
    let body: String = shapes.into_iter().map(|(_, s)| s).collect();
    Some(format!(
        "<svg class=\"map-plot\" viewBox=\"0 0 {WIDTH:.0} {:.0}\" aria-hidden=\"true\" focusable=\"false\">{body}</svg>",
        sheet.height
    ))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map::{Feature, Tone};

    #[test]
    fn areas_points_and_names_are_drawn_and_escaped() {
        assert_eq!(plot(&[Layer::new("a", "甲", 1, "")]), None);
        let f = |name: &str, geometry| Feature {
            id: "1".into(),
            name: name.into(),
            detail: String::new(),
            href: String::new(),
            tone: Tone::Bad,
            geometry,
        };
        let mut beats = Layer::new("beats", "警务区", 1, "");
        beats.push(f(
            "<一>",
            Geometry::Areas(vec![vec![vec![[119.7, 49.2], [119.8, 49.2], [119.8, 49.25], [119.7, 49.2]]]]),
        ));
        let mut points = Layer::new("x\"y", "点", 2, "");
        points.push(f("a&b", Geometry::Point([119.75, 49.21])));
        let svg = plot(&[points, beats]).unwrap();
        assert!(
            svg.contains("&lt;一&gt;") && svg.contains("a&amp;b") && !svg.contains("<一>") && !svg.contains("x\"y"),
            "{svg}"
        );
        assert!(svg.find("<path").unwrap() < svg.find("<circle").unwrap());
        assert!(!svg.contains("style="));
        // One point alone still gives a picture.
        let mut one = Layer::new("a", "甲", 1, "");
        one.push(f("x", Geometry::Point([119.7, 49.2])));
        assert!(plot(&[one]).unwrap().contains("<circle"));
    }
}
