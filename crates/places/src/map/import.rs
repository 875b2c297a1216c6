//! GeoJSON (RFC 7946) of the town: outlines of beats, communities and grids, and a background of streets, water, green.
//!
//! Bounded, and every fault is named with the number of its feature, so that the file can be mended.

use crate::map::coords::{System, to_wgs84};
use crate::map::{Geometry, Point, Ring};
use crate::rules::{MAX_NAME, point_error};
use kernel::text_enum;
use serde::Deserialize;
use serde_json::Value;

/// Bytes of a file at most.
pub const MAX_BYTES: usize = 8 << 20;
/// Features of a file at most.
pub const MAX_SHAPES: usize = 5000;
/// Points of one feature, and of the whole file, at most.
const MAX_POINTS: usize = 20_000;
const MAX_ALL_POINTS: usize = 200_000;
/// Faults that are listed.
const MAX_FAULTS: usize = 30;

text_enum! {
    /// 图形种类
    pub enum Kind {
        Beat = "beat" / "警务区边界",
        Community = "community" / "社区边界",
        Grid = "grid" / "网格边界",
        Street = "street" / "道路",
        Rail = "rail" / "铁路",
        Water = "water" / "水面",
        Green = "green" / "绿地",
        Built = "built" / "建筑轮廓",
    }
}

impl Kind {
    /// An outline of a beat, community or grid, found by its code.
    pub fn is_outline(self) -> bool {
        matches!(self, Kind::Beat | Kind::Community | Kind::Grid)
    }
    /// Drawn as lines, not as areas.
    pub fn is_line(self) -> bool {
        matches!(self, Kind::Street | Kind::Rail)
    }
}

/// One accepted feature, in WGS-84.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// Its place in the file, from 1.
    pub row: usize,
    /// What it is.
    pub kind: Kind,
    /// Code of the beat, community or grid; "" for the background.
    pub code: String,
    /// Name of the street or water, or "".
    pub name: String,
    /// Where.
    pub geometry: Geometry,
}

/// Why a feature (or, with row 0, the file) was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Number of the feature, from 1.
    pub row: usize,
    /// The reason and what to do.
    pub why: String,
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "type")]
    kind: String,
    features: Vec<Value>,
}

#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    properties: Option<Properties>,
    #[serde(default)]
    geometry: Option<Shape>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Properties {
    kind: String,
    code: Text,
    name: Option<Text>,
}

/// Codes are written as text or as numbers.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Text(String),
    Number(u64),
}

impl Default for Text {
    fn default() -> Text {
        Text::Text(String::new())
    }
}

impl Text {
    fn into_string(self) -> String {
        match self {
            Text::Text(t) => t.trim().to_string(),
            Text::Number(n) => n.to_string(),
        }
    }
}

#[derive(Deserialize)]
#[serde(tag = "type", content = "coordinates")]
enum Shape {
    LineString(Vec<Position>),
    MultiLineString(Vec<Vec<Position>>),
    Polygon(Vec<Vec<Position>>),
    MultiPolygon(Vec<Vec<Vec<Position>>>),
}

/// Longitude, latitude, perhaps a height.
#[derive(Deserialize)]
#[serde(transparent)]
struct Position(Vec<f64>);

