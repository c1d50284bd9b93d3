//! `keep:` patterns: `Kind/name` or a member, in which `*` stands for any text.

use crate::spec::Address;
use crate::spec::formats::KeepPattern;

/// What a pattern protects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    of_members: bool,
}

impl From<&KeepPattern> for Pattern {
    fn from(pattern: &KeepPattern) -> Self {
        Self { text: pattern.as_str().to_owned(), of_members: pattern.is_of_members() }
    }
}

impl Pattern {
    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it protects what is known by this address.
    pub(super) fn keeps(&self, address: &Address) -> bool {
        !self.of_members && fits(&self.text, &address.to_string())
    }

    /// Whether it protects the access of this member. Addresses have no case.
    pub(super) fn keeps_member(&self, member: &str) -> bool {
        self.of_members && fits(&self.text.to_lowercase(), &member.to_lowercase())
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

    fn pattern(text: &str) -> Pattern {
        Pattern::from(&KeepPattern::try_from(text).unwrap())
    }

    #[test]
    fn a_member_has_no_case_and_may_hold_slashes() {
        for (text, member) in [
            ("user:*@X.edu", "user:prof@x.edu"),
            ("allUsers", "allUsers"),
            ("principalSet://iam.googleapis.com/*", "principalSet://iam.googleapis.com/projects/1/x"),
        ] {
            assert!(pattern(text).keeps_member(member), "{text}");
        }
        assert!(!pattern("*/prof").keeps_member("user:prof@x.edu"));
    }

    #[test]
    fn a_pattern_that_could_fit_nothing_is_refused() {
        for text in ["", "*", "demo-*", "vm/x", "Vm/", "user:", "prof@x.edu", ":x"] {
            assert!(KeepPattern::try_from(text).is_err(), "{text}");
        }
    }
}
