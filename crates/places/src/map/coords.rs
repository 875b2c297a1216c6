//! Coordinate systems of Chinese maps, as pure functions over degrees (longitude, latitude).
//!
//! GCJ-02 ("Mars coordinates") shifts WGS-84 by some hundred metres within China; BD-09 shifts GCJ-02 again. The formulas were never
//! published officially; these are the ones in common use. They agree to the last digit with the vectors of two libraries (both MIT):
//! eviltransform (github.com/googollee/eviltransform, tests of the Python package) for GCJ-02, coordtransform
//! (github.com/wandergis/coordtransform, test/app.js) for BD-09. The way back has no formula: it is found by iteration, to less than a
//! millimetre, where those libraries take one step and stay metres off.

use crate::map::Point;
use kernel::text_enum;
use std::f64::consts::PI;

text_enum! {
    /// 坐标系
    pub enum System {
        Wgs84 = "wgs84" / "WGS-84 或 CGCS2000（北斗、GPS、天地图）",
        Gcj02 = "gcj02" / "GCJ-02（高德、腾讯地图）",
        Bd09 = "bd09" / "BD-09（百度地图）",
    }
}

/// Half axis and eccentricity of the Krasovsky ellipsoid, on which GCJ-02 stands.
const AXIS: f64 = 6_378_245.0;
const ECC: f64 = 0.006_693_421_622_965_943;
const BD: f64 = PI * 3000.0 / 180.0;

/// From any of the systems to the one that is kept.
pub fn to_wgs84(system: System, p: Point) -> Point {
    match system {
        System::Wgs84 => p,
        System::Gcj02 => gcj02_to_wgs84(p),
        System::Bd09 => gcj02_to_wgs84(bd09_to_gcj02(p)),
    }
}

/// From the one that is kept to any of the systems.
pub fn from_wgs84(system: System, p: Point) -> Point {
    match system {
        System::Wgs84 => p,
        System::Gcj02 => wgs84_to_gcj02(p),
        System::Bd09 => gcj02_to_bd09(wgs84_to_gcj02(p)),
    }
}

/// Whether the shift applies: the box that all known implementations use.
fn within(p: Point) -> bool {
    (72.004..=137.8347).contains(&p[0]) && (0.8293..=55.8271).contains(&p[1])
}

fn shift([lon, lat]: Point) -> Point {
    let (x, y) = (lon - 105.0, lat - 35.0);
    let wave = (20.0 * (6.0 * x * PI).sin() + 20.0 * (2.0 * x * PI).sin()) * 2.0 / 3.0;
    let north = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * x.abs().sqrt()
        + wave
        + (20.0 * (y * PI).sin() + 40.0 * (y / 3.0 * PI).sin()) * 2.0 / 3.0
        + (160.0 * (y / 12.0 * PI).sin() + 320.0 * (y * PI / 30.0).sin()) * 2.0 / 3.0;
    let east = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * x.abs().sqrt()
        + wave
        + (20.0 * (x * PI).sin() + 40.0 * (x / 3.0 * PI).sin()) * 2.0 / 3.0
        + (150.0 * (x / 12.0 * PI).sin() + 300.0 * (x / 30.0 * PI).sin()) * 2.0 / 3.0;
    let rad = lat / 180.0 * PI;
    let m = 1.0 - ECC * rad.sin() * rad.sin();
    [east * 180.0 / (AXIS / m.sqrt() * rad.cos() * PI), north * 180.0 / ((AXIS * (1.0 - ECC)) / (m * m.sqrt()) * PI)]
}

/// WGS-84 to GCJ-02; outside China nothing is shifted.
pub fn wgs84_to_gcj02(p: Point) -> Point {
    if !within(p) {
        return p;
    }
    let s = shift(p);
    [p[0] + s[0], p[1] + s[1]]
}

/// GCJ-02 to WGS-84, by iteration.
pub fn gcj02_to_wgs84(p: Point) -> Point {
    if !within(p) {
        return p;
    }
    back(p, wgs84_to_gcj02)
}

/// GCJ-02 to BD-09.
pub fn gcj02_to_bd09([x, y]: Point) -> Point {
    let z = x.hypot(y) + 0.00002 * (y * BD).sin();
    let angle = y.atan2(x) + 0.000003 * (x * BD).cos();
    [z * angle.cos() + 0.0065, z * angle.sin() + 0.006]
}

