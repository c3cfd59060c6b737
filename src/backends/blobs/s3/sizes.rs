//! How large the parts of an upload are, so that as many as a store takes always suffice.

/// So many parts an object has at most.
const PARTS_MAX: u64 = 10_000;
/// So many parts of one size follow each other before the next are twice as large, where nobody knows how many come.
const STEP: u32 = 1_000;
/// Sizes of parts are multiples of this, as some stores ask for.
const GRAIN_BYTES: u64 = 1 << 20;
/// The largest part a store takes.
const PART_BYTES_MAX: u64 = 5 << 30;

/// The sizes of the parts of one upload.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    /// The least, in bytes.
    part_bytes: u64,
    /// The most that fits into memory, in bytes.
    memory_bytes: u64,
    declared_bytes: Option<u64>,
}

impl Sizes {
    pub(super) fn new(part_bytes: u64, memory_bytes: u64, declared_bytes: Option<u64>) -> Self {
        Self { part_bytes, memory_bytes, declared_bytes }
    }

    /// How many bytes the part with this number, counted from 1, has unless it is the last; none where a store takes no
    /// more.
    pub(super) fn of(&self, number: u32) -> Option<u64> {
        if u64::from(number) > PARTS_MAX {
            return None;
        }
        Some(match self.declared_bytes {
            // All of one size, which some stores ask for.
            Some(bytes) => {
                let least = bytes.div_ceil(PARTS_MAX).next_multiple_of(GRAIN_BYTES);
                self.part_bytes.max(least).min(PART_BYTES_MAX)
            }
            None => {
                let grown = self.part_bytes.saturating_mul(1 << (number.saturating_sub(1) / STEP).min(20));
                grown.min(self.memory_bytes.max(self.part_bytes)).min(PART_BYTES_MAX)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;
    const TIB: u64 = 1 << 40;

    #[test]
    fn whatever_length_is_declared_fits_into_as_many_parts_as_a_store_takes() {
        for declared in [1, 8 * MIB, 80_000 * MIB, 80_001 * MIB, TIB, 5 * TIB] {
            let part = Sizes::new(8 * MIB, 80 * MIB, Some(declared)).of(1).unwrap();
            assert!(part >= 8 * MIB && declared.div_ceil(part) <= PARTS_MAX, "{declared}: {part}");
        }
    }

    #[test]
    fn of_unknown_length_parts_grow_as_far_as_memory_reaches() {
        let sizes = Sizes::new(8 * MIB, 80 * MIB, None);
        assert_eq!(sizes.of(1), Some(8 * MIB));
        assert_eq!(sizes.of(1_000), Some(8 * MIB));
        assert_eq!(sizes.of(1_001), Some(16 * MIB));
        assert_eq!(sizes.of(10_000), Some(80 * MIB));
        assert_eq!(sizes.of(10_001), None);
        let all: u64 = (1..=10_000).filter_map(|number| sizes.of(number)).sum();
        assert!(all > TIB / 2, "{all}");
    }
}
