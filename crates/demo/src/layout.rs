//! Where the invented town's communities, streets and buildings lie: a plan in metres, bent a little, set down at a real place.
//!
//! Nothing of it is surveyed. The communities are cells of a plan, complexes stand within them in rows, and footprints without a
//! record fill the rest, so that the map looks like a town.

use crate::town::Town;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Size of a community's cell in metres.
const WIDE: f64 = 640.0;
const HIGH: f64 = 520.0;

/// Metres east and north of the plan's south-west corner.
type Spot = [f64; 2];

pub struct Layout<'a> {
    town: &'a Town,
    columns: usize,
}

impl<'a> Layout<'a> {
    pub fn new(town: &'a Town) -> Layout<'a> {
        Layout { town, columns: (town.community.len() as f64).sqrt().ceil().max(1.0) as usize }
    }

    fn rows(&self) -> usize {
        self.town.community.len().div_ceil(self.columns).max(1)
    }

    fn cell(&self, community: &str) -> (usize, usize) {
        let n = self.town.community.iter().position(|c| c.code == community).unwrap_or(0);
        (n % self.columns, n / self.columns)
    }

    /// From the plan to longitude and latitude: bent like an old town, turned, set down.
    fn at(&self, [x, y]: Spot) -> [f64; 2] {
        let (w, h) = (self.columns as f64 * WIDE, self.rows() as f64 * HIGH);
        let (x, y) = (x + 38.0 * (y / 430.0).sin() - w / 2.0, y + 30.0 * (x / 520.0).sin() - h / 2.0);
        let (sin, cos) = 0.16f64.sin_cos();
        let (x, y) = (x * cos - y * sin, x * sin + y * cos);
        let [lon, lat] = self.town.station.centre;
        let round = |v: f64| (v * 1e6).round() / 1e6;
        [round(lon + x / (111_320.0 * lat.to_radians().cos())), round(lat + y / 110_540.0)]
    }

    /// Where building `b` of complex `c` stands in the plan.
    fn spot(&self, c: usize, b: usize) -> Spot {
        let complexes = &self.town.complex;
        let Some(own) = complexes.get(c) else { return [0.0, 0.0] };
        let (column, row) = self.cell(&own.community);
        let before = complexes[..c].iter().filter(|x| x.community == own.community).count();
        let left = column as f64 * WIDE + 95.0 + before as f64 * 250.0;
        let low = row as f64 * HIGH + 100.0 + if before % 2 == 1 { 150.0 } else { 60.0 };
        [left + (b % 2) as f64 * 92.0, low + (b / 2) as f64 * 58.0]
    }

    pub fn building(&self, complex: usize, building: usize) -> [f64; 2] {
        self.at(self.spot(complex, building))
    }

    pub fn dispersed(&self, n: usize) -> [f64; 2] {
        let (column, row) = self.town.dispersed.get(n).map_or((0, 0), |d| self.cell(&d.community));
        self.at([column as f64 * WIDE + 470.0, row as f64 * HIGH + 400.0 - 40.0 * n as f64])
    }

    /// Outlines and background as a file for 导入边界和底图.
    pub fn geojson(&self) -> String {
        let mut out: Vec<Value> = vec![];
        let mut beats: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
        for c in &self.town.community {
            let cell = self.cell(&c.code);
            out.push(shape("community", &c.code, "", self.outline(&[cell])));
            let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
            let inside = self.town.complex.iter().filter(|x| x.community == c.code);
            inside.flat_map(|x| &x.building).for_each(|b| *votes.entry(&b.beat).or_default() += 1);
            let scattered = self.town.dispersed.iter().filter(|d| d.community == c.code);
            scattered.for_each(|d| *votes.entry(&d.beat).or_default() += 1);
            if let Some((beat, _)) = votes.into_iter().max_by_key(|(_, n)| *n) {
                beats.entry(beat).or_default().push(cell);
            }
        }
        out.extend(beats.iter().map(|(beat, cells)| shape("beat", beat, "", self.outline(cells))));
        self.streets(&mut out);
        self.nature(&mut out);
        self.footprints(&mut out);
        json!({ "type": "FeatureCollection", "features": out }).to_string()
    }

    /// The border of some cells: edges that only one of them has, joined to rings.
    fn outline(&self, cells: &[(usize, usize)]) -> Value {
        let mut edges: Vec<[(usize, usize); 2]> = vec![];
        for &(c, r) in cells {
            let corners = [(c, r), (c + 1, r), (c + 1, r + 1), (c, r + 1)];
            for i in 0..4 {
                let edge = [corners[i], corners[(i + 1) % 4]];
                match edges.iter().position(|e| *e == [edge[1], edge[0]]) {
                    Some(n) => drop(edges.swap_remove(n)),
                    None => edges.push(edge),
                }
            }
        }
        let mut areas = vec![];
        while let Some(first) = edges.pop() {
            let mut nodes = vec![first[0], first[1]];
            while let Some(n) = edges.iter().position(|e| nodes.last() == Some(&e[0])) {
                nodes.push(edges.swap_remove(n)[1]);
            }
            let corners: Vec<Spot> = nodes.iter().map(|(c, r)| [*c as f64 * WIDE, *r as f64 * HIGH]).collect();
            areas.push(json!([self.bent(&corners)]));
        }
        json!({ "type": "MultiPolygon", "coordinates": areas })
    }

    /// A line through the corners, with points between, so that it bends with the plan.
    fn bent(&self, corners: &[Spot]) -> Vec<[f64; 2]> {
        let mut out: Vec<[f64; 2]> = vec![];
        for pair in corners.windows(2) {
            let [a, b] = [pair[0], pair[1]];
            out.extend(
                (0..8)
                    .map(|i| f64::from(i) / 8.0)
                    .map(|t| self.at([a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t])),
            );
        }
        out.extend(corners.last().map(|p| self.at(*p)));
        out
    }

    fn streets(&self, out: &mut Vec<Value>) {
        let mut names: Vec<&str> = vec![];
        for c in &self.town.complex {
            if !names.contains(&c.street.as_str()) {
                names.push(&c.street);
            }
        }
        let mut names = names.into_iter();
        let (w, h) = (self.columns as f64 * WIDE, self.rows() as f64 * HIGH);
        let mut line = |name: &str, a: Spot, b: Spot| {
            out.push(shape("street", "", name, json!({ "type": "LineString", "coordinates": self.bent(&[a, b]) })));
        };
        for r in 0..=self.rows() {
            line(names.next().unwrap_or(""), [-140.0, r as f64 * HIGH], [w + 70.0, r as f64 * HIGH]);
        }
        for c in 0..=self.columns {
            line(names.next().unwrap_or(""), [c as f64 * WIDE, -140.0], [c as f64 * WIDE, h + 140.0]);
        }
        for c in 0..self.columns {
            for r in 0..self.rows() {
                let (x, y) = (c as f64 * WIDE, r as f64 * HIGH);
                line("", [x, y + 75.0 + 370.0], [x + WIDE, y + 75.0 + 370.0]);
                line("", [x + 330.0, y], [x + 330.0, y + 445.0]);
            }
        }
    }

    /// A river or a railway along the east, a park.
    fn nature(&self, out: &mut Vec<Value>) {
        let (w, h) = (self.columns as f64 * WIDE, self.rows() as f64 * HIGH);
        let bank = |side: f64| {
            (-6..=26).map(f64::from).map(move |i| [w + 150.0 + side + 34.0 * (i / 2.7).sin(), h * i / 20.0])
        };
        if self.town.station.river {
            let mut ring: Vec<[f64; 2]> = bank(0.0).chain(bank(105.0).rev()).map(|p| self.at(p)).collect();
            ring.extend(ring.first().copied());
            out.push(shape("water", "", "河", json!({ "type": "Polygon", "coordinates": [ring] })));
        } else {
            let rail: Vec<[f64; 2]> = bank(0.0).map(|[x, y]| self.at([x.clamp(w + 130.0, w + 170.0), y])).collect();
            out.push(shape("rail", "", "", json!({ "type": "LineString", "coordinates": rail })));
        }
        for (x, y) in [(WIDE * 1.0 + 360.0, 30.0), (WIDE * (self.columns as f64 - 1.0) + 400.0, h - HIGH + 200.0)] {
            let ring = self.bent(&[[x, y], [x + 230.0, y], [x + 230.0, y + 170.0], [x + 40.0, y + 190.0], [x, y]]);
            out.push(shape("green", "", "", json!({ "type": "Polygon", "coordinates": [ring] })));
        }
    }

    /// Outlines of the buildings that have a record, and of others around them.
    fn footprints(&self, out: &mut Vec<Value>) {
        let mut real: Vec<Spot> = vec![];
        for (c, complex) in self.town.complex.iter().enumerate() {
            for (b, building) in complex.building.iter().enumerate() {
                let spot = self.spot(c, b);
                real.push(spot);
                out.push(self.footprint(spot, 16.0 + 17.0 * building.units as f64, 15.0));
            }
        }
        let greens: Vec<Spot> = vec![
            [WIDE + 475.0, 115.0],
            [WIDE * (self.columns as f64 - 1.0) + 515.0, (self.rows() as f64 - 1.0) * HIGH + 295.0],
        ];
        let near = |list: &[Spot], p: Spot, x: f64, y: f64| {
            list.iter().any(|q| (q[0] - p[0]).abs() < x && (q[1] - p[1]).abs() < y)
        };
        for n in 0..self.columns * self.rows() * 48 {
            let (cell, i) = (n / 48, n % 48);
            let (x0, y0) = ((cell % self.columns) as f64 * WIDE, (cell / self.columns) as f64 * HIGH);
            // A fixed scatter, without chance.
            let jitter = ((n * 7919) % 97) as f64 / 97.0;
            let spot = [x0 + 55.0 + (i % 8) as f64 * 76.0, y0 + 45.0 + (i / 8) as f64 * 80.0];
            let crossed = (spot[0] - x0 - 330.0).abs() < 34.0 || (spot[1] - y0 - 445.0).abs() < 20.0;
            if jitter < 0.22 || crossed || near(&real, spot, 76.0, 42.0) || near(&greens, spot, 150.0, 115.0) {
                continue;
            }
            out.push(self.footprint(
                [spot[0] + 8.0 * jitter, spot[1] - 10.0 * jitter],
                24.0 + 26.0 * jitter,
                13.0 + 9.0 * (1.0 - jitter),
            ));
        }
    }

    fn footprint(&self, [x, y]: Spot, wide: f64, high: f64) -> Value {
        let (w, h) = (wide / 2.0, high / 2.0);
        let ring: Vec<[f64; 2]> = [[x - w, y - h], [x + w, y - h], [x + w, y + h], [x - w, y + h], [x - w, y - h]]
            .map(|p| self.at(p))
            .to_vec();
        shape("built", "", "", json!({ "type": "Polygon", "coordinates": [ring] }))
    }
}

fn shape(kind: &str, code: &str, name: &str, geometry: Value) -> Value {
    json!({ "type": "Feature", "properties": { "kind": kind, "code": code, "name": name }, "geometry": geometry })
}

#[cfg(test)]
mod tests {
    use super::*;
    use places::map::coords::{System, metres};
    use places::map::{Kind, read_geojson};
    use std::fmt::Write;

    #[test]
    fn both_towns_can_be_imported_and_no_two_buildings_stand_at_one_spot() {
        for town in crate::town::read().unwrap() {
            let plan = Layout::new(&town);
            let drawn = read_geojson(plan.geojson().as_bytes(), System::Wgs84).unwrap();
            let count = |k: Kind| drawn.iter().filter(|d| d.kind == k).count();
            assert_eq!(count(Kind::Community), town.community.len());
            assert_eq!(count(Kind::Beat), town.beat.len(), "every beat has an outline");
            assert!(count(Kind::Built) > 60 && count(Kind::Street) > 10);
            let spots: Vec<_> = town
                .complex
                .iter()
                .enumerate()
                .flat_map(|(c, x)| (0..x.building.len()).map(move |b| (c, b)))
                .map(|(c, b)| plan.building(c, b))
                .collect();
            let mut close = String::new();
            for (i, a) in spots.iter().enumerate() {
                for b in &spots[i + 1..] {
                    if metres(*a, *b) < 40.0 {
                        let _ = writeln!(close, "{a:?} {b:?}");
                    }
                }
            }
            assert_eq!(close, "");
        }
    }
}
