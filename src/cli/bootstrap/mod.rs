//! `provost bootstrap`: what a repository needs so that its workflows plan and apply without a key. Writes files, and speaks to
//! nobody: the login is itself a course, which an owner of the project applies.

mod files;

use std::path::Path;

use serde_json::{Value, json};

use super::args::{BootstrapArgs, Format, GithubArgs, Host};
use super::exit::{Exit, Refusal};
use super::printer::Printer;
use files::{FILES, LOGIN};

pub(super) fn run(args: &BootstrapArgs, printer: &Printer) -> anyhow::Result<Exit> {
    let Host::Github(args) = &args.host;
    let files = files(args);
    let Some(folder) = &args.out else {
        shown(args, &files, printer);
        return Ok(Exit::Done);
    };
    write(folder, &files, args.force)?;
    match args.format {
        Format::Text => printer.out(&next(args, folder)),
        Format::Json => printer.out(&format!("{:#}\n", told(args, &files))),
    }
    Ok(Exit::Done)
}

/// Every file that is made, by its path in the repository.
fn files(args: &GithubArgs) -> Vec<(&'static str, String)> {
    let login = files::login(args.repo.as_str(), args.project.as_str());
    let others = FILES.iter().map(|(path, text)| (*path, (*text).to_owned()));
    std::iter::once((LOGIN, login)).chain(others).collect()
}

/// The specs alone: they can be read, and led into a file.
fn shown(args: &GithubArgs, files: &[(&str, String)], printer: &Printer) {
    match args.format {
        Format::Text => {
            let login = files.iter().find(|(path, _)| *path == LOGIN).map_or("", |(_, text)| text);
            printer.out(login);
            printer.note(
                "`--out FOLDER` writes this and the workflows into a repository, and says what to do next\n",
            );
        }
        Format::Json => printer.out(&format!("{:#}\n", told(args, files))),
    }
}

/// Nothing is written where anything would be written over.
fn write(folder: &Path, files: &[(&str, String)], force: bool) -> anyhow::Result<()> {
    let there = files.iter().map(|(path, _)| folder.join(path)).filter(|path| path.exists());
    let there: Vec<String> = there.map(|path| path.display().to_string()).collect();
    if !force && !there.is_empty() {
        let there = there.join(", ");
        let message = format!(
            "nothing was written: {there} would be written over; add `--force`, or name another folder"
        );
        return Err(Refusal::Usage(message).into());
    }
    for (file, text) in files {
        let path = folder.join(file);
        path.parent().map(fs_err::create_dir_all).transpose()?;
        fs_err::write(path, text)?;
    }
    Ok(())
}

/// The variables of the repository that are known beforehand. That of the provider has the project's number in it, which only
/// the project knows.
fn variables(args: &GithubArgs) -> [(&'static str, String); 4] {
    let account = |id: &str| crate::kinds::service_account::email(id, args.project.as_str());
    [
        ("PROVOST_SERVICE_ACCOUNT", account("provost-apply")),
        ("PROVOST_PLAN_SERVICE_ACCOUNT", account("provost-plan")),
        ("PROVOST_COURSE", "course".to_owned()),
        ("PROVOST_VERSION", format!("v{}", env!("CARGO_PKG_VERSION"))),
    ]
}

const PROVIDER: &str = "PROVOST_WORKLOAD_IDENTITY_PROVIDER";

fn next(args: &GithubArgs, folder: &Path) -> String {
    let (login, repo, project) = (folder.join("login"), &args.repo, &args.project);
    let login = login.display();
    let set =
        |(name, value): &(&str, String)| format!("  gh variable set {name} --repo {repo} --body {value}\n");
    let variables: String = variables(args).iter().map(set).collect();
    format!(
        "{login} describes who of {repo} may do what in {project}. Next:
1. As an owner of the project, once (`--sandbox` rehearses it):
  provost apply {login}
2. Say where the workflows log in, and as whom; PROVOST_COURSE is the folder of the course in the repository:
  gh variable set {PROVIDER} --repo {repo} --body \"$(provost outputs {login} --format json | jq -r '.shared.logins[0]')\"
{variables}3. Make the environments `production` and `teardown` in the settings of {repo}, and let only its default branch deploy to them:
   whoever gets a job into one of them can change the project.
4. Commit the files below {folder}, and open a pull request: its plan is told in a comment.
",
        folder = folder.display(),
    )
}

fn told(args: &GithubArgs, files: &[(&str, String)]) -> Value {
    let variables: serde_json::Map<String, Value> =
        variables(args).into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    let files: serde_json::Map<String, Value> =
        files.iter().map(|(path, text)| ((*path).to_owned(), json!(text))).collect();
    json!({"repository": args.repo, "project": args.project, "login": LOGIN, "variables": variables, "files": files})
}
