//! The public instance format: what is read, and that any bytes give a model or a line with a reason.

use flate2::Compression;
use flate2::write::GzEncoder;
use solver::roster::{MAX_BYTES, read};
use std::io::Write;

const SAMPLE: &str = "\
# comment
SECTION_HORIZON
14

SECTION_SHIFTS
E,480,
D,480,E
L,600,E|D

SECTION_STAFF
A,E=14|D=14|L=0,4320,3360,5,2,2,1
B,E=14|D=14|L=5,4320,3360,5,2,2,1

SECTION_DAYS_OFF
A,0
B,6,7

SECTION_SHIFT_ON_REQUESTS
B,0,D,1

SECTION_SHIFT_OFF_REQUESTS
A,9,E,2

SECTION_COVER
0,E,2,100,1
0,D,3,100,1
";

fn refusal(text: &str) -> (usize, String) {
    let e = read(text.as_bytes()).expect_err("refused");
    (e.line, e.reason)
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut gz = GzEncoder::new(vec![], Compression::fast());
    gz.write_all(bytes).expect("packs");
    gz.finish().expect("packs")
}

#[test]
fn the_sample_is_read_plain_packed_and_with_windows_line_ends() {
    let m = read(SAMPLE.as_bytes()).expect("reads");
    assert_eq!((m.days, m.kinds.len(), m.people.len(), m.cover.len()), (14, 3, 2, 2));
    assert_eq!(m.weekends, vec![vec![5, 6], vec![12, 13]]);
    assert_eq!(m.kinds[2].never_then, vec![0, 1]);
    assert_eq!(m.people[1].days_off, vec![6, 7]);
    assert_eq!(m.people[0].max_of_kind, vec![14, 14, 0]);
    assert_eq!(read(&packed(SAMPLE.as_bytes())), Ok(m.clone()));
    assert_eq!(read(SAMPLE.replace('\n', "\r\n").as_bytes()), Ok(m));
}

#[test]
fn lies_about_sizes_are_refused_with_line_and_reason() {
    let says = |from: &str, to: &str| refusal(&SAMPLE.replacen(from, to, 1));
    assert_eq!(says("14\n", "99999999999\n").0, 3);
    assert_eq!(says("14\n", "0\n").0, 3);
    assert_eq!(says("\n14\n", "\n14\n14\n").0, 4, "a second number in the horizon");
    let (line, why) = says("0,D,3,100,1", "14,D,3,100,1");
    assert_eq!((line, why.contains("day is 14, at most 13")), (26, true), "{why}");
    assert_eq!(says("0,D,3,100,1", "0,E,3,100,1"), (26, "this need already stands in line 25".into()));
    assert_eq!(says("0,D,3,100,1", "0,X,3,100,1").1, "unknown shift");
    assert_eq!(says("A,0\n", "Z,0\n").1, "unknown person");
    assert_eq!(says("L,600,E|D", "L,600,E|Q").1, "a successor that is not a shift");
    assert_eq!(says("B,E=14", "A,E=14").1, "this person stands twice");
    assert!(says("3,100,1", "3,100000000,1").1.contains("weight under"));
    assert!(says("3,100,1", "3,-1,1").1.contains("not a whole number"));
    assert_eq!(says("SECTION_COVER", "SECTION_LUNCH"), (24, "unknown section".into()));
    assert!(refusal("SECTION_STAFF\n").1.contains("horizon must come first"));
    let mut crowd = SAMPLE.split("SECTION_DAYS_OFF").next().unwrap_or_default().to_string();
    for i in 0..1000 {
        crowd += &format!("P{i},E=14,4320,3360,5,2,2,1\n");
    }
    assert!(refusal(&crowd).1.contains("more people"));
    assert!(refusal("").1.contains("missing"));
}

#[test]
fn packed_files_that_lie_are_refused() {
    let whole = packed(SAMPLE.as_bytes());
    let cut = read(&whole[..whole.len() / 2]).expect_err("cut");
    assert!(cut.reason.starts_with("gzip"), "{cut}");
    let bomb = packed(&vec![b'#'; MAX_BYTES + 10]);
    assert!(bomb.len() < 200_000);
    assert!(read(&bomb).expect_err("bomb").reason.contains("more than"));
    assert!(read(&[0x1f, 0x8b]).is_err());
    assert!(read(&[0xff, 0xfe, 0x00]).expect_err("bytes").reason.contains("UTF-8"));
}

/// Deterministic mutations of a valid file; the parser must answer every one of them.
fn mutate(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % n.max(1) as u64) as usize
    };
    let mut out = bytes.to_vec();
    for _ in 0..1 + next(6) {
        if out.is_empty() {
            break;
        }
        let at = next(out.len());
        match next(7) {
            0 => out[at] = next(256) as u8,
            1 => out.truncate(at),
            2 => out.insert(at, b",|=0\n9-"[next(7)]),
            3 => {
                out.remove(at);
            }
            4 => {
                let to = (at + next(200)).min(out.len());
                let piece = out[at..to].to_vec();
                let into = next(out.len());
                out.splice(into..into, piece);
            }
            5 => {
                out.splice(at..at, b"99999999999999999999".iter().copied());
            }
            _ => {
                let to = (at + next(40)).min(out.len());
                out.drain(at..to);
            }
        }
    }
    out
}

#[test]
fn mutated_files_give_a_valid_model_or_a_reason() {
    let (mut good, mut bad) = (0, 0);
    let gz = packed(SAMPLE.as_bytes());
    for seed in 0..6000 {
        let bytes = if seed % 8 == 0 { mutate(&gz, seed) } else { mutate(SAMPLE.as_bytes(), seed) };
        match read(&bytes) {
            Ok(m) => {
                good += 1;
                assert_eq!(m.validate(), Ok(()));
            }
            Err(e) => {
                bad += 1;
                assert!(!e.reason.is_empty());
            }
        }
    }
    assert!(good > 50 && bad > 1000, "{good} good, {bad} bad");
}
