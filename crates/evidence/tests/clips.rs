//! A clip and its manifest: every way in which they can disagree has its own answer.

use evidence::{
    Bad, CONTEXT, Camera, Digests, Exporter, FORMAT, FileFinding, Key, Sealed, SignFinding, Statement, Verdict,
    measure, parse_keys, seal, verify,
};
use media::export::{Hasher, Manifest, PartFacts, Segment, Span};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use vault::{KeyFile, Vault};

const T: i64 = 1_778_200_000_000;
const BLOCK: usize = 64 << 10;

struct World {
    vault: Vault,
    files: Vec<Vec<u8>>,
    manifest: String,
}

/// Two files of 300,000 and 150,000 bytes, one gap.
static WORLD: LazyLock<World> = LazyLock::new(|| {
    let files = vec![bytes(300_000, 7), bytes(150_000, 11)];
    let vault = fresh("sm");
    let manifest = seal(&vault, &statement(&files)).unwrap();
    World { vault, files, manifest }
});

fn bytes(n: u32, salt: u32) -> Vec<u8> {
    (0..n).map(|i| (i.wrapping_mul(2_654_435_761).wrapping_add(salt) >> 13) as u8).collect()
}

fn fresh(suite: &str) -> Vault {
    let dir = tempfile::tempdir().unwrap();
    Vault::new(KeyFile::create(&dir.path().join("k"), suite, "2026-05-08").unwrap())
}

fn part(file: &[u8]) -> PartFacts {
    let mut p = PartFacts {
        codec: "avc1.64001f".into(),
        width: 640,
        height: 360,
        bytes: file.len() as u64,
        pictures: 250,
        segments: vec![Segment { film_ms: 0, from_ms: T, to_ms: T + 10_000 }],
        lossy: vec![],
        digests: BTreeMap::new(),
        blocks: None,
    };
    let mut digests = Digests::new(p.bytes);
    digests.hashers().into_iter().for_each(|h: &mut dyn Hasher| file.chunks(10_000).for_each(|c| h.update(c)));
    digests.fill(&mut p);
    p
}

fn statement(files: &[Vec<u8>]) -> Statement {
    Statement {
        format: FORMAT.into(),
        export: "DC-20260508-0007".into(),
        camera: Camera {
            code: "150702-014".into(), name: "正阳路口".into(), place: "正阳街与中央街交会处".into()
        },
        exporter: Exporter { unit: "正阳派出所".into(), name: "王强（012345）".into() },
        exported_ms: T + 3_600_000,
        purpose: "接处警".into(),
        reason: "核实纠纷经过".into(),
        incident: "JQ-20260508-0012".into(),
        approver: "赵敏".into(),
        blurred: None,
        clip: Manifest {
            format: "fengqiao-clip-1".into(),
            stream: "a1".repeat(16),
            asked: Span { from_ms: T, to_ms: T + 60_000 },
            gaps: vec![Span { from_ms: T + 20_000, to_ms: T + 40_000 }],
            parts: files.iter().map(|f| part(f)).collect(),
        },
    }
}

fn check_with(manifest: &str, file: &[u8], keys: &[Key]) -> Verdict {
    let sizes: Vec<u64> = Sealed::parse(manifest.as_bytes())
        .unwrap()
        .1
        .clip
        .parts
        .iter()
        .map(|p| p.blocks.as_ref().unwrap().size)
        .collect();
    verify(manifest.as_bytes(), &measure(&mut &file[..], &sizes).unwrap(), keys).unwrap()
}

fn check(file: &[u8]) -> FileFinding {
    check_with(&WORLD.manifest, file, &[]).file
}

fn keys(vault: &Vault) -> Vec<Key> {
    vault.attest_keys(CONTEXT).into_iter().map(|(_, alg, public)| Key { alg, public }).collect()
}

#[test]
fn each_file_of_an_export_is_known_and_proven_with_either_key() {
    for (part, file) in WORLD.files.iter().enumerate() {
        for key in keys(&WORLD.vault) {
            let v = check_with(&WORLD.manifest, file, &[key]);
            assert!(v.is_proven());
            assert_eq!(v.file, FileFinding::Whole { part });
            assert_eq!(v.signature, SignFinding::Known { key_ids: vec!["clip-head-20260508-1".into()] });
            assert!(v.judgement().zh.contains("真实完整"));
        }
    }
    let lines = check_with(&WORLD.manifest, &WORLD.files[0], &[]).statement.lines();
    let text: Vec<&str> = lines.iter().map(|w| &*w.zh).collect();
    assert!(text.iter().any(|t| t.contains("缺口：1 处没有录像")), "{text:?}");
    assert!(text.iter().any(|t| t.contains("2026-05-08 08:27:00 – 2026-05-08 08:27:20")), "{text:?}");
}

