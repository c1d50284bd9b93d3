//! `keep:` patterns: `Kind/name` or a member, in which `*` stands for any text.

use crate::spec::Address;
use crate::spec::formats::KeepPattern;

/// What a pattern protects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

impl From<&KeepPattern> for Pattern {
    fn from(pattern: &KeepPattern) -> Self {
        Self(pattern.as_str().to_owned())
    }
}

impl Pattern {
    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it protects what is known by this address.
    pub(super) fn keeps(&self, address: &Address) -> bool {
        fits(&self.0, &address.to_string())
    }

    /// Whether it protects the access of this member. Addresses have no case.
    pub(super) fn keeps_member(&self, member: &str) -> bool {
        !self.0.contains('/') && fits(&self.0.to_lowercase(), &member.to_lowercase())
    }
}

/// Whether a pattern fits the whole text: the texts between its stars follow one another, the first from the beginning and
/// the last to the end.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut pieces: Vec<&str> = rest.split('*').collect();
    let last = pieces.pop().unwrap_or_default();
    for piece in pieces {
        match text.split_once(piece) {
            _ if piece.is_empty() => {}
            Some((_, after)) => text = after,
            None => return false,
        }
    }
    text.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text() {
        for (pattern, text, fits) in [
            ("Vm/demo-*", "Vm/demo-1", true),
            ("Vm/demo-*", "Vm/demo-", true),
            ("Vm/demo-*", "Disk/demo-1", false),
            ("Bucket/*-archive", "Bucket/be-archive", true),
            ("Bucket/*-archive", "Bucket/be-archive-2", false),
            ("*/x", "Vm/x", true),
            ("Vm/a*b*a", "Vm/axbya", true),
            ("Vm/a*b*a", "Vm/aya", false),
            ("Vm/aa*aa", "Vm/aaa", false),
            ("Vm/**x", "Vm/x", true),
            ("Vm/x", "Vm/x", true),
            ("Vm/x", "Vm/xy", false),
        ] {
            assert_eq!(super::fits(pattern, text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn a_member_has_no_case() {
        assert!(Pattern("user:*@X.edu".into()).keeps_member("user:prof@x.edu"));
        assert!(!Pattern("*/prof".into()).keeps_member("user:prof"));
    }
}
