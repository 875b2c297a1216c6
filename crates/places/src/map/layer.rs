//! A layer of the map, as domains hand it over and as the page gets it.

use kernel::{Error, Result};
use serde::{Deserialize, Serialize};

/// Features of one layer at most; more are left out and the layer says so.
pub const MAX_FEATURES: usize = 2000;

/// Longitude and latitude in degrees, WGS-84.
pub type Point = [f64; 2];

/// A closed line; the first of an area's rings is its border, the others are holes.
pub type Ring = Vec<Point>;

/// Where something is. Serialised as a geometry of GeoJSON (RFC 7946).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "coordinates")]
pub enum Geometry {
    /// A place.
    Point(Point),
    /// Lines.
    #[serde(rename = "MultiLineString")]
    Lines(Vec<Vec<Point>>),
    /// Areas.
    #[serde(rename = "MultiPolygon")]
    Areas(Vec<Vec<Ring>>),
}

impl Geometry {
    /// All its points.
    pub fn points(&self) -> Box<dyn Iterator<Item = Point> + '_> {
        match self {
            Geometry::Point(p) => Box::new(std::iter::once(*p)),
            Geometry::Lines(l) => Box::new(l.iter().flatten().copied()),
            Geometry::Areas(a) => Box::new(a.iter().flatten().flatten().copied()),
        }
    }
    /// Where its name is written.
    pub fn middle(&self) -> Option<Point> {
        match self {
            Geometry::Point(p) => Some(*p),
            Geometry::Lines(l) => l.iter().max_by_key(|l| l.len()).and_then(|l| l.get(l.len() / 2).copied()),
            Geometry::Areas(a) => {
                a.iter().filter_map(|r| r.first()).max_by_key(|r| r.len()).and_then(|r| area_middle(r))
            }
        }
    }
}

/// The centre of gravity of an area; of its corners when it has no surface.
pub fn area_middle(ring: &[Point]) -> Option<Point> {
    let first = *ring.first()?;
    let (mut surface, mut x, mut y) = (0.0, 0.0, 0.0);
    for (a, b) in ring.iter().zip(ring.iter().cycle().skip(1)) {
        let (a, b) = ([a[0] - first[0], a[1] - first[1]], [b[0] - first[0], b[1] - first[1]]);
        let cross = a[0] * b[1] - b[0] * a[1];
        surface += cross;
        x += (a[0] + b[0]) * cross;
        y += (a[1] + b[1]) * cross;
    }
    if surface.abs() < 1e-15 {
        let n = ring.len() as f64;
        return Some([ring.iter().map(|p| p[0]).sum::<f64>() / n, ring.iter().map(|p| p[1]).sum::<f64>() / n]);
    }
    Some([first[0] + x / (3.0 * surface), first[1] + y / (3.0 * surface)])
}

/// How a feature is coloured; always said in its words too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    /// Nothing special.
    #[default]
    Plain,
    /// Well.
    Good,
    /// Waits, or is to be looked at.
    Warn,
    /// Urgent, or out of order.
    Bad,
}

impl Tone {
    /// For class names.
    pub fn code(self) -> &'static str {
        match self {
            Tone::Plain => "plain",
            Tone::Good => "good",
            Tone::Warn => "warn",
            Tone::Bad => "bad",
        }
    }
}

/// One thing on the map. No personal names: a number, a kind, a state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    /// Unique within the layer.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// One line more, or "".
    pub detail: String,
    /// Its page within the site, or "".
    pub href: String,
    /// Colour.
    pub tone: Tone,
    /// Where.
    pub geometry: Geometry,
}

/// A layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// Unique: `beats`, `incidents`, `cameras`.
    pub key: String,
    /// As the page names it.
    pub title: String,
    /// Layers are listed by this; areas below points.
    pub order: u16,
    /// Said when it is empty: why, and what to do.
    pub empty: String,
    /// There are more than are shown.
    pub cut: bool,
    /// Background (streets, water): drawn, not listed.
    pub base: bool,
    /// What is on it.
    pub features: Vec<Feature>,
}

impl Layer {
    /// An empty layer.
    pub fn new(key: &str, title: &str, order: u16, empty: &str) -> Layer {
        Layer {
            key: key.into(),
            title: title.into(),
            order,
            empty: empty.into(),
            cut: false,
            base: false,
            features: vec![],
        }
    }

