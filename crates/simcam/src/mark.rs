//! The mark in every frame: number and send time in an SEI of type `user_data_unregistered`
//! (ISO/IEC 14496-10 D.1.7), written in hexadecimal so that no emulation prevention is ever needed
//! and a reader finds it in the coded bytes without a decoder.

/// Identifies our marks; no byte is zero.
pub const UUID: [u8; 16] = *b"simcam-frame-id\x01";

/// Bytes of the text: 16 digits of the number, 16 of the time.
pub const TEXT: usize = 32;

/// What a mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Number of the frame since the camera's epoch; consecutive.
    pub number: u64,
    /// Moment of sending, microseconds since 1970.
    pub sent_us: u64,
}

/// The SEI NAL unit with a place for the text, and where that text begins.
pub(crate) fn sei(h265: bool) -> (Vec<u8>, usize) {
    let mut nal: Vec<u8> = if h265 { vec![39 << 1, 1] } else { vec![6] };
    nal.extend([5, (16 + TEXT) as u8]);
    nal.extend(UUID);
    let at = nal.len();
    nal.extend([b'0'; TEXT]);
    nal.push(0x80);
    (nal, at)
}

/// Writes the text of `mark` into `place` (32 bytes).
pub(crate) fn write(place: &mut [u8], mark: Mark) {
    for (i, value) in [mark.number, mark.sent_us].into_iter().enumerate() {
        for d in 0..16 {
            let digit = (value >> (60 - 4 * d)) as usize & 15;
            place[i * 16 + d] = b"0123456789abcdef"[digit];
        }
    }
}

/// The mark within the coded bytes of a frame, if there is one. Takes any bytes.
pub fn find(frame: &[u8]) -> Option<Mark> {
    let at = frame.windows(UUID.len()).position(|w| w == UUID)? + UUID.len();
    let text = std::str::from_utf8(frame.get(at..at + TEXT)?).ok()?;
    if !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let value = |t: &str| u64::from_str_radix(t, 16).ok();
    Some(Mark { number: value(&text[..16])?, sent_us: value(&text[16..])? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn written_marks_are_found(number: u64, sent_us: u64, h265: bool, before in prop::collection::vec(any::<u8>(), 0..50)) {
            let (mut nal, at) = sei(h265);
            write(&mut nal[at..at + TEXT], Mark { number, sent_us });
            prop_assert!(!nal[1..].windows(3).any(|w| w[0] == 0 && w[1] == 0 && w[2] <= 3));
            let frame = [before, nal].concat();
            prop_assert_eq!(find(&frame), Some(Mark { number, sent_us }));
        }

        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0usize..80) {
            let _ = find(&bytes);
            let _ = find(&[&UUID[..], &bytes[..cut.min(bytes.len())]].concat());
        }
    }
}
