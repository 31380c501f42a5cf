//! Finds the intact records of a file, without the database: for damaged files.

use std::io::{self, Read};

use super::record::{Broken, Checkpoint, Record};

/// The number of bytes that are read at a time.
const CHUNK: usize = 1 << 20;

/// Calls a function for each intact record of a file, in the order of the file. Some records are outdated: the database
/// writes changed pages to a new place, and does not erase the old ones.
pub(super) fn records(mut file: impl Read, mut each: impl FnMut(Record<'_>)) -> io::Result<()> {
    let mut bytes = Vec::new();
    loop {
        let read = file.by_ref().take(CHUNK as u64).read_to_end(&mut bytes)?;
        let is_end = read == 0;
        let rest = consume(&bytes, is_end, &mut each);
        bytes.drain(..rest);
        if is_end {
            return Ok(());
        }
    }
}

/// Calls a function for each intact record in the bytes. Returns the position of the first byte that has to be read
/// again with the next bytes.
fn consume(bytes: &[u8], is_end: bool, each: &mut impl FnMut(Record<'_>)) -> usize {
    let mut at = 0;
    while let Some(found) = Record::find(&bytes[at..]) {
        at += found;
        at += match Record::read(&bytes[at..]) {
            Ok((record, length)) => {
                each(record);
                length
            }
            Err(Broken::Short) if !is_end => return at,
            Err(_) => 1,
        };
    }
    bytes.len()
}

/// Returns the newest checkpoint, and whether the file contains any record. A file without records is not a spool's.
pub(super) fn newest_checkpoint(file: impl Read) -> io::Result<(Option<Checkpoint>, bool)> {
    let mut newest: Option<Checkpoint> = None;
    let mut is_any = false;
    records(file, |record| {
        is_any = true;
        if let Record::Checkpoint(checkpoint) = record
            && newest.is_none_or(|newest| newest.commit < checkpoint.commit)
        {
            newest = Some(checkpoint);
        }
    })?;
    Ok((newest, is_any))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    #[test]
    fn records_are_found_between_other_bytes_and_across_chunks() {
        let json = vec![b'x'; 3 * CHUNK];
        let event = |number, length| Record::Event {
            number,
            has_assigned_timestamp: false,
            json: &json[..length],
        };
        let mut file = vec![0xFF; CHUNK - 20];
        file.extend(event(1, 100).to_bytes());
        file.extend(event(2, json.len()).to_bytes());
        let mut cut = event(3, 100).to_bytes();
        cut.truncate(60);
        file.extend(&cut);
        file.extend(event(4, 0).to_bytes());
        file.extend(&cut);
        let mut found = Vec::new();
        records(file.as_slice(), |record| {
            if let Record::Event { number, json, .. } = record {
                found.push((number, json.len()));
            }
        })
        .unwrap();
        assert_eq!(found, [(1, 100), (2, json.len()), (4, 0)]);
    }
}
