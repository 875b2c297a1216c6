//! The labelled sample: ids, hashes and labels ship, the texts stay in `../shared/data/text`.

use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

pub const ABSENT: &str = "the folder shared/data/text is not here: nothing measured";

pub const LABELS: &str = include_str!("../../data/labels.tsv");

/// One labelled message.
pub struct Labelled {
    pub judicial: String,
    pub cause: String,
    pub half: String,
    pub text: String,
}

/// `FENGQIAO_TEXTS`, or `shared/data/text` beside the worktree.
pub fn folder() -> Option<PathBuf> {
    let named = std::env::var("FENGQIAO_TEXTS").ok().map(PathBuf::from);
    let near = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/text");
    named.into_iter().chain([near]).find(|p| p.join("citizen_msgs_hotspot_dev.csv.gz").is_file())
}

fn unpacked(path: &Path) -> Vec<u8> {
    let mut out = vec![];
    if let Ok(f) = std::fs::File::open(path) {
        let _ = flate2::read::GzDecoder::new(f).take(64 << 20).read_to_end(&mut out);
    }
    out
}

/// All development messages by their hash.
pub fn messages(folder: &Path) -> HashMap<String, String> {
    let mut texts: HashMap<String, String> = HashMap::new();
    for part in ["hotspot", "replied"] {
        let bytes = unpacked(&folder.join(format!("citizen_msgs_{part}_dev.csv.gz")));
        for row in csv::Reader::from_reader(bytes.as_slice()).records().flatten() {
            let text = format!("{}\n{}", row.get(2).unwrap_or("").trim(), row.get(3).unwrap_or("").trim());
            texts.insert(hex::encode(Sha256::digest(text.as_bytes())), text);
        }
    }
    texts
}

/// The labelled messages whose text still has the hash that was labelled.
pub fn labelled(folder: &Path) -> Vec<Labelled> {
    let texts = messages(folder);
    LABELS
        .lines()
        .filter(|l| !l.starts_with('#'))
        .filter_map(|l| {
            let f: Vec<&str> = l.split('\t').collect();
            let text = texts.get(*f.get(2)?)?.clone();
            Some(Labelled { judicial: (*f.get(3)?).into(), cause: (*f.get(4)?).into(), half: (*f.get(5)?).into(), text })
        })
        .collect()
}

/// Class, question and half of lawbench_consult20.
pub fn consult(folder: &Path) -> Vec<(String, String, &'static str)> {
    let bytes = unpacked(&folder.join("lawbench_consult20_dev.jsonl.gz"));
    String::from_utf8_lossy(&bytes)
        .lines()
        .filter_map(|l| {
            let v: serde_json::Value = serde_json::from_str(l).ok()?;
            let question = v["question"].as_str()?.to_string();
            let last = Sha256::digest(question.as_bytes()).last().copied().unwrap_or(0);
            Some((v["answer"].as_str()?.to_string(), question, if last % 2 == 0 { "tune" } else { "check" }))
        })
        .collect()
}

/// Sub-causes of noise count as noise.
pub fn group(cause: &str) -> &str {
    if cause.starts_with("noise") { "noise" } else { cause }
}

/// The first cause proposed, grouped; "-" when none.
pub fn best_cause(model: &categories::Model, text: &str) -> String {
    model.suggest(text).causes.first().map_or("-".into(), |p| group(&p.code).to_string())
}

/// The invented texts with their causes, grouped.
pub fn cause_examples() -> Vec<(String, String)> {
    categories::suggest::examples()
        .into_iter()
        .filter(|e| e.target == "judicial")
        .map(|e| (group(&e.cause).to_string(), e.text))
        .collect()
}
