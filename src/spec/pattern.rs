//! Patterns of names: `*` stands for any text. Pure.

/// Whether a pattern matches the whole of a text.
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match left.split_once(part) {
            Some((_, after)) => left = after,
            None => return false,
        }
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_is_any_text() {
        let rows = [
            ("be-ann", "be-ann", true),
            ("be-ann", "be-anna", false),
            ("be-*", "be-ann", true),
            ("*", "", true),
            ("be-*-owl", "be-ann-owl", true),
            ("be-*-owl", "be-owl", false),
            ("*-a*b", "x-ab", true),
            ("*ann*", "be-ann-1", true),
            ("be-**", "be-", true),
        ];
        for (pattern, text, is_match) in rows {
            assert_eq!(matches(pattern, text), is_match, "{pattern} {text}");
        }
    }
}
