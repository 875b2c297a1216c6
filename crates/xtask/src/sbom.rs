//! The bill of materials: CycloneDX 1.5 JSON from `cargo metadata` and `Cargo.lock`, without network.
//!
//! Holds what the binary is built from (normal dependencies, and what their builds need, marked as
//! excluded from the result), never what only tests use. Source: CycloneDX 1.5, ECMA-424.

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Package id → whether it is linked into the result (false: needed by a build script or macro only).
type Reached = BTreeMap<String, bool>;

/// The bill of `root`. `at` is the moment of the source (RFC 3339), so that the same source gives the
/// same bill.
pub fn make(metadata: &Value, lock: &str, root: &str, at: &str) -> Result<Value, String> {
    let packages = list(&metadata["packages"]);
    let of: BTreeMap<&str, &Value> = packages.iter().map(|p| (text(&p["id"]), p)).collect();
    let root_id = packages.iter().find(|p| p["name"] == root).map(|p| text(&p["id"])).ok_or(format!("no package {root}"))?;
    let reached = reach(metadata, &of, root_id);
    let sums = checksums(lock);
    let mut components = vec![];
    for (id, linked) in reached.iter().filter(|(id, _)| *id != root_id) {
        let p = of.get(id.as_str()).ok_or(format!("{id} is not among the packages"))?;
        components.push(component(p, *linked, &sums)?);
    }
    if root == "fengqiao" {
        components.push(maplibre());
    }
    components.sort_by_key(|c| text(&c["bom-ref"]).to_string());
    let mut dependencies = vec![];
    for node in list(&metadata["resolve"]["nodes"]) {
        let id = text(&node["id"]);
        if !reached.contains_key(id) {
            continue;
        }
        let on: BTreeSet<String> =
            list(&node["deps"]).iter().filter(|d| kinds(d).0 || kinds(d).1).filter_map(|d| Some(reference(of.get(text(&d["pkg"]))?))).collect();
        dependencies.push(json!({ "ref": reference(of[id]), "dependsOn": on }));
    }
    dependencies.sort_by_key(|d| text(&d["ref"]).to_string());
    let main = of[root_id];
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": serial(&components, at),
        "version": 1,
        "metadata": {
            "timestamp": at,
            "tools": { "components": [{ "type": "application", "name": "cargo xt dist" }] },
            "component": {
                "type": "application", "bom-ref": reference(main), "name": main["name"], "version": main["version"],
                "purl": reference(main), "licenses": licences(main),
            },
        },
        "components": components,
        "dependencies": dependencies,
    }))
}