/// Reads a file whose positions are in `system`.
///
/// # Errors
/// The faults, some thirty at most; then nothing of the file is to be taken.
pub fn read(bytes: &[u8], system: System) -> Result<Vec<Drawn>, Vec<Fault>> {
    let file = |why: &str| vec![Fault { row: 0, why: why.into() }];
    if bytes.len() > MAX_BYTES {
        return Err(file("文件超过 8 MB。请分成几个文件，或简化线条后再导入。"));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let Ok(f) = serde_json::from_slice::<File>(bytes) else {
        return Err(file("这不是 GeoJSON 文件（UTF-8 编码的 FeatureCollection）。请从制图软件中以 GeoJSON 格式导出。"));
    };
    if f.kind != "FeatureCollection" {
        return Err(file("文件的类型应为 FeatureCollection。"));
    }
    if f.features.is_empty() {
        return Err(file("文件中没有要素。"));
    }
    if f.features.len() > MAX_SHAPES {
        return Err(file("文件中的要素超过 5000 个。请分成几个文件。"));
    }
    let (mut out, mut faults, mut points) = (vec![], vec![], 0);
    for (i, raw) in f.features.into_iter().enumerate() {
        match one(i + 1, raw, system, &mut points) {
            Ok(d) => out.push(d),
            Err(why) => faults.push(Fault { row: i + 1, why }),
        }
        if faults.len() >= MAX_FAULTS {
            break;
        }
    }
    if faults.is_empty() { Ok(out) } else { Err(faults) }
}

fn one(row: usize, raw: Value, system: System, points: &mut usize) -> Result<Drawn, String> {
    let r: Row = serde_json::from_value(raw).map_err(|_| {
        "读不出来：图形应为 LineString、MultiLineString、Polygon 或 MultiPolygon，属性应有 kind。".to_string()
    })?;
    let p = r.properties.unwrap_or_default();
    let kind = Kind::from_code(&p.kind).ok_or_else(|| {
        let known: Vec<&str> = Kind::ALL.iter().map(|k| k.code()).collect();
        format!("属性 kind 为“{}”，应为 {} 之一。", kernel::text::cut(&p.kind, 20), known.join("、"))
    })?;
    let code = p.code.into_string();
    if kind.is_outline() && code.is_empty() {
        return Err(format!("{}应有属性 code：系统中的编号。", kind.label()));
    }
    let name = p.name.map(Text::into_string).unwrap_or_default();
    if code.chars().count() > MAX_NAME || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(format!("名称和编号最多 {MAX_NAME} 字。"));
    }
    let shape = r.geometry.ok_or("没有图形（geometry）。")?;
    let geometry = geometry(kind, shape, system)?;
    let n = geometry.points().count();
    *points += n;
    if n > MAX_POINTS || *points > MAX_ALL_POINTS {
        return Err("点太多：一个要素最多 2 万点，一个文件最多 20 万点。请简化线条后再导入。".into());
    }
    Ok(Drawn { row, kind, code: if kind.is_outline() { code } else { String::new() }, name, geometry })
}

fn geometry(kind: Kind, shape: Shape, system: System) -> Result<Geometry, String> {
    let wrong =
        || format!("{}应为{}。", kind.label(), if kind.is_line() { "线（LineString）" } else { "面（Polygon）" });
    Ok(match shape {
        Shape::LineString(l) if kind.is_line() => Geometry::Lines(vec![line(l, system)?]),
        Shape::MultiLineString(l) if kind.is_line() => Geometry::Lines(many(l, |l| line(l, system))?),
        Shape::Polygon(rings) if !kind.is_line() => Geometry::Areas(vec![many(rings, |r| ring(r, system))?]),
        Shape::MultiPolygon(all) if !kind.is_line() => {
            Geometry::Areas(many(all, |rings| many(rings, |r| ring(r, system)))?)
        }
        _ => return Err(wrong()),
    })
}

fn many<A, B>(list: Vec<A>, each: impl Fn(A) -> Result<B, String>) -> Result<Vec<B>, String> {
    if list.is_empty() {
        return Err("图形是空的。".into());
    }
    list.into_iter().map(each).collect()
}

fn line(points: Vec<Position>, system: System) -> Result<Vec<Point>, String> {
    if points.len() < 2 {
        return Err("一条线至少要有两个点。".into());
    }
    points.into_iter().map(|p| position(p, system)).collect()
}

fn ring(points: Vec<Position>, system: System) -> Result<Ring, String> {
    let ring: Ring = points.into_iter().map(|p| position(p, system)).collect::<Result<_, _>>()?;
    if ring.len() < 4 || ring.first() != ring.last() {
        return Err("面的边界没有闭合：至少四个点，首尾相同。".into());
    }
    Ok(ring)
}

