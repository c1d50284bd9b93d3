//! What can be typed about the policy of a course.

use clap::Args;

use crate::spec::policy::Rule;
use crate::spec::suggest;

/// Rules of the policy that are put aside.
#[derive(Clone, Debug, Default, Args)]
pub(in crate::cli) struct PolicyArgs {
    /// Let this rule of the Course's `policy:` be broken this once (`machine-types`, `deletions-per-apply`); it is recorded
    #[arg(long = "override", value_name = "RULE", value_parser = rule)]
    pub(in crate::cli) overrides: Vec<Rule>,
}

fn rule(text: &str) -> Result<Rule, String> {
    let names = || Rule::ALL.into_iter().map(Rule::name);
    Rule::named(text).ok_or_else(|| match suggest::nearest(text, names()) {
        Some(near) => format!("no rule has that name; did you mean `{near}`?"),
        None => format!("the rules are {}", names().collect::<Vec<_>>().join(", ")),
    })
}
