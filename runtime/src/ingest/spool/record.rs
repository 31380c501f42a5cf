//! The binary format of records. Each record has a mark and a checksum, so it can be found and verified without the
//! database.

use sha2::{Digest as _, Sha256};

use super::rejection;

/// The first bytes of each record. They are not UTF-8, so no JSON contains them.
const MARK: [u8; 8] = *b"\xff\xfepolar\xfd";

/// The length in bytes of the fields before the payload: mark, kind, number, length of the payload, checksum.
pub(super) const HEAD: usize = MARK.len() + 1 + 8 + 4 + CHECKSUM;
const CHECKSUM: usize = 8;

/// The maximum length of a payload in bytes: that of a rejection with an event of the maximum size.
const MAX_PAYLOAD: usize = crate::ingest::backlog::MAX_BODY + rejection::MAX_LENGTH;

/// A record of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Record<'a> {
    /// An event that is to be sent.
    Event {
        number: u64,
        /// Whether the ingester set the timestamp.
        has_assigned_timestamp: bool,
        json: &'a [u8],
    },
    /// An event that the server rejected.
    Rejected {
        number: u64,
        has_assigned_timestamp: bool,
        /// The rejection, followed by the JSON of the event.
        payload: &'a [u8],
    },
    /// The counts after a commit.
    Checkpoint(Checkpoint),
}

/// The counts of events after a commit. If the file is damaged later, they show how many events are missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Checkpoint {
    /// The number of commits so far.
    pub(super) commit: u64,
    /// A lower bound of the numbers of the events that are to be sent.
    pub(super) first: u64,
    /// The highest number of any event so far.
    pub(super) last: u64,
    /// The number of events that are to be sent.
    pub(super) live: u64,
    /// A lower bound of the numbers of rejected events.
    pub(super) first_rejected: u64,
    /// The number of rejected events.
    pub(super) rejected: u64,
}

/// Why bytes are not a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// The bytes end before the end of the record.
    Short,
    /// The bytes are no record, or a damaged one.
    Wrong,
}

impl Record<'_> {
    pub(super) fn to_bytes(self) -> Vec<u8> {
        match self {
            Self::Event {
                number,
                has_assigned_timestamp,
                json,
            } => assemble(1 + u8::from(has_assigned_timestamp), number, json),
            Self::Rejected {
                number,
                has_assigned_timestamp,
                payload,
            } => assemble(3 + u8::from(has_assigned_timestamp), number, payload),
            Self::Checkpoint(checkpoint) => {
                let counts = [
                    checkpoint.first,
                    checkpoint.last,
                    checkpoint.live,
                    checkpoint.first_rejected,
                    checkpoint.rejected,
                ];
                let counts = counts.map(u64::to_le_bytes);
                assemble(0, checkpoint.commit, counts.as_flattened())
            }
        }
    }
}

impl<'a> Record<'a> {
    /// Reads the record at the start of the bytes. Returns it with its length.
    pub(super) fn read(bytes: &'a [u8]) -> Result<(Self, usize), Broken> {
        let rest = match bytes.strip_prefix(&MARK) {
            Some(rest) => rest,
            None if MARK.starts_with(bytes) => return Err(Broken::Short),
            None => return Err(Broken::Wrong),
        };
        let (kind, rest) = take::<1>(rest)?;
        let (number, rest) = take(rest)?;
        let (length, rest) = take(rest)?;
        let (checksum, rest) = take::<CHECKSUM>(rest)?;
        let length = usize::try_from(u32::from_le_bytes(length)).map_err(|_| Broken::Wrong)?;
        if length > MAX_PAYLOAD {
            return Err(Broken::Wrong);
        }
        let payload = rest.get(..length).ok_or(Broken::Short)?;
        let number = u64::from_le_bytes(number);
        if checksum != self::checksum(kind[0], number, payload) {
            return Err(Broken::Wrong);
        }
        let record = match kind[0] {
            0 => Self::Checkpoint(Checkpoint::read(number, payload)?),
            kind @ 1..=2 => Self::Event {
                number,
                has_assigned_timestamp: kind == 2,
                json: payload,
            },
            kind @ 3..=4 => Self::Rejected {
                number,
                has_assigned_timestamp: kind == 4,
                payload,
            },
            _ => return Err(Broken::Wrong),
        };
        Ok((record, HEAD + length))
    }