fn position(p: Position, system: System) -> Result<Point, String> {
    let (Some(lon), Some(lat)) = (p.0.first().copied(), p.0.get(1).copied()) else {
        return Err("有的点缺少经度或纬度。".into());
    };
    match point_error(Some(lon), Some(lat)) {
        Some(why) => Err(format!("点（{lon}，{lat}）{why}GeoJSON 中经度在前。")),
        None => {
            let [lon, lat] = to_wgs84(system, [lon, lat]);
            // Ten centimetres are enough, and keep what is stored short.
            Ok([(lon * 1e6).round() / 1e6, (lat * 1e6).round() / 1e6])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map::coords::{from_wgs84, metres};
    use proptest::prelude::*;

    fn file(features: &str) -> String {
        format!(r#"{{"type":"FeatureCollection","name":"x","features":[{features}]}}"#)
    }

    const AREA: &str =
        r#"{"type":"Polygon","coordinates":[[[119.7,49.2],[119.8,49.2],[119.8,49.3,650],[119.7,49.2]]]}"#;

    fn area(kind: &str, code: &str) -> String {
        format!(r#"{{"type":"Feature","properties":{{"kind":"{kind}","code":{code},"x":[1]}},"geometry":{AREA}}}"#)
    }

    fn faults(text: &str) -> Vec<Fault> {
        read(text.as_bytes(), System::Wgs84).unwrap_err()
    }

    #[test]
    fn outlines_and_background_are_read() {
        let street = r#"{"type":"Feature","properties":{"kind":"street","name":"正阳街"},"geometry":{"type":"LineString","coordinates":[[119.7,49.2],[119.75,49.21]]}}"#;
        let text = file(&[area("beat", "\"HLR-ZY-B1\""), area("community", "150702001002"), street.into()].join(","));
        let got = read(text.as_bytes(), System::Wgs84).unwrap();
        assert_eq!((got[0].kind, &*got[0].code, got[0].row), (Kind::Beat, "HLR-ZY-B1", 1));
        assert_eq!(got[1].code, "150702001002");
        assert_eq!((got[2].kind, &*got[2].name), (Kind::Street, "正阳街"));
        assert_eq!(got[0].geometry.points().nth(2), Some([119.8, 49.3]));
        assert_eq!(read(format!("\u{feff}{text}").as_bytes(), System::Wgs84).unwrap(), got);
    }

    #[test]
    fn other_systems_are_converted_at_the_edge() {
        let p = from_wgs84(System::Bd09, [119.7365, 49.2122]);
        let street = format!(
            r#"{{"properties":{{"kind":"street"}},"geometry":{{"type":"LineString","coordinates":[[{},{}],[119.75,49.21]]}}}}"#,
            p[0], p[1]
        );
        let got = read(file(&street).as_bytes(), System::Bd09).unwrap();
        assert!(metres(got[0].geometry.points().next().unwrap(), [119.7365, 49.2122]) < 0.2);
    }

    #[test]
    fn every_fault_is_named_with_its_row() {
        let point = r#"{"properties":{"kind":"beat","code":"1"},"geometry":{"type":"Point","coordinates":[119,49]}}"#;
        let swapped = r#"{"properties":{"kind":"street"},"geometry":{"type":"LineString","coordinates":[[49.2,119.7],[119,49]]}}"#;
        let open = r#"{"properties":{"kind":"water"},"geometry":{"type":"Polygon","coordinates":[[[119,49],[119.1,49],[119.1,49.1],[119.2,49]]]}}"#;
        let text = file(
            &[
                &area("beat", "\"\""),
                &area("heat", "1"),
                &area("street", "1"),
                point,
                swapped,
                open,
                &area("beat", "7"),
            ]
            .join(","),
        );
        let f = faults(&text);
        assert_eq!(f.iter().map(|f| f.row).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
        for (f, part) in f.iter().zip(["code", "heat", "应为线", "读不出来", "经度在前", "没有闭合"]) {
            assert!(f.why.contains(part), "{}", f.why);
        }
    }

    #[test]
    fn files_that_are_none_or_too_large_are_refused_whole() {
        for (text, part) in [
            ("", "不是 GeoJSON"),
            ("[1]", "不是 GeoJSON"),
            (r#"{"type":"Feature","features":[]}"#, "FeatureCollection"),
            (&file(""), "没有要素"),
        ] {
            let f = faults(text);
            assert!(f.len() == 1 && f[0].row == 0 && f[0].why.contains(part), "{f:?}");
        }
        assert!(faults(&" ".repeat(MAX_BYTES + 1))[0].why.contains("8 MB"));
        assert!(faults(&file(&vec!["1"; 5001].join(",")))[0].why.contains("5000"));
        assert_eq!(faults(&file(&vec!["1"; 100].join(","))).len(), MAX_FAULTS);
        let long = vec!["[119.0,49.0]"; 20_001].join(",");
        let text = file(&format!(
            r#"{{"properties":{{"kind":"street"}},"geometry":{{"type":"LineString","coordinates":[{long}]}}}}"#
        ));
        assert!(faults(&text)[0].why.contains("点太多"));
        assert_eq!(faults(&"[".repeat(100_000)).len(), 1);
    }

    proptest! {
        #[test]
        fn junk_gives_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes, System::Gcj02);
        }

        #[test]
        fn a_mangled_file_gives_an_answer(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut b = file(&[area("beat", "1"), area("water", "null")].join(",")).into_bytes();
            let at = at.index(b.len());
            b[at] = byte;
            let _ = read(&b, System::Bd09);
        }
    }
}
