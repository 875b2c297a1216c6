//! The archive, packed with a program that is none: what is in it, whether its sums hold, and whether the guide's way of
//! installing it can be gone.

use super::{beside, host, output, pack, walk};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A folder of its own; gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        let dir = std::env::temp_dir().join(format!("fengqiao-dist-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        Folder(dir)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn list(v: &Value) -> &[Value] {
    v.as_array().map_or(&[], Vec::as_slice)
}

fn text(v: &Value) -> &str {
    v.as_str().unwrap_or("")
}

#[test]
fn the_archive_holds_what_an_installation_without_network_needs() {
    let folder = Folder::new();
    let program = folder.0.join("program");
    fs::write(&program, "#!/bin/sh\necho fengqiao\n").unwrap();
    let mode = |p: &Path| std::os::unix::fs::PermissionsExt::mode(&fs::metadata(p).unwrap().permissions()) & 0o777;
    fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let archive = pack(&top(), &program, &folder.0.join("dist")).unwrap();
    let first = fs::read(&archive).unwrap();
    assert_eq!(fs::read(pack(&top(), &program, &folder.0.join("again")).unwrap()).unwrap(), first, "packed twice it is another archive");

    // As somebody on the closed network does it: compare, unpack, compare.
    let dist = folder.0.join("dist");
    output(Command::new("sha256sum").arg("--check").arg(beside(&archive)).current_dir(&dist)).unwrap();
    let away = folder.0.join("away");
    fs::create_dir(&away).unwrap();
    output(Command::new("tar").arg("xzf").arg(&archive).current_dir(&away)).unwrap();
    let names: Vec<PathBuf> = fs::read_dir(&away).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(names.len(), 1, "one folder: {names:?}");
    let root = &names[0];
    assert!(root.to_string_lossy().ends_with(&host().unwrap()), "{root:?}");
    output(Command::new("sha256sum").args(["--check", "--strict", "SHA256SUMS"]).current_dir(root)).unwrap();
    let mut files = vec![];
    walk(root, root, &mut files).unwrap();
    let sums = fs::read_to_string(root.join("SHA256SUMS")).unwrap();
    let summed: BTreeSet<&str> = sums.lines().filter_map(|l| Some(l.split_once("  ")?.1)).collect();
    for file in files.iter().filter(|f| *f != Path::new("SHA256SUMS")) {
        assert!(summed.contains(file.to_str().unwrap()), "{file:?} has no sum");
    }
    for part in [
        "fengqiao", "packaging/fengqiao.service", "LICENSE", "THIRD-PARTY.txt", "sbom.cdx.json", "SHA256SUMS", "README.md", "README.zh-CN.md",
        "CHANGELOG.md", "docs/guide/start.md", "docs/guide/zh-CN.md", "mappings/citizen_messages.toml",
    ] {
        assert!(files.contains(&PathBuf::from(part)), "{part} is not in the archive");
    }
    assert_eq!(fs::read(root.join("fengqiao")).unwrap(), fs::read(&program).unwrap());
    assert_eq!((mode(&root.join("fengqiao")), mode(&root.join("LICENSE")) & 0o022), (0o755, 0));
    let mut changed = fs::read(root.join("LICENSE")).unwrap();
    changed[0] ^= 1;
    fs::write(root.join("LICENSE"), changed).unwrap();
    assert!(output(Command::new("sha256sum").args(["--check", "SHA256SUMS"]).current_dir(root)).is_err(), "a changed file is not found");

    licences_are_there(root);
    bill_is_whole(root);
    guide_can_be_followed(root);
}

/// Every linked package stands with its licence, and the texts of the licences that ask to be handed on.
fn licences_are_there(root: &Path) {
    let bill: Value = serde_json::from_str(&fs::read_to_string(root.join("sbom.cdx.json")).unwrap()).unwrap();
    let third = fs::read_to_string(root.join("THIRD-PARTY.txt")).unwrap();
    let foreign = list(&bill["components"]).iter().filter(|c| c["scope"] == "required" && c["hashes"].is_array());
    for c in foreign {
        let line = format!("{} {}: ", text(&c["name"]), text(&c["version"]));
        let said = third.lines().find_map(|l| l.strip_prefix(&line)).unwrap_or_else(|| panic!("{line} is not listed"));
        assert!(said.len() > 2, "{line} has no licence");
        assert!(!said.contains("GPL") || said.contains(" OR "), "{line}{said}");
    }
    for begins in ["Permission is hereby granted, free of charge", "Apache License", "Redistribution and use in source and binary forms"] {
        assert!(third.contains(begins), "no text of “{begins}…”");
    }
    assert!(fs::read_to_string(root.join("LICENSE")).unwrap().contains("Apache License") || text(&bill["components"]).is_empty());
}

/// The bill keeps the rules of CycloneDX 1.5 (ECMA-424), and names what Cargo itself says the program is built from.
fn bill_is_whole(root: &Path) {
    let bill: Value = serde_json::from_str(&fs::read_to_string(root.join("sbom.cdx.json")).unwrap()).unwrap();
    assert_eq!((text(&bill["bomFormat"]), text(&bill["specVersion"]), bill["version"].as_u64()), ("CycloneDX", "1.5", Some(1)));
    let serial = text(&bill["serialNumber"]).strip_prefix("urn:uuid:").expect("a serial number");
    assert!(serial.len() == 36 && serial.chars().all(|c| c == '-' || c.is_ascii_hexdigit() && !c.is_ascii_uppercase()), "{serial}");
    let main = &bill["metadata"]["component"];
    let all: Vec<&Value> = list(&bill["components"]).iter().collect();
    let mut refs = BTreeSet::from([text(&main["bom-ref"])]);
    for c in &all {
        let name = text(&c["name"]);
        assert!(refs.insert(text(&c["bom-ref"])), "{name}: its reference stands twice");
        assert!(!name.is_empty() && !text(&c["version"]).is_empty() && c["type"] == "library", "{c}");
        assert!(["required", "excluded"].contains(&text(&c["scope"])), "{name}");
        assert!(text(&c["purl"]).starts_with("pkg:"), "{name}");
        for h in list(&c["hashes"]) {
            let sum = text(&h["content"]);
            assert!(h["alg"] == "SHA-256" && sum.len() == 64 && sum.bytes().all(|b| b.is_ascii_hexdigit()), "{name}: {h}");
        }
        for l in list(&c["licenses"]) {
            assert!(!text(&l["expression"]).is_empty() && !text(&l["expression"]).contains('/'), "{name}: {l}");
        }
        assert!(list(&c["licenses"]).len() <= 1, "{name}: an expression stands alone");
    }
    for d in list(&bill["dependencies"]) {
        assert!(refs.contains(text(&d["ref"])), "{d}");
        assert!(list(&d["dependsOn"]).iter().all(|on| refs.contains(text(on))), "{d}");
    }
    // Cargo's own list of what goes into the build, and the lock file.
    let have: BTreeSet<String> = all.iter().chain([&main]).map(|c| format!("{} {}", text(&c["name"]), text(&c["version"]))).collect();
    let args = ["tree", "-p", "fengqiao", "-e", "normal,build", "--prefix", "none", "--offline", "--locked", "-f", "{p}", "--target"];
    let tree = output(Command::new("cargo").args(args).arg(host().unwrap()).current_dir(top())).unwrap();
    let built: BTreeSet<String> = tree
        .lines()
        .filter_map(|l| {
            let mut words = l.split_whitespace();
            Some(format!("{} {}", words.next()?, words.next()?.trim_start_matches('v')))
        })
        .collect();
    assert!(built.len() > 300, "{}", built.len());
    let missing: Vec<&String> = built.difference(&have).collect();
    assert!(missing.is_empty(), "built in, and not in the bill: {missing:#?}");
    let lock = fs::read_to_string(top().join("Cargo.lock")).unwrap();
    let of = |part: &str, key: &str| part.lines().find_map(|l| Some(l.strip_prefix(key)?.trim_matches([' ', '=', '"']).to_string()));
    let locked: BTreeSet<String> =
        lock.split("[[package]]").skip(1).filter_map(|p| Some(format!("{} {}", of(p, "name")?, of(p, "version")?))).collect();
    for c in all.iter().filter(|c| text(&c["purl"]).starts_with("pkg:cargo/")) {
        let name = format!("{} {}", text(&c["name"]), text(&c["version"]));
        assert!(locked.contains(&name), "{name} is in the bill, and not in Cargo.lock");
    }
}

/// The commands of the guide's section about the archive are those of the unit's head, and take nothing that is not there.
fn guide_can_be_followed(root: &Path) {
    let guide = fs::read_to_string(root.join("docs/guide/start.md")).unwrap();
    let section = guide.split("\n## From the archive\n").nth(1).expect("the section").split("\n## ").next().unwrap();
    let commands: Vec<&str> = section.split("```sh\n").nth(1).unwrap().split("```").next().unwrap().lines().filter(|l| !l.trim().is_empty()).collect();
    let unit = fs::read_to_string(root.join("packaging/fengqiao.service")).unwrap();
    let head: Vec<&str> = unit.lines().filter_map(|l| l.strip_prefix("#   ")).collect();
    assert!(head.len() >= 6, "{head:?}");
    for line in &head {
        assert!(commands.contains(line), "the unit says “{line}”, the guide does not:\n{section}");
    }
    let name = root.file_name().unwrap().to_string_lossy();
    let mut taken = 0;
    for line in commands {
        assert!(!line.contains("curl") && !line.contains("apt") && !line.contains("cargo"), "that needs a network: {line}");
        for part in line.split("&&").map(str::trim) {
            let words: Vec<&str> = part.split_whitespace().collect();
            let sources: &[&str] = match words.as_slice() {
                ["install", "-d", ..] => &[],
                ["install", "-m", _, from @ .., _] | ["cp", "-r", from @ .., _] => from,
                ["sha256sum", "--check", file] if *file == "SHA256SUMS" => &words[2..],
                _ => &[],
            };
            for from in sources {
                assert!(root.join(from).exists(), "{from} is not in the archive: {line}");
                taken += 1;
            }
        }
    }
    assert!(taken >= 4, "{taken} parts of the archive are used");
    assert!(section.contains("fengqiao-") && section.contains(".tar.gz.sha256"), "{name}");
}
