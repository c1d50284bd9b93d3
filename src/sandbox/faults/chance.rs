//! Chance that can be repeated: a draw follows from the seed, the fault and the request, not from the order in which
//! requests come in.

use sha2::{Digest as _, Sha256};

/// Whether a draw with that probability succeeds.
pub(super) fn falls(probability: f64, seed: u64, fault: usize, request: &str, count: u64) -> bool {
    let text = format!("{seed} {fault} {count} {request}");
    let bytes = Sha256::digest(text.as_bytes());
    let drawn = bytes.iter().take(4).fold(0_u32, |sum, byte| (sum << 8) | u32::from(*byte));
    f64::from(drawn) < probability * (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_follows_from_its_seed() {
        let run = |seed| (0..64).map(|n| falls(0.5, seed, 0, "GET /x", n)).collect::<Vec<_>>();
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
    }

    #[test]
    fn a_probability_is_how_often_it_falls() {
        for (probability, least, most) in [(0.0, 0, 0), (0.25, 200, 300), (1.0, 1_000, 1_000)] {
            let fallen = (0..1_000).filter(|n| falls(probability, 7, 0, "GET /x", *n)).count();
            assert!((least..=most).contains(&fallen), "{probability}: {fallen}");
        }
    }
}
