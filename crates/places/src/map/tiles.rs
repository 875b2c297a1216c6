//! Base map tiles from one file, PMTiles version 3 (github.com/protomaps/PMTiles, spec/v3, public domain), that the administrator
//! lays into the data directory. Reads what a request needs and nothing else; any bytes give an answer.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Bytes of the header.
const HEADER: usize = 127;
/// Bytes of a directory at most, packed and unpacked, and of a tile.
const MAX_PACKED: u64 = 4 << 20;
const MAX_DIRECTORY: u64 = 32 << 20;
const MAX_TILE: u64 = 8 << 20;
const MAX_ENTRIES: u64 = 1_000_000;
/// Directories below the root; the specification knows one level.
const MAX_DEPTH: usize = 3;

/// What the file's tiles are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TileKind {
    /// Mapbox vector tiles.
    Vector,
    /// Pictures, with their media type.
    Picture(&'static str),
}

/// A file that can be served.
#[derive(Clone, Debug, PartialEq)]
pub struct Tiles {
    path: PathBuf,
    root: (u64, u64),
    leaves: (u64, u64),
    data: (u64, u64),
    packed_directories: bool,
    /// Tiles are gzip-packed.
    pub packed: bool,
    /// Vector or picture.
    pub kind: TileKind,
    /// Levels that are there.
    pub zoom: (u8, u8),
    /// West, south, east, north in degrees.
    pub bounds: [f64; 4],
    /// Length of the file.
    pub bytes: u64,
}

/// Why a file cannot be used; a sentence for the administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoTiles(pub String);

fn no(why: impl Into<String>) -> NoTiles {
    NoTiles(why.into())
}

impl From<io::Error> for NoTiles {
    fn from(e: io::Error) -> NoTiles {
        no(format!("文件读不出来（{}）。", e.kind()))
    }
}

fn word(b: &[u8], at: usize) -> u64 {
    b.get(at..at + 8).and_then(|s| s.try_into().ok()).map_or(0, u64::from_le_bytes)
}

fn degrees(b: &[u8], at: usize) -> f64 {
    b.get(at..at + 4).and_then(|s| s.try_into().ok()).map_or(0.0, |s| f64::from(i32::from_le_bytes(s)) / 1e7)
}

impl Tiles {
    /// Looks at a file. `None` when there is none.
    ///
    /// # Errors
    /// It is no PMTiles file of version 3, is cut, or packs in a way that is not understood.
    pub fn open(path: &Path) -> Result<Option<Tiles>, NoTiles> {
        let mut file = match File::open(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let bytes = file.metadata()?.len();
        let mut head = vec![];
        (&mut file).take(HEADER as u64).read_to_end(&mut head)?;
        Tiles::parse(path, &head, bytes).map(Some)
    }

    fn parse(path: &Path, b: &[u8], bytes: u64) -> Result<Tiles, NoTiles> {
        if b.len() < HEADER || &b[..7] != b"PMTiles" {
            return Err(no("这不是 PMTiles 文件。"));
        }
        if b[7] != 3 {
            return Err(no(format!("PMTiles 的版本是 {}，只认识版本 3。请用 pmtiles convert 转换。", b[7])));
        }
        let part = |at: usize| (word(b, at), word(b, at + 8));
        let (root, leaves, data) = (part(8), part(40), part(56));
        if [root, leaves, data].iter().any(|(at, n)| at.checked_add(*n).is_none_or(|end| end > bytes))
            || root.1 > MAX_PACKED
        {
            return Err(no("文件不完整：目录或瓦片在文件之外。请重新复制。"));
        }
        let packing = |code: u8| match code {
            1 => Ok(false),
            2 => Ok(true),
            _ => Err(no("文件的压缩方式不认识（只认识不压缩和 gzip）。")),
        };
        let kind = match b[99] {
            1 => TileKind::Vector,
            2 => TileKind::Picture("image/png"),
            3 => TileKind::Picture("image/jpeg"),
            4 => TileKind::Picture("image/webp"),
            5 => TileKind::Picture("image/avif"),
            _ => return Err(no("瓦片的种类不认识（应为矢量 MVT、PNG、JPEG、WebP 或 AVIF）。")),
        };
        if b[100] > b[101] || b[101] > 26 {
            return Err(no("文件的级别不合理。"));
        }
        Ok(Tiles {
            path: path.to_path_buf(),
            root,
            leaves,
            data,
            packed_directories: packing(b[97])?,
            packed: packing(b[98])?,
            kind,
            zoom: (b[100], b[101]),
            bounds: [degrees(b, 102), degrees(b, 106), degrees(b, 110), degrees(b, 114)],
            bytes,
        })
    }

    /// One tile as it lies in the file; `None` when it is not there.
    ///
    /// # Errors
    /// The file is broken there, or the disk's error.
    pub fn tile(&self, z: u8, x: u32, y: u32) -> Result<Option<Vec<u8>>, NoTiles> {
        let Some(id) = tile_id(z, x, y).filter(|_| (self.zoom.0..=self.zoom.1).contains(&z)) else { return Ok(None) };
        let mut file = File::open(&self.path)?;
        let (mut at, mut length) = self.root;
        for _ in 0..=MAX_DEPTH {
            let directory = self.directory(&mut file, at, length)?;
            let Some(e) = find(&directory, id) else { return Ok(None) };
            let (from, within) = if e.run == 0 { (self.leaves, MAX_PACKED) } else { (self.data, MAX_TILE) };
            let end = e.offset.checked_add(u64::from(e.length)).filter(|end| *end <= from.1);
            if end.is_none() || u64::from(e.length) > within {
                return Err(no("文件损坏：瓦片在文件之外。"));
            }
            (at, length) = (from.0 + e.offset, u64::from(e.length));
            if e.run > 0 {
                return bytes(&mut file, at, length).map(Some);
            }
        }
        Err(no("文件损坏：目录层次过深。"))
    }

    fn directory(&self, file: &mut File, at: u64, length: u64) -> Result<Vec<Entry>, NoTiles> {
        let raw = bytes(file, at, length)?;
        if !self.packed_directories {
            return entries(&raw);
        }
        let mut plain = vec![];
        flate2::read::GzDecoder::new(&raw[..]).take(MAX_DIRECTORY).read_to_end(&mut plain)?;
        entries(&plain)
    }
}

fn bytes(file: &mut File, at: u64, length: u64) -> Result<Vec<u8>, NoTiles> {
    let mut out = vec![0; usize::try_from(length).map_err(|_| no("文件损坏。"))?];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut out)?;
    Ok(out)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    id: u64,
    offset: u64,
    length: u32,
    /// Tiles in a row that are this one; 0 for a directory below.
    run: u32,
}

