//! A GitHub of files for one test: a repository with its history, what the fake `gh` reads and writes, and what has happened.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::expression::Context;
use super::file::Map;
use crate::support::git;

/// The repository of the course.
const REPOSITORY: &str = "school/course";

/// The repository's variables as the README has them set, but for those that a test leaves out.
const VARIABLES: &[(&str, &str)] = &[
    ("PROVOST_COURSE", "course"),
    ("PROVOST_ENVIRONMENT", ""),
    ("PROVOST_VERSION", ""),
    (
        "PROVOST_WORKLOAD_IDENTITY_PROVIDER",
        "projects/1/locations/global/workloadIdentityPools/github/providers/github",
    ),
    ("PROVOST_PLAN_SERVICE_ACCOUNT", "plan@x.iam.gserviceaccount.com"),
    ("PROVOST_SERVICE_ACCOUNT", "apply@x.iam.gserviceaccount.com"),
];

#[derive(Debug)]
pub(crate) struct GitHub {
    folder: TempDir,
    /// Where the sandbox is.
    endpoint: String,
    variables: BTreeMap<String, String>,
}

impl GitHub {
    /// A repository with the workflows and this course, and no release yet.
    pub(crate) fn new(endpoint: &str, course: &str) -> Self {
        let variables =
            VARIABLES.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let github = Self { folder: TempDir::new().unwrap(), endpoint: endpoint.to_owned(), variables };
        let (origin, state) = (github.origin(), github.state());
        fs_err::create_dir_all(origin.join("course")).unwrap();
        fs_err::create_dir_all(&state).unwrap();
        for list in ["comments", "issues", "pulls", "runs"] {
            fs_err::write(state.join(list).with_extension("json"), "[]").unwrap();
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for part in [".github", "README.md", "LICENSE", "CHANGELOG.md"] {
            copy(&root.join(part), &origin.join(part));
        }
        git(&origin, &["init", "--quiet", "--initial-branch=main"]);
        github.commit(course);
        github.build();
        github
    }

    /// The program under test, in little enough bytes to be packed again and again.
    pub(crate) fn built(&self) -> PathBuf {
        self.folder.path().join("built/provost")
    }

    fn build(&self) {
        let program = assert_cmd::cargo::cargo_bin!("provost");
        fs_err::create_dir_all(self.built().parent().unwrap()).unwrap();
        fs_err::write(self.built(), format!("#!/bin/sh\nexec '{}' \"$@\"\n", program.display())).unwrap();
        fs_err::set_permissions(self.built(), PermissionsExt::from_mode(0o755)).unwrap();
    }

    /// The repository.
    pub(crate) fn origin(&self) -> PathBuf {
        self.folder.path().join("origin")
    }

    /// What the fake `gh` reads and writes.
    pub(crate) fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// Sets one of the repository's variables.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    /// Adds a line to a file of the state.
    pub(crate) fn note(&self, file: &str, line: &str) {
        let path = self.state().join(file);
        let before = fs_err::read_to_string(&path).unwrap_or_default();
        fs_err::write(path, format!("{before}{line}\n")).unwrap();
    }

    /// A file of the state, empty if nothing has written it.
    pub(crate) fn noted(&self, file: &str) -> String {
        fs_err::read_to_string(self.state().join(file)).unwrap_or_default()
    }

    /// One of the lists: comments, issues.
    pub(crate) fn list(&self, name: &str) -> Vec<Value> {
        serde_json::from_str(&self.noted(&format!("{name}.json"))).unwrap()
    }

    /// Adds to one of the lists.
    pub(crate) fn add(&self, name: &str, entry: Value) {
        let mut list = self.list(name);
        list.push(entry);
        fs_err::write(self.state().join(name).with_extension("json"), json!(list).to_string()).unwrap();
    }

    /// Commits the course as this text to the branch that is checked out; the commit.
    pub(crate) fn commit(&self, course: &str) -> String {
        fs_err::write(self.origin().join("course/course.yaml"), course).unwrap();
        git(&self.origin(), &["add", "--all"]);
        git(&self.origin(), &["commit", "--quiet", "--allow-empty", "--message", "Change the course"]);
        git(&self.origin(), &["rev-parse", "HEAD"])
    }

    /// Opens a pull request that makes the course this text.
    pub(crate) fn propose(&self, course: &str) -> Event {
        let origin = self.origin();
        git(&origin, &["checkout", "--quiet", "-B", "proposal"]);
        let head = self.commit(course);
        git(&origin, &["checkout", "--quiet", "-B", "merged", "main"]);
        git(&origin, &["merge", "--quiet", "--no-ff", "--message", "Merge", "proposal"]);
        let sha = git(&origin, &["rev-parse", "HEAD"]);
        git(&origin, &["checkout", "--quiet", "main"]);
        Event { head, ..Event::new("pull_request", &sha) }
    }

    /// Merges what was proposed, as the button does; the push that follows.
    pub(crate) fn merge(&self, proposal: &Event) -> Event {
        let origin = self.origin();
        git(&origin, &["merge", "--quiet", "--no-ff", "--message", "Merge it", "proposal"]);
        let sha = git(&origin, &["rev-parse", "HEAD"]);
        let pull = json!({ "merged_at": "2026-11-21T00:00:00Z", "merge_commit_sha": sha, "head": { "sha": proposal.head } });
        self.add("pulls", pull);
        Event::new("push", &sha)
    }

    /// Writes a workflow of the repository otherwise.
    pub(crate) fn rewrite(&self, workflow: &str, from: &str, to: &str) {
        let path = self.origin().join(".github/workflows").join(workflow);
        let text = fs_err::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{workflow} has no `{from}`");
        fs_err::write(path, text.replace(from, to)).unwrap();
    }

    /// Takes back the release that every test begins with.
    pub(crate) fn forget_release(&self) {
        fs_err::remove_dir_all(self.state().join("releases")).unwrap();
        fs_err::write(self.state().join("attested"), "").unwrap();
    }

    /// Pushes a tag.
    pub(crate) fn tag(&self, name: &str) -> Event {
        git(&self.origin(), &["tag", name]);
        Event { ref_name: name.to_owned(), ..self.event("push") }
    }

    /// Something else that happens on the branch `main`.
    pub(crate) fn event(&self, name: &str) -> Event {
        Event::new(name, &git(&self.origin(), &["rev-parse", "main"]))
    }
}

/// Something that has happened, and the run that is for it.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    name: String,
    pub(crate) sha: String,
    /// The head of the pull request, if it is one.
    pub(crate) head: String,
    /// The repository that the pull request comes from.
    pub(crate) from: String,
    /// A branch, or a tag.
    pub(crate) ref_name: String,
    pub(crate) run: String,
}