    /// Returns the position of the next mark. At the end of the bytes, the first part of a mark is enough.
    pub(super) fn find(bytes: &[u8]) -> Option<usize> {
        let mut from = 0;
        while let Some(at) = bytes[from..].iter().position(|byte| *byte == MARK[0]) {
            let found = &bytes[from + at..];
            if MARK.starts_with(&found[..found.len().min(MARK.len())]) {
                return Some(from + at);
            }
            from += at + 1;
        }
        None
    }
}

impl Checkpoint {
    fn read(commit: u64, payload: &[u8]) -> Result<Self, Broken> {
        let (first, rest) = take(payload)?;
        let (last, rest) = take(rest)?;
        let (live, rest) = take(rest)?;
        let mut checkpoint = Self {
            commit,
            first: u64::from_le_bytes(first),
            last: u64::from_le_bytes(last),
            live: u64::from_le_bytes(live),
            ..Self::default()
        };
        // In files of versions that did not keep rejected events, the checkpoint ends here.
        if !rest.is_empty() {
            let (first_rejected, rest) = take(rest)?;
            let (rejected, _) = take(rest)?;
            checkpoint.first_rejected = u64::from_le_bytes(first_rejected);
            checkpoint.rejected = u64::from_le_bytes(rejected);
        }
        Ok(checkpoint)
    }
}

fn assemble(kind: u8, number: u64, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(HEAD + payload.len());
    bytes.extend_from_slice(&MARK);
    bytes.push(kind);
    bytes.extend_from_slice(&number.to_le_bytes());
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&checksum(kind, number, payload));
    bytes.extend_from_slice(payload);
    bytes
}

fn checksum(kind: u8, number: u64, payload: &[u8]) -> [u8; CHECKSUM] {
    let digest = Sha256::new()
        .chain_update([kind])
        .chain_update(number.to_le_bytes())
        .chain_update(payload)
        .finalize();
    let mut checksum = [0; CHECKSUM];
    checksum.copy_from_slice(&digest[..CHECKSUM]);
    checksum
}

fn take<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8]), Broken> {
    let (taken, rest) = bytes.split_first_chunk().ok_or(Broken::Short)?;
    Ok((*taken, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: Record<'_> = Record::Event {
        number: 7,
        has_assigned_timestamp: true,
        json: br#"{"name":"call"}"#,
    };

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let checkpoint = Record::Checkpoint(Checkpoint {
            commit: 3,
            first: 2,
            last: 9,
            live: 8,
            first_rejected: 1,
            rejected: 1,
        });
        let rejected = Record::Rejected {
            number: 1,
            has_assigned_timestamp: true,
            payload: b"why",
        };
        for record in [EVENT, rejected, checkpoint] {
            let mut bytes = record.to_bytes();
            let length = bytes.len();
            bytes.extend_from_slice(b"rest");
            assert_eq!(Record::read(&bytes), Ok((record, length)));
        }
    }

    #[test]
    fn a_checkpoint_without_counts_of_rejected_events_is_read() {
        let counts = [2_u64, 9, 8].map(u64::to_le_bytes);
        let bytes = assemble(0, 3, counts.as_flattened());
        let checkpoint = Checkpoint {
            commit: 3,
            first: 2,
            last: 9,
            live: 8,
            ..Checkpoint::default()
        };
        assert_eq!(
            Record::read(&bytes),
            Ok((Record::Checkpoint(checkpoint), bytes.len()))
        );
    }

    #[test]
    fn no_prefix_and_no_flipped_bit_is_a_record() {
        let bytes = EVENT.to_bytes();
        for end in 0..bytes.len() {
            assert_eq!(Record::read(&bytes[..end]), Err(Broken::Short), "{end}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Record::read(&flipped).is_err(), "{bit}");
        }
    }

    #[test]
    fn a_mark_is_found_also_where_the_bytes_end_in_it() {
        let bytes = [b"\xff\xfe\xff".as_slice(), &EVENT.to_bytes()].concat();
        assert_eq!(Record::find(&bytes), Some(3));
        assert_eq!(Record::find(&bytes[..7]), Some(3));
        assert_eq!(Record::find(b"none"), None);
    }
}