/// A serial number (RFC 9562, version 8: made of what is billed) that is the same for the same bill: two FNV-1a sums.
fn serial(components: &[Value], at: &str) -> String {
    let words: String = components.iter().map(|c| format!("{} {}\n", text(&c["bom-ref"]), c["hashes"])).collect();
    let sum = |start: u64| words.bytes().chain(at.bytes()).fold(start, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    let (a, b) = (sum(0xcbf2_9ce4_8422_2325), sum(0x84222325_cbf29ce4));
    let (mid, high) = (a & 0x0fff | 0x8000, b >> 48 & 0x3fff | 0x8000);
    format!("urn:uuid:{:08x}-{:04x}-{mid:04x}-{high:04x}-{:012x}", a >> 32, a >> 16 & 0xffff, b & 0xffff_ffff_ffff)
}

/// The one script of others that is inside the program (`crates/web/assets/vendor`).
fn maplibre() -> Value {
    let purl = "pkg:npm/maplibre-gl@6.17.0";
    json!({
        "type": "library", "bom-ref": purl, "name": "maplibre-gl", "version": "6.17.0", "purl": purl, "scope": "required",
        "licenses": [{ "expression": "BSD-3-Clause" }],
        "hashes": [{ "alg": "SHA-256", "content": "e02cb08c572fd0950a75343cd558099c2a1dbbaf67f26b0c96f115431962d1ae" }],
    })
}

fn text(v: &Value) -> &str {
    v.as_str().unwrap_or("")
}

fn list(v: &Value) -> &[Value] {
    v.as_array().map_or(&[], Vec::as_slice)
}

/// `pkg:cargo/serde@1.0.228`
fn reference(p: &Value) -> String {
    format!("pkg:cargo/{}@{}", text(&p["name"]), text(&p["version"]).replace('+', "%2B"))
}

/// Whether a dependency edge is (normal, build).
fn kinds(edge: &Value) -> (bool, bool) {
    let all = list(&edge["dep_kinds"]);
    (all.iter().any(|k| k["kind"].is_null()), all.iter().any(|k| k["kind"] == "build"))
}

fn is_macro(p: &Value) -> bool {
    list(&p["targets"]).iter().any(|t| list(&t["kind"]).iter().any(|k| k == "proc-macro"))
}

fn reach(metadata: &Value, of: &BTreeMap<&str, &Value>, root: &str) -> Reached {
    let nodes: BTreeMap<&str, &Value> = list(&metadata["resolve"]["nodes"]).iter().map(|n| (text(&n["id"]), n)).collect();
    let mut reached = Reached::new();
    let mut open = vec![(root, true)];
    while let Some((id, linked)) = open.pop() {
        match reached.get(id) {
            Some(known) if *known || !linked => continue,
            _ => reached.insert(id.to_string(), linked),
        };
        for edge in nodes.get(id).map_or(&[][..], |n| list(&n["deps"])) {
            let (normal, build) = kinds(edge);
            let to = text(&edge["pkg"]);
            if normal {
                open.push((to, linked && !of.get(to).is_some_and(|p| is_macro(p))));
            } else if build {
                open.push((to, false));
            }
        }
    }
    reached
}

fn licences(p: &Value) -> Value {
    match p["license"].as_str() {
        // The old way of writing a choice.
        Some(l) => json!([{ "expression": l.replace('/', " OR ") }]),
        None => json!([]),
    }
}

fn component(p: &Value, linked: bool, sums: &BTreeMap<(String, String), String>) -> Result<Value, String> {
    let key = (text(&p["name"]).to_string(), text(&p["version"]).to_string());
    let own = p["source"].is_null();
    let mut out = json!({
        "type": "library", "bom-ref": reference(p), "name": p["name"], "version": p["version"], "purl": reference(p),
        "scope": if linked { "required" } else { "excluded" }, "licenses": licences(p),
    });
    match sums.get(&key) {
        Some(sum) => out["hashes"] = json!([{ "alg": "SHA-256", "content": sum }]),
        None if own => {}
        None => return Err(format!("{} {} has no checksum in Cargo.lock", key.0, key.1)),
    }
    if let Some(r) = p["repository"].as_str() {
        out["externalReferences"] = json!([{ "type": "vcs", "url": r }]);
    }
    Ok(out)
}

/// `(name, version)` → SHA-256 of the package as downloaded.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let mut out = BTreeMap::new();
    for part in lock.split("[[package]]").skip(1) {
        let of = |key: &str| part.lines().find_map(|l| l.strip_prefix(key)?.trim().strip_prefix('"')?.strip_suffix('"').map(str::to_string));
        if let (Some(name), Some(version), Some(sum)) = (of("name ="), of("version ="), of("checksum =")) {
            out.insert((name, version), sum);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"leaf\"\nversion = \"2.0.0+x\"\nsource = \"registry\"\nchecksum = \"aa11\"\n\n[[package]]\nname = \"gen\"\nversion = \"1.0.0\"\nchecksum = \"bb22\"\n";

    fn metadata() -> Value {
        let package = |name: &str, version: &str, own: bool| {
            json!({ "id": name, "name": name, "version": version, "license": "MIT/Apache-2.0",
                    "source": if own { Value::Null } else { json!("registry") }, "targets": [{ "kind": ["lib"] }] })
        };
        let edge = |to: &str, kind: Value| json!({ "pkg": to, "dep_kinds": [{ "kind": kind }] });
        json!({
            "packages": [package("app", "0.1.0", true), package("room", "0.1.0", true), package("leaf", "2.0.0+x", false),
                         package("gen", "1.0.0", false), package("probe", "9.0.0", false)],
            "resolve": { "nodes": [
                { "id": "app", "deps": [edge("room", Value::Null), edge("probe", json!("dev"))] },
                { "id": "room", "deps": [edge("leaf", Value::Null), edge("gen", json!("build"))] },
                { "id": "leaf", "deps": [] }, { "id": "gen", "deps": [edge("leaf", Value::Null)] }, { "id": "probe", "deps": [] },
            ] },
        })
    }

    #[test]
    fn the_bill_names_what_is_linked_and_leaves_out_what_only_tests_use() {
        let bill = make(&metadata(), LOCK, "app", "2026-05-08T01:00:00Z").unwrap();
        assert_eq!((text(&bill["bomFormat"]), text(&bill["specVersion"])), ("CycloneDX", "1.5"));
        assert_eq!(bill["metadata"]["component"]["name"], "app");
        let scopes: Vec<(&str, &str)> = list(&bill["components"]).iter().map(|c| (text(&c["name"]), text(&c["scope"]))).collect();
        assert_eq!(scopes, [("gen", "excluded"), ("leaf", "required"), ("room", "required")]);
        let leaf = &bill["components"][1];
        assert_eq!(leaf["purl"], "pkg:cargo/leaf@2.0.0%2Bx");
        assert_eq!(leaf["hashes"][0]["content"], "aa11");
        assert_eq!(leaf["licenses"][0]["expression"], "MIT OR Apache-2.0");
        let room = list(&bill["dependencies"]).iter().find(|d| d["ref"] == "pkg:cargo/room@0.1.0").unwrap();
        assert_eq!(room["dependsOn"], json!(["pkg:cargo/gen@1.0.0", "pkg:cargo/leaf@2.0.0%2Bx"]));
    }

    #[test]
    fn a_package_without_a_checksum_is_an_error() {
        assert!(make(&metadata(), "", "app", "").unwrap_err().contains("no checksum"));
        assert!(make(&metadata(), LOCK, "other", "").is_err());
    }

    #[test]
    fn the_bill_of_this_program_is_whole() {
        let top = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
        let out = std::process::Command::new("cargo")
            .args(["metadata", "--format-version", "1", "--offline", "--locked", "--filter-platform", &crate::dist::host().unwrap()])
            .current_dir(top)
            .output()
            .unwrap();
        let metadata: Value = serde_json::from_slice(&out.stdout).unwrap();
        let lock = std::fs::read_to_string(format!("{top}/Cargo.lock")).unwrap();
        let bill = make(&metadata, &lock, "fengqiao", "2026-05-08T01:00:00Z").unwrap();
        let names: Vec<&str> = list(&bill["components"]).iter().map(|c| text(&c["name"])).collect();
        assert!(names.contains(&"sqlx") && names.contains(&"kernel") && !names.contains(&"proptest"));
        let refs: BTreeSet<&str> = list(&bill["components"]).iter().map(|c| text(&c["bom-ref"])).collect();
        for d in list(&bill["dependencies"]) {
            for on in list(&d["dependsOn"]) {
                assert!(refs.contains(text(on)), "{} depends on {on}, which is not listed", d["ref"]);
            }
        }
        for c in list(&bill["components"]).iter().filter(|c| c["hashes"].is_array()) {
            assert!(!list(&c["licenses"]).is_empty(), "{} has no licence", c["name"]);
        }
    }
}