fn entries(b: &[u8]) -> Result<Vec<Entry>, NoTiles> {
    let broken = || no("文件损坏：目录读不出来。");
    let mut rest = b;
    let n = varint(&mut rest).filter(|n| *n <= MAX_ENTRIES && *n as usize <= b.len()).ok_or_else(broken)? as usize;
    let mut out = vec![Entry { id: 0, offset: 0, length: 0, run: 0 }; n];
    let mut id = 0u64;
    for e in &mut out {
        id = varint(&mut rest).and_then(|d| id.checked_add(d)).ok_or_else(broken)?;
        e.id = id;
    }
    for e in &mut out {
        e.run = varint(&mut rest).and_then(|v| u32::try_from(v).ok()).ok_or_else(broken)?;
    }
    for e in &mut out {
        e.length = varint(&mut rest).and_then(|v| u32::try_from(v).ok()).ok_or_else(broken)?;
    }
    for i in 0..n {
        let value = varint(&mut rest).ok_or_else(broken)?;
        out[i].offset = match (value, i.checked_sub(1).map(|p| out[p])) {
            (0, Some(before)) => before.offset.checked_add(u64::from(before.length)).ok_or_else(broken)?,
            (0, None) => return Err(broken()),
            (v, _) => v - 1,
        };
    }
    Ok(out)
}