    /// Adds a feature, while there is room.
    pub fn push(&mut self, feature: Feature) {
        if self.features.len() < MAX_FEATURES { self.features.push(feature) } else { self.cut = true }
    }

    /// What a fill of [`crate::map::MAP_SLOT`] answers: one line.
    ///
    /// # Errors
    /// A position that is no number.
    pub fn slot(&self) -> Result<String> {
        serde_json::to_string(self).map(|s| s + "\n").map_err(Error::internal)
    }

    /// The layers of a filled slot, in order.
    ///
    /// # Errors
    /// A fill that is no layer.
    pub fn of_slot(text: &str) -> Result<Vec<Layer>> {
        let mut out: Vec<Layer> =
            text.lines().map(|l| serde_json::from_str(l).map_err(Error::internal)).collect::<Result<_>>()?;
        out.sort_by(|a, b| (a.order, &a.key).cmp(&(b.order, &b.key)));
        Ok(out)
    }
}

/// Sets features that stand at one point apart, on a circle of some metres, so that each can be seen and hit.
pub fn spread(features: &mut [Feature]) {
    let at = |f: &Feature| match f.geometry {
        Geometry::Point(p) => Some([(p[0] * 1e6) as i64, (p[1] * 1e6) as i64]),
        _ => None,
    };
    let spots: Vec<_> = features.iter().map(at).collect();
    for i in 0..features.len() {
        let Some(spot) = spots[i] else { continue };
        let all = spots.iter().filter(|s| **s == Some(spot)).count();
        if all < 2 {
            continue;
        }
        let n = spots[..i].iter().filter(|s| **s == Some(spot)).count();
        let angle = n as f64 / all as f64 * std::f64::consts::TAU;
        let radius = 9.0 + 2.0 * all.min(12) as f64;
        if let Geometry::Point(p) = &mut features[i].geometry {
            let east = radius / (111_320.0 * p[1].to_radians().cos().max(0.1));
            *p = [p[0] + east * angle.sin(), p[1] + radius / 110_540.0 * angle.cos()];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map::coords::metres;

    fn at(p: Point) -> Feature {
        Feature {
            id: "1".into(),
            name: "x".into(),
            detail: String::new(),
            href: String::new(),
            tone: Tone::Plain,
            geometry: Geometry::Point(p),
        }
    }

    #[test]
    fn a_slot_carries_layers_in_order() {
        let mut a = Layer::new("b", "乙", 20, "");
        a.push(at([119.7, 49.2]));
        a.push(Feature {
            geometry: Geometry::Areas(vec![vec![vec![[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]]]),
            ..at([0.0, 0.0])
        });
        let b = Layer::new("a", "甲", 10, "没有");
        let text = a.slot().unwrap() + &b.slot().unwrap();
        assert_eq!(Layer::of_slot(&text).unwrap(), [b, a]);
        assert_eq!(Layer::of_slot("").unwrap(), []);
        assert!(Layer::of_slot("<p>").is_err());
    }

    #[test]
    fn a_full_layer_says_so() {
        let mut l = Layer::new("a", "甲", 10, "");
        (0..MAX_FEATURES + 1).for_each(|_| l.push(at([1.0, 1.0])));
        assert!(l.cut && l.features.len() == MAX_FEATURES);
    }

    #[test]
    fn what_stands_at_one_point_is_set_apart() {
        let mut all = vec![at([119.7, 49.2]), at([119.8, 49.2]), at([119.7, 49.2]), at([119.7, 49.2])];
        spread(&mut all);
        let p: Vec<Point> = all.iter().map(|f| f.geometry.middle().unwrap()).collect();
        assert_eq!(p[1], [119.8, 49.2]);
        for (i, j) in [(0, 2), (0, 3), (2, 3)] {
            assert!((10.0..60.0).contains(&metres(p[i], p[j])));
        }
    }

    #[test]
    fn the_middle_of_an_area() {
        let square = [[10.0, 10.0], [12.0, 10.0], [12.0, 14.0], [10.0, 14.0], [10.0, 10.0]];
        let m = area_middle(&square).unwrap();
        assert!((m[0] - 11.0).abs() < 1e-9 && (m[1] - 12.0).abs() < 1e-9);
        assert_eq!(area_middle(&[[1.0, 1.0], [3.0, 1.0]]), Some([2.0, 1.0]));
        assert_eq!(area_middle(&[]), None);
    }
}