impl Event {
    fn new(name: &str, sha: &str) -> Self {
        let text = str::to_owned;
        let (name, sha, run) = (text(name), text(sha), text("7"));
        Self { name, sha, head: String::new(), from: text(REPOSITORY), ref_name: text("main"), run }
    }

    /// The run as the list of runs has it, once it has succeeded.
    pub(crate) fn ran(&self) -> Value {
        let run: u64 = self.run.parse().unwrap();
        let from = json!({ "full_name": self.from });
        json!({ "id": run, "run_number": run, "head_sha": self.head, "conclusion": "success", "head_repository": from })
    }

    /// What expressions may name.
    pub(crate) fn context(&self, github: &GitHub) -> Context {
        let mut context = Context::default();
        for (name, value) in &github.variables {
            context.set(&format!("vars.{name}"), value);
        }
        let known = [
            ("github.event_name", self.name.as_str()),
            ("github.repository", REPOSITORY),
            ("github.ref_name", &self.ref_name),
            ("github.event.repository.default_branch", "main"),
        ];
        for (name, value) in known {
            context.set(name, value);
        }
        if self.name == "pull_request" {
            context.set("github.event.pull_request.number", "12");
            context.set("github.event.pull_request.head.sha", &self.head);
            context.set("github.event.pull_request.head.repo.full_name", &self.from);
            context.set("github.event.pull_request.user.login", "ann");
        }
        context
    }

    /// What every step finds in its environment of it.
    pub(crate) fn environment(&self, github: &GitHub) -> Map<String> {
        let known = [
            ("GITHUB_ACTIONS", "true"),
            ("CI", "true"),
            ("GITHUB_ACTOR", "ann"),
            ("GITHUB_EVENT_NAME", &self.name),
            ("GITHUB_REF_NAME", &self.ref_name),
            ("GITHUB_REPOSITORY", REPOSITORY),
            ("GITHUB_RUN_ID", &self.run),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_SHA", &self.sha),
            ("PROVOST_ENDPOINT", &github.endpoint),
            ("FAKE_GITHUB", github.state().to_str().unwrap()),
            ("FAKE_BUILT", github.built().to_str().unwrap()),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        known.into_iter().collect()
    }
}

/// Copies a file, or a folder with everything in it.
fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        fs_err::copy(from, to).unwrap();
        return;
    }
    fs_err::create_dir_all(to).unwrap();
    for entry in fs_err::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}