fn varint(b: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = b.split_first()?;
        *b = rest;
        value |= u64::from(first & 0x7f).checked_shl(shift)?;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// The entry that holds a tile: the last one that begins at or before it.
fn find(list: &[Entry], id: u64) -> Option<Entry> {
    let e = *list.get(list.partition_point(|e| e.id <= id).checked_sub(1)?)?;
    (e.run == 0 || id - e.id < u64::from(e.run)).then_some(e)
}

/// A tile's number along the Hilbert curves of all levels.
fn tile_id(z: u8, x: u32, y: u32) -> Option<u64> {
    if z > 26 || u64::from(x) >= 1 << z || u64::from(y) >= 1 << z {
        return None;
    }
    let below = ((1u64 << (2 * z)) - 1) / 3;
    let (mut x, mut y, mut d) = (u64::from(x), u64::from(y), 0u64);
    let mut s = (1u64 << z) >> 1;
    while s > 0 {
        let (rx, ry) = (u64::from(x & s > 0), u64::from(y & s > 0));
        d += s * s * ((3 * rx) ^ ry);
        if ry == 0 {
            if rx == 1 {
                (x, y) = ((s - 1).wrapping_sub(x), (s - 1).wrapping_sub(y));
            }
            (x, y) = (y, x);
        }
        s >>= 1;
    }
    Some(below + d)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A file with these tiles of level 1 (numbers 1 to 4), as the specification lays it out.
    pub(crate) fn file(kind: u8, tiles: &[&[u8]]) -> Vec<u8> {
        let mut directory = vec![tiles.len() as u8];
        directory.extend((0..tiles.len()).map(|_| 1u8));
        directory.extend(tiles.iter().map(|_| 1u8));
        directory.extend(tiles.iter().map(|t| t.len() as u8));
        directory.extend((0..tiles.len()).map(|i| u8::from(i == 0)));
        let (root, data) = (HEADER as u64, HEADER as u64 + directory.len() as u64);
        let mut out = b"PMTiles\x03".to_vec();
        let length: u64 = tiles.iter().map(|t| t.len() as u64).sum();
        for v in [root, directory.len() as u64, 0, 0, 0, 0, data, length, 1, 1, 1] {
            out.extend(v.to_le_bytes());
        }
        out.extend([1, 1, 1, kind, 0, 1]);
        for v in [119.0, 49.0, 120.0, 50.0] {
            out.extend(((v * 1e7) as i32).to_le_bytes());
        }
        out.resize(HEADER, 0);
        out.extend(directory);
        tiles.iter().for_each(|t| out.extend_from_slice(t));
        out
    }

    #[test]
    fn numbers_along_the_curve() {
        // From the specification, section 4.1.
        for ((z, x, y), id) in [
            ((0, 0, 0), 0),
            ((1, 0, 0), 1),
            ((1, 0, 1), 2),
            ((1, 1, 1), 3),
            ((1, 1, 0), 4),
            ((2, 0, 0), 5),
            ((12, 3423, 1763), 19_078_479),
        ] {
            assert_eq!(tile_id(z, x, y), Some(id), "{z}/{x}/{y}");
        }
        assert_eq!((tile_id(1, 2, 0), tile_id(27, 0, 0)), (None, None));
    }

    #[test]
    fn tiles_are_found_and_faults_are_said() {
        let dir = std::env::temp_dir().join(format!("fengqiao-tiles-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let path = dir.join("t.pmtiles");
        assert_eq!(Tiles::open(&path), Ok(None));
        let good = file(2, &[b"one", b"two", b"three", b"four"]);
        std::fs::write(&path, &good).unwrap();
        let t = Tiles::open(&path).unwrap().unwrap();
        assert_eq!((t.kind, t.zoom, t.bounds), (TileKind::Picture("image/png"), (0, 1), [119.0, 49.0, 120.0, 50.0]));
        assert_eq!(t.tile(1, 1, 1).unwrap().as_deref(), Some(&b"three"[..]));
        assert_eq!(t.tile(1, 1, 0).unwrap().as_deref(), Some(&b"four"[..]));
        assert_eq!((t.tile(0, 0, 0), t.tile(2, 0, 0), t.tile(1, 9, 9)), (Ok(None), Ok(None), Ok(None)));
        let mut old = good.clone();
        old[7] = 2;
        let mut packed = good.clone();
        packed[98] = 3;
        for (bytes, part) in [
            (&b"hello"[..], "不是 PMTiles"),
            (&old, "版本是 2"),
            (&packed, "压缩方式"),
            (&good[..HEADER + 10], "不完整"),
        ] {
            std::fs::write(&path, bytes).unwrap();
            assert!(Tiles::open(&path).unwrap_err().0.contains(part), "{part}");
        }
        std::fs::remove_dir_all(&dir).unwrap();
    }

    proptest! {
        #[test]
        fn junk_gives_an_answer(b in proptest::collection::vec(any::<u8>(), 0..300), id in any::<u64>()) {
            if let Ok(list) = entries(&b) {
                let _ = find(&list, id);
            }
            let mut head = b"PMTiles\x03".to_vec();
            head.extend(&b);
            let _ = Tiles::parse(Path::new("x"), &head, 1000);
        }

        #[test]
        fn every_tile_of_a_level_has_a_number_of_its_own(z in 1u8..6) {
            let n = 1u32 << z;
            let mut all: Vec<u64> = (0..n).flat_map(|x| (0..n).filter_map(move |y| tile_id(z, x, y))).collect();
            all.sort_unstable();
            all.dedup();
            prop_assert_eq!(all.len(), (n * n) as usize);
            prop_assert_eq!(all[0], ((1u64 << (2 * z)) - 1) / 3);
        }
    }
}
