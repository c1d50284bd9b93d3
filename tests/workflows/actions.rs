//! The actions of others that the workflows use, played as far as the workflows rely on them. Each is known with the digest it
//! is pinned to: a row here is where a new one is looked at.

use std::collections::BTreeMap;
use std::path::Path;

use super::runner::Run;
use crate::support::git;

type With = BTreeMap<String, String>;
type Play = fn(&Run<'_>, &With) -> bool;

const KNOWN: &[(&str, Play)] = &[
    ("actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd", check_out),
    ("actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a", upload),
    ("google-github-actions/auth@7c6bc770dae815cd3e89ee6cdf493a5fab2cc093", log_in),
    ("actions/attest@59d89421af93a897026c735860bf21b6eb4f7b26", attest),
];

/// Plays an action; whether it succeeded.
pub(crate) fn play(run: &Run<'_>, uses: &str, with: &With) -> bool {
    let known = KNOWN.iter().find(|(name, _)| *name == uses);
    let (_, play) = known.unwrap_or_else(|| panic!("{uses} is not known"));
    play(run, with)
}

fn check_out(run: &Run<'_>, with: &With) -> bool {
    assert_eq!(
        with.get("persist-credentials").map(String::as_str),
        Some("false"),
        "no token is left in the workspace"
    );
    assert!(run.may("contents:read"));
    let workspace = run.workspace();
    git(&workspace, &["clone", "--quiet", run.github.origin().to_str().unwrap(), "."]);
    git(&workspace, &["checkout", "--quiet", &run.event.sha]);
    true
}

/// Keeps a file beside the run; a run of the same name overwrites it.
fn upload(run: &Run<'_>, with: &With) -> bool {
    let file = Path::new(&with["path"]);
    assert_eq!(with["if-no-files-found"], "error");
    let folder = run.github.state().join("artifacts").join(&run.event.run).join(&with["name"]);
    fs_err::create_dir_all(&folder).unwrap();
    fs_err::copy(file, folder.join(file.file_name().unwrap())).is_ok()
}

fn log_in(run: &Run<'_>, with: &With) -> bool {
    assert!(run.may("id-token:write") && !with["workload_identity_provider"].is_empty());
    let environment = run.environment.as_deref().map_or_else(String::new, |name| format!(" in {name}"));
    run.github.note("logins", &format!("{}{environment}", with["service_account"]));
    true
}

/// Takes down what is vouched for.
fn attest(run: &Run<'_>, with: &With) -> bool {
    assert!(run.may("id-token:write") && run.may("attestations:write"));
    match with.get("subject-checksums") {
        Some(sums) => run.github.note("attested", fs_err::read_to_string(sums).unwrap().trim()),
        None => run.github.note("attested", &format!("{} {}", with["subject-digest"], with["subject-name"])),
    }
    true
}
