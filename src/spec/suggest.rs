//! Suggestions: what somebody who wrote this probably meant.

/// The candidate that a text most likely stands for, if one is near enough to be worth offering.
pub fn nearest<'a>(text: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |s: &str| s.to_lowercase().replace(['-', '_', ' '], "");
    let wanted = plain(text);
    let score = |candidate: &&str| strsim::damerau_levenshtein(&wanted, &plain(candidate));
    let best = candidates.min_by_key(score)?;
    let far = score(&best);
    let close = far <= 1 + wanted.len() / 4 || strsim::jaro_winkler(&wanted, &plain(best)) > 0.9;
    (close && !wanted.is_empty()).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_are_offered_and_others_are_not() {
        let fields = ["sourceRanges", "targetTags", "allow"];
        assert_eq!(nearest("source_ranges", fields.into_iter()), Some("sourceRanges"));
        assert_eq!(nearest("sourceRange", fields.into_iter()), Some("sourceRanges"));
        assert_eq!(nearest("colour", fields.into_iter()), None);
    }
}
