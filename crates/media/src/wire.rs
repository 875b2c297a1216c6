//! Messages of the multiplexed live socket: one binary message for each, several cameras on one socket.
//!
//! | bytes | field |
//! |---|---|
//! | 0 | version, 1 |
//! | 1 | kind: 1 init, 2 fragment that begins with a key frame, 3 other fragment, 4 gap |
//! | 2–17 | id of the stream, 16 bytes |
//! | 18– | payload |
//!
//! Payload of an init: one byte with the length of the codec string, the string (RFC 6381), the init segment. Of a
//! fragment: `moof` and `mdat`. Of a gap: its reason, one byte. After a gap the next fragment begins with a key frame.

/// Bytes before the payload.
pub const HEAD: usize = 18;
const VERSION: u8 = 1;

/// Why frames are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// The viewer was too slow; frames were left out for it alone.
    Slow,
    /// The camera sent nothing.
    Source,
    /// Time jumped or the parameters changed; an init follows.
    Break,
}

/// One message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message<'a> {
    /// Before the first fragment and after each break.
    Init {
        /// RFC 6381, for `isTypeSupported`.
        codec: &'a str,
        /// `ftyp` and `moov`.
        segment: &'a [u8],
    },
    /// One frame.
    Fragment {
        /// Whether decoding can begin here.
        key: bool,
        /// `moof` and `mdat`.
        bytes: &'a [u8],
    },
    /// Frames are missing.
    Gap(Gap),
}

/// The bytes of a message. A codec string longer than 255 bytes is cut at a character.
pub fn write(stream: &[u8; 16], message: Message<'_>) -> Vec<u8> {
    let kind = match message {
        Message::Init { .. } => 1,
        Message::Fragment { key: true, .. } => 2,
        Message::Fragment { .. } => 3,
        Message::Gap(_) => 4,
    };
    let mut o = vec![VERSION, kind];
    o.extend_from_slice(stream);
    match message {
        Message::Init { codec, segment } => {
            let codec = &codec[..codec.floor_char_boundary(255)];
            o.push(codec.len() as u8);
            o.extend_from_slice(codec.as_bytes());
            o.extend_from_slice(segment);
        }
        Message::Fragment { bytes, .. } => o.extend_from_slice(bytes),
        Message::Gap(g) => o.push(match g {
            Gap::Slow => 1,
            Gap::Source => 2,
            Gap::Break => 3,
        }),
    }
    o
}

/// Reads a message; `None` for anything that is none. Takes any bytes.
pub fn read(bytes: &[u8]) -> Option<([u8; 16], Message<'_>)> {
    let (head, payload) = bytes.split_first_chunk::<HEAD>()?;
    let stream: [u8; 16] = head[2..].try_into().ok()?;
    let message = match (head[0], head[1]) {
        (VERSION, 1) => {
            let (n, rest) = payload.split_first()?;
            let (codec, segment) = rest.split_at_checked(usize::from(*n))?;
            Message::Init { codec: std::str::from_utf8(codec).ok()?, segment }
        }
        (VERSION, kind @ (2 | 3)) => Message::Fragment { key: kind == 2, bytes: payload },
        (VERSION, 4) => Message::Gap(match payload {
            [1] => Gap::Slow,
            [2] => Gap::Source,
            [3] => Gap::Break,
            _ => return None,
        }),
        _ => return None,
    };
    Some((stream, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn messages_are_read_back(stream: [u8; 16], codec in "[a-zA-Z0-9.]{0,40}", bytes in prop::collection::vec(any::<u8>(), 0..60), key: bool) {
            let all = [
                Message::Init { codec: &codec, segment: &bytes },
                Message::Fragment { key, bytes: &bytes },
                Message::Gap(Gap::Slow),
                Message::Gap(Gap::Source),
                Message::Gap(Gap::Break),
            ];
            for m in all {
                let bytes = write(&stream, m);
                prop_assert_eq!(read(&bytes), Some((stream, m)));
            }
        }

        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = read(&bytes);
            let _ = read(&[&[1, 1][..], &bytes].concat());
        }
    }
}
