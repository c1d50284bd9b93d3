//! Chance: request ids and the jitter of waits. The standard library's hasher is keyed at random, which is all we need.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A source of numbers nobody can foresee.
#[derive(Clone, Debug)]
pub struct Chance {
    key: RandomState,
    count: Arc<AtomicU64>,
}

impl Chance {
    /// A source of its own.
    pub fn new() -> Self {
        Self { key: RandomState::new(), count: Arc::default() }
    }

    fn number(&self) -> u64 {
        self.key.hash_one(self.count.fetch_add(1, Ordering::Relaxed))
    }

    /// A number from 0 to 1.
    pub fn fraction(&self) -> f64 {
        let number = u32::try_from(self.number() >> 32).unwrap_or(u32::MAX);
        f64::from(number) / f64::from(u32::MAX)
    }

    /// A version 4 UUID: compute refuses the zero one.
    pub fn uuid(&self) -> String {
        let (a, b) = (self.number(), self.number());
        let (time, clock) = ((a & !0xf000) | 0x4000, (b & (u64::MAX >> 2)) | (1 << 63));
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            time >> 32,
            (time >> 16) & 0xffff,
            time & 0xffff,
            clock >> 48,
            clock & 0xffff_ffff_ffff
        )
    }
}

impl Default for Chance {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuids_of_version_four_and_never_the_same() {
        let chance = Chance::new();
        let (a, b) = (chance.uuid(), chance.uuid());
        assert_ne!(a, b);
        assert_eq!(a.len(), 36);
        assert_eq!(a.as_bytes()[14], b'4');
        assert!(matches!(a.as_bytes()[19], b'8'..=b'b'), "{a}");
        assert!((0.0..=1.0).contains(&chance.fraction()));
    }
}