/// BD-09 to GCJ-02, by iteration.
pub fn bd09_to_gcj02(p: Point) -> Point {
    back(p, gcj02_to_bd09)
}

/// The point that `there` takes to `p`. Each step divides the error by a thousand or more, because the shift varies slowly.
fn back(p: Point, there: fn(Point) -> Point) -> Point {
    let mut guess = p;
    for _ in 0..10 {
        let q = there(guess);
        guess = [guess[0] + p[0] - q[0], guess[1] + p[1] - q[1]];
    }
    guess
}

/// Metres between two points, on the sphere; good to half a per cent.
pub fn metres(a: Point, b: Point) -> f64 {
    let (la, lb) = (a[1].to_radians(), b[1].to_radians());
    let h = ((lb - la) / 2.0).sin().powi(2) + la.cos() * lb.cos() * ((b[0] - a[0]).to_radians() / 2.0).sin().powi(2);
    2.0 * 6_371_008.8 * h.sqrt().clamp(0.0, 1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// eviltransform, python/tests: (WGS-84, GCJ-02), each longitude, latitude.
    const GCJ: [(Point, Point); 3] = [
        ([121.5272106, 31.1774276], [121.531541859215, 31.17530398364597]),
        ([113.912316, 22.543847], [113.9171764808363, 22.540796131694766]),
        ([116.377817, 39.911954], [116.38404722455657, 39.91334545536069]),
    ];
    /// coordtransform, test/app.js: GCJ-02, and BD-09 of it.
    const BAIDU: (Point, Point) = ([116.404, 39.915], [116.41036949371029, 39.92133699351021]);
    /// The same: BD-09, and GCJ-02 of it by their one step.
    const BAIDU_BACK: (Point, Point) = ([116.404, 39.915], [116.39762729119315, 39.90865673957631]);

    #[test]
    fn the_published_vectors() {
        for (wgs, gcj) in GCJ {
            let got = wgs84_to_gcj02(wgs);
            assert!((got[0] - gcj[0]).abs() < 1e-12 && (got[1] - gcj[1]).abs() < 1e-12, "{got:?}");
            assert!(metres(gcj02_to_wgs84(gcj), wgs) < 0.001);
        }
        let got = gcj02_to_bd09(BAIDU.0);
        assert!((got[0] - BAIDU.1[0]).abs() < 1e-12 && (got[1] - BAIDU.1[1]).abs() < 1e-12, "{got:?}");
        assert!(metres(bd09_to_gcj02(BAIDU.1), BAIDU.0) < 0.001);
        let d = metres(bd09_to_gcj02(BAIDU_BACK.0), BAIDU_BACK.1);
        assert!(d < 2.0, "{d}");
    }

    #[test]
    fn the_shift_in_hailar_is_hundreds_of_metres_and_outside_there_is_none() {
        let town = [119.7365, 49.2122];
        assert!((300.0..900.0).contains(&metres(town, wgs84_to_gcj02(town))));
        assert!((500.0..1500.0).contains(&metres(town, from_wgs84(System::Bd09, town))));
        let berlin = [13.4, 52.5];
        assert_eq!((wgs84_to_gcj02(berlin), gcj02_to_wgs84(berlin)), (berlin, berlin));
        assert!((metres([0.0, 0.0], [1.0, 0.0]) - 111_195.0).abs() < 1.0);
    }

    proptest! {
        #[test]
        fn there_and_back_is_less_than_a_millimetre(lon in 74.0f64..135.0, lat in 4.0f64..53.0) {
            let p = [lon, lat];
            for system in [System::Gcj02, System::Bd09] {
                let again = to_wgs84(system, from_wgs84(system, p));
                prop_assert!(metres(p, again) < 0.001, "{system:?} {}", metres(p, again));
            }
        }

        #[test]
        fn any_numbers_give_numbers(lon in any::<f64>(), lat in any::<f64>()) {
            for system in [System::Gcj02, System::Bd09] {
                let _ = (to_wgs84(system, [lon, lat]), from_wgs84(system, [lon, lat]));
            }
        }
    }
}
