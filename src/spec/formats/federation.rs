//! Who logs in from outside: ids of pools and providers, repositories on GitHub.

use super::{refuse, text_format};
use crate::spec::Problem;

text_format!(
    /// The id of a workload identity pool or of a provider in it.
    PoolId, "pool-id", pool_id, "github");
text_format!(
    /// A repository on GitHub: `OWNER/NAME`.
    GithubRepository, "github-repository", github_repository, "my-school/be-cloud");

/// 4 to 32 of `[a-z0-9-]`; `gcp-` is Google's (`workloadIdentityPools.create` in Google's reference).
pub(super) fn pool_id(text: &str) -> Result<(), Problem> {
    let bad = |why: String| Err(refuse("bad-name", text, "an id of a pool or provider", why));
    let odd = text.chars().find(|c| !(c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-'));
    match odd {
        Some(odd) => bad(format!("`{odd}` is not allowed: lower-case letters, digits and hyphens only")),
        None if !(4..=32).contains(&text.len()) => {
            bad(format!("it has {} characters, and 4 to 32 are allowed", text.len()))
        }
        None if text.starts_with("gcp-") => bad("ids that begin with `gcp-` are Google's own".to_owned()),
        None => Ok(()),
    }
}

/// The text stands in conditions that Google evaluates, so nothing is let through that GitHub does not allow.
pub(super) fn github_repository(text: &str) -> Result<(), Problem> {
    let what = "a repository on GitHub";
    let word = |text: &str, more: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || more.contains(c))
    };
    let right = |text: &str| {
        let parts = text.split_once('/');
        parts.is_some_and(|(owner, name)| {
            word(owner, "_") && word(name, "._") && owner.len() <= 64 && name.len() <= 100
        })
    };
    if right(text) {
        return Ok(());
    }
    let bare =
        text.trim_start_matches("https://").trim_start_matches("git@").trim_start_matches("github.com");
    let bare = bare.trim_start_matches(['/', ':']).trim_end_matches('/').trim_end_matches(".git");
    let problem = refuse("bad-repository", text, what, "it is written as `OWNER/NAME`");
    Err(if bare != text && right(bare) {
        problem.help(format!("write `{bare}`")).replace(bare)
    } else {
        problem.help("write it as its address on GitHub ends: `my-school/be-cloud`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_pools_follow_the_rule() {
        for (id, good) in [
            ("github", true),
            ("4-me", true),
            ("git", false),
            ("gcp-ci", false),
            ("GitHub", false),
            ("", false),
        ] {
            assert_eq!(pool_id(id).is_ok(), good, "{id}");
        }
        assert!(pool_id(&"x".repeat(33)).is_err());
    }

    #[test]
    fn a_repository_has_an_owner_and_a_name_and_no_quotes() {
        for (text, good) in [
            ("my-school/be.cloud_2526", true),
            ("enterprise_user/x", true),
            ("be-cloud", false),
            ("a/b/c", false),
            ("a/b' || true || 'x", false),
            ("/b", false),
        ] {
            assert_eq!(github_repository(text).is_ok(), good, "{text}");
        }
        for address in ["https://github.com/a/b", "git@github.com:a/b.git", "https://github.com/a/b.git"] {
            let fix = github_repository(address).err().and_then(|problem| problem.replacement);
            assert_eq!(fix.as_deref(), Some("a/b"), "{address}");
        }
    }
}
