//! The division of a file into parts.

/// The default part size.
const PART_SIZE: u64 = 10 << 20;

/// The minimum size of a part, except for the last one. A limit of the storage.
const MIN_PART_SIZE: u64 = 5 << 20;

/// The maximum number of parts. A limit of the API.
const MAX_PARTS: u64 = 10_000;

/// The sizes and offsets of the parts of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    size: u64,
    part_size: u64,
}

/// A part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The number of the part, from 1.
    pub(super) number: u32,
    /// The offset of its first byte.
    pub(super) start: u64,
    /// The offset after its last byte.
    pub(super) end: u64,
}

impl Part {
    /// Returns the index of the part, from 0.
    pub(super) fn index(self) -> usize {
        usize::try_from(self.number - 1).unwrap_or(usize::MAX)
    }

    /// Returns the size of the part in bytes.
    pub(super) fn len(self) -> u64 {
        self.end - self.start
    }
}

impl Plan {
    /// Divides a file into parts of the requested size. The size is raised if the limits require it.
    pub(super) fn new(size: u64, part_size: Option<u64>) -> Self {
        let smallest = MIN_PART_SIZE.max(size.div_ceil(MAX_PARTS));
        Self {
            size,
            part_size: part_size.unwrap_or(PART_SIZE).max(smallest),
        }
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn part_size(&self) -> u64 {
        self.part_size
    }

    /// Returns the number of parts, at least one.
    pub(super) fn count(&self) -> u32 {
        let count = self.size.div_ceil(self.part_size).max(1);
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// Iterates over the parts, in order.
    pub(super) fn parts(&self) -> impl Iterator<Item = Part> + use<> {
        let Self { size, part_size } = *self;
        (0..self.count()).map(move |index| {
            let start = u64::from(index) * part_size;
            Part {
                number: index + 1,
                start,
                end: size.min(start + part_size),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn cuts(size: u64, part_size: Option<u64>) -> Vec<(u32, u64, u64)> {
        let parts = Plan::new(size, part_size).parts();
        parts
            .map(|part| (part.number, part.start, part.end))
            .collect()
    }

    #[test]
    fn files_are_cut_without_gaps() {
        assert_eq!(cuts(0, None), [(1, 0, 0)]);
        assert_eq!(cuts(1, None), [(1, 0, 1)]);
        assert_eq!(cuts(10 * MIB, None), [(1, 0, 10 * MIB)]);
        let two = [(1, 0, 10 * MIB), (2, 10 * MIB, 10 * MIB + 1)];
        assert_eq!(cuts(10 * MIB + 1, None), two);
        let two = [(1, 0, 6 * MIB), (2, 6 * MIB, 12 * MIB)];
        assert_eq!(cuts(12 * MIB, Some(6 * MIB)), two);
    }

    #[test]
    fn parts_are_neither_too_small_nor_too_many() {
        assert_eq!(Plan::new(MIB, Some(1)).part_size(), 5 * MIB);
        assert_eq!(Plan::new(MIB, Some(0)).part_size(), 5 * MIB);
        let huge = Plan::new(1 << 40, None);
        assert_eq!(huge.count(), 10_000);
        assert_eq!(huge.parts().last().map(|part| part.end), Some(1 << 40));
        assert_eq!(Plan::new(100_000 * MIB, None).count(), 10_000);
        assert!(Plan::new(u64::MAX, None).count() <= 10_000);
    }
}
