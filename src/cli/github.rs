//! GitHub's runner as it is found in the environment: whether this is one of its steps, where the repository is, and which file
//! takes the summary. Everything that is written for it is made in `report::github` and `report::markdown`.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use crate::report::json::PlaceOutput;

/// A step of a job, if this is one.
#[derive(Clone, Debug, Default)]
pub(super) struct Github {
    /// Whether the runner reads what is written.
    pub(super) reads: bool,
    /// The root of the repository.
    workspace: PathBuf,
    /// The folder of this process.
    here: PathBuf,
    /// The file that takes the summary of the step.
    summary: Option<PathBuf>,
}

impl Github {
    /// As the environment says.
    pub(super) fn of(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let path = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let here = std::env::current_dir().unwrap_or_default();
        Self {
            reads: variable("GITHUB_ACTIONS").is_some_and(|value| value == "true"),
            workspace: path("GITHUB_WORKSPACE").unwrap_or_else(|| here.clone()),
            here,
            summary: path("GITHUB_STEP_SUMMARY"),
        }
    }

    /// A place with its file as the repository names it. What is in no file of the repository (a value of the command line, a
    /// folder elsewhere) has no place there.
    pub(super) fn in_repository(&self, place: &PlaceOutput) -> Option<PlaceOutput> {
        let path = plain(&self.here.join(&place.file));
        let file = path.strip_prefix(plain(&self.workspace)).ok().filter(|_| path.is_file())?;
        let names: Vec<String> =
            file.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
        Some(PlaceOutput { file: names.join("/"), ..place.clone() })
    }

    /// Adds to the summary what a text of so many bytes at most says: all commands of a step share `most`.
    pub(super) fn summarise(&self, most: usize, text: impl FnOnce(usize) -> String) -> io::Result<()> {
        let Some(file) = &self.summary else { return Ok(()) };
        let mut file = fs_err::OpenOptions::new().append(true).create(true).open(file)?;
        let taken = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
        let room = most.saturating_sub(taken);
        let text = text(room.saturating_sub(1));
        if text.len() >= room {
            return Err(io::Error::other(format!("what other commands wrote leaves {room} bytes")));
        }
        file.write_all(format!("{text}\n").as_bytes())
    }
}

/// A path without `.` and `..`, which a repository's paths have none of.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
        plain
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(file: &str) -> PlaceOutput {
        PlaceOutput { file: file.to_owned(), line: 1, column: 1, end_line: 1, end_column: 2 }
    }

    #[test]
    fn files_are_named_from_the_root_of_the_repository() {
        let root = tempfile::tempdir().unwrap();
        fs_err::create_dir_all(root.path().join("specs/a")).unwrap();
        fs_err::write(root.path().join("specs/a/x.yaml"), "").unwrap();
        let of = |here: &str, workspace: &Path| Github {
            here: root.path().join(here),
            workspace: workspace.to_owned(),
            ..Github::default()
        };
        let file = |github: &Github, file: &str| github.in_repository(&place(file)).map(|place| place.file);
        let found = Some("specs/a/x.yaml".to_owned());
        assert_eq!(file(&of("", root.path()), "specs/a/x.yaml"), found);
        assert_eq!(file(&of("specs", root.path()), "./b/../a/x.yaml"), found);
        assert_eq!(file(&of("", root.path()), root.path().join("specs/a/x.yaml").to_str().unwrap()), found);
        assert_eq!(file(&of("", root.path()), "command line"), None);
        assert_eq!(file(&of("", Path::new("/elsewhere")), "specs/a/x.yaml"), None);
    }

    #[test]
    fn a_summary_is_added_to_until_there_is_no_room() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary");
        let github = Github { summary: Some(path.clone()), ..Github::default() };
        github.summarise(20, |room| "x".repeat(room.min(5))).unwrap();
        github.summarise(20, |room| "y".repeat(room.min(5))).unwrap();
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "xxxxx\nyyyyy\n");
        assert!(github.summarise(20, |_| "z".repeat(8)).is_err());
        assert_eq!(fs_err::read_to_string(&path).unwrap().len(), 12);
    }

    #[test]
    fn outside_of_github_there_is_nothing() {
        let github = Github::of(|_| None);
        assert!(!github.reads && github.summary.is_none());
        assert!(Github::of(|name| (name == "GITHUB_ACTIONS").then(|| "true".into())).reads);
    }
}
