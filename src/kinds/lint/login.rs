//! Lint of logins from outside: a condition that does not name the repository lets all of GitHub in.
//! Pure. Expressions are looked at as texts: what is not understood is not warned of.

use super::Lint;
use crate::spec::{Pointer, Problem};

/// Claims of a token that name one repository or its owner.
const BINDING: [&str; 8] = [
    "assertion.repository",
    "assertion.repository_id",
    "assertion.repository_owner",
    "assertion.repository_owner_id",
    "attribute.repository",
    "attribute.repository_id",
    "attribute.repository_owner",
    "attribute.repository_owner_id",
];
/// What compares a claim with a value, so that others are kept out.
const COMPARES: [&str; 3] = ["==", " in ", ".startsWith("];

/// A condition by which anybody's repository could log in.
pub fn open(condition: &str, repository: &str) -> Option<Lint> {
    let bound = condition.split("||").all(binds);
    let problem = Problem::new(
        "open-login",
        "this condition does not name the repository: any workflow on GitHub passes it",
    )
    .label("GitHub signs tokens for everybody")
    .help(format!("begin it with `assertion.repository == '{repository}' &&`, or leave it out"));
    (!bound).then(|| Lint::new(Pointer::from("provider").child("attributeCondition"), problem))
}

/// Whether one of the parts that must all hold compares a claim about the repository.
fn binds(alternative: &str) -> bool {
    alternative.split("&&").any(|part| {
        let part = part.trim_matches(|c: char| c.is_whitespace() || c == '(' || c == ')');
        let claim = part.split(|c: char| c.is_whitespace() || c == '=').next().unwrap_or_default();
        let claim = claim.trim_end_matches("in").split(".startsWith").next().unwrap_or_default();
        BINDING.contains(&claim) && COMPARES.iter().any(|compares| part.contains(compares))
    })
}

/// The one repository that a condition names.
pub fn repository(condition: &str) -> Option<&str> {
    let parts = condition.split("&&").filter_map(|part| {
        let (claim, value) = part.split_once("==")?;
        (claim.trim() == "assertion.repository").then_some(value.trim())
    });
    let value = parts.last()?;
    let unquoted = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    unquoted('\'').or_else(|| unquoted('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_that_lets_in_anybody_is_told() {
        for (condition, is_open) in [
            ("assertion.repository == 'a/b'", false),
            ("assertion.repository=='a/b'", false),
            ("attribute.repository == \"a/b\" && assertion.ref == 'refs/heads/main'", false),
            ("assertion.repository_id == '1' || assertion.repository_owner_id == '2'", false),
            ("(assertion.repository in ['a/b', 'a/c'])", false),
            ("assertion.repository.startsWith('a/')", false),
            ("assertion.ref == 'refs/heads/main'", true),
            ("assertion.repository == 'a/b' || assertion.actor == 'ann'", true),
            ("assertion.repository != 'a/b'", true),
            ("true", true),
        ] {
            assert_eq!(open(condition, "a/b").is_some(), is_open, "{condition}");
        }
    }

    #[test]
    fn the_repository_of_a_condition_is_the_one_that_is_compared() {
        assert_eq!(repository("assertion.repository == 'a/b'"), Some("a/b"));
        assert_eq!(repository("assertion.ref == 'x' && assertion.repository==\"a/b\""), Some("a/b"));
        assert_eq!(repository("assertion.repository in ['a/b']"), None);
        assert_eq!(repository(""), None);
    }
}
