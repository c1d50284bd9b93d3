//! Who runs this program, where: what a lock and a history tell others. Reads the environment.

use std::process::{Command, Stdio};

use crate::inventory::Who;

/// Who runs this, as far as the environment tells: a workflow by its own variables, else a person.
pub(super) fn who() -> Who {
    told_by(|name| std::env::var(name).ok().filter(|value| !value.is_empty()), hostname)
}

fn told_by(lookup: impl Fn(&str) -> Option<String>, hostname: impl Fn() -> Option<String>) -> Who {
    let first = |names: &[&str]| names.iter().find_map(|name| lookup(name));
    let owner = first(&["GITHUB_ACTOR", "GITLAB_USER_LOGIN", "USER", "LOGNAME", "USERNAME"]);
    let host = first(&["RUNNER_NAME", "CI_RUNNER_DESCRIPTION", "HOSTNAME", "COMPUTERNAME"]).or_else(hostname);
    Who {
        owner: owner.unwrap_or_else(|| "somebody".to_owned()),
        host: host.unwrap_or_else(|| "an unnamed machine".to_owned()),
        url: github(&lookup).or_else(|| lookup("CI_JOB_URL")),
    }
}

/// The page of a workflow's run.
fn github(lookup: impl Fn(&str) -> Option<String>) -> Option<String> {
    let [server, repository, run] = ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"].map(lookup);
    Some(format!("{}/{}/actions/runs/{}", server?, repository?, run?))
}

fn hostname() -> Option<String> {
    let files = ["/proc/sys/kernel/hostname", "/etc/hostname"];
    let name = files.iter().find_map(|file| fs_err::read_to_string(file).ok());
    let name = name.or_else(|| said(&mut Command::new("hostname")))?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// What a program says on its output, if it succeeds.
fn said(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(variables: &[(&str, &str)]) -> String {
        let lookup =
            |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        told_by(lookup, || Some("box".to_owned())).to_string()
    }

    #[test]
    fn a_workflow_names_itself_and_its_page_and_a_person_their_machine() {
        assert_eq!(told(&[]), "somebody on box");
        assert_eq!(told(&[("USER", "ana"), ("HOSTNAME", "laptop")]), "ana on laptop");
        let github = [
            ("USER", "runner"),
            ("GITHUB_ACTOR", "ana"),
            ("RUNNER_NAME", "GitHub Actions 7"),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "isae/be"),
            ("GITHUB_RUN_ID", "42"),
        ];
        assert_eq!(told(&github), "ana on GitHub Actions 7 (https://github.com/isae/be/actions/runs/42)");
    }
}
