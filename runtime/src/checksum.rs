//! SHA-256 checksums of uploads and downloads.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest.
pub(crate) type Sum = [u8; 32];

/// Encodes a digest as base64, the format of the API.
pub(crate) fn to_base64(sum: &Sum) -> String {
    STANDARD.encode(sum)
}

/// Decodes a digest from base64. `None` if it is invalid.
pub(crate) fn from_base64(text: &str) -> Option<Sum> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// Computes the digests of a file and of its parts while the file is read.
pub(crate) struct Hashing {
    part_size: u64,
    whole: Sha256,
    part: Sha256,
    /// The number of bytes in the current part so far.
    filled: u64,
    parts: Vec<Sum>,
}

/// The digests of a file.
pub(crate) struct Sums {
    pub(crate) whole: Sum,
    pub(crate) parts: Vec<Sum>,
}

impl Hashing {
    /// Creates a hasher for parts of this size, which must not be zero. The last part may be shorter.
    pub(crate) fn new(part_size: u64) -> Self {
        Self {
            part_size,
            whole: Sha256::new(),
            part: Sha256::new(),
            filled: 0,
            parts: Vec::new(),
        }
    }

    /// Adds the next bytes of the file.
    pub(crate) fn update(&mut self, mut bytes: &[u8]) {
        self.whole.update(bytes);
        while !bytes.is_empty() {
            if self.filled == self.part_size {
                self.parts.push(self.part.finalize_reset().into());
                self.filled = 0;
            }
            let room = usize::try_from(self.part_size - self.filled).unwrap_or(usize::MAX);
            let (now, rest) = bytes.split_at(room.min(bytes.len()));
            self.part.update(now);
            self.filled += now.len() as u64;
            bytes = rest;
        }
    }

    /// Returns the digests. An empty file has one empty part.
    pub(crate) fn finish(mut self) -> Sums {
        self.parts.push(self.part.finalize().into());
        Sums {
            whole: self.whole.finalize().into(),
            parts: self.parts,
        }
    }
}

/// Verifies the size and digest of a download.
pub(crate) struct Check {
    left: u64,
    sum: Option<(Sha256, Sum)>,
}

impl Check {
    /// Creates a verifier for a download of `size` bytes. Without a digest, only the size is verified.
    pub(crate) fn new(size: u64, sum: Option<Sum>) -> Self {
        Self {
            left: size,
            sum: sum.map(|sum| (Sha256::new(), sum)),
        }
    }

    /// Adds the next bytes. Fails if there are more than expected.
    pub(crate) fn update(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        let left = self.left.checked_sub(bytes.len() as u64);
        self.left = left.ok_or("the content is longer than the size of the file")?;
        if let Some((hashing, _)) = &mut self.sum {
            hashing.update(bytes);
        }
        Ok(())
    }

    /// Verifies the download after its last byte.
    pub(crate) fn finish(self) -> Result<(), &'static str> {
        if self.left > 0 {
            return Err("the content is shorter than the size of the file");
        }
        let fits = |(hashing, sum): (Sha256, Sum)| Sum::from(hashing.finalize()) == sum;
        match self.sum.is_none_or(fits) {
            true => Ok(()),
            false => Err("the content does not match the checksum"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(bytes: &[u8]) -> Sum {
        Sha256::digest(bytes).into()
    }

    #[test]
    fn parts_are_those_of_the_file_however_it_passes_by() {
        let file: Vec<u8> = (0..=255).collect();
        for (part_size, count) in [(256, 1), (255, 2), (128, 2), (100, 3), (1, 256), (1000, 1)] {
            for step in [1, 7, 100, 256] {
                let mut hashing = Hashing::new(part_size as u64);
                file.chunks(step).for_each(|bytes| hashing.update(bytes));
                let sums = hashing.finish();
                let parts: Vec<Sum> = file.chunks(part_size).map(sum).collect();
                assert_eq!(sums.parts, parts, "{part_size} {step}");
                assert_eq!((sums.parts.len(), sums.whole), (count, sum(&file)));
            }
        }
        let nothing = Hashing::new(5).finish();
        assert_eq!((nothing.whole, nothing.parts), (sum(b""), vec![sum(b"")]));
    }

    #[test]
    fn downloads_are_held_against_size_and_digest() {
        let check = |size, sum| {
            let mut check = Check::new(size, sum);
            check.update(b"ab")?;
            check.update(b"c")?;
            check.finish()
        };
        assert_eq!(check(3, Some(sum(b"abc"))), Ok(()));
        assert_eq!(check(3, None), Ok(()));
        assert_eq!(
            check(2, None),
            Err("the content is longer than the size of the file")
        );
        assert_eq!(
            check(4, None),
            Err("the content is shorter than the size of the file")
        );
        let wrong = Err("the content does not match the checksum");
        assert_eq!(check(3, Some(sum(b"abx"))), wrong);
    }

    #[test]
    fn digests_are_written_in_base64() {
        let text = to_base64(&sum(b"abc"));
        assert_eq!(text, "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
        assert_eq!(from_base64(&text), Some(sum(b"abc")));
        assert_eq!(from_base64("x"), None);
    }
}