#[test]
fn a_changed_byte_is_found_where_it_is() {
    for at in [0, 1, BLOCK - 1, BLOCK, 200_000, 299_999] {
        let mut file = WORLD.files[0].clone();
        file[at] ^= 1;
        let from = (at / BLOCK * BLOCK) as u64;
        let until = (from + BLOCK as u64).min(300_000);
        assert_eq!(check(&file), FileFinding::Changed { part: 0, blocks: vec![(from, until)] }, "{at}");
    }
    let mut file = WORLD.files[0].clone();
    file[10] ^= 1;
    file[BLOCK + 10] ^= 1;
    file[250_000] ^= 1;
    assert_eq!(check(&file), FileFinding::Changed { part: 0, blocks: vec![(0, 131_072), (196_608, 262_144)] });
}

#[test]
fn a_cut_tail_an_appended_one_and_another_file_are_told_apart() {
    let file = &WORLD.files[0];
    assert_eq!(check(&file[..299_999]), FileFinding::Cut { part: 0, intact: 262_144, missing: 1 });
    assert_eq!(check(&file[..131_072]), FileFinding::Cut { part: 0, intact: 131_072, missing: 168_928 });
    assert_eq!(check(&[&file[..], b"x"].concat()), FileFinding::Longer { part: 0, added: 1 });
    assert_eq!(check(&bytes(280_000, 99)), FileFinding::Foreign);
    assert_eq!(check(b""), FileFinding::Foreign);
    // Cut within the first block nothing is proven, and cut and changed is changed.
    assert_eq!(check(&file[..1000]), FileFinding::Foreign);
    let mut both = file[..200_000].to_vec();
    both[3] ^= 1;
    assert!(matches!(check(&both), FileFinding::Changed { part: 0, .. }));
}

#[test]
fn a_signature_is_known_unknown_unchecked_forged_or_missing() {
    let file = &WORLD.files[0];
    let sign = |m: &str, k: &[Key]| check_with(m, file, k).signature;
    assert!(matches!(sign(&WORLD.manifest, &[]), SignFinding::Unchecked { keys } if keys.len() == 2));
    assert!(matches!(sign(&WORLD.manifest, &keys(&fresh("sm"))), SignFinding::Unknown { .. }));
    // Somebody changes the purpose.
    let forged = WORLD.manifest.replace("核实纠纷经过", "核实纠纷经历");
    let v = check_with(&forged, file, &keys(&WORLD.vault));
    assert_eq!(v.signature, SignFinding::Forged { alg: "sm2".into() });
    assert!(!v.is_whole() && v.judgement().zh.contains("不能作为原始导出使用"));
    // Somebody signs a changed statement with keys of their own.
    let mut lie = statement(&WORLD.files);
    lie.clip.gaps.clear();
    let other = seal(&fresh("intl"), &lie).unwrap();
    assert!(!check_with(&other, file, &keys(&WORLD.vault)).is_proven());
    // One good signature does not carry a bad one.
    let (mut sealed, _) = Sealed::parse(WORLD.manifest.as_bytes()).unwrap();
    sealed.signatures[1].signature = sealed.signatures[0].signature.clone();
    let text = serde_json::to_string(&sealed).unwrap();
    assert_eq!(sign(&text, &keys(&WORLD.vault)), SignFinding::Forged { alg: "ed25519".into() });
    sealed.signatures.clear();
    assert_eq!(sign(&serde_json::to_string(&sealed).unwrap(), &[]), SignFinding::Missing);
}

#[test]
fn what_is_no_manifest_is_said() {
    let read = |b: &[u8]| verify(b, &Default::default(), &[]).unwrap_err();
    assert_eq!(read(b""), Bad::Shape);
    assert_eq!(read(b"{\"format\":1}"), Bad::Shape);
    assert_eq!(read(&WORLD.files[0]), Bad::Shape);
    assert_eq!(read(&vec![b' '; 5 << 20]), Bad::Size);
    assert_eq!(read("[".repeat(100_000).as_bytes()), Bad::Shape);
    assert_eq!(read(WORLD.manifest.replace(FORMAT, "fengqiao-evidence-9").as_bytes()), Bad::Format);
    for lie in ["\\u001b[2J", "\\n", "\\u202e"] {
        let text = WORLD.manifest.replace("核实纠纷经过", &lie.replace('\\', "\\\\"));
        assert_eq!(read(text.as_bytes()), Bad::Value("reason"), "{lie}");
    }
    let mut s = statement(&WORLD.files);
    s.clip.parts[0].digests.remove("sm3");
    assert!(seal(&WORLD.vault, &s).is_err(), "what is not filled in is not signed");
    s = statement(&WORLD.files);
    s.reason = "长".repeat(501);
    assert!(seal(&WORLD.vault, &s).is_err());
}

/// The committed clip: what was sealed once must be provable with every later version.
#[test]
fn a_clip_of_earlier_days_still_proves_itself() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture");
    let file = std::fs::read(dir.join("clip.mp4")).unwrap();
    if std::env::var("FENGQIAO_BLESS").is_ok() && !dir.join("manifest.json").exists() {
        let vault = fresh("sm");
        std::fs::write(dir.join("manifest.json"), seal(&vault, &statement(std::slice::from_ref(&file))).unwrap())
            .unwrap();
        let lines: Vec<String> =
            vault.attest_keys(CONTEXT).iter().map(|(id, a, k)| format!("{id}\t{a}\t{k}\n")).collect();
        std::fs::write(dir.join("keys.txt"), lines.concat()).unwrap();
    }
    let manifest = std::fs::read_to_string(dir.join("manifest.json")).unwrap();
    let keys = parse_keys(&std::fs::read_to_string(dir.join("keys.txt")).unwrap());
    assert_eq!(keys.len(), 2);
    assert!(check_with(&manifest, &file, &keys).is_proven());
}

#[test]
fn the_page_stands_alone() {
    let page = evidence::PAGE;
    assert!(page.contains("default-src 'none'"));
    for outside in ["http://", "https://", "src=", "href=", "@import", "url(", "fetch(", "XMLHttpRequest", "innerHTML"]
    {
        assert!(!page.contains(outside), "{outside}");
    }
}

/// Some bytes of the manifest, changed, removed or doubled.
fn mangled() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 1..6).prop_map(|edits| {
        let mut b = WORLD.manifest.clone().into_bytes();
        for (at, byte, how) in edits {
            let at = at.index(b.len());
            match how {
                0 => b[at] = byte,
                1 => drop(b.remove(at)),
                _ => b.insert(at, byte),
            }
        }
        b
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn junk_gives_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(verify(&bytes, &Default::default(), &[]).is_err());
    }

    #[test]
    fn a_mangled_manifest_never_proves_another_statement(bytes in mangled()) {
        let file = measure(&mut &WORLD.files[0][..], &[BLOCK as u64]).unwrap();
        if let Ok(v) = verify(&bytes, &file, &keys(&WORLD.vault)) {
            let _ = (v.judgement(), v.file_words(), v.sign_words(), v.statement.lines());
            prop_assert!(!v.is_proven() || v.statement == statement(&WORLD.files));
        }
    }

    #[test]
    fn only_the_file_itself_is_whole(at in 0usize..300_000, bit in 0u8..8, cut in 1usize..300_000) {
        let mut file = WORLD.files[0].clone();
        file[at] ^= 1 << bit;
        prop_assert!(!check_with(&WORLD.manifest, &file, &[]).is_whole());
        prop_assert!(!check_with(&WORLD.manifest, &WORLD.files[0][..300_000 - cut], &[]).is_whole());
    }
}

#[test]
fn a_blurred_copy_names_its_original_and_says_so() {
    let files = [bytes(70_000, 3)];
    let mut s = statement(&files);
    let copy = evidence::Blurred { original_sha256: "ab".repeat(32), original_sm3: "cd".repeat(32), regions: 2 };
    s.blurred = Some(copy.clone());
    let manifest = seal(&fresh("sm"), &s).unwrap();
    let v = check_with(&manifest, &files[0], &[]);
    assert!(v.is_whole() && v.statement.blurred == Some(copy));
    let said: Vec<String> = v.statement.lines().into_iter().map(|w| w.zh).collect();
    assert!(said.iter().any(|l| l.contains("不是原始录像") && l.contains(&"ab".repeat(32))), "{said:?}");
    s.blurred = Some(evidence::Blurred { original_sha256: "x".into(), original_sm3: "cd".repeat(32), regions: 2 });
    assert!(seal(&fresh("sm"), &s).is_err());
}
